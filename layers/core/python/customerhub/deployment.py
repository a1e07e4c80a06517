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
CUSTOMERS_INDEXES = (BY_EMAIL, BY_PHONE, BY_ACTIVITY, BY_FIRST_NAME, BY_LAST_NAME)

BY_LIST = Index("by_list", "list_key", "list_sort")
"""Whatever is listed in the table of what the hub is doing: conflicts, runs, jobs."""
WORK_INDEXES = (BY_LIST,)

CREDENTIAL_KEYS = "AUTH#*"
"""Leading keys of the work table that hold tenants, service keys and issuers: for the authorizer alone."""
TENANT_KEYS = "T#*"
"""Leading keys of a tenant's own items, in both tables."""

AUTHORIZER = "authorizer"
CUSTOMERS = "customers"
API_DOCS = "api_docs"


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
    HttpRoute("GET", "/openapi.json", API_DOCS, authorized=False),
    HttpRoute("GET", "/docs", API_DOCS, authorized=False),
)

ALLOWED_HEADERS = ("authorization", "content-type", "idempotency-key")
"""Request headers that a browser may send across origins."""
EXPOSED_HEADERS = ("retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy")
"""Response headers that a page of another origin may read."""
