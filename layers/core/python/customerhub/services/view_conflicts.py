"""Who is behind conflicts now."""

from collections.abc import Mapping, Sequence

from customerhub.domain.conflict_record import ConflictRecord, ConflictStatus, ConflictView
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.identity import Known
from customerhub.domain.ids import CustomerId
from customerhub.domain.tenant import Tenant
from customerhub.ports import IdentityReading, IdentityStore
from customerhub.services.live_customers import live_customers


def view_conflicts(
    records: Sequence[ConflictRecord], tenant: Tenant, *, store: IdentityStore
) -> tuple[ConflictView, ...]:
    """A view of each, and what is known about the calls of those that are open.

    The round trips are the same for one and for many: the customers, and one more where some were merged since; the
    claims of what the calls named, and whoever else holds one of these. Raises StoreUnavailable.
    """
    live = live_customers({c for record in records for c in record.customers}, tenant.id, store=store)
    named = {key for record in records for key in _keys(record)}
    reading = store.read_identity(tenant, sorted(named), None) if named else IdentityReading({}, {}, None)
    holders = {holder for claim in reading.claims.values() for holder in claim.holders}
    by_id = {customer.id: customer for customer in live.values()}
    others = store.get_customers(tenant.id, holders - by_id.keys()) if holders - by_id.keys() else {}
    by_id |= {one.id: one for one in others.values() if isinstance(one, Customer)}
    return tuple(_view(record, live, reading, by_id) for record in records)


def _keys(record: ConflictRecord) -> Sequence[IdentifierKey]:
    return record.contact.keys if record.contact and record.status is ConflictStatus.OPEN else ()


def _view(
    record: ConflictRecord,
    live: Mapping[CustomerId, Customer],
    reading: IdentityReading,
    by_id: Mapping[CustomerId, Customer],
) -> ConflictView:
    customers = {live[c].id: live[c] for c in record.customers if c in live}
    return ConflictView(record, tuple(customers.values()), _known(record, reading, by_id))


def _known(record: ConflictRecord, reading: IdentityReading, by_id: Mapping[CustomerId, Customer]) -> Known | None:
    claims = {key: reading.claims[key] for key in _keys(record) if key in reading.claims}
    holders = {holder for claim in claims.values() for holder in claim.holders}
    if not record.contact or not holders <= by_id.keys():
        return None
    return Known(claims, {holder: by_id[holder] for holder in holders}, reading.gone)
