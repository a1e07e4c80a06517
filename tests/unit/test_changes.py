"""What a decision writes: exactly what changed, and enough to take it back."""

from dataclasses import replace
from datetime import timedelta

from customerhub.domain.changes import Changes, Situation, create, merge, update
from customerhub.domain.conflict import ConflictKind
from customerhub.domain.contact import Contact
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer
from customerhub.domain.events import EventType
from customerhub.domain.identifier import Claim, Grade, IdentifierKey, Kind
from customerhub.domain.identity import Known
from customerhub.domain.ids import new_customer_id
from customerhub.domain.merge import surviving_first
from tests.support.people import CIRCUMSTANCES, TENANT, arrive, contact, known, user

JOHN, MARY, PHONE = "john@example.com", "mary@example.com", "+17075550123"
EMAIL_KEY, PHONE_KEY = IdentifierKey(Kind.EMAIL, JOHN), IdentifierKey(Kind.PHONE, PHONE)


def _situation(said: Contact, what: Known, displaced: frozenset[IdentifierKey] = frozenset()) -> Situation:
    return Situation(said, what, displaced, CIRCUMSTANCES)


def test_nothing_new_changes_nothing() -> None:
    john, claims = arrive(email=JOHN, phone=PHONE, first_name="John", allergies=("nuts",))
    said = contact(email=JOHN.upper(), phone="707-555-0123", first_name=" John ", allergies=("Nuts",))
    assert update(john, _situation(said, known((john, claims)))) == (john, Changes())


def test_a_new_identifier_is_claimed_and_told_of() -> None:
    john, claims = arrive(email=JOHN)
    updated, changes = update(john, _situation(contact(email=JOHN, phone=PHONE), known((john, claims))))
    assert updated.phone == PHONE
    assert [(claim.key, claim.owner, claim.version) for claim in changes.claims] == [(PHONE_KEY, john.id, 0)]
    assert [event.type for event in changes.events] == [EventType.CUSTOMER_UPDATED]
    assert changes.events[0].after.keys() == {"identifiers"}


def test_a_phone_alone_renames_nobody_but_fills_gaps() -> None:
    john, claims = arrive(email=JOHN, phone=PHONE, first_name="John")
    updated, _ = update(
        john, _situation(contact(phone=PHONE, first_name="Mary", last_name="Smith"), known((john, claims)))
    )
    assert (updated.first_name, updated.last_name) == ("John", "Smith")


def test_a_higher_grade_is_remembered_with_the_claim() -> None:
    john, claims = arrive(email=JOHN)
    said = contact(user("john", email=JOHN), source="chatbot")
    _, changes = update(john, _situation(said, known((john, claims))))
    assert {claim.key: (claim.grade, claim.version) for claim in changes.claims} == {
        EMAIL_KEY: (Grade.VERIFIED, 1),
        (Kind.AUTH, "john"): (Grade.VERIFIED, 0),
    }


def test_one_of_a_household_carries_the_phone_and_owns_it_not() -> None:
    john, claims = arrive(email=JOHN, phone=PHONE)
    said = contact(email=MARY, phone=PHONE, same_person=False)
    mary, changes = create(TENANT.id, new_customer_id(), _situation(said, known((john, claims))))
    assert [(i.value, i.owned) for i in mary.identifiers] == [(MARY, True), (PHONE, False)]
    shared = next(claim for claim in changes.claims if claim.key == PHONE_KEY)
    assert (shared.owner, shared.sharers, shared.version) == (john.id, frozenset({mary.id}), 1)


def test_who_loses_an_identifier_keeps_carrying_it_and_is_put_up_for_review() -> None:
    squatter = arrive(user("attacker"), email=JOHN)
    situation = _situation(contact(email=JOHN), known(squatter), frozenset({EMAIL_KEY}))
    john, changes = create(TENANT.id, new_customer_id(), situation)
    assert [(claim.owner, claim.version) for claim in changes.claims] == [(john.id, 1)]
    (loser,) = (c for c in changes.customers if isinstance(c, Customer) and c.id == squatter[0].id)
    assert [(i.value, i.owned) for i in loser.identifiers if i.kind is Kind.EMAIL] == [(JOHN, False)]
    assert [conflict.kind for conflict in changes.conflicts] == [ConflictKind.DISPLACED]
    assert EventType.IDENTIFIER_LOST in {event.type for event in changes.events}


def _yesterday(arrival: tuple[Customer, tuple[Claim, ...]]) -> tuple[Customer, tuple[Claim, ...]]:
    customer, claims = arrival
    return replace(customer, created_at=customer.created_at - timedelta(days=1)), claims


class TestMerge:
    """Several become one."""

    older = _yesterday(arrive(email=JOHN, first_name="John", allergies=("nuts",), source="chatbot"))
    newer = arrive(phone=PHONE, first_name="Johnny", last_name="Smith", auth_user_id="u", source="webapp")
    situation = _situation(contact(email=JOHN, phone=PHONE, merge_if_found=True), known(older, newer))

    def _merge(self) -> tuple[Customer, Changes]:
        carried = {claim.key: claim for claim in self.newer[1]}
        return merge(surviving_first((self.older[0], self.newer[0])), carried, self.situation)

    def test_the_one_with_an_auth_user_survives_with_what_both_knew(self) -> None:
        merged, _ = self._merge()
        assert merged.id == self.newer[0].id
        assert merged.name == "Johnny Smith"
        assert merged.allergies == ("nuts",)
        assert merged.account_sources == ("chatbot", "webapp")
        assert merged.created_via == "chatbot"

    def test_only_claims_that_change_hands_are_written(self) -> None:
        _, changes = self._merge()
        assert [(claim.key, claim.owner) for claim in changes.claims] == [(EMAIL_KEY, self.newer[0].id)]

    def test_the_ledger_holds_both_as_they_were(self) -> None:
        _, changes = self._merge()
        (record,) = changes.merges
        assert (record.survivor, record.absorbed) == (self.newer[0], (self.older[0],))
        assert (record.claims, record.created) == (self.older[1], ())
        assert all(alias in changes.customers for alias in record.aliases)

    def test_of_three_the_claims_are_compared_with_what_is_stored(self) -> None:
        third = arrive(email=MARY)
        situation = _situation(
            contact(email=JOHN, phone=PHONE, merge_if_found=True), known(self.older, self.newer, third)
        )
        _, changes = merge(
            surviving_first((self.older[0], self.newer[0], third[0])), {c.key: c for c in self.newer[1]}, situation
        )
        assert {claim.key[1] for claim in changes.claims} == {JOHN, MARY}
        assert all(claim.version == 1 for claim in changes.claims)
        (record,) = changes.merges
        assert record.absorbed == (self.older[0], third[0])

    def test_a_phone_that_both_shared_is_owned_by_the_one(self) -> None:
        mary, (_, claim) = arrive(email=MARY, phone=PHONE)
        john = replace(
            self.older[0], identifiers=(*self.older[0].identifiers, replace(mary.identifiers[1], owned=False))
        )
        shared = replace(claim, sharers=frozenset({john.id}))
        situation = _situation(contact(email=JOHN), known((john, self.older[1]), (mary, (shared,))))
        merged, changes = merge(surviving_first((john, mary)), {}, situation)
        (after,) = (claim for claim in changes.claims if claim.key == PHONE_KEY)
        assert (after.owner, after.sharers) == (merged.id, frozenset())


def test_who_is_merged_through_a_claim_of_this_very_call_can_be_parted_again() -> None:
    one, other = arrive(email=JOHN), arrive(email=MARY)
    said = contact(email=JOHN, phone=PHONE, merge_if_found=True)
    _, changes = merge(surviving_first((one[0], other[0])), {c.key: c for c in other[1]}, _situation(said, known(one)))
    assert changes.merges[0].created == (PHONE_KEY,)


def test_a_customer_has_room_for_so_many_identifiers_and_is_still_found() -> None:
    john, claims = arrive(email=JOHN)
    changes = Changes()
    for number in range(40):
        said = contact(email=JOHN, phone=f"+1707555{number:04d}")
        john, changes = update(john, _situation(said, known((john, claims))))
    assert len(john.identifiers) == MAX_IDENTIFIERS
    assert changes == Changes()


def test_a_new_street_is_a_new_address() -> None:
    john, claims = arrive(email=JOHN, address={"line1": "1 Main Street", "line2": "Apt 4", "postal_code": "94558"})
    moved, _ = update(
        john, _situation(contact(email=JOHN, address={"line1": "2 rue X", "city": "Paris"}), known((john, claims)))
    )
    assert moved.address == {"line1": "2 rue X", "city": "Paris"}
    completed, _ = update(moved, _situation(contact(email=JOHN, address={"country": "FR"}), known((john, claims))))
    assert completed.address == {"line1": "2 rue X", "city": "Paris", "country": "FR"}


def test_true_is_not_one() -> None:
    john, claims = arrive(email=JOHN, preferences={"newsletter": 1})
    updated, _ = update(john, _situation(contact(email=JOHN, preferences={"newsletter": True}), known((john, claims))))
    assert updated.preferences == {"newsletter": True}
    assert updated is not john
