"""What resolving a conflict writes, and what cannot be resolved in a way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customerhub.domain.changes import Changes
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.conflict_record import ConflictStatus, ConflictView, Resolution, ResolutionKind, new_record
from customerhub.domain.conflict_resolution import MAX_KEPT_APART, Case, household, keep_separate, release
from customerhub.domain.conflict_settling import is_settled
from customerhub.domain.contact import Contact
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer
from customerhub.domain.identifier import Claim, Grade, IdentifierKey, Kind
from customerhub.domain.identity import Known, KnownPerson, Undecided, decide
from customerhub.domain.ids import CustomerId, new_customer_id
from customerhub.domain.ownership import MAX_HOLDERS
from customerhub.domain.second_person import OtherPerson
from customerhub.errors import InvalidInput
from tests.support.people import CIRCUMSTANCES, NOW, SERVICE, TENANT, arrive, contact, known, user

PHONE, MARY = "+17075550123", "mary@example.com"
PHONE_KEY, MARY_KEY = IdentifierKey(Kind.PHONE, PHONE), IdentifierKey(Kind.EMAIL, MARY)
Arrival = tuple[Customer, tuple[Claim, ...]]


def _john() -> Arrival:
    return arrive(phone=PHONE, email="john@example.com", first_name="John")


def _conflict(*people: Customer, said: Contact, kind: ConflictKind = ConflictKind.SHARED_PHONE) -> Conflict:
    return Conflict(TENANT.id, kind, people, said.keys, CIRCUMSTANCES, said)


def _case(*arrivals: Arrival, said: Contact, made: Changes | None = None) -> Case:
    claims = {claim.key: claim for _, held in arrivals for claim in held}
    people = tuple(customer for customer, _ in arrivals)
    made = made or Changes()
    record = new_record(_conflict(*people, said=said))
    return Case(record, people, claims | {c.key: c for c in made.claims}, {}, CIRCUMSTANCES, made=made)


def _second(first: Arrival, said: Contact, gone: dict[IdentifierKey, int] | None = None) -> tuple[Customer, Changes]:
    what = replace(known(first), gone=gone or {})
    return OtherPerson(first[0], said, what, CIRCUMSTANCES).come_into_being(new_customer_id())


def _refused(case: Case, decide: Any, *args: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        decide(case, *args)
    return refused.value


class TestSecondPerson:
    """Who called, and was nobody yet."""

    def test_has_nothing_that_leads_to_the_first(self) -> None:
        john = _john()
        mary, made = _second(john, contact(phone=PHONE, email=MARY, first_name="Mary", allergies=("nuts",)))
        assert [i.key for i in mary.identifiers] == [MARY_KEY]
        assert (mary.first_name, mary.allergies) == ("Mary", ("nuts",))
        assert [claim.key for claim in made.claims] == [MARY_KEY]

    @pytest.mark.parametrize(("said", "comes_back"), [(SERVICE, False), (user("mary", email=MARY), True)])
    def test_an_erased_persons_address_comes_back_by_proof_only(self, said: Any, comes_back: bool) -> None:
        """Invariant 6: nor by a decision."""
        mary, made = _second(_john(), contact(said, phone=PHONE, email=MARY), {MARY_KEY: 3})
        assert bool(mary.carries(MARY_KEY)) is comes_back
        assert [c.version for c in made.claims if c.key == MARY_KEY] == ([3] if comes_back else [])

    def test_is_who_is_known_by_the_strongest_other_identifier(self) -> None:
        john, mary = _john(), arrive(email=MARY)
        other = OtherPerson(john[0], contact(phone=PHONE, email=MARY), known(john, mary), CIRCUMSTANCES)
        assert other.known_as() == mary[0]

    def test_is_not_who_merely_typed_the_address(self) -> None:
        john, squatter = _john(), arrive(user("squatter"), email=MARY)
        other = OtherPerson(john[0], contact(phone=PHONE, email=MARY), known(john, squatter), CIRCUMSTANCES)
        assert other.known_as() is None
        mary, made = other.come_into_being(new_customer_id())
        assert mary.carries(MARY_KEY)
        assert [conflict.kind for conflict in made.conflicts] == [ConflictKind.DISPLACED]


class TestKeepSeparate:
    """Different people."""

    def test_needs_something_that_tells_them_apart(self) -> None:
        john, said = _john(), contact(phone=PHONE, first_name="Mary")
        mary, made = _second(john, said)
        assert _refused(_case(john, (mary, ()), said=said, made=made), keep_separate).code == "identifier_required"

    def test_is_bounded(self) -> None:
        (one, claims), two = _john(), arrive(email=MARY)
        one = replace(one, kept_apart=frozenset(CustomerId(str(number)) for number in range(MAX_KEPT_APART)))
        case = _case((one, claims), two, said=contact(phone=PHONE, email=MARY))
        assert _refused(case, keep_separate).code == "too_many_entries"

    def test_guards_every_profile(self) -> None:
        """Each is written at the version that was read, so that nobody can be merged or erased meanwhile."""
        case = _case(_john(), arrive(email=MARY), said=contact(phone=PHONE, email=MARY))
        changes = keep_separate(case)
        assert {customer.id for customer in changes.customers} == {person.id for person in case.people}
        assert changes.claims == changes.freed == ()
        assert [record.status for record in changes.resolved] == [ConflictStatus.RESOLVED]


class TestHousehold:
    """One phone."""

    def test_a_member_without_anything_else_needs_a_name_of_the_own(self) -> None:
        john = _john()
        for name, is_told_apart in (("Mary", True), (None, False), ("Johnny", True), ("JOHN", False)):
            said = contact(phone=PHONE, first_name=name)
            mary, made = _second(john, said)
            case = _case(john, (mary, ()), said=said, made=made)
            if is_told_apart:
                assert household(case).customers
            else:
                assert _refused(case, household).code == "identifier_required"

    def test_has_room_for_so_many(self) -> None:
        john, (email, phone) = _john()
        sharers = frozenset(CustomerId(str(number)) for number in range(MAX_HOLDERS - 1))
        crowded = (john, (email, replace(phone, sharers=sharers)))
        case = _case(crowded, arrive(email=MARY), said=contact(phone=PHONE, email=MARY))
        assert _refused(case, household).code == "too_many_entries"

    def test_is_about_a_phone_that_one_of_them_owns(self) -> None:
        case = _case(arrive(email="john@example.com"), arrive(email=MARY), said=contact(phone=PHONE, email=MARY))
        assert _refused(case, household).code == "no_phone"

    def test_who_carried_the_phone_already_shares_it(self) -> None:
        """Somebody who lost it to the other one is found by it again."""
        john, mary = _john(), arrive(email=MARY)
        entry = john[0].identifiers[-1]
        assert entry.kind is Kind.PHONE
        carrying = replace(mary[0], identifiers=(*mary[0].identifiers, replace(entry, owned=False)))
        changes = household(_case(john, (carrying, mary[1]), said=contact(phone=PHONE, email=MARY)))
        assert [(claim.owner, claim.sharers) for claim in changes.claims] == [(john[0].id, frozenset({carrying.id}))]

    def test_the_household_of_one_is_kept(self) -> None:
        (john, claims), mary = _john(), arrive(email=MARY)
        case = _case((replace(john, household_id="h"), claims), mary, said=contact(phone=PHONE, email=MARY))
        assert {c.household_id for c in household(case).customers if isinstance(c, Customer)} == {"h"}


class TestRelease:
    """A new owner."""

    def test_a_typed_identifier_is_asserted_by_the_decision(self) -> None:
        john, mary = _john(), arrive(email=MARY)
        typed = replace(john[0].identifiers[-1], owned=False, grade=Grade.CLAIMED)
        mary = (replace(mary[0], identifiers=(*mary[0].identifiers, typed)), mary[1])
        changes = release(_case(john, mary, said=contact(phone=PHONE, email=MARY)), mary[0].id, None)
        assert [(c.key, c.owner, c.grade) for c in changes.claims] == [(PHONE_KEY, mary[0].id, Grade.ASSERTED)]

    def test_to_one_who_is_full_is_refused(self) -> None:
        john, (mary, claims) = _john(), arrive(email=MARY)
        others = (replace(mary.identifiers[0], value=f"{number}@example.com") for number in range(MAX_IDENTIFIERS))
        case = _case(john, (replace(mary, identifiers=tuple(others)), claims), said=contact(phone=PHONE, email=MARY))
        assert _refused(case, release, mary.id, PHONE_KEY).code == "too_many_identifiers"


class TestSettled:
    """Nobody is left to tell apart."""

    said = contact(phone=PHONE, email=MARY, first_name="Mary")
    john = _john()

    def _view(self, *now: Arrival, found: int = 1) -> ConflictView:
        record = replace(new_record(_conflict(self.john[0], said=self.said)), customers=(CustomerId("x"),) * found)
        return ConflictView(record, tuple(customer for customer, _ in now), known(*now))

    def test_not_while_the_call_would_be_asked(self) -> None:
        assert not is_settled(self._view(self.john))

    def test_where_several_are_one(self) -> None:
        assert is_settled(self._view(self.john, found=2))

    def test_where_the_one_is_gone(self) -> None:
        assert is_settled(self._view())

    def test_where_the_call_would_find_somebody(self) -> None:
        john = arrive(phone=PHONE, email=MARY, first_name="John")
        assert is_settled(self._view(john))

    def test_not_while_what_is_known_changes(self) -> None:
        view = self._view(arrive(phone=PHONE, email=MARY))
        assert not is_settled(replace(view, known=None))

    def test_not_because_the_call_could_be_made_no_more(self) -> None:
        """The identifiers are an erased person's: the call would be refused."""
        record = new_record(_conflict(self.john[0], said=contact(email=MARY)))
        assert not is_settled(ConflictView(record, (self.john[0],), Known({}, {}, {MARY_KEY: 1})))

    def test_a_displacement_once_the_two_are_kept_apart(self) -> None:
        typed = arrive(user("typing"), email=MARY)[0]
        record = new_record(_conflict(self.john[0], typed, said=self.said, kind=ConflictKind.DISPLACED))
        view = ConflictView(record, (self.john[0], typed))
        assert not is_settled(view)
        apart = replace(typed, kept_apart=frozenset({self.john[0].id}))
        assert is_settled(replace(view, customers=(self.john[0], apart)))


def test_a_namesake_behind_a_shared_phone_is_kept_apart_too() -> None:
    """The name led the call to one of a household, and the address to another person: that was decided before."""
    (john, claims), (mary, _) = _john(), arrive(email="m@example.com", first_name="Mary")
    phone = next(claim for claim in claims if claim.key == PHONE_KEY)
    entry = replace(john.identifiers[-1], owned=False)
    sharer = replace(mary, identifiers=(entry,))
    other, held = arrive(email=MARY, first_name="Mary")
    for apart in (False, True):
        one = replace(other, kept_apart=frozenset({sharer.id} if apart else ()))
        people = {customer.id: customer for customer in (john, sharer, one)}
        shared = {c.key: c for c in (*claims, *held)} | {PHONE_KEY: replace(phone, sharers=frozenset({sharer.id}))}
        decision = decide(contact(phone=PHONE, email=MARY, first_name="Mary"), Known(shared, people))
        assert isinstance(decision, KnownPerson if apart else Undecided)
        assert not apart or decision == KnownPerson(one, ignored=frozenset({PHONE_KEY}))


def test_a_conflict_found_again_is_open_with_its_history() -> None:
    conflict = _conflict(_john()[0], said=contact(phone=PHONE, email=MARY))
    record = new_record(conflict).resolved(Resolution(ResolutionKind.MERGE, NOW, "r"))
    assert record.status is ConflictStatus.RESOLVED
    later = replace(conflict, circumstances=replace(CIRCUMSTANCES, now=NOW + timedelta(days=1)))
    again = replace(record, version=2).found_again(later)
    assert (again.status, again.version, len(again.found)) == (ConflictStatus.OPEN, 2, 2)
    assert again.resolutions == record.resolutions


def test_what_changes_hands_again_is_another_conflict() -> None:
    john, typed = _john()[0], arrive(user("typing"), email=MARY)[0]
    conflict = _conflict(john, typed, said=contact(email=MARY), kind=ConflictKind.DISPLACED)
    assert conflict.id != replace(conflict, customers=(john, replace(typed, version=2))).id
    merely_found = replace(conflict, kind=ConflictKind.SEVERAL_ACCOUNTS)
    assert merely_found.id == replace(merely_found, customers=(john, replace(typed, version=2))).id
