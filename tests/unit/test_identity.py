"""The decision table of design.md §4, row by row, and the attacks that it must withstand."""

from typing import Any

import pytest

from customerhub.domain.conflict import ConflictKind
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.identity import KnownPerson, NewPerson, SamePerson, Undecided, decide
from tests.support.people import TRUSTING, arrive, contact, known, user

JOHN, MARY, PHONE = "john@example.com", "mary@example.com", "+17075550123"


def test_nobody_matched_is_a_new_person() -> None:
    assert decide(contact(email=JOHN), known()) == NewPerson()


@pytest.mark.parametrize("call", [{"email": JOHN}, {"phone": PHONE}, {"auth_user_id": "u"}])
def test_one_customer_matched_is_that_customer(call: dict[str, Any]) -> None:
    john = arrive(email=JOHN, phone=PHONE, auth_user_id="u")
    assert decide(contact(**call), known(john)) == KnownPerson(john[0])


class TestSharedPhone:
    """One customer by phone alone, with another e-mail and another first name."""

    john = arrive(email=JOHN, phone=PHONE, first_name="John")

    def test_is_no_match(self) -> None:
        decision = decide(contact(phone=PHONE, email=MARY, first_name="Mary"), known(self.john))
        assert decision == Undecided(ConflictKind.SHARED_PHONE, (self.john[0],))

    @pytest.mark.parametrize(
        "call",
        [
            {"email": MARY, "first_name": "JOHN", "phone": PHONE},
            {"email": MARY, "phone": PHONE},
            {"first_name": "Mary", "phone": PHONE},
        ],
        ids=["same name", "no name", "no e-mail"],
    )
    def test_takes_both_to_differ(self, call: dict[str, Any]) -> None:
        assert decide(contact(**call), known(self.john)) == KnownPerson(self.john[0])

    def test_is_settled_by_the_answer_to_who_is_calling(self) -> None:
        call: dict[str, Any] = {"phone": PHONE, "email": MARY, "first_name": "Mary"}
        assert decide(contact(**call, same_person=True), known(self.john)) == KnownPerson(self.john[0])
        assert decide(contact(**call, same_person=False), known(self.john)) == NewPerson()

    def test_is_not_merged_even_on_demand(self) -> None:
        mary = arrive(email=MARY, first_name="Mary")
        call = contact(phone=PHONE, email=MARY, merge_if_found=True)
        assert decide(call, known(self.john, mary)) == Undecided(ConflictKind.SHARED_PHONE, (mary[0], self.john[0]))


class TestSeveral:
    """Several customers matched."""

    one, other = arrive(email=JOHN), arrive(phone=PHONE)

    def test_is_a_conflict(self) -> None:
        decision = decide(contact(email=JOHN, phone=PHONE), known(self.one, self.other))
        assert decision == Undecided(ConflictKind.SEVERAL_ACCOUNTS, (self.one[0], self.other[0]))

    def test_is_merged_on_demand(self) -> None:
        decision = decide(contact(email=JOHN, phone=PHONE, merge_if_found=True), known(self.one, self.other))
        assert decision == SamePerson((self.one[0], self.other[0]))

    def test_with_two_auth_users_is_never_merged(self) -> None:
        one, other = arrive(email=JOHN, auth_user_id="u1"), arrive(phone=PHONE, auth_user_id="u2")
        decision = decide(contact(email=JOHN, phone=PHONE, merge_if_found=True), known(one, other))
        assert decision == Undecided(ConflictKind.CONTRADICTION, (one[0], other[0]))


def test_a_second_auth_user_is_a_contradiction() -> None:
    john = arrive(email=JOHN, auth_user_id="u1")
    decision = decide(contact(email=JOHN, auth_user_id="u2"), known(john))
    assert decision == Undecided(ConflictKind.CONTRADICTION, (john[0],))


class TestTakeover:
    """A user's token links itself only through what its issuer verified."""

    victim = arrive(email=JOHN, phone=PHONE, first_name="John")

    @pytest.mark.parametrize("typed", [{"email": JOHN}, {"email": "JOHN@EXAMPLE.COM"}, {"phone": "707-555-0123"}])
    def test_a_typed_identifier_opens_nothing(self, typed: dict[str, Any]) -> None:
        decision = decide(contact(user("attacker"), **typed), known(self.victim))
        assert decision == Undecided(ConflictKind.UNPROVEN, (self.victim[0],))

    def test_a_verified_one_links(self) -> None:
        assert decide(contact(user("john", email=JOHN)), known(self.victim)) == KnownPerson(self.victim[0])

    def test_a_trusting_tenant_lifts_this(self) -> None:
        call = contact(user("john", tenant=TRUSTING), email=JOHN)
        assert decide(call, known(self.victim)) == KnownPerson(self.victim[0])

    def test_an_own_account_gains_nobody_elses_phone(self) -> None:
        attacker = arrive(auth_user_id="attacker")
        decision = decide(contact(user("attacker"), phone=PHONE), known(self.victim, attacker))
        assert decision == Undecided(ConflictKind.UNPROVEN, (self.victim[0],))

    def test_a_squatted_address_gives_way_to_a_believed_caller(self) -> None:
        squatter = arrive(user("attacker"), email=JOHN)
        decision = decide(contact(email=JOHN), known(squatter))
        assert decision == NewPerson(frozenset({IdentifierKey(Kind.EMAIL, JOHN)}))

    def test_the_one_who_typed_it_may_prove_it(self) -> None:
        john = arrive(user("john"), email=JOHN)
        assert decide(contact(user("john", email=JOHN)), known(john)) == KnownPerson(john[0])
