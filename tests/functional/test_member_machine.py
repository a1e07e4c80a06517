"""Invariants 1, 2, 4 and 6 under everything that can happen to members, shops and workers, all of it together."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.club import enrollments_in
from tests.support.fake_crm import PARTNER_FAULTS, Fault, Plan, no_fault
from tests.support.forgotten import mentions
from tests.support.intruder import Intruded
from tests.support.machines import run_machine
from tests.support.member_inspection import inspect
from tests.support.member_town import SHOPS, MemberTown, member_town
from tests.support.one_client import with_one_client
from tests.support.till import Reply

EMAILS = [f"{name}@example.com" for name in ("annabel", "benedict", "clementine", "dorothea", "ephraim")]
PHONES = [f"+1707555012{number}" for number in range(3)]
NAMES = ["Annabel", "Benedict", "Clementine"]
TERMS: list[dict[str, Any]] = [
    {"durationMonths": 1},
    {},
    {"qualification": {"currency": "USD", "minOrder": "100.00"}, "rank": 9},
]
ANY = st.integers(0, 1_000)
"""Which of those there are; counted round."""
PATCHES = st.fixed_dictionaries(
    {},
    optional={"email": st.sampled_from(EMAILS), "phone": st.sampled_from(PHONES), "firstName": st.sampled_from(NAMES)},
)
ACTIONS = ("enroll", "move", "cancel", "patch", "merge", "unmerge", "erase", "archive", "disconnect", "order")
MAX_QUESTIONS = 5


class MemberLives(RuleBasedStateMachine):
    """Calls, workers, faults and the shops' own staff in any order; at the end all that is owed is done."""

    fresh_tables: ClassVar[Callable[[], DynamoDBTables]]
    town: MemberTown

    @initialize()
    def open(self) -> None:
        """Start with three people, three stages and two shops."""
        self.town = member_town(with_one_client(type(self).fresh_tables()))
        self.town.till = replace(self.town.till, handler=_without_faults(self.town.till.handler))
        self.ids: list[str] = []
        self.forgotten: set[str] = set()
        self.number = 0
        for terms in TERMS:
            self.new_stage(len(self.town.club.stages()), terms)
        for email, name in zip(EMAILS, NAMES, strict=False):
            self._met(self.town.till.manage(email=email, firstName=name))

    @rule(percent=st.integers(0, 90), terms=st.sampled_from(TERMS))
    def new_stage(self, percent: int, terms: dict[str, Any]) -> None:
        """Staff make another stage."""
        self.number += 1
        assert self.town.club.make_stage(f"Stage {self.number}", percent + 1, **terms).status == 201

    @rule(email=st.sampled_from(EMAILS), name=st.sampled_from(NAMES), stage=ANY, move=st.booleans())
    def enroll(self, email: str, name: str, stage: int, move: bool) -> None:
        """By an e-mail."""
        if stages := self._stages():
            reply = self.town.club.enroll(stages[stage % len(stages)], email=email, firstName=name, move=move)
            self._met(_expected(reply, 200, 201, 409, 410))

    @rule(who=ANY, stage=ANY, move=st.booleans())
    def enroll_known(self, who: int, stage: int, move: bool) -> None:
        """By an id, perhaps one from before a merge."""
        if stages := self._stages():
            chosen = stages[stage % len(stages)]
            _expected(self.town.club.enroll(chosen, customerId=self._id(who), move=move), 200, 201, 404, 409, 410, 422)

    @rule(which=ANY, stage=ANY)
    def move(self, which: int, stage: int) -> None:
        """A membership goes on."""
        stages, enrollment = self._stages(), self._enrollment(which)
        if stages and enrollment:
            _expected(self.town.club.move(enrollment, stages[stage % len(stages)]), 200, 404, 409, 410)

    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        """A membership ends."""
        if enrollment := self._enrollment(which):
            _expected(self.town.club.cancel(enrollment), 200, 404, 409, 410)

    @rule(email=st.sampled_from(EMAILS), order=st.integers(1, 4), amount=st.sampled_from(["50.00", "150.00"]))
    def order(self, email: str, order: int, amount: str) -> None:
        """One that earns a stage, or not."""
        self._met(_expected(self.town.club.order(str(order), amount, email=email), 200, 201, 409, 410))

    @rule(
        email=st.none() | st.sampled_from(EMAILS),
        phone=st.none() | st.sampled_from(PHONES),
        name=st.sampled_from(NAMES),
        merge=st.booleans(),
    )
    def call(self, email: str | None, phone: str | None, name: str, merge: bool) -> None:
        """A backend says what it knows."""
        said = {"email": email, "phone": phone, "firstName": name, "mergeIfFound": merge}
        self._met(_expected(self.town.till.manage(said), 200, 409, 410, 422))

    @rule(who=ANY, patch=PATCHES)
    def patch(self, who: int, patch: dict[str, Any]) -> None:
        """Staff change a customer."""
        _expected(self.town.till.patch(self._id(who), patch), 200, 404, 409, 410, 422)

    @rule(one=ANY, other=ANY)
    def merge(self, one: int, other: int) -> None:
        """Staff merge two."""
        _expected(self.town.till.merge(self._id(one), self._id(other)), 200, 404, 409, 410, 422)

    @rule(which=ANY, whose=ANY)
    def unmerge(self, which: int, whose: int) -> None:
        """Staff take a merge back, and say of what nobody can tell whose it is."""
        holding = sorted(merge["id"] for merge in audit(self.town.tables).merges if "undone_at" not in merge)
        if not holding:
            return
        record = next(m for m in audit(self.town.tables).merges if m["id"] == holding[which % len(holding)])
        survivor, assign = record["survivor_before"]["id"], dict[str, str]()
        reply = self.town.till.unmerge(survivor, mergeId=record["id"])
        for _ in range(MAX_QUESTIONS):
            if reply.status != 409:
                break
            people = [customer["id"] for customer in reply.body["unmerge"]["customers"]]
            asked = reply.body["unmerge"]["unassigned"]
            assert asked, "invariant 5: refused without a reason"
            assign |= {edit: people[(whose + i) % len(people)] for i, edit in enumerate(asked)}
            reply = self.town.till.unmerge(survivor, mergeId=record["id"], assign=assign)
        _expected(reply, 200, 404, 410, 422)

    @rule(who=ANY, sure=st.sampled_from((False, False, True)))
    def erase(self, who: int, sure: bool) -> None:
        """Now and then somebody is erased."""
        customer = audit(self.town.tables).customers.get(self._live(self._id(who)))
        if sure and customer:
            _expected(self.town.till.erase(customer.id), 200)
            self.forgotten |= {entry.value for entry in customer.identifiers if entry.owned}

    @rule(which=ANY, percent=st.integers(1, 90))
    def change_stage(self, which: int, percent: int) -> None:
        """Another name and discount."""
        if stages := self._stages():
            self.number += 1
            changes: dict[str, Any] = {"name": f"Stage {self.number}", "discountPercent": percent}
            _expected(self.town.club.patch_stage(stages[which % len(stages)], **changes), 200)

    @rule(which=ANY)
    def archive(self, which: int) -> None:
        """A stage without members goes."""
        if stages := self._stages():
            _expected(self.town.club.archive(stages[which % len(stages)]), 200, 204, 409)

    @rule(shop=st.sampled_from(SHOPS))
    def disconnect(self, shop: str) -> None:
        """The operator takes a shop off."""
        self.town.disconnect(shop)

    @rule(shop=st.sampled_from(SHOPS))
    def connect(self, shop: str) -> None:
        """The operator connects it again."""
        self.town.connect(shop)

    @rule(hours=st.sampled_from([1, 48, 24 * 32]))
    def time_passes(self, hours: int) -> None:
        """Memberships of a month end."""
        self.town.clock.sleep(hours * 3600)

    @rule(jobs=st.integers(1, 8))
    def work(self, jobs: int) -> None:
        """The sweep, and workers for a while."""
        self.town.work_some(jobs)

    @rule(which=ANY, step=st.integers(0, 8), in_shop=st.booleans(), action=st.sampled_from(ACTIONS), what=ANY)
    def work_interrupted(self, which: int, step: int, in_shop: bool, action: str, what: int) -> None:
        """Something happens while a worker is at a job, before one of its calls to the tables or to a shop."""
        due = sorted(job.id for job in self.town.owed() if job.due_at <= self.town.clock.now())
        if not due:
            return
        job = due[which % len(due)]
        if not in_shop:
            client = Intruded(self.town.tables.client(), step, lambda: self._act(action, what))
            self.town.deliver(job, client)
            return
        for shop in self.town.shops.values():
            shop.plan = _acting(len(shop.calls) + step % 5, lambda: self._act(action, what))
        self.town.deliver(job)
        self._calm()

    @rule(which=ANY, shop=st.sampled_from(SHOPS), call=st.integers(0, 5), fault=st.sampled_from(sorted(PARTNER_FAULTS)))
    def work_troubled(self, which: int, shop: str, call: int, fault: str) -> None:
        """A shop fails once while a worker is at a job."""
        due = sorted(job.id for job in self.town.owed() if job.due_at <= self.town.clock.now())
        if due:
            crm = self.town.shops[shop]
            at, failing = len(crm.calls) + call, PARTNER_FAULTS[fault]
            crm.plan = lambda number, _name: failing() if number == at else None
            self.town.deliver(due[which % len(due)])
            self._calm()

    @rule(shop=st.sampled_from(SHOPS), which=ANY, deletes=st.booleans())
    def shop_staff(self, shop: str, which: int, deletes: bool) -> None:
        """In the shop, a record gets another e-mail or is deleted."""
        customers = self.town.shops[shop].customers
        if not customers:
            return
        record = sorted(customers)[which % len(customers)]
        if deletes:
            del customers[record]
            return
        self.number += 1
        customers[record] = replace(customers[record], emails=(f"changed{self.number}@example.com",))

    def teardown(self) -> None:
        """All that is owed is done, and everything holds; what is done is not done again."""
        for shop in SHOPS:
            self.town.connect(shop)
        self.town.drain()
        books = inspect(self.town)
        living = {entry.value for customer in books.customers.values() for entry in customer.identifiers}
        if gone := self.forgotten - living:
            assert mentions(self.town.tables, gone) == [], "invariant 6: something of the person is left"
        writes, content = self.town.writes(), self.town.content()
        self.town.drain()
        assert (self.town.writes(), self.town.content()) == (writes, content), "invariant 4: done is done"
        for shop in SHOPS:
            self.town.connect(shop)
        self.town.drain()
        assert self.town.writes() == writes, "invariant 4: nothing differed, and a shop was written to"

    def _act(self, action: str, what: int) -> None:
        match action:
            case "enroll":
                self.enroll(EMAILS[what % len(EMAILS)], NAMES[what % len(NAMES)], what, move=True)
            case "patch":
                self.patch(what, {"email": EMAILS[(what + 1) % len(EMAILS)], "firstName": NAMES[what % len(NAMES)]})
            case "order":
                self.order(EMAILS[what % len(EMAILS)], 9, "150.00")
            case "erase":
                self.erase(what, sure=True)
            case "disconnect":
                self.disconnect(SHOPS[what % len(SHOPS)])
            case "merge" | "move" | "unmerge":
                getattr(self, action)(what, what + 1)
            case _:
                getattr(self, action)(what)

    def _calm(self) -> None:
        for shop in self.town.shops.values():
            shop.plan = no_fault

    def _met(self, reply: Reply) -> None:
        found = reply.body.get("customer") or {}
        self.ids += [found["id"]] if found.get("id") and found["id"] not in self.ids else []

    def _id(self, number: int) -> str:
        return self.ids[number % len(self.ids)]

    def _live(self, customer: str) -> str:
        aliases = audit(self.town.tables).aliases
        while customer in aliases:
            customer = aliases[customer].merged_into
        return customer

    def _stages(self) -> list[str]:
        return [stage["id"] for stage in self.town.club.stages()]

    def _enrollment(self, number: int) -> str | None:
        found = sorted(enrollments_in(self.town.tables, self.town.till.tenant.id), key=lambda one: one.started_at)
        return found[number % len(found)].id if found else None


def _acting(at: int, act: Callable[[], None]) -> Plan:
    done: list[int] = []

    def plan(number: int, _name: str) -> Fault | None:
        if number == at and not done:
            done.append(number)
            act()
        return None

    return plan


def _expected(reply: Reply, *statuses: int) -> Reply:
    assert reply.status in statuses, reply
    return reply


def _without_faults(handler: Callable[[dict[str, Any], Any], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def checked(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        assert answer["statusCode"] < 500, answer
        return answer

    return checked


def test_any_lives_of_members(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1, 2, 4 and 6, property-based."""
    run_machine(MemberLives, fresh_tables, examples=5, steps=25)
