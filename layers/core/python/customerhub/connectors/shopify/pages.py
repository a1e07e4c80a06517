"""Lists that change while they are read: by `updatedAt`, ascending, so that what moves is met again, never missed.

The filter wants its timestamp in single quotes and in UTC: unquoted it loses its time of day and is read in the shop's
zone (Estuary, 2025-09). It may still widen to a whole day (schema of 2026-10, of customers), and it reads an index that
is some seconds behind: a caller starts a little before its watermark, and drops what it knows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from customerhub.connectors.shopify.client import QueryTooCostly, Result, ShopifyClient
from customerhub.connectors.shopify.documents import Document
from customerhub.connectors.shopify.ids import to_external_id
from customerhub.connectors.shopify.payloads import ShopifyPageInfo
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import RemoteCustomer, RemoteOrder, RemotePage, RemoteProduct
from customerhub.errors import PartnerRefused, PartnerUnavailable, UnreadableRecord

MAX_ROWS = 250
"""Of a page (schema of 2026-10)."""
MAX_QUERY_COST = 1000
"""Of one request; Shopify refuses what may cost more."""
MAX_PAGES = 50
"""Of a short list. One that goes on for longer has no end."""

Record = TypeVar("Record", bound=RemoteCustomer | RemoteOrder | RemoteProduct)


def changed_since(since: datetime | None) -> str | None:
    """The filter for records that were changed at or after `since`."""
    return None if since is None else f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


class PageReader:
    """Reads pages of one kind, as large as the shop allows."""

    def __init__(self, client: ShopifyClient, document: Document, root: str, *, rows: int = MAX_ROWS) -> None:
        """`root` is the field of the answer that holds the list."""
        self._client = client
        self._document = document
        self._root = root
        self._rows = min(rows, (MAX_QUERY_COST - document.cost) // document.row_cost)

    def page(self, query: str | None, cursor: str | None) -> tuple[Sequence[Mapping[str, Any]], Result, str | None]:
        """The page's nodes, the answer that they are part of, and the next page's cursor. A page that costs too much is
        asked for by halves, now and from now on."""
        while True:
            variables = {"first": self._rows, "after": cursor, "query": query}
            try:
                result = self._client.run(self._document, _told(variables), rows=self._rows)
            except QueryTooCostly:
                if self._rows == 1:
                    raise
                self._rows //= 2
            else:
                return *self._read(result), self._next(result)

    def everything(self, query: str | None = None) -> list[Mapping[str, Any]]:
        """All nodes, over all pages: for short lists. Raises PartnerRefused for one that is too long."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            nodes, _, cursor = self.page(query, cursor)
            found += nodes
            if cursor is None:
                return found
        raise PartnerRefused("Shopify lists more than can be looked through", reason="too_many_records")

    def _read(self, result: Result) -> tuple[list[Mapping[str, Any]], Result]:
        nodes = self._connection(result).get("nodes")
        if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
            raise PartnerUnavailable("Shopify answered a page without its rows")
        return nodes, result

    def _next(self, result: Result) -> str | None:
        try:
            info = ShopifyPageInfo.model_validate(self._connection(result).get("pageInfo"))
        except ValidationError as error:
            raise PartnerUnavailable("Shopify answered a page that does not say whether it is the last") from error
        if info.has_next_page and not info.end_cursor:
            raise PartnerUnavailable("Shopify answered a page without the cursor of the next one")
        return info.end_cursor if info.has_next_page else None

    def _connection(self, result: Result) -> Mapping[str, Any]:
        connection = result.data.get(self._root)
        if not isinstance(connection, dict):
            raise PartnerUnavailable("Shopify answered a list that is none")
        return connection


def read_page(
    nodes: Sequence[Mapping[str, Any]], cursor: str | None, to_record: Callable[[Mapping[str, Any], int], Record]
) -> RemotePage[Record]:
    """A page in our words; `to_record` makes a record of a node and its place on the page. Raises UnreadableRecord for
    a node that cannot be read and has no id by which that could be said."""
    items: list[Record] = []
    unreadable: list[ExternalId] = []
    for place, node in enumerate(nodes):
        try:
            items.append(to_record(node, place))
        except UnreadableRecord:
            unreadable.append(id_of(node))
    newest = max((item.updated_at for item in items if item.updated_at), default=None)
    return RemotePage(tuple(items), cursor, newest, unreadable=tuple(unreadable))


def id_of(node: Mapping[str, Any]) -> ExternalId:
    """Of a node whatever else is in it. Raises UnreadableRecord."""
    return to_external_id(str(node.get("id")))


def _told(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if value is not None}
