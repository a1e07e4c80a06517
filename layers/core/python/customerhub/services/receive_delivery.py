"""Take a webhook in: verified, stored, and told of to the workers, before the platform is answered."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.delivery import WANTED_BY_LAW
from customerhub.domain.ids import DeliveryId, IntegrationId, TenantId
from customerhub.domain.integration import Intake, Integration, Platform
from customerhub.domain.remote import RemoteChange, VerifiedDelivery
from customerhub.errors import CredentialsRefused, Unauthenticated
from customerhub.ports import Clock
from customerhub.ports.connector import Connector
from customerhub.ports.deliveries import DeliveryQueue, DeliveryStore, ShopDirectory
from customerhub.ports.partners import Connectors
from customerhub.services.new_delivery import new_delivery
from customerhub.services.tell_queue import tell_delivery_queue

LOOKS_AGAIN = timedelta(seconds=30)
"""After that a signature that does not fit is a reason again to look whether the credentials were replaced."""
NamedAccount = Callable[[Platform, Mapping[str, str], bytes], str]
"""The account that a webhook names, as yet unverified. Raises MalformedRequest."""


class Receipt(StrEnum):
    """What became of a webhook that was received."""

    STORED = "stored"
    KNOWN = "known"
    """The event came before."""
    SKIPPED = "skipped"
    """The integration was disconnected, or does not get its webhooks that way."""


@dataclass(frozen=True)
class Received:
    """A webhook that was received, and from whom; `delivery` is the one that it became, or had become before."""

    receipt: Receipt
    tenant: TenantId | None = None
    integration: IntegrationId | None = None
    delivery: DeliveryId | None = None


@dataclass(frozen=True)
class InboxParts:
    """What webhooks are received with, once per process. `looked` is when credentials were last looked at again."""

    shops: ShopDirectory
    connectors: Connectors
    named_account: NamedAccount
    deliveries: DeliveryStore
    queue: DeliveryQueue
    clock: Clock
    looked: dict[tuple[TenantId, IntegrationId], datetime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def receive_delivery(platform: Platform, headers: Mapping[str, str], body: bytes, *, parts: InboxParts) -> Received:
    """Take in a webhook that came over HTTPS. Header names are lower-case; the request's path is among them as `:path`.

    Two calls in a process that has seen the shop less than a minute ago: the delivery is stored, and the queue told.
    The same event is stored once, however often it comes; where the queue takes nothing, the sweep finds it a minute
    later. What is signed is never refused: whether it makes sense is seen by the worker.

    Raises MalformedRequest where it does not say whose it is; Unauthenticated, always with the same words, where nobody
    whom the hub knows has sent it; StoreUnavailable and ServiceUnavailable, after which the platform sends it again.
    """
    account = parts.named_account(platform, headers, body)
    integration = _connected(platform, account, parts)
    if integration is None:
        raise _refusal()
    try:
        connector, verified = _verified(integration, headers, body, parts)
    except (Unauthenticated, CredentialsRefused) as error:
        raise _refusal() from error
    return _take_in(integration, connector, verified, parts)


def receive_event(
    platform: Platform, source: str, metadata: Mapping[str, str], body: bytes, *, parts: InboxParts
) -> Received:
    """Take in a webhook that came over the platform's own source of events, whose name EventBridge vouches for:
    `metadata` are what the headers would be. It is skipped unless the integration gets its webhooks from that source.

    Costs and raises as `receive_delivery`.
    """
    headers = {name.lower(): value for name, value in metadata.items()}
    account = parts.named_account(platform, headers, body)
    integration = parts.shops.find_shop(platform, account)
    if integration is None or not _comes_from(integration, source):
        integration = parts.shops.find_shop(platform, account, fresh=True)
    if integration is None or not _comes_from(integration, source):
        return Received(Receipt.SKIPPED)
    connector = parts.connectors.open(integration)
    return _take_in(integration, connector, connector.read_event(headers, body), parts)


def is_wanted(integration: Integration, changes: Sequence[RemoteChange]) -> bool:
    """Whether what a delivery says is to be worked: of an integration that was disconnected only what the law wants."""
    return integration.active or any(change.action in WANTED_BY_LAW for change in changes)


def _take_in(integration: Integration, connector: Connector, verified: VerifiedDelivery, parts: InboxParts) -> Received:
    delivery = new_delivery(integration, connector, verified, parts.clock.now())
    # What cannot be read may be what the law wants, and is for a person to look at.
    if delivery.changes and not is_wanted(integration, delivery.changes):
        return Received(Receipt.SKIPPED, integration.tenant, integration.id)
    about = integration.tenant, integration.id, delivery.id
    if not parts.deliveries.put_delivery_if_absent(delivery):
        return Received(Receipt.KNOWN, *about)
    tell_delivery_queue([delivery], queue=parts.queue)
    return Received(Receipt.STORED, *about)


def _connected(platform: Platform, account: str, parts: InboxParts) -> Integration | None:
    """One that was disconnected a minute ago may have been connected again."""
    known = parts.shops.find_shop(platform, account)
    return known if known is None or known.active else parts.shops.find_shop(platform, account, fresh=True)


def _verified(
    integration: Integration, headers: Mapping[str, str], body: bytes, parts: InboxParts
) -> tuple[Connector, VerifiedDelivery]:
    """Checked with the credentials as this process knows them, and where these do not fit, as they are now."""
    connector = parts.connectors.open(integration)
    try:
        return connector, connector.verify_webhook(headers, body)
    except Unauthenticated:
        if not _may_look_again(integration, parts):
            raise
        if not parts.connectors.are_renewed(integration.tenant, integration.id):
            raise
    connector = parts.connectors.open(integration)
    return connector, connector.verify_webhook(headers, body)


def _may_look_again(integration: Integration, parts: InboxParts) -> bool:
    """Not with every forgery: that would cost a look into Secrets Manager each."""
    key, now = (integration.tenant, integration.id), parts.clock.now()
    with parts.lock:
        looked_at = parts.looked.get(key)
        if looked_at and now - looked_at < LOOKS_AGAIN:
            return False
        parts.looked[key] = now
        return True


def _comes_from(integration: Integration, source: str) -> bool:
    """An event source's ARN ends with the name that its events bear as their source."""
    is_chosen = integration.intake is Intake.EVENTBRIDGE and bool(integration.event_source)
    return is_chosen and str(integration.event_source).endswith(f":event-source/{source}")


def _refusal() -> Unauthenticated:
    """Who has no secret is not told which shops there are."""
    return Unauthenticated("no shop that is connected has signed this", code="invalid_signature")
