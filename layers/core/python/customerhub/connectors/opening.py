"""Opens integrations, with what all connectors of a process share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from customerhub.connectors.registry import connector_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from customerhub.domain.ids import IntegrationId, TenantId
    from customerhub.domain.integration import Integration
    from customerhub.ports import Clock
    from customerhub.ports.connector import Connector
    from customerhub.ports.partners import Pacer, ResponseTimes, SecretStore


MAX_OPEN = 100
"""Integrations that a process keeps open: a worker serves whichever tenant comes next."""


@dataclass(frozen=True)
class _Opened:
    integration: Integration
    credentials: Mapping[str, Any]
    connector: Connector


class PartnerConnectors:
    """Implements `ports.partners.Connectors`. `pacer_of` gives the one pacer of an integration in this process.

    A connector is kept, with what it has learned of its platform, as long as integration and credentials are the same.
    """

    def __init__(
        self,
        secrets: SecretStore,
        pacer_of: Callable[[Integration], Pacer],
        clock: Clock,
        times: ResponseTimes | None = None,
        *,
        patience_s: float | None = None,
    ) -> None:
        """`patience_s` is how long a platform may be silent, where somebody waits for the answer."""
        self._patience_s = patience_s
        self._secrets = secrets
        self._pacer_of = pacer_of
        self._clock = clock
        self._times = times
        self._opened: dict[tuple[TenantId, IntegrationId], _Opened] = {}

    def open(self, integration: Integration) -> Connector:
        """With the credentials as this process knows them; asks the partner nothing."""
        key, credentials = (integration.tenant, integration.id), self._secrets.get(integration.tenant, integration.id)
        known = self._opened.pop(key, None)
        if known is None or (known.integration, known.credentials) != (integration, credentials):
            known = _Opened(integration, credentials, self._connector(integration, credentials))
        self._opened[key] = known
        if len(self._opened) > MAX_OPEN:
            del self._opened[next(iter(self._opened))]
        return known.connector

    def try_open(self, integration: Integration, credentials: Mapping[str, Any]) -> Connector:
        """Asks nothing. Without the store of secrets nothing that works once is used up."""
        return connector_for(
            integration, credentials, self._http, self._pacer_of(integration), self._clock, times=self._times
        )

    def are_renewed(self, tenant: TenantId, integration: IntegrationId) -> bool:
        """One look into Secrets Manager."""
        known = self._opened.get((tenant, integration))
        return known is not None and self._secrets.get_fresh(tenant, integration) != known.credentials

    def _connector(self, integration: Integration, credentials: Mapping[str, Any]) -> Connector:
        return connector_for(
            integration,
            credentials,
            self._http,
            self._pacer_of(integration),
            self._clock,
            times=self._times,
            secrets=self._secrets,
        )

    @cached_property
    def _http(self) -> httpx.Client:
        """Made, and its library imported, when a partner is first asked."""
        from customerhub.connectors.base import partner_http_client

        return partner_http_client(read_timeout_s=self._patience_s) if self._patience_s else partner_http_client()
