"""The function that follows the stream of the customers table: what changes at a profile is counted.

Lambda repeats a batch from the first record that is reported as failed (`ReportBatchItemFailures`), in halves until the
bad one is alone, and gives that one up when it is too old.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import ProfileStreamApp
from customerhub.deployment import PROFILE_SORT_KEY, SORT_KEY
from customerhub.domain.customer import StoredCustomer
from customerhub.domain.ids import TenantId
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import RetryLater
from customerhub.services.count_customers import count_customers

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Record = Mapping[str, Any]


def build_profile_stream(app: ProfileStreamApp) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    logger = Logger()

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        batch = _Batch(app, logger)
        batch.read(record for record in event["Records"] if _is_profile(record))
        batch.count()
        logger.info("counted", extra={"corrected": batch.corrected, "failed": len(batch.failed)})
        return {"batchItemFailures": [{"itemIdentifier": number} for number in batch.failed]}

    return handle


class _Batch:
    """Records of one call, by tenant. `failed` are sequence numbers."""

    def __init__(self, app: ProfileStreamApp, logger: Logger) -> None:
        self._app = app
        self._logger = logger
        self._profiles: dict[TenantId, dict[str, StoredCustomer]] = defaultdict(dict)
        self.failed: list[str] = []
        self.corrected = 0

    def read(self, records: Iterable[Record]) -> None:
        """Sort the records by tenant; one that cannot be read fails alone."""
        for record in records:
            number = record["dynamodb"]["SequenceNumber"]
            try:
                stored = self._app.read_image(record["dynamodb"]["NewImage"])
            except Exception as error:
                log_unforeseen(self._logger, error, number)
                self.failed.append(number)
            else:
                self._profiles[stored.tenant][number] = stored

    def count(self) -> None:
        """Count each tenant's customers; where that fails, all of them are to be counted again, which is harmless."""
        for tenant, profiles in self._profiles.items():
            try:
                self.corrected += self._count(tenant, profiles.values())
            except RetryLater as fault:
                self._logger.warning("try again", extra={"tenant": tenant, "reason": str(fault)})
                self.failed += profiles
            except Exception as error:
                log_unforeseen(self._logger, error, min(profiles))
                self.failed += profiles

    def _count(self, tenant: TenantId, profiles: Iterable[StoredCustomer]) -> int:
        return count_customers(tenant, profiles, statistics=self._app.statistics, clock=self._app.clock)


def _is_profile(record: Record) -> bool:
    """What is removed was in no figure: it is a stub that stood in a customer's place."""
    change = record["dynamodb"]
    return change["Keys"][SORT_KEY]["S"] == PROFILE_SORT_KEY and "NewImage" in change
