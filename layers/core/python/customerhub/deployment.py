"""Names that the CDK app and the runtime share. Standard library only: the CDK app imports nothing else of ours."""

from dataclasses import dataclass

PARTITION_KEY = "PK"
SORT_KEY = "SK"
TTL_ATTRIBUTE = "expires_at"
"""Epoch seconds; DynamoDB deletes the item some time after."""

CUSTOMERS_TABLE_VARIABLE = "CUSTOMERS_TABLE"
"""Environment variable: physical name of the table of people."""
WORK_TABLE_VARIABLE = "WORK_TABLE"
"""Environment variable: physical name of the table of what the hub is doing."""
MAIL_FROM_VARIABLE = "MAIL_FROM"
"""Environment variable: the address that e-mails come from."""
EXPORTS_BUCKET_VARIABLE = "EXPORTS_BUCKET"
"""Environment variable: the bucket of exports that are too large for an answer."""
JOBS_QUEUE_VARIABLE = "JOBS_QUEUE_URL"
"""Environment variable: the queue of jobs that are due."""
IMPORTS_QUEUE_VARIABLE = "IMPORTS_QUEUE_URL"
"""Environment variable: the queue of imports that are to go on."""
IMPORTS_BUCKET_VARIABLE = "IMPORTS_BUCKET"
"""Environment variable: the bucket of uploaded spreadsheets."""
DELIVERIES_QUEUE_VARIABLE = "DELIVERIES_QUEUE_URL"
"""Environment variable: the queue of webhooks that are to be worked."""
RUNS_QUEUE_VARIABLE = "RUNS_QUEUE_URL"
"""Environment variable: the queue of runs that are to go on."""
PUBLIC_URL_VARIABLE = "PUBLIC_URL"
"""Environment variable: the base URL that platforms send their webhooks to."""
ALERTS_TOPIC_VARIABLE = "ALERTS_TOPIC_ARN"
"""Environment variable: the SNS topic of alerts about integrations."""
SECRET_PREFIX = "customerhub/"  # noqa: S105 - of a name
"""Names of secrets begin with it: `customerhub/<tenant>/<integration>`."""


@dataclass(frozen=True)
class Index:
    """A keys-only global secondary index over one or two sparse string attributes."""

    name: str
    partition_key: str
    sort_key: str | None = None

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that an item needs to be in the index."""
        return (self.partition_key, self.sort_key) if self.sort_key else (self.partition_key,)


BY_EMAIL = Index("by_email", "email_key")
BY_PHONE = Index("by_phone", "phone_key")
BY_ACTIVITY = Index("by_activity", "activity_key", "activity_sort")
BY_FIRST_NAME = Index("by_first_name", "first_name_key", "first_name_sort")
BY_LAST_NAME = Index("by_last_name", "last_name_key", "last_name_sort")
PEOPLE_INDEXES = (BY_EMAIL, BY_PHONE, BY_ACTIVITY, BY_FIRST_NAME, BY_LAST_NAME)
BY_ENROLLMENT = Index("by_enrollment", "enrollment_key", "enrollment_sort")
"""Enrollments by stage and status."""
BY_RECORD = Index("by_record", "record_key", "record_sort")
"""Links by integration, in shards, and by the platform's id."""
CUSTOMERS_INDEXES = (*PEOPLE_INDEXES, BY_ENROLLMENT, BY_RECORD)

BY_LIST = Index("by_list", "list_key", "list_sort")
"""Whatever is listed in the table of what the hub is doing: conflicts, runs, jobs."""
BY_DUE = Index("by_due", "due_key", "due_sort")
"""Jobs and deliveries that wait, of all tenants, by the moment at which they are due."""
WORK_INDEXES = (BY_LIST, BY_DUE)

CREDENTIAL_KEYS = "AUTH#*"
"""Leading keys of the work table that hold tenants, service keys and issuers: for the authorizer alone."""
TENANT_KEYS = "T#*"
"""Leading keys of a tenant's own items, in both tables."""
STATISTICS_KEYS = "T#*#STATS#*"
"""Among them, in the work table, the statistics."""
CONFLICT_KEYS = "T#*#CONFLICT#*"
"""The conflicts."""
CONFLICT_LIST_KEYS = "T#*#CONFLICTS#*"
"""And, in the index, their lists."""
RATE_KEYS = "T#*#RATE#*"
"""And the rate counters."""
INTEGRATION_KEYS = "T#*#INTEGRATIONS"
"""And the integrations."""
DELIVERY_KEYS = "T#*#DELIVERY#*"
"""And a tenant's deliveries."""
DELIVERY_LIST_KEYS = "T#*#DELIVERIES#*"
"""And, in the index, their lists."""
JOB_KEYS = "T#*#JOB#*"
"""And the jobs."""
JOB_LIST_KEYS = "T#*#JOBS#*"
"""And, in the index, their lists."""
SYNC_KEYS = "T#*#SYNC#*"
"""And what is counted of jobs."""
IMPORT_LIST_KEYS = "T#*#IMPORTS"
"""And, in the index, the lists of imports."""
RUN_LIST_KEYS = "T#*#RUNS*"
"""And, in the index, the lists of runs, of all integrations and of each."""
ERASURE_LIST = "ERASURES"
"""And, in the index, the list of all tenants' unfinished erasures."""
IMPORT_LIST = "IMPORTS"
"""And the list of all tenants' imports that were started and have not ended."""
RUN_LIST = "RUNS"
"""And the list of all tenants' runs that have not ended."""
CARE_KEYS = "T#*#CARE#*"
"""And how integrations are, and the alerts about it."""
DUTY_KEYS = "T#*#DUTY#*"
"""And duties."""
DUTY_LIST_KEYS = "T#*#DUTIES#*"
"""And, in the index, their lists."""
DUTY_LIST = "DUTIES"
"""And, in the index of what is due, all duties that are open and for the hub to do."""
STAFF_DUTY_LIST = "DUTIES#STAFF"
"""And those that are for staff to do."""
DUE_KEYS = "DUE#*"
"""And, in the index of what is due, the jobs and the deliveries of all tenants."""
SHOP_KEYS = "SHOP#*"
"""And, of all tenants, whose an account of a platform is."""
TENANTS = "AUTH#TENANTS"
"""The partition of the work table that lists all tenants."""
TENANT_SETTINGS_KEYS = "AUTH#TENANT#*"
"""Leading keys of the tenants' settings."""
PROFILE_SORT_KEY = "PROFILE"
"""Sort key of what stands in a customer's place, in the customers table: its stream is filtered by it."""

AUTHORIZER = "authorizer"
CUSTOMERS = "customers"
CUSTOMER_SEARCH = "customer_search"
MERGES = "merges"
CONFLICTS = "conflicts"
VERIFICATIONS = "verifications"
API_DOCS = "api_docs"
PRIVACY = "privacy"
CLEANUP = "cleanup"
ANALYTICS = "analytics"
PROFILE_STREAM = "profile_stream"
CLUB = "club"
IMPORTS = "imports"
SYNC = "sync"
JOB_WORKER = "job_worker"
JOB_SWEEP = "job_sweep"
IMPORT_WORKER = "import_worker"

INTEGRATIONS = "integrations"
"""The API's integrations, runs and alerts."""
DUTIES = "duties"
"""What platforms have passed on that the law wants done."""
WEBHOOKS = "webhooks"
"""Takes deliveries over HTTPS."""
WEBHOOK_EVENTS = "webhook_events"
"""Takes deliveries from Shopify's EventBridge source."""
DELIVERY_WORKER = "delivery_worker"
RUN_WORKER = "run_worker"
INTEGRATION_CARE = "integration_care"
"""Starts pulls and comparisons, and looks after subscriptions."""

PROFILE_STREAM_FAILURES = "profile_stream_failures"
"""Queue that says which records of the customers table's stream were given up."""


@dataclass(frozen=True)
class ScheduledTask:
    """What a function is woken up for; `name` is all that its event holds."""

    name: str
    every_minutes: int


FINISH_ERASURES = ScheduledTask("finish_erasures", every_minutes=1)
CLEAN_QUIET_CUSTOMERS = ScheduledTask("clean_quiet_customers", every_minutes=60)
WORK_DUTIES = ScheduledTask("work_duties", every_minutes=1)
SWEEP_JOBS = ScheduledTask("sweep_jobs", every_minutes=1)
START_PULLS = ScheduledTask("start_pulls", every_minutes=60)
CHECK_INTEGRATIONS = ScheduledTask("check_integrations", every_minutes=60)
START_COMPARISONS = ScheduledTask("start_comparisons", every_minutes=1440)


@dataclass(frozen=True)
class HttpRoute:
    """One route of the HTTP API: `method` and `path` as API Gateway spells them, served by `functions/<function>`.

    `authorized` routes sit behind the Lambda authorizer; the others are public.
    """

    method: str
    path: str
    function: str
    authorized: bool = True


HTTP_ROUTES = (
    HttpRoute("POST", "/functions/v1/customer-management", CUSTOMERS),
    HttpRoute("GET", "/api/customers/{customerId}", CUSTOMERS),
    HttpRoute("PATCH", "/api/customers/{customerId}", CUSTOMERS),
    HttpRoute("POST", "/api/customers/{customerId}/merge", MERGES),
    HttpRoute("POST", "/api/customers/{customerId}/unmerge", MERGES),
    HttpRoute("GET", "/api/conflicts", CONFLICTS),
    HttpRoute("GET", "/api/conflicts/{conflictId}", CONFLICTS),
    HttpRoute("POST", "/api/conflicts/{conflictId}/resolve", CONFLICTS),
    HttpRoute("GET", "/api/customers", CUSTOMER_SEARCH),
    HttpRoute("GET", "/api/customers/{customerId}/timeline", CUSTOMER_SEARCH),
    HttpRoute("GET", "/api/customers/{customerId}/export", PRIVACY),
    HttpRoute("DELETE", "/api/customers/{customerId}", PRIVACY),
    HttpRoute("GET", "/api/erasures/{erasureId}", PRIVACY),
    HttpRoute("POST", "/api/verifications", VERIFICATIONS),
    HttpRoute("POST", "/api/verifications/{verificationId}", VERIFICATIONS),
    HttpRoute("GET", "/api/analytics/sources", ANALYTICS),
    HttpRoute("GET", "/api/analytics/merges", ANALYTICS),
    HttpRoute("GET", "/api/analytics/quality", ANALYTICS),
    HttpRoute("POST", "/api/stages", CLUB),
    HttpRoute("GET", "/api/stages", CLUB),
    HttpRoute("GET", "/api/stages/{stageId}", CLUB),
    HttpRoute("PATCH", "/api/stages/{stageId}", CLUB),
    HttpRoute("DELETE", "/api/stages/{stageId}", CLUB),
    HttpRoute("POST", "/api/enrollments", CLUB),
    HttpRoute("GET", "/api/enrollments", CLUB),
    HttpRoute("POST", "/api/enrollments/bulk", CLUB),
    HttpRoute("GET", "/api/enrollments/{enrollmentId}", CLUB),
    HttpRoute("POST", "/api/enrollments/{enrollmentId}/move", CLUB),
    HttpRoute("POST", "/api/enrollments/{enrollmentId}/cancel", CLUB),
    HttpRoute("POST", "/api/orders", CLUB),
    HttpRoute("POST", "/api/imports", IMPORTS),
    HttpRoute("GET", "/api/imports", IMPORTS),
    HttpRoute("GET", "/api/imports/{importId}", IMPORTS),
    HttpRoute("POST", "/api/imports/{importId}/preview", IMPORTS),
    HttpRoute("POST", "/api/imports/{importId}/commit", IMPORTS),
    HttpRoute("POST", "/api/imports/{importId}/cancel", IMPORTS),
    HttpRoute("GET", "/api/imports/{importId}/rows", IMPORTS),
    HttpRoute("GET", "/api/imports/{importId}/errors", IMPORTS),
    HttpRoute("GET", "/api/sync/health", SYNC),
    HttpRoute("GET", "/api/sync/jobs", SYNC),
    HttpRoute("POST", "/api/sync/jobs/retry", SYNC),
    HttpRoute("POST", "/api/sync/jobs/discard", SYNC),
    HttpRoute("GET", "/api/sync/jobs/{jobId}", SYNC),
    HttpRoute("PATCH", "/api/sync/jobs/{jobId}", SYNC),
    HttpRoute("POST", "/api/sync/jobs/{jobId}/retry", SYNC),
    HttpRoute("POST", "/api/sync/jobs/{jobId}/discard", SYNC),
    HttpRoute("POST", "/api/integrations", INTEGRATIONS),
    HttpRoute("GET", "/api/integrations", INTEGRATIONS),
    HttpRoute("GET", "/api/integrations/{integrationId}", INTEGRATIONS),
    HttpRoute("DELETE", "/api/integrations/{integrationId}", INTEGRATIONS),
    HttpRoute("POST", "/api/integrations/{integrationId}/sync", INTEGRATIONS),
    HttpRoute("GET", "/api/integrations/{integrationId}/deliveries", INTEGRATIONS),
    HttpRoute("POST", "/api/integrations/{integrationId}/deliveries/{deliveryId}/retry", INTEGRATIONS),
    HttpRoute("POST", "/api/integrations/{integrationId}/deliveries/{deliveryId}/discard", INTEGRATIONS),
    HttpRoute("GET", "/api/runs", INTEGRATIONS),
    HttpRoute("GET", "/api/runs/{runId}", INTEGRATIONS),
    HttpRoute("POST", "/api/runs/{runId}/cancel", INTEGRATIONS),
    HttpRoute("GET", "/api/runs/{runId}/records", INTEGRATIONS),
    HttpRoute("GET", "/api/duties", DUTIES),
    HttpRoute("GET", "/api/duties/{dutyId}", DUTIES),
    HttpRoute("POST", "/api/duties/{dutyId}/fulfil", DUTIES),
    HttpRoute("POST", "/api/webhooks/shopify", WEBHOOKS, authorized=False),
    HttpRoute("POST", "/api/webhooks/commerce7", WEBHOOKS, authorized=False),
    HttpRoute("POST", "/api/webhooks/commerce7/{secret}", WEBHOOKS, authorized=False),
    HttpRoute("GET", "/openapi.json", API_DOCS, authorized=False),
    HttpRoute("GET", "/docs", API_DOCS, authorized=False),
)

ALLOWED_HEADERS = ("authorization", "content-type", "idempotency-key")
"""Request headers that a browser may send across origins."""
EXPOSED_HEADERS = (
    "link",
    "retry-after",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-policy",
)
"""Response headers that a page of another origin may read."""
