"""What nobody comes back to is cleaned up, and only that: every customer who was seen is removed, cleaned or kept."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customerhub.bootstrap import build_cleanup_app, build_credential_app
from customerhub.deployment import CLEAN_QUIET_CUSTOMERS, CUSTOMERS_TABLE_VARIABLE, FINISH_ERASURES
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.cleanup import CleanupFailedError, build_cleanup
from customerhub.errors import HubError
from customerhub.services.clean_quiet_customers import PAGE
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from customerhub.store.table import ALWAYS, Database, Key, Put
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.faults import UseCase, survive_every_failure
from tests.support.forgotten import mentions
from tests.support.one_client import with_one_client
from tests.support.quiet_queues import QuietTopic
from tests.support.snapshot import snapshot
from tests.support.till import Till, open_till, user_of

ROOM: dict[str, Any] = {"email": "room7@guest.shop"}
PATTERNS = ("*@guest.shop",)


@dataclass
class LaterClock:
    """The real time and so many days."""

    days: int

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)

    def sleep(self, duration_s: float) -> None:
        """Not at all."""


class Context:
    """Of a call of a Lambda function."""

    aws_request_id = "run-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass
class Scene:
    """A merchant, whom the schedule knows."""

    tables: DynamoDBTables
    till: Till
    runs: list[dict[str, Any]] = field(default_factory=list)

    def register(self, tenant: Tenant) -> None:
        store = build_credential_app(Settings(self.tables.names), self.tables.client()).credentials
        register_tenant(tenant, None, store=store)

    def clean(self, *, days: int = 31, client: Any = None, task: str = CLEAN_QUIET_CUSTOMERS.name) -> dict[str, int]:
        settings, client = Settings(self.tables.names), client or self.tables.client()
        app = build_cleanup_app(settings, client, LaterClock(days), QuietTopic())
        counts: dict[str, int] = build_cleanup(app)({"task": task}, Context())
        assert task == FINISH_ERASURES.name or counts["seen"] == (
            counts["removed"] + counts["cleaned"] + counts["kept"]
        )
        self.runs.append(counts)
        return counts

    def put_order(self, customer: str) -> None:
        key = Key(self.tables.names[CUSTOMERS_TABLE_VARIABLE], f"T#{self.till.tenant.id}#C#{customer}", "ORDER#1")
        Database(self.tables.client()).put(Put(key, {"total": "1"}, ALWAYS))


def arrange(tables: DynamoDBTables) -> Scene:
    """Whoever comes now says what is no placeholder yet; the merchant's pattern follows later."""
    till = open_till(tables.client(), tables.names)
    scene = Scene(tables, till)
    scene.register(till.tenant)
    return scene


def with_pattern(scene: Scene) -> None:
    scene.register(replace(scene.till.tenant, placeholder_emails=PATTERNS))


@pytest.fixture
def scene(fresh_tables: Callable[[], DynamoDBTables]) -> Scene:
    return arrange(with_one_client(fresh_tables()))


def test_a_temporary_account_is_removed_and_its_address_is_free(scene: Scene) -> None:
    customer = scene.till.manage(**ROOM, firstName="Roomer").id
    with_pattern(scene)
    assert (scene.clean()["removed"], scene.clean()["seen"]) == (1, 0)
    assert mentions(scene.tables, ("room7", "roomer")) == []
    books = audit(scene.tables)
    assert (len(books.erased), books.customers, books.claims) == (1, {}, {})
    assert books.erased[customer].expires_at is not None
    assert not any("gone_at" in item for item in books.people.values()), "nobody was buried"
    assert scene.till.manage(**ROOM).customer["isNewAccount"]


@pytest.mark.parametrize("days", [0, 29])
def test_who_is_not_quiet_yet_is_not_looked_at(scene: Scene, days: int) -> None:
    scene.till.manage(**ROOM)
    with_pattern(scene)
    assert scene.clean(days=days)["seen"] == 0
    assert len(audit(scene.tables).customers) == 1


def test_a_customer_keeps_all_but_the_placeholder(scene: Scene) -> None:
    customer = scene.till.manage(**ROOM, phone="+17075550101").id
    ordering = scene.till.manage(email="room8@guest.shop").id
    scene.put_order(ordering)
    plain = scene.till.manage(email="ann@example.com").id
    with_pattern(scene)
    counts = scene.clean()
    assert (counts["removed"], counts["cleaned"], counts["kept"], counts["seen"]) == (0, 2, 1, 3)
    books = audit(scene.tables)
    assert {c.id: [i.value for i in c.identifiers] for c in books.customers.values()} == {
        customer: ["+17075550101"],
        ordering: [],
        plain: ["ann@example.com"],
    }
    assert scene.clean()["seen"] == 0, "each is looked at once for as long as it is quiet"


def test_who_comes_back_is_looked_at_again_when_quiet_again(scene: Scene) -> None:
    customer = scene.till.manage(email="ann@example.com").id
    assert scene.clean()["kept"] == 1
    scene.till.manage(email="ann@example.com", phone="+17075550101")
    assert (scene.clean()["kept"], [*audit(scene.tables).customers]) == (1, [customer])


def test_other_patterns_begin_anew(scene: Scene) -> None:
    scene.till.manage(**ROOM)
    assert scene.clean()["kept"] == 1
    with_pattern(scene)
    assert scene.clean()["removed"] == 1


def test_what_a_user_typed_and_lost_makes_nobody_temporary(scene: Scene) -> None:
    """A linked account is the person's own, whatever else is known of it."""
    scene.till.manage(email="ann@example.com", caller=user_of(scene.till.tenant, "auth-ann"))
    assert scene.clean()["kept"] == 1


def test_nor_is_one_whose_only_number_was_released(scene: Scene) -> None:
    """Who cannot be found by anything any more was not a typed account for that."""
    ann, bob = scene.till.manage(phone="+17075550101").id, scene.till.manage(email="bob@example.com").id
    assert scene.till.manage(email="bob@example.com", phone="+17075550101").status == 409
    (conflict,) = scene.till.conflicts().body["conflicts"]
    assert scene.till.resolve(conflict["id"], "release", to=bob).status == 200
    assert scene.clean()["kept"] == 2
    assert scene.till.get(ann).status == 200


def test_a_placeholder_number_that_is_shared_leaves_everybody(scene: Scene) -> None:
    """Invariant 1 on the way: it has an heir as long as somebody carries it."""
    scene.till.manage(**ROOM, phone="+17075550101", firstName="Ann")
    scene.till.manage(email="room8@guest.shop", phone="+17075550101", firstName="Bob", samePerson=False)
    with_pattern(scene)
    assert scene.clean()["cleaned"] == 2
    audit(scene.tables)
    assert mentions(scene.tables, ("room7", "room8")) != [], "what happened is in the timeline"


def test_more_than_a_page_is_cleaned_in_one_run(scene: Scene) -> None:
    for number in range(PAGE + 2):
        scene.till.manage(email=f"room{number}@guest.shop")
    with_pattern(scene)
    counts = scene.clean()
    assert (counts["removed"], counts["seen"]) == (PAGE + 2, PAGE + 2)


def test_merchants_are_cleaned_each_by_their_own_patterns(scene: Scene) -> None:
    """Invariant 7."""
    other = open_till(scene.tables.client(), scene.tables.names)
    scene.register(other.tenant)
    scene.till.manage(**ROOM)
    other.manage(**ROOM)
    with_pattern(scene)
    counts = scene.clean()
    assert (counts["tenants"], counts["removed"], counts["kept"]) == (2, 1, 1)
    (left,) = audit(scene.tables).customers.values()
    assert left.tenant == other.tenant.id


def test_cleaning_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2: at every call, whatever fails there."""

    first = arrange(with_one_client(fresh_tables()))
    first.till.manage(ROOM)
    first.till.manage(email="room8@guest.shop", phone="+17075550101")
    with_pattern(first)
    kept = snapshot(first.tables)

    def start() -> Scene:
        tables = with_one_client(fresh_tables())
        kept.restore(tables)
        return Scene(tables, first.till)

    def act(scene: Scene, client: Any) -> None:
        for task in (CLEAN_QUIET_CUSTOMERS.name, FINISH_ERASURES.name):
            with suppress(HubError, CleanupFailedError):
                scene.clean(client=client, task=task)

    def check_done(scene: Scene) -> None:
        books = audit(scene.tables)
        assert [[i.value for i in c.identifiers] for c in books.customers.values()] == [["+17075550101"]]
        assert mentions(scene.tables, ("room7",)) == []

    use_case = UseCase(start, act, lambda scene: scene.tables.client(), lambda scene: audit(scene.tables), check_done)
    assert survive_every_failure("clean up", use_case) >= 50
