"""The edge of the queue of imports: which messages come back, and what is logged of them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from customerhub.app import ImportWorkerApp
from customerhub.bootstrap import build_import_worker_app
from customerhub.domain.ids import TenantId
from customerhub.entrypoints.import_worker import build_import_worker
from customerhub.errors import StoreUnavailable
from infra.local.tables import DynamoDBTables
from tests.support.import_desk import ImportDesk, counted, make_bucket


class Context:
    """Of a call of a Lambda function."""

    def __init__(self, remaining_ms: int = 300_000) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms


class BrokenTenants:
    """Implements `ports.TenantDirectory`, badly."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def list_tenants(self) -> Any:
        raise self._error

    def get_tenant(self, _: TenantId) -> Any:
        raise self._error


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> ImportDesk:
    return ImportDesk(dynamodb_tables, make_bucket(dynamodb_tables))


@pytest.fixture
def app(desk: ImportDesk) -> ImportWorkerApp:
    return build_import_worker_app(
        desk.settings,
        desk.client,
        files=desk.files,
        import_queue=desk.queue,
        queue=desk.jobs,
        clock=desk.clock,
    )


def committed(desk: ImportDesk) -> str:
    import_id = desk.upload("email\na@example.com\n")
    assert desk.commit(import_id).status == 202
    return import_id


def handled(app: ImportWorkerApp, *bodies: str, context: Context | None = None) -> list[str]:
    """The numbers of the messages that come back."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    answer = build_import_worker(app)({"Records": records}, context or Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(desk: ImportDesk, import_id: str) -> str:
    return json.dumps({"tenant": desk.tenant.id, "import": import_id})


def test_a_message_has_its_import_worked(desk: ImportDesk, app: ImportWorkerApp) -> None:
    import_id = committed(desk)
    assert handled(app, message(desk, import_id), message(desk, import_id)) == []
    assert counted(desk.get(import_id)) == {"created": 1}


def test_what_is_no_message_comes_back(desk: ImportDesk, app: ImportWorkerApp) -> None:
    wrong = ("no json", "[]", "{}", json.dumps({"tenant": "x", "import": "../y"}))
    assert handled(app, *wrong, message(desk, committed(desk))) == ["0", "1", "2", "3"]


def test_with_too_little_time_left_another_message_is_sent(desk: ImportDesk, app: ImportWorkerApp) -> None:
    import_id = committed(desk)
    assert handled(app, message(desk, import_id), context=Context(1000)) == []
    assert desk.queue.sent == [(desk.tenant.id, import_id)] * 2
    assert desk.get(import_id)["status"] == "running"


def test_a_fault_of_the_moment_is_left_to_the_sweep(desk: ImportDesk, app: ImportWorkerApp) -> None:
    import_id = committed(desk)
    broken = replace(app, tenants=BrokenTenants(StoreUnavailable("not now")))
    assert handled(broken, message(desk, import_id)) == []
    assert handled(app, message(desk, import_id)) == [], "the lease was given back"
    assert counted(desk.get(import_id)) == {"created": 1}


def test_a_fault_that_nobody_foresaw_comes_back_without_its_words(
    desk: ImportDesk, app: ImportWorkerApp, capsys: pytest.CaptureFixture[str]
) -> None:
    """Invariant 8."""
    broken = replace(app, tenants=BrokenTenants(RuntimeError("xanthippe@example.com")))
    assert handled(broken, message(desk, committed(desk))) == ["0"]
    assert "xanthippe" not in capsys.readouterr().out
