"""Alerts: what a person must hear of an integration, when it begins and when it is over. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.ids import IntegrationId, TenantId

RETOLD_AFTER = timedelta(minutes=10)
"""Whoever writes an alert tells of it; after so long somebody else does, since whoever it was must have died."""


class AlertKind(StrEnum):
    """What is wrong. Of each kind an integration has one alert at a time."""

    FAILING = "failing"
    """Its runs fail, one after the other."""
    PARKED = "parked"
    """Webhooks or jobs wait for a person."""
    DRIFT = "drift"
    """The last comparison found too many records that differ."""
    CREDENTIALS = "credentials"
    """The platform no longer lets the hub in."""
    WEBHOOKS = "webhooks"
    """Subscriptions are missing, and cannot be made again."""
    DUTY = "duty"
    """What the law wants done is due soon."""


@dataclass(frozen=True)
class Alert:
    """One alert. `detail` says what is wrong, in words that name no person. `changed_at` is when it was raised or
    recovered last, `is_told` whether that is known to have been published. `version` counts the writes; 0 is not stored
    yet."""

    tenant: TenantId
    integration: IntegrationId
    kind: AlertKind
    detail: str
    raised_at: datetime
    changed_at: datetime
    recovered_at: datetime | None = None
    is_told: bool = False
    version: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is still so."""
        return self.recovered_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been published by now."""
        return not self.is_told and now - self.changed_at >= RETOLD_AFTER


def raised(known: Alert | None, fresh: Alert) -> Alert:
    """The alert once it is so, `fresh` as it would be as the first one; `known` itself where nothing changes."""
    if known is None:
        return fresh
    return known if known.is_open else replace(fresh, version=known.version)


def recovered(known: Alert | None, now: datetime) -> Alert | None:
    """The alert once it is so no more; `known` itself where nothing changes. That is to be told, even where nobody is
    known to have heard of the beginning: they may have."""
    if known is None or not known.is_open:
        return known
    return replace(known, recovered_at=now, changed_at=now, is_told=False)
