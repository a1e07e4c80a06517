"""What the hub knows of an integration's own condition: its webhook subscriptions, and whether it is let in."""

from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.ids import IntegrationId, TenantId


@dataclass(frozen=True)
class Care:
    """How an integration was found when it was last looked after.

    `url` is where its webhooks were last registered to, and `topics` are those that were. `checked_at` is when they
    were last looked at, None where some were gone and what they would have told is not fetched yet; `missing` are the
    topics that could not be made again. `refused_at` is when the platform last refused the credentials, None once it
    has taken them again; `reason` says why it refused, or why what is missing could not be made. `log_read_until` is
    until when the platform's own log of webhooks that it could not deliver was read. `version` counts the writes; 0 is
    not stored yet.
    """

    tenant: TenantId
    integration: IntegrationId
    url: str | None = None
    topics: tuple[str, ...] = ()
    checked_at: datetime | None = None
    missing: tuple[str, ...] = ()
    refused_at: datetime | None = None
    reason: str | None = None
    log_read_until: datetime | None = None
    version: int = 0


@dataclass(frozen=True)
class OwingProgress:
    """How far a newly connected integration has come to be owed what was there before it: behind which position in the
    list of members (None: at its beginning). It counts for the connection that was stated at `renewed_at` alone."""

    renewed_at: datetime | None
    after: str | None = None
