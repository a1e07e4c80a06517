"""Remove whatever is left of an erased person, here and in the lives of others."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from customerhub.domain.changes import Changes
from customerhub.domain.customer import Alias, Customer
from customerhub.domain.erasure import Cause, Erasure
from customerhub.domain.ids import ConflictId, CustomerId
from customerhub.domain.redaction import (
    Forgotten,
    Span,
    clipped,
    redact_conflict,
    redact_customer,
    redact_event,
    redact_merge,
    shared_spans,
)
from customerhub.domain.tenant import Tenant
from customerhub.ports import Clock, ErasureStore, IdentityStore, TraceStore
from customerhub.services.attempts import attempts

PAGE = 100
"""References that are followed before they are dropped."""


def sweep_erasure(
    erasure: Erasure,
    tenant: Tenant,
    *,
    until: datetime,
    identities: IdentityStore,
    erasures: ErasureStore,
    traces: TraceStore,
    clock: Clock,
) -> Erasure:
    """Go on with an erasure until nothing is left or it is `until`; the erasure as it stands then.

    Idempotent, and may be done by several at once: what is to go is counted before the first of it goes, and what
    leads to something else goes after that. Raises StoreUnavailable and TooMuchContention.
    """

    def attempt() -> Erasure:
        current = erasures.get_erasure(tenant.id, erasure.id) or erasure
        if current.completed_at:
            return current
        return _Sweep(tenant, identities, erasures, traces, clock).run(current, until)

    return attempts(clock, attempt)


@dataclass(frozen=True)
class _Sweep:
    tenant: Tenant
    identities: IdentityStore
    erasures: ErasureStore
    traces: TraceStore
    clock: Clock
    visited: set[tuple[CustomerId, tuple[Span, ...]]] = field(default_factory=set)

    def run(self, erasure: Erasure, until: datetime) -> Erasure:
        """Raises LostRace where another sweep has changed the erasure's record."""
        self._close_aliases(erasure)
        if erasure.counts is None:
            erasure = self._keep(replace(erasure, counts=self.erasures.count_items(erasure)))
        for _ in self._steps(erasure):
            if self.clock.now() >= until:
                return erasure
        return self._keep(replace(erasure, completed_at=self.clock.now()))

    def _keep(self, erasure: Erasure) -> Erasure:
        self.erasures.put_erasure(erasure)
        return erasure.stored()

    def _close_aliases(self, erasure: Erasure) -> None:
        """From here on nobody can write to one of the collections: every write demands that the profile be there."""

        def attempt() -> None:
            stored = self.identities.get_customers(self.tenant.id, erasure.customers).values()
            aliases = tuple(erasure.stub(alias) for alias in stored if isinstance(alias, Alias))
            if aliases:
                self.identities.write(self.tenant, Changes(customers=aliases), None)

        attempts(self.clock, attempt)

    def _steps(self, erasure: Erasure) -> Iterator[None]:
        """The work, in pieces that are short each."""
        forgotten = Forgotten(self.tenant, frozenset(erasure.customers), frozenset(erasure.identifiers))
        are_more = True
        while are_more:
            references = self.erasures.references(erasure, PAGE)
            are_more = len(references.places) == PAGE
            self.erasures.drop_answers(self.tenant.id, references)
            self.erasures.clear_jobs(self.tenant.id, references)
            for conflict in references.conflicts:
                yield from self._leave_conflict(conflict, forgotten)
            for survivor in references.survivors:
                yield from self._leave_life(survivor, forgotten)
            self.erasures.drop_references(references)
            yield
        self.erasures.drop_verifications(erasure)
        if erasure.cause is Cause.REQUEST:
            self.erasures.drop_deliveries(self.tenant)
        yield from self.erasures.drop_collections(erasure)

    def _leave_conflict(self, conflict: ConflictId, forgotten: Forgotten) -> Iterator[None]:
        """The conflict itself at last: until then it tells who else may hold something of the person."""
        record = self.traces.get_conflict(self.tenant.id, conflict)
        for customer in record.customers if record else ():
            yield from self._leave_life(customer, forgotten)
        attempts(self.clock, lambda: self._redact_conflict(conflict, forgotten))

    def _redact_conflict(self, conflict: ConflictId, forgotten: Forgotten) -> None:
        record = self.traces.get_conflict(self.tenant.id, conflict)
        redacted = redact_conflict(record, forgotten) if record else None
        if record and redacted is None:
            self.traces.delete_conflict(record)
        elif redacted and redacted != record:
            self.traces.put_conflict(redacted)

    def _leave_life(self, customer: CustomerId, forgotten: Forgotten, shared: tuple[Span, ...] = ()) -> Iterator[None]:
        """The profile, events and ledger of somebody else, and of whomever that one has become. `shared` is when that
        life was one with the person's, beside what its own ledger tells."""
        if customer in forgotten.ids or (customer, shared) in self.visited:
            return
        self.visited.add((customer, shared))
        spans = shared + shared_spans(self.traces.merges(self.tenant.id, customer), forgotten)
        for merge in self.traces.merges_into_others(self.tenant.id, customer) if spans else ():
            yield from self._leave_life(merge.survivor.id, forgotten, clipped(spans, merge))
        heir = attempts(self.clock, lambda: self._redact_profile(customer, forgotten))
        if heir:
            yield from self._leave_life(heir, forgotten)
        yield from self._leave_events(customer, forgotten, spans)
        attempts(self.clock, lambda: self._redact_merges(customer, forgotten))

    def _leave_events(self, customer: CustomerId, forgotten: Forgotten, spans: tuple[Span, ...]) -> Iterator[None]:
        for page in self.traces.events(self.tenant.id, customer):
            for event in page:
                redacted = redact_event(event, forgotten, spans)
                if redacted is not event:
                    self.traces.put_event(redacted)
            yield

    def _redact_profile(self, customer: CustomerId, forgotten: Forgotten) -> CustomerId | None:
        """Into whom the customer was merged, if it was."""
        stored = self.identities.get_customers(self.tenant.id, [customer]).get(customer)
        if isinstance(stored, Customer) and (redacted := redact_customer(stored, forgotten)) != stored:
            self.identities.write(self.tenant, Changes(customers=(redacted,)), None)
        return stored.merged_into if isinstance(stored, Alias) else None

    def _redact_merges(self, customer: CustomerId, forgotten: Forgotten) -> None:
        """Last of a life: its records tell which events are concerned."""
        for record in self.traces.merges(self.tenant.id, customer):
            redacted = redact_merge(record, forgotten)
            if redacted is None:
                self.traces.delete_merge(record)
            elif redacted is not record:
                self.traces.put_merge(redacted)
