"""Invariants 1 and 2 under any calls with decisions between them: whatever is decided, the same call is not asked
again for the same reason."""

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from customerhub.domain.caller import Caller
from customerhub.domain.tenant import LinkingPolicy
from infra.local.tables import DynamoDBTables
from tests.functional.test_any_calls import EMAILS, PHONES, USERS
from tests.support.audit import audit
from tests.support.machines import run_machine
from tests.support.till import Till, fresh_tenant, open_till, service, user_of

PHONE = st.none() | st.sampled_from(PHONES)
PEOPLE = tuple(zip(EMAILS, ("Ann", "Bob", "Cid"), strict=True))
DECISIONS = ("merge", "keep_separate", "household", "release")
REFUSALS = {"merge_blocked", "no_phone", "identifier_required", "ambiguous", "not_in_conflict", "too_many_identifiers"}


class CallsAndDecisions(RuleBasedStateMachine):
    """Calls by anybody, and staff who decide what comes of them."""

    fresh_tables: ClassVar[Callable[[], DynamoDBTables]]
    till: Till
    tables: DynamoDBTables

    @initialize(linking=st.sampled_from(LinkingPolicy))
    def open(self, linking: LinkingPolicy) -> None:
        """Start with two people, each with an address and a phone, and a user."""
        self.tables = type(self).fresh_tables()
        self.till = open_till(self.tables.client(), self.tables.names, fresh_tenant(linking=linking))
        self.calls: dict[str, tuple[dict[str, Any], Caller]] = {}
        for (email, name), phone in zip(PEOPLE, PHONES, strict=False):
            self.till.manage(email=email, firstName=name, phone=phone)
        self.till.manage(authUserId=USERS[0])

    @rule(who=st.sampled_from(PEOPLE), phone=st.sampled_from(PHONES), same_person=st.sampled_from((None, None, False)))
    def chatbot(self, who: tuple[str, str], phone: str, same_person: bool | None) -> None:
        """A person calls from a phone, and says name and address."""
        email, name = who
        body = {"email": email, "firstName": name, "phone": phone, "samePerson": same_person}
        self._call(body, service(self.till.tenant))

    @rule(user_id=st.none() | st.sampled_from(USERS), email=st.none() | st.sampled_from(EMAILS), phone=PHONE)
    def backend(self, user_id: str | None, email: str | None, phone: str | None) -> None:
        """A service key calls."""
        self._call({"authUserId": user_id, "email": email, "phone": phone}, service(self.till.tenant))

    @rule(subject=st.sampled_from(USERS), typed=st.sampled_from(EMAILS), email=st.sampled_from(EMAILS), phone=PHONE)
    def person(self, subject: str, typed: str, email: str, phone: str | None) -> None:
        """A user calls, for whose `email` and `phone` the issuer vouches."""
        caller = user_of(self.till.tenant, subject, email=email, phone=phone)
        self._call({"email": typed, "phone": phone}, caller)

    @rule(number=st.integers(0), decision=st.sampled_from(DECISIONS), receiver=st.integers(0, 1))
    def staff(self, number: int, decision: str, receiver: int) -> None:
        """One of the conflicts found is decided; then the call that led to it is made again."""
        if not self.calls:
            return
        conflict = list(self.calls)[number % len(self.calls)]
        people = self.till.conflict(conflict).body["conflict"]["customers"]
        chosen = {"to": people[receiver % len(people)]["id"]} if people and decision == "release" else {}
        before = audit(self.tables).people
        reply = self.till.resolve(conflict, decision, **chosen)
        books = audit(self.tables)
        if reply.status == 200:
            self._ask_again(conflict)
            return
        assert (reply.status, books.people) == (422, before), reply
        if reply.body["code"] == "already_resolved":
            self.calls.pop(conflict)
        else:
            assert reply.body["code"] in REFUSALS, reply

    def _call(self, body: dict[str, Any], caller: Caller) -> None:
        answer = self.till.manage(body, caller=caller)
        assert answer.status in (200, 409, 422), answer
        known = {conflict["id"] for conflict in audit(self.tables).conflicts if conflict["status"] == "OPEN"}
        self.calls |= dict.fromkeys(known - self.calls.keys(), (body, caller))

    def _ask_again(self, conflict: str) -> None:
        """The call that led there; of a displacement, the call that displaced."""
        body, caller = self.calls.pop(conflict)
        answer = self.till.manage(body, caller=caller)
        assert answer.status in (200, 409, 422), answer
        stored = {found["id"]: found["status"] for found in audit(self.tables).conflicts}
        assert stored[conflict] == "RESOLVED", "asked again"


def test_any_calls_and_decisions(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2, property-based."""
    run_machine(CallsAndDecisions, fresh_tables, examples=20, steps=20)
