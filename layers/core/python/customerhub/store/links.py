"""Links, read beside the rest of a customer's records (`records.py`)."""

from collections.abc import Sequence

from customerhub.domain.ids import CustomerId, IntegrationId, TenantId
from customerhub.domain.link import Link, to_link
from customerhub.domain.records import RecordKind
from customerhub.store import keys
from customerhub.store.pages import read_pages
from customerhub.store.records import PREFIXES, to_record
from customerhub.store.table import Database, Key

PAGE = 100


class DynamoLinkStore:
    """Implements `ports.jobs.LinkStore`. `customers` is the physical name of the table."""

    def __init__(self, database: Database, customers: str) -> None:
        self._database = database
        self._customers = customers

    def get_links(
        self, tenant: TenantId, customers: Sequence[CustomerId], integration: IntegrationId
    ) -> Sequence[Link]:
        """One BatchGetItem."""
        sort = f"{PREFIXES[RecordKind.LINK]}{integration}"
        addresses = {Key(self._customers, keys.collection(tenant, one), sort): one for one in customers}
        found = self._database.batch_get(list(addresses))
        return [to_link(to_record(item, addresses[key], RecordKind.LINK)) for key, item in found.items()]

    def list_links(self, tenant: TenantId, customers: Sequence[CustomerId]) -> Sequence[Link]:
        """One query for each collection."""
        prefix = PREFIXES[RecordKind.LINK]
        return [
            to_link(to_record(item, one, RecordKind.LINK))
            for one in customers
            for page in read_pages(self._database, Key(self._customers, keys.collection(tenant, one), prefix), PAGE)
            for item in page
        ]
