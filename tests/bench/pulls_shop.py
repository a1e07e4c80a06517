"""A shop with many customers on the loopback, as every puller of `tests.bench.pulls` asks it: pages of 250 by GraphQL,
whatever fields it selects, or by REST. It is no double: it throttles nobody, checks nothing, and prepares each page but
once for each way of asking. Run as a process of its own; prints its port.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

ROWS = 250
FIRST_ID = 706_405_506_930_370_000
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
COST = {
    "requestedQueryCost": 10,
    "actualQueryCost": 10,
    "throttleStatus": {"maximumAvailable": 1_000_000, "currentlyAvailable": 1_000_000, "restoreRate": 1_000_000},
}
SHOP = {"id": 1, "name": "Bench", "domain": "bench.myshopify.com", "currency": "USD", "myshopify_domain": "bench"}


def changed_at(number: int) -> str:
    """When a customer had changed last."""
    return f"{BEGAN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"


def customer(number: int) -> dict[str, Any]:
    """Everything that anybody asks for, as GraphQL names it."""
    number_id, email, phone = FIRST_ID + number, f"person{number}@example.com", f"+1{2_002_000_000 + number * 37}"
    address = {
        "id": f"gid://shopify/MailingAddress/{number_id}",
        "address1": f"{number} Main St",
        "city": "Napa",
        "zip": "94558",
        "province": "California",
        "provinceCode": "CA",
        "country": "United States",
        "countryCodeV2": "US",
    }
    return {
        "id": f"gid://shopify/Customer/{number_id}",
        "legacyResourceId": str(number_id),
        "email": email,
        "phone": phone,
        "firstName": f"Ann{number % 97}",
        "lastName": f"Lee{number % 89}",
        "displayName": f"Ann{number % 97} Lee{number % 89}",
        "createdAt": changed_at(number),
        "updatedAt": changed_at(number),
        "tags": ["club", f"tag{number % 7}"],
        "state": "DISABLED",
        "verifiedEmail": True,
        "validEmailAddress": True,
        "taxExempt": False,
        "taxExemptions": [],
        "numberOfOrders": "3",
        "locale": "en",
        "amountSpent": {"amount": "120.00", "currencyCode": "USD"},
        "defaultEmailAddress": {"emailAddress": email, "marketingState": "SUBSCRIBED"},
        "defaultPhoneNumber": {"phoneNumber": phone, "marketingState": "NOT_SUBSCRIBED"},
        "defaultAddress": address,
        "addresses": [address],
        "emailMarketingConsent": {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"},
        "smsMarketingConsent": {"marketingState": "NOT_SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"},
    }


def rest_customer(number: int) -> dict[str, Any]:
    """The same, as REST names it."""
    told = customer(number)
    return {
        "id": FIRST_ID + number,
        "admin_graphql_api_id": told["id"],
        "email": told["email"],
        "phone": told["phone"],
        "first_name": told["firstName"],
        "last_name": told["lastName"],
        "created_at": told["createdAt"],
        "updated_at": told["updatedAt"],
        "tags": ", ".join(told["tags"]),
        "state": "disabled",
        "verified_email": True,
        "orders_count": 3,
        "total_spent": "120.00",
        "currency": "USD",
        "addresses": [{"address1": told["defaultAddress"]["address1"], "city": "Napa", "zip": "94558"}],
        "default_address": {"address1": told["defaultAddress"]["address1"], "city": "Napa", "zip": "94558"},
        "email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in"},
    }


@dataclass
class Shop:
    """All pages that were asked for, ready to be sent again; and how many customers were sent."""

    records: int
    pages: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    exported: list[str] = field(default_factory=list)
    """The queries of exports; their ids count from 1."""
    served: int = 0
    first_at: float | None = None
    """When the first page was asked for, as the system's clock has it."""

    def graphql(self, asked: Mapping[str, Any], url: str) -> bytes:
        """The answer to a query for one list, of which only that of customers is not empty; or to one about an export,
        whose file is ready at once, under `url`."""
        root = _root_field(asked["query"])
        variables = asked.get("variables") or {}
        match root.name.value:
            case "customers":
                first, rows = int(variables.get("after") or 0), min(int(variables["first"]), ROWS)
                return self._page(asked["query"], first, rows, lambda: self._listed(root, first, rows))
            case "bulkOperationRunQuery":
                self.exported.append(variables["query"])
                return _told(root, {"bulkOperation": self._export(len(self.exported), url), "userErrors": []})
            case "bulkOperation":
                return _told(root, self._export(int(variables["id"].rpartition("/")[2]), url))
        return _told(root, _connection([], None))

    def rest(self, first: int) -> bytes:
        """A page of REST."""
        made = (rest_customer(number) for number in self._numbers(first, ROWS))
        return self._page("REST", first, ROWS, lambda: json.dumps({"customers": list(made)}).encode())

    def lines(self, export: int) -> Iterator[bytes]:
        """The file of an export, in pieces."""
        query = self.exported[export - 1]
        node = _field_of(_field_of(_root_field(query), "edges"), "node").selection_set
        for first in range(0, self.records, ROWS):
            rows = (_selected(customer(number), node) for number in self._numbers(first, ROWS))
            yield self._page(query, first, ROWS, lambda: b"".join(json.dumps(row).encode() + b"\n" for row in rows))  # noqa: B023 - used at once

    def next_of(self, first: int, rows: int = ROWS) -> int | None:
        """Where the next page begins."""
        return first + rows if first + rows < self.records else None

    def _export(self, number: int, url: str) -> dict[str, Any]:
        query = self.exported[number - 1]
        has_file = _root_field(query).name.value == "customers"
        return {
            "id": f"gid://shopify/BulkOperation/{number}",
            "status": "COMPLETED",
            "query": query,
            "createdAt": changed_at(self.records),
            "rootObjectCount": str(self.records if has_file else 0),
            "url": f"{url}/export/{number}" if has_file else None,
        }

    def _listed(self, root: FieldNode, first: int, rows: int) -> bytes:
        found = [customer(number) for number in self._numbers(first, rows)]
        return _told(root, _connection(found, self.next_of(first, rows)))

    def _numbers(self, first: int, rows: int) -> range:
        return range(first, min(first + rows, self.records))

    def _page(self, way: str, first: int, rows: int, made: Callable[[], bytes]) -> bytes:
        self.first_at = self.first_at or time.time()
        self.served += len(self._numbers(first, rows))
        key = (way, first, rows)
        if key not in self.pages:
            self.pages[key] = made()
        return self.pages[key]


def _root_field(query: str) -> FieldNode:
    """What is asked for, beside the shop's currency."""
    operation = next(part for part in parse(query).definitions if isinstance(part, OperationDefinitionNode))
    fields = [field for field in operation.selection_set.selections if isinstance(field, FieldNode)]
    return next(field for field in fields if field.name.value != "shop")


def _field_of(parent: FieldNode, name: str) -> FieldNode:
    assert parent.selection_set
    fields = (one for one in parent.selection_set.selections if isinstance(one, FieldNode))
    return next(one for one in fields if one.name.value == name)


def _connection(rows: list[dict[str, Any]], following: int | None) -> dict[str, Any]:
    return {
        "nodes": rows,
        "edges": [{"node": row, "cursor": str(n)} for n, row in enumerate(rows)],
        "pageInfo": {"hasNextPage": following is not None, "endCursor": str(following) if following else None},
    }


def _told(root: FieldNode, value: Mapping[str, Any]) -> bytes:
    data = {root.name.value: _selected(value, root.selection_set), "shop": {"currencyCode": "USD"}}
    return json.dumps({"data": data, "extensions": {"cost": COST}}).encode()


def _selected(value: Any, selection: SelectionSetNode | None) -> Any:
    if selection is None or value is None:
        return value
    if isinstance(value, list):
        return [_selected(one, selection) for one in value]
    fields = [field for field in selection.selections if isinstance(field, FieldNode)]
    return {
        (field.alias or field.name).value: _selected(value.get(field.name.value), field.selection_set)
        for field in fields
    }


class Handler(BaseHTTPRequestHandler):
    """One connection to `shop`, which the server sets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    shop: ClassVar[Shop]

    def do_POST(self) -> None:
        """GraphQL."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer(self.shop.graphql(asked, f"http://{self.headers['host']}"))

    def do_GET(self) -> None:
        """What was served so far, a file, a page of REST, or what else there is to know of a shop."""
        address = urlparse(self.path)
        if address.path == "/served":
            self._answer(json.dumps({"served": self.shop.served, "first_at": self.shop.first_at}).encode())
            self.shop.served, self.shop.first_at = 0, None
        elif address.path.startswith("/export/"):
            self._send_file(int(address.path.rpartition("/")[2]))
        elif address.path.endswith("/customers.json"):
            self._send_page(address.path, int(parse_qs(address.query).get("page_info", ["0"])[0]))
        else:
            self._answer(json.dumps({"shop": SHOP, "access_scopes": [{"handle": "read_customers"}]}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def _send_file(self, export: int) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in self.shop.lines(export):
            self.wfile.write(piece)
        self.close_connection = True

    def _send_page(self, path: str, first: int) -> None:
        following = self.shop.next_of(first)
        link = f'<http://{self.headers["host"]}{path}?limit=250&page_info={following}>; rel="next"'
        self._answer(self.shop.rest(first), {"Link": link} if following else {})

    def _answer(self, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(200)
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), "X-Request-Id": "bench"}
        allowance = {"X-Shopify-Shop-Api-Call-Limit": "1/400", "X-Shopify-API-Version": "2026-10"}
        for name, value in {**told, **allowance, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(records: int) -> None:
    """Answer until the process is ended."""
    Handler.shop = Shop(records)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
