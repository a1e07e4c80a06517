"""Integrations, their credentials, and their allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from customerhub.domain.ids import IntegrationId, StageId, TenantId
    from customerhub.domain.integration import Integration, Platform
    from customerhub.domain.job import JobChange
    from customerhub.domain.offer import PlacedOffer
    from customerhub.domain.pace import Allowance, AllowanceReport
    from customerhub.ports.connector import Connector


class IntegrationStore(Protocol):
    """Integrations and what stands in them. Reads are strongly consistent; methods raise StoreUnavailable."""

    def list_integrations(self, tenant: TenantId) -> Sequence[Integration]:
        """All of a tenant's, in the order of their ids. One round trip."""

    def get_integration(self, tenant: TenantId, integration: IntegrationId) -> Integration | None:
        """One integration. One round trip."""

    def put_integration(self, integration: Integration) -> None:
        """Replace what was read. Raises GuardFailed where it has changed since."""

    def find_holder(self, platform: Platform, account: str) -> Integration | None:
        """Which integration, of any tenant, an account of a platform is; active or not. Two round trips."""

    def connect_integration(
        self, integration: Integration, holder: Integration | None, jobs: Sequence[JobChange]
    ) -> Integration:
        """Replace what was read, as the integration that its account is from now on, together with what it is owed, in
        one transaction; as it is stored now. `holder` is what `find_holder` found. Raises LostRace where any of it has
        changed since."""

    def placed_offers(self, tenant: TenantId, integration: IntegrationId) -> Mapping[StageId, PlacedOffer]:
        """Every stage's discount that stands in an integration. One round trip."""

    def put_placed_offer(self, tenant: TenantId, integration: IntegrationId, placed: PlacedOffer) -> None:
        """Remember where a discount stands."""

    def delete_placed_offer(self, tenant: TenantId, integration: IntegrationId, stage: StageId) -> None:
        """Forget it. Nothing happens where nothing was remembered."""


class SecretStore(Protocol):
    """Credentials of integrations. Methods raise ServiceUnavailable on a fault."""

    def get(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:
        """The credentials, perhaps some minutes old. Raises CredentialsRefused where there are none."""

    def get_fresh(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:
        """The credentials as they are now."""

    def put(self, tenant: TenantId, integration: IntegrationId, credentials: Mapping[str, Any]) -> None:
        """Replace them, or keep the first ones."""

    def exclusive(self, tenant: TenantId, integration: IntegrationId) -> AbstractContextManager[None]:
        """While it is entered, nobody else has it entered, in this process or another: for the renewal of a token whose
        refresh token works once, and for whoever states others. Waits for some seconds at most; raises NotReadyYet
        beyond that, and StoreUnavailable. Given up by itself when its holder dies."""


class Pacer(Protocol):
    """Shares one integration's allowance among all who use it at the same time. Raises StoreUnavailable."""

    def take(self, allowance: Allowance, cost: int) -> None:
        """Take `cost` of the allowance, waiting for it for some seconds at most. Raises NotReadyYet beyond that."""

    def report(self, allowance: Allowance, report: AllowanceReport) -> None:
        """What the partner said of the allowance with its answer; no write of its own."""


class ResponseTimes(Protocol):
    """Is told how long partners take to answer."""

    def answered(self, integration: Integration, duration_s: float) -> None:
        """An answer came, whatever its status, so long after it was asked for. Must be quick, and raises nothing."""


class Connectors(Protocol):
    """Opens integrations."""

    def open(self, integration: Integration) -> Connector:
        """The connector of an integration. Raises CredentialsRefused and ServiceUnavailable."""

    def try_open(self, integration: Integration, credentials: Mapping[str, Any]) -> Connector:
        """A connector with credentials that are kept nowhere yet, to find out whether they are good. A token of theirs
        that has expired is not renewed; where they hold none, and get one whenever asked, one is asked for. Raises
        CredentialsRefused where they lack something."""

    def are_renewed(self, tenant: TenantId, integration: IntegrationId) -> bool:
        """Whether the integration has other credentials by now than those that `open` gave its connector here, which
        may be some minutes old; it gives them from then on. False where it was not opened. Raises CredentialsRefused
        where there are none, and ServiceUnavailable."""
