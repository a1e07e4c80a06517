"""Invariant 2 over an import at every point of failure: each row has one verdict, each person is one customer with one
enrollment, and the import balances."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from customerhub.aws.import_files import S3ImportFiles
from customerhub.bootstrap import build_imports_app
from customerhub.domain.ids import IntegrationId, StageId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.stage import Stage
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.imports import IMPORT_ROUTES
from customerhub.errors import RetryLater
from customerhub.services.resume_imports import AGAIN
from customerhub.services.work_import import LEASE, Ending
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.faults import UseCase, survive_every_failure
from tests.support.import_desk import ImportDesk, counted, make_bucket, spreadsheet
from tests.support.till import Reply, Till, open_till

CONTENT = spreadsheet(
    ("email", "phone", "first", "club"),
    ("ann@example.com", "", "Ann", "Bronze"),
    ("known@example.com", "", "Kim", ""),
    ("ann@example.com", "+17075550101", "Anna", "Bronze"),
    ("bad", "", "", ""),
    ("mary@example.com", "+17075550100", "Mary", ""),
)
VERDICTS = [
    (2, "created", None),
    (3, "unchanged", None),
    (4, "updated", None),
    (5, "failed", "invalid_email"),
    (6, "created", "shared_phone"),
]


@dataclass
class Scene:
    """A merchant with a stage, a shop, three customers' worth of history, and an import that was started."""

    desk: ImportDesk
    hub: Till
    import_id: str = ""
    replies: list[Reply] = field(default_factory=list)


def arrange(tables: DynamoDBTables, *, is_started: bool = True) -> Scene:
    desk = ImportDesk(tables, make_bucket(tables), page_rows=3)
    hub = open_till(desk.client, tables.names, desk.tenant)
    now = datetime.now(UTC)
    club = desk.parts().club
    club.club.write_stage(Stage(desk.tenant.id, StageId("bronze"), "Bronze", 1000, 1, now, now), None, [])
    shop = Integration(desk.tenant.id, IntegrationId("shopify"), Platform.SHOPIFY, "shop.myshopify.com", now)
    club.integrations.put_integration(shop)
    hub.manage(email="known@example.com", firstName="Kim", source="import")
    hub.manage(email="otto@example.com", phone="+17075550100", firstName="Otto")
    scene = Scene(desk, hub, desk.upload(CONTENT))
    if is_started:
        assert desk.commit(scene.import_id).status == 202
    return scene


def check(scene: Scene) -> None:
    audit(scene.desk.tables)
    run = scene.desk.get(scene.import_id)
    counted(run)
    rows = scene.desk.rows(scene.import_id)
    assert [(row["row"], row["verdict"], row["code"]) for row in rows] == VERDICTS[: len(rows)]
    assert run["counts"]["rows"] == len(rows)
    assert scene.desk.faults == []


def check_done(scene: Scene) -> None:
    run = scene.desk.get(scene.import_id)
    assert (run["status"], counted(run)) == ("completed", {"created": 2, "updated": 1, "unchanged": 1, "failed": 1})
    books = audit(scene.desk.tables)
    assert len(books.customers) == 4
    ann = next(c for c in books.customers.values() if c.email == "ann@example.com")
    assert ann.first_name == "Anna"
    assert len([sort for _, sort in books.people if sort.startswith("ENROLL#")]) == 1
    assert b"bad" in scene.desk.error_file(scene.import_id)
    assert len(scene.desk.error_file(scene.import_id).splitlines()) == 2


def work(scene: Scene, *, dynamodb: Any = None, s3: Any = None) -> None:
    """One message, and those that the sweep sends later."""
    desk, files = scene.desk, S3ImportFiles(scene.desk.bucket, s3) if s3 else None
    try:
        desk.work(scene.import_id, parts=desk.parts(dynamodb, files, threads=1))
    except RetryLater:
        return  # the sweep sends another message
    finally:
        desk.clock.ahead += LEASE + AGAIN


def test_working_an_import_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    use_case = UseCase(
        lambda: arrange(fresh_tables()),
        lambda scene, client: work(scene, dynamodb=client),
        lambda scene: scene.desk.client,
        check,
        check_done,
    )
    assert survive_every_failure("work an import", use_case) >= 100


def test_working_an_import_survives_every_failure_of_the_bucket(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    use_case = UseCase(
        lambda: arrange(fresh_tables()),
        lambda scene, client: work(scene, s3=client),
        lambda scene: scene.desk.s3,
        check,
        check_done,
    )
    assert survive_every_failure("work an import, files", use_case) >= 9


def test_starting_an_import_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """What was accepted is found by the sweep, and worked once."""

    def start(scene: Scene, client: Any) -> None:
        desk = scene.desk
        app = build_imports_app(desk.settings, client, desk.files, desk.queue, desk.clock)
        till = Till(build_api(app, IMPORT_ROUTES), desk.tenant)
        path, caller = {"importId": scene.import_id}, desk.caller
        scene.replies.append(till.call("POST /api/imports/{importId}/commit", path=path, body="{}", caller=caller))

    def check_started(scene: Scene) -> None:
        audit(scene.desk.tables)
        is_accepted = any(reply.status in (202, 409) for reply in scene.replies)
        assert {reply.status for reply in scene.replies} <= {202, 409, 503}
        assert not is_accepted or scene.desk.get(scene.import_id)["status"] in ("running", "completed")

    def check_worked(scene: Scene) -> None:
        scene.desk.queue.sent.clear()
        scene.desk.clock.ahead += AGAIN
        assert scene.desk.sweep() == 1
        assert scene.desk.work(scene.import_id) is Ending.ENDED
        check_done(scene)

    use_case = UseCase(
        lambda: arrange(fresh_tables(), is_started=False),
        start,
        lambda scene: scene.desk.client,
        check_started,
        check_worked,
    )
    assert survive_every_failure("start an import", use_case) >= 6


def test_the_sweep_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    def arranged() -> Scene:
        scene = arrange(fresh_tables())
        scene.desk.queue.sent.clear()
        scene.desk.clock.ahead += AGAIN
        return scene

    def sweep(scene: Scene, client: Any) -> None:
        try:
            scene.desk.sweep(client)
        except RetryLater:
            return
        finally:
            scene.desk.clock.ahead += AGAIN

    def check_sent(scene: Scene) -> None:
        assert set(scene.desk.queue.sent) == {(scene.desk.tenant.id, scene.import_id)}

    use_case = UseCase(arranged, sweep, lambda scene: scene.desk.client, check, check_sent)
    assert survive_every_failure("resume imports", use_case) >= 6
