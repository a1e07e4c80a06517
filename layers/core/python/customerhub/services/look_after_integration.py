"""An integration is looked after: it reports to the hub, and what it could not report meanwhile is fetched."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from customerhub.domain.care import Care
from customerhub.domain.integration import Integration
from customerhub.domain.remote import VerifiedDelivery, WebhookSubscription
from customerhub.domain.run import RunKind
from customerhub.errors import CredentialsRefused, NotReadyYet, NotSupported, PartnerRefused
from customerhub.ports.connector import Connector
from customerhub.services.attempts import attempts
from customerhub.services.care_parts import CareParts, CareTools
from customerhub.services.connect_integration import webhooks_target
from customerhub.services.job_parts import WORKER, Effect, JobParts, Turn
from customerhub.services.new_delivery import new_delivery
from customerhub.services.review_integration import review_integration
from customerhub.services.start_run import start_run
from customerhub.services.sync_stage import connected
from customerhub.services.tell_queue import tell_delivery_queue

OVERLAP = timedelta(minutes=10)
"""A platform's log of webhooks is read from so long before: its clock is not ours, and a webhook is tried for a while
before it counts as missed."""
MAX_LOG_PAGES = 20
"""Of such a log, in one go."""
UNDER_WAY_S = 60
"""After which it is seen again whether a run has ended."""


def look_after_integration(turn: Turn, *, parts: JobParts) -> Effect:
    """Have the integration report everything that concerns the hub to where the hub is now, and no more to where it
    was; fetch what its log says that it could not deliver; and where anything was missing, or nothing was ever pulled,
    start a pull, which takes in what has changed since the watermarks: exactly what was not heard of. A run that was
    under way before may have passed it by: it is waited for. Then say whether the integration is well.

    Convergent: where all is as it should be nothing is written but that it was looked at. Raises Skipped where it is
    not connected, NotReadyYet while such a run is under way, and whatever the connector raises, after it was noted.
    """
    integration, _ = connected(turn, parts)
    tools = parts.care()
    try:
        connector = parts.connectors.open(integration)
        turn.require()
        return _Looking(turn, integration, connector, tools).look()
    except CredentialsRefused as refused:
        if not parts.connectors.are_renewed(turn.tenant.id, integration.id):
            now, reason = tools.parts.clock.now(), refused.reason
            _put(lambda known: replace(known, refused_at=now, reason=reason), integration, tools.parts)
        raise
    except (NotSupported, PartnerRefused) as refused:
        missing, reason = _missing(refused), refused.reason
        _put(lambda known: replace(known, missing=missing, reason=reason), integration, tools.parts)
        raise
    finally:
        # Whatever came of it: a shop that does not answer must not keep anybody from hearing what else is wrong.
        review_integration(integration, parts=tools.parts)


def _put(change: Callable[[Care], Care], integration: Integration, parts: CareParts) -> None:
    care = parts.care
    attempts(parts.clock, lambda: care.put_care(change(care.get_care(integration.tenant, integration.id))))


def _missing(refused: NotSupported | PartnerRefused) -> tuple[str, ...]:
    """The topics that the platform names, or all of them."""
    named = refused.fields if isinstance(refused, PartnerRefused) else ()
    return named or ("webhooks",)


@dataclass(frozen=True)
class _Looking:
    turn: Turn
    integration: Integration
    connector: Connector
    tools: CareTools

    def look(self) -> Effect:
        """The steps in order; each may be repeated after a crash."""
        care, now = self._care(), self.tools.parts.clock.now()
        target = webhooks_target(self.integration, self.tools.public_url)
        before = self._topics(self.connector.list_webhooks(), target)
        has_gap = self._is_new(care, target) or not set(care.topics) <= set(before)
        if has_gap and care.checked_at:
            # Once they are made again nobody could tell that they were gone: a crash must not make us forget it.
            self._put(lambda known: replace(known, checked_at=None))
        found, refusal = self._register(target)
        self._leave_former(care, target)
        read_until, is_whole = self._fetch_missed(care, now)
        waits = (has_gap or not is_whole) and not self._starts_pull(now)
        self._put(
            lambda known: replace(
                known,
                url=target,
                topics=found,
                checked_at=None if waits else now,
                missing=_missing(refusal) if refusal else (),
                refused_at=None,
                reason=refusal.reason if refusal else None,
                log_read_until=read_until or known.log_read_until,
            )
        )
        if waits:
            raise NotReadyYet("the gap is pulled once the run has ended that is under way", retry_after_s=UNDER_WAY_S)
        return Effect(reason=refusal.reason if refusal else None)

    def _starts_pull(self, now: datetime) -> bool:
        """Whether a pull begins that takes in all of the gap: one that began earlier may have passed it by."""
        return start_run(self.integration, RunKind.PULL, WORKER, parts=self.tools.runs).started_at >= now

    def _is_new(self, care: Care, target: str) -> bool:
        """Whether it was not looked at since it was connected, or reported elsewhere."""
        stated_at = self.integration.renewed_at or self.integration.connected_at
        return care.url != target or care.checked_at is None or care.checked_at < stated_at

    def _care(self) -> Care:
        return self.tools.parts.care.get_care(self.integration.tenant, self.integration.id)

    def _topics(self, subscriptions: Sequence[WebhookSubscription], target: str) -> tuple[str, ...]:
        return tuple(sorted({one.topic for one in subscriptions if one.url == target}))

    def _register(self, target: str) -> tuple[tuple[str, ...], PartnerRefused | None]:
        """What is reported now, and why not everything is."""
        self.turn.require()
        try:
            return self._topics(self.connector.register_webhooks(target), target), None
        except PartnerRefused as refusal:
            return self._topics(self.connector.list_webhooks(), target), refusal

    def _leave_former(self, care: Care, target: str) -> None:
        """Subscriptions of an address that the hub has no more. They do no harm: a platform that refuses keeps them."""
        if care.url and care.url != target:
            self.turn.require()
            with suppress(PartnerRefused):
                self.connector.unregister_webhooks(care.url)

    def _fetch_missed(self, care: Care, now: datetime) -> tuple[datetime | None, bool]:
        """Into the inbox, where those that were read before are known. Until when the log was read, and whether that is
        all of it: after a long outage there are too many, and a pull has what they would have told, also where the
        platform does not show the log, or an entry of it cannot be read."""
        since = (care.log_read_until or self.integration.connected_at) - OVERLAP
        cursor: str | None = None
        is_whole = True
        for _ in range(MAX_LOG_PAGES):
            self.turn.require()
            try:
                page = self.connector.missed_deliveries_since(since, cursor)
            except NotSupported:
                return None, True
            except PartnerRefused:
                return None, False
            self._keep(page.items, now)
            is_whole = is_whole and not page.unreadable
            cursor = page.cursor
            if cursor is None:
                return now, is_whole
        return now, False

    def _keep(self, missed: Sequence[VerifiedDelivery], now: datetime) -> None:
        deliveries = [new_delivery(self.integration, self.connector, one, now) for one in missed]
        fresh = [one for one in deliveries if self.tools.parts.deliveries.put_delivery_if_absent(one)]
        if fresh:
            tell_delivery_queue(fresh, queue=self.tools.inbox)

    def _put(self, change: Callable[[Care], Care]) -> None:
        _put(change, self.integration, self.tools.parts)
