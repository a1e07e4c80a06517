"""Spreadsheets end to end: every row has one verdict, and the import balances (design.md §5)."""

import csv
import io
import time
import urllib.parse
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from customerhub.domain.caller import Scope
from customerhub.services.work_import import Ending
from infra.local.tables import DynamoDBTables
from tests.support.import_desk import ImportDesk, counted, make_bucket, spreadsheet
from tests.support.till import Till, open_till, service, user_of

HEAD = ("E-mail Address", "Mobile", "First", "Surname", "Remarks")


@pytest.fixture(scope="module")
def s3(dynamodb_tables: DynamoDBTables) -> Any:
    return make_bucket(dynamodb_tables)


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables, s3: Any) -> ImportDesk:
    return ImportDesk(dynamodb_tables, s3)


@pytest.fixture
def hub(desk: ImportDesk) -> Till:
    """The API of the same tenant."""
    return open_till(desk.client, desk.tables.names, desk.tenant)


def test_every_row_ends_at_its_customer(desk: ImportDesk, hub: Till) -> None:
    known = hub.manage(email="known@example.com", firstName="Kim").id
    hub.manage(email="same@example.com", firstName="Sam", source="import")
    content = spreadsheet(
        HEAD,
        ("new@example.com", "+1 707 555 0123", "Ann", "Lee", "hello"),
        ("KNOWN@example.com", "7075550199", "Kim", "", ""),
        ("same@example.com", "", "Sam", "", ""),
        ("nobody", "", "", "", ""),
        ("", "", "", "", ""),
        ("", "", "Only", "Name", ""),
    )
    run = desk.get(import_id := desk.run(content))
    assert run["status"] == "completed"
    assert counted(run) == {"created": 1, "updated": 1, "unchanged": 1, "skipped": 1, "failed": 2}
    rows = desk.rows(import_id)
    assert [(row["row"], row["verdict"], row["code"], row["field"]) for row in rows] == [
        (2, "created", None, None),
        (3, "updated", None, None),
        (4, "unchanged", None, None),
        (5, "failed", "invalid_email", "email"),
        (6, "skipped", "empty_row", None),
        (7, "failed", "identifier_required", "phone"),
    ]
    assert rows[1]["customerId"] == known
    assert hub.get(rows[0]["customerId"]).customer["phone"] == "+17075550123"
    assert run["progress"]["bytesDone"] == run["progress"]["bytesTotal"] == len(content)
    assert desk.faults == []


def test_nothing_of_a_person_is_kept_with_the_import(desk: ImportDesk) -> None:
    """Invariant 8's spirit: the run and its verdicts hold numbers, codes and ids."""
    import_id = desk.run(spreadsheet(HEAD, ("secretive@example.com", "7075550123", "Xanthippe", "Zx", "note")))
    pages = desk.client.get_paginator("scan").paginate(TableName=desk.tables.names["WORK_TABLE"])
    items = [item for page in pages for item in page["Items"] if f"#IMPORT#{import_id}" in item["PK"]["S"]]
    assert {item["SK"]["S"].partition("#")[0] for item in items} == {"RUN", "PAGE", "HAS"}
    for word in ("secretive", "7075550123", "Xanthippe"):
        assert word not in str(items)


def test_the_preview_tells_what_would_happen_and_writes_nothing(desk: ImportDesk, hub: Till) -> None:
    known = hub.manage(email="known@example.com", firstName="Kim", source="import").id
    hub.manage(phone="+17075550100", email="owner@example.com")
    content = spreadsheet(
        HEAD,
        ("new@example.com", "", "Ann", "", ""),
        ("new@example.com", "", "Ann", "", ""),
        ("new@example.com", "+17075550101", "", "", ""),
        ("known@example.com", "", "Kim", "", ""),
        ("known@example.com", "+17075550100", "Kim", "", ""),
        ("bad", "", "", "", ""),
    )
    before = hub.search(limit=100).body["customers"]
    import_id = desk.upload(content, fileName="members.csv", sizeBytes=len(content))
    assert desk.get(import_id)["status"] == "uploaded"
    preview = desk.preview(import_id)
    assert preview.status == 200, preview
    body = preview.body
    assert body["import"]["status"] == "previewed"
    assert body["import"]["reading"] == {
        "encoding": "utf-8 or windows-1252",
        "delimiter": ",",
        "hasHeader": True,
        "columns": 5,
        "isErrorFile": False,
    }
    assert [(c["name"], c["field"], c["confidence"]) for c in body["columns"]] == [
        ("E-mail Address", "email", 1.0),
        ("Mobile", "phone", 1.0),
        ("First", "firstName", 1.0),
        ("Surname", "lastName", 1.0),
        ("Remarks", "ignored", 1.0),
    ]
    assert body["sample"][0]["values"] == {"email": "new@example.com", "firstName": "Ann"}
    verdicts = [(row["verdict"], row["code"], row["customerId"]) for row in body["rows"]]
    assert verdicts == [
        ("created", None, None),
        ("unchanged", None, None),
        ("updated", None, None),
        ("unchanged", None, known),
        ("conflict", "several_accounts", None),
        ("failed", "invalid_email", None),
    ]
    assert hub.search(limit=100).body["customers"] == before
    assert hub.conflicts().body["conflicts"] == []
    assert desk.commit(import_id).status == 202
    assert desk.work(import_id) is Ending.ENDED
    assert [(row["verdict"], row["code"]) for row in desk.rows(import_id)] == [row[:2] for row in verdicts]


def test_a_mapping_says_what_the_columns_are(desk: ImportDesk, hub: Till) -> None:
    content = spreadsheet(("A", "B"), ("Ann", "ann@example.com"))
    import_id = desk.upload(content)
    assert desk.commit(import_id).body["field"] == "mapping"
    assert desk.preview(import_id, mapping={"B": "email", "A": "firstName"}).body["counts"]["created"] == 1
    assert desk.commit(import_id).status == 202, "as the preview had it"
    assert desk.work(import_id) is Ending.ENDED
    (row,) = desk.rows(import_id)
    assert hub.get(row["customerId"]).customer["firstName"] == "Ann"


def test_rows_of_one_person_are_worked_in_their_order(desk: ImportDesk, hub: Till) -> None:
    rows = [(f"p{n % 3}@example.com", "", f"Name{n}", "", "") for n in range(30)]
    import_id = desk.run(spreadsheet(HEAD, *rows))
    assert counted(desk.get(import_id)) == {"created": 3, "updated": 27}
    found = desk.rows(import_id)
    for number in range(3):
        assert hub.get(found[number]["customerId"]).customer["firstName"] == f"Name{27 + number}"


def test_somebody_else_behind_a_phone_is_a_customer_who_shares_it(desk: ImportDesk, hub: Till) -> None:
    """Design §4: from an import a separate customer who carries, not owns, the phone, with a conflict for review."""
    otto = hub.manage(phone="+17075550100", email="otto@example.com", firstName="Otto").id
    kim = hub.manage(email="kim@example.com", firstName="Kim", source="import").id
    content = spreadsheet(
        HEAD,
        ("mary@example.com", "+17075550100", "Mary", "", ""),
        ("zoe@example.com", "+17075550100", "Zoe", "", ""),
        ("zoe@example.com", "+17075550100", "Zoe", "", ""),
        ("kim@example.com", "+17075550100", "Kim", "", ""),
    )
    import_id = desk.run(content)
    rows = desk.rows(import_id)
    assert [(row["verdict"], row["code"]) for row in rows] == [
        ("created", "shared_phone"),
        ("created", "which_person"),
        ("unchanged", None),
        ("updated", "which_person"),
    ]
    people = {otto, *(row["customerId"] for row in rows)}
    assert len(people) == 4
    assert kim in people
    conflicts = hub.conflicts().body["conflicts"]
    assert {conflict["kind"] for conflict in conflicts} == {"shared_phone"}
    assert len(conflicts) == 3
    customers = [hub.get(customer).customer for customer in people]
    assert {customer["phone"] for customer in customers} == {"+17075550100"}
    assert len({customer["householdId"] for customer in customers}) == 1
    assert customers[0]["householdId"]
    assert hub.manage(phone="+17075550100", firstName="Otto").id == otto


def test_an_erased_person_is_not_created_again(desk: ImportDesk, hub: Till) -> None:
    """Invariant 6."""
    gone = hub.manage(email="gone@example.com").id
    assert hub.call("DELETE /api/customers/{customerId}", path={"customerId": gone}).status == 200
    import_id = desk.run(spreadsheet(HEAD, ("gone@example.com", "+17075550177", "Gone", "", "")))
    (row,) = desk.rows(import_id)
    assert (row["verdict"], row["code"], row["customerId"]) == ("skipped", "person_erased", None)
    assert hub.search("gone@example.com").body["customers"] == []


def test_failed_rows_are_corrected_and_sent_again(desk: ImportDesk, hub: Till) -> None:
    hub.manage(email="one@example.com")
    hub.manage(phone="+17075550111", email="two@example.com")
    content = spreadsheet(
        ("Email", "Phone", "First", "Remark"),
        ("good@example.com", "", "Gus", "=1+1"),
        ("bad", "+1 707 555 0123", "=cmd|' /C calc'!A0", "x"),
        ("one@example.com", "+17075550111", "One", "two accounts"),
        ("new@example.com", "12", "Ned", "'quoted"),
    )
    import_id = desk.run(content)
    assert counted(desk.get(import_id)) == {"created": 1, "failed": 2, "conflict": 1}
    text = desk.error_file(import_id).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines == [
        ["Email", "Phone", "First", "Remark", "hub_row", "hub_verdict", "hub_reason", "hub_field"],
        ["bad", "'+1 707 555 0123", "'=cmd|' /C calc'!A0", "x", "3", "failed", "invalid_email", "email"],
        ["one@example.com", "'+17075550111", "One", "two accounts", "4", "conflict", "several_accounts", ""],
        ["new@example.com", "12", "Ned", "'quoted", "5", "failed", "invalid_phone", "phone"],
    ]
    lines[1][0], lines[2][1], lines[3][1] = "better@example.com", "", "707 555 0199"
    again = desk.upload(b"\xef\xbb\xbf" + spreadsheet(*lines).encode())
    preview = desk.preview(again).body
    assert preview["import"]["reading"]["isErrorFile"]
    assert [c["field"] for c in preview["columns"]] == ["email", "phone", "firstName", *["ignored"] * 5]
    assert preview["sample"][0]["values"]["phone"] == "+1 707 555 0123"
    assert desk.commit(again).status == 202
    assert desk.work(again) is Ending.ENDED
    assert counted(desk.get(again)) == {"created": 2, "updated": 1}
    better = hub.get(desk.rows(again)[0]["customerId"]).customer
    assert (better["phone"], better["firstName"]) == ("+17075550123", "=cmd|' /C calc'!A0")


def test_verdicts_are_paged_and_filtered(desk: ImportDesk) -> None:
    rows = [("" if n % 7 == 3 else f"p{n}@example.com", "", "" if n % 7 == 3 else "X", "", "") for n in range(65)]
    import_id = desk.run(spreadsheet(HEAD, *rows))
    every = desk.rows(import_id, limit=9)
    assert [row["row"] for row in every] == list(range(2, 67))
    for verdict in ("created", "skipped", "failed"):
        assert desk.rows(import_id, limit=4, verdict=verdict) == [row for row in every if row["verdict"] == verdict]
    assert desk.call("GET", "/rows", import_id, query={"verdict": "lost"}).body["field"] == "verdict"


@pytest.mark.parametrize(
    ("content", "counts"),
    [
        (b"email\n", {}),
        (b"email", {}),
        (b"email\na@example.com", {"created": 1}),
        (b"email\r\ra@example.com\r\r", {"skipped": 2, "created": 1}),
        (b"email,x\na@example.com,\x00\n", {"created": 1}),
        (b"email,first\na@example.com,A\x00B\n", {"failed": 1}),
        ("email,first\nz@example.com,Zoë\n".encode("windows-1252"), {"created": 1}),
        (b"\xff\xfe" + "email\tfirst\nz@example.com\tZo\u00eb\n".encode("utf-16-le"), {"created": 1}),
        (b"email\n" + b"x" * 300_000 + b"\nb@example.com\n", {"failed": 1, "created": 1}),
        (b'email,a\nb@example.com,"\nc@example.com,x\n', {"failed": 1, "created": 1}),
        (b"email,a\nb@example.com,1,2\nc@example.com\n", {"failed": 1, "created": 1}),
        ("email,a\nb@example.com,é\n".encode() + b"c@example.com,\xff\n", {"failed": 1, "created": 1}),
        (b"email,email\n,b@example.com\nc@example.com,d@example.com\n", {"created": 2}),
    ],
)
def test_any_file_gets_clear_verdicts(desk: ImportDesk, content: bytes, counts: dict[str, int]) -> None:
    import_id = desk.run(content)
    run = desk.get(import_id)
    assert (run["status"], counted(run)) == ("completed", counts)
    assert run["progress"]["percent"] == 100
    assert desk.faults == []
    if counts.get("failed"):
        assert len(desk.error_file(import_id).splitlines()) == 2


def test_many_bad_bytes_in_a_row_do_no_harm_to_an_error_file(desk: ImportDesk) -> None:
    import_id = desk.run("email,a\nb@example.com,é\n".encode() + b"c@example.com,\xff\xfe\n")
    assert "c@example.com,??" in desk.error_file(import_id).decode("utf-8-sig")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"PK\x03\x04workbook", "excel_file"),
        (bytes(64), "not_a_spreadsheet"),
        (b",".join([b"x"] * 300), "too_many_columns"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(desk: ImportDesk, content: bytes, code: str) -> None:
    import_id = desk.upload(content)
    for answer in (desk.preview(import_id), desk.commit(import_id)):
        assert (answer.status, answer.body["code"], answer.body["field"]) == (422, code, "file")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fileName": "members.XLSX"}, "fileName"),
        ({"fileName": ""}, "fileName"),
        ({"sizeBytes": 10**12}, "sizeBytes"),
        ({"sizeBytes": "1"}, "sizeBytes"),
        ({"stageId": "nothing"}, "stageId"),
        ({"source": "a b"}, "source"),
        ({"rows": 3}, "rows"),
    ],
)
def test_a_bad_announcement_is_refused_by_field(desk: ImportDesk, body: dict[str, Any], field: str) -> None:
    reply = desk.call("POST", "", body=body)
    assert (reply.status, reply.body["field"]) == (422, field), reply


@pytest.mark.parametrize(
    ("reading", "field"),
    [
        ({"mapping": {"nowhere": "email"}}, "mapping"),
        ({"mapping": {"email": "shoe size"}}, "mapping.email"),
        ({"mapping": {}}, "mapping"),
        ({"delimiter": ":"}, "delimiter"),
        ({"encoding": "ebcdic"}, "encoding"),
        ({"stageId": "nothing"}, "stageId"),
    ],
)
def test_a_bad_reading_is_refused_by_field(desk: ImportDesk, reading: dict[str, Any], field: str) -> None:
    reply = desk.commit(desk.upload("email\na@example.com\n"), **reading)
    assert (reply.status, reply.body["field"]) == (422, field), reply


def test_there_must_be_a_file(desk: ImportDesk) -> None:
    import_id = str(desk.call("POST", "").body["import"]["id"])
    for answer in (desk.preview(import_id), desk.commit(import_id)):
        assert (answer.status, answer.body["code"]) == (409, "not_uploaded")
    assert desk.get(import_id)["status"] == "awaiting_upload"


@pytest.mark.parametrize("import_id", ["nothing", "01KQ9X3V7B2M8N4P6R0S1T5W9Y"])
def test_what_is_not_there_is_not_found(desk: ImportDesk, import_id: str) -> None:
    calls = [("GET", ""), ("POST", "/preview"), ("POST", "/commit"), ("POST", "/cancel"), ("GET", "/rows")]
    assert {desk.call(*call, import_id).status for call in [*calls, ("GET", "/errors")]} == {404}


def test_an_import_is_of_its_tenant_alone(desk: ImportDesk) -> None:
    """Invariant 7."""
    import_id = desk.upload("email\na@example.com\n")
    stranger = ImportDesk(desk.tables, desk.s3)
    calls = [("GET", ""), ("POST", "/preview"), ("POST", "/commit"), ("POST", "/cancel"), ("GET", "/rows")]
    assert {stranger.call(*call, import_id).status for call in [*calls, ("GET", "/errors")]} == {404}
    assert stranger.call("GET", "").body["imports"] == []
    assert [run["id"] for run in desk.call("GET", "").body["imports"]] == [import_id]


def test_scopes_are_demanded(desk: ImportDesk) -> None:
    import_id = desk.upload("email,club\na@example.com,Bronze\n")
    reader = service(desk.tenant, scopes=frozenset({Scope.CUSTOMERS_READ}))
    importer = service(desk.tenant, scopes=frozenset({Scope.IMPORTS_WRITE}))
    writer = service(desk.tenant, scopes=frozenset({Scope.IMPORTS_WRITE, Scope.CUSTOMERS_WRITE}))
    user = user_of(desk.tenant, "somebody")
    calls = [("GET", ""), ("POST", "/preview"), ("POST", "/commit"), ("POST", "/cancel"), ("GET", "/rows")]
    for caller in (reader, user):
        for call in [*calls, ("GET", "/errors")]:
            assert desk.call(*call, import_id, caller=caller).status == 403
        assert desk.call("POST", "", caller=caller).status == 403
        assert desk.call("GET", "", caller=caller).status == 403
    assert desk.call("POST", "/commit", import_id, caller=importer).status == 403
    assert desk.call("POST", "/commit", import_id, caller=writer).status == 403, "a column says who is enrolled"
    assert desk.call("GET", "", import_id, caller=importer).status == 200


def test_imports_are_listed_the_newest_first(desk: ImportDesk) -> None:
    ids = []
    for _ in range(5):
        ids.append(desk.upload("email\n"))
        time.sleep(0.002)
    first = desk.call("GET", "", query={"limit": 3}).body
    rest = desk.call("GET", "", query={"limit": 3, "cursor": first["nextCursor"]}).body
    assert [run["id"] for run in (*first["imports"], *rest["imports"])] == ids[::-1]
    assert rest["nextCursor"] is None


def test_the_error_file_is_made_at_the_end_and_goes_after_a_week(desk: ImportDesk) -> None:
    import_id = desk.upload("email\nbad\n")
    assert desk.call("GET", "/errors", import_id).body["code"] == "import_not_ended"
    desk.commit(import_id)
    desk.work(import_id)
    assert desk.error_file(import_id)
    desk.clock.ahead = timedelta(days=7)
    gone = desk.call("GET", "/errors", import_id)
    assert (gone.status, gone.body["code"]) == (410, "file_expired")
    assert desk.call("GET", "/errors", desk.run("email\nok@example.com\n")).status == 404


def test_the_upload_url_takes_the_file(desk: ImportDesk) -> None:
    content = b"email\na@example.com\n"
    upload = desk.call("POST", "", body={"sizeBytes": len(content)}).body
    request = urllib.request.Request(upload["upload"]["url"], data=content, method="PUT")
    for name, value in upload["upload"]["headers"].items():
        request.add_header(name, value)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert desk.get(upload["import"]["id"])["progress"]["bytesTotal"] == len(content)
    assert "content-length" in urllib.parse.unquote(upload["upload"]["url"]), "the size is signed"
    assert "content-type" in urllib.parse.unquote(upload["upload"]["url"]), "so is the type"
