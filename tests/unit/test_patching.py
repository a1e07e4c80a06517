"""What a patch makes of a customer, and what is shown first."""

from dataclasses import replace
from typing import Any

import pytest

from customerhub.domain.changes import Situation, update
from customerhub.domain.conflict import ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.customer_patch import NamedIdentifier, NewValues, Patch, PatchStatement, read_patch
from customerhub.domain.identifier import Grade, Kind
from customerhub.domain.patching import Holdings, change, conflict_with, patched
from customerhub.errors import Forbidden, InvalidInput
from tests.support.people import CIRCUMSTANCES, NOW, SERVICE, arrive, contact, known, user

JOHN, MARY, PHONE = "john@example.com", "mary@example.com", "+17075550123"


def _patch(*chosen: NamedIdentifier, values: NewValues | None = None) -> Patch:
    return read_patch(PatchStatement("console", values or NewValues(), chosen=chosen), SERVICE, NOW)


def _email(address: str) -> NamedIdentifier:
    return NamedIdentifier(Kind.EMAIL, address, "email")


def test_a_patch_that_says_nothing_leaves_the_same_object() -> None:
    john, _ = arrive(email=JOHN, first_name="John")
    assert patched(john, _patch(), {}) is john
    assert patched(john, _patch(values=NewValues(first_name=" John ", last_name=None)), {}) is john


def test_true_is_not_one() -> None:
    john, _ = arrive(email=JOHN, preferences={"newsletter": 1})
    assert patched(john, _patch(values=NewValues(preferences={"newsletter": True})), {}) is not john


def test_what_the_backend_says_raises_what_was_merely_typed() -> None:
    john, claims = arrive(user("u"), email=JOHN)
    changed, changes = change(john, _patch(_email(JOHN)), Holdings({c.key: c for c in claims}, {}, {}), CIRCUMSTANCES)
    assert (changed.email, changed.identifiers[0].grade) == (JOHN, Grade.ASSERTED)
    assert [(claim.key.value, claim.grade) for claim in changes.claims] == [(JOHN, Grade.ASSERTED)]


def test_what_is_proven_stays_proven() -> None:
    john, claims = arrive(user("u", email=JOHN))
    changed, changes = change(john, _patch(_email(JOHN)), Holdings({c.key: c for c in claims}, {}, {}), CIRCUMSTANCES)
    assert (changed.identifiers[0].grade, changed.identifiers[0].preferred) == (Grade.VERIFIED, True)
    assert not changes.claims


def test_whoever_loses_an_email_loses_the_choice_of_it() -> None:
    """Or else the merchant would go on writing to the address of somebody else."""
    typist, claims = arrive(user("typist", email=MARY), email=JOHN)
    own = contact(user("typist", email=MARY))
    typist, _ = update(typist, Situation(own, known((typist, claims)), frozenset(), CIRCUMSTANCES))
    chosen = replace(typist, identifiers=tuple(replace(i, preferred=i.value == JOHN) for i in typist.identifiers))
    owner, _ = arrive(user("john"))
    said, what = contact(user("john", email=JOHN)), known((chosen, claims), (owner, ()))
    displaced = frozenset(claim.key for claim in claims if claim.key.value == JOHN)
    _, changes = update(owner, Situation(said, what, displaced, CIRCUMSTANCES))
    (loser,) = (c for c in changes.customers if isinstance(c, Customer) and c.id == chosen.id)
    assert not any(i.preferred for i in loser.identifiers)
    assert loser.email == MARY


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ({"email": JOHN, "first_name": "John"}, {"email": MARY, "first_name": "Mary"}, ConflictKind.SHARED_PHONE),
        ({"email": JOHN, "first_name": "John"}, {"email": MARY, "first_name": "John"}, ConflictKind.SEVERAL_ACCOUNTS),
        ({"email": JOHN, "first_name": "John"}, {"first_name": "Mary"}, ConflictKind.SEVERAL_ACCOUNTS),
        ({"auth_user_id": "a"}, {"auth_user_id": "b"}, ConflictKind.CONTRADICTION),
    ],
)
def test_the_kind_of_conflict_over_a_phone(one: dict[str, Any], other: dict[str, Any], kind: ConflictKind) -> None:
    john, _ = arrive(**one)
    mary, claims = arrive(**other, phone=PHONE)
    claim = next(claim for claim in claims if claim.key.kind is Kind.PHONE)
    assert conflict_with(john, (mary,), [claim], CIRCUMSTANCES).kind is kind


def test_a_user_neither_adds_nor_removes() -> None:
    for group in ("added", "removed"):
        named: dict[str, Any] = {group: (_email(JOHN),)}
        statement = replace(PatchStatement("webapp"), **named)
        with pytest.raises(Forbidden) as refusal:
            read_patch(statement, user("u", email=JOHN), NOW)
        assert (refusal.value.code, refusal.value.field) == ("proof_required", "email")


def test_an_unreadable_identifier_is_refused_where_it_stands() -> None:
    named = NamedIdentifier(Kind.PHONE, "12", "addIdentifiers.3.value")
    with pytest.raises(InvalidInput) as refusal:
        read_patch(PatchStatement("console", added=(named,)), SERVICE, NOW)
    assert (refusal.value.code, refusal.value.field) == ("invalid_phone", "addIdentifiers.3.value")
