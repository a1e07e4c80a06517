"""Integrations and the discounts that stand in them, as items of the work table.

Integration: PK `T#<tenant>#INTEGRATIONS`, SK `INTEGRATION#<id>`. Placed offer: PK `T#<tenant>#OFFERS#<integration>`, SK
`STAGE#<stage>`. All of a tenant's integrations, and all that stands in one of them, are read by one query each.

Shop address: PK `SHOP#<platform>#<account>`, SK `SHOP`, says whose an account is, among all tenants: webhooks are told
apart by it. It is written with the integration that is connected, and stays when that one is disconnected: what the law
wants done comes days later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from customerhub.deployment import SORT_KEY
from customerhub.domain.ids import IntegrationId, StageId, TenantId
from customerhub.domain.integration import Intake, Integration, Platform
from customerhub.domain.job import JobChange
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.store import keys
from customerhub.store.job_items import job_writes
from customerhub.store.pages import read_pages
from customerhub.store.table import ALWAYS, IF_ABSENT, Check, Database, Guard, Item, Key, Put, Write, if_version

PAGE = 100


class DynamoIntegrationStore:
    """Implements `ports.partners.IntegrationStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def list_integrations(self, tenant: TenantId) -> Sequence[Integration]:
        """One query, and one more beyond every hundred."""
        key = keys.integration(self._work, tenant, IntegrationId(""))
        return [_to_integration(item) for page in read_pages(self._database, key, PAGE) for item in page]

    def get_integration(self, tenant: TenantId, integration: IntegrationId) -> Integration | None:
        """One GetItem."""
        item = self._database.get(keys.integration(self._work, tenant, integration))
        return _to_integration(item) if item else None

    def put_integration(self, integration: Integration) -> None:
        """One PutItem."""
        key = keys.integration(self._work, integration.tenant, integration.id)
        self._database.put(Put(key, _from_integration(integration), if_version(integration.version)))

    def find_holder(self, platform: Platform, account: str) -> Integration | None:
        """Two GetItems."""
        item = self._database.get(keys.shop_address(self._work, platform, account))
        return self.get_integration(TenantId(item["tenant"]), IntegrationId(item["integration"])) if item else None

    def connect_integration(
        self, integration: Integration, holder: Integration | None, jobs: Sequence[JobChange]
    ) -> Integration:
        """One transaction. The address is guarded by whose it was, and a former holder by its version: it is inactive,
        and must not have been connected again."""
        key = keys.integration(self._work, integration.tenant, integration.id)
        writes: list[Write] = [
            Put(key, _from_integration(integration), if_version(integration.version)),
            self._address_put(integration, holder),
            # Without a customer a job has no place in the customers table.
            *job_writes("", self._work, jobs),
        ]
        if holder and (holder.tenant, holder.id) != (integration.tenant, integration.id):
            writes.append(Check(keys.integration(self._work, holder.tenant, holder.id), if_version(holder.version)))
        self._database.write_all(writes)
        return replace(integration, version=integration.version + 1)

    def _address_put(self, integration: Integration, holder: Integration | None) -> Put:
        item = {
            "tenant": integration.tenant,
            "integration": integration.id,
            "platform": integration.platform,
            "account": integration.account,
        }
        guard = _if_held_by(holder) if holder else IF_ABSENT
        return Put(keys.shop_address(self._work, integration.platform, integration.account), item, guard)

    def placed_offers(self, tenant: TenantId, integration: IntegrationId) -> Mapping[StageId, PlacedOffer]:
        """One query, and one more beyond every hundred."""
        key = keys.placed_offer(self._work, tenant, integration, StageId(""))
        placed = (_to_placed(item) for page in read_pages(self._database, key, PAGE) for item in page)
        return {each.offer.stage: each for each in placed}

    def put_placed_offer(self, tenant: TenantId, integration: IntegrationId, placed: PlacedOffer) -> None:
        """One PutItem. The last word counts: the one job of a stage in an integration writes it, under its lease."""
        self._database.put(Put(self._offer_key(tenant, integration, placed.offer.stage), _from_placed(placed), ALWAYS))

    def delete_placed_offer(self, tenant: TenantId, integration: IntegrationId, stage: StageId) -> None:
        """One BatchWriteItem."""
        self._database.delete_all([self._offer_key(tenant, integration, stage)])

    def _offer_key(self, tenant: TenantId, integration: IntegrationId, stage: StageId) -> Key:
        return keys.placed_offer(self._work, tenant, integration, stage)


def _if_held_by(holder: Integration) -> Guard:
    """The account is still that integration's."""
    return Guard(
        "tenant = :tenant AND integration = :integration", {":tenant": holder.tenant, ":integration": holder.id}
    )


def _from_integration(integration: Integration) -> Item:
    return {
        "tenant": integration.tenant,
        "id": integration.id,
        "platform": integration.platform,
        "account": integration.account,
        "connected_at": integration.connected_at.isoformat(),
        "endpoint": integration.endpoint,
        "active": integration.active,
        "intake": integration.intake,
        "event_source": integration.event_source,
        "renewed_at": integration.renewed_at.isoformat() if integration.renewed_at else None,
        "version": integration.version + 1,
    }


def _to_integration(item: Item) -> Integration:
    return Integration(
        TenantId(item["tenant"]),
        IntegrationId(item["id"]),
        Platform(item["platform"]),
        item["account"],
        datetime.fromisoformat(item["connected_at"]),
        item["endpoint"],
        item["active"],
        Intake(item.get("intake") or Intake.HTTPS),
        item.get("event_source"),
        datetime.fromisoformat(item["renewed_at"]) if item.get("renewed_at") else None,
        int(item["version"]),
    )


def _from_placed(placed: PlacedOffer) -> Item:
    offer = placed.offer
    return {"name": offer.name, "discount_basis_points": offer.discount_basis_points, "ids": dict(placed.ids)}


def _to_placed(item: Item) -> PlacedOffer:
    stage = StageId(item[SORT_KEY].removeprefix(keys.STAGE_PREFIX))
    return PlacedOffer(Offer(stage, item["name"], int(item["discount_basis_points"])), item["ids"])
