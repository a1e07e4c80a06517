"""A shop that is broken, or means harm: whatever it answers ends in the error tree, in time, and in words of ours.

Anything else would be a fault that nobody foresaw, and the next job would meet it again.
"""

import gzip
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from customerhub.connectors.base import PartnerHttp, partner_http_client, plain_name, plain_words
from customerhub.connectors.commerce7.payloads import to_customer
from customerhub.connectors.payload import MAX_NOTICED, notice_fields
from customerhub.connectors.shopify.connector import ShopifyConnector
from customerhub.connectors.shopify.pages import MAX_PAGES
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import OutgoingCustomer
from customerhub.errors import HubError, PartnerRefused, PartnerUnavailable
from tests.support import commerce7_fake, shopify_fake
from tests.support.json_places import places, with_value
from tests.support.partner_bench import MemoryPacer, offer
from tests.support.shopify_fake import INTEGRATION, CountingPacer, SettableClock, Shop, answered, customer

ANN = OutgoingCustomer("ann@example.com", "Ann", "Otter", "+14155550123")
TAG = "hub-stage-5f0c9a31"
LAST_PAGE = {"hasNextPage": False, "endCursor": None}
COST = {
    "requestedQueryCost": 3,
    "actualQueryCost": 3,
    "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0},
}
HOSTILE: list[Any] = [
    None, -1, 1e-300, 1e308, float("nan"), float("-inf"), 10**400, "1e999", "", "x" * 100_000, "\ud800", "\0", "#:/..",
    "canary@example.com", {}, [{}],
]  # fmt: skip

Call = Callable[[Any], object]
Responder = Callable[[httpx.Request], httpx.Response]
Answer = dict[str, Any]


def _mutants(answer: Answer) -> Iterator[bytes]:
    for at in places(answer):
        for value in HOSTILE:
            yield json.dumps(with_value(answer, at, value)).encode()


def _assert_harmless(
    open_connector: Callable[[Responder], Any], call: Call, contents: Iterator[bytes], *, times: int = 1
) -> None:
    for content in contents:
        asked: list[httpx.Request] = []

        def answer(
            request: httpx.Request, content: bytes = content, asked: list[httpx.Request] = asked
        ) -> httpx.Response:
            asked.append(request)
            assert len(asked) < 300, f"{content[:200]!r} is asked for over and over"
            return httpx.Response(200, content=content)

        connector = open_connector(answer)
        for _ in range(times):
            try:
                call(connector)
            except HubError as error:
                shown = f"{error} {getattr(error, 'reason', '')} {getattr(error, 'fields', '')}"
                assert shown.isprintable(), content[:200]
                assert len(shown) < 700, content[:200]
                assert "canary" not in shown, content[:200]


def _shopify(answer: Responder) -> ShopifyConnector:
    clock, http = SettableClock(), partner_http_client(httpx.MockTransport(answer))
    return ShopifyConnector(INTEGRATION, shopify_fake.CREDENTIALS, http, MemoryPacer(clock), clock)


def _discount() -> Answer:
    return {
        "id": "gid://shopify/DiscountNode/1",
        "discount": {
            "__typename": "DiscountAutomaticBasic",
            "title": "Bronze",
            "status": "EXPIRED",
            "tags": [TAG],
            "context": {"__typename": "DiscountCustomerSegments", "segments": [{"id": "gid://shopify/Segment/1"}]},
            "customerGets": {"value": {"percentage": 0.2}},
        },
    }


SHOPIFY: Mapping[str, tuple[Call, Answer]] = {
    "a customer": (lambda shop: shop.get_customer(ExternalId("1")), {"data": {"customer": customer()}}),
    "a customer of whom something is withheld": (
        lambda shop: shop.get_customer(ExternalId("1")),
        {
            "data": {"customer": customer()},
            "errors": [{"path": ["customer", "tags"], "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "x"}}],
        },
    ),
    "a customer who is refused": (
        lambda shop: shop.upsert_customer(ANN),
        {"data": {"customerSet": {"userErrors": [{"field": ["input", "x"], "message": "bad", "code": "BAD"}]}}},
    ),
    "discounts": (
        lambda shop: shop.place_offer(offer("Bronze"), None),
        {
            "data": {
                "segments": {
                    "nodes": [{"id": "gid://shopify/Segment/1", "name": TAG, "query": "q"}],
                    "pageInfo": LAST_PAGE,
                },
                "discountNodes": {"nodes": [_discount()], "pageInfo": LAST_PAGE},
            }
        },
    ),
    "a request that is throttled": (
        lambda shop: shop.get_customer(ExternalId("1")),
        {"data": None, "errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": COST}},
    ),
    "points": (
        lambda shop: shop.get_customer(ExternalId("1")),
        {"data": {"customer": None}, "extensions": {"cost": COST}},
    ),
}


@pytest.mark.parametrize("name", SHOPIFY)
def test_whatever_stands_in_an_answer_of_shopify_is_harmless(name: str) -> None:
    """What is told of points counts from the next request on."""
    call, answer = SHOPIFY[name]
    _assert_harmless(_shopify, call, _mutants(answer), times=2 if name == "points" else 1)


C7_TAG = {"id": "t", "title": "Club: Bronze [5f0c9a31]", "type": "Manual", "createdAt": "2026-11-01T10:00:00.000Z"}
C7_CUSTOMER = {
    "id": "c",
    "firstName": "Ann",
    "emails": [{"id": "e", "email": "ann@example.com"}],
    "phones": [{"id": "p", "phone": "+1"}],
    "tags": [C7_TAG],
    "updatedAt": "2026-11-01T10:00:00.000Z",
}
C7_PROMOTION = {"id": "p", "title": "Club: Bronze", "discount": 900, "availableTo": "Tag", "availableToObjectIds": "t"}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda crm: crm.upsert_customer(ANN), {**C7_CUSTOMER, "customers": [C7_CUSTOMER], "tags": [C7_TAG]}),
        (lambda crm: crm.place_offer(offer("Bronze"), None), {**C7_PROMOTION, "tags": [C7_TAG], "promotions": []}),
    ],
    ids=["a customer", "a promotion"],
)
def test_whatever_stands_in_an_answer_of_commerce7_is_harmless(call: Call, answer: Answer) -> None:
    _assert_harmless(commerce7_fake.connector, call, _mutants(answer))


@pytest.mark.parametrize(
    "told", ["", " ", "\n", "\ud800", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "x" * 101, None, {}]
)
def test_what_cannot_be_an_id_at_commerce7_is_none(told: Any) -> None:
    """It becomes a part of a path: an empty one would name the whole list."""
    with pytest.raises(ValueError, match="id"):
        to_customer({"id": told})
    assert to_customer({"id": "a#b:c/../d"}).id == "a#b:c/../d"


def _partner(handle: Responder, clock: SettableClock | None = None) -> PartnerHttp:
    http = partner_http_client(httpx.MockTransport(handle))
    return PartnerHttp("Partner", INTEGRATION, http, CountingPacer(), clock or SettableClock())


def _megabytes() -> Iterator[bytes]:
    yield from (b" " * 1_000_000 for _ in range(1_000))


def _compressed_megabytes() -> Iterator[bytes]:
    packed = gzip.compress(b" " * 100_000_000, 1)
    yield from (packed[start : start + 4096] for start in range(0, len(packed), 4096))


@pytest.mark.parametrize(
    ("pieces", "headers"),
    [(_megabytes, {}), (_compressed_megabytes, {"content-encoding": "gzip"})],
    ids=["as it is", "compressed"],
)
def test_an_answer_without_end_is_not_read_to_its_end(
    pieces: Callable[[], Iterator[bytes]], headers: dict[str, str]
) -> None:
    left = pieces()
    answer = _partner(lambda _: httpx.Response(200, content=left, headers=headers))
    with pytest.raises(PartnerUnavailable, match="more than can be read"):
        answer.send("GET", "https://partner.example/")
    assert next(left), "there is more of it, which nobody has read"


def test_an_answer_that_trickles_is_not_waited_for() -> None:
    clock = SettableClock()

    def pieces() -> Iterator[bytes]:
        for _ in range(1_000):
            clock.sleep(10)
            yield b" "

    with pytest.raises(PartnerUnavailable, match="in time"):
        _partner(lambda _: httpx.Response(200, content=pieces()), clock).send("GET", "https://partner.example/")
    assert sum(clock.slept_s) <= 40


def test_a_list_of_shopify_without_end_ends() -> None:
    more = {"hasNextPage": True, "endCursor": "again"}
    shop = Shop([answered({"webhookSubscriptions": {"nodes": [], "pageInfo": more}})])
    with pytest.raises(PartnerRefused) as caught:
        shop.connector.list_webhooks()
    assert caught.value.reason == "too_many_records"
    assert len(shop.asked) == MAX_PAGES


def test_the_token_goes_to_nobody_else() -> None:
    """No SSRF: wherever a shop sends us, we do not go."""
    hosts = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"location": "http://169.254.169.254/latest/meta-data"})

    with pytest.raises(PartnerRefused) as caught:
        _shopify(answer).get_customer(ExternalId("1"))
    assert hosts == [INTEGRATION.account]
    assert "169.254" not in str(caught.value)


def test_unknown_fields_fill_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(2_000):
            notice_fields("Hostile", [f"field{number}", "canary@example.com"])
    assert len(caplog.records) == MAX_NOTICED
    assert "canary" not in caplog.text


@pytest.mark.parametrize("told", ["", "a b", "ann@example.com", "\ud800", "x" * 51, "9", None, 7, ["name"]])
def test_what_is_no_plain_name_is_not_shown(told: object) -> None:
    assert not plain_name(told)


def test_words_of_a_partner_are_shown_without_addresses() -> None:
    told = ["Title must\nbe unique", "\x1b[2Jann@example.com is caf\N{LATIN SMALL LETTER E WITH ACUTE}", "\ud800" * 500]
    assert plain_words(told) == "Title must be unique; … is caf\N{LATIN SMALL LETTER E WITH ACUTE};"
    assert len(plain_words(["word " * 1_000])) <= 300
