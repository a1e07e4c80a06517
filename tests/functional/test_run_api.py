"""`POST /api/integrations/{integrationId}/sync` and `/api/runs`, over real tables."""

import csv
import io
import json
from typing import Any

import pytest

from customerhub.bootstrap import build_integrations_app
from customerhub.domain.caller import Scope
from customerhub.domain.run import RunKind
from customerhub.entrypoints.caller_context import caller_context
from customerhub.entrypoints.http_api import runs as routes
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.integrations import INTEGRATION_ROUTES
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.run_desk import RunDesk
from tests.support.till import Reply, Till, fresh_tenant, service, user_of

SYNC = "POST /api/integrations/{integrationId}/sync"


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> RunDesk:
    desk = RunDesk(dynamodb_tables)
    desk.shop.is_ordered = False
    return desk


@pytest.fixture
def till(desk: RunDesk) -> Till:
    unused: Any = object()
    settings = Settings({**desk.tables.names, "PUBLIC_URL": "https://hub.example.com"})
    app = build_integrations_app(
        settings,
        desk.client,
        connectors=unused,
        secrets=unused,
        queue=unused,
        run_queue=desk.queue,
        delivery_queue=unused,
        topic=unused,
        clock=desk.clock,
    )
    return Till(build_api(app, INTEGRATION_ROUTES), desk.tenant)


def sync(till: Till, body: Any = None, integration: str = "shopify", **options: Any) -> Reply:
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    return till.call(SYNC, path={"integrationId": integration}, body=text, **options)


def get(till: Till, path: str, run: str | None = None, **options: Any) -> Reply:
    return till.call(f"GET /api/runs{path}", path={"runId": run} if run else None, **options)


def test_a_sync_by_hand_is_followed_to_its_end(desk: RunDesk, till: Till) -> None:
    desk.stock(people=5, sales=2, goods=1)
    reply = sync(till)
    assert reply.status == 202
    body = reply.body["run"]
    assert (body["kind"], body["status"], body["integration"]) == ("pull", "running", "shopify")
    assert [feed["status"] for feed in body["feeds"]] == ["under_way", "waiting", "waiting"]
    assert [sent[1] for sent in desk.queue.sent] == [body["id"]]
    assert sync(till, {}).body["run"]["id"] == body["id"], "one is under way"
    run = desk.runs.get_run(desk.tenant.id, body["id"])
    assert run
    desk.finish(run)
    ended = get(till, "/{runId}", body["id"]).body["run"]
    assert (ended["status"], ended["counts"]["records"], ended["counts"]["created"]) == ("completed", 8, 8)
    assert ended["counts"]["balanced"]
    assert [feed["counts"]["created"] for feed in ended["feeds"]] == [5, 2, 1]
    assert {feed["status"] for feed in ended["feeds"]} == {"done"}
    assert [one["id"] for one in get(till, "").body["runs"]] == [body["id"]]
    assert [one["id"] for one in get(till, "", query={"integration": "shopify"}).body["runs"]] == [body["id"]]
    assert get(till, "", query={"integration": "other"}).body["runs"] == []
    records = get(till, "/{runId}/records", body["id"], query={"limit": 3}).body
    assert [one["verdict"] for one in records["records"]] == ["created"] * 3
    rest = get(till, "/{runId}/records", body["id"], query={"limit": 100, "cursor": records["nextCursor"]}).body
    assert (len(rest["records"]), rest["nextCursor"]) == (5, None)
    assert get(till, "/{runId}/records", body["id"], query={"verdict": "failed"}).body["records"] == []


def test_a_full_sync_compares_and_waits_for_its_turn(desk: RunDesk, till: Till) -> None:
    desk.stock()
    pull = sync(till).body["run"]
    refused = sync(till, {"full": True})
    assert (refused.status, refused.body["code"], refused.body["run"]["id"]) == (409, "run_under_way", pull["id"])
    run = desk.runs.get_run(desk.tenant.id, pull["id"])
    assert run
    desk.finish(run)
    full = sync(till, {"full": True})
    assert (full.status, full.body["run"]["kind"]) == (202, "compare")
    assert sync(till, {"full": False}).status == 409
    assert sync(till, {"full": True}).body["run"]["id"] == full.body["run"]["id"]


def test_a_run_is_cancelled(desk: RunDesk, till: Till) -> None:
    run_id = sync(till).body["run"]["id"]
    path = {"runId": run_id}
    reply = till.call("POST /api/runs/{runId}/cancel", path=path)
    assert (reply.status, reply.body["run"]["cancelRequested"]) == (200, True)
    run = desk.runs.get_run(desk.tenant.id, run_id)
    assert run
    desk.finish(run)
    assert till.call("POST /api/runs/{runId}/cancel", path=path).body["run"]["status"] == "cancelled"
    done = desk.pull()
    reply = till.call("POST /api/runs/{runId}/cancel", path={"runId": done.id})
    assert (reply.status, reply.body["code"]) == (409, "already_ended")


def csv_parts(till: Till, run: str, query: str = "format=csv") -> list[tuple[str, str | None]]:
    """Each part's text, and where its `Link` leads to."""
    parts: list[tuple[str, str | None]] = []
    while True:
        parameters = dict(part.split("=") for part in query.split("&"))
        context = {"requestId": "r", "authorizer": {"lambda": caller_of(till)}}
        event = {
            "routeKey": "GET /api/runs/{runId}/records",
            "requestContext": context,
            "headers": {},
            "pathParameters": {"runId": run},
            "queryStringParameters": parameters,
        }
        answer = till.handler(event, None)
        assert answer["statusCode"] == 200
        assert answer["headers"]["Content-Type"].startswith("text/csv")
        link = answer["headers"].get("Link")
        parts.append((answer["body"], link))
        if not link:
            return parts
        assert link.endswith('>; rel="next"')
        query = link.partition("?")[2].partition(">")[0]


def caller_of(till: Till) -> Any:
    return caller_context(service(till.tenant))


def test_the_verdicts_come_as_csv_in_parts_that_are_one_file(
    desk: RunDesk, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.stock(people=9, sales=2, goods=0)
    run = desk.pull()
    (whole,) = csv_parts(till, run.id)
    monkeypatch.setattr(routes, "CSV_RECORDS", 4)
    parts = csv_parts(till, run.id)
    assert len(parts) == 3
    assert "".join(text for text, _ in parts) == whole[0]
    rows = list(csv.reader(io.StringIO(whole[0])))
    assert rows[0] == ["id", "verdict", "code", "customerId"]
    assert [row[:2] for row in rows[1:]] == [[one.id, one.verdict] for _, one in desk.verdicts(run)]
    assert csv_parts(till, run.id, "format=csv&verdict=failed") == [("id,verdict,code,customerId\r\n", None)]


@pytest.mark.parametrize(
    ("body", "field"),
    [('{"full": "yes"}', "full"), ('{"fulll": true}', "fulll"), ("[]", "body"), ('{"full": null}', "full")],
)
def test_a_bad_body_is_refused_by_its_field(till: Till, body: str, field: str) -> None:
    reply = sync(till, body)
    assert (reply.status, reply.body["field"]) == (422, field)


def test_what_cannot_be_asked_for_is_refused(desk: RunDesk, till: Till) -> None:
    assert sync(till, "{").status == 400
    assert sync(till, integration="nothing").status == 404
    assert sync(till, integration="No Such").status == 404
    run = desk.pull()
    bad_queries = [("limit", "0"), ("cursor", "x"), ("verdict", "lost"), ("format", "xml")]
    for field, value in bad_queries:
        reply = get(till, "/{runId}/records", run.id, query={field: value})
        assert (reply.status, reply.body["field"]) == (422, field)
    reply = get(till, "", query={"integration": "No Such"})
    assert (reply.status, reply.body["field"]) == (422, "integration")
    for path in ("/{runId}", "/{runId}/records"):
        for unknown in ("0" * 26, "../x"):
            assert get(till, path, unknown).status == 404
    desk.disconnect()
    reply = sync(till)
    assert (reply.status, reply.body["code"]) == (409, "integration_inactive")


def test_invariant_7_runs_are_their_tenants_and_their_scopes(desk: RunDesk, till: Till) -> None:
    run = desk.pull()
    stranger = service(fresh_tenant())
    assert get(till, "/{runId}", run.id, caller=stranger).status == 404
    assert get(till, "/{runId}/records", run.id, caller=stranger).status == 404
    assert get(till, "", caller=stranger).body["runs"] == []
    assert till.call("POST /api/runs/{runId}/cancel", path={"runId": run.id}, caller=stranger).status == 404
    assert sync(till, caller=stranger).status == 404
    reader = service(desk.tenant, scopes=frozenset({Scope.SYNC_READ}))
    writer = service(desk.tenant, scopes=frozenset({Scope.SYNC_WRITE}))
    for caller in (writer, user_of(desk.tenant, "somebody")):
        assert [get(till, path, run.id, caller=caller).status for path in ("/{runId}", "/{runId}/records")] == [403] * 2
    assert get(till, "", caller=writer).status == 403
    for caller in (reader, user_of(desk.tenant, "somebody")):
        assert sync(till, caller=caller).status == 403
        assert till.call("POST /api/runs/{runId}/cancel", path={"runId": run.id}, caller=caller).status == 403
    assert desk.start(RunKind.PULL).kind is RunKind.PULL
