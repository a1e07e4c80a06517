"""Commerce7's orders."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from customerhub.connectors.commerce7.client import Commerce7Client
from customerhub.connectors.commerce7.payloads import from_moment, to_order
from customerhub.domain.remote import RemoteOrder, RemotePage


class Commerce7Orders:
    """Reads orders. `currency` is the merchant's."""

    def __init__(self, client: Commerce7Client, currency: str) -> None:
        self._client = client
        self._to_order = partial(to_order, currency=currency)

    def to_order(self, record: Mapping[str, Any]) -> RemoteOrder:
        """Read one. Raises ValueError."""
        return self._to_order(record)

    def changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """A page of those changed at or after `since`, in the order of their ids."""
        since = since.replace(microsecond=since.microsecond // 1000 * 1000) if since else None
        params = {"updatedAt": f"gte:{from_moment(since)}"} if since else {}
        records, following = self._client.page_at("order", name="orders", params=params, cursor=cursor)
        read = [self._client.read(self._to_order, record) for record in records]
        changed = (order for order in read if since is None or order.updated_at >= since)
        return RemotePage(tuple(changed), following, max((order.updated_at for order in read), default=None))
