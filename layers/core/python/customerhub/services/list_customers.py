"""All customers of a tenant, those first who changed last."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.customer import Customer
from customerhub.domain.page import Page
from customerhub.ports import CustomerDirectory


def list_customers(caller: Caller, after: str | None, limit: int, *, directory: CustomerDirectory) -> Page[Customer]:
    """A page of the live customers. One who changes while pages are read moves to the front, and is not shown again.

    Raises Forbidden without customers:read.
    """
    caller.require(Scope.CUSTOMERS_READ)
    return directory.by_activity(caller.tenant.id, after, limit)
