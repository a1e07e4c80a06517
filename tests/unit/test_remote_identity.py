"""What a shop's record makes of a customer: field by field, and as a whole whatever is taken in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customerhub.domain.conflict import ConflictKind
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer, new_customer
from customerhub.domain.events import Circumstances, EventType
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.identity import Known
from customerhub.domain.ids import CredentialId, CustomerId, ExternalId, IntegrationId, TenantId
from customerhub.domain.link import Link, to_link
from customerhub.domain.remote import RemoteCustomer
from customerhub.domain.remote_identity import (
    MAX_EACH,
    Bringing,
    Brought,
    Reading,
    adds_nothing,
    contested,
    has_lost_something,
    is_old,
    leave,
    read_record,
    seen_after_writing,
    shows_nothing_new,
    whose,
)
from customerhub.domain.snapshot import Snapshot, seen
from customerhub.domain.tenant import Tenant
from customerhub.errors import Gone

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
TENANT = Tenant(TenantId("t-1"), "Test", region="US", default_area_code="707", hash_key="00" * 32)
SHOP = IntegrationId("shopify")
CIRCUMSTANCES = Circumstances(CredentialId("integration:shopify"), SHOP, "run-1", NOW)
ANN = RemoteCustomer(ExternalId("1"), ("ann@example.com",), ("+17075550101",), "Ann", "Archer", updated_at=NOW)
EMAIL = IdentifierKey(Kind.EMAIL, "ann@example.com")
PHONE = IdentifierKey(Kind.PHONE, "+17075550101")


def read(remote: RemoteCustomer, base: Snapshot | None = None) -> Reading:
    return read_record(remote, base, TENANT, SHOP, NOW)


@dataclass
class Books:
    """Customers, claims and links in memory; what is written is checked as it would be by the store."""

    customers: dict[CustomerId, Customer] = field(default_factory=dict)
    claims: dict[IdentifierKey, Claim] = field(default_factory=dict)
    links: dict[ExternalId, Link] = field(default_factory=dict)
    gone: dict[IdentifierKey, int] = field(default_factory=dict)
    fresh: int = 0

    def known(self, *keys: IdentifierKey) -> Known:
        claims = {key: self.claims[key] for key in keys if key in self.claims}
        holders = {holder for claim in claims.values() for holder in claim.holders}
        gone = {key: version for key, version in self.gone.items() if key in keys}
        return Known(claims, {one: self.customers[one] for one in holders}, gone)

    def add(self, *identifiers: Identifier, **fields: Any) -> Customer:
        """A customer whom the hub knew before."""
        customer = replace(self._blank(), version=1, identifiers=identifiers, **fields)
        self.customers[customer.id] = customer
        for one in identifiers:
            if one.owned:
                self.claims[one.key] = Claim(one.key, customer.id, one.grade, one.source, one.since, version=1)
        return customer

    def take_in(self, remote: RemoteCustomer) -> Brought:
        """As the use case does it, but for looking at other records first."""
        link = self.links.get(remote.id)
        reading = read(remote, link.seen if link else None)
        if link:
            customer = self.customers[link.customer]
            known = self.known(*reading.unsettled(customer))
        else:
            known = self.known(*reading.keys)
            customer = whose(reading, known) or self._blank()
        brought = Bringing(reading, customer, known, CIRCUMSTANCES, link).run()
        self.write(brought)
        return brought

    def write(self, brought: Brought) -> None:
        changes = brought.changes
        for one in changes.customers:
            assert isinstance(one, Customer)
            known = self.customers.get(one.id)
            assert one.version == (known.version if known else 0), "not what was read"
            self.customers[one.id] = replace(one, version=one.version + 1)
        for claim in changes.claims:
            held = self.claims.get(claim.key)
            assert claim.version == (held.version if held else self.gone.get(claim.key, 0)), "not what was read"
            self.claims[claim.key] = replace(claim, version=claim.version + 1)
        for claim in changes.freed:
            assert self.claims.pop(claim.key) == claim
        for record in (*changes.records, *(change.after for change in changes.revised)):
            link = to_link(record)
            self.links[link.external_id] = link
        self.audit()

    def audit(self) -> None:
        """Invariant 1, and that claims and customers say the same."""
        owned = [(i.key, one.id) for one in self.customers.values() for i in one.identifiers if i.owned]
        assert {key: claim.owner for key, claim in self.claims.items()} == dict(owned)
        assert len(dict(owned)) == len(owned)
        for claim in self.claims.values():
            entry = self.customers[claim.owner].carries(claim.key)
            assert entry
            assert entry.grade == claim.grade
            for sharer in claim.sharers:
                carried = self.customers[sharer].carries(claim.key)
                assert carried
                assert not carried.owned

    def of(self, remote: RemoteCustomer) -> Customer:
        return self.customers[self.links[remote.id].customer]

    def _blank(self) -> Customer:
        self.fresh += 1
        return new_customer(TENANT.id, CustomerId(f"c-{self.fresh}"), SHOP, NOW)


def identifier(key: IdentifierKey, grade: Grade = Grade.ASSERTED, source: str = "chatbot") -> Identifier:
    return Identifier(key.kind, key.value, key.value, key.value, grade, source, NOW)


class TestFields:
    @pytest.mark.parametrize(
        ("hub", "base", "shop", "expected"),
        [
            ("Ann", "Ann", "Anna", "Anna"),
            ("Annabel", "Ann", "Ann", "Annabel"),
            ("Annabel", "Ann", "Anna", "Anna"),
            ("Ann", "Ann", None, None),
            ("Annabel", "Ann", None, "Annabel"),
            ("Ann", "Ann", "  ", None),
            (None, None, " Ann\t", "Ann"),
            ("Ann", None, None, "Ann"),
        ],
    )
    def test_a_name_follows_the_shop_where_the_shop_has_changed_it(
        self, hub: str | None, base: str | None, shop: str | None, expected: str | None
    ) -> None:
        books = Books()
        books.take_in(replace(ANN, first_name=base))
        (customer,) = books.customers.values()
        books.customers[customer.id] = replace(customer, first_name=hub)
        books.take_in(replace(ANN, first_name=shop))
        assert books.of(ANN).first_name == expected

    @pytest.mark.parametrize(
        ("shop", "expected"),
        [
            ({"address1": "2 Oak", "city": "Boston"}, {"line1": "2 Oak", "city": "Boston"}),
            (
                {"address1": "1 Vine", "city": "Sonoma", "zip": "1"},
                {"line1": "1 Vine", "city": "Sonoma", "postalCode": "1"},
            ),
            ({"address1": "1 Vine"}, {"line1": "1 Vine"}),
            ({}, {}),
            ({"address1": "1 Vine", "city": "Napa"}, {"line1": "1 Vine", "city": "Napa"}),
        ],
    )
    def test_a_new_street_is_a_new_address_and_other_parts_follow_by_themselves(
        self, shop: Mapping[str, str], expected: Mapping[str, str]
    ) -> None:
        books = Books()
        books.take_in(replace(ANN, address={"address1": "1 Vine", "city": "Napa"}))
        books.take_in(replace(ANN, address=shop))
        assert books.of(ANN).address == expected

    def test_a_hub_address_keeps_what_the_shop_never_said(self) -> None:
        books = Books()
        books.add(identifier(EMAIL), address={"line1": "1 Vine", "city": "Napa"})
        books.take_in(replace(ANN, address={"postalCode": "94558"}))
        assert books.of(ANN).address == {"line1": "1 Vine", "city": "Napa", "postalCode": "94558"}


class TestWhose:
    def test_the_first_email_whose_owner_has_room_decides(self) -> None:
        books = Books()
        taken = IdentifierKey(Kind.EXTERNAL, f"{SHOP}:99")
        books.add(identifier(EMAIL), identifier(taken, source=SHOP))
        other = books.add(identifier(IdentifierKey(Kind.EMAIL, "a2@example.com")))
        two = replace(ANN, emails=("ann@example.com", "a2@example.com"))
        reading = read(two)
        assert whose(reading, books.known(*reading.keys)) == other

    def test_an_email_that_leads_to_somebody_keeps_a_phone_from_leading_elsewhere(self) -> None:
        books = Books()
        books.add(identifier(EMAIL), identifier(IdentifierKey(Kind.EXTERNAL, f"{SHOP}:99"), source=SHOP))
        books.add(identifier(PHONE), first_name="Ann")
        reading = read(ANN)
        assert whose(reading, books.known(*reading.keys)) is None

    def test_of_several_holders_of_a_phone_the_namesake_is_meant(self) -> None:
        books = Books()
        ann = books.add(identifier(PHONE), first_name="Ann")
        books.take_in(replace(ANN, id=ExternalId("2"), emails=("otto@example.com",), first_name="Otto"))
        reading = read(replace(ANN, emails=()))
        found = whose(reading, books.known(*reading.keys))
        assert found
        assert found.id == ann.id

    def test_nobody_is_found_by_an_organisations_phone(self) -> None:
        books = Books()
        toll_free = IdentifierKey(Kind.PHONE, "+18005550100")
        books.add(identifier(toll_free), first_name="Ann")
        reading = read(replace(ANN, emails=(), phones=("+18005550100",)))
        assert whose(reading, books.known(*reading.keys)) is None

    def test_a_typed_email_leads_to_a_member_unless_a_better_one_leads_elsewhere(self) -> None:
        books = Books()
        other_email = IdentifierKey(Kind.EMAIL, "ann@home.example")
        member = books.add(identifier(EMAIL, Grade.CLAIMED), membership="e-1")
        both = replace(ANN, emails=(EMAIL.value, other_email.value))
        assert whose(read(both), books.known(*read(both).keys)) == member
        better = books.add(identifier(other_email))
        assert whose(read(both), books.known(*read(both).keys)) == better
        assert books.take_in(ANN).customer.id == member.id
        assert books.claims[EMAIL].grade is Grade.ASSERTED

    def test_a_typed_email_of_a_member_who_has_a_record_gives_way(self) -> None:
        books = Books()
        record = identifier(IdentifierKey(Kind.EXTERNAL, f"{SHOP}:9"))
        books.add(identifier(EMAIL, Grade.CLAIMED), record, membership="e-1")
        assert books.take_in(ANN).is_new
        assert books.claims[EMAIL].owner == books.of(ANN).id

    def test_who_has_no_room_for_one_more_identifier_is_somebody_else(self) -> None:
        many = [identifier(IdentifierKey(Kind.EMAIL, f"a{n}@example.com")) for n in range(MAX_IDENTIFIERS - 1)]
        books = Books()
        books.add(identifier(EMAIL), *many)
        brought = books.take_in(ANN)
        assert brought.is_new
        assert brought.conflict

    @pytest.mark.parametrize("gone", [EMAIL, PHONE, IdentifierKey(Kind.EXTERNAL, f"{SHOP}:1")])
    def test_an_erased_person_comes_back_by_nothing_that_tells_who_it_is(self, gone: IdentifierKey) -> None:
        books = Books(gone={gone: 3})
        reading = read(ANN if gone != PHONE else replace(ANN, emails=()))
        with pytest.raises(Gone):
            whose(reading, books.known(*reading.keys))

    def test_the_phone_of_an_erased_person_is_left_out_of_somebody_elses_record(self) -> None:
        books = Books(gone={PHONE: 3})
        brought = books.take_in(ANN)
        assert (brought.is_new, brought.code) == (True, "person_erased")
        assert books.of(ANN).phone is None


class TestClaims:
    def test_a_typed_email_gives_way_and_its_owner_is_told_of(self) -> None:
        books = Books()
        squatter = books.add(identifier(EMAIL, Grade.CLAIMED))
        brought = books.take_in(ANN)
        assert brought.is_new
        assert books.claims[EMAIL].owner == books.of(ANN).id
        kinds = {event.customer: event.type for event in brought.changes.events}
        assert kinds[squatter.id] is EventType.IDENTIFIER_LOST
        assert [conflict.kind for conflict in brought.changes.conflicts] == [ConflictKind.DISPLACED]

    def test_a_typed_phone_that_gives_way_finds_its_typist_no_more(self) -> None:
        books = Books()
        books.add(identifier(PHONE, Grade.CLAIMED))
        books.take_in(ANN)
        assert books.claims[PHONE].sharers == frozenset()

    def test_what_was_typed_with_the_same_account_is_asserted_now(self) -> None:
        books = Books()
        ann = books.add(identifier(EMAIL), identifier(PHONE, Grade.CLAIMED))
        books.take_in(ANN)
        assert books.claims[PHONE] == replace(books.claims[PHONE], owner=ann.id, grade=Grade.ASSERTED)

    def test_a_proven_email_is_carried_and_a_conflict_says_so(self) -> None:
        books = Books()
        other = books.add(identifier(EMAIL, Grade.VERIFIED), identifier(IdentifierKey(Kind.EXTERNAL, f"{SHOP}:9")))
        brought = books.take_in(ANN)
        assert brought.conflict
        assert {party.id for party in brought.conflict.customers} == {books.of(ANN).id, other.id}
        again = books.take_in(replace(ANN, first_name="Anna"))
        assert again.conflict is None

    def test_people_kept_apart_are_no_conflict(self) -> None:
        books = Books()
        ann = books.take_in(replace(ANN, phones=())).customer
        books.add(identifier(PHONE), kept_apart=frozenset({ann.id}))
        brought = books.take_in(ANN)
        assert brought.conflict is None
        assert books.of(ANN).household_id is None

    def test_what_is_known_of_a_record_is_read_only_where_it_changes(self) -> None:
        books = Books()
        books.take_in(ANN)
        customer, base = books.of(ANN), books.links[ANN.id].seen
        assert read(replace(ANN, first_name="Anna"), base).unsettled(customer) == ()
        assert read(replace(ANN, phones=()), base).unsettled(customer) == (PHONE,)

    def test_a_record_that_shows_too_much_is_cut(self) -> None:
        many = tuple(f"a{number}@example.com" for number in range(MAX_EACH + 5))
        books = Books()
        assert books.take_in(replace(ANN, emails=many)).code == "too_many_identifiers"
        assert len([i for i in books.of(ANN).identifiers if i.kind is Kind.EMAIL]) == MAX_EACH

    def test_only_what_another_record_of_the_shop_has_brought_is_worth_a_look(self) -> None:
        books = Books()
        books.take_in(ANN)
        other = read(replace(ANN, id=ExternalId("2")))
        found = contested(other, books.known(*other.keys), new_customer(TENANT.id, CustomerId("c-9"), SHOP, NOW))
        assert [one.key for one in found] == [EMAIL, PHONE]
        hub = Books()
        hub.add(identifier(EMAIL), identifier(IdentifierKey(Kind.EXTERNAL, f"{SHOP}:1"), source=SHOP))
        assert contested(other, hub.known(*other.keys), new_customer(TENANT.id, CustomerId("c-9"), SHOP, NOW)) == ()

    def test_what_waits_is_new_again_the_next_time(self) -> None:
        reading = read(ANN).without(frozenset({EMAIL}))
        assert (reading.seen.emails, reading.seen.phones) == ((), ANN.phones)
        assert EMAIL not in reading.keys
        assert EMAIL not in read(ANN, reading.seen).known


class TestWhatWasSeen:
    def test_what_is_not_told_or_withheld_is_nothing_new(self) -> None:
        link = Link(CustomerId("c"), SHOP, ANN.id, "", NOW, NOW, seen(replace(ANN, tags=("a",)), None))
        assert shows_nothing_new(ANN, link)
        assert shows_nothing_new(replace(ANN, phones=(), withheld=frozenset({"phones"})), link)
        assert not shows_nothing_new(replace(ANN, phones=()), link)
        assert not shows_nothing_new(ANN, replace(link, seen=None))
        assert has_lost_something(replace(ANN, phones=()), link.seen)
        assert not has_lost_something(replace(ANN, phones=("+17075550109",)), link.seen)

    def test_only_an_earlier_moment_is_old(self) -> None:
        link = Link(CustomerId("c"), SHOP, ANN.id, "", NOW, NOW)
        assert is_old(replace(ANN, updated_at=NOW - timedelta(seconds=1)), link)
        assert not is_old(ANN, link)
        assert not is_old(replace(ANN, updated_at=None), link)
        assert not is_old(ANN, None)

    def test_an_own_write_is_seen_where_the_customer_has_all_that_was_answered(self) -> None:
        books = Books()
        books.take_in(ANN)
        customer = replace(books.of(ANN), first_name="Annabel")
        link, later = books.links[ANN.id], NOW + timedelta(minutes=1)
        answered = replace(ANN, first_name="Annabel", updated_at=later)
        reading = read(answered, link.seen)
        assert adds_nothing(customer, reading)
        assert seen_after_writing(customer, link, reading) == (reading.seen, later)

    def test_what_the_shop_has_changed_besides_is_still_to_be_taken_in(self) -> None:
        books = Books()
        books.take_in(ANN)
        customer = replace(books.of(ANN), first_name="Annabel")
        link = books.links[ANN.id]
        assert link.seen
        answered = replace(ANN, first_name="Annabel", phones=("+17075550109",), updated_at=NOW + timedelta(minutes=1))
        kept, at = seen_after_writing(customer, link, read(answered, link.seen))
        assert (kept, at) == (replace(link.seen, first_name="Annabel"), NOW)


def test_a_record_that_leaves_takes_its_id_along_and_leaves_the_rest_as_the_hubs_own() -> None:
    books = Books()
    books.take_in(ANN)
    customer, link = books.of(ANN), books.links[ANN.id]
    known = books.known(*(i.key for i in customer.identifiers))
    after, changes = leave(customer, link, link, known, at=NOW, circumstances=CIRCUMSTANCES)
    books.write(Brought(after, changes))
    assert {i.key for i in after.identifiers} == {EMAIL, PHONE}
    assert {i.source for i in after.identifiers} == {"shopify.deleted"}
    assert (after.deleted_from, after.is_active, books.links[ANN.id].deleted_at) == ((SHOP,), False, NOW)


EMAILS = st.sampled_from(["a@example.com", "b@example.com", "c@example.com", "d@example.com"])
RECORDS = st.builds(
    RemoteCustomer,
    id=st.sampled_from([ExternalId("1"), ExternalId("2"), ExternalId("3")]),
    emails=st.lists(EMAILS, max_size=2, unique=True).map(tuple),
    phones=st.lists(st.sampled_from(["+17075550101", "+17075550102"]), max_size=1).map(tuple),
    first_name=st.sampled_from(["Ann", "Bob", None]),
    address=st.sampled_from([{}, {"address1": "1 Vine"}, {"city": "Napa"}]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(RECORDS, max_size=12), st.booleans())
def test_whatever_is_taken_in_claims_and_customers_agree_and_a_repetition_changes_nothing(
    records: list[RemoteCustomer], has_history: bool
) -> None:
    """Invariants 1, 3 and 4. The shop of this test has e-mails more than once, which is worse than any real one."""
    books = Books()
    if has_history:
        books.add(identifier(IdentifierKey(Kind.EMAIL, "a@example.com")), first_name="Ann")
        books.add(identifier(IdentifierKey(Kind.EMAIL, "b@example.com"), Grade.CLAIMED), identifier(PHONE))
    for record in records:
        books.take_in(record)
        once = dict(books.customers)
        again = books.take_in(record)
        assert again.conflict is None
        assert books.customers == once
    shown = {record.id: record for record in records}
    for record in shown.values():
        person = books.of(record)
        for text in record.emails:
            assert person.carries(IdentifierKey(Kind.EMAIL, text))
        assert [i.value for i in person.identifiers if i.kind is Kind.EXTERNAL] == [f"{SHOP}:{record.id}"]
        released = {i.value for i in person.identifiers if i.source == SHOP and i.kind is Kind.EMAIL}
        assert released <= set(record.emails)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(max_size=300), max_size=3).map(tuple),
    st.lists(st.text(max_size=80) | st.text("+0123456789 ()-x", max_size=20), max_size=3).map(tuple),
    st.none() | st.text(max_size=300),
    st.dictionaries(st.sampled_from(["address1", "city", "zip", "odd"]), st.text(max_size=50)),
)
def test_no_record_is_so_odd_that_it_stops_a_page(
    emails: tuple[str, ...], phones: tuple[str, ...], name: str | None, address: dict[str, str]
) -> None:
    odd = replace(ANN, emails=emails, phones=phones, first_name=name, last_name=name, address=address)
    books = Books()
    books.take_in(odd)
    books.take_in(replace(odd, first_name="Ann"))
    assert books.of(odd).first_name == "Ann"
