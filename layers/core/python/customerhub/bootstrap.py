"""The one place where parts are put together.

A function pays at every cold start for what it imports, so each part is imported where it is built.
"""

from typing import TYPE_CHECKING, cast

from customerhub.app import CredentialApp, CustomersApp
from customerhub.aws.clock import SystemClock
from customerhub.settings import Settings, settings_from_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def build_customers_app(settings: Settings | None = None, client: "DynamoDBClient | None" = None) -> CustomersApp:
    """The parts of the API's customers, over DynamoDB. Raises ConfigurationError."""
    from customerhub.store.identity import DynamoIdentityStore
    from customerhub.store.rate_limits import DynamoRateLimiter
    from customerhub.store.table import Database

    settings, clock = settings or settings_from_environment(), SystemClock()
    database = Database(client or _dynamodb_client())
    return CustomersApp(
        DynamoRateLimiter(database, settings.work_table, clock),
        clock,
        DynamoIdentityStore(database, settings.customers_table, settings.work_table, clock),
    )


def build_credential_app(settings: Settings | None = None, client: "DynamoDBClient | None" = None) -> CredentialApp:
    """The parts of the authorizer and of the operator's command. Raises ConfigurationError."""
    from customerhub.oidc.verifier import KeySetTokenVerifier
    from customerhub.store.credentials import DynamoCredentialStore
    from customerhub.store.table import Database

    settings = settings or settings_from_environment()
    database = Database(client or _dynamodb_client())
    return CredentialApp(DynamoCredentialStore(database, settings.work_table), KeySetTokenVerifier(), SystemClock())


def _dynamodb_client() -> "DynamoDBClient":
    from botocore.config import Config
    from botocore.session import get_session

    # A call has 15 seconds for three requests in a row: one that takes 1.5 is lost, and is better tried again.
    config = Config(connect_timeout=0.5, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 2})
    # botocore is what boto3 wraps; leaving the wrapper out saves a cold start 30 ms.
    return cast("DynamoDBClient", get_session().create_client("dynamodb", config=config))
