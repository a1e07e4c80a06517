"""Whatever is put into any place of any request about the club, imports or jobs is answered with less than a 500, and
what is refused is refused by name, in our own words."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from customerhub.bootstrap import build_sync_app
from customerhub.domain import owing
from customerhub.domain.ids import EnrollmentId
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.club import CLUB_ROUTES
from customerhub.entrypoints.http_api.routes.imports import IMPORT_ROUTES
from customerhub.entrypoints.http_api.routes.sync import SYNC_ROUTES
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, connect
from tests.support.import_desk import ImportDesk, make_bucket
from tests.support.json_places import places, with_value
from tests.support.till import QuietQueue, Reply, Till, open_till

CANARY = "canary4711"
HOSTILE: list[Any] = [
    None, True, 0, -1, 1e30, float("nan"), float("inf"), 10**400, "", " ", CANARY, f"{CANARY}@example.com", "\0",
    "\x1b", "\u202e", "9" * 20, "-1.00", "1e999", "XXX", "x" * 20_000, "T#x#C#y", "../..", "__proto__", [], {}, [{}],
    ["x"] * 10_000, {f"{CANARY}@x.com": CANARY}, {"__proto__": {}}, "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z",
    "2026-11-21T10:00:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z",
]  # fmt: skip
HOSTILE_TEXTS = ["", " ", "\0", "\u202e", CANARY, "9" * 20, "x" * 20_000, "T#x#C#y", "../..", "%00"]
RAW = [b"", b"{", b"[]", b"null", b'"x"', b"[" * 5_000, b'{"a":' * 5_000, b'{"name":"\\ud800"}', b"\xff", b"\0", b"NaN"]
TOO_LARGE = b'{"name": "' + b"x" * 66_000 + b'"}'
EXTRA = ("tenant", "tenantId", "status", "version", "owedTo", "how", "id", "scopes", "createdBy", "counts", "__proto__")


@dataclass
class Counter:
    """Where every new route is served, of one tenant that has one of everything."""

    desk: ImportDesk
    club: Club
    routes: dict[str, Till]
    path: dict[str, str]

    def call(self, route: str, **options: Any) -> Reply:
        names = {name: self.path[name] for name in self.path if f"{{{name}}}" in route}
        return self.routes[route].call(route, path=names | options.pop("path", {}), **options)


@pytest.fixture(scope="module")
def counter(dynamodb_tables: DynamoDBTables) -> Counter:
    desk = ImportDesk(dynamodb_tables, make_bucket(dynamodb_tables))
    connect(dynamodb_tables, desk.tenant.id)
    club = Club(open_till(desk.client, dynamodb_tables.names, desk.tenant))
    sync = Till(build_api(build_sync_app(desk.settings, desk.client, QuietQueue()), SYNC_ROUTES), desk.tenant)
    routes = dict.fromkeys((route.key for route in CLUB_ROUTES), club.till)
    routes |= dict.fromkeys((route.key for route in IMPORT_ROUTES), desk.till)
    routes |= dict.fromkeys((route.key for route in SYNC_ROUTES), sync)
    stage = club.stage("Bronze", durationMonths=120, qualification={"minOrders": 1})
    member = EnrollmentId(club.enrolled(stage, email="ann@example.com")["id"])
    path = {
        "stageId": stage,
        "enrollmentId": member,
        "importId": desk.upload("email\nbob@example.com\n"),
        "jobId": owing.send_welcome(desk.tenant.id, member).job,
    }
    return Counter(desk, club, routes, path)


def bodies(counter: Counter) -> dict[str, Any]:
    stage, customer = counter.path["stageId"], counter.path["enrollmentId"].partition(".")[0]
    contact = {"email": "eve@example.com", "phone": "+17075550101", "firstName": "Eve", "lastName": "Eel"}
    rule = {"currency": "USD", "minOrder": "5.00", "minSpend": "5.00", "minOrders": 1, "withinMonths": 1}
    tier = {"name": "Gold", "discountPercent": 5, "durationMonths": 12, "rank": 3, "qualification": rule}
    reading = {"mapping": {"email": "email"}, "encoding": "utf-8", "delimiter": ",", "hasHeader": True}
    which = {"status": "parked", "integration": "shopify", "kind": "sync_stage", "customerId": "c", "reason": "r"}
    return {
        "POST /api/stages": tier,
        "PATCH /api/stages/{stageId}": tier | {"name": "Bronze"},
        "POST /api/enrollments": {"stageId": stage, **contact, "source": "till", "samePerson": True, "move": False},
        "POST /api/enrollments/bulk": {"stageId": stage, "customerIds": [customer], "move": False},
        "POST /api/enrollments/{enrollmentId}/move": {"stageId": stage},
        "POST /api/enrollments/{enrollmentId}/cancel": {"reason": "moved away"},
        "POST /api/orders": {
            **contact, "externalId": "o-1", "source": "till", "number": "1",
            "total": {"amount": "9", "currency": "USD"},
            "placedAt": "2026-11-21T10:00:00Z", "updatedAt": "2026-11-21T10:00:00Z", "paid": True, "cancelled": False,
            "refunded": False, "test": False,
        },
        "POST /api/imports": {
            "fileName": "a.csv", "sizeBytes": 9, "stageId": stage, "moveMembers": False, "source": "till",
        },
        "POST /api/imports/{importId}/preview": reading | {"stageId": stage, "moveMembers": False},
        "POST /api/imports/{importId}/commit": {"mapping": {"nothing": "ignored"}, "stageId": stage},
        "PATCH /api/sync/jobs/{jobId}": {
            "dueAt": "2026-11-26T10:00:00Z",
            "overrides": {"email": "e@example.com", "firstName": "E", "lastName": "E", "phone": "+17075550101"},
        },
        "POST /api/sync/jobs/retry": {"all": True, "filter": which, "cursor": "x"},
        "POST /api/sync/jobs/discard": {"ids": ["0" * 32]},
    }  # fmt: skip


QUERIES: dict[str, dict[str, str]] = {
    "GET /api/stages": {"archived": "true"},
    "GET /api/enrollments": {"stageId": "", "status": "active", "customerId": "c", "limit": "5", "cursor": "x"},
    "GET /api/imports": {"limit": "5", "cursor": "x"},
    "GET /api/imports/{importId}/rows": {"verdict": "failed", "limit": "5", "cursor": "x"},
    "GET /api/sync/jobs": {
        "status": "parked", "integration": "shopify", "kind": "sync_stage", "customerId": "c", "reason": "r",
        "limit": "5", "cursor": "x",
    },
}  # fmt: skip
WITH_A_BODY = [
    "POST /api/stages", "PATCH /api/stages/{stageId}", "POST /api/enrollments", "POST /api/enrollments/bulk",
    "POST /api/enrollments/{enrollmentId}/move", "POST /api/enrollments/{enrollmentId}/cancel", "POST /api/orders",
    "POST /api/imports", "POST /api/imports/{importId}/preview", "POST /api/imports/{importId}/commit",
    "PATCH /api/sync/jobs/{jobId}", "POST /api/sync/jobs/retry", "POST /api/sync/jobs/discard",
]  # fmt: skip
ALL = [route.key for route in (*CLUB_ROUTES, *IMPORT_ROUTES, *SYNC_ROUTES)]


def assert_answered(reply: Reply, about: object) -> None:
    assert reply.status < 500, about
    if reply.status in (400, 413, 422):
        assert reply.body["field"], about
    if reply.status >= 400 and reply.status != 409:  # a conflict tells a backend whose accounts it found
        assert CANARY not in json.dumps(reply.body), about


def test_every_route_that_takes_a_body_is_tried(counter: Counter) -> None:
    routes = (*CLUB_ROUTES, *IMPORT_ROUTES, *SYNC_ROUTES)
    assert {route.key for route in routes if route.body} == set(WITH_A_BODY) == bodies(counter).keys()
    assert {route.key for route in routes if route.query} == set(QUERIES)


@pytest.mark.parametrize("route", WITH_A_BODY)
def test_no_value_in_a_body_is_answered_with_a_500(counter: Counter, route: str) -> None:
    good = bodies(counter)[route]
    for at in places(good):
        for value in HOSTILE:
            assert_answered(counter.call(route, body=json.dumps(with_value(good, at, value))), (at, value))
    for content in RAW:
        assert_answered(counter.call(route, body=content.decode("latin-1")), content)
    assert counter.call(route, body=TOO_LARGE.decode()).status == 413


@pytest.mark.parametrize("route", WITH_A_BODY)
def test_what_is_not_for_callers_to_say_is_refused(counter: Counter, route: str) -> None:
    """Invariant 7: nobody assigns a tenant, a state or an owner."""
    good = bodies(counter)[route]
    for name in EXTRA:
        if name not in good:
            reply = counter.call(route, body=json.dumps(good | {name: counter.path["stageId"]}))
            assert (reply.status, reply.body["field"]) == (422, name)


@pytest.mark.parametrize("route", QUERIES)
def test_no_value_in_a_query_is_answered_with_a_500(counter: Counter, route: str) -> None:
    for name in QUERIES[route]:
        for value in HOSTILE_TEXTS:
            assert_answered(counter.call(route, query={name: value}), (name, value[:50]))


@pytest.mark.parametrize("route", [route for route in ALL if "{" in route])
def test_no_id_in_a_path_is_answered_with_a_500(counter: Counter, route: str) -> None:
    (name,) = (name for name in counter.path if f"{{{name}}}" in route)
    body = json.dumps(bodies(counter).get(route, {})) if route in WITH_A_BODY else None
    for value in filter(None, HOSTILE_TEXTS):
        reply = counter.call(route, path={name: value}, body=body)
        assert reply.status == 404, (value[:50], reply)
