"""Commerce7's orders."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from customerhub.connectors.commerce7.client import Commerce7Client
from customerhub.connectors.commerce7.payloads import from_moment, to_order
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import RemoteOrder, RemotePage

PATH = "order"
LIST = "orders"


class Commerce7Orders:
    """Reads orders. `currency` is the merchant's."""

    def __init__(self, client: Commerce7Client, currency: str) -> None:
        self._client = client
        self._to_order = partial(to_order, currency=currency)

    def to_order(self, record: Mapping[str, Any]) -> RemoteOrder:
        """Read one. Raises ValueError."""
        return self._to_order(record)

    def get(self, order: ExternalId) -> RemoteOrder | None:
        """One order; None where it was deleted."""
        record = self._client.get(PATH, order)
        return self._client.read(self._to_order, record) if record is not None else None

    def changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """A page of those changed at or after `since`, in the order of their ids."""
        since = since.replace(microsecond=since.microsecond // 1000 * 1000) if since else None
        params = {"updatedAt": f"gte:{from_moment(since)}"} if since else {}
        records, following = self._client.page_at(PATH, name=LIST, params=params, cursor=cursor)
        read, unreadable = self._client.read_rows(self._to_order, records)
        changed = (order for order in read if since is None or order.updated_at >= since)
        newest = max((order.updated_at for order in read), default=None)
        return RemotePage(tuple(changed), following, newest, is_ordered=False, unreadable=unreadable)
