"""Bring a customer's record and discounts in one shop or CRM in line with the hub."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from customerhub.domain import owing
from customerhub.domain.changes import Changes
from customerhub.domain.customer import Customer, Erased
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.ids import IntegrationId, StageId
from customerhub.domain.integration import Integration
from customerhub.domain.job import JobChange, JobStatus
from customerhub.domain.link import Link, external_entry, external_id_of
from customerhub.domain.records import RecordChange
from customerhub.domain.remote_identity import Reading, keep_displaced, read_record, seen_after_writing
from customerhub.errors import PartnerRefused, PartnerUnavailable, Skipped
from customerhub.services.ensure_remote_customer import NO_EMAIL, RemoteState, ensure_remote_customer
from customerhub.services.follow_aliases import follow_aliases
from customerhub.services.job_parts import Effect, JobParts, Turn
from customerhub.services.leave_shop import leave_shop
from customerhub.services.settle_discounts import settle_discounts, standing_offers
from customerhub.services.sync_stage import connected

MAX_MARKED = 40
"""Enrollments in one transaction; a customer rarely has two that are not synced."""
STAGE_WAIT_S = 5
DISCOUNT_MISSING = "discount_missing"
"""The reason for which a connector refuses to grant what was deleted on its platform."""


def sync_customer(turn: Turn, *, parts: JobParts) -> Effect:
    """Ensure the customer's record in the integration, and grant there exactly the discounts of the enrollments that
    are active now: those of the hub's other stages are revoked.

    Reads before it writes, and writes nothing where nothing differs. What the record was told and which enrollments are
    in line now is written together with the job's completion. A stage whose discount does not stand yet is owed, and
    the customer waits for it. An integration that was connected while the customer was being enrolled, and that neither
    of the two has seen therefore, is owed the customer. Of somebody who was erased no discount is left. Raises Skipped
    where the customer is gone, Parked where a person must look, and whatever the connector raises.
    """
    integration, active = connected(turn, parts)
    job = turn.job
    if job.customer is None:
        raise Skipped("the job names no customer", reason="incomplete")
    customer = follow_aliases(job.customer, turn.tenant.id, store=parts.identities)
    if isinstance(customer, Erased):
        return leave_shop(customer, integration, turn, parts=parts)
    if not isinstance(customer, Customer):
        raise Skipped("the customer is gone", reason="customer_gone")
    if customer.id != job.customer:
        return _hand_over(customer, integration, turn, parts)
    return _Sync(turn, integration, active, customer, parts).run()


def _hand_over(survivor: Customer, integration: Integration, turn: Turn, parts: JobParts) -> Effect:
    """Of a customer who was merged there is one job, the survivor's: two would be at one record."""
    debt = owing.sync_customer(turn.tenant.id, integration.id, survivor.id)
    known = parts.jobs.get_jobs(turn.tenant.id, [debt.job]).get(debt.job)
    changes = Changes(jobs=(owing.owe(debt, known, parts.clock.now()),))
    return Effect(changes, JobStatus.SKIPPED, reason="merged")


def _is_late(enrollments: Iterable[Enrollment], integration: IntegrationId) -> bool:
    """Whether the integration is owed one that it has not got as it is now."""
    return any(integration in one.owed_to and integration not in one.synced_at for one in enrollments)


@dataclass(frozen=True)
class _Sync:
    turn: Turn
    integration: Integration
    connected: tuple[IntegrationId, ...]
    customer: Customer
    parts: JobParts

    def run(self) -> Effect:
        """What came of it."""
        tenant, integration = self.turn.tenant.id, self.integration.id
        enrollments = self.parts.club.enrollments_of(tenant, self.customer.ids)
        active = self._granted(one.stage for one in enrollments if one.status is EnrollmentStatus.ACTIVE)
        offers = standing_offers(tenant, integration, self.parts)
        if missing := active - offers.keys():
            return self._wait_for(missing)
        connector, link = self.parts.connectors.open(self.integration), self._link()
        state = ensure_remote_customer(
            self.customer,
            self.integration,
            link,
            connector,
            self.turn,
            is_member=bool(active),
            parts=self.parts,
        )
        if state is None and not _is_late(enrollments, integration):
            return Effect(status=JobStatus.SKIPPED, reason=NO_EMAIL)
        try:
            if state:
                granted = settle_discounts(connector, state.remote, offers, active, self.turn)
                state = replace(state, remote=granted)
        except PartnerRefused as error:
            if error.reason != DISCOUNT_MISSING:
                raise
            return self._place_again(active)
        return self._effect(state, enrollments, link)

    def _link(self) -> Link | None:
        """The tie to the record that the customer has now; there may be others, to records that are gone."""
        entry = external_entry(self.customer, self.integration.id)
        if entry is None:
            return None
        links = self.parts.links.get_links(self.turn.tenant.id, self.customer.ids, self.integration.id)
        own = (link for link in links if link.external_id == external_id_of(entry))
        return max(own, key=lambda link: link.written_at, default=None)

    def _granted(self, stages: Iterable[StageId]) -> frozenset[StageId]:
        """Of the stages that the customer is in, those that shops are to know: nobody enters one that is archived, but
        who came in at that moment may be in it."""
        found = [self.parts.club.get_stage(self.turn.tenant.id, stage) for stage in dict.fromkeys(stages)]
        return frozenset(stage.id for stage in found if stage and not stage.archived)

    def _wait_for(self, stages: Iterable[StageId]) -> Effect:
        """One that is parked is for a person, who finds it among the jobs; this one goes on after that."""
        return Effect(Changes(jobs=self._owed(stages)), JobStatus.WAITING, wait_s=STAGE_WAIT_S)

    def _place_again(self, stages: Iterable[StageId]) -> Effect:
        """Somebody has taken a discount away in the shop."""
        gone = PartnerUnavailable("a discount of the hub's is not there any more", retry_after_s=STAGE_WAIT_S)
        return Effect(Changes(jobs=self._owed(stages)), refusal=gone)

    def _owed(self, stages: Iterable[StageId]) -> tuple[JobChange, ...]:
        """The stages' jobs, as far as nobody has them in hand."""
        debts = [owing.sync_stage(self.turn.tenant.id, self.integration.id, stage) for stage in sorted(stages)]
        known = self.parts.jobs.get_jobs(self.turn.tenant.id, [debt.job for debt in debts])
        now, in_hand = self.parts.clock.now(), (JobStatus.WAITING, JobStatus.PARKED, JobStatus.DISCARDED)
        found = [(debt, known.get(debt.job)) for debt in debts]
        return tuple(owing.owe(debt, job, now) for debt, job in found if job is None or job.status not in in_hand)

    def _effect(self, state: RemoteState | None, enrollments: Sequence[Enrollment], link: Link | None) -> Effect:
        changed = [after for one in enrollments if (after := self._brought_up(one)) != one]
        unseen = {one for enrollment in enrollments for one in self._unseen(enrollment)}
        changes = replace(
            self._kept(state, link) if state else Changes(),
            enrollments=tuple(changed[:MAX_MARKED]),
            jobs=self._owed_to(sorted(unseen - {self.integration.id})),
        )
        if len(changed) > MAX_MARKED:
            return Effect(changes, JobStatus.WAITING, reason="more_enrollments")
        refused = sorted(f"{field}_{why}" for field, why in state.remote.refused.items()) if state else []
        return Effect(changes, reason=",".join(refused) or None)

    def _brought_up(self, enrollment: Enrollment) -> Enrollment:
        """The enrollment, which this integration now has as it is."""
        integration = self.integration.id
        owed_to = (*enrollment.owed_to, *self._unseen(enrollment))
        synced_at = enrollment.synced_at
        if integration in owed_to and integration not in synced_at:
            synced_at = {**synced_at, integration: self.parts.clock.now()}
        return replace(enrollment, owed_to=owed_to, synced_at=synced_at)

    def _unseen(self, enrollment: Enrollment) -> list[IntegrationId]:
        """Those whose connecting has not seen this membership, nor this membership them."""
        if enrollment.status is not EnrollmentStatus.ACTIVE:
            return []
        return [one for one in self.connected if one not in enrollment.owed_to]

    def _owed_to(self, integrations: Sequence[IntegrationId]) -> tuple[JobChange, ...]:
        if not integrations:
            return ()
        tenant, now = self.turn.tenant.id, self.parts.clock.now()
        debts = [owing.sync_customer(tenant, integration, self.customer.id) for integration in integrations]
        known = self.parts.jobs.get_jobs(tenant, [debt.job for debt in debts])
        return tuple(owing.owe(debt, known.get(debt.job), now) for debt in debts)

    def _kept(self, state: RemoteState, found: Link | None) -> Changes:
        """What is to be kept of the record as it was told and answered, so that the shop's word of this change is known
        for the hub's own: nothing where it is known like that. The customer keeps what the hub's word has displaced
        there. The shop may be heard at the same time: what was read of both guards the link that was `found`, and the
        link alone one that was tied by this run, with the customer."""
        remote, now = state.remote, self.parts.clock.now()
        known = state.link if state.link and state.link.external_id == remote.id else None
        base = known.seen if known else None
        read = read_record(remote, base, self.turn.tenant, self.integration.id, now)
        seen, changed_at = seen_after_writing(self.customer, known, read)
        stood = known or Link(self.customer.id, self.integration.id, remote.id, "", now)
        link = replace(stood, fingerprint=state.fingerprint, remote_updated_at=changed_at, seen=seen)
        changes = self._keep_displaced(read)
        if link == known:
            return changes
        changes = replace(changes, unchanged=(self.customer,) if state.link is found else ())
        written = replace(link, written_at=now).record
        if known is None:
            return replace(changes, records=(written,))
        return replace(changes, revised=(RecordChange(written, known.record),))

    def _keep_displaced(self, read: Reading) -> Changes:
        """One read where something was displaced."""
        turn, displaced = self.turn, sorted(read.displaced(self.customer))
        claims = self.parts.identities.read_identity(turn.tenant, displaced, None).claims if displaced else {}
        return keep_displaced(self.customer, read, claims, turn.circumstances(self.integration.id))
