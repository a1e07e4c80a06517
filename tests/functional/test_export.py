"""An export holds all that is kept of a person, and nothing of anybody else."""

import csv
import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from customerhub.bootstrap import build_privacy_app
from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE
from customerhub.domain.caller import Scope
from customerhub.entrypoints.caller_context import caller_context
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.exports import ExportResponse
from customerhub.entrypoints.http_api.routes.privacy import PRIVACY_ROUTES
from customerhub.settings import Settings
from customerhub.store.table import ALWAYS, Database, Key, Put
from infra.local.tables import DynamoDBTables
from tests.support.one_client import with_one_client
from tests.support.till import NoObjects, Till, fresh_tenant, open_till, service, user_of

ANN: dict[str, Any] = {
    "email": "ann.archer@example.com",
    "phone": "+17075550101",
    "firstName": "Annabella",
    "allergies": ["walnuts"],
}
BOB: dict[str, Any] = {"email": "bob@example.com", "firstName": "Bob"}
RECORDS: dict[str, dict[str, Any]] = {
    "LINK#shopify:1": {"remote_id": "1"},
    "ORDER#2026-11-01#7": {"total": "48.00", "lines": [{"sku": "red", "count": 2}]},
    "ENROLL#gold": {"stage": "gold"},
    "LEAD#2026-10-01#3": {"words": "a crate of red"},
}


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    return with_one_client(fresh_tables())


@pytest.fixture
def till(tables: DynamoDBTables) -> Till:
    return open_till(tables.client(), tables.names)


def put_records(tables: DynamoDBTables, till: Till, customer: str) -> None:
    database = Database(tables.client())
    for sort, attributes in RECORDS.items():
        key = Key(tables.names[CUSTOMERS_TABLE_VARIABLE], f"T#{till.tenant.id}#C#{customer}", sort)
        database.put(Put(key, attributes, ALWAYS))


def exported(till: Till, customer: str, **options: Any) -> dict[str, Any]:
    reply = till.export(customer, **options)
    assert reply.status == 200, reply
    ExportResponse.model_validate(reply.body, strict=True)
    export: dict[str, Any] = reply.body["export"]
    return export


def collected(tables: DynamoDBTables, tenant: str, *customers: str) -> list[str]:
    """Sort keys of all that is stored with the customers."""
    partitions = {f"T#{tenant}#C#{customer}" for customer in customers}
    items = tables.client().scan(TableName=tables.names[CUSTOMERS_TABLE_VARIABLE])["Items"]
    return sorted(item["SK"]["S"] for item in items if item["PK"]["S"] in partitions)


def test_an_export_holds_what_a_scan_finds(till: Till, tables: DynamoDBTables) -> None:
    old = till.manage(email=ANN["email"], firstName="Annabella", key="k").id
    put_records(tables, till, old)
    till.manage(phone=ANN["phone"], allergies=["walnuts"])
    assert till.manage(email=ANN["email"], phone=ANN["phone"]).status == 409
    customer = till.manage(email=ANN["email"], phone=ANN["phone"], mergeIfFound=True, key="l").id
    export = exported(till, customer)
    ids = [customer, *export["customer"]["formerIds"]]
    stored = collected(tables, till.tenant.id, *ids)
    found = {
        "LINK#": [f"LINK#{row['id']}" for row in export["links"]],
        "ORDER#": [f"ORDER#{row['id']}" for row in export["orders"]],
        "ENROLL#": [f"ENROLL#{row['id']}" for row in export["enrollments"]],
        "LEAD#": [f"LEAD#{row['id']}" for row in export["leads"]],
        "EVENT#": [f"EVENT#{row['id']}" for row in export["events"]],
        "MERGE#": [f"MERGE#{row['id']}" for row in export["merges"]],
    }
    for prefix, sorts in found.items():
        assert sorted(sorts) == [sort for sort in stored if sort.startswith(prefix)], prefix
        assert sorts, prefix
    assert len(export["conflicts"]) == len({sort for sort in stored if sort.startswith("REF#CONFLICT")}) == 1
    assert len(export["answers"]) == len({sort for sort in stored if sort.startswith("REF#ANSWER")}) == 2
    assert json.loads(export["answers"][0]["body"])["customer"]
    assert export["orders"][0] | RECORDS["ORDER#2026-11-01#7"] == export["orders"][0]
    assert {entry["value"] for entry in export["claims"]} == {ANN["email"], ANN["phone"]}
    assert export["customer"]["allergies"] == ["walnuts"]


def test_the_id_from_before_a_merge_works(till: Till) -> None:
    ids = [till.manage(email=ANN["email"]).id, till.manage(phone=ANN["phone"]).id]
    customer = till.manage(email=ANN["email"], phone=ANN["phone"], mergeIfFound=True).id
    assert {exported(till, i)["customer"]["id"] for i in ids} == {customer}


def test_nothing_of_others_is_told(till: Till) -> None:
    """Invariant 7: neither of those with whom the person was in conflict, nor of one with whom it was merged."""
    ann, bob = till.manage(ANN).id, till.manage(BOB).id
    assert till.manage(email=BOB["email"], phone=ANN["phone"], key="k").status == 409
    assert till.merge(bob, ann).status == 200
    assert till.unmerge(ann).status == 200
    export = json.dumps(exported(till, ann))
    assert "bob@example.com" not in export
    assert '"Bob"' not in export
    assert "walnuts" in export


def test_nor_of_one_who_was_merged_in_for_a_while(till: Till) -> None:
    """Invariant 7: the events of that time are the other one's, too, and so are the answers."""
    ann = till.manage({**ANN, "authUserId": "auth-ann"}, caller=service(till.tenant)).id
    assert till.merge(ann, till.manage({**BOB, "allergies": ["lupines"]}).id).status == 200
    till.manage(email=BOB["email"], allergies=["celery"], key="k")
    assert till.unmerge(ann).status == 200
    user = user_of(till.tenant, "auth-ann")
    for told in (exported(till, ann), exported(till, ann, caller=user), till.timeline(ann, caller=user).body):
        text = json.dumps(told)
        assert [word for word in ("bob@example.com", '"Bob"', "lupines", "celery") if word in text] == []
        assert "CustomerUnmerged" in text


def test_a_user_gets_the_own_record_only_and_no_names_of_staff(till: Till) -> None:
    """Invariant 7."""
    customer = till.manage({**ANN, "authUserId": "auth-ann"}, caller=service(till.tenant)).id
    export = exported(till, customer, caller=user_of(till.tenant, "auth-ann"))
    assert {event["by"] for event in export["events"]} == {"key"}
    assert till.export(customer, caller=user_of(till.tenant, "auth-bob")).status == 404
    assert till.export(customer, caller=service(fresh_tenant())).status == 404


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.CUSTOMERS_EXPORT])
def test_it_takes_the_scope_and_no_other(till: Till, scope: Scope) -> None:
    customer = till.manage(ANN).id
    assert till.export(customer, caller=service(till.tenant, scopes=frozenset({scope}))).status == 403
    only = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_EXPORT}))
    assert exported(till, customer, caller=only)["customer"]["id"] == customer


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_table_is_a_formula(till: Till, tables: DynamoDBTables, text: str) -> None:
    customer = till.manage(email=ANN["email"]).id
    key = Key(tables.names[CUSTOMERS_TABLE_VARIABLE], f"T#{till.tenant.id}#C#{customer}", "ORDER#1")
    Database(tables.client()).put(Put(key, {"note": text, "Größe": 'ä,\n"b"'}, ALWAYS))
    (row,) = table(tables, till, customer, "orders")
    assert row == {"customerId": customer, "id": "1", "note": f"'{text}", "Größe": 'ä,\n"b"'}
    assert table(tables, till, customer, "links") == []


def table(tables: DynamoDBTables, till: Till, customer: str, name: str) -> list[dict[str, str]]:
    """One of the tables of the zip."""
    handler = build_api(build_privacy_app(Settings(tables.names), tables.client(), NoObjects()), PRIVACY_ROUTES)
    answer = handler(
        {
            "routeKey": "GET /api/customers/{customerId}/export",
            "requestContext": {"requestId": "r", "authorizer": {"lambda": caller_context(service(till.tenant))}},
            "headers": {},
            "pathParameters": {"customerId": customer},
            "queryStringParameters": {"format": "csv"},
        },
        None,
    )
    assert answer["isBase64Encoded"]
    with zipfile.ZipFile(io.BytesIO(b64decode(answer["body"]))) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode(), newline="")))
