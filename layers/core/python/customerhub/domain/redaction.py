"""Taking an erased person out of what is kept of others. Pure.

The person is known by keyed hashes only: whatever names an identifier is hashed, and compared. What was one record with
the person's for a while, before a merge was undone, cannot be told apart and is emptied as a whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from customerhub.domain.conflict_record import ConflictRecord, Resolution
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances, Event
from customerhub.domain.identifier import Claim, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CredentialId, CustomerId
from customerhub.domain.merge import MergeRecord
from customerhub.domain.tenant import Tenant

SOMEBODY = CredentialId("user:")
"""A user who is not known any more."""
MARGIN = timedelta(minutes=1)
"""An event bears the time at which its call began, on the clock of another machine."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Forgotten:
    """Who is to be taken out: the ids, and the hashes under the tenant's key of all that the person owned."""

    tenant: Tenant
    ids: frozenset[CustomerId]
    hashes: frozenset[str]

    def owned(self, key: IdentifierKey) -> bool:
        """Whether the identifier was the person's."""
        return self.tenant.keyed_hash(*key) in self.hashes

    def without(self, identifiers: Iterable[IdentifierKey]) -> tuple[IdentifierKey, ...]:
        """Those that were not."""
        return tuple(key for key in identifiers if not self.owned(key))

    def entries_without(self, entries: Iterable[Identifier]) -> tuple[Identifier, ...]:
        """The same for the entries of a profile."""
        return tuple(entry for entry in entries if not self.owned(entry.key))

    def credential(self, credential: CredentialId) -> CredentialId:
        """Who did something, unless it was the person."""
        kind, _, subject = credential.partition(":")
        return SOMEBODY if kind == "user" and self.owned(IdentifierKey(Kind.AUTH, subject)) else credential

    def circumstances(self, circumstances: Circumstances) -> Circumstances:
        """The same for the circumstances of a request."""
        return replace(circumstances, credential=self.credential(circumstances.credential))

    def was_in(self, customer: Customer) -> bool:
        """Whether the customer is the person, or holds what is the person's because of a merge."""
        return not self.ids.isdisjoint(customer.ids)


def redact_customer(customer: Customer, forgotten: Forgotten) -> Customer:
    """The customer without the person's identifiers, which it carried: equal to before where there were none."""
    return replace(customer, identifiers=forgotten.entries_without(customer.identifiers))


def redact_event(event: Event, forgotten: Forgotten, shared: Iterable[Span]) -> Event:
    """The event without the person: emptied where it is of a time at which the two records were one."""
    now = event.circumstances.now
    was_one = any(start - MARGIN <= now <= end + MARGIN for start, end in shared)
    redacted = replace(
        event,
        circumstances=forgotten.circumstances(event.circumstances),
        before={} if was_one else _fields(event.before, forgotten),
        after={} if was_one else _fields(event.after, forgotten),
        via=() if was_one else forgotten.without(event.via),
    )
    return event if redacted == event else replace(redacted, redacted=True)


def redact_merge(record: MergeRecord, forgotten: Forgotten) -> MergeRecord | None:
    """The ledger record without the person, so that the merge of the others can still be undone. None for one that held
    the person together with others: it was undone already, or the person could not have been erased alone."""
    if any(forgotten.was_in(image) for image in (record.survivor, record.merged, *record.absorbed)):
        return None
    redacted = replace(
        record,
        survivor=redact_customer(record.survivor, forgotten),
        merged=redact_customer(record.merged, forgotten),
        absorbed=tuple(redact_customer(image, forgotten) for image in record.absorbed),
        bystanders=tuple(redact_customer(b, forgotten) for b in record.bystanders if not forgotten.was_in(b)),
        claims=tuple(_shared_less(c, forgotten) for c in record.claims if not _concerns(c, forgotten)),
        created=forgotten.without(record.created),
        merged_by=forgotten.credential(record.merged_by),
    )
    return record if redacted == record else redacted


def redact_conflict(record: ConflictRecord, forgotten: Forgotten) -> ConflictRecord | None:
    """The conflict without the person, and without what anybody said; None where nobody is left to be told apart."""
    customers = tuple(customer for customer in record.customers if customer not in forgotten.ids)
    if len(customers) < 2:
        return None
    return replace(
        record,
        customers=customers,
        identifiers=forgotten.without(record.identifiers),
        contact=None,
        found=tuple(map(forgotten.circumstances, record.found)),
        resolutions=tuple(_redacted_resolution(resolution, forgotten) for resolution in record.resolutions),
    )


def shared_spans(records: Iterable[MergeRecord], forgotten: Forgotten) -> tuple[Span, ...]:
    """When the records of others were one with the person's, by the ledger's records of undone merges."""
    return tuple(
        (record.merged_at, record.undone_at)
        for record in records
        if record.undone_at and redact_merge(record, forgotten) is None
    )


def clipped(spans: Iterable[Span], merge: MergeRecord) -> tuple[Span, ...]:
    """The parts of the spans in which that merge held."""
    end = merge.undone_at or datetime.max.replace(tzinfo=UTC)
    parts = ((max(span[0], merge.merged_at), min(span[1], end)) for span in spans)
    return tuple(part for part in parts if part[0] <= part[1])


def _fields(changed: Mapping[str, Any], forgotten: Forgotten) -> Mapping[str, Any]:
    """Fields of a customer as an event's JSON has them."""
    if "identifiers" not in changed:
        return changed
    entries = changed["identifiers"] or []
    kept = [e for e in entries if not forgotten.owned(IdentifierKey(Kind(e["kind"]), e["value"]))]
    return {**changed, "identifiers": kept}


def _concerns(claim: Claim, forgotten: Forgotten) -> bool:
    return claim.owner in forgotten.ids or forgotten.owned(claim.key)


def _shared_less(claim: Claim, forgotten: Forgotten) -> Claim:
    return replace(claim, sharers=claim.sharers - forgotten.ids)


def _redacted_resolution(resolution: Resolution, forgotten: Forgotten) -> Resolution:
    """Without the note, which may say anything."""
    identifier = resolution.identifier
    return replace(
        resolution,
        note=None,
        by=forgotten.credential(resolution.by) if resolution.by else None,
        identifier=None if identifier and forgotten.owned(identifier) else identifier,
        to=None if resolution.to in forgotten.ids else resolution.to,
    )
