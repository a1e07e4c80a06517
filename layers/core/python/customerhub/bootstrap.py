"""The one place where parts are put together.

A function pays at every cold start for what it imports, so each part is imported where it is built.
"""

from functools import cache
from typing import TYPE_CHECKING, cast

from customerhub.app import (
    AnalyticsApp,
    CleanupApp,
    ClubApp,
    ConflictsApp,
    CredentialApp,
    CustomersApp,
    DutiesApp,
    ImportsApp,
    ImportWorkerApp,
    IntegrationCareApp,
    IntegrationsApp,
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
from customerhub.deployment import (
    ALERTS_TOPIC_VARIABLE,
    JOBS_QUEUE_VARIABLE,
    PUBLIC_URL_VARIABLE,
    RUNS_QUEUE_VARIABLE,
)
from customerhub.settings import Settings, settings_from_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from customerhub.ports import Clock, IdentityStore, Messenger, ObjectStore
    from customerhub.ports.care import AlertTopic
    from customerhub.ports.deliveries import DeliveryQueue
    from customerhub.ports.imports import ImportFiles, ImportQueue
    from customerhub.ports.jobs import JobQueue
    from customerhub.ports.partners import Connectors, ResponseTimes, SecretStore
    from customerhub.ports.runs import RunQueue
    from customerhub.services.alert_parts import AlertParts
    from customerhub.services.care_parts import CareParts, CareTools
    from customerhub.services.club_parts import ClubParts
    from customerhub.services.job_parts import JobParts
    from customerhub.services.receive_delivery import InboxParts
    from customerhub.services.run_parts import PullParts
    from customerhub.services.work_delivery import DeliveryParts
    from customerhub.store.table import Database

BULK_THREADS = 8
"""Customers of a bulk change that are worked side by side."""
CALL_PATIENCE_S = 8.0
"""How long a platform may be silent while a caller of the API waits, who is answered within half a minute."""


def build_customers_app(
    settings: Settings | None = None, client: "DynamoDBClient | None" = None, clock: "Clock | None" = None
) -> CustomersApp:
    """The parts of the API's customers, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.links import DynamoLinkStore
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return CustomersApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        _owing_identities(settings, database, clock),
        DynamoLinkStore(database, settings.customers_table),
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
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    clock: "Clock | None" = None,
    topic: "AlertTopic | None" = None,
) -> CleanupApp:
    """The parts of the schedule's work, over DynamoDB and SNS. Raises ConfigurationError."""
    from customerhub.services.duty_parts import DutyParts
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.duties import DynamoDutyStore
    from customerhub.store.erasures import DynamoErasureStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.quiet import DynamoQuietCustomers
    from customerhub.store.shop_estate import DynamoShopEstate
    from customerhub.store.table import Database
    from customerhub.store.traces import DynamoTraceStore

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    shards = ShardReader(database)
    duties = DutyParts(
        DynamoCredentialStore(database, settings.work_table),
        DynamoDutyStore(database, shards, *names),
        _owing_identities(settings, database, clock),
        DynamoErasureStore(database, *names),
        DynamoTraceStore(database, *names),
        DynamoQuietCustomers(database, shards, *names),
        DynamoShopEstate(database, shards, *names),
        build_alert_parts(settings, database, clock, topic),
        clock,
    )
    return CleanupApp(duties.tenants, duties.identities, duties.erasures, duties.traces, duties.quiet, duties, clock)


def build_duties_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    clock: "Clock | None" = None,
    topic: "AlertTopic | None" = None,
) -> DutiesApp:
    """The parts of the API's duties, over DynamoDB and SNS. Raises ConfigurationError."""
    from customerhub.store.duties import DynamoDutyStore
    from customerhub.store.identity import DynamoIdentityStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    return DutiesApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        DynamoDutyStore(database, ShardReader(database), *names),
        DynamoIdentityStore(database, *names, clock),
        build_alert_parts(settings, database, clock, topic),
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
    run_queue: "RunQueue | None" = None,
    inbox: "DeliveryQueue | None" = None,
    topic: "AlertTopic | None" = None,
    clock: "Clock | None" = None,
) -> "JobParts":
    """The parts of the function that does jobs, over DynamoDB, SQS, SES, SNS and the connectors. Raises
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

    @cache
    def care() -> "CareTools":
        # Most jobs have nothing to do with it.
        from customerhub.aws.delivery_queue import SqsDeliveryQueue
        from customerhub.aws.run_queue import SqsRunQueue
        from customerhub.services.care_parts import CareTools
        from customerhub.services.run_parts import RunParts

        parts = build_care_parts(settings, database, clock, topic)
        runs = RunParts(parts.runs, run_queue or SqsRunQueue(settings.runs_queue), clock)
        return CareTools(parts, runs, inbox or SqsDeliveryQueue(settings.deliveries_queue, clock), settings.public_url)

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
        care,
    )


def build_job_sweep_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    queue: "JobQueue | None" = None,
    import_queue: "ImportQueue | None" = None,
    clock: "Clock | None" = None,
    *,
    delivery_queue: "DeliveryQueue | None" = None,
    run_queue: "RunQueue | None" = None,
) -> JobSweepApp:
    """The parts of the function that sends jobs, webhooks, imports and runs again, over DynamoDB and SQS. Raises
    ConfigurationError."""
    from customerhub.aws.delivery_queue import SqsDeliveryQueue
    from customerhub.aws.import_queue import SqsImportQueue
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.aws.run_queue import SqsRunQueue
    from customerhub.store.deliveries import DynamoDeliveryStore
    from customerhub.store.imports import DynamoImportStore
    from customerhub.store.jobs import DynamoJobStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.runs import DynamoRunStore
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    shards = ShardReader(database)
    return JobSweepApp(
        DynamoJobStore(database, shards, *names),
        queue or SqsJobQueue(settings.jobs_queue, clock),
        DynamoImportStore(database, settings.work_table),
        import_queue or SqsImportQueue(settings.imports_queue),
        DynamoDeliveryStore(database, shards, settings.work_table),
        delivery_queue or SqsDeliveryQueue(settings.deliveries_queue, clock),
        DynamoRunStore(database, settings.work_table),
        run_queue or SqsRunQueue(settings.runs_queue),
        clock,
    )


def build_pull_parts(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    connectors: "Connectors | None" = None,
    queue: "RunQueue | None" = None,
    job_queue: "JobQueue | None" = None,
    topic: "AlertTopic | None" = None,
    clock: "Clock | None" = None,
) -> "PullParts":
    """The parts of the function that works runs, over DynamoDB, SQS, SNS and the connectors. Raises
    ConfigurationError."""
    from functools import partial

    from customerhub.aws.queue import SqsJobQueue
    from customerhub.aws.run_queue import SqsRunQueue
    from customerhub.services.review_integration import review_integration
    from customerhub.services.run_parts import PullParts
    from customerhub.services.take_in import TAKE_IN
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.duties import DynamoDutyStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.runs import DynamoRunStore
    from customerhub.store.shop_records import DynamoShopRecordStore
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    return PullParts(
        DynamoRunStore(database, settings.work_table),
        queue or SqsRunQueue(settings.runs_queue),
        DynamoCredentialStore(database, settings.work_table),
        connectors or build_connectors(settings, database, clock),
        DynamoShopRecordStore(database, *names, clock),
        DynamoDutyStore(database, ShardReader(database), *names),
        _club_parts(settings, database, clock),
        job_queue or SqsJobQueue(settings.jobs_queue, clock),
        TAKE_IN,
        partial(review_integration, parts=build_care_parts(settings, database, clock, topic=topic)),
    )


def build_integration_care_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    queue: "JobQueue | None" = None,
    run_queue: "RunQueue | None" = None,
    topic: "AlertTopic | None" = None,
    clock: "Clock | None" = None,
) -> IntegrationCareApp:
    """The parts of the schedule's work for integrations, over DynamoDB, SQS and SNS. Raises ConfigurationError."""
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.aws.run_queue import SqsRunQueue
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.integrations import DynamoIntegrationStore
    from customerhub.store.jobs import DynamoJobStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    return IntegrationCareApp(
        DynamoCredentialStore(database, settings.work_table),
        DynamoIntegrationStore(database, settings.work_table),
        DynamoJobStore(database, ShardReader(database), settings.customers_table, settings.work_table),
        queue or SqsJobQueue(settings.jobs_queue, clock),
        run_queue or SqsRunQueue(settings.runs_queue),
        build_alert_parts(settings, database, clock, topic),
        clock,
    )


def build_inbox_parts(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    connectors: "Connectors | None" = None,
    queue: "DeliveryQueue | None" = None,
    clock: "Clock | None" = None,
) -> "InboxParts":
    """The parts of the functions that take webhooks in, over DynamoDB, SQS and the connectors. Raises
    ConfigurationError."""
    from customerhub.aws.delivery_queue import SqsDeliveryQueue
    from customerhub.aws.queue import sqs_client
    from customerhub.connectors.registry import named_account
    from customerhub.services.receive_delivery import InboxParts
    from customerhub.store.deliveries import DynamoDeliveryStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.shop_directory import DynamoShopDirectory
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, work = Database(client or _dynamodb_client()), settings.work_table
    return InboxParts(
        DynamoShopDirectory(database, work, clock),
        connectors or build_connectors(settings, database, clock),
        named_account,
        DynamoDeliveryStore(database, ShardReader(database), work),
        # Made now: every webhook needs it, and the platform waits for the answer to the first one, too.
        queue or SqsDeliveryQueue(settings.deliveries_queue, clock, sqs_client()),
        clock,
    )


def build_delivery_parts(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    connectors: "Connectors | None" = None,
    queue: "DeliveryQueue | None" = None,
    job_queue: "JobQueue | None" = None,
    topic: "AlertTopic | None" = None,
    clock: "Clock | None" = None,
) -> "DeliveryParts":
    """The parts of the function that works webhooks, over DynamoDB, SQS, SNS and the connectors. Raises
    ConfigurationError."""
    from concurrent.futures import ThreadPoolExecutor

    from customerhub.aws.delivery_queue import SqsDeliveryQueue
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.services.work_delivery import DeliveryParts
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.deliveries import DynamoDeliveryStore
    from customerhub.store.duties import DynamoDutyStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.shop_records import DynamoShopRecordStore
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database, names = Database(client or _dynamodb_client()), (settings.customers_table, settings.work_table)
    shards = ShardReader(database)
    return DeliveryParts(
        DynamoDeliveryStore(database, shards, settings.work_table),
        queue or SqsDeliveryQueue(settings.deliveries_queue, clock),
        DynamoCredentialStore(database, settings.work_table),
        connectors or build_connectors(settings, database, clock),
        _club_parts(settings, database, clock),
        DynamoShopRecordStore(database, *names, clock),
        DynamoDutyStore(database, shards, *names),
        build_alert_parts(settings, database, clock, topic),
        job_queue or SqsJobQueue(settings.jobs_queue, clock),
        ThreadPoolExecutor(BULK_THREADS, thread_name_prefix="bulk"),
    )


def build_alert_parts(
    settings: Settings, database: "Database", clock: "Clock", topic: "AlertTopic | None" = None
) -> "AlertParts":
    """What alerts about integrations are raised with, over DynamoDB and SNS."""
    from customerhub.aws.alert_topic import SnsAlertTopic
    from customerhub.services.alert_parts import AlertParts
    from customerhub.store.care import DynamoCareStore
    from customerhub.store.integrations import DynamoIntegrationStore

    return AlertParts(
        DynamoIntegrationStore(database, settings.work_table),
        DynamoCareStore(database, settings.work_table),
        topic or SnsAlertTopic(settings.alerts_topic),
        clock,
    )


def build_care_parts(
    settings: Settings, database: "Database", clock: "Clock", topic: "AlertTopic | None" = None
) -> "CareParts":
    """What says how integrations are, over DynamoDB and SNS."""
    from customerhub.aws.alert_topic import SnsAlertTopic
    from customerhub.services.care_parts import CareParts
    from customerhub.store.care import DynamoCareStore
    from customerhub.store.deliveries import DynamoDeliveryStore
    from customerhub.store.integrations import DynamoIntegrationStore
    from customerhub.store.jobs import DynamoJobStore
    from customerhub.store.listing import ShardReader
    from customerhub.store.runs import DynamoRunStore

    shards, work = ShardReader(database), settings.work_table
    care = DynamoCareStore(database, work)
    return CareParts(
        DynamoIntegrationStore(database, work),
        DynamoJobStore(database, shards, settings.customers_table, work),
        DynamoRunStore(database, work),
        DynamoDeliveryStore(database, shards, work),
        care,
        care,
        topic or SnsAlertTopic(settings.alerts_topic),
        clock,
    )


def build_integrations_app(
    settings: Settings | None = None,
    client: "DynamoDBClient | None" = None,
    *,
    connectors: "Connectors | None" = None,
    secrets: "SecretStore | None" = None,
    queue: "JobQueue | None" = None,
    run_queue: "RunQueue | None" = None,
    delivery_queue: "DeliveryQueue | None" = None,
    topic: "AlertTopic | None" = None,
    clock: "Clock | None" = None,
) -> IntegrationsApp:
    """The parts of the API's integrations, over DynamoDB, Secrets Manager, SQS, SNS and the connectors. Raises
    ConfigurationError."""
    from customerhub.aws.delivery_queue import SqsDeliveryQueue
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.aws.run_queue import SqsRunQueue
    from customerhub.services.connect_integration import ConnectParts
    from customerhub.services.disconnect_integration import DisconnectParts
    from customerhub.services.run_parts import RunParts
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), clock or SystemClock()
    database = Database(client or _dynamodb_client())
    care = build_care_parts(settings, database, clock, topic)
    secrets = secrets or build_secrets(settings, database, clock)
    connectors = connectors or _connectors(settings, database, clock, secrets, patience_s=CALL_PATIENCE_S)
    runs = RunParts(care.runs, run_queue or SqsRunQueue(settings.runs_queue), clock)
    return IntegrationsApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        care.integrations,
        care,
        runs,
        ConnectParts(care.integrations, care.jobs, secrets, connectors, clock),
        DisconnectParts(care, runs, connectors, settings.public_url),
        queue or SqsJobQueue(settings.jobs_queue, clock),
        delivery_queue or SqsDeliveryQueue(settings.deliveries_queue, clock),
    )


def build_connectors(
    settings: Settings, database: "Database", clock: "Clock", times: "ResponseTimes | None" = None
) -> "Connectors":
    """The connectors to shops and CRMs, over Secrets Manager and HTTP; `times` hears how long each takes to answer."""
    return _connectors(settings, database, clock, build_secrets(settings, database, clock), times)


def _connectors(
    settings: Settings,
    database: "Database",
    clock: "Clock",
    secrets: "SecretStore",
    times: "ResponseTimes | None" = None,
    *,
    patience_s: float | None = None,
) -> "Connectors":
    from customerhub.connectors.opening import PartnerConnectors
    from customerhub.store.pacing import DynamoPacers

    pacers = DynamoPacers(database, settings.work_table, clock)
    return PartnerConnectors(secrets, pacers.of, clock, times, patience_s=patience_s)


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
    connectors: "Connectors | None" = None,
) -> OperatorApp:
    """The parts of the operator's command, which needs the tables alone: queues and a topic that the environment names
    are told at once of what the schedule finds otherwise. Raises ConfigurationError."""
    from customerhub.aws.alert_topic import SnsAlertTopic
    from customerhub.aws.queue import SqsJobQueue
    from customerhub.aws.run_queue import SqsRunQueue
    from customerhub.aws.unnamed import SweptQueue, UnnamedTopic
    from customerhub.services.connect_integration import ConnectParts
    from customerhub.services.disconnect_integration import DisconnectParts
    from customerhub.services.run_parts import RunParts
    from customerhub.store.profiles import DynamoProfileWalk
    from customerhub.store.statistics import DynamoStatisticsStore
    from customerhub.store.table import Database

    settings = settings or settings_from_environment()
    client = client or _dynamodb_client()
    common, database = build_credential_app(settings, client), Database(client)
    topic = SnsAlertTopic(settings.alerts_topic) if settings.names(ALERTS_TOPIC_VARIABLE) else UnnamedTopic()
    care = build_care_parts(settings, database, common.clock, topic)
    secrets = secrets or build_secrets(settings, database, common.clock)
    connectors = connectors or _connectors(settings, database, common.clock, secrets)
    runs = SqsRunQueue(settings.runs_queue) if settings.names(RUNS_QUEUE_VARIABLE) else SweptQueue()
    public_url = settings.public_url if settings.names(PUBLIC_URL_VARIABLE) else ""
    return OperatorApp(
        common.credentials,
        common.verifier,
        common.clock,
        DynamoStatisticsStore(database, settings.work_table),
        DynamoProfileWalk(database, settings.customers_table),
        _club_parts(settings, database, common.clock),
        secrets,
        ConnectParts(care.integrations, care.jobs, secrets, connectors, common.clock),
        DisconnectParts(care, RunParts(care.runs, runs, common.clock), connectors, public_url),
        SqsJobQueue(settings.jobs_queue, common.clock) if settings.names(JOBS_QUEUE_VARIABLE) else SweptQueue(),
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
