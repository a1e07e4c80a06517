"""Invariants 2 and 6 at every point of failure: an erasure that is interrupted anywhere is finished, and its receipt
right."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from customerhub.bootstrap import build_cleanup_app, build_credential_app, build_privacy_app
from customerhub.domain.ids import CustomerId
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.privacy import PRIVACY_ROUTES
from customerhub.services.finish_erasures import finish_erasures
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.faults import FAILURES, Crash, FailingClient, UseCase, survive_every_failure
from tests.support.forgotten import mentions
from tests.support.one_client import with_one_client
from tests.support.quiet_queues import QuietTopic
from tests.support.snapshot import snapshot
from tests.support.till import NoObjects, Reply, Till, open_till

ANN: dict[str, Any] = {"email": "ann.archer@example.com", "phone": "+17075550101", "authUserId": "auth-ann"}
WORDS = ("ann.archer", "7075550101", "auth-ann", "annabella", "archer")
CRASH = next(failure for failure in FAILURES if failure.name == "crash before")
RECEIPT = {
    "profiles": 2,
    "identifiers": 3,
    "records": 0,
    "events": 7,
    "merges": 2,
    "conflicts": 1,
    "answers": 1,
    "verifications": 0,
    "jobs": 0,
}


@dataclass
class Scene:
    """Ann, merged from two accounts, and parted from Bob."""

    tables: DynamoDBTables
    client: Any
    till: Till
    ann: str
    replies: list[Reply] = field(default_factory=list)

    def erase(self, client: Any) -> None:
        app = build_privacy_app(Settings(self.tables.names), client, NoObjects())
        till = Till(build_api(app, PRIVACY_ROUTES), self.till.tenant)
        self.replies.append(till.erase(self.ann))

    def finish(self, client: Any) -> None:
        """As the schedule does."""
        app = build_cleanup_app(Settings(self.tables.names), client, topic=QuietTopic())
        until = app.clock.now() + timedelta(minutes=1)
        finish_erasures(
            until,
            tenants=app.tenants,
            identities=app.identities,
            erasures=app.erasures,
            traces=app.traces,
            clock=app.clock,
        )


def arrange(fresh_tables: Callable[[], DynamoDBTables]) -> Scene:
    tables = with_one_client(fresh_tables())
    client = tables.client()
    till = open_till(client, tables.names)
    register_tenant(till.tenant, None, store=build_credential_app(Settings(tables.names), client).credentials)
    bob = till.manage(email="bob@example.com", firstName="Bob").id
    till.manage(phone=ANN["phone"], lastName="Archer")
    till.manage(email=ANN["email"], firstName="Annabella", key="k")
    ann = till.manage({**ANN, "mergeIfFound": True}).id
    assert till.manage(email="bob@example.com", phone=ANN["phone"]).status == 409
    assert till.merge(bob, ann).status == 200
    assert till.unmerge(ann).status == 200
    return Scene(tables, client, till, ann)


def check_done(scene: Scene) -> None:
    assert mentions(scene.tables, WORDS) == [], "invariant 6: something of the person is left"
    books = audit(scene.tables)
    assert (len(books.customers), len(books.erased), len(books.aliases)) == (1, 2, 0)
    receipt = scene.till.erasure(scene.ann).body["erasure"]
    assert receipt["status"] == "completed"
    assert {entry["store"]: entry["items"] for entry in receipt["stores"]} == RECEIPT
    assert scene.till.manage(email=ANN["email"]).status == 410


def test_an_erasure_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 2 and 6: whatever fails at any call, the repeated call finishes it."""
    first = arrange(fresh_tables)
    kept = snapshot(first.tables)

    def again() -> Scene:
        tables = with_one_client(fresh_tables())
        kept.restore(tables)
        client = tables.client()
        return Scene(tables, client, open_till(client, tables.names, first.till.tenant), first.ann)

    use_case = UseCase(
        again,
        lambda scene, client: scene.erase(client),
        lambda scene: scene.client,
        lambda scene: audit(scene.tables),
        check_done,
    )
    assert survive_every_failure("erase", use_case) >= 50


@pytest.mark.parametrize("at", range(6, 46, 8))
def test_an_erasure_that_nobody_repeats_is_finished_by_the_schedule(
    fresh_tables: Callable[[], DynamoDBTables], at: int
) -> None:
    """Invariant 6: the process ends at some call after the first write."""
    scene = arrange(fresh_tables)
    crashing = FailingClient(scene.client, at, CRASH)
    with suppress(Crash):
        scene.erase(crashing)
    assert scene.till.get(scene.ann).status == 410
    scene.finish(scene.client)
    check_done(scene)
    assert CustomerId(scene.ann) in audit(scene.tables).erased
