"""What a 409 tells: everything to a trusted caller, next to nothing to a user (invariant 7)."""

import pytest

from customerhub.domain.caller import Caller
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.entrypoints.http_api.conflict_answer import conflict_response
from customerhub.entrypoints.http_api.customer_models import ConflictResponse
from tests.support.people import NOW, SERVICE, TENANT, arrive, user

JOHN = arrive(email="john@example.com", phone="+17075550123", first_name="John", auth_user_id="u")[0]
PRESENTED = [kind for kind in ConflictKind if kind is not ConflictKind.DISPLACED]


def _respond(kind: ConflictKind, caller: Caller) -> ConflictResponse:
    conflict = Conflict(TENANT.id, kind, (JOHN,), (IdentifierKey(Kind.EMAIL, "john@example.com"),), NOW)
    return conflict_response(conflict, caller, "request-1")


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
    (account,) = answer.conflicts.accounts
    assert (account.email, account.phone, account.name) == ("j***@e***.com", None, None)
    assert JOHN.id not in answer.model_dump_json()
    assert "shared" not in answer.model_dump_json()


def test_a_user_is_told_what_to_verify() -> None:
    actions = _respond(ConflictKind.UNPROVEN, user("attacker")).conflicts.suggested_actions
    assert actions == ["Verify email", "Contact customer support"]
