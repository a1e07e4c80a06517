"""Which connector speaks to which platform. Each is imported when it is first needed, not at every cold start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customerhub.domain.integration import Integration, Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from customerhub.ports import Clock
    from customerhub.ports.connector import Connector
    from customerhub.ports.partners import Pacer, ResponseTimes, SecretStore


def connector_for(
    integration: Integration,
    credentials: Mapping[str, Any],
    http: httpx.Client,
    pacer: Pacer,
    clock: Clock,
    *,
    times: ResponseTimes | None = None,
    secrets: SecretStore | None = None,
) -> Connector:
    """A connector to the integration. Asks the partner nothing. Raises CredentialsRefused where `credentials` lack
    something. `secrets` is needed by platforms whose tokens rotate: without it such tokens are used as they are, and
    one that is there for the asking is kept by this connector alone."""
    match integration.platform:
        case Platform.SHOPIFY:
            from customerhub.connectors.shopify.connector import ShopifyConnector

            return ShopifyConnector(integration, credentials, http, pacer, clock, times=times, secrets=secrets)
        case Platform.COMMERCE7:
            from customerhub.connectors.commerce7.connector import Commerce7Connector

            return Commerce7Connector(integration, credentials, http, pacer, clock, times=times, secrets=secrets)


def named_account(platform: Platform, headers: Mapping[str, str], body: bytes) -> str:
    """The account that a webhook names, as yet unverified: whose secret it has to be checked with. Raises
    MalformedRequest where it names none."""
    match platform:
        case Platform.SHOPIFY:
            from customerhub.connectors.shopify import webhooks as shopify

            return shopify.named_account(headers)
        case Platform.COMMERCE7:
            from customerhub.connectors.commerce7 import webhooks as commerce7

            return commerce7.named_account(body)
