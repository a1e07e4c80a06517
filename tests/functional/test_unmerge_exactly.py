"""Invariant 5: whatever was merged, in whatever chains, is undone exactly, in whatever order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customerhub.domain.identifier import IdentifierKey, Kind
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.collections import add_records, belongings
from tests.support.till import Till, open_till

PEOPLE = 6
MERGES = PEOPLE - 1
COUNTERS = frozenset({"version"})
"""What never goes back: an unmerge is a write like any other."""
LOGS = ("EVENT#", "MERGE#", "REF#")

EXACT = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

indexes = st.integers(0, PEOPLE - 1)
plans = st.tuples(
    st.lists(st.tuples(indexes, indexes), min_size=12, max_size=20),
    st.permutations(range(MERGES)),
    st.lists(st.tuples(st.integers(0, MERGES), indexes, st.sampled_from(["email", "allergy", "preference", "order"]))),
)


@dataclass
class Town:
    """Six people, each with an e-mail and a phone, and records of every kind."""

    tables: DynamoDBTables
    till: Till
    ids: list[str] = field(default_factory=list)
    merges: list[tuple[str, str]] = field(default_factory=list)
    """Survivor and id of each merge, in order."""

    def settle(self) -> None:
        """Everybody moves in; two of them share a phone, and one has an account with the identity provider."""
        for number in range(PEOPLE):
            said = {"email": _email(number), "phone": _phone(number), "firstName": f"N{number}", "source": f"s{number}"}
            known = {"allergies": [f"a{number}", "dust"], "preferences": {"wine": f"w{number}", f"p{number}": number}}
            auth = {"authUserId": "user-3"} if number == 3 else {}
            self.ids.append(self.till.manage({**said, **known, **auth}).id)
            add_records(self.tables, self.till.tenant.id, self.ids[-1], number=1)
        shared = {"phone": _phone(0), "email": _email(1), "firstName": "N1", "samePerson": False}
        assert self.till.manage(shared).id == self.ids[1]

    def merge(self, one: int, other: int) -> bool:
        """Merge the two customers in whom these people are now; false where that is one."""
        reply = self.till.merge(self.ids[one], self.ids[other])
        if reply.status == 422:
            return False
        live, known = reply.body["customer"]["id"], [merge for _, merge in self.merges]
        if reply.body["mergeId"] in known:
            return False
        self.merges.append((live, reply.body["mergeId"]))
        return True

    def unmerge(self, number: int) -> None:
        """Undo the merge of that number, with nothing left to assign."""
        survivor, merge = self.merges[number]
        reply = self.till.unmerge(survivor, mergeId=merge, keepSeparate=False)
        assert reply.status == 200, reply
        assert reply.body["unassigned"] == []

    def edit(self, number: int, kind: str, tag: str) -> None:
        """Something that can be told to be this person's."""
        match kind:
            case "email":
                self.till.manage(phone=_phone(number), email=f"later{tag}@example.com", samePerson=True)
            case "allergy":
                self.till.manage(email=_email(number), allergies=[f"later{tag}"])
            case "preference":
                self.till.manage(email=_email(number), preferences={f"later{tag}": tag})
            case "order":
                live = self.till.manage(email=_email(number)).id
                via = [IdentifierKey(Kind.EMAIL, _email(number))]
                add_records(self.tables, self.till.tenant.id, live, number=1, first=100 + int(tag), via=via)

    def items(self) -> dict[tuple[str, str], Any]:
        """Every item of people but for the logs, without the counters."""
        people = audit(self.tables).people
        return {
            address: {name: value for name, value in item.items() if name not in COUNTERS}
            for address, item in people.items()
            if not address[1].startswith(LOGS)
        }

    def known_of(self, number: int) -> dict[str, Any]:
        """What the person is now, without times."""
        customer = audit(self.tables).customers[self.ids[number]]
        records = belongings(self.tables, self.till.tenant.id, customer.id)
        return {
            "identifiers": {(i.key, i.grade, i.owned) for i in customer.identifiers},
            "names": (customer.first_name, customer.last_name),
            "allergies": set(customer.allergies),
            "preferences": customer.preferences,
            "sources": set(customer.account_sources),
            "records": {(record.kind, record.id.partition("-")[2]) for record in records},
            "former": customer.former_ids,
        }


def _email(number: int) -> str:
    return f"person{number}@example.com"


def _phone(number: int) -> str:
    return f"+1707555010{number}"


def _merge_all(town: Town, pairs: Sequence[tuple[int, int]], edits: Sequence[tuple[int, int, str]] = ()) -> None:
    """Merge pairs until all are one; an edit happens once so many merges were made."""
    for one, other in (*pairs, *((0, number) for number in range(1, PEOPLE))):
        if one != other and town.merge(one, other):
            _edit(town, edits, len(town.merges))
    assert len(town.merges) == MERGES


def _edit(town: Town, edits: Sequence[tuple[int, int, str]], moment: int) -> None:
    for tag, (when, who, kind) in enumerate(edits):
        if when == moment:
            town.edit(who, kind, str(tag))


def _town(fresh_tables: Callable[[], DynamoDBTables]) -> Town:
    tables = fresh_tables()
    town = Town(tables, open_till(tables.client(), tables.names))
    town.settle()
    return town


@EXACT
@given(plan=plans)
def test_invariant_5_every_item_is_restored_byte_for_byte(
    fresh_tables: Callable[[], DynamoDBTables], plan: Any
) -> None:
    """Chains and trees of five merges, undone in any order, with records of every kind."""
    pairs, order, _ = plan
    town = _town(fresh_tables)
    before = town.items()
    _merge_all(town, pairs)
    for number in order:
        town.unmerge(number)
    assert town.items() == before


@EXACT
@given(plan=plans)
def test_invariant_5_edits_between_and_after_stay_with_whom_they_belong_to(
    fresh_tables: Callable[[], DynamoDBTables], plan: Any
) -> None:
    """As in a town where the same edits were made and nobody was ever merged."""
    pairs, order, edits = plan
    town, control = _town(fresh_tables), _town(fresh_tables)
    _edit(town, edits, 0)
    _merge_all(town, pairs, edits)
    for moment in range(MERGES + 1):
        _edit(control, edits, moment)
    for number in order:
        town.unmerge(number)
    for number in range(PEOPLE):
        assert town.known_of(number) == control.known_of(number)
