"""Commerce7's webhooks: one per object and action.

Nothing is signed, and there is neither a time nor an id of the delivery. What proves the sender is a secret segment at
the end of the URL, or HTTP Basic where the webhook was set up with it (in the admin or the app's definition; the API
does not document how). A webhook that fails for 48 hours is disabled for good: `register` makes it anew, and
`missed_since` tells what was missed.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pydantic import ValidationError

from customerhub.connectors.commerce7 import customers
from customerhub.connectors.commerce7.client import PAGE_SIZE, Commerce7Client, Commerce7Credentials, Json, Refusal
from customerhub.connectors.commerce7.orders import Commerce7Orders
from customerhub.connectors.commerce7.payloads import (
    RECORD_ID,
    Commerce7Payload,
    Moment,
    RecordId,
    from_moment,
    to_customer,
)
from customerhub.connectors.payload import places_of
from customerhub.domain.ids import ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.remote import RemoteChange, RemotePage, VerifiedDelivery, WebhookSubscription
from customerhub.errors import MalformedRequest, PartnerRefused, Unauthenticated
from customerhub.ports import Clock

PATH_HEADER = ":path"
"""Under this name the path of the request stands among the headers; no client can send a header of that name."""
PATH = "web-hook"
LIST = "webHooks"
BULK_UPDATE = "Bulk Update"
WANTED = (
    ("Customer", "Create"),
    ("Customer", "Update"),
    ("Customer", BULK_UPDATE),
    ("Customer", "Delete"),
    ("Order", "Create"),
    ("Order", "Update"),
    ("Order", "Delete"),
)
KINDS = {"Customer": "customer", "Order": "order"}
ACTIONS = {"Create": "created", "Update": "updated", "Delete": "deleted"}


class Commerce7WebhookPayload(Commerce7Payload):
    """A subscription."""

    ignored = frozenset({"createdAt", "updatedAt", "username", "password", "appId"})
    id: RecordId
    object: str
    action: str
    url: str


class Commerce7DeliveryPayload(Commerce7Payload):
    """What is sent to a subscriber. `user` is whose change it was; `webHookId` is the subscription's."""

    ignored = frozenset({"user", "webHookId"})
    object: str
    action: str
    payload: dict[str, Any]
    tenant_id: str


class Commerce7DeliveryLogPayload(Commerce7Payload):
    """A delivery that Commerce7 keeps. Objects are spelled without spaces there."""

    ignored = frozenset({"id", "url", "user", "isSuccess", "error", "createdAt", "webHookId"})
    object: str
    action: str
    payload: dict[str, Any]
    updated_at: Moment = None


class Commerce7Webhooks:
    """Registers, verifies and reads webhooks."""

    def __init__(
        self,
        integration: Integration,
        credentials: Commerce7Credentials,
        client: Commerce7Client,
        orders: Commerce7Orders,
        clock: Clock,
    ) -> None:
        self._account = integration.account
        self._secret = credentials.webhook_secret or _derived_secret(integration, credentials)
        self._basic = _basic(credentials)
        self._client = client
        self._orders = orders
        self._clock = clock

    def subscriptions(self) -> Sequence[WebhookSubscription]:
        """All that there are; our own without the secret."""
        return [self._to_subscription(webhook) for webhook in self._every()]

    def register(self, url: str) -> Sequence[WebhookSubscription]:
        """Have one webhook for each of WANTED at `url`, with the secret after it. Those at `url` with a secret of
        before are changed, and those that are there twice are deleted. Raises PartnerRefused, once all were tried, with
        those that Commerce7 does not take."""
        present, there, refused = list(self._every()), list[WebhookSubscription](), dict[str, str]()
        for about, action in WANTED:
            try:
                there.append(self._to_subscription(self._ensure(present, url.rstrip("/"), about, action)))
            except PartnerRefused as error:
                refused[f"{about}/{action}"] = error.message
        if refused:
            shown = f"Commerce7 refuses to report {', '.join(refused)}: {next(iter(refused.values()))}"
            raise PartnerRefused(shown, reason="webhook_refused", fields=tuple(refused))
        return there

    def unregister(self, url: str) -> None:
        """Delete those at `url`, with whatever secret after it."""
        for webhook in list(self._every()):
            if _is_at(webhook.url, url.rstrip("/")):
                self._write("DELETE", PATH, webhook.id)

    def verify(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """Check the secret segment of the path (under PATH_HEADER) or the Basic authentication, then the merchant."""
        if not (self._has_secret(headers.get(PATH_HEADER, "")) or self._has_basic(headers.get("authorization", ""))):
            raise Unauthenticated("the webhook does not come from Commerce7")
        delivery = _read_delivery(body)
        if delivery.tenant_id != self._account:
            raise Unauthenticated("the webhook is about another merchant")
        return self._to_verified(delivery, body, self._clock.now())

    def parse(self, delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        """What happened. A bulk update is one change of the kind `customers`, whose id is what `changed_in_bulk` reads
        them by. It is a hint all the same: nothing vouches for what is in it, so that what matters is read again."""
        told = _read_delivery(delivery.body)
        kind, action = KINDS.get(told.object), ACTIONS.get(told.action)
        if told.object == "Customer" and told.action == BULK_UPDATE:
            return (RemoteChange("customers", "updated", self._bulk_reference(told.payload)),)
        if kind is None or action is None:
            return ()
        record_id = told.payload.get("id")
        if not isinstance(record_id, str) or not RECORD_ID.fullmatch(record_id):
            raise MalformedRequest("the webhook names no record: payload.id")
        change = RemoteChange(kind, action, ExternalId(record_id))
        if action == "deleted":
            return (change,)
        try:
            if kind == "customer":
                return (replace(change, customer=to_customer(told.payload)),)
            return (replace(change, order=self._orders.to_order(told.payload)),)
        except ValidationError as error:
            raise MalformedRequest(f"the webhook's payload cannot be read: {places_of(error)}") from error

    def missed_since(self, since: datetime, cursor: str | None) -> RemotePage[VerifiedDelivery]:
        """A page of the deliveries that nobody took. Each has the same id whenever it is read."""
        page = int(cursor or 1)
        params = {"isSuccess": "false", "updatedAt": f"gte:{from_moment(since)}"}
        records = self._client.page_numbered("web-hook-log", name="webHookLogs", params=params, page=page)
        logs, unreadable = self._client.read_rows(Commerce7DeliveryLogPayload.model_validate, records)
        missed = tuple(self._to_missed(log) for log in logs if log.object in KINDS)
        following = str(page + 1) if len(records) == PAGE_SIZE else None
        newest = max((log.updated_at for log in logs if log.updated_at), default=None)
        return RemotePage(missed, following, newest, is_ordered=False, unreadable=unreadable)

    def _every(self) -> Iterator[Commerce7WebhookPayload]:
        for record in self._client.pages(PATH, name=LIST):
            yield self._client.read(Commerce7WebhookPayload.model_validate, record)

    def _ensure(
        self, present: Sequence[Commerce7WebhookPayload], url: str, about: str, action: str
    ) -> Commerce7WebhookPayload:
        target = f"{url}/{self._secret}"
        ours = [each for each in present if (each.object, each.action) == (about, action) and _is_at(each.url, url)]
        ours.sort(key=lambda each: each.url != target)
        for surplus in ours[1:]:
            self._write("DELETE", PATH, surplus.id)
        if ours and ours[0].url == target:
            return ours[0]
        body = {"object": about, "action": action, "url": target}
        written = self._write("PUT", PATH, ours[0].id, body=body) if ours else None
        return self._client.read(
            Commerce7WebhookPayload.model_validate, written or self._write("POST", PATH, body=body) or {}
        )

    def _write(self, method: str, *path: str, body: Json | None = None) -> Json | None:
        outcome = self._client.ask(method, *path, body=body)
        if isinstance(outcome, Refusal):
            raise outcome.error
        return outcome

    def _to_subscription(self, webhook: Commerce7WebhookPayload) -> WebhookSubscription:
        url = webhook.url.removesuffix(f"/{self._secret}")
        return WebhookSubscription(ExternalId(webhook.id), f"{webhook.object}/{webhook.action}", url)

    def _has_secret(self, path: str) -> bool:
        given = path.partition("?")[0].rstrip("/").rpartition("/")[2]
        return hmac.compare_digest(given.encode(), self._secret.encode())

    def _has_basic(self, authorization: str) -> bool:
        return self._basic is not None and hmac.compare_digest(authorization.encode(), self._basic.encode())

    def _to_verified(self, delivery: Commerce7DeliveryPayload, body: bytes, at: datetime | None) -> VerifiedDelivery:
        return VerifiedDelivery(
            account=self._account,
            topic=f"{delivery.object}/{delivery.action}",
            event_id=_event_id(delivery, at),
            body=body,
            occurred_at=_occurred_at(delivery.payload),
        )

    def _to_missed(self, log: Commerce7DeliveryLogPayload) -> VerifiedDelivery:
        told = {"object": log.object, "action": log.action, "payload": log.payload, "tenantId": self._account}
        return self._to_verified(
            Commerce7DeliveryPayload.model_validate(told), json.dumps(told).encode(), log.updated_at
        )

    def _bulk_reference(self, payload: Mapping[str, Any]) -> ExternalId:
        """The query of the list of those customers. Only at Commerce7's own address: we ask with our credentials."""
        address, _, query = str(payload.get("callbackUrl", "")).partition("#")[0].partition("?")
        if address != f"{self._client.base_url}/{customers.PATH}":
            raise MalformedRequest("the webhook points at a list that is not Commerce7's: payload.callbackUrl")
        return ExternalId(urlencode([pair for pair in parse_qsl(query) if pair[0] not in ("cursor", "page")]))


def bulk_params(reference: ExternalId) -> dict[str, str]:
    """The query that a bulk update's id stands for."""
    return dict(parse_qsl(reference))


def named_account(body: bytes) -> str:
    """The merchant whom a delivery names, before anything is known of who sent it. Raises MalformedRequest."""
    return _read_delivery(body).tenant_id


def _read_delivery(body: bytes) -> Commerce7DeliveryPayload:
    try:
        return Commerce7DeliveryPayload.model_validate_json(body)
    except ValidationError as error:
        raise MalformedRequest(f"the webhook cannot be read: {places_of(error)}") from error


def _event_id(delivery: Commerce7DeliveryPayload, at: datetime | None) -> str:
    """What happened to which record, to what effect, and in which second it came, or was logged.

    An event is told alike by the next one where tags go and come back, which moves no time of the customer, and where
    the same list is changed in bulk again. So nothing but an immediate repeat is taken for the same: what comes twice
    later on is worked twice, to the same end.
    """
    second = at.isoformat(timespec="seconds") if at else None
    about = [delivery.tenant_id, delivery.object, delivery.action, delivery.payload, second]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _occurred_at(payload: Mapping[str, Any]) -> datetime | None:
    told = payload.get("updatedAt")
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def _is_at(url: str, base: str) -> bool:
    """Whether it is `base`, with or without one more segment."""
    return url == base or url.rpartition("/")[0] == base


def _derived_secret(integration: Integration, credentials: Commerce7Credentials) -> str:
    """Every merchant's own, though all of them share the app's secret."""
    about = json.dumps([integration.tenant, integration.id, integration.account]).encode()
    return hmac.new(credentials.app_secret.encode(), about, hashlib.sha256).hexdigest()


def _basic(credentials: Commerce7Credentials) -> str | None:
    if credentials.webhook_user is None or credentials.webhook_password is None:
        return None
    pair = f"{credentials.webhook_user}:{credentials.webhook_password}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
