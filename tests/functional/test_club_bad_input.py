"""Whatever is sent to the club's routes is answered with a 4xx that names the field, and writes nothing."""

import json
from typing import Any

import pytest

from infra.local.tables import DynamoDBTables
from tests.support.club import Club, connect, enrollments_in, jobs_in, orders_in
from tests.support.till import Till

STAGE: dict[str, Any] = {"name": "Silver", "discountPercent": 10}
ORDER: dict[str, Any] = {
    "externalId": "1",
    "email": "ann@example.com",
    "total": {"amount": "10.00", "currency": "USD"},
    "placedAt": "2026-11-21T10:00:00Z",
    "paid": True,
}
SOMEBODY = {"email": "ann@example.com"}

BAD_STAGES: list[tuple[str, str, Any]] = [
    ("an array", "body", []),
    ("nothing", "name", {}),
    ("no name", "name", {"discountPercent": 10}),
    ("a blank name", "name", STAGE | {"name": " \t"}),
    ("a long name", "name", STAGE | {"name": "x" * 61}),
    ("a number as name", "name", STAGE | {"name": 7}),
    ("no discount", "discountPercent", {"name": "Silver"}),
    ("no percent", "discountPercent", STAGE | {"discountPercent": 0}),
    ("less than none", "discountPercent", STAGE | {"discountPercent": -5}),
    ("more than all", "discountPercent", STAGE | {"discountPercent": 100.01}),
    ("three decimals", "discountPercent", STAGE | {"discountPercent": 12.345}),
    ("not a number", "discountPercent", STAGE | {"discountPercent": float("nan")}),
    ("infinity", "discountPercent", STAGE | {"discountPercent": float("inf")}),
    ("true as percent", "discountPercent", STAGE | {"discountPercent": True}),
    ("a word as percent", "discountPercent", STAGE | {"discountPercent": "ten"}),
    ("no months", "durationMonths", STAGE | {"durationMonths": 0}),
    ("121 months", "durationMonths", STAGE | {"durationMonths": 121}),
    ("half a month", "durationMonths", STAGE | {"durationMonths": 1.5}),
    ("a negative rank", "rank", STAGE | {"rank": -1}),
    ("an unknown field", "tenant", STAGE | {"tenant": "demo-store"}),
    ("an empty rule", "qualification", STAGE | {"qualification": {}}),
    ("an amount without a currency", "qualification.currency", STAGE | {"qualification": {"minSpend": 5}}),
    ("no currency", "qualification.currency", STAGE | {"qualification": {"minSpend": 5, "currency": "dollars"}}),
    (
        "half a yen",
        "qualification.minSpend",
        STAGE | {"qualification": {"minSpend": "5.5", "currency": "JPY"}},
    ),
    ("no orders", "qualification.minOrders", STAGE | {"qualification": {"minOrders": 0}}),
    ("ever since never", "qualification.withinMonths", STAGE | {"qualification": {"minOrders": 1, "withinMonths": 0}}),
]
BAD_ENROLLMENTS: list[tuple[str, str, Any]] = [
    ("null", "body", None),
    ("no stage", "stageId", SOMEBODY),
    ("an empty stage", "stageId", SOMEBODY | {"stageId": ""}),
    ("a long stage", "stageId", SOMEBODY | {"stageId": "x" * 65}),
    ("a stage that there is not", "stageId", SOMEBODY | {"stageId": "gold"}),
    ("a stage with a NUL", "stageId", SOMEBODY | {"stageId": "\0"}),
    ("nobody", "phone", {"stageId": "STAGE"}),
    ("no address", "email", {"stageId": "STAGE", "email": "ann"}),
    ("a placeholder", "email", {"stageId": "STAGE", "email": "chatbot_temp@temp.local"}),
    ("no phone", "phone", {"stageId": "STAGE", **SOMEBODY, "phone": "call me"}),
    ("a phone alone", "email", {"stageId": "STAGE", "phone": "+17075550101"}),
    ("both ways", "customerId", {"stageId": "STAGE", **SOMEBODY, "customerId": "c"}),
    ("a name beside an id", "customerId", {"stageId": "STAGE", "firstName": "Ann", "customerId": "c"}),
    ("a word for move", "move", {"stageId": "STAGE", **SOMEBODY, "move": "yes"}),
    ("an unknown field", "status", {"stageId": "STAGE", **SOMEBODY, "status": "expired"}),
]
BAD_ORDERS: list[tuple[str, str, Any]] = [
    ("nothing", "externalId", {}),
    ("an empty id", "externalId", ORDER | {"externalId": ""}),
    ("an id with a space", "externalId", ORDER | {"externalId": "1 2"}),
    ("an id with a NUL", "externalId", ORDER | {"externalId": "1\0"}),
    ("a number as id", "externalId", ORDER | {"externalId": 1}),
    ("a long id", "externalId", ORDER | {"externalId": "1" * 101}),
    ("nobody", "phone", {name: value for name, value in ORDER.items() if name != "email"}),
    ("both ways", "customerId", ORDER | {"customerId": "c"}),
    ("two sources", "source", ORDER | {"source": "till", "integration": "shopify"}),
    ("a shop that is not connected", "integration", ORDER | {"integration": "woocommerce"}),
    ("a source with a hash", "source", ORDER | {"source": "a#b"}),
    ("no total", "total", {name: value for name, value in ORDER.items() if name != "total"}),
    ("a number as total", "total", ORDER | {"total": 10}),
    ("a negative total", "total", ORDER | {"total": {"amount": -1, "currency": "USD"}}),
    ("half a cent", "total", ORDER | {"total": {"amount": "1.005", "currency": "USD"}}),
    ("not a number", "total.amount", ORDER | {"total": {"amount": "NaN", "currency": "USD"}}),
    ("a huge total", "total.amount", ORDER | {"total": {"amount": 1e30, "currency": "USD"}}),
    ("no currency", "total.currency", ORDER | {"total": {"amount": 1, "currency": "$"}}),
    ("no time", "placedAt", ORDER | {"placedAt": "yesterday"}),
    ("a time without a zone", "placedAt", ORDER | {"placedAt": "2026-11-21T10:00:00"}),
    ("a number as time", "placedAt", ORDER | {"placedAt": 1e300}),
    ("a time before there was time", "placedAt", ORDER | {"placedAt": "0001-01-01T00:00:00+14:00"}),
    ("the last time", "updatedAt", ORDER | {"updatedAt": "9999-12-31T23:59:59-12:00"}),
    ("a word for paid", "paid", ORDER | {"paid": "yes"}),
    ("not whether it is paid", "paid", {name: value for name, value in ORDER.items() if name != "paid"}),
]
BAD_SELECTIONS: list[tuple[str, str, Any]] = [
    ("nobody", "customerIds", {"stageId": "STAGE", "customerIds": []}),
    ("101 customers", "customerIds", {"stageId": "STAGE", "customerIds": ["c"] * 101}),
    ("a number among them", "customerIds.0", {"stageId": "STAGE", "customerIds": [1]}),
    ("an empty id", "customerIds.0", {"stageId": "STAGE", "customerIds": [""]}),
    ("a text", "customerIds", {"stageId": "STAGE", "customerIds": "c"}),
    ("no such stage", "stageId", {"stageId": "gold", "customerIds": ["c"]}),
]


@pytest.fixture(scope="module")
def club(module_till: Till, dynamodb_tables: DynamoDBTables) -> Club:
    """The club of a tenant of this module's own, with one stage."""
    connect(dynamodb_tables, module_till.tenant.id)
    club = Club(module_till)
    club.stage("Bronze")
    return club


def refused(club: Club, route: str, body: Any, **path: str) -> tuple[int, str]:
    """What the answer says; nothing may have been written."""
    text = json.dumps(body).replace('"STAGE"', json.dumps(club.stages()[0]["id"]))
    reply = club.till.call(route, path=path or None, body=text)
    return reply.status, str(reply.body.get("field"))


@pytest.mark.parametrize(("field", "body"), [case[1:] for case in BAD_STAGES], ids=[case[0] for case in BAD_STAGES])
def test_a_stage_is_refused_by_its_field(club: Club, field: str, body: Any) -> None:
    assert refused(club, "POST /api/stages", body) == (422, field)
    assert [stage["name"] for stage in club.stages(archived="true")] == ["Bronze"]


@pytest.mark.parametrize(
    ("field", "body"), [case[1:] for case in BAD_ENROLLMENTS], ids=[case[0] for case in BAD_ENROLLMENTS]
)
def test_an_enrollment_is_refused_by_its_field(
    club: Club, dynamodb_tables: DynamoDBTables, field: str, body: Any
) -> None:
    jobs = jobs_in(dynamodb_tables, club.till.tenant.id)
    assert refused(club, "POST /api/enrollments", body) == (422, field)
    assert enrollments_in(dynamodb_tables, club.till.tenant.id) == []
    assert jobs_in(dynamodb_tables, club.till.tenant.id) == jobs
    assert club.till.search().body["customers"] == []


@pytest.mark.parametrize(("field", "body"), [case[1:] for case in BAD_ORDERS], ids=[case[0] for case in BAD_ORDERS])
def test_an_order_is_refused_by_its_field(club: Club, dynamodb_tables: DynamoDBTables, field: str, body: Any) -> None:
    assert refused(club, "POST /api/orders", body) == (422, field)
    assert orders_in(dynamodb_tables, club.till.tenant.id) == []
    assert club.till.search().body["customers"] == []


@pytest.mark.parametrize(
    ("field", "body"), [case[1:] for case in BAD_SELECTIONS], ids=[case[0] for case in BAD_SELECTIONS]
)
def test_a_selection_is_refused_by_its_field(club: Club, field: str, body: Any) -> None:
    assert refused(club, "POST /api/enrollments/bulk", body) == (422, field)


@pytest.mark.parametrize(
    ("field", "body"),
    [("name", {"name": None}), ("discountPercent", {"discountPercent": None}), ("id", {"id": "x"}), ("body", "x")],
)
def test_a_change_of_a_stage_is_refused_by_its_field(club: Club, field: str, body: Any) -> None:
    stage = club.stages()[0]
    assert refused(club, "PATCH /api/stages/{stageId}", body, stageId=stage["id"]) == (422, field)
    assert club.stages() == [stage]


@pytest.mark.parametrize("enrollment", ["x", "\0", "x" * 500, f"{'0' * 36}.{'0' * 26}", "../../stages"])
def test_what_cannot_be_an_enrollment_is_none(club: Club, enrollment: str) -> None:
    stage = club.stages()[0]["id"]
    statuses = [club.enrollment(enrollment).status, club.cancel(enrollment).status, club.move(enrollment, stage).status]
    assert statuses == [404, 404, 404]


@pytest.mark.parametrize("stage", ["x", "\0", "x" * 65, "STAGE#x"])
def test_what_cannot_be_a_stage_is_none(club: Club, stage: str) -> None:
    read = club.till.call("GET /api/stages/{stageId}", path={"stageId": stage})
    assert [read.status, club.patch_stage(stage, rank=1).status, club.archive(stage).status] == [404, 404, 404]


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("status", {"status": "open"}),
        ("status", {"status": ""}),
        ("limit", {"limit": "0"}),
        ("cursor", {"cursor": "x"}),
        ("stageId", {"stageId": "x" * 65}),
        ("customerId", {"customerId": ""}),
    ],
)
def test_a_list_is_refused_by_its_parameter(club: Club, field: str, query: dict[str, str]) -> None:
    reply = club.enrollments(**query)
    assert (reply.status, reply.body["field"]) == (422, field)
    assert club.enrollments(stageId="gold").status == club.enrollments(customerId="nobody").status == 404
    assert club.till.call("GET /api/stages", query={"archived": "maybe"}).body["field"] == "archived"


@pytest.mark.parametrize("body", ["", "{", '{"email": "\\ud83d"}', "\x00"])
def test_what_is_no_json_is_malformed(club: Club, body: str) -> None:
    for route in ("POST /api/stages", "POST /api/enrollments", "POST /api/enrollments/bulk", "POST /api/orders"):
        assert club.till.call(route, body=body).status in (400, 422), route
