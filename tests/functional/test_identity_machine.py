"""Invariant 1 against a plain model: whatever sequence of calls arrives, hub and model hold the same people.

The model knows people as sets of words, and the table of design.md §4 in its plainest form.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit, state, undone
from tests.support.machines import run_machine
from tests.support.till import Till, open_till

EMAILS = ("ann@example.com", "bob@example.com", "cid@example.com")
PHONES = ("+17075550101", "+17075550102", "+17075550103")
USERS = ("user-1", "user-2")
NAMES = ("Ann", "Bob")


@dataclass
class Person:
    """A person of the model."""

    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    name: str | None = None

    @property
    def words(self) -> frozenset[str]:
        """All that the person is known by."""
        return frozenset(self.emails | self.phones | self.users)


@dataclass
class Model:
    """Everybody, and the expected answer to a call."""

    people: list[Person] = field(default_factory=list)

    def call(self, email: str | None, phone: str | None, user: str | None, name: str | None, *, merge: bool) -> int:
        """Carry the call out; the expected status."""
        found = [p for p in self.people if email in p.emails or user in p.users]
        by_phone = [p for p in self.people if phone in p.phones and p not in found]
        if by_phone and not any(phone in p.phones for p in found):
            emails = {email} if email else set().union(*(p.emails for p in found))
            names = [name, *(p.name for p in found)]
            owner, caller = by_phone[0], next((n for n in names if n), None)
            if emails and owner.emails and not emails & owner.emails and caller and owner.name not in (None, caller):
                return 409
            found.append(owner)
        if len(set().union(*(p.users for p in found), {user} - {None})) > 1:
            return 409
        if len(found) > 1 and not merge:
            return 409
        self._learn(found, email, phone, user, name)
        return 200

    def _learn(
        self, found: list[Person], email: str | None, phone: str | None, user: str | None, name: str | None
    ) -> None:
        first = min(found, key=lambda p: (not p.users, self.people.index(p)), default=None) or Person()
        strong = email in first.emails or user in first.users
        for other in sorted((p for p in found if p is not first), key=lambda p: (not p.users, self.people.index(p))):
            strong = strong or email in other.emails or user in other.users
            first.emails |= other.emails
            first.phones |= other.phones
            first.users |= other.users
            first.name = first.name or other.name
            self.people.remove(other)
        is_surely_named = first.name == name if phone in first.phones else strong
        if name and (not first.name or is_surely_named):
            first.name = name
        first.emails |= {email} if email else set()
        first.phones |= {phone} if phone else set()
        first.users |= {user} if user else set()
        if not found:
            self.people.append(first)


def _spellings(phone: str) -> list[str]:
    return [phone, f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}", f"1-{phone[2:5]}.{phone[5:8]}.{phone[8:]}", phone[5:]]


class IdentityMachine(RuleBasedStateMachine):
    """Calls in any order and spelling; after each, the hub's people are the model's."""

    fresh_tables: ClassVar[Callable[[], DynamoDBTables]]

    def __init__(self) -> None:
        """Start with empty tables."""
        super().__init__()
        self.tables = type(self).fresh_tables()
        self.till: Till = open_till(self.tables.client(), self.tables.names)
        self.model = Model()

    @rule(
        email=st.none() | st.sampled_from(EMAILS),
        phone=st.none() | st.sampled_from(PHONES),
        user=st.none() | st.sampled_from(USERS),
        name=st.none() | st.sampled_from(NAMES),
        merge=st.booleans(),
        data=st.data(),
    )
    def call(
        self, email: str | None, phone: str | None, user: str | None, name: str | None, merge: bool, data: Any
    ) -> None:
        """One call, spelled somehow."""
        body: dict[str, Any] = {"authUserId": user, "firstName": name, "mergeIfFound": merge}
        body["email"] = email and data.draw(st.sampled_from([email, email.upper(), f" {email.title()} "]))
        body["phone"] = phone and data.draw(st.sampled_from(_spellings(phone)))
        before = audit(self.tables)
        reply = self.till.manage(body)
        if not (email or phone or user):
            assert reply.status == 422
            return
        assert reply.status == self.model.call(email, phone, user, name, merge=merge)
        self._check_ledger(before)

    def _check_ledger(self, before: Books) -> None:
        """Invariant 5, as far as the ledger goes: a merge's record holds all that was overwritten, byte for byte."""
        after = audit(self.tables)
        for merge in after.merges:
            if merge["id"] not in {known["id"] for known in before.merges}:
                assert undone(merge, after.people) == state(before.people)

    @invariant()
    def hub_and_model_agree(self) -> None:
        """Same people, same identifiers, same names."""
        customers = audit(self.tables).customers.values()
        hub = {(frozenset(i.value for i in c.identifiers), c.first_name) for c in customers}
        assert hub == {(person.words, person.name) for person in self.model.people}


def test_the_hub_holds_the_same_people_as_the_model(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 1, property-based."""
    run_machine(IdentityMachine, fresh_tables, examples=20, steps=25)
