"""Commerce7's products."""

from datetime import UTC, datetime, timedelta
from functools import partial

from customerhub.connectors.commerce7.client import Commerce7Client
from customerhub.connectors.commerce7.payloads import to_product
from customerhub.domain.remote import RemotePage, RemoteProduct

PATH = "product"
LIST = "products"
A_DAY = timedelta(days=1)


class Commerce7Products:
    """Reads products. `currency` is the merchant's."""

    def __init__(self, client: Commerce7Client, currency: str) -> None:
        self._client = client
        self._to_product = partial(to_product, currency=currency)

    def changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteProduct]:
        """A page of those changed at or after `since`, in the order of their ids. The filter is documented for whole
        days (developer.commerce7.com/docs/products, July 2026), and not in which zone these begin: the day before is
        asked for too, and what it finds besides is left out here."""
        since = since.astimezone(UTC).replace(microsecond=since.microsecond // 1000 * 1000) if since else None
        params = {"updatedAt": f"gte:{since - A_DAY:%Y-%m-%d}"} if since else {}
        records, following = self._client.page_at(PATH, name=LIST, params=params, cursor=cursor)
        read, unreadable = self._client.read_rows(self._to_product, records)
        changed = (product for product in read if since is None or product.updated_at >= since)
        newest = max((product.updated_at for product in read), default=None)
        return RemotePage(tuple(changed), following, newest, is_ordered=False, unreadable=unreadable)
