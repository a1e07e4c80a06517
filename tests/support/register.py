"""Customers put straight into the table, many at a time, as the hub would have stored them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE
from customerhub.domain.customer import Customer, Erased, StoredCustomer, new_customer
from customerhub.domain.ids import CustomerId, ErasureId, TenantId
from customerhub.store import keys
from customerhub.store.customers import from_stored
from customerhub.store.table import ALWAYS, TRANSACTION_LIMIT, Database, Put
from infra.local.tables import DynamoDBTables

START = datetime(2026, 11, 21, 10, tzinfo=UTC)


def person(tenant: TenantId, number: int, **fields: Any) -> Customer:
    """The customer of that number: the same id each time, changed last so many seconds after `START`."""
    customer_id = CustomerId(str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))))
    customer = new_customer(tenant, customer_id, "chatbot", START + timedelta(seconds=number))
    return replace(customer, **{"version": 1} | fields)


def erased(customer: Customer) -> Erased:
    """What an erasure leaves of the customer."""
    return Erased(customer.tenant, customer.id, customer.version + 1, START, ErasureId("erasure-1"))


@dataclass(frozen=True)
class Register:
    """The table of people, written to without asking."""

    database: Database
    table: str

    def put(self, customers: Iterable[StoredCustomer]) -> None:
        """Whatever stands there already is replaced."""
        writes = [Put(keys.profile(self.table, c.tenant, c.id), from_stored(c), ALWAYS) for c in customers]
        for start in range(0, len(writes), TRANSACTION_LIMIT):
            self.database.write_all(writes[start : start + TRANSACTION_LIMIT])


def open_register(tables: DynamoDBTables) -> Register:
    """A register with a client of its own."""
    return Register(Database(tables.client()), tables.names[CUSTOMERS_TABLE_VARIABLE])
