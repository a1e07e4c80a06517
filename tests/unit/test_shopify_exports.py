"""Exports of a shop: what is started and gone on with, and how a file is read that lies at another host."""

import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.connectors.base import partner_http_client
from customerhub.connectors.shopify.connector import ShopifyConnector
from customerhub.connectors.shopify.documents import CUSTOMERS_EXPORT, ORDERS_EXPORT
from customerhub.connectors.shopify.exports import MAX_LINE_BYTES
from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import UnreadableRow
from customerhub.errors import NotReadyYet, NotSupported, PartnerRefused, PartnerUnavailable
from tests.support.shopify_fake import CREDENTIALS, INTEGRATION, NOW, CountingPacer, SettableClock, answered, customer

FILE = "https://files.example.com/export.jsonl?signature=secret"
ANOTHER = "https://files.example.com/export.jsonl?signature=newer"
EXPORT = BulkExport(ExternalId("77"), FeedKind.CUSTOMERS, NOW, is_done=True, url=FILE, records=3)
LINES = [json.dumps(customer(str(number))).encode() + b"\n" for number in (1, 2, 3)]
CONTENT = b"".join(LINES)


def node(**fields: Any) -> dict[str, Any]:
    """A `BulkOperation`."""
    return {
        "id": "gid://shopify/BulkOperation/77",
        "status": "RUNNING",
        "errorCode": None,
        "query": CUSTOMERS_EXPORT.text,
        "createdAt": "2026-11-25T11:00:00Z",
        "rootObjectCount": "3",
        "url": None,
    } | fields


def listed(*nodes: dict[str, Any]) -> dict[str, Any]:
    """What is known of bulk operations."""
    return {"bulkOperations": {"nodes": list(nodes), "pageInfo": {"hasNextPage": False, "endCursor": None}}}


def refused(code: str) -> dict[str, Any]:
    """A start that Shopify refuses."""
    error = {"field": None, "message": "…", "code": code}
    return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [error]}}


ROW = {"customers": {"nodes": [customer()], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


@dataclass
class World:
    """A shop that answers `told` by the name of the operation, and the host of its files."""

    told: dict[str, Any] = field(default_factory=lambda: {"HubCustomersPage": ROW})
    file: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200, content=CONTENT)
    asked: list[str] = field(default_factory=list)
    files_asked: list[httpx.Request] = field(default_factory=list)
    errors: Any = None

    @property
    def connector(self) -> ShopifyConnector:
        """A connector to it."""
        http = partner_http_client(httpx.MockTransport(self._answer))
        return ShopifyConnector(INTEGRATION, CREDENTIALS, http, CountingPacer(), SettableClock())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == INTEGRATION.account:
            name = json.loads(request.content)["operationName"]
            self.asked.append(name)
            told = self.told[name]
            return answered(told.pop(0) if isinstance(told, list) else told, errors=self.errors)
        self.files_asked.append(request)
        response = self.file(request)
        if not response.is_stream_consumed:
            return response
        return httpx.Response(response.status_code, headers=response.headers, content=iter([response.content]))

    def ids(self, export: BulkExport = EXPORT, offset: int = 0) -> list[str]:
        """Whom a file shows."""
        return [record.id for record, _ in self.connector.read_export(export, offset)]


def with_ranges(request: httpx.Request) -> httpx.Response:
    """As Google's storage answers."""
    wanted = request.headers.get("range")
    if wanted is None:
        return httpx.Response(200, content=CONTENT)
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if start >= len(CONTENT):
        return httpx.Response(416, headers={"content-range": f"bytes */{len(CONTENT)}"}, content=b"<Error/>")
    told = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    return httpx.Response(206, content=CONTENT[start:], headers={"content-range": told})


def without_ranges(_: httpx.Request) -> httpx.Response:
    """A host that sends the whole file to everybody."""
    return httpx.Response(200, content=CONTENT)


# Starting


def test_what_is_under_way_is_gone_on_with() -> None:
    others = [node(id="gid://shopify/BulkOperation/1", query=ORDERS_EXPORT.text), node(status="COMPLETED")]
    shown = node(query=" ".join(CUSTOMERS_EXPORT.text.split()))
    world = World({"HubExportsPage": listed(*others, shown)})
    export = world.connector.start_export(FeedKind.CUSTOMERS)
    assert (export.id, export.is_done, export.started_at.hour) == ("77", False, 11)
    assert world.asked == ["HubExportsPage"]


@pytest.mark.parametrize("code", ["LIMIT_REACHED", "OPERATION_IN_PROGRESS"])
def test_where_somebody_was_faster_theirs_is_gone_on_with(code: str) -> None:
    world = World({"HubExportsPage": [listed(), listed(node())], "HubExportStart": refused(code)})
    assert world.connector.start_export(FeedKind.CUSTOMERS).id == "77"


def test_five_others_are_waited_for() -> None:
    world = World({"HubExportsPage": listed(node(query="{ orders { edges { node { id } } } }"))})
    world.told["HubExportStart"] = refused("LIMIT_REACHED")
    with pytest.raises(NotReadyYet) as caught:
        world.connector.start_export(FeedKind.CUSTOMERS)
    assert caught.value.retry_after_s == 60


def test_a_query_that_is_refused_is_for_a_person() -> None:
    world = World({"HubExportsPage": listed(), "HubExportStart": refused("INVALID")})
    with pytest.raises(PartnerRefused, match="INVALID") as caught:
        world.connector.start_export(FeedKind.CUSTOMERS)
    assert caught.value.reason == "export_refused"


def test_products_are_not_exported() -> None:
    world = World({})
    with pytest.raises(NotSupported):
        world.connector.start_export(FeedKind.PRODUCTS)
    assert not world.asked


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (node(status="CREATED"), (False, None, None)),
        (node(status="CANCELING"), (False, None, None)),
        (node(status="SOMETHING_NEW"), (False, None, None)),
        (node(status="COMPLETED", url=FILE), (True, FILE, None)),
        (node(status="COMPLETED"), (True, None, None)),
        (node(status="FAILED", errorCode="ACCESS_DENIED"), (False, None, "access_denied")),
        (node(status="FAILED", errorCode="TIMEOUT", url=FILE), (False, None, "timeout")),
        (node(status="CANCELED"), (False, None, "canceled")),
        (node(status="COMPLETED", url=FILE, query="{ orders { edges { node { id } } } }"), (True, FILE, None)),
    ],
)
def test_how_an_export_is_going(told: dict[str, Any], expected: tuple[bool, str | None, str | None]) -> None:
    export = World({"HubExportById": {"bulkOperation": told}}).connector.get_export(ExternalId("77"))
    assert export is not None
    assert (export.is_done, export.url, export.reason) == expected


@pytest.mark.parametrize("told", [None, node(status="EXPIRED"), node(query="{ shop { id } }"), node(query="")])
def test_what_is_no_export_of_ours_is_none(told: Any) -> None:
    assert World({"HubExportById": {"bulkOperation": told}}).connector.get_export(ExternalId("77")) is None


def test_an_id_of_another_shape_is_none() -> None:
    world = World({})
    assert world.connector.get_export(ExternalId("../7")) is None
    assert not world.asked


# Reading


def test_the_host_of_a_file_is_told_nothing_of_us() -> None:
    world = World()
    assert world.ids() == ["1", "2", "3"]
    (request,) = world.files_asked
    assert str(request.url) == FILE
    assert "x-shopify-access-token" not in request.headers
    assert "cookie" not in request.headers
    assert request.headers["accept-encoding"] == "identity"
    assert "range" not in request.headers


@pytest.mark.parametrize("host", [with_ranges, without_ranges])
def test_a_file_is_gone_on_with_from_any_line(host: Callable[[httpx.Request], httpx.Response]) -> None:
    world = World(file=host)
    whole = list(world.connector.read_export(EXPORT, 0))
    assert [offset for _, offset in whole] == [len(b"".join(LINES[:at])) for at in (1, 2, 3)]
    for at, (_, offset) in enumerate(whole):
        assert list(world.connector.read_export(EXPORT, offset)) == whole[at + 1 :]
    assert world.files_asked[1].headers["range"] == f"bytes={len(LINES[0])}-"


@pytest.mark.parametrize("host", [with_ranges, without_ranges])
def test_a_file_that_has_become_shorter_is_another_one(host: Callable[[httpx.Request], httpx.Response]) -> None:
    with pytest.raises(PartnerRefused) as caught:
        World(file=host).ids(offset=len(CONTENT) + 1)
    assert caught.value.reason == "file_changed"


@given(st.lists(st.integers(0, len(CONTENT)), max_size=20), st.sampled_from([0, 1, 2, 3]), st.booleans())
def test_however_the_network_cuts_a_file_its_lines_are_whole(cuts: list[int], skipped: int, ends: bool) -> None:
    content = CONTENT if ends else CONTENT.removesuffix(b"\n")
    places = sorted({0, *(cut for cut in cuts if cut < len(content)), len(content)})
    pieces = [content[start:end] for start, end in itertools.pairwise(places)]
    world = World(file=lambda _: httpx.Response(200, content=iter(pieces)))
    offset = min(len(content), len(b"".join(LINES[:skipped])))
    assert world.ids(offset=offset) == ["1", "2", "3"][skipped:]


def test_what_belongs_to_a_record_is_no_record() -> None:
    child = b'{"id":"gid://shopify/MailingAddress/5","__parentId":"gid://shopify/Customer/1"}\n'
    world = World(file=lambda _: httpx.Response(200, content=LINES[0] + child + b"\n" + LINES[1]))
    whole = list(world.connector.read_export(EXPORT, 0))
    assert [(record.id, offset) for record, offset in whole] == [
        ("1", len(LINES[0])),
        ("2", len(LINES[0] + child + b"\n" + LINES[1])),
    ]


def test_a_file_that_breaks_off_holds_as_far_as_it_came() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        def pieces() -> Iterator[bytes]:
            yield CONTENT[: len(LINES[0]) + 10]
            raise httpx.RemoteProtocolError("peer closed connection")

        return httpx.Response(200, content=pieces())

    reading = World(file=broken).connector.read_export(EXPORT, 0)
    record, offset = next(reading)
    assert (record.id, offset) == ("1", len(LINES[0]))
    with pytest.raises(PartnerUnavailable) as caught:
        next(reading)
    assert caught.value.status is None


@pytest.mark.parametrize("line", [b'{"id": "gid', b"[]\n", b'"x"\n', b"[" * 100_000 + b"\n", b'{"id": "none"}\n'])
def test_a_line_that_is_no_record_is_not_passed_over(line: bytes) -> None:
    world = World(file=lambda _: httpx.Response(200, content=LINES[0] + line))
    reading = world.connector.read_export(EXPORT, 0)
    assert next(reading)[0].id == "1"
    with pytest.raises(PartnerUnavailable):
        next(reading)


def test_a_record_that_cannot_be_read_is_shown_as_such_and_keeps_no_other_from_being_read() -> None:
    garbled = json.dumps(customer("9", updatedAt="once")).encode() + b"\n"
    world = World(file=lambda _: httpx.Response(200, content=LINES[0] + garbled + LINES[1]))
    first, second, third = world.connector.read_export(EXPORT, 0)
    assert second == (UnreadableRow(ExternalId("9")), len(LINES[0] + garbled))
    assert (first[0].id, third[0].id) == ("1", "2")


def test_a_line_without_an_end_is_not_read_for_ever() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 65_536

    world = World(file=lambda _: httpx.Response(200, content=endless()))
    with pytest.raises(PartnerRefused) as caught:
        world.ids()
    assert caught.value.reason == "line_too_long"
    assert MAX_LINE_BYTES == 1_000_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_file_is_not_followed_elsewhere(status: int) -> None:
    world = World(file=lambda _: httpx.Response(status, headers={"location": "https://elsewhere.example.com/"}))
    with pytest.raises(PartnerRefused) as caught:
        world.ids()
    assert caught.value.reason == "redirected"
    assert len(world.files_asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/x",
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ftp://files.example.com/x",
        "https:///x",
        "//files.example.com/x",
        "x",
        "",
        "https://[::1",
    ],
)
def test_only_the_open_web_is_asked(url: str) -> None:
    world = World()
    with pytest.raises(PartnerRefused) as caught:
        world.ids(replace(EXPORT, url=url))
    assert caught.value.reason == "invalid_address"
    assert not world.files_asked


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_an_address_that_is_good_no_longer_is_asked_for_anew(status: int) -> None:
    def host(request: httpx.Request) -> httpx.Response:
        return with_ranges(request) if str(request.url) == ANOTHER else httpx.Response(status)

    world = World(file=host)
    world.told["HubExportById"] = {"bulkOperation": node(status="COMPLETED", url=ANOTHER)}
    assert world.ids(offset=len(LINES[0])) == ["2", "3"]
    assert len(world.files_asked) == 2


@pytest.mark.parametrize("told", [None, node(status="COMPLETED", url=FILE), node(status="EXPIRED")])
def test_a_file_that_is_gone_for_good_is_not_asked_for_again(told: Any) -> None:
    world = World(file=lambda _: httpx.Response(403))
    world.told["HubExportById"] = {"bulkOperation": told}
    with pytest.raises(PartnerUnavailable) as caught:
        world.ids()
    assert caught.value.status == 403
    assert len(world.files_asked) == 1


@pytest.mark.parametrize(
    ("response", "retry_after_s"),
    [
        (httpx.Response(503, headers={"retry-after": "30"}), 30),
        (httpx.Response(429), 1),
        (httpx.Response(500), 1),
        (httpx.Response(206, content=CONTENT), 1),
        (httpx.Response(206, content=CONTENT, headers={"content-range": "bytes 5-900/901"}), 1),
    ],
)
def test_a_host_that_is_not_well_is_asked_later(response: httpx.Response, retry_after_s: int) -> None:
    with pytest.raises(PartnerUnavailable) as caught:
        World(file=lambda _: response).ids(offset=7)
    assert caught.value.retry_after_s == retry_after_s


def test_a_file_that_comes_encoded_cannot_be_counted() -> None:
    response = httpx.Response(200, content=b"x", headers={"content-encoding": "br"})
    with pytest.raises(PartnerUnavailable):
        World(file=lambda _: response).ids()


def test_what_may_not_be_seen_is_withheld_in_a_file_too() -> None:
    """A file does not say so: a row of a page does."""
    unseen = customer("1", defaultEmailAddress=None, defaultPhoneNumber=None)
    denied = [
        {"message": "…", "path": ["customers", "nodes", 0, name], "extensions": {"code": "ACCESS_DENIED"}}
        for name in ("defaultEmailAddress", "defaultPhoneNumber")
    ]
    world = World(file=lambda _: httpx.Response(200, content=json.dumps(unseen).encode()), errors=denied)
    ((record, _),) = world.connector.read_export(EXPORT, 0)
    assert record.withheld == frozenset({"emails", "phones"})  # type: ignore[union-attr]


def test_an_export_of_nobody_asks_nothing() -> None:
    world = World()
    assert world.ids(replace(EXPORT, url=None)) == []
    assert (world.asked, world.files_asked) == ([], [])


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")])
def test_no_error_speaks_of_the_address(error: httpx.TransportError) -> None:
    """Invariant 8: whoever has it can read the file."""

    def host(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(PartnerUnavailable) as caught:
        World(file=host).ids()
    assert "example.com" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_memory_does_not_grow_with_the_file() -> None:
    def read(count: int) -> int:
        def pieces() -> Iterator[bytes]:
            for _ in range(count):
                yield LINES[0]

        world = World(file=lambda _: httpx.Response(200, content=pieces()))
        tracemalloc.start()
        try:
            assert sum(1 for _ in world.connector.read_export(EXPORT, 0)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    read(10)
    small, large = read(500), read(5_000)
    assert large < small + 200_000


def test_orders_are_read_from_a_file() -> None:
    order: dict[str, Any] = {
        "id": "gid://shopify/Order/9",
        "name": "#1001",
        "createdAt": "2026-11-01T10:00:00Z",
        "updatedAt": "2026-11-02T10:00:00Z",
        "displayFinancialStatus": "PAID",
        "customer": {"id": "gid://shopify/Customer/7"},
        "currentTotalPriceSet": {"shopMoney": {"amount": "12.50", "currencyCode": "USD"}},
    }
    world = World(file=lambda _: httpx.Response(200, content=json.dumps(order).encode()))
    ids: Sequence[str] = world.ids(replace(EXPORT, kind=FeedKind.ORDERS))
    assert ids == ["9"]
    assert not world.asked, "orders have no field that may be withheld"
