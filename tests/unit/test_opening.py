"""A process keeps its connectors, with what they have learned, as long as the credentials are the same."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from customerhub.connectors import opening
from customerhub.connectors.opening import PartnerConnectors
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.errors import CredentialsRefused
from tests.support.partner_bench import MemoryPacer
from tests.support.shopify_fake import SettableClock

WINERY = TenantId("winery")
AT = datetime(2026, 11, 25, tzinfo=UTC)
COMMERCE7 = Integration(WINERY, IntegrationId("commerce7"), Platform.COMMERCE7, "winery", AT)
OLD, NEW = {"app_id": "hub", "app_secret": "old"}, {"app_id": "hub", "app_secret": "new"}


@dataclass
class CachedSecrets:
    """Implements `ports.partners.SecretStore` as a process with an old copy sees it."""

    stored: Mapping[str, Any] | None = field(default_factory=lambda: OLD)
    copy: Mapping[str, Any] | None = None
    looks: int = 0

    def get(self, tenant: TenantId, integration: IntegrationId) -> Mapping[str, Any]:
        return self.copy or self.get_fresh(tenant, integration)

    def get_fresh(self, *_: object) -> Mapping[str, Any]:
        self.looks += 1
        if self.stored is None:
            raise CredentialsRefused("the integration has no credentials")
        self.copy = self.stored
        return self.stored

    def put(self, _: TenantId, __: IntegrationId, credentials: Mapping[str, Any]) -> None:
        self.stored = self.copy = credentials

    def exclusive(self, *_: object) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def secrets() -> CachedSecrets:
    return CachedSecrets()


@pytest.fixture
def connectors(secrets: CachedSecrets) -> PartnerConnectors:
    clock = SettableClock()
    return PartnerConnectors(secrets, lambda _: MemoryPacer(clock), clock)


def test_a_connector_is_kept(connectors: PartnerConnectors) -> None:
    assert connectors.open(COMMERCE7) is connectors.open(COMMERCE7)


def test_another_one_serves_what_has_changed(connectors: PartnerConnectors, secrets: CachedSecrets) -> None:
    first = connectors.open(COMMERCE7)
    elsewhere = connectors.open(replace(COMMERCE7, account="other", version=2))
    assert elsewhere is not first
    secrets.put(WINERY, COMMERCE7.id, NEW)
    assert connectors.open(COMMERCE7) is not elsewhere


def test_tenants_have_connectors_of_their_own(connectors: PartnerConnectors) -> None:
    """Invariant 7."""
    ours = connectors.open(COMMERCE7)
    theirs = connectors.open(replace(COMMERCE7, tenant=TenantId("store")))
    assert ours is not theirs
    assert connectors.open(COMMERCE7) is ours


def test_renewed_credentials_are_found_once(connectors: PartnerConnectors, secrets: CachedSecrets) -> None:
    assert not connectors.are_renewed(WINERY, COMMERCE7.id), "it was not opened"
    assert secrets.looks == 0
    former = connectors.open(COMMERCE7)
    assert not connectors.are_renewed(WINERY, COMMERCE7.id)
    secrets.stored = NEW
    assert connectors.open(COMMERCE7) is former, "what this process knows is some minutes old"
    assert connectors.are_renewed(WINERY, COMMERCE7.id)
    assert connectors.open(COMMERCE7) is not former
    assert not connectors.are_renewed(WINERY, COMMERCE7.id), "these are refused as well: for a person"


def test_without_credentials_nothing_is_renewed(connectors: PartnerConnectors, secrets: CachedSecrets) -> None:
    connectors.open(COMMERCE7)
    secrets.stored = None
    with pytest.raises(CredentialsRefused):
        connectors.are_renewed(WINERY, COMMERCE7.id)


def test_the_one_that_was_not_asked_for_longest_goes(connectors: PartnerConnectors) -> None:
    opened = [connectors.open(replace(COMMERCE7, tenant=TenantId(f"t{number}"))) for number in range(opening.MAX_OPEN)]
    assert connectors.open(replace(COMMERCE7, tenant=TenantId("t0"))) is opened[0]
    connectors.open(COMMERCE7)
    assert connectors.open(replace(COMMERCE7, tenant=TenantId("t0"))) is opened[0]
    assert connectors.open(replace(COMMERCE7, tenant=TenantId("t1"))) is not opened[1]
