"""Invariants 1 and 2 at every point of failure of a decision: all of it or nothing, and once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from customerhub.domain.caller import TrustedCaller
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.conflicts import Question, displaced, several_accounts, shared_phone
from tests.support.faults import UseCase, survive_every_failure
from tests.support.till import Reply, Till, fresh_tenant, open_till, service


@dataclass(frozen=True)
class Case:
    """A decision, and what must be there in the end."""

    opener: Callable[[Till], Question]
    decision: str
    customers: int
    merges: int = 0

    @property
    def name(self) -> str:
        """For the report."""
        return f"{self.decision} of {self.opener.__name__}"


CASES = (
    Case(several_accounts, "merge", 1, merges=1),
    Case(shared_phone, "merge", 1),
    Case(shared_phone, "keep_separate", 2),
    Case(shared_phone, "household", 2),
    Case(shared_phone, "release", 2),
    Case(displaced, "release", 2),
)


@dataclass
class Scene:
    """Tables of their own, a conflict in them, and what staff were answered."""

    tables: DynamoDBTables
    caller: TrustedCaller = field(default_factory=lambda: service(fresh_tenant()))
    question: Question = field(init=False)
    replies: list[Reply] = field(default_factory=list)

    def till(self, client: Any = None) -> Till:
        """A till over the tables, through `client`."""
        return open_till(client or self.tables.client(), self.tables.names, self.caller.tenant)


def _use_case(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> UseCase[Scene]:
    def arrange() -> Scene:
        scene = Scene(fresh_tables())
        scene.question = case.opener(scene.till())
        return scene

    def act(scene: Scene, client: Any) -> None:
        scene.replies.append(scene.till(client).resolve(scene.question.id, case.decision, caller=scene.caller))

    def check(scene: Scene) -> Books:
        books = audit(scene.tables)
        (conflict,) = books.conflicts
        resolved = [event for event in books.events if event["type"] == "ConflictResolved"]
        assert bool(resolved) == (conflict["status"] == "RESOLVED"), "invariant 2: the decision and its effect"
        assert len(books.merges) == (case.merges if resolved else 0)
        return books

    def check_done(scene: Scene) -> None:
        books = check(scene)
        assert len(books.customers) == case.customers
        assert [conflict["status"] for conflict in books.conflicts] == ["RESOLVED"]
        resolved = [event for event in books.events if event["type"] == "ConflictResolved"]
        assert len(resolved) == case.customers, "invariant 2: decided once"
        assert scene.replies[-1].status == 200
        assert {reply.status for reply in scene.replies} <= {200, 503}
        assert scene.replies[-1].body["conflict"]["resolution"]["decision"] == case.decision

    return UseCase(arrange, act, lambda scene: scene.tables.client(), check, check_done)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_decision_survives_every_failure(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2."""
    assert survive_every_failure(case.name, _use_case(case, fresh_tables)) >= 20


def test_closing_what_is_settled_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    def arrange() -> Scene:
        scene = Scene(fresh_tables())
        scene.question = several_accounts(scene.till())
        assert scene.till().merge(*scene.question.people).status == 200
        return scene

    def act(scene: Scene, client: Any) -> None:
        scene.till(client).conflict(scene.question.id, caller=scene.caller)

    def check_done(scene: Scene) -> None:
        (conflict,) = audit(scene.tables).conflicts
        assert [resolution["kind"] for resolution in conflict["resolutions"]] == ["settled"]

    use_case = UseCase(arrange, act, lambda scene: scene.tables.client(), lambda s: audit(s.tables), check_done)
    assert survive_every_failure("settle", use_case) >= 10
