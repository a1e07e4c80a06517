"""The one place where parts are put together.

A function pays at every cold start for what it imports, so each part is imported where it is built.
"""

from typing import TYPE_CHECKING, cast

from customerhub.app import (
    AnalyticsApp,
    CleanupApp,
    ClubApp,
    ConflictsApp,
    CredentialApp,
    CustomersApp,
    ImportsApp,
    ImportWorkerApp,
    JobSweepApp,
    MergesApp,
    OperatorApp,
    PrivacyApp,
    ProfileStreamApp,
    SearchApp,
    SyncApp,
    VerificationsApp,
)
from customerhub.aws.clock import SystemClock
from customerhub.settings import Settings, settings_from_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from customerhub.ports import Clock, IdentityStore, Messenger, ObjectStore
    from customerhub.ports.imports import ImportFiles, ImportQueue
    from customerhub.ports.jobs import JobQueue
    from customerhub.ports.partners import Connectors, ResponseTimes, SecretStore
    from customerhub.services.club_parts import ClubParts
    from customerhub.services.job_parts import JobParts
    from customerhub.store.table import Database


def build_customers_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None, clock: "Clock | None" = None
) -> CustomersApp:
    """The parts of the API's customers, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return CustomersApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        _owing_identities(settings, database, clock),
    )


def build_verifications_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    messenger: "Messenger | None" = None,
    clock: "Clock | None" = None,
) -> VerificationsApp:
    """The parts of the API's verifications, over DynamoDB, SES and SNS. Raises ConfigurationError."""
    from customerhub.aws.messages import AwsMessenger
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database
    from customerhub.store.verifications import DynamoVerificationStore

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return VerificationsApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        DynamoVerificationStore(database, settings.work_table),
        messenger or AwsMessenger(settings.mail_from),
        _owing_identities(settings, database, clock),
    )


def build_privacy_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    objects: "ObjectStore | None" = None,
    clock: "Clock | None" = None,
) -> PrivacyApp:
    """The parts of exports and erasures, over DynamoDB and S3. Raises ConfigurationError."""
    from customerhub.aws.objects import S3ObjectStore
    from customerhub.store.erasures import DynamoErasureStore
    from customerhub.store.exports import DynamoExportStore
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database
    from customerhub.store.traces import DynamoTraceStore

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    return PrivacyApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        _owing_identities(settings, database, clock),
        DynamoExportStore(database, *names),
        objects or S3ObjectStore(settings.exports_bucket),
        DynamoErasureStore(database, *names),
        DynamoTraceStore(database, *names),
    )


def build_cleanup_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None, clock: "Clock | None" = None
) -> CleanupApp:
    """The parts of the schedule's work, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.erasures import DynamoErasureStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.quiet import DynamoQuietCustomers
    from customerhub.store.table import Database
    from customerhub.store.traces import DynamoTraceStore

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    return CleanupApp(
        DynamoCredentialStore(database, settings.work_table),
        _owing_identities(settings, database, clock),
        DynamoErasureStore(database, *names),
        DynamoTraceStore(database, *names),
        DynamoQuietCustomers(database, ShardReader(database), *names),
        clock,
    )


def build_merges_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None, clock: "Clock | None" = None
) -> MergesApp:
    """The parts of merging and its undoing, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.events import DynamoTimelineStore
    from customerhub.store.integrations import DynamoIntegrationStore
    from customerhub.store.ledger import DynamoMergeLedger
    from customerhub.store.listing import ShardReader
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.records import DynamoRecordStore
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, customers = Database(client or _dynamodb_client()), settings.customers_table
    return MergesApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        _owing_identities(settings, database, clock),
        DynamoMergeLedger(database, customers),
        DynamoRecordStore(database, customers),
        DynamoTimelineStore(ShardReader(database), customers),
        DynamoIntegrationStore(database, settings.work_table),
    )


def build_conflicts_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None, clock: "Clock | None" = None
) -> ConflictsApp:
    """The parts of the API's conflicts, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.conflict_lists import DynamoConflictStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, work = Database(client or _dynamodb_client()), settings.work_table
    return ConflictsApp(
        DynamoRateLimiter(database, work, clock),
        clock,
        _owing_identities(settings, database, clock),
        DynamoConflictStore(database, ShardReader(database), work),
    )


def build_club_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    queue: "JobQueue | None" = None,
    clock: "Clock | None" = None,
) -> ClubApp:
    """The parts of the API's stages, enrollments and orders, over DynamoDB and SQS. Raises ConfigurationError."""
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return ClubApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        _club_parts(settings, database, clock, _owing_identities(settings, database, clock)),
        queue or SqsJobQueue(settings.jobs_queue, clock),
    )


def build_search_app(settings: Settings | None = None, client: "DynamoDBClient | None" = None) -> SearchApp:
    """The parts of search, lists and timelines, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.directory import DynamoCustomerDirectory
    from customerhub.store.events import DynamoTimelineStore
    from customerhub.store.identity import DynamoIdentityStore
    from customerhub.store.ledger import DynamoMergeLedger
    from customerhub.store.listing import ShardReader
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), SystemClock()
    database = Database(client or _dynamodb_client())
    shards, customers = ShardReader(database), settings.customers_table
    return SearchApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        DynamoIdentityStore(database, customers, settings.work_table, clock),
        DynamoCustomerDirectory(database, shards, customers),
        DynamoTimelineStore(shards, customers),
        DynamoMergeLedger(database, customers),
    )


def build_analytics_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None, clock: "Clock | None" = None
) -> AnalyticsApp:
    """The parts of the API's analytics, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.statistics import DynamoStatisticsStore
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return AnalyticsApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        DynamoStatisticsStore(database, settings.work_table),
    )


def build_profile_stream_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None
) -> ProfileStreamApp:
    """The parts of the function that follows the customers table. Raises ConfigurationError."""
    from customerhub.store.profiles import read_profile_image
    from customerhub.store.statistics import DynamoStatisticsStore
    from customerhub.store.table import Database

    settings = settings or settings_from_environment()
    database = Database(client or _dynamodb_client())
    return ProfileStreamApp(DynamoStatisticsStore(database, settings.work_table), read_profile_image, SystemClock())


def build_sync_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    queue: "JobQueue | None" = None,
    clock: "Clock | None" = None,
) -> SyncApp:
    """The parts of the API's jobs and health figures, over DynamoDB and SQS. Raises ConfigurationError."""
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.services.job_desk_parts import JobDesk
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    club, queue = _club_parts(settings, database, clock), queue or SqsJobQueue(settings.jobs_queue, clock)
    return SyncApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        JobDesk(club.identities, club.club, club.integrations, club.jobs, queue, clock),
    )


def build_job_parts(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    connectors: "Connectors | None" = None,
    messenger: "Messenger | None" = None,
    queue: "JobQueue | None" = None,
    clock: "Clock | None" = None,
) -> "JobParts":
    """The parts of the function that does jobs, over DynamoDB, SQS, SES and the connectors. Raises
    ConfigurationError."""
    from customerhub.aws.messages import AwsMessenger
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.domain.response_times import CollectedTimes
    from customerhub.services.job_parts import JobParts
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.erasures import DynamoErasureStore
    from customerhub.store.links import DynamoLinkStore
    from customerhub.store.table import Database

    settings, clock, times = settings or settings_from_environment(), clock or SystemClock(), CollectedTimes()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    club = _club_parts(settings, database, clock)
    return JobParts(
        DynamoCredentialStore(database, settings.work_table),
        club.identities,
        DynamoErasureStore(database, *names),
        club.jobs,
        DynamoLinkStore(database, settings.customers_table),
        club.club,
        club.integrations,
        connectors or build_connectors(settings, database, clock, times),
        messenger or AwsMessenger(settings.mail_from, attempts=1),
        queue or SqsJobQueue(settings.jobs_queue, clock),
        times,
        clock,
    )


def build_job_sweep_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    queue: "JobQueue | None" = None,
    import_queue: "ImportQueue | None" = None,
    clock: "Clock | None" = None,
) -> JobSweepApp:
    """The parts of the function that sends jobs and imports again, over DynamoDB and SQS. Raises ConfigurationError."""
    from customerhub.aws.import_queue import SqsImportQueue
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.store.imports import DynamoImportStore
    from customerhub.store.jobs import DynamoJobStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    return JobSweepApp(
        DynamoJobStore(database, ShardReader(database), *names),
        queue or SqsJobQueue(settings.jobs_queue, clock),
        DynamoImportStore(database, settings.work_table),
        import_queue or SqsImportQueue(settings.imports_queue),
        clock,
    )


def build_connectors(
    settings: Settings, database: "Database", clock: "Clock", times: "ResponseTimes | None" = None
) -> "Connectors":
    """The connectors to shops and CRMs, over Secrets Manager and HTTP; `times` hears how long each takes to answer."""
    from customerhub.connectors.opening import PartnerConnectors
    from customerhub.store.pacing import DynamoPacers

    pacers = DynamoPacers(database, settings.work_table, clock)
    return PartnerConnectors(build_secrets(settings, database, clock), pacers.of, clock, times)


def build_secrets(settings: Settings, database: "Database", clock: "Clock") -> "SecretStore":
    """The credentials of integrations."""
    from customerhub.aws.secrets import AwsSecretStore
    from customerhub.store.leases import DynamoLeases

    return AwsSecretStore(DynamoLeases(database, settings.work_table, clock).exclusive)


def build_imports_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    files: "ImportFiles | None" = None,
    queue: "ImportQueue | None" = None,
    clock: "Clock | None" = None,
) -> ImportsApp:
    """The parts of the API's imports, over DynamoDB, S3 and SQS. Raises ConfigurationError."""
    from customerhub.aws.import_files import S3ImportFiles
    from customerhub.aws.import_queue import SqsImportQueue
    from customerhub.store.imports import DynamoImportStore
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return ImportsApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        DynamoImportStore(database, settings.work_table),
        files or S3ImportFiles(settings.imports_bucket),
        queue or SqsImportQueue(settings.imports_queue),
        _club_parts(settings, database, clock),
    )


def build_import_worker_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    files: "ImportFiles | None" = None,
    import_queue: "ImportQueue | None" = None,
    queue: "JobQueue | None" = None,
    clock: "Clock | None" = None,
) -> ImportWorkerApp:
    """The parts of the function that works imports, over DynamoDB, S3 and SQS. Raises ConfigurationError."""
    from customerhub.aws.import_files import S3ImportFiles
    from customerhub.aws.import_queue import SqsImportQueue
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.imports import DynamoImportStore
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return ImportWorkerApp(
        DynamoImportStore(database, settings.work_table),
        files or S3ImportFiles(settings.imports_bucket),
        import_queue or SqsImportQueue(settings.imports_queue),
        DynamoCredentialStore(database, settings.work_table),
        _club_parts(settings, database, clock, _owing_identities(settings, database, clock)),
        queue or SqsJobQueue(settings.jobs_queue, clock),
        clock,
    )


def build_credential_app(settings: Settings | None = None, client: "DynamoDBClient | None" = None) -> CredentialApp:
    """The parts of the authorizer. Raises ConfigurationError."""
    from customerhub.oidc.verifier import KeySetTokenVerifier
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.table import Database

    settings = settings or settings_from_environment()
    database = Database(client or _dynamodb_client())
    return CredentialApp(DynamoCredentialStore(database, settings.work_table), KeySetTokenVerifier(), SystemClock())


def build_operator_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    secrets: "SecretStore | None" = None,
) -> OperatorApp:
    """The parts of the operator's command. Raises ConfigurationError."""
    from customerhub.store.profiles import DynamoProfileWalk
    from customerhub.store.statistics import DynamoStatisticsStore
    from customerhub.store.table import Database

    settings = settings or settings_from_environment()
    client = client or _dynamodb_client()
    common, database = build_credential_app(settings, client), Database(client)
    return OperatorApp(
        common.credentials,
        common.verifier,
        common.clock,
        DynamoStatisticsStore(database, settings.work_table),
        DynamoProfileWalk(database, settings.customers_table),
        _club_parts(settings, database, common.clock),
        secrets or build_secrets(settings, database, common.clock),
    )


def _club_parts(
    settings: Settings, database: "Database", clock: "Clock", identities: "IdentityStore | None" = None
) -> "ClubParts":
    """What the club's use cases work on; `identities` is the plain store unless another is given."""
    from customerhub.services.club_parts import ClubParts
    from customerhub.store.club import DynamoClubStore
    from customerhub.store.identity import DynamoIdentityStore
    from customerhub.store.integrations import DynamoIntegrationStore
    from customerhub.store.jobs import DynamoJobStore
    from customerhub.store.listing import ShardReader

    names, shards = (settings.customers_table, settings.work_table), ShardReader(database)
    return ClubParts(
        identities or DynamoIdentityStore(database, *names, clock),
        DynamoClubStore(database, shards, *names),
        DynamoIntegrationStore(database, settings.work_table),
        DynamoJobStore(database, shards, *names),
        clock,
    )


def _owing_identities(settings: Settings, database: "Database", clock: "Clock") -> "IdentityStore":
    """Customers, of whom those that shops are concerned with are owed to the shops when they change."""
    from customerhub.services.owing_identities import OwingIdentityStore
    from customerhub.store.identity import DynamoIdentityStore
    from customerhub.store.integrations import DynamoIntegrationStore
    from customerhub.store.jobs import DynamoJobStore
    from customerhub.store.listing import ShardReader

    names = settings.customers_table, settings.work_table
    return OwingIdentityStore(
        DynamoIdentityStore(database, *names, clock),
        DynamoIntegrationStore(database, settings.work_table),
        DynamoJobStore(database, ShardReader(database), *names),
        clock,
    )


def _dynamodb_client() -> "DynamoDBClient":
    from botocore.config import Config
    from botocore.session import get_session

    # A call has 15 seconds for three requests in a row: one that takes 1.5 is lost, and is better tried again.
    config = Config(
        connect_timeout=0.5,
        read_timeout=1.5,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=16,  # the shards of a list are read at once, beside the rate counters
    )
    # botocore is what boto3 wraps; leaving the wrapper out saves a cold start 30 ms.
    return cast("DynamoDBClient", get_session().create_client("dynamodb", config=config))
