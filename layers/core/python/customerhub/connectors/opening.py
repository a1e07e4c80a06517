"""Opens integrations, with what all connectors of a process share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from customerhub.connectors.registry import connector_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from customerhub.domain.integration import Integration
    from customerhub.ports import Clock
    from customerhub.ports.connector import Connector
    from customerhub.ports.partners import Pacer, ResponseTimes, SecretStore


class PartnerConnectors:
    """Implements `ports.partners.Connectors`. `pacer_of` gives the one pacer of an integration in this process."""

    def __init__(
        self,
        secrets: SecretStore,
        pacer_of: Callable[[Integration], Pacer],
        clock: Clock,
        times: ResponseTimes | None = None,
    ) -> None:
        self._secrets = secrets
        self._pacer_of = pacer_of
        self._clock = clock
        self._times = times

    def open(self, integration: Integration) -> Connector:
        """With the credentials as this process knows them; asks the partner nothing."""
        return connector_for(
            integration,
            self._secrets.get(integration.tenant, integration.id),
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

        return partner_http_client()
