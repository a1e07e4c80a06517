"""Every active integration of every tenant is to be pulled, or compared."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from customerhub.domain.ids import TenantId
from customerhub.domain.run import RunKind, RunStart
from customerhub.errors import HubError
from customerhub.ports import TenantDirectory
from customerhub.ports.partners import IntegrationStore
from customerhub.ports.runs import RunQueue

TENANTS_AT_ONCE = 500
READERS = 8


@dataclass(frozen=True)
class Told:
    """How many tenants there are, of how many active integrations the workers were told, and of how many tenants they
    could not be."""

    tenants: int = 0
    integrations: int = 0
    failed: int = 0

    def plus(self, other: "Told") -> "Told":
        """Both together."""
        return Told(self.tenants + other.tenants, self.integrations + other.integrations, self.failed + other.failed)


def start_pulls(kind: RunKind, *, tenants: TenantDirectory, integrations: IntegrationStore, queue: RunQueue) -> Told:
    """Send one message for each active integration; whoever receives it starts the run, or finds that there is no need.

    One query for each tenant, eight at a time, and a call of the queue's for ten messages of a tenant. A fault about
    one tenant does not keep the others. Raises StoreUnavailable where the tenants cannot be listed.
    """

    def tell(tenant: TenantId) -> Told:
        try:
            active = [one for one in integrations.list_integrations(tenant) if one.active]
            if active:
                queue.send_starts([RunStart(tenant, one.id, kind) for one in active])
        except HubError:
            return Told(tenants=1, failed=1)
        return Told(tenants=1, integrations=len(active))

    told, listed = Told(), tenants.list_tenants()
    with ThreadPoolExecutor(READERS, thread_name_prefix="tenants") as threads:
        while some := _some(listed):
            for one in threads.map(tell, some):
                told = told.plus(one)
    return told


def _some(tenants: Iterator[TenantId]) -> list[TenantId]:
    return list(islice(tenants, TENANTS_AT_ONCE))
