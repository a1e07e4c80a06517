"""Links: a customer's ties to records of shops and CRMs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from customerhub.domain.changes import Changes
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer, ranked
from customerhub.domain.events import Circumstances, EventType, change_event
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId
from customerhub.domain.records import Record, RecordKind
from customerhub.domain.snapshot import Snapshot, from_snapshot, to_snapshot
from customerhub.errors import Parked


@dataclass(frozen=True)
class Link:
    """One tie, kept in the collection of `customer`. `fingerprint` stands for what the record was last told,
    `remote_updated_at` is when it had changed last by then, `seen` how it was; None where it was never looked at.
    `deleted_at` is when it was deleted on the platform: then it is no identifier of the customer's any more."""

    customer: CustomerId
    integration: IntegrationId
    external_id: ExternalId
    fingerprint: str
    written_at: datetime
    remote_updated_at: datetime | None = None
    seen: Snapshot | None = None
    deleted_at: datetime | None = None

    @property
    def record(self) -> Record:
        """As it hangs on the customer; there is one for each integration."""
        content: dict[str, Any] = {"external_id": self.external_id, "fingerprint": self.fingerprint}
        if self.remote_updated_at:
            content["remote_updated_at"] = self.remote_updated_at.isoformat()
        if self.seen:
            content["seen"] = from_snapshot(self.seen)
        if self.deleted_at:
            content["deleted_at"] = self.deleted_at.isoformat()
        via = (external_key(self.integration, self.external_id),)
        return Record(self.customer, RecordKind.LINK, self.integration, self.written_at, via, content)


def to_link(record: Record) -> Link:
    """The link that a record is."""
    remote, seen, deleted = (record.content.get(name) for name in ("remote_updated_at", "seen", "deleted_at"))
    return Link(
        record.customer,
        IntegrationId(record.id),
        ExternalId(record.content["external_id"]),
        record.content["fingerprint"],
        record.written_at,
        datetime.fromisoformat(remote) if remote else None,
        to_snapshot(seen) if seen else None,
        datetime.fromisoformat(deleted) if deleted else None,
    )


def external_key(integration: IntegrationId, external_id: ExternalId) -> IdentifierKey:
    """The identifier that a record's id is."""
    return IdentifierKey(Kind.EXTERNAL, f"{integration}:{external_id}")


def external_entry(customer: Customer, integration: IntegrationId) -> Identifier | None:
    """The customer's record in an integration, of which a person has one."""
    slot = external_key(integration, ExternalId("")).slot
    return next((entry for entry in customer.identifiers if entry.key.slot == slot), None)


def deleted_source(integration: IntegrationId) -> str:
    """The source of what a record had brought, once the record was deleted, or the hub's word took its place there: it
    stays, and no later word of the integration's takes it back."""
    return f"{integration}.deleted"


def known_to(customer: Customer) -> tuple[IntegrationId, ...]:
    """The integrations in which the customer has a record."""
    slots = (entry.value.partition(":")[0] for entry in customer.identifiers if entry.kind is Kind.EXTERNAL)
    return tuple(map(IntegrationId, slots))


def external_id_of(entry: Identifier) -> ExternalId:
    """The platform's own id."""
    return ExternalId(entry.value.partition(":")[2])


def tie(
    customer: Customer, link: Link, address: str, claims: Mapping[IdentifierKey, Claim], circumstances: Circumstances
) -> Changes:
    """The writes that tie the customer to the record that `link` names, in place of another one in the same
    integration. It was found or made by `address`, with whose owner it goes if the customer turns out to be two people.
    `claims` are those of both records as read, the first of which nobody else owns. Raises Parked where the customer
    has no room for one more identifier."""
    key, known = external_key(link.integration, link.external_id), external_entry(customer, link.integration)
    claim = claims.get(key)
    if known and known.key == key and known.owned and claim:
        return Changes(records=(link.record,))
    former = claims.get(known.key) if known and known.key != key else None
    via = tuple(i.key for i in customer.identifiers if i.kind is Kind.EMAIL and i.owned and i.shown == address)
    others = tuple(entry for entry in customer.identifiers if entry is not known)
    if len(others) >= MAX_IDENTIFIERS:
        raise Parked("the customer has as many identifiers as can be kept", reason="too_many_identifiers")
    source, now = circumstances.source, circumstances.now
    entry = Identifier(Kind.EXTERNAL, key.value, key.value, key.value, Grade.ASSERTED, source, now)
    after = replace(customer, identifiers=ranked((*others, entry)), updated_at=now, last_updated_via=source)
    return Changes(
        customers=(after,),
        claims=(Claim(key, customer.id, Grade.ASSERTED, source, now, version=claim.version if claim else 0),),
        freed=(former,) if former and former.owner == customer.id else (),
        events=(change_event(EventType.CUSTOMER_UPDATED, customer, after, circumstances, (key, *via)),),
        records=(link.record,),
    )
