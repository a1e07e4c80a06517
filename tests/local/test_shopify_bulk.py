"""Bulk operations of the Shopify double: what it takes, how they go, and the files that they leave."""

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.support.shopify import Json, ShopifyCaller
from tests.support.webhook_catcher import catching

FIELDS = "id status errorCode type objectCount rootObjectCount fileSize url partialDataUrl completedAt"
RUN = f"""
mutation($query: String!) {{
  bulkOperationRunQuery(query: $query, groupObjects: false) {{
    bulkOperation {{ {FIELDS} }} userErrors {{ field message code }}
  }}
}}
"""
GET = f"query($id: ID!) {{ bulkOperation(id: $id) {{ {FIELDS} }} }}"
CANCEL = f"""
mutation($id: ID!) {{ bulkOperationCancel(id: $id) {{ bulkOperation {{ {FIELDS} }} userErrors {{ field message }} }} }}
"""
LIST = f"query($query: String) {{ bulkOperations(first: 50, query: $query) {{ nodes {{ {FIELDS} }} }} }}"
CUSTOMERS = "{ customers { edges { node { id email } } } }"
STANDSTILL = 1e-9


def started(shopify: ShopifyCaller, query: str = CUSTOMERS) -> str:
    operation: Json = shopify.done(RUN, query=query)["bulkOperation"]
    assert (operation["status"], operation["type"], operation["url"]) == ("CREATED", "QUERY", None)
    return str(operation["id"])


def ended(shopify: ShopifyCaller, operation: str) -> Json:
    deadline = time.monotonic() + 10
    while True:
        told: Json = shopify.data(GET, id=operation)
        if told["status"] not in {"CREATED", "RUNNING", "CANCELING"}:
            return told
        assert time.monotonic() < deadline
        shopify.advance(1)


def read(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)


def lines(url: str) -> list[Json]:
    return [json.loads(line) for line in read(url).text.splitlines()]


def test_an_operation_goes_its_way(shopify: ShopifyCaller) -> None:
    shopify.control("PUT", "clock", {"speed": STANDSTILL})
    shopify.configure(bulkSeconds=60)
    made = [shopify.customer(f"c{number}@example.com")["id"] for number in range(3)]
    operation = started(shopify)
    assert shopify.data(GET, id=operation)["status"] == "CREATED"
    shopify.advance(31)
    assert shopify.data(GET, id=operation)["status"] == "RUNNING"
    shopify.advance(30)
    told = ended(shopify, operation)
    assert (told["status"], told["objectCount"], told["rootObjectCount"]) == ("COMPLETED", "3", "3")
    assert lines(told["url"]) == [{"id": id_, "email": f"c{at}@example.com"} for at, id_ in enumerate(made)]
    assert int(told["fileSize"]) == len(read(told["url"]).content)
    assert told["partialDataUrl"] is None


def test_an_operation_that_finds_nothing_has_no_file(shopify: ShopifyCaller) -> None:
    told = ended(shopify, started(shopify))
    assert (told["status"], told["objectCount"], told["url"]) == ("COMPLETED", "0", None)


def test_a_large_shop_is_answered_while_its_file_is_written(shopify: ShopifyCaller) -> None:
    shopify.control("POST", "seed", {"customers": 3_000})
    told = ended(shopify, started(shopify))
    found = lines(told["url"])
    assert len({line["id"] for line in found}) == len(found) == int(told["objectCount"]) == 3_000


def test_records_in_lists_follow_their_owner(shopify: ShopifyCaller) -> None:
    shopify.control("POST", "products", {"title": "A", "variants": [{"title": "1"}, {"title": "2"}]})
    shopify.control("POST", "products", {"title": "B"})
    query = "{ products { edges { node { id title variants { edges { node { id title } } } } } } }"
    told = ended(shopify, started(shopify, query))
    found = lines(told["url"])
    assert (told["objectCount"], told["rootObjectCount"]) == ("5", "2")
    assert [line["title"] for line in found] == ["A", "1", "2", "B", "Default"]
    assert [line.get("__parentId") for line in found] == [None, found[0]["id"], found[0]["id"], None, found[3]["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { id } }",
        "{ customers { edges { node { id } } } orders { edges { node { id } } } }",
        "{ customers { nodes { id } } }",
        "{ customers { edges { node { nothing } } } }",
        "{ customers { edges { node { id ",
        'mutation { tagsAdd(id: "gid://shopify/Customer/1", tags: []) { userErrors { message } } }',
        "{ customers { edges { node { id orders { edges { node { id lineItems { edges { node { id } } } } } } } } } }",
    ],
)
def test_what_is_no_bulk_query_is_refused(shopify: ShopifyCaller, query: str) -> None:
    assert shopify.problems(RUN, query=query) == [("query", "INVALID")]


def test_what_the_double_does_not_know_it_says(shopify: ShopifyCaller) -> None:
    error = shopify.ask(RUN, query="{ customers { edges { node { id multipassIdentifier } } } }")["errors"][0]
    assert error["extensions"]["code"] == "NOT_MODELLED_BY_THE_DOUBLE"


def test_five_at_once(shopify: ShopifyCaller) -> None:
    shopify.control("PUT", "clock", {"speed": STANDSTILL})
    under_way = [started(shopify) for _ in range(5)]
    assert shopify.problems(RUN, query=CUSTOMERS) == [(None, "LIMIT_REACHED")]
    shopify.configure(bulkAtOnce=1)
    assert shopify.problems(RUN, query=CUSTOMERS) == [(None, "OPERATION_IN_PROGRESS")]
    found = shopify.data(LIST, query="status:created operation_type:query")["nodes"]
    assert {one["id"] for one in found} == set(under_way)
    shopify.configure(bulkAtOnce=5)
    assert shopify.done(CANCEL, id=under_way[0])["bulkOperation"]["status"] == "CANCELING"
    assert ended(shopify, under_way[0])["status"] == "CANCELED"
    started(shopify)


def test_its_end_is_reported_though_nobody_asks(shopify: ShopifyCaller) -> None:
    subscribe = """
    mutation($uri: String!) {
      webhookSubscriptionCreate(topic: BULK_OPERATIONS_FINISH, webhookSubscription: {uri: $uri}) {
        userErrors { message }
      }
    }
    """
    shopify.configure(bulkSeconds=0.2)
    with catching() as catcher:
        shopify.done(subscribe, uri=catcher.url)
        operation = started(shopify)
        ((headers, body),) = catcher.settled(1)
    told = json.loads(body)
    assert headers["x-shopify-topic"] == "bulk_operations/finish"
    assert (told["admin_graphql_api_id"], told["status"], told["type"]) == (operation, "completed", "query")
    assert told["error_code"] is None


def test_one_that_fails_leaves_a_part(shopify: ShopifyCaller) -> None:
    shopify.configure(bulkFailsAfter=2)
    for number in range(3):
        shopify.customer(f"c{number}@example.com")
    told = ended(shopify, started(shopify))
    assert (told["status"], told["errorCode"], told["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    assert [line["email"] for line in lines(told["partialDataUrl"])] == ["c0@example.com", "c1@example.com"]


def test_one_of_what_the_app_may_not_list_fails(shopify: ShopifyCaller) -> None:
    shopify.customer("a@example.com")
    shopify.configure(scopes=["read_orders"])
    told = ended(shopify, started(shopify))
    assert (told["status"], told["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_a_field_that_may_not_be_seen_is_empty_without_a_word(shopify: ShopifyCaller) -> None:
    shopify.customer("a@example.com")
    shopify.configure(protectedData=True)
    told = ended(shopify, started(shopify))
    assert [line["email"] for line in lines(told["url"])] == [None]


def file_of(shopify: ShopifyCaller) -> str:
    for number in range(3):
        shopify.customer(f"c{number}@example.com")
    return str(ended(shopify, started(shopify))["url"])


@pytest.mark.parametrize("start", [0, 1, 40])
def test_a_file_is_read_from_any_byte(shopify: ShopifyCaller, start: int) -> None:
    url = file_of(shopify)
    whole = read(url).content
    part = read(url, range=f"bytes={start}-")
    assert (part.status_code, part.content) == (206, whole[start:])
    assert part.headers["content-range"] == f"bytes {start}-{len(whole) - 1}/{len(whole)}"
    beyond = read(url, range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    shopify.configure(bulkRanges=False)
    assert (read(url, range=f"bytes={start}-").status_code, read(url).content) == (200, whole)


def test_a_file_belongs_to_whoever_has_its_address_for_a_time(shopify: ShopifyCaller) -> None:
    shopify.configure(bulkUrlSeconds=600)
    url = file_of(shopify)
    assert read(url).status_code == 200
    changed: Mapping[str, str] = {"signature=": "signature=0", "expires=": "expires=9"}
    for told, instead in changed.items():
        assert read(url.replace(told, instead)).status_code == 403
    assert read(url, **{"x-shopify-access-token": shopify.token}).status_code == 400, "the token was given away"
    shopify.advance(601)
    assert read(url).status_code == 400
    fresh = shopify.data(LIST, query="status:completed")["nodes"][0]
    assert read(fresh["url"]).status_code == 200
    shopify.advance(8 * 24 * 3600)
    assert shopify.data(GET, id=fresh["id"])["status"] == "EXPIRED"
    assert shopify.data(GET, id=fresh["id"])["url"] is None


def test_a_connection_can_break_off_once(shopify: ShopifyCaller) -> None:
    url = file_of(shopify)
    shopify.configure(bulkBreaksOffAfter=20)
    with pytest.raises(httpx.RemoteProtocolError):
        read(url)
    assert read(url).status_code == 200


def test_a_restart_forgets_files(shopify: ShopifyCaller) -> None:
    shopify.customer("a@example.com")
    operation = started(shopify)
    ended(shopify, operation)
    shopify.partner.stop()
    shopify.partner.start()
    assert ended(shopify, operation)["status"] == "EXPIRED"
    under_way: Any = shopify.done(RUN, query=CUSTOMERS)["bulkOperation"]["id"]
    assert ended(shopify, under_way)["status"] == "COMPLETED"
