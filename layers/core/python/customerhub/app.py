"""The application as values: what the entry points hand to the use cases. Tests build the same from doubles."""

from dataclasses import dataclass

from customerhub.ports import (
    Clock,
    ConflictStore,
    CredentialStore,
    CustomerDirectory,
    ErasureStore,
    ExportStore,
    IdentityStore,
    MergeLedger,
    Messenger,
    ObjectStore,
    ProfileImages,
    ProfileWalk,
    QuietCustomers,
    RateLimiter,
    RecordStore,
    StatisticsStore,
    TenantDirectory,
    TimelineStore,
    TokenVerifier,
    TraceStore,
    VerificationStore,
)


@dataclass(frozen=True)
class App:
    """What every function of the HTTP API needs; each function has its own kind, with what else it needs."""

    rate_limiter: RateLimiter
    clock: Clock


@dataclass(frozen=True)
class CustomersApp(App):
    """Find, create, merge, read and change a customer."""

    identities: IdentityStore


@dataclass(frozen=True)
class VerificationsApp(App):
    """Send one-time codes, and find, create or merge by what they prove."""

    verifications: VerificationStore
    messenger: Messenger
    identities: IdentityStore


@dataclass(frozen=True)
class MergesApp(App):
    """Merge customers, and undo it."""

    identities: IdentityStore
    ledger: MergeLedger
    records: RecordStore
    timeline: TimelineStore


@dataclass(frozen=True)
class ConflictsApp(App):
    """List, read and resolve conflicts."""

    identities: IdentityStore
    conflicts: ConflictStore


@dataclass(frozen=True)
class PrivacyApp(App):
    """Export all that is kept of a person, and erase it."""

    identities: IdentityStore
    exports: ExportStore
    objects: ObjectStore
    erasures: ErasureStore
    traces: TraceStore


@dataclass(frozen=True)
class CleanupApp:
    """What the schedule needs to finish erasures and to clean up what nobody comes back to."""

    tenants: TenantDirectory
    identities: IdentityStore
    erasures: ErasureStore
    traces: TraceStore
    quiet: QuietCustomers
    clock: Clock


@dataclass(frozen=True)
class SearchApp(App):
    """Find, list and read customers and their timelines."""

    identities: IdentityStore
    directory: CustomerDirectory
    timeline: TimelineStore
    ledger: MergeLedger


@dataclass(frozen=True)
class AnalyticsApp(App):
    """Show a tenant's statistics."""

    statistics: StatisticsStore


@dataclass(frozen=True)
class ProfileStreamApp:
    """What the function that follows the customers table needs."""

    statistics: StatisticsStore
    read_image: ProfileImages
    clock: Clock


@dataclass(frozen=True)
class CredentialApp:
    """What the authorizer needs."""

    credentials: CredentialStore
    verifier: TokenVerifier
    clock: Clock


@dataclass(frozen=True)
class OperatorApp(CredentialApp):
    """What the operator's command needs."""

    statistics: StatisticsStore
    profiles: ProfileWalk
