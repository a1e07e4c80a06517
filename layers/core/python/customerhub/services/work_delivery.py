"""Work a webhook that was received: what it says is taken in, and what became of that is written."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from customerhub.domain import delivery_outcome as became
from customerhub.domain.attempt import Verdict as Outcome
from customerhub.domain.attempt import code_of, verdict_of
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.ids import DeliveryId, ExternalId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.job import Job
from customerhub.domain.remote import RemoteChange, VerifiedDelivery
from customerhub.domain.run import RecordVerdict
from customerhub.domain.tenant import Tenant
from customerhub.domain.verdict import Verdict
from customerhub.errors import CredentialsRefused, HubError, LostRace, RetryLater
from customerhub.ports import TenantDirectory
from customerhub.ports.connector import Connector
from customerhub.ports.deliveries import DeliveryQueue, DeliveryStore
from customerhub.ports.duties import DutyStore
from customerhub.ports.jobs import JobQueue
from customerhub.ports.partners import Connectors
from customerhub.ports.shop_records import ShopRecordStore
from customerhub.services.alert_parts import AlertParts
from customerhub.services.club_parts import ClubParts
from customerhub.services.receive_delivery import is_wanted
from customerhub.services.settle_record import unreadable
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_in_change import take_in_change
from customerhub.services.take_in_customers import take_in_customers
from customerhub.services.take_in_uninstall import take_in_uninstall
from customerhub.services.tell_queue import tell_delivery_queue, tell_queue

INACTIVE = "integration_inactive"
TOO_LARGE = "body_too_large"
INTERNAL_ERROR = "internal_error"
REFUSED = frozenset({CredentialsRefused.default_reason, "access_denied"})
"""Reasons that credentials are refused for; of a shop that was connected anew they may be others by now."""
BULK = "customers"
"""The kind of a change of many customers, whose id is what they are listed by."""


@dataclass(frozen=True)
class DeliveryParts:
    """What the worker works with. `threads` work the customers of a bulk change side by side."""

    deliveries: DeliveryStore
    queue: DeliveryQueue
    tenants: TenantDirectory
    connectors: Connectors
    club: ClubParts
    records: ShopRecordStore
    duties: DutyStore
    alerts: AlertParts
    job_queue: JobQueue
    threads: Executor
    unforeseen: Callable[[Exception, ExternalId], object] = lambda *_: None


def work_delivery(
    tenant: TenantId, delivery_id: DeliveryId, until: datetime, *, parts: DeliveryParts
) -> Delivery | None:
    """The delivery as it is after it was worked; None where there is none, or it was not its turn: it was worked
    before, is to be tried later, or another worker came first.

    It is not leased: what it says is taken in convergently, so that two workers come to the same end, and the outcome
    is written at the version that was read. An error of the tree is an outcome (`domain.attempt.VERDICTS`): a fault is
    tried again later, for seven days. A change of many records is worked page by page until `until`, and gone on with.

    Costs three reads and one write, beside what it is about. Raises StoreUnavailable where the delivery could not be
    read or its outcome not be written: it is found by the sweep. Anything outside the tree is raised, to be followed by
    `give_back`.
    """
    delivery = parts.deliveries.get_delivery(tenant, delivery_id)
    if delivery is None or not became.is_due(delivery, parts.club.clock.now()):
        return None
    after = _outcome(delivery, until, parts)
    if after.status is DeliveryStatus.PARKED and after.reason in REFUSED:
        after = _unless_renewed(delivery, after, parts)
    return _write(after, parts)


def give_back(tenant: TenantId, delivery_id: DeliveryId, *, parts: DeliveryParts) -> None:
    """Count an attempt that failed for a reason which nobody foresaw: it is tried again later, as any other."""
    now = parts.club.clock.now()
    delivery = parts.deliveries.get_delivery(tenant, delivery_id)
    if delivery and became.is_due(delivery, now):
        _write(became.failed(delivery, INTERNAL_ERROR, 0, now, _share()), parts)


def _unless_renewed(before: Delivery, after: Delivery, parts: DeliveryParts) -> Delivery:
    """The delivery whose credentials were refused. A process hears some minutes late that an integration has other
    ones: that the former ones are refused is for nobody to look at."""
    waiting = replace(after, reason=before.reason, worked_at=before.worked_at)
    try:
        are_renewed = parts.connectors.are_renewed(after.tenant, after.integration)
    except HubError as error:
        return _after(waiting, error, parts)
    return became.not_ready(waiting, 0, parts.club.clock.now(), _share()) if are_renewed else after


def _write(after: Delivery, parts: DeliveryParts) -> Delivery | None:
    try:
        stored = parts.deliveries.put_delivery(after)
    except LostRace:
        return None
    if stored.status is DeliveryStatus.WAITING:
        tell_delivery_queue([stored], queue=parts.queue)
    return stored


def _outcome(delivery: Delivery, until: datetime, parts: DeliveryParts) -> Delivery:
    """The delivery as it is to be written. Raises StoreUnavailable where nothing could be read of its tenant."""
    now = parts.club.clock.now()
    tenant = parts.tenants.get_tenant(delivery.tenant)
    integration = parts.club.integrations.get_integration(delivery.tenant, delivery.integration)
    if tenant is None or integration is None:
        return became.ended(delivery, DeliveryStatus.SKIPPED, now, INACTIVE)
    if not delivery.says_something:
        return became.parked(delivery, TOO_LARGE, now)
    try:
        connector = parts.connectors.open(integration)
        changes = _changes(delivery, integration, connector)
    except HubError as error:
        return _after(delivery, error, parts)
    if changes and not is_wanted(integration, changes):
        return became.ended(delivery, DeliveryStatus.SKIPPED, now, INACTIVE)
    return _Turn(delivery, tenant, integration, connector, until, parts).work(changes)


def _changes(delivery: Delivery, integration: Integration, connector: Connector) -> Sequence[RemoteChange]:
    """What it says; in short where its body is gone. Raises MalformedRequest."""
    if delivery.body is None:
        return delivery.changes
    verified = VerifiedDelivery(
        integration.account, delivery.topic, delivery.event_id, delivery.body, delivery.occurred_at
    )
    return connector.parse_webhook(verified)


def _after(delivery: Delivery, error: HubError, parts: DeliveryParts) -> Delivery:
    """What an error means for the delivery."""
    now, code = parts.club.clock.now(), code_of(error)
    retry_after_s = error.retry_after_s if isinstance(error, RetryLater) else 0
    match verdict_of(error):
        case Outcome.RETRY:
            return became.failed(delivery, code, retry_after_s, now, _share())
        case Outcome.WAIT:
            return became.not_ready(delivery, retry_after_s, now, _share())
        case Outcome.PARK:
            return became.parked(delivery, code, now)
        case Outcome.SKIP:
            return became.ended(delivery, DeliveryStatus.SKIPPED, now, code)
        case outcome:
            assert_never(outcome)


@dataclass(frozen=True)
class _Turn:
    delivery: Delivery
    tenant: Tenant
    integration: Integration
    connector: Connector
    until: datetime
    parts: DeliveryParts

    def work(self, changes: Sequence[RemoteChange]) -> Delivery:
        """The jobs that came to be owed are told of whatever happens afterwards: they are written already."""
        jobs: list[Job] = []
        delivery = became.told_in_short(self.delivery, changes)
        turn = ShopTurn(
            self.tenant,
            self.integration,
            self.connector,
            self.parts.club,
            self.parts.records,
            self.parts.duties,
            f"webhook-{delivery.id}",
            self.parts.unforeseen,
            jobs,
        )
        try:
            return self._worked(delivery, changes, turn)
        except HubError as error:
            return _after(delivery, error, self.parts)
        finally:
            if jobs:
                tell_queue(jobs, queue=self.parts.job_queue)

    def _worked(self, delivery: Delivery, changes: Sequence[RemoteChange], turn: ShopTurn) -> Delivery:
        """Of changes of many customers there is one at most."""
        verdicts = [self._verdict(change, turn) for change in changes if change.kind != BULK]
        bulk = next((change for change in changes if change.kind == BULK), None)
        if bulk:
            return self._work_bulk(delivery, bulk, turn, verdicts)
        return became.worked(delivery, verdicts, self.parts.club.clock.now())

    def _verdict(self, change: RemoteChange, turn: ShopTurn) -> RecordVerdict:
        happened_at = self.delivery.occurred_at
        if (change.kind, change.action) != ("integration", "uninstalled"):
            return take_in_change(change, happened_at, turn)
        at = happened_at or self.delivery.received_at
        is_new = take_in_uninstall(self.integration, at, parts=self.parts.alerts)
        return RecordVerdict(change.id, Verdict.UPDATED if is_new else Verdict.UNCHANGED)

    def _work_bulk(
        self, delivery: Delivery, change: RemoteChange, turn: ShopTurn, verdicts: list[RecordVerdict]
    ) -> Delivery:
        """Page by page; where time is up, or a fault comes in between, it is gone on with behind the last page that
        was worked. At a page of which something cannot be taken in it is parked, and a person has it gone on with
        there: of the verdicts on former pages nothing is kept. What cannot even be read keeps no page from being
        worked."""
        unread: list[RecordVerdict] = []
        while True:
            try:
                page = self.connector.changed_in_bulk(change.id, delivery.cursor)
                verdicts += take_in_customers(page.items, turn, self.parts.threads)
                unread += map(unreadable, page.unreadable)
            except RetryLater as fault:
                return _after(delivery, fault, self.parts)
            now = self.parts.club.clock.now()
            if page.cursor is None or any(one.verdict is Verdict.FAILED for one in verdicts):
                return became.worked(delivery, [*verdicts, *unread], now)
            delivery = replace(delivery, cursor=page.cursor)
            if now >= self.until:
                return became.gone_on(delivery, now)


def _share() -> float:
    return random.random()  # noqa: S311 - spreads retries, guards nothing
