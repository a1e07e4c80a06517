"""The API's edge in process: idempotency, faults that nobody foresaw, and words in logs."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from customerhub.app import App
from customerhub.bootstrap import build_customers_app
from customerhub.domain.caller import Scope
from customerhub.entrypoints.caller_context import caller_context
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.route import Request, Response, Route
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.till import Till, fresh_tenant, open_till, service


def test_one_conflict_however_often_it_is_found(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    till.manage(email="a@example.com")
    till.manage(phone="7075550123")
    both = {"email": "a@example.com", "phone": "7075550123"}
    assert [till.manage(both | {"firstName": name}).status for name in "ABC"] == [409] * 3
    books = audit(tables)
    assert len(books.conflicts) == 1
    assert books.conflicts[0]["status"] == "OPEN"


def test_what_a_user_cannot_prove_is_no_case_for_review(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    for identifier in ({"phone": "7075550123", "email": "a@example.com", "firstName": "A"},):
        till.manage(identifier)
    till.manage(phone="7075550123", email="b@example.com", firstName="B", samePerson=False)
    assert till.manage(phone="7075550123").status == 409
    assert audit(tables).conflicts == []


def test_an_update_of_nothing_writes_nothing(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    call = {"phone": "7075550123", "firstName": "A", "source": "chatbot", "preferences": {"wine": [1, 2.5, None]}}
    replies = [till.manage(call) for _ in range(3)]
    assert replies[1].body == replies[2].body
    books = audit(tables)
    assert [event["type"] for event in books.events] == ["CustomerCreated"]
    assert [customer.version for customer in books.customers.values()] == [1]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ("", 400, "body"),
        ("[]", 422, "body"),
        ("{", 400, "body"),
        ('{"phone": 5}', 422, "phone"),
        ('{"phone": "7075550123", "mergeIfFound": "yes"}', 422, "mergeIfFound"),
        ('{"phone": "7075550123", "address": {"planet": "Mars"}}', 422, "address.planet"),
        ('{"phone": "7075550123", "nickname": "J"}', 422, "nickname"),
        ('{"phone": "7075550123", "source": "?"}', 422, "source"),
        ('{"phone": "7075550123", "firstName": "' + "x" * 101 + '"}', 422, "firstName"),
        ('{"email": "x"}', 422, "email"),
        ('{"phone": "1"}', 422, "phone"),
        ('{"phone": "' + "1" * 70_000 + '"}', 413, "body"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input_is_named(till: Till, body: str, status: int, field: str | None) -> None:
    reply = till.manage(body)
    assert (reply.status, reply.body.get("field")) == (status, field)
    assert reply.body["message"]


def test_a_key_without_the_scope_is_refused(till: Till) -> None:
    reader = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_READ}))
    assert till.manage(email="a@example.com", caller=reader).status == 403
    writer = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_WRITE}))
    assert till.manage(email="a@example.com", mergeIfFound=True, caller=writer).status == 403
    created = till.manage(email="a@example.com", caller=writer)
    assert till.get(created.id, writer).status == 403
    assert till.get(created.id, reader).status == 200


def test_the_ceiling_of_a_credential_holds_over_all_persons(till: Till) -> None:
    caller = service(till.tenant, ceiling=5)
    replies = [till.manage(phone=f"707555{number:04d}", caller=caller) for number in range(7)]
    assert [reply.status for reply in replies] == [200] * 5 + [429] * 2
    assert replies[-1].headers["RateLimit-Limit"] == "5"


def test_an_unforeseen_fault_is_a_500_that_quotes_nobody(
    dynamodb_tables: DynamoDBTables, caplog: pytest.LogCaptureFixture
) -> None:
    """Invariant 8."""

    def explode(_app: App, _request: Request) -> Response:
        raise RuntimeError("john@example.com +17075550123")

    route = Route("POST", "/explode", explode, "", "", {})
    app = build_customers_app(Settings(dynamodb_tables.names), dynamodb_tables.client())
    answer = build_api(app, (route,))(_event("POST /explode"), None)
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["code"] == "internal_error"
    logged = str([vars(record) for record in caplog.records])
    assert "RuntimeError" in logged
    said = logged + answer["body"]
    assert "john@" not in said
    assert "+1707" not in said


def _event(route: str) -> dict[str, Any]:
    context = caller_context(service(fresh_tenant()))
    return {"routeKey": route, "requestContext": {"requestId": "r", "authorizer": {"lambda": context}}, "headers": {}}
