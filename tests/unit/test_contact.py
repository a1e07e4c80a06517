"""What a call says, and how far its caller is believed."""

from typing import Any

import pytest

from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.identifier import Grade, IdentifierKey, Kind
from customerhub.domain.ids import CredentialId
from customerhub.errors import Forbidden, InvalidInput
from tests.support.people import SERVICE, TENANT, TRUSTING, contact, user

EMAIL, PHONE = "john@example.com", "+17075550123"


def _grades(**call: Any) -> dict[Kind, Grade]:
    return {identifier.kind: identifier.grade for identifier in contact(**call).identifiers}


def test_a_trusted_caller_asserts() -> None:
    assert set(_grades(email=EMAIL, phone=PHONE, auth_user_id="u").values()) == {Grade.ASSERTED}


def test_a_user_proves_what_the_issuer_verified_and_claims_the_rest() -> None:
    grades = _grades(caller=user("u", email="John@Example.com"), email=EMAIL, phone=PHONE)
    assert grades == {Kind.AUTH: Grade.VERIFIED, Kind.EMAIL: Grade.VERIFIED, Kind.PHONE: Grade.CLAIMED}


def test_a_verified_phone_is_recognised_in_any_spelling() -> None:
    assert _grades(caller=user("u", phone=PHONE), phone="(707) 555-0123")[Kind.PHONE] is Grade.VERIFIED


def test_a_token_brings_what_its_issuer_verified() -> None:
    assert _grades(caller=user("u", email=EMAIL, phone=PHONE)).keys() == {Kind.AUTH, Kind.EMAIL, Kind.PHONE}


def test_what_the_issuer_vouches_for_but_nobody_could_reach_is_not_used() -> None:
    assert _grades(caller=user("u", email="x@y", phone="12")).keys() == {Kind.AUTH}


def test_another_address_than_the_verified_one_is_only_claimed() -> None:
    grades = _grades(caller=user("u", email=EMAIL), email="victim@example.com")
    assert grades[Kind.EMAIL] is Grade.CLAIMED


def test_a_trusting_tenant_believes_its_users() -> None:
    assert _grades(caller=user("u", tenant=TRUSTING), phone=PHONE)[Kind.PHONE] is Grade.ASSERTED


def test_a_user_speaks_for_nobody_else() -> None:
    with pytest.raises(Forbidden) as refusal:
        contact(user("u"), auth_user_id="victim")
    assert refusal.value.field == "authUserId"


def test_a_user_never_tells_persons_apart() -> None:
    with pytest.raises(Forbidden):
        contact(user("u"), same_person=True)


def test_what_the_token_brings_is_told_from_what_the_call_names() -> None:
    said = contact(user("u", email=EMAIL, phone=PHONE), email=EMAIL)
    assert said.unstated == {(Kind.PHONE, PHONE)}
    assert said.without(said.unstated).keys == ((Kind.AUTH, "u"), (Kind.EMAIL, EMAIL))


@pytest.mark.parametrize(
    ("scopes", "statement"),
    [
        (frozenset({Scope.CUSTOMERS_READ}), {}),
        (frozenset({Scope.CUSTOMERS_WRITE}), {"merge_if_found": True}),
    ],
)
def test_a_key_does_only_what_its_scopes_say(scopes: frozenset[Scope], statement: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        contact(TrustedCaller(TENANT, CredentialId("key:2"), scopes, 60), email=EMAIL, **statement)


def test_an_organisations_phone_is_carried_and_finds_nobody() -> None:
    said = contact(email=EMAIL, phone="1-800-FLOWERS")
    assert [identifier.kind for identifier in said.identifiers] == [Kind.EMAIL]
    assert [identifier.shown for identifier in said.carried] == ["+18003569377"]


def test_placeholder_and_junk_are_ignored_beside_something_better() -> None:
    assert contact(email="chatbot_temp@temp.local", phone=PHONE).keys == ((Kind.PHONE, PHONE),)
    assert contact(email=EMAIL, phone="0000000000").keys == ((Kind.EMAIL, EMAIL),)


@pytest.mark.parametrize(
    ("statement", "code", "field"),
    [
        ({}, "identifier_required", "phone"),
        ({"email": "chatbot_temp@temp.local"}, "identifies_nobody", "email"),
        ({"phone": "0000000000"}, "identifies_nobody", "phone"),
        ({"phone": "1-800-FLOWERS"}, "identifies_nobody", "phone"),
    ],
)
def test_a_call_that_identifies_nobody_is_refused(statement: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        contact(SERVICE, **statement)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_the_person_asked_about_is_the_same_in_any_spelling() -> None:
    assert contact(phone="707-555-0123", email=EMAIL).person == contact(phone=PHONE).person


def test_a_proven_identifier_counts_as_if_the_issuer_had_verified_it() -> None:
    said = contact(user("u"), email=EMAIL, phone=PHONE)
    assert set(said.provable) == {(Kind.EMAIL, EMAIL), (Kind.PHONE, PHONE)}
    proven = said.proven(frozenset({IdentifierKey(Kind.PHONE, PHONE), IdentifierKey(Kind.EMAIL, "other@example.com")}))
    grades = {identifier.kind: identifier.grade for identifier in proven.identifiers}
    assert grades == {Kind.AUTH: Grade.VERIFIED, Kind.EMAIL: Grade.CLAIMED, Kind.PHONE: Grade.VERIFIED}
    assert proven.provable == ((Kind.EMAIL, EMAIL),)
    assert proven.proven(frozenset({IdentifierKey(Kind.EMAIL, EMAIL)})).vouched_email == (Kind.EMAIL, EMAIL)


def test_what_the_token_vouches_for_stays_beside_a_proof() -> None:
    said = contact(user("u", email=EMAIL), email="other@example.com")
    assert said.proven(frozenset(said.keys)).vouched_email == (Kind.EMAIL, EMAIL)


def test_a_trusted_callers_word_needs_no_proof() -> None:
    assert contact(email=EMAIL, phone=PHONE).provable == ()
