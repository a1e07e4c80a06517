"""The application as values: what the entry points hand to the use cases. Tests build the same from doubles.

What the worker of jobs needs is in `services.job_parts`: it hands all of it on.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from customerhub.ports.deliveries import DeliveryQueue, DeliveryStore
from customerhub.ports.duties import DutyStore
from customerhub.ports.imports import ImportFiles, ImportQueue, ImportStore
from customerhub.ports.jobs import JobQueue, JobStore, LinkStore
from customerhub.ports.partners import IntegrationStore, SecretStore
from customerhub.ports.runs import RunQueue, RunStore

if TYPE_CHECKING:
    # Every function loads this module, and most have nothing to do with the club and its jobs.
    from customerhub.services.alert_parts import AlertParts
    from customerhub.services.care_parts import CareParts
    from customerhub.services.club_parts import ClubParts
    from customerhub.services.connect_integration import ConnectParts
    from customerhub.services.disconnect_integration import DisconnectParts
    from customerhub.services.duty_parts import DutyParts
    from customerhub.services.job_desk_parts import JobDesk
    from customerhub.services.run_parts import RunParts


@dataclass(frozen=True)
class App:
    """What every function of the HTTP API needs; each function has its own kind, with what else it needs."""

    rate_limiter: RateLimiter
    clock: Clock


@dataclass(frozen=True)
class CustomersApp(App):
    """Find, create, merge, read and change a customer."""

    identities: IdentityStore
    links: LinkStore


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
    integrations: IntegrationStore


@dataclass(frozen=True)
class ConflictsApp(App):
    """List, read and resolve conflicts."""

    identities: IdentityStore
    conflicts: ConflictStore


@dataclass(frozen=True)
class ClubApp(App):
    """Stages, enrollments and orders."""

    parts: "ClubParts"
    queue: JobQueue


@dataclass(frozen=True)
class PrivacyApp(App):
    """Export all that is kept of a person, and erase it."""

    identities: IdentityStore
    exports: ExportStore
    objects: ObjectStore
    erasures: ErasureStore
    traces: TraceStore


@dataclass(frozen=True)
class DutiesApp(App):
    """Show what the law wants done, and take down that it was."""

    duties: DutyStore
    identities: IdentityStore
    alerts: "AlertParts"


@dataclass(frozen=True)
class CleanupApp:
    """What the schedule needs to finish erasures, to do what the law wants done, and to clean up what nobody comes back
    to."""

    tenants: TenantDirectory
    identities: IdentityStore
    erasures: ErasureStore
    traces: TraceStore
    quiet: QuietCustomers
    duties: "DutyParts"
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
class SyncApp(App):
    """Show how the work towards shops and CRMs is going, and let staff retry, edit and discard jobs."""

    desk: "JobDesk"


@dataclass(frozen=True)
class IntegrationsApp(App):
    """Connect shops and CRMs, show how they are, start and show runs, and disconnect them."""

    integrations: IntegrationStore
    care_parts: "CareParts"
    run_parts: "RunParts"
    connecting: "ConnectParts"
    disconnecting: "DisconnectParts"
    job_queue: JobQueue
    delivery_queue: DeliveryQueue


@dataclass(frozen=True)
class JobSweepApp:
    """What the schedule needs to send again what is due and was not heard of: jobs, webhooks, and imports and runs that
    stand still."""

    jobs: JobStore
    queue: JobQueue
    imports: ImportStore
    import_queue: ImportQueue
    deliveries: DeliveryStore
    delivery_queue: DeliveryQueue
    runs: RunStore
    run_queue: RunQueue
    clock: Clock


@dataclass(frozen=True)
class IntegrationCareApp:
    """What the schedule needs to have integrations pulled, compared and looked after."""

    tenants: TenantDirectory
    integrations: IntegrationStore
    jobs: JobStore
    job_queue: JobQueue
    run_queue: RunQueue
    alerts: "AlertParts"
    clock: Clock


@dataclass(frozen=True)
class ImportsApp(App):
    """Take spreadsheets in, show what they would do and what became of them."""

    imports: ImportStore
    files: ImportFiles
    import_queue: ImportQueue
    parts: "ClubParts"


@dataclass(frozen=True)
class ImportWorkerApp:
    """What the function that works imports needs."""

    imports: ImportStore
    files: ImportFiles
    import_queue: ImportQueue
    tenants: TenantDirectory
    parts: "ClubParts"
    queue: JobQueue
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
    club: "ClubParts"
    secrets: SecretStore
    connecting: "ConnectParts"
    disconnecting: "DisconnectParts"
    job_queue: JobQueue
