"""A feed is read on from where a run stands: by the platform's pages, or from its export of a whole list."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import ExportedRow, RemoteCustomer, RemoteOrder, RemotePage, RemoteProduct, UnreadableRow
from customerhub.domain.run import Position
from customerhub.errors import NotSupported, PartnerRefused, PartnerUnavailable
from customerhub.ports import Clock
from customerhub.ports.connector import Connector

OVERLAP = timedelta(minutes=10)
"""How much a platform's list may be behind its records: what changed so long before a page was read, and no earlier, is
where it belongs in the list. Pulls begin that much before the watermark."""
FIRST_LOOK_S = 2
LAST_LOOK_S = 60
"""An export is looked after when it has gone on for half as long again, between these bounds."""
EXPORT_PATIENCE = timedelta(hours=2)
"""From when an export was started: most take minutes, and one that hangs says so only after days."""

RemoteRecord = RemoteCustomer | RemoteOrder | RemoteProduct
ExportStream = Iterator[tuple[ExportedRow, int]]
AnyPage = RemotePage[RemoteCustomer] | RemotePage[RemoteOrder] | RemotePage[RemoteProduct]


@dataclass(frozen=True)
class FeedPage:
    """Records that follow one another, and where the feed goes on behind them. Once they are taken in, all that changed
    before `watermark` is; None says nothing of that. `is_last`: there are no more. `unreadable` are further records,
    which cannot be read."""

    records: tuple[RemoteRecord, ...]
    position: Position
    watermark: datetime | None = None
    is_last: bool = False
    unreadable: tuple[ExternalId, ...] = ()


@dataclass(frozen=True)
class ExportUnderWay:
    """The platform writes the whole list to a file. To be remembered is `position`; to be looked at again in `wait_s`
    seconds."""

    position: Position
    wait_s: int


class FeedReader:
    """Reads the feeds of one integration, `size` records of an export at a time; pages are as the platform has them.

    `read` raises what the connector does. An export is read as a stream, gone on with from its byte after a fault, and
    found again by its id; one that failed, hangs, cannot be read or that the platform has forgotten is made up for by
    pages.
    """

    def __init__(self, connector: Connector, clock: Clock, size: int) -> None:
        self._connector = connector
        self._clock = clock
        self._size = size
        self._stream: ExportStream | None = None
        self._streamed_to: tuple[ExternalId, int] | None = None

    def read(self, position: Position) -> FeedPage | ExportUnderWay:
        """What comes next. One call of the platform's for a page, two where a whole list begins."""
        if position.export:
            return self._exported(position, position.export)
        if position.since is None and position.cursor is None:
            return self._begun(position)
        return self._listed(position)

    def _begun(self, position: Position) -> FeedPage | ExportUnderWay:
        try:
            export = self._connector.start_export(position.feed)
        except (NotSupported, PartnerRefused):
            return self._listed(position)
        known = replace(position, export=export.id, offset=0, began_at=export.started_at)
        return ExportUnderWay(known, self._wait_s(export))

    def _exported(self, position: Position, export_id: ExternalId) -> FeedPage | ExportUnderWay:
        if self._stream is None or self._streamed_to != (export_id, position.offset):
            export = self._connector.get_export(export_id)
            if export is None or export.reason:
                return self._listed_instead(position)
            if not export.is_done:
                hangs = self._clock.now() >= export.started_at + EXPORT_PATIENCE
                return self._listed_instead(position) if hangs else ExportUnderWay(position, self._wait_s(export))
            if export.url is None:
                is_lost = export.records or position.offset
                return self._listed_instead(position) if is_lost else _nothing(position)
            self._stream = self._connector.read_export(export, position.offset)
        try:
            return self._streamed(position, export_id, self._stream)
        except PartnerRefused:
            return self._listed_instead(position)

    def _listed_instead(self, position: Position) -> FeedPage:
        return self._listed(replace(position, export=None, offset=0))

    def _streamed(self, position: Position, export_id: ExternalId, stream: ExportStream) -> FeedPage:
        """A file that breaks off is worked as far as it came."""
        self._stream = None
        rows, offset, is_whole = self._read_on(stream, position.offset)
        if is_whole:
            self._stream, self._streamed_to = stream, (export_id, offset)
        is_last = is_whole and len(rows) < self._size
        return FeedPage(
            tuple(row for row in rows if not isinstance(row, UnreadableRow)),
            replace(position, offset=offset),
            position.began_at if is_last else None,
            is_last,
            tuple(row.id for row in rows if isinstance(row, UnreadableRow)),
        )

    def _read_on(self, stream: ExportStream, offset: int) -> tuple[list[ExportedRow], int, bool]:
        """The next rows, where the one behind them begins, and whether the stream did not break off."""
        rows: list[ExportedRow] = []
        try:
            for row, following in islice(stream, self._size):
                rows.append(row)
                offset = following
        except PartnerUnavailable:
            if not rows:
                raise
            return rows, offset, False
        return rows, offset, True

    def _listed(self, position: Position) -> FeedPage:
        read_at = self._clock.now()
        page = self._page(position)
        if page.cursor is not None and page.cursor == position.cursor:
            raise PartnerRefused("the platform's list leads from one page to the same again", reason="endless_list")
        settled = _settled(page, read_at - OVERLAP) if page.is_ordered else None
        is_last = page.cursor is None
        moments = [at for at in (settled, position.began_at if is_last else None) if at]
        after = replace(position, cursor=page.cursor)
        return FeedPage(page.items, after, max(moments, default=None), is_last, page.unreadable)

    def _page(self, position: Position) -> AnyPage:
        match position.feed:
            case FeedKind.CUSTOMERS:
                return self._connector.customers_changed_since(position.since, position.cursor)
            case FeedKind.ORDERS:
                return self._connector.orders_changed_since(position.since, position.cursor)
            case FeedKind.PRODUCTS:
                return self._connector.products_changed_since(position.since, position.cursor)

    def _wait_s(self, export: BulkExport) -> int:
        if export.is_done or export.reason:
            return 0
        age_s = int((self._clock.now() - export.started_at).total_seconds())
        return min(max(FIRST_LOOK_S, age_s // 2), LAST_LOOK_S)


def _nothing(position: Position) -> FeedPage:
    return FeedPage((), position, position.began_at, is_last=True)


def _settled(page: AnyPage, until: datetime) -> datetime | None:
    """When the newest of the page's records changed that stand where they belong in the list. What has changed since
    `until` may be shown as it is now and in its former place, before others that changed earlier."""
    changed = [record.updated_at for record in page.items if record.updated_at]
    return max((at for at in changed if at <= until), default=None)
