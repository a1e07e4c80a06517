"""Export and erasure over HTTP, and what the schedule does by itself. Invariants 6 and 7."""

import csv
import gzip
import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from customerhub.deployment import CLEAN_QUIET_CUSTOMERS, CUSTOMERS_TABLE_VARIABLE, FINISH_ERASURES
from customerhub.store.table import ALWAYS, Database, Key, Put
from infra.local.hub import Hub
from tests.e2e.test_deployed_settings import physical_ids
from tests.support.api import Api, Person


def request(api: Api, method: str, path: str, **headers: str) -> httpx.Response:
    authorization = {"Authorization": f"Bearer {api.credential}"}
    return api.client.request(method, path, headers={**authorization, **headers})


def create(api: Api, person: Person) -> str:
    return api.manage(email=person.email, phone=person.phone, firstName="Ann", allergies=["=nuts()"]).id


def test_a_person_is_exported_as_json_and_as_tables(winery: Api) -> None:
    person = Person()
    customer = create(winery, person)
    path = f"/api/customers/{customer}/export"
    plain = request(winery, "GET", path, **{"Accept-Encoding": "identity"})
    packed = request(winery, "GET", path, **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    export, again = plain.json()["export"], packed.json()["export"]
    assert export["customer"] == again["customer"]
    assert [entry["value"] for entry in export["identifiers"]] == [person.email, person.phone]
    tables = request(winery, "GET", f"{path}?format=csv")
    assert tables.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(tables.content)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("identifiers.csv").decode())))
    assert [row["value"] for row in rows] == [person.email, f"'{person.phone}"]
    refused = request(winery, "GET", f"{path}?format=xml")
    assert (refused.status_code, refused.json()["field"]) == (422, "format")


def test_a_large_export_is_a_link_to_a_file(winery: Api, stack: Hub) -> None:
    customer = create(winery, Person())
    put_orders(stack, winery.tenant_id, customer, 60, size=100_000)
    path = f"/api/customers/{customer}/export"
    answer = request(winery, "GET", path, **{"Accept-Encoding": "identity"})
    assert answer.status_code == 303
    url = answer.headers["Location"]
    assert url == answer.json()["url"]
    file = httpx.get(url, trust_env=False)
    assert file.headers["Content-Type"] == "application/gzip"
    assert len(json.loads(gzip.decompress(file.content))["export"]["orders"]) == 60
    assert httpx.get(url.partition("?")[0], trust_env=False).status_code == 403


def put_orders(hub: Hub, tenant: str, customer: str, number: int, *, size: int) -> None:
    database = Database(hub.emulator.client("dynamodb"))
    for order in range(number):
        key = Key(hub.tables[CUSTOMERS_TABLE_VARIABLE], f"T#{tenant}#C#{customer}", f"ORDER#2026-11-21#{order:05d}")
        database.put(Put(key, {"note": f"{order:05d}" * (size // 5)}, ALWAYS))


def test_a_person_is_erased_and_stays_so(tenants: list[Api]) -> None:
    ours, theirs = tenants[:2]
    person = Person()
    customer = create(ours, person)
    assert request(theirs, "DELETE", f"/api/customers/{customer}").status_code == 404
    receipt = request(ours, "DELETE", f"/api/customers/{customer}")
    assert receipt.status_code == 200
    erasure = receipt.json()["erasure"]
    assert (erasure["id"], erasure["status"]) == (customer, "completed")
    assert request(ours, "GET", f"/api/erasures/{customer}").json() == receipt.json()
    assert request(theirs, "GET", f"/api/erasures/{customer}").status_code == 404
    assert request(ours, "DELETE", f"/api/customers/{customer}").json() == receipt.json()
    assert ours.get(customer).status == 410
    assert ours.manage(email=person.email).status == 410


def test_a_user_exports_and_erases_the_own_record_only(winery: Api) -> None:
    john, mary = Person(), Person()
    users = [winery.as_user(person.auth_user_id, email=person.email, emailVerified=True) for person in (john, mary)]
    own, other = (user.manage().id for user in users)
    for method, path in (("GET", f"/api/customers/{other}/export"), ("DELETE", f"/api/customers/{other}")):
        assert request(users[0], method, path).status_code == 404
    assert request(users[0], "GET", f"/api/customers/{own}/export").json()["export"]["customer"]["id"] == own
    assert request(users[0], "DELETE", f"/api/customers/{own}").status_code == 200
    assert users[0].manage().customer["isNewAccount"], "the person may come back"


@pytest.mark.parametrize("task", [FINISH_ERASURES.name, CLEAN_QUIET_CUSTOMERS.name])
def test_the_deployed_schedule_has_all_that_its_tasks_need(stack: Hub, task: str) -> None:
    """Rights included, which MiniStack enforces."""
    (name,) = [name for name in physical_ids(stack, "AWS::Lambda::Function") if "Cleanup" in name]
    answer = stack.emulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"task": task}))
    counts: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, counts
    assert counts["failed"] == 0
    assert task == FINISH_ERASURES.name or counts["tenants"] >= len(stack.tenants)
