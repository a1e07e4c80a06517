"""What stands in customers' places, read without being asked for by id: from the table's stream, and all of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from customerhub.domain.customer import StoredCustomer
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.store import keys
from customerhub.store.attributes import plain
from customerhub.store.customers import to_stored
from customerhub.store.table import Database


def read_profile_image(image: Mapping[str, Any]) -> StoredCustomer:
    """Implements `ports.ProfileImages`."""
    return to_stored({name: plain(attribute) for name, attribute in image.items()})


class DynamoProfileWalk:
    """Implements `ports.ProfileWalk`. `customers` is the physical name of the table."""

    def __init__(self, database: Database, customers: str) -> None:
        self._database = database
        self._customers = customers

    def walk(self, tenant: TenantId) -> Iterator[Sequence[StoredCustomer]]:
        """One Scan per MB of the table."""
        start = keys.profile(self._customers, tenant, CustomerId(""))
        for items in self._database.scan(start.table, start.partition, start.sort):
            yield [to_stored(item) for item in items]
