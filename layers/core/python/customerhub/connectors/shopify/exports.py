"""Exports: whole lists that Shopify writes to a file, one JSON object a line (a "bulk operation").

Five may run at once for an app in a shop (since 2026-01). Whoever asks again is given the one that is under way: what
it exports says which one that is. The file lies elsewhere, at an address that lets anybody read it for a week.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from customerhub.connectors.base import PartnerHttp
from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import ShopifyClient
from customerhub.connectors.shopify.customers import to_customer
from customerhub.connectors.shopify.documents import (
    CUSTOMERS_EXPORT,
    CUSTOMERS_PAGE,
    EXPORT_BY_ID,
    EXPORT_START,
    EXPORTS_PAGE,
    ORDERS_EXPORT,
    Document,
)
from customerhub.connectors.shopify.ids import from_external_id, is_number, to_external_id
from customerhub.connectors.shopify.orders import to_order
from customerhub.connectors.shopify.pages import PageReader, id_of
from customerhub.connectors.shopify.payloads import ShopifyExportPayload
from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import ExportedRow, RemoteCustomer, RemoteOrder, UnreadableRow
from customerhub.errors import NotReadyYet, NotSupported, PartnerRefused, PartnerUnavailable, UnreadableRecord

EXPORTED: Mapping[FeedKind, Document] = {FeedKind.CUSTOMERS: CUSTOMERS_EXPORT, FeedKind.ORDERS: ORDERS_EXPORT}
"""Products are few: their pages are read."""
MAX_LINE_BYTES = 1_000_000
"""No record comes near to it."""
BUSY_RETRY_S = 60
_BUSY = frozenset({"LIMIT_REACHED", "OPERATION_IN_PROGRESS"})
_STARTING = frozenset({"CREATED", "RUNNING"})
_FAILED = frozenset({"CANCELED", "FAILED"})
_NO_LONGER_THERE = frozenset({400, 401, 403, 404, 410})
"""What a file's host answers to an address that was good once."""

Line = tuple[bytes, int]


class ShopifyExports:
    """The exports of one shop."""

    def __init__(self, client: ShopifyClient, http: PartnerHttp) -> None:
        self._client = client
        self._http = http
        self._known = PageReader(client, EXPORTS_PAGE, "bulkOperations", rows=50)
        self._one_row = PageReader(client, CUSTOMERS_PAGE, "customers", rows=1)

    def start(self, kind: FeedKind) -> BulkExport:
        """The one that is under way, else a new one: two requests. Raises NotReadyYet while five others are."""
        document = EXPORTED.get(kind)
        if document is None:
            raise NotSupported(f"Shopify's {kind} are read page by page")
        return self._under_way(kind) or self._start(kind, document)

    def get(self, export: ExternalId) -> BulkExport | None:
        """One request. None too for what is no export of ours, and for one whose file is gone."""
        if not is_number(export):
            return None
        node = self._client.run(EXPORT_BY_ID, {"id": from_external_id("BulkOperation", export)})
        told = node.data.get("bulkOperation")
        return _to_export(_read(told)) if isinstance(told, dict) else None

    def read(self, export: BulkExport, offset: int) -> Iterator[tuple[ExportedRow, int]]:
        """One request for the file, without our token; before it one row of a page, since a file does not say which
        fields are empty because we may not see them. Memory is a piece of the file and a line."""
        if export.url is None:
            return
        to_record = self._reader(export.kind)
        for line, following in _lines(self._pieces(export, export.url, offset), offset):
            node = _object(line)
            if node is None:
                continue
            try:
                yield to_record(node), following
            except UnreadableRecord:
                yield UnreadableRow(id_of(node)), following

    def _start(self, kind: FeedKind, document: Document) -> BulkExport:
        started = self._client.mutate(EXPORT_START, {"query": document.text})
        if not started.errors:
            export = _to_export(_read(started.payload.get("bulkOperation")))
            if export is None:
                raise PartnerUnavailable("Shopify has started an export that is none of ours")
            return export
        if not any(error.code in _BUSY for error in started.errors):
            codes = ", ".join(sorted({error.code or "no code" for error in started.errors}))
            raise PartnerRefused(f"Shopify refuses to export its {kind}: {codes}", reason="export_refused")
        found = self._under_way(kind)
        if found is None:
            raise NotReadyYet("as many exports as the shop allows are under way", retry_after_s=BUSY_RETRY_S)
        return found

    def _under_way(self, kind: FeedKind) -> BulkExport | None:
        """The newest of that kind, among the last fifty."""
        nodes, _, _ = self._known.page("operation_type:query", None)
        for told in map(_read, nodes):
            if told.status in _STARTING and _words(told.query) == _words(EXPORTED[kind].text):
                return _to_export(told)
        return None

    def _reader(self, kind: FeedKind) -> Callable[[Mapping[str, Any]], RemoteCustomer | RemoteOrder]:
        if kind is FeedKind.ORDERS:
            return to_order
        _, result, _ = self._one_row.page(None, None)
        withheld = result.withheld_under("customers", "nodes", 0)
        return lambda node: to_customer(node, withheld)

    def _pieces(self, export: BulkExport, url: str, offset: int) -> Iterator[bytes]:
        """From another address where that one is good no longer."""
        try:
            yield from self._http.read_file(url, offset)
        except PartnerUnavailable as error:
            fresh = self.get(export.id) if error.status in _NO_LONGER_THERE else None
            if fresh is None or fresh.url is None or fresh.url == url:
                raise
            yield from self._http.read_file(fresh.url, offset)


def _lines(pieces: Iterator[bytes], offset: int) -> Iterator[Line]:
    """The lines of a file that is read from `offset` on, each with where the next one begins."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            offset += len(line) + 1
            yield line, offset
        if len(rest) > MAX_LINE_BYTES:
            raise PartnerRefused("Shopify exports a record that is longer than any can be", reason="line_too_long")
    if rest:
        yield rest, offset + len(rest)


def _object(line: bytes) -> Mapping[str, Any] | None:
    """The record of a line; None of an empty one, and of a part of the record before it. Raises PartnerUnavailable for
    what is none: the file was cut off, or is read from the middle of a line."""
    if not line.strip():
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise PartnerUnavailable("Shopify's export holds a line that cannot be read") from error
    if not isinstance(told, dict):
        raise PartnerUnavailable("Shopify's export holds a line that is no record")
    return None if "__parentId" in told else told


def _read(node: object) -> ShopifyExportPayload:
    try:
        return ShopifyExportPayload.model_validate(node)
    except ValidationError as error:
        raise PartnerUnavailable(f"Shopify answered an export that cannot be read: {places_of(error)}") from error


def _to_export(told: ShopifyExportPayload) -> BulkExport | None:
    """None where it exports something else, and where its file is gone."""
    kind = _kind_of(told.query)
    if kind is None or told.status == "EXPIRED":
        return None
    is_done = told.status == "COMPLETED"
    return BulkExport(
        id=to_external_id(told.id),
        kind=kind,
        started_at=told.created_at,
        is_done=is_done,
        url=told.url if is_done else None,
        records=told.root_object_count if is_done else None,
        reason=(told.error_code or told.status).lower() if told.status in _FAILED else None,
    )


def _kind_of(query: str) -> FeedKind | None:
    """By the list that it starts with, whatever fields a former version of the hub asked for."""
    words = query.partition("{")[2].split()
    return next((kind for kind in EXPORTED if words[:1] == [kind.value]), None)


def _words(query: str) -> list[str]:
    """A query's text without its spaces: those may come back otherwise."""
    return query.split()
