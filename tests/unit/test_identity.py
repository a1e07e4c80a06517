"""The decision table of design.md §4, row by row, and the attacks that it must withstand."""

from dataclasses import replace
from typing import Any

import pytest

from customerhub.domain.conflict import ConflictKind
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.identity import Known, KnownPerson, NewPerson, SamePerson, Undecided, decide
from customerhub.errors import InvalidInput
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

    def test_takes_another_identifier_to_bring_a_second_person(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            decide(contact(phone=PHONE, first_name="Mary", same_person=False), known(self.john))
        assert refusal.value.field == "email"

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


class TestHousehold:
    """A phone that several are known to share."""

    ann = arrive(email=JOHN, phone=PHONE, first_name="Ann")
    cy = arrive(email=MARY, first_name="Cy")

    def _known(self) -> Known:
        owner, (email, phone) = self.ann
        sharer = replace(self.cy[0], identifiers=(*self.cy[0].identifiers, replace(owner.identifiers[1], owned=False)))
        return known((owner, (email, replace(phone, sharers=frozenset({sharer.id})))), (sharer, self.cy[1]))

    def test_of_a_trusted_caller_the_name_tells_who(self) -> None:
        decision = decide(contact(phone=PHONE, first_name="cy"), self._known())
        assert isinstance(decision, KnownPerson)
        assert decision.customer.id == self.cy[0].id

    def test_a_user_does_not_choose_by_a_name_whose_account_to_enter(self) -> None:
        bob = user("bob", email="bob@example.com", phone=PHONE)
        for name in ("Ann", "Cy", None):
            decision = decide(contact(bob, first_name=name, phone=PHONE), self._known())
            assert isinstance(decision, Undecided)

    @pytest.mark.parametrize("email", [None, "noreply@x.com", JOHN, "BOB@example.com", "third@example.com"])
    @pytest.mark.parametrize("phone", [None, PHONE])
    @pytest.mark.parametrize("merge", [False, True])
    @pytest.mark.parametrize("has_account", [False, True])
    def test_no_word_of_a_user_opens_the_account_behind_a_shared_phone(
        self, email: str | None, phone: str | None, merge: bool, has_account: bool
    ) -> None:
        """Invariant 7: Bob's token proves another e-mail than Ann's, whatever he says instead of it."""
        own = [arrive(user("bob", email="bob@example.com"))] if has_account else []
        bob = user("bob", email="bob@example.com", phone=PHONE)
        call = contact(bob, email=email, phone=phone, first_name="Ann", merge_if_found=merge)
        decision = decide(call, known(self.ann, *own))
        entered = decision.customers if isinstance(decision, SamePerson) else ()
        entered += (decision.customer,) if isinstance(decision, KnownPerson) else ()
        assert self.ann[0] not in entered

    def test_a_shared_phone_in_the_token_keeps_nobody_from_registering(self) -> None:
        bob = user("bob", email="bob@example.com", phone=PHONE)
        decision = decide(contact(bob), known(self.ann))
        assert decision == NewPerson(ignored=frozenset({IdentifierKey(Kind.PHONE, PHONE)}))

    def test_a_user_does_not_enter_by_what_the_token_says_and_the_call_does_not(self) -> None:
        """The e-mail of the token tells Bob from Ann, though the call names the phone alone."""
        bob = user("bob", email="bob@example.com", phone=PHONE)
        decision = decide(contact(bob, phone=PHONE), known(self.ann))
        assert decision == Undecided(ConflictKind.SHARED_PHONE, (self.ann[0],))

    def test_the_owners_namesake_is_not_the_owner(self) -> None:
        with pytest.raises(InvalidInput):
            decide(contact(phone=PHONE, first_name="Ann", same_person=False), known(self.ann))

    def test_to_be_the_owner_can_be_said_in_a_household_too(self) -> None:
        decision = decide(contact(phone=PHONE, same_person=True), self._known())
        assert decision == KnownPerson(self.ann[0])

    def test_a_repeated_answer_finds_whom_the_first_one_brought(self) -> None:
        decision = decide(contact(phone=PHONE, first_name="Cy", same_person=False), self._known())
        assert isinstance(decision, KnownPerson)
        assert decision.customer.id == self.cy[0].id


class TestOwnAccount:
    """A user with an account of the own, whose token vouches for what belongs to another one."""

    own, other = arrive(auth_user_id="u"), arrive(phone=PHONE)
    caller = user("u", phone=PHONE)

    def test_is_answered_when_nothing_else_was_asked(self) -> None:
        decision = decide(contact(self.caller), known(self.own, self.other))
        assert decision == KnownPerson(self.own[0], ignored=frozenset({IdentifierKey(Kind.PHONE, PHONE)}))

    def test_is_linked_on_demand_since_both_are_proven(self) -> None:
        call = contact(self.caller, phone=PHONE)
        assert decide(call, known(self.own, self.other)) == Undecided(
            ConflictKind.SEVERAL_ACCOUNTS, (self.own[0], self.other[0])
        )
        call = contact(self.caller, phone=PHONE, merge_if_found=True)
        assert decide(call, known(self.own, self.other)) == SamePerson((self.own[0], self.other[0]))

    def test_is_not_linked_to_what_is_only_typed(self) -> None:
        call = contact(user("u"), phone=PHONE, merge_if_found=True)
        assert decide(call, known(self.own, self.other)) == Undecided(ConflictKind.UNPROVEN, (self.other[0],))


def test_a_sharer_who_typed_an_address_is_not_displaced_by_proving_it() -> None:
    """The one whom the name chooses among a phone's holders is also the one who typed the address of the call."""
    ann = arrive(email=JOHN, phone=PHONE, first_name="Ann")
    bob = arrive(user("bob"), email=MARY, first_name="Bob")
    shared = replace(bob[0], identifiers=(*bob[0].identifiers, replace(ann[0].identifiers[1], owned=False)))
    held = known((ann[0], (ann[1][0], replace(ann[1][1], sharers=frozenset({shared.id})))), (shared, bob[1]))
    assert decide(contact(phone=PHONE, email=MARY, first_name="Bob"), held) == KnownPerson(shared)
