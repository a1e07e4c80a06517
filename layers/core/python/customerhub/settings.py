"""Settings, from the environment that the CDK app gave the function."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from customerhub.deployment import (
    ALERTS_TOPIC_VARIABLE,
    CUSTOMERS_TABLE_VARIABLE,
    DELIVERIES_QUEUE_VARIABLE,
    EXPORTS_BUCKET_VARIABLE,
    IMPORTS_BUCKET_VARIABLE,
    IMPORTS_QUEUE_VARIABLE,
    JOBS_QUEUE_VARIABLE,
    MAIL_FROM_VARIABLE,
    PUBLIC_URL_VARIABLE,
    RUNS_QUEUE_VARIABLE,
    WORK_TABLE_VARIABLE,
)
from customerhub.errors import ConfigurationError


@dataclass(frozen=True)
class Settings:
    """What the deployment gave; reading what it did not give raises ConfigurationError."""

    environment: Mapping[str, str]

    @property
    def customers_table(self) -> str:
        """The table of people."""
        return self._required(CUSTOMERS_TABLE_VARIABLE)

    @property
    def work_table(self) -> str:
        """The table of what the hub is doing."""
        return self._required(WORK_TABLE_VARIABLE)

    @property
    def mail_from(self) -> str:
        """The address that e-mails come from."""
        return self._required(MAIL_FROM_VARIABLE)

    @property
    def exports_bucket(self) -> str:
        """The bucket of exports that are too large for an answer."""
        return self._required(EXPORTS_BUCKET_VARIABLE)

    @property
    def jobs_queue(self) -> str:
        """The URL of the queue of jobs that are due."""
        return self._required(JOBS_QUEUE_VARIABLE)

    @property
    def imports_bucket(self) -> str:
        """The bucket of uploaded spreadsheets."""
        return self._required(IMPORTS_BUCKET_VARIABLE)

    @property
    def imports_queue(self) -> str:
        """The URL of the queue of imports that are to go on."""
        return self._required(IMPORTS_QUEUE_VARIABLE)

    @property
    def deliveries_queue(self) -> str:
        """The URL of the queue of webhooks that are to be worked."""
        return self._required(DELIVERIES_QUEUE_VARIABLE)

    @property
    def runs_queue(self) -> str:
        """The URL of the queue of runs that are to go on."""
        return self._required(RUNS_QUEUE_VARIABLE)

    @property
    def public_url(self) -> str:
        """The base URL that platforms send their webhooks to."""
        return self._required(PUBLIC_URL_VARIABLE)

    @property
    def alerts_topic(self) -> str:
        """The ARN of the topic of alerts about integrations."""
        return self._required(ALERTS_TOPIC_VARIABLE)

    def names(self, variable: str) -> bool:
        """Whether the deployment gave that: the operator's command works without some of it."""
        return variable in self.environment

    def _required(self, name: str) -> str:
        try:
            return self.environment[name]
        except KeyError as error:
            raise ConfigurationError(f"the environment variable {name} is not set") from error


def settings_from_environment() -> Settings:
    """The settings of this process."""
    return Settings(os.environ)
