"""What duties are done with."""

from dataclasses import dataclass

from customerhub.ports import Clock, ErasureStore, IdentityStore, QuietCustomers, TenantDirectory, TraceStore
from customerhub.ports.duties import DutyStore, ShopEstate
from customerhub.services.alert_parts import AlertParts


@dataclass(frozen=True)
class DutyParts:
    """The stores, and what alerts are raised with."""

    tenants: TenantDirectory
    duties: DutyStore
    identities: IdentityStore
    erasures: ErasureStore
    traces: TraceStore
    quiet: QuietCustomers
    estate: ShopEstate
    alerts: AlertParts
    clock: Clock
