"""Invariants 1, 2, 5 and 6 under everything that can happen to a few people, all of it together."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from customerhub.deployment import WORK_TABLE_VARIABLE
from customerhub.domain.caller import Caller
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CredentialId
from customerhub.domain.tenant import LinkingPolicy
from customerhub.domain.verification import Proof, ProofKey
from customerhub.store.proofs import put_proof
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.functional.test_any_calls import EMAILS, NAMES, PHONES, TYPED, USERS
from tests.functional.test_conflict_machine import DECISIONS
from tests.support.audit import Books, audit
from tests.support.forgotten import mentions
from tests.support.machines import run_machine
from tests.support.one_client import with_one_client
from tests.support.patches import named
from tests.support.till import Reply, Till, fresh_tenant, open_till, service, user_of

ANY = st.integers(0, 1_000)
"""Which of those there are; counted round."""
IDENTIFIERS = [named("email", email) for email in EMAILS] + [named("phone", phone) for phone in PHONES]
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "firstName": st.none() | st.sampled_from(NAMES),
        "allergies": st.lists(st.sampled_from(["nuts", "milk"]), max_size=2),
        "email": st.sampled_from(EMAILS),
        "phone": st.sampled_from(PHONES),
        "addIdentifiers": st.lists(st.sampled_from(IDENTIFIERS), max_size=2),
        "removeIdentifiers": st.lists(st.sampled_from(IDENTIFIERS), max_size=2),
    },
)
MAX_QUESTIONS = 5
"""An assignment may make others possible, which are asked for then."""


class Life(RuleBasedStateMachine):
    """Calls, changes, merges, decisions, erasures and proofs in any order."""

    fresh_tables: ClassVar[Callable[[], DynamoDBTables]]
    till: Till
    tables: DynamoDBTables
    books: Books

    @initialize(linking=st.sampled_from(LinkingPolicy))
    def open(self, linking: LinkingPolicy) -> None:
        """Start with two people, each with an address and a phone."""
        self.tables = with_one_client(type(self).fresh_tables())
        till = open_till(self.tables.client(), self.tables.names, fresh_tenant(linking=linking))
        self.till = replace(till, handler=_without_faults(till.handler))
        self.ids: list[str] = []
        self.merges: dict[str, str] = {}
        """The survivor of each merge that there ever was, by the merge's id."""
        self.forgotten: set[str] = set()
        """E-mails and phones of the erased."""
        for email, phone, name in zip(EMAILS, PHONES, NAMES, strict=False):
            self.till.manage(email=email, phone=phone, firstName=name)
            self._look()

    @rule(
        body=st.fixed_dictionaries(TYPED),
        auth_user=st.none() | st.sampled_from(USERS),
        same_person=st.none() | st.booleans(),
    )
    def backend(self, body: dict[str, Any], auth_user: str | None, same_person: bool | None) -> None:
        """A service key calls."""
        said = {**body, "authUserId": auth_user, "samePerson": same_person}
        self._repeated(lambda: self.till.manage(said), 200, 409, 410, 422)

    @rule(body=st.fixed_dictionaries(TYPED), subject=st.sampled_from(USERS), email=TYPED["email"], phone=TYPED["phone"])
    def person(self, body: dict[str, Any], subject: str, email: str | None, phone: str | None) -> None:
        """A user calls, for whose `email` and `phone` the issuer vouches."""
        caller = self._user(subject, email, phone)
        self._repeated(lambda: self.till.manage(body, caller=caller), 200, 409, 410, 422)

    @rule(subject=st.sampled_from(USERS), which=st.sampled_from(IDENTIFIERS))
    def proof(self, subject: str, which: dict[str, str]) -> None:
        """A user answers a code, and then calls."""
        kind, value = which["kind"], which["value"]
        key = ProofKey(CredentialId(f"user:{subject}"), IdentifierKey(Kind(kind), value))
        put = put_proof(self.tables.names[WORK_TABLE_VARIABLE], self.till.tenant, Proof(key, datetime.now(UTC)))
        Database(self.tables.client()).put(put)
        self.forgotten.discard(value)
        self._repeated(lambda: self.till.manage({kind: value}, caller=self._user(subject)), 200, 409, 422)

    @rule(number=ANY, patch=PATCHES, subject=st.none() | st.none() | st.sampled_from(USERS))
    def patch(self, number: int, patch: dict[str, Any], subject: str | None) -> None:
        """A customer is changed, by staff or by a user."""
        caller = self._user(subject) if subject else service(self.till.tenant)
        statuses = (200, 403, 404, 409, 410, 422) if subject else (200, 409, 410, 422)
        self._repeated(lambda: self.till.patch(self._id(number), patch, caller=caller), *statuses)

    @rule(one=ANY, other=ANY, forget=st.booleans())
    def merge(self, one: int, other: int, forget: bool) -> None:
        """Staff merge whatever two ids stand for, after a look at what that does."""
        survivor, absorbed = self._id(one), self._id(other)
        told = self.till.merge(survivor, absorbed, dryRun=True, forgetKeptApart=forget)
        done = self._repeated(lambda: self.till.merge(survivor, absorbed, forgetKeptApart=forget), 200, 409, 410, 422)
        if done.status == 200:
            assert _people(done.body["customer"]) == _people(told.body["customer"])

    @rule(number=ANY, whose=st.lists(ANY, min_size=3, max_size=3), keep_separate=st.booleans())
    def unmerge(self, number: int, whose: list[int], keep_separate: bool) -> None:
        """Staff undo any merge, and say of what nobody can tell whose it is."""
        if not self.merges:
            return
        merge, survivor = self._merge(number)
        assign: dict[str, str] = {}
        told, reply = self._undo(merge, survivor, assign, keep_separate)
        for _ in range(MAX_QUESTIONS):
            if reply.status != 409:
                break
            people = [customer["id"] for customer in reply.body["unmerge"]["customers"]]
            asked = reply.body["unmerge"]["unassigned"]
            assert asked, "invariant 5: refused without a reason"
            assign |= {edit: people[whose[i % len(whose)] % len(people)] for i, edit in enumerate(asked)}
            told, reply = self._undo(merge, survivor, assign, keep_separate)
        assert reply.status in (200, 410, 422), reply
        if reply.status == 200:
            assert list(map(_people, reply.body["customers"])) == list(map(_people, told.body["customers"]))
        self._look()
        self._check_undone(merge, reply)
        again = self.till.unmerge(survivor, mergeId=merge)
        assert again.status == reply.status
        self._unchanged()

    @rule(number=ANY, decision=st.sampled_from(DECISIONS), receiver=st.integers(0, 1))
    def decide(self, number: int, decision: str, receiver: int) -> None:
        """Staff decide one of the conflicts."""
        found = sorted(self.books.conflicts, key=lambda conflict: str(conflict["found"][0]["at"]))
        conflicts = [conflict["id"] for conflict in found if conflict["status"] == "OPEN"]
        if not conflicts:
            return
        conflict = conflicts[number % len(conflicts)]
        people = self.till.conflict(conflict).body["conflict"]["customers"]
        chosen = {"to": people[receiver % len(people)]["id"]} if people and decision == "release" else {}
        self._repeated(lambda: self.till.resolve(conflict, decision, **chosen), 200, 410, 422)

    @rule(number=ANY, sure=st.sampled_from((False, False, False, True)))
    def erase(self, number: int, sure: bool) -> None:
        """Now and then somebody is erased."""
        if not sure:
            return
        erased = self.till.get(self._id(number))
        owned = (
            {i.value for i in self.books.customers[erased.id].identifiers if i.owned} if erased.status == 200 else {}
        )
        reply = self._repeated(lambda: self.till.erase(self._id(number)), 200)
        assert reply.body["erasure"]["status"] == "completed"
        self.forgotten |= {value for value in owned if value not in USERS}
        assert self.till.get(self._id(number)).status == 410

    @invariant()
    def nobody_comes_back(self) -> None:
        """Invariant 6: nothing says what an erased person was known by, unless somebody alive carries it."""
        living = {i.value for customer in self.books.customers.values() for i in customer.identifiers}
        self.forgotten -= living
        if self.forgotten:
            assert mentions(self.tables, self.forgotten) == [], "invariant 6: something of the person is left"

    @invariant()
    def every_merge_can_be_undone(self) -> None:
        """Invariant 5: of every merge that holds the undoing can be looked at."""
        for merge in self.books.merges:
            survivor = merge["survivor_before"]["id"]
            if "undone_at" not in merge and self._is_alive(survivor):
                reply = self.till.unmerge(survivor, mergeId=merge["id"], dryRun=True)
                assert reply.status == 200, reply

    def _repeated(self, call: Callable[[], Reply], *statuses: int) -> Reply:
        """Call twice: the second time changes nothing more."""
        first = call()
        assert first.status in statuses, first
        self._look()
        again = call()
        assert again.status == first.status, (first, again)
        self._unchanged()
        return first

    def _look(self) -> None:
        self.books = audit(self.tables)
        known = sorted({*self.books.customers, *self.books.aliases, *self.books.erased}.difference(self.ids))
        self.ids += known
        for merge in sorted(self.books.merges, key=lambda merge: str(merge["id"])):
            self.merges[merge["id"]] = merge["survivor_before"]["id"]

    def _undo(self, merge: str, survivor: str, assign: dict[str, str], keep_separate: bool) -> tuple[Reply, Reply]:
        """What is told before, and what is done."""
        told = self.till.unmerge(survivor, mergeId=merge, assign=assign, dryRun=True)
        return told, self.till.unmerge(survivor, mergeId=merge, assign=assign, keepSeparate=keep_separate)

    def _unchanged(self) -> None:
        assert audit(self.tables).people == self.books.people, "invariant 2: the same call again wrote more"

    def _check_undone(self, merge: str, reply: Reply) -> None:
        record = next((one for one in self.books.merges if one["id"] == merge), None)
        if record is None or reply.status != 200:
            assert reply.status in (410, 422), reply
            assert record is None or not self._is_alive(self.merges[merge])
            return
        assert "undone_at" in record
        for customer in (record["survivor_before"], *record["absorbed_before"]):
            found = self.till.get(customer["id"])
            assert found.status in (200, 410)
            assert found.status == 200 or not self._is_alive(customer["id"])

    def _is_alive(self, customer: str) -> bool:
        while customer in self.books.aliases:
            customer = self.books.aliases[customer].merged_into
        return customer in self.books.customers

    def _user(self, subject: str, email: str | None = None, phone: str | None = None) -> Caller:
        self.forgotten -= {email, phone}
        return user_of(self.till.tenant, subject, email=email, phone=phone)

    def _id(self, number: int) -> str:
        return self.ids[number % len(self.ids)]

    def _merge(self, number: int) -> tuple[str, str]:
        return list(self.merges.items())[number % len(self.merges)]


def _without_faults(handler: Callable[[dict[str, Any], Any], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def checked(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        assert answer["statusCode"] < 500, answer
        return answer

    return checked


def _people(customer: Mapping[str, Any]) -> dict[str, Any]:
    """All but when it was written."""
    return {name: value for name, value in customer.items() if name != "updatedAt"}


def test_any_life(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1, 2, 5 and 6, property-based."""
    run_machine(Life, fresh_tables, examples=8, steps=20)
