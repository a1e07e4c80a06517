"""What a 409 tells: everything to a trusted caller, next to nothing to a user (invariant 7)."""

import pytest

from customerhub.domain.caller import Caller
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Kind
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import ConflictResponse
from tests.support.people import CIRCUMSTANCES, SERVICE, TENANT, arrive, user

JOHN = arrive(email="john@example.com", phone="+17075550123", first_name="John", auth_user_id="u")[0]
PRESENTED = [kind for kind in ConflictKind if kind is not ConflictKind.DISPLACED]


def _respond(kind: ConflictKind, caller: Caller, *customers: Customer) -> ConflictResponse:
    named = tuple(identifier.key for identifier in JOHN.identifiers if identifier.kind is not Kind.AUTH)
    return conflict_response(Conflict(TENANT.id, kind, customers or (JOHN,), named, CIRCUMSTANCES), caller, "request-1")


@pytest.mark.parametrize("kind", PRESENTED)
def test_a_trusted_caller_sees_who_they_are(kind: ConflictKind) -> None:
    answer = _respond(kind, SERVICE)
    (account,) = answer.conflicts.accounts
    assert (account.id, account.name, account.phone, answer.conflicts.kind) == (JOHN.id, "John", JOHN.phone, kind)
    assert answer.message
    assert answer.conflicts.suggested_actions


@pytest.mark.parametrize("kind", PRESENTED)
def test_a_user_sees_masked_what_the_user_named(kind: ConflictKind) -> None:
    answer = _respond(kind, user("attacker"))
    assert [(account.email, account.phone, account.name) for account in answer.conflicts.accounts] == [
        ("j***@e***.com", None, None),
        (None, "***23", None),
    ]
    said = answer.model_dump_json(exclude_none=True)
    assert JOHN.id not in said
    assert "chatbot" not in said
    assert "shared" not in said


def test_a_user_cannot_tell_one_person_from_two() -> None:
    """Typing a stranger's address with a stranger's phone must not tell whether they are one person's."""
    one, other = arrive(email="john@example.com")[0], arrive(phone="+17075550123")[0]
    apart = _respond(ConflictKind.UNPROVEN, user("attacker"), one, other)
    assert apart == _respond(ConflictKind.UNPROVEN, user("attacker"))


def test_a_user_is_told_what_to_do() -> None:
    unproven = _respond(ConflictKind.UNPROVEN, user("attacker")).conflicts.suggested_actions
    assert unproven == ["Verify email", "Verify phone", "Contact customer support"]
    proven = _respond(ConflictKind.SEVERAL_ACCOUNTS, user("john")).conflicts.suggested_actions
    assert proven == ["Link accounts automatically", "Contact customer support"]
