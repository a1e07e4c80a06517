"""What Shopify says of failing, word by word (facts of 2026-11)."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from customerhub.connectors.shopify.documents import API_VERSION
from customerhub.domain.ids import ExternalId
from customerhub.domain.pace import PointBucket
from customerhub.domain.remote import OutgoingCustomer
from customerhub.errors import CredentialsRefused, HubError, NotReadyYet, PartnerRefused, PartnerUnavailable
from tests.support.shopify_fake import FULL, SHOP, Shop, answered, customer

ANN = ExternalId("7064055069303700841")
THROTTLED = [{"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": "…"}}]


def test_a_request_names_version_token_and_operation() -> None:
    shop = Shop([answered({"customer": customer()})])
    read = shop.connector.get_customer(ANN)
    assert read is not None
    assert read.id == "7064055069303700841", "more than 2^53, and exact"
    (request,) = shop.asked
    assert str(request.url) == f"https://{SHOP}/admin/api/{API_VERSION}/graphql.json"
    assert request.headers["x-shopify-access-token"] == "shpat_one"
    assert request.headers["user-agent"].startswith("customer-hub/")
    assert shop.sent[0]["operationName"] == "HubCustomerById"


@pytest.mark.parametrize(
    ("response", "error", "retry_after_s"),
    [
        (
            httpx.Response(400, json={"errors": {"query": "Required parameter missing or invalid"}}),
            PartnerRefused,
            None,
        ),
        (httpx.Response(401, json={"errors": "[API] Invalid API key or access token"}), CredentialsRefused, None),
        (httpx.Response(402, json={"errors": "Unavailable Shop"}), PartnerUnavailable, 3600),
        (httpx.Response(403, json={"errors": "Forbidden"}), CredentialsRefused, None),
        (httpx.Response(404, json={"errors": "Not Found"}), CredentialsRefused, None),
        (httpx.Response(404, html="<html>"), PartnerUnavailable, 1),
        (httpx.Response(406), PartnerRefused, None),
        (httpx.Response(422, json={"errors": "…"}), PartnerRefused, None),
        (httpx.Response(423, json={"errors": "Locked"}), PartnerUnavailable, 3600),
        (httpx.Response(429, headers={"retry-after": "2.0"}), PartnerUnavailable, 2),
        (httpx.Response(429, headers={"retry-after": "Wed, 25 Nov 2026 12:05:00 GMT"}), PartnerUnavailable, 300),
        (httpx.Response(429, headers={"retry-after": "soon"}), PartnerUnavailable, 1),
        (httpx.Response(430), PartnerUnavailable, 600),
        (httpx.Response(500, text="oh"), PartnerUnavailable, 1),
        (httpx.Response(502, html="<html>"), PartnerUnavailable, 1),
        (httpx.Response(503, headers={"retry-after": "nan"}), PartnerUnavailable, 1),
        (httpx.Response(540), PartnerUnavailable, 1),
        (httpx.Response(301, headers={"location": "https://elsewhere.example"}), PartnerRefused, None),
    ],
)
def test_each_status_has_its_consequence(
    response: httpx.Response, error: type[HubError], retry_after_s: int | None
) -> None:
    with pytest.raises(error) as caught:
        Shop([response]).connector.get_customer(ANN)
    if isinstance(caught.value, PartnerUnavailable):
        assert caught.value.status == response.status_code
        assert caught.value.retry_after_s == retry_after_s


@pytest.mark.parametrize(
    "fault",
    [httpx.ReadTimeout("…"), httpx.ConnectTimeout("…"), httpx.ConnectError("…"), httpx.RemoteProtocolError("…")],
)
def test_no_answer_leaves_the_effect_unknown(fault: Exception) -> None:
    with pytest.raises(PartnerUnavailable) as caught:
        Shop([fault]).connector.get_customer(ANN)
    assert caught.value.status is None


def test_points_are_taken_before_and_settled_after() -> None:
    status = {"maximumAvailable": 20000.0, "currentlyAvailable": 19996, "restoreRate": 1000.0}
    cost = {"requestedQueryCost": 4, "actualQueryCost": 3, "throttleStatus": status}
    shop = Shop([answered({"customer": customer()}, cost=cost)])
    connector = shop.connector
    connector.get_customer(ANN)
    connector.get_customer(ANN)
    assert shop.pacer.taken == [(PointBucket(2000, 100), 5), (PointBucket(20000, 1000), 4)]
    report = shop.pacer.reports[0]
    assert (report.actual, report.available, report.capacity) == (3, 19996, 20000)


def test_what_shopify_asks_for_a_document_counts_from_then_on() -> None:
    cost = {"requestedQueryCost": 17, "actualQueryCost": 17, "throttleStatus": FULL}
    shop = Shop([answered({"customer": customer()}, cost=cost)])
    connector = shop.connector
    connector.get_customer(ANN)
    connector.get_customer(ANN)
    assert [points for _, points in shop.pacer.taken] == [5, 17]


def test_a_throttled_request_waits_for_its_points_and_is_repeated() -> None:
    status = FULL | {"currentlyAvailable": 100, "restoreRate": 100.0}
    cost = {"requestedQueryCost": 300, "actualQueryCost": None, "throttleStatus": status}
    shop = Shop([answered(None, errors=THROTTLED, cost=cost), answered({"customer": customer()})])
    assert shop.connector.get_customer(ANN) is not None
    (waited_s,) = shop.clock.slept_s
    assert 2 < waited_s < 2.6
    assert shop.pacer.reports[0].actual is None, "it cost nothing"


def test_a_throttled_request_without_costs_is_repeated() -> None:
    shop = Shop([answered(None, errors=THROTTLED), answered({"customer": customer()})])
    assert shop.connector.get_customer(ANN) is not None
    assert shop.clock.slept_s


def test_whoever_would_wait_long_comes_back_later() -> None:
    status = FULL | {"currentlyAvailable": -9000, "restoreRate": 100.0}
    cost = {"requestedQueryCost": 300, "actualQueryCost": None, "throttleStatus": status}
    shop = Shop([answered(None, errors=THROTTLED, cost=cost)])
    with pytest.raises(NotReadyYet) as caught:
        shop.connector.get_customer(ANN)
    assert 90 <= caught.value.retry_after_s <= 96
    assert not shop.clock.slept_s


def test_one_who_is_throttled_for_ever_gives_up() -> None:
    shop = Shop([answered(None, errors=THROTTLED)])
    with pytest.raises(NotReadyYet):
        shop.connector.get_customer(ANN)
    assert sum(shop.clock.slept_s) <= 8


def test_a_page_that_costs_too_much_is_halved() -> None:
    costly = [{"message": "Query cost is 1002, …", "extensions": {"code": "MAX_COST_EXCEEDED"}}]

    def answer(request: httpx.Request) -> httpx.Response:
        first = json.loads(request.content)["variables"]["first"]
        if first > 60:
            return answered(None, errors=costly)
        return answered({"customers": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}})

    shop = Shop([answer])
    connector = shop.connector
    connector.customers_changed_since(None, None)
    connector.customers_changed_since(None, None)
    assert [body["variables"]["first"] for body in shop.sent] == [199, 99, 49, 49]


def test_a_page_of_one_that_costs_too_much_is_given_up() -> None:
    costly = [{"message": "…", "extensions": {"code": "MAX_COST_EXCEEDED"}}]
    with pytest.raises(PartnerRefused) as caught:
        Shop([answered(None, errors=costly)]).connector.customers_changed_since(None, None)
    assert caught.value.reason == "too_costly"


def test_a_missing_scope_is_named() -> None:
    denied = [
        {
            "message": "Access denied for customers field.",
            "path": ["customers"],
            "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_customers` access scope."},
        }
    ]
    with pytest.raises(CredentialsRefused, match="read_customers") as caught:
        Shop([answered({"customers": None}, errors=denied)]).connector.customers_changed_since(None, None)
    assert caught.value.reason == "access_denied"


def test_a_whole_object_that_may_not_be_seen_is_no_customer_who_is_gone() -> None:
    denied = [
        {
            "message": "This app is not approved to access the Customer object.",
            "path": ["customer"],
            "extensions": {"code": "ACCESS_DENIED"},
        }
    ]
    with pytest.raises(CredentialsRefused):
        Shop([answered({"customer": None}, errors=denied)]).connector.get_customer(ANN)


def _not_approved(*path: str | int) -> dict[str, Any]:
    message = f"This app is not approved to use the {path[-1]} field."
    return {"message": message, "path": list(path), "extensions": {"code": "ACCESS_DENIED"}}


def test_fields_that_may_not_be_seen_are_withheld() -> None:
    hidden = customer(defaultEmailAddress=None, defaultPhoneNumber=None)
    errors = [_not_approved("customer", "defaultEmailAddress"), _not_approved("customer", "defaultPhoneNumber")]
    read = Shop([answered({"customer": hidden}, errors=errors)]).connector.get_customer(ANN)
    assert read is not None
    assert read.withheld == {"emails", "phones"}
    assert read.emails == read.phones == ()


def test_fields_that_may_not_be_seen_are_withheld_row_by_row() -> None:
    nodes = [customer("1"), customer("2", defaultEmailAddress=None)]
    page = {"customers": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}}
    errors = [_not_approved("customers", "nodes", 1, "defaultEmailAddress")]
    first, second = Shop([answered(page, errors=errors)]).connector.customers_changed_since(None, None).items
    assert not first.withheld
    assert second.withheld == {"emails"}


def test_what_may_not_be_seen_is_not_written() -> None:
    hidden = customer(defaultPhoneNumber=None, defaultEmailAddress=None)
    errors = [_not_approved("customer", "defaultEmailAddress"), _not_approved("customer", "defaultPhoneNumber")]
    shop = Shop([answered({"customer": hidden}, errors=errors)])
    shop.connector.update_customer(ANN, OutgoingCustomer("ann@example.com", "Ann", "Otter", "+14155550123"))
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("INTERNAL_SERVER_ERROR", PartnerUnavailable),
        ("SHOP_INACTIVE", PartnerUnavailable),
        ("undefinedField", PartnerRefused),
        ("INVALID_VARIABLE", PartnerRefused),
    ],
)
def test_each_code_has_its_consequence(code: str, error: type[HubError]) -> None:
    told = [{"message": "about jane@example.com", "extensions": {"code": code}}]
    with pytest.raises(error) as caught:
        Shop([answered(None, errors=told)]).connector.get_customer(ANN)
    assert "jane" not in str(caught.value)
    assert "req-1" in str(caught.value)


def test_an_answer_by_another_version_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    shop = Shop([answered({"customer": customer()}, **{"x-shopify-api-version": "2027-10"})])
    connector = shop.connector
    connector.get_customer(ANN)
    connector.get_customer(ANN)
    assert caplog.text.count("another version") == 1


def test_the_filter_is_quoted_and_in_utc() -> None:
    page = {"customers": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
    shop = Shop([answered(page)])
    since = shop.clock.at.astimezone(tz=None) + timedelta(milliseconds=700)
    shop.connector.customers_changed_since(since, "cursor")
    variables = shop.sent[0]["variables"]
    assert variables["query"] == "updated_at:>='2026-11-25T12:00:00Z'"
    assert variables["after"] == "cursor"


def test_an_id_that_shopify_cannot_have_asks_nothing() -> None:
    shop = Shop([answered({"customer": customer()})])
    assert shop.connector.get_customer(ExternalId("4f0c0a52-6a4e-4c3b-8f5a-000000000000")) is None
    assert not shop.asked
