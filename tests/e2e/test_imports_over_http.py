"""A spreadsheet on the deployed hub: uploaded to the bucket, worked from the queue, corrected and sent again."""

import csv
import io
import time
from typing import Any

import httpx

from tests.support.api import Api, Person
from tests.support.import_desk import counted, spreadsheet

PATIENCE_S = 120
HEAD = ("E-mail Address", "Mobile", "First")


def call(api: Api, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {api.credential}"}
    return api.client.request(method, f"/api/imports{path}", headers=headers, **options)


def uploaded(api: Api, content: bytes) -> str:
    """An import whose file was put where its URL says, as a browser would."""
    announced = call(api, "POST", "", json={"fileName": "members.csv", "sizeBytes": len(content)})
    assert announced.status_code == 201, announced.text
    upload = announced.json()["upload"]
    put = httpx.request(upload["method"], upload["url"], content=content, headers=upload["headers"])
    assert put.is_success, put.text
    return str(announced.json()["import"]["id"])


def worked(api: Api, import_id: str) -> dict[str, Any]:
    """The import once it has ended."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        run: dict[str, Any] = call(api, "GET", f"/{import_id}").json()["import"]
        if run["finishedAt"]:
            return run
        time.sleep(0.5)
    raise AssertionError(f"not done after {PATIENCE_S} s")


def test_a_spreadsheet_is_brought_in_and_its_failed_rows_are_sent_again(tenants: list[Api]) -> None:
    api, people = tenants[1], [Person() for _ in range(230)]
    rows = [(person.email, person.phone, "Ann") for person in people]
    rows[7] = ("nobody", "", "Bad")
    import_id = uploaded(api, spreadsheet(HEAD, *rows).encode())
    assert call(api, "GET", f"/{import_id}").json()["import"]["status"] == "uploaded"
    preview = call(api, "POST", f"/{import_id}/preview", json={})
    assert preview.status_code == 200, preview.text
    assert preview.json()["counts"]["created"] == 229
    assert [column["field"] for column in preview.json()["columns"]] == ["email", "phone", "firstName"]
    assert call(api, "POST", f"/{import_id}/commit", json={}).status_code == 202
    run = worked(api, import_id)
    assert (run["status"], counted(run)) == ("completed", {"created": 229, "failed": 1})
    assert run["progress"]["percent"] == 100
    (failed,) = call(api, "GET", f"/{import_id}/rows", params={"verdict": "failed"}).json()["rows"]
    assert (failed["row"], failed["code"], failed["field"]) == (9, "invalid_email", "email")
    created = call(api, "GET", f"/{import_id}/rows", params={"verdict": "created", "limit": 1}).json()["rows"][0]
    assert api.get(created["customerId"]).customer["email"] == people[0].email

    errors = call(api, "GET", f"/{import_id}/errors")
    assert (errors.status_code, errors.json()["rows"]) == (200, 1)
    text = httpx.get(errors.json()["url"]).content.decode("utf-8-sig")
    heading, wrong = csv.reader(io.StringIO(text, newline=""))
    assert heading == [*HEAD, "hub_row", "hub_verdict", "hub_reason", "hub_field"]
    wrong[0] = Person().email
    again = uploaded(api, spreadsheet(heading, wrong).encode())
    assert call(api, "POST", f"/{again}/commit", json={}).status_code == 202
    assert counted(worked(api, again)) == {"created": 1}
    listed = [run["id"] for run in call(api, "GET", "").json()["imports"]]
    assert listed.index(again) < listed.index(import_id)
