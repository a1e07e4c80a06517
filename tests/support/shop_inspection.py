"""What must hold of a shop and the hub once the shop was taken in whole (design.md §6, invariants 1, 3 and 4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId
from customerhub.domain.link import Link, external_id_of, external_key
from customerhub.domain.remote import RemoteCustomer
from customerhub.domain.snapshot import seen
from customerhub.store.conflicts import to_conflict
from customerhub.store.orders import to_stated
from tests.support.audit import Books, audit
from tests.support.club import orders_in
from tests.support.fake_shop import FakeShop
from tests.support.shop_town import ShopTown


def inspect_shops(town: ShopTown, *, apart: frozenset[str] = frozenset()) -> Books:
    """Check all of it; the books to look further. Of the customers `apart` a person must look: a job says why the shop
    has not got the hub's word, so that the two may differ."""
    books = audit(town.tables)
    for name, shop in town.fakes.items():
        _Inspection(town, books, IntegrationId(name), shop, apart).run()
    return books


@dataclass(frozen=True)
class _Inspection:
    town: ShopTown
    books: Books
    integration: IntegrationId
    shop: FakeShop
    apart: frozenset[str]

    def run(self) -> None:
        for record in self.shop.customers.values():
            owner = self._owner(record.id)
            self._is_seen(owner, record)
            self._is_carried(owner, record)
            self._is_released(owner, record)
            if owner.id not in self.apart:
                self._is_shown(owner, record)
        self._nothing_is_gone()
        self._orders()
        self._conflicts()

    def _owner(self, record: ExternalId) -> Customer:
        """Exactly one live customer, by a claim."""
        key = external_key(self.integration, record)
        bearers = [one for one in self.books.customers.values() if one.carries(key)]
        assert len(bearers) == 1, f"invariant 3: the shop's record {record} has {len(bearers)} customers in the hub"
        entry, claim = bearers[0].carries(key), self.books.claims.get(key)
        assert entry
        assert entry.owned, f"the record {record} is carried, and not owned"
        assert claim
        assert claim.owner == bearers[0].id
        return bearers[0]

    def _link(self, owner: Customer, record: ExternalId) -> Link:
        links = self.town.app().links.get_links(self.town.till.tenant.id, owner.ids, self.integration)
        found = [link for link in links if link.external_id == record]
        assert found, f"the record {record} has no link"
        return max(found, key=lambda link: link.written_at)

    def _is_seen(self, owner: Customer, record: RemoteCustomer) -> None:
        """What the hub knows of the record is what the shop has."""
        link = self._link(owner, record.id)
        assert link.deleted_at is None, f"the record {record.id} is there, and the hub says that it was deleted"
        assert link.seen == seen(record, link.seen), f"invariant 3: {record.id} was seen otherwise"

    def _is_carried(self, owner: Customer, record: RemoteCustomer) -> None:
        """Its e-mails and phones are the customer's, unless somebody else has a better right to one."""
        for key in _keys(record):
            entry = owner.carries(key)
            assert entry, f"invariant 3: {key.kind} of {record.id} is not with its customer"
            if not entry.owned:
                other = self.books.customers[self.books.claims[key].owner]
                assert other.id != owner.id
                assert self._has_right(other, key), f"invariant 3: {key.kind} of {record.id} is withheld by nobody"

    def _has_right(self, other: Customer, key: IdentifierKey) -> bool:
        """Its own record shows it too, or it did not come from this shop at all."""
        entry = other.carries(key)
        assert entry
        if entry.source != self.integration or entry.grade is Grade.VERIFIED:
            return True
        records = [self.shop.customers[one] for one in self._records_of(other) if one in self.shop.customers]
        return not records or any(key in _keys(record) for record in records)

    def _is_released(self, owner: Customer, record: RemoteCustomer) -> None:
        """What came from the shop and is not there any more is not the customer's any more."""
        held = [entry for entry in owner.identifiers if self._came_from_here(entry)]
        left = [entry.kind for entry in held if entry.key not in _keys(record)]
        assert not left, f"invariant 3: {record.id} has given up {left}, and its customer has not"

    def _came_from_here(self, entry: Identifier) -> bool:
        is_contact = entry.kind in (Kind.EMAIL, Kind.PHONE)
        return is_contact and entry.source == self.integration and entry.grade < Grade.VERIFIED

    def _is_shown(self, owner: Customer, record: RemoteCustomer) -> None:
        """Both sides have the same name, whichever changed it last; but shops are told nothing of who has no e-mail."""
        if not record.emails and not any(i.kind is Kind.EMAIL and i.owned for i in owner.identifiers):
            return
        assert (owner.first_name, owner.last_name) == (record.first_name, record.last_name), (
            f"invariant 3: the names of {record.id} differ"
        )
        told = {value for name, value in record.address.items() if name in ("address1", "city", "zip")}
        assert told <= set(owner.address.values()), f"invariant 3: the addresses of {record.id} differ"

    def _records_of(self, customer: Customer) -> Iterator[ExternalId]:
        slot = external_key(self.integration, ExternalId("")).slot
        return (external_id_of(entry) for entry in customer.identifiers if entry.key.slot == slot)

    def _nothing_is_gone(self) -> None:
        """Nobody has a record that is not there."""
        for customer in self.books.customers.values():
            gone = [record for record in self._records_of(customer) if record not in self.shop.customers]
            assert not gone, f"{customer.id} has a record that the shop has deleted"

    def _orders(self) -> None:
        """Each order of somebody is with one customer, once, as the shop has it."""
        stored = [to_stated(item) for item in orders_in(self.town.tables, self.town.till.tenant.id)]
        for order in self.shop.sales.rows.values():
            found = [one for one in stored if (one.source, one.external_id) == (self.integration, order.id)]
            if order.customer or order.email or found:
                told = [(one.total, one.is_paid, one.is_cancelled, one.updated_at) for one in found]
                wanted = (order.total, order.is_paid, order.is_cancelled, order.updated_at)
                assert told == [wanted], f"invariant 3: the order {order.id} is not as in the shop"

    def _conflicts(self) -> None:
        """One that the shop's records have led to is about something that two have really shown."""
        contested = self._contested()
        for conflict in map(to_conflict, self.books.conflicts):
            if all(found.credential == f"integration:{self.integration}" for found in conflict.found):
                values = {key.value for key in conflict.identifiers}
                assert values & contested, f"a conflict about nothing that two have shown: {conflict}"

    def _contested(self) -> set[str]:
        shown = {value for value, records in self.shop.bearers.items() if len(records) > 1}
        elsewhere = {value for one in self.town.fakes.values() if one is not self.shop for value in one.bearers}
        guests = {order.email for one in self.town.fakes.values() for order in one.sales.rows.values() if order.email}
        return shown | elsewhere | guests | self.town.said


def _keys(record: RemoteCustomer) -> list[IdentifierKey]:
    emails = [IdentifierKey(Kind.EMAIL, email.casefold()) for email in record.emails]
    return emails + [IdentifierKey(Kind.PHONE, phone) for phone in record.phones]


def apart_in(town: ShopTown) -> frozenset[str]:
    """The customers of whom a job is parked, or was done without a part that the shop refused."""
    marked = [job.customer for job in town.jobs() if job.customer and job.reason]
    live = {CustomerId(str(customer)) for customer in marked}
    aliases = audit(town.tables).aliases
    found = set[str]()
    for customer in live:
        while customer in aliases:
            customer = aliases[customer].merged_into  # noqa: PLW2901 - follows the merges
        found.add(customer)
    return frozenset(found)
