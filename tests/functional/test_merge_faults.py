"""Invariants 1, 2 and 5 under faults: a merge and its undoing, with a failure at every call that they make."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.tenant import Tenant
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit, state
from tests.support.collections import add_records, belongings
from tests.support.faults import UseCase, survive_every_failure
from tests.support.till import Reply, Till, fresh_tenant, open_till

EMAILS = ("ann@example.com", "bob@example.com", "cid@example.com")
PHONE = "+17075550123"


@dataclass
class Scene:
    """Three customers in tables of their own."""

    tables: DynamoDBTables
    tenant: Tenant = field(default_factory=fresh_tenant)
    ids: list[str] = field(default_factory=list)
    merge_id: str = ""
    before: dict[Any, Any] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)

    def till(self, client: Any = None) -> Till:
        return open_till(client or self.tables.client(), self.tables.names, self.tenant)

    def settle(self) -> None:
        for email in EMAILS:
            self.ids.append(self.till().manage(email=email, firstName=email[:3]).id)
            add_records(self.tables, self.tenant.id, self.ids[-1], number=1)
        self.till().manage(email=EMAILS[1], phone=PHONE)
        self.before = self.people()

    def people(self) -> dict[Any, Any]:
        """Profiles and claims without the counters of writes."""
        people = state(audit(self.tables).people)
        return {key: {n: v for n, v in item.items() if n != "version"} for key, item in people.items()}


def _merge_case(fresh_tables: Callable[[], DynamoDBTables]) -> UseCase[Scene]:
    def arrange() -> Scene:
        scene = Scene(fresh_tables())
        scene.settle()
        return scene

    def act(scene: Scene, client: Any) -> None:
        scene.replies.append(scene.till(client).merge(scene.ids[0], scene.ids[1]))

    def check_done(scene: Scene) -> None:
        books = audit(scene.tables)
        assert (len(books.customers), len(books.aliases), len(books.merges)) == (2, 1, 1)
        assert scene.replies[-1].status == 200
        assert {reply.status for reply in scene.replies} <= {200, 503}

    return UseCase(arrange, act, lambda scene: scene.tables.client(), lambda scene: audit(scene.tables), check_done)


def _unmerge_case(fresh_tables: Callable[[], DynamoDBTables], *, later: bool) -> UseCase[Scene]:
    def arrange() -> Scene:
        scene = Scene(fresh_tables())
        scene.settle()
        scene.merge_id = scene.till().merge(scene.ids[0], scene.ids[1]).body["mergeId"]
        if later:
            scene.till().merge(scene.ids[2], scene.ids[0])
        via = [IdentifierKey(Kind.PHONE, PHONE)]
        live = scene.ids[2] if later else scene.ids[0]
        add_records(scene.tables, scene.tenant.id, live, number=2, first=10, via=via)
        return scene

    def act(scene: Scene, client: Any) -> None:
        reply = scene.till(client).unmerge(scene.ids[0], mergeId=scene.merge_id, keepSeparate=False)
        scene.replies.append(reply)

    def check(scene: Scene) -> None:
        audit(scene.tables)
        kept = [len(belongings(scene.tables, scene.tenant.id, customer)) for customer in scene.ids]
        assert sum(kept) == 12 + 8, "invariant 2: no record is lost or doubled"

    def check_done(scene: Scene) -> None:
        check(scene)
        assert scene.replies[-1].status == 200
        assert {reply.status for reply in scene.replies} <= {200, 503}
        assert len(belongings(scene.tables, scene.tenant.id, scene.ids[1])) == 12
        if not later:
            assert scene.people() == scene.before, "invariant 5"

    return UseCase(arrange, act, lambda scene: scene.tables.client(), check, check_done)


def test_a_merge_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    assert survive_every_failure("merge by staff", _merge_case(fresh_tables)) >= 20


@pytest.mark.parametrize("later", [False, True], ids=["alone", "under a later merge"])
def test_an_undoing_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables], *, later: bool) -> None:
    assert survive_every_failure("unmerge", _unmerge_case(fresh_tables, later=later)) >= 40
