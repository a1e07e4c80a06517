"""A tenant's connection to one shop or CRM."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from customerhub.domain.ids import INTEGRATION_ID_PATTERN, IntegrationId, TenantId
from customerhub.errors import InvalidInput

UNKNOWN_SHOP = "unknown_shop"
"""The reason of refused credentials where the platform has no such account."""


class Platform(StrEnum):
    """What the hub has a connector for."""

    COMMERCE7 = "commerce7"
    SHOPIFY = "shopify"


class Intake(StrEnum):
    """How a platform's webhooks reach the hub."""

    HTTPS = "https"
    EVENTBRIDGE = "eventbridge"
    """Shopify's partner event source: no signature, no API Gateway."""


@dataclass(frozen=True)
class Integration:
    """One connection. Its credentials are kept in Secrets Manager, never here.

    `account` is what the platform knows the merchant by: the shop domain (`x.myshopify.com`), the Commerce7 tenant id.
    `endpoint` is a base URL in place of the platform's own; only an operator can set it, for a double or a proxy. An
    inactive integration is owed nothing, and nothing is taken in from it. `event_source` is the ARN of Shopify's
    EventBridge source, where webhooks come that way. `renewed_at` is when its credentials were last stated. `version`
    counts the writes; 0 is not stored yet.
    """

    tenant: TenantId
    id: IntegrationId
    platform: Platform
    account: str
    connected_at: datetime
    endpoint: str | None = None
    active: bool = True
    intake: Intake = Intake.HTTPS
    event_source: str | None = None
    renewed_at: datetime | None = None
    version: int = 0


def integration_id(text: str) -> IntegrationId:
    """Check an id that somebody typed. Raises InvalidInput."""
    if not INTEGRATION_ID_PATTERN.fullmatch(text):
        raise InvalidInput(
            "an integration's id is 1 to 40 lower-case letters, digits and hyphens, and starts with no hyphen",
            field="integration",
        )
    return IntegrationId(text)
