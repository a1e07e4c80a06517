"""Invariants 1, 2 and 7 under any calls: by backends and users, proven and unproven, of strict and trusting tenants."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from customerhub.domain.caller import Caller
from customerhub.domain.tenant import LinkingPolicy
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.machines import run_machine
from tests.support.people import user
from tests.support.till import Till, fresh_tenant, open_till, service

EMAILS = ("ann@example.com", "bob@example.com", "cid@example.com")
PHONES = ("+17075550101", "+17075550102")
USERS = ("user-1", "user-2")
NAMES = ("Ann", "Bob")
TYPED = {
    "email": st.none() | st.sampled_from(EMAILS),
    "phone": st.none() | st.sampled_from(PHONES),
    "firstName": st.none() | st.sampled_from(NAMES),
    "mergeIfFound": st.booleans(),
}


class AnyCalls(RuleBasedStateMachine):
    """Whatever is called: no fault, nothing inconsistent, and the same call again changes nothing more."""

    fresh_tables: ClassVar[Callable[[], DynamoDBTables]]
    till: Till
    tables: DynamoDBTables

    @initialize(linking=st.sampled_from(LinkingPolicy))
    def open(self, linking: LinkingPolicy) -> None:
        """Start with empty tables."""
        self.tables = type(self).fresh_tables()
        self.till = open_till(self.tables.client(), self.tables.names, fresh_tenant(linking=linking))

    @rule(
        body=st.fixed_dictionaries(TYPED),
        auth_user=st.none() | st.sampled_from(USERS),
        same_person=st.none() | st.booleans(),
    )
    def backend(self, body: dict[str, Any], auth_user: str | None, same_person: bool | None) -> None:
        """A service key calls."""
        self._call({**body, "authUserId": auth_user, "samePerson": same_person}, service(self.till.tenant))

    @rule(body=st.fixed_dictionaries(TYPED), subject=st.sampled_from(USERS), email=TYPED["email"], phone=TYPED["phone"])
    def person(self, body: dict[str, Any], subject: str, email: str | None, phone: str | None) -> None:
        """A user calls, for whose `email` and `phone` the issuer vouches."""
        before = audit(self.tables)
        caller = user(subject, email=email, phone=phone, tenant=self.till.tenant)
        caller = replace(caller, expires_at=datetime.now(UTC) + timedelta(hours=1))
        answer = self._call(body, caller)
        if answer and self.till.tenant.linking is LinkingPolicy.STRICT:
            self._check_entry(before, str(answer["id"]), subject, {email, phone})

    def _call(self, body: dict[str, Any], caller: Caller) -> dict[str, Any] | None:
        first = self.till.manage(body, caller=caller)
        assert first.status in (200, 409, 422), first
        books = audit(self.tables)
        again = self.till.manage(body, caller=caller)
        assert again.status == first.status
        assert audit(self.tables).people == books.people, "invariant 2: the same call again wrote more"
        if first.status != 200:
            return None
        assert again.id == first.id
        return first.customer

    def _check_entry(self, before: Books, entered: str, subject: str, vouched: set[str | None]) -> None:
        """Invariant 7: whoever was there before is entered as the linked user or by what the issuer vouches for."""
        customer = before.customers.get(entered)
        if customer is not None:
            assert subject == customer.auth_user_id or vouched & {i.value for i in customer.identifiers}


def test_any_calls_by_anybody(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1, 2 and 7, property-based."""
    run_machine(AnyCalls, fresh_tables, examples=20, steps=20)
