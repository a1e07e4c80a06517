"""What Commerce7's answers become: every status, every broken body, and what goes over the wire."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from customerhub.connectors.commerce7.client import ALLOWANCE
from customerhub.domain.ids import ExternalId, StageId
from customerhub.domain.offer import Offer
from customerhub.domain.remote import OutgoingCustomer
from customerhub.errors import (
    CredentialsRefused,
    HubError,
    NotReadyYet,
    PartnerRefused,
    PartnerUnavailable,
    UnreadableRecord,
)
from tests.support.commerce7_fake import CountingPacer, connector, unasked
from tests.support.commerce7_samples import CUSTOMER_ID, TENANT, customer, product

ID = ExternalId(CUSTOMER_ID)
INVALID = {"statusCode": 422, "type": "validationError", "message": "One or more elements is missing or invalid"}


def test_a_request_proves_who_we_are_and_names_the_merchant() -> None:
    asked: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=customer())

    found = connector(answers).get_customer(ID)
    assert found
    assert found.id == CUSTOMER_ID
    (request,) = asked
    assert str(request.url) == f"https://api.commerce7.com/v1/customer/{CUSTOMER_ID}"
    assert request.headers["tenant"] == TENANT
    assert request.headers["authorization"] == f"Basic {base64.b64encode(b'the-app:the-app-secret').decode()}"


@pytest.mark.parametrize("strange", ["../tenant", "a/b", "a?x=1", "..", "%2F", "a#b"])
def test_an_id_cannot_lead_elsewhere(strange: str) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        raw = request.url.raw_path.decode()
        assert raw.startswith("/v1/customer/")
        assert raw.count("/") == 3
        assert "?" not in raw
        assert ".." not in raw
        return httpx.Response(404, json={"statusCode": 404, "type": "notFound"})

    assert connector(answers).get_customer(ExternalId(strange)) is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500, json={"statusCode": 500, "type": "unknown"}), PartnerUnavailable),
        (httpx.Response(502, text="<html>bad gateway</html>"), PartnerUnavailable),
        (httpx.Response(503), PartnerUnavailable),
        (httpx.Response(408), PartnerUnavailable),
        (httpx.Response(401, json={"statusCode": 401, "type": "unauthorized"}), CredentialsRefused),
        (httpx.Response(403), CredentialsRefused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), PartnerRefused),
        (httpx.Response(404, text="<html>no such page</html>"), PartnerUnavailable),
        (httpx.Response(200, text="<html>welcome</html>"), PartnerUnavailable),
        (httpx.Response(200, json=[customer()]), PartnerUnavailable),
        (httpx.Response(200, json={"firstName": "no id"}), PartnerUnavailable),
        (httpx.Response(400, json={"message": "bad"}), PartnerRefused),
        (httpx.Response(418), PartnerRefused),
        (httpx.Response(422, json=INVALID), PartnerRefused),
        (httpx.Response(422, json={"errors": "not a list", "message": 5}), PartnerRefused),
    ],
)
def test_every_answer_is_an_error_of_ours(answer: httpx.Response, error: type[HubError]) -> None:
    """Invariant 8: no personal data in a message."""
    with pytest.raises(error) as raised:
        connector(lambda _request: answer).get_customer(ID)
    for secret in (CUSTOMER_ID, "the-app-secret", "Ann", "https://"):
        assert secret not in str(raised.value)


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("")]
)
def test_no_answer_says_that_the_effect_is_unknown(fault: httpx.TransportError) -> None:
    def answers(_request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(PartnerUnavailable) as raised:
        connector(answers).get_customer(ID)
    assert raised.value.status is None


@pytest.mark.parametrize(("header", "wait_s", "told"), [(None, 60, 1), ("7", 7, 0), ("42", 42, 1), ("soon", 60, 1)])
def test_a_429_waits_its_turn_with_or_without_a_time(header: str | None, wait_s: int, told: int) -> None:
    """No throttling is ever surfaced as a failure; where it lasts, all who share the allowance are told."""
    pacer = CountingPacer()
    answer = httpx.Response(429, headers={"retry-after": header} if header else {})
    with pytest.raises(NotReadyYet) as raised:
        connector(lambda _request: answer, pacer).get_customer(ID)
    assert raised.value.retry_after_s == wait_s
    assert len(pacer.reports) == told
    assert all((report.available, report.actual) == (0, None) for _, report in pacer.reports)


def test_a_refusal_names_the_fields_in_our_words() -> None:
    errors = [
        {"field": "firstName", "message": "too long: Ann"},
        {"field": "emails[0].email", "message": "invalid"},
        {"field": "somethingElse", "message": "invalid additional property"},
        {"field": "<b>", "message": "?"},
        "not an object",
    ]

    def answers(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"customers": [], "total": 0})
        return httpx.Response(422, json=INVALID | {"errors": errors})

    with pytest.raises(PartnerRefused) as raised:
        connector(answers).upsert_customer(OutgoingCustomer("ann@example.com", "Ann"))
    assert raised.value.fields == ("email", "firstName", "somethingElse")
    assert raised.value.reason == "partner_refused"
    assert "Ann" not in raised.value.message


def test_requests_count_against_the_allowance_and_cursor_paging_does_not() -> None:
    pacer = CountingPacer()

    def answers(request: httpx.Request) -> httpx.Response:
        is_list = request.url.path in ("/v1/customer", "/v1/order")
        return httpx.Response(200, json={"customers": [], "orders": []} if is_list else customer())

    shop = connector(answers, pacer)
    shop.customers_changed_since(None, None)
    shop.orders_changed_since(None, "some-cursor")
    assert pacer.taken == []
    shop.get_customer(ID)
    shop.find_customer_by_email("ann@example.com")
    assert pacer.taken == [(ALLOWANCE, 1)] * 2
    assert (ALLOWANCE.limit, ALLOWANCE.window_s) == (100, 60)


@pytest.mark.parametrize(
    "credentials",
    [
        {"app_id": None},
        {"app_secret": ""},
        {"app_secret": 5},
        {"webhook_secret": "too short"},
        {"webhook_secret": "with/slashes/in/the/middle"},
        {"webhook_user": "shop"},
        {"webhook_password": "secret"},
        {"currency": ["USD"]},
    ],
)
def test_credentials_that_lack_something_are_refused_before_anything_is_asked(credentials: dict[str, Any]) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        connector(unasked, **credentials)
    assert "the-app-secret" not in str(raised.value)


def test_a_search_looks_through_all_of_its_pages_for_the_exact_email() -> None:
    """The search is one over texts: `q` finds those who only resemble."""
    others = [customer(id=str(number), emails=[{"email": f"ann{number}@example.com"}]) for number in range(50)]
    pages = {"1": others, "2": [customer(emails=[{"email": "x@y.com"}, {"email": "ANN@Example.Com"}])]}
    shop = connector(lambda request: httpx.Response(200, json={"customers": pages[request.url.params["page"]]}))
    found = shop.find_customer_by_email("ann@example.com")
    assert found
    assert found.id == CUSTOMER_ID


def test_a_plus_in_an_email_is_searched_for_as_it_is() -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        assert request.url.params["q"] == "ann+club@example.com"
        assert b"ann%2Bclub" in request.url.raw_path
        return httpx.Response(200, json={"customers": []})

    assert connector(answers).find_customer_by_email("ann+club@example.com") is None


def test_a_taken_email_that_the_search_does_not_find_yet_is_tried_again() -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"customers": []})
        return httpx.Response(409, json={"message": "Database unique constraint error"})

    with pytest.raises(PartnerUnavailable):
        connector(answers).upsert_customer(OutgoingCustomer("ann@example.com"))


def test_a_list_that_is_gone_is_not_an_empty_one() -> None:
    """Else everybody would look as if they had been deleted."""
    answer = httpx.Response(404, json={"statusCode": 404, "type": "notFound"})
    with pytest.raises(PartnerUnavailable):
        connector(lambda _request: answer).find_customer_by_email("ann@example.com")


@pytest.mark.parametrize("body", [{}, {"customers": None}, {"customers": ["x"]}, {"customers": {}}])
def test_a_list_that_cannot_be_read_is_no_empty_one(body: dict[str, Any]) -> None:
    with pytest.raises(PartnerUnavailable):
        connector(lambda _request: httpx.Response(200, json=body)).customers_changed_since(None, None)


@pytest.mark.parametrize("strange", [None, [], "", "two words", "x" * 101])
def test_a_record_of_a_list_that_has_not_even_an_id_is_a_fault(strange: object) -> None:
    body = {"customers": [customer(), {"id": strange, "firstName": "Ann"}]}
    with pytest.raises(UnreadableRecord):
        connector(lambda _request: httpx.Response(200, json=body)).customers_changed_since(None, None)


def test_products_are_asked_for_from_the_day_before_wherever_the_winery_is() -> None:
    """A day of the filter's begins when it begins in a zone that nobody knows."""
    asked: list[str] = []
    since = datetime(2026, 11, 25, 2, tzinfo=UTC)

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["updatedAt"])
        shown = [product(id="old", updatedAt="2026-11-24T20:00:00.000Z"), product(updatedAt="2026-11-25T03:00:00.000Z")]
        return httpx.Response(200, json={"products": shown})

    page = connector(answers).products_changed_since(since, None)
    assert asked == ["gte:2026-11-24"]
    assert [one.id for one in page.items] == [product()["id"]]


def test_a_promotion_that_was_made_for_everyone_is_disabled_and_refused() -> None:
    """Whoever gave the discount to all would never notice."""
    written: list[tuple[str, dict[str, Any]]] = []
    promotion: dict[str, Any] = {}

    def answers(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        if request.url.path.startswith("/v1/tag/customer"):
            return httpx.Response(200, json={"id": "tag-1", "tags": []} | body)
        if request.method != "GET":
            written.append((request.method, body))
            promotion.update({"id": "promotion-1"} | body)
            if request.method == "POST":
                promotion.update(availableTo="Everyone", availableToObjectIds="")
        is_list = request.url.path == "/v1/promotion" and request.method == "GET"
        return httpx.Response(200, json={"promotions": []} if is_list else promotion)

    with pytest.raises(PartnerRefused) as raised:
        connector(answers).place_offer(Offer(StageId("0123456789"), "Bronze", 1000), None)
    assert raised.value.reason == "discount_not_as_written"
    assert promotion["status"] == "Disabled"
    assert not any(body.get("status") == "Enabled" for _, body in written)
