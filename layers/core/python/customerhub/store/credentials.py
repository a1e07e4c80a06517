"""Tenants, service keys and issuers as items of the work table.

Settings: PK `AUTH#TENANT#<tenant>`, SK `SETTINGS`. Service key: the same PK, SK `KEY#<id>`, so that both are one read.
Issuer: PK `AUTH#ISSUER#<hash of its URL>`, SK `ISSUER`. Read by the authorizer alone, the settings by the schedule too.
List of tenants: PK `AUTH#TENANTS`, SK `TENANT#<tenant>`.
"""

from collections.abc import Iterator
from datetime import datetime

from customerhub.deployment import SORT_KEY, TENANTS
from customerhub.domain.caller import Scope
from customerhub.domain.credentials import Issuer, ServiceKey
from customerhub.domain.ids import TenantId
from customerhub.domain.tenant import LinkingPolicy, Tenant
from customerhub.store import keys
from customerhub.store.pages import read_pages
from customerhub.store.table import ALWAYS, Database, Delete, Guard, Item, Key, Put, Write

PAGE = 100


class DynamoCredentialStore:
    """Implements `ports.CredentialStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def get_service_key(self, tenant: TenantId, key_id: str) -> tuple[Tenant, ServiceKey] | None:
        """One BatchGetItem for both."""
        settings = keys.tenant_settings(self._work, tenant)
        service_key = keys.service_key(self._work, tenant, key_id)
        items = self._database.batch_get([settings, service_key])
        if settings not in items or service_key not in items:
            return None
        return _to_tenant(items[settings]), _to_service_key(items[service_key])

    def get_issuer(self, url: str) -> tuple[Tenant, Issuer] | None:
        """Two GetItems, the second for the tenant that the first names."""
        item = self._database.get(keys.issuer(self._work, url))
        if item is None:
            return None
        issuer = _to_issuer(item)
        tenant = self.get_tenant(issuer.tenant)
        return (tenant, issuer) if tenant else None

    def get_tenant(self, tenant: TenantId) -> Tenant | None:
        """One GetItem."""
        item = self._database.get(keys.tenant_settings(self._work, tenant))
        return _to_tenant(item) if item else None

    def get_registration(self, tenant: TenantId) -> tuple[Tenant, Issuer | None] | None:
        """Two GetItems."""
        settings = self._database.get(keys.tenant_settings(self._work, tenant))
        if settings is None:
            return None
        url = settings.get("issuer")
        issuer = self._database.get(keys.issuer(self._work, url)) if url else None
        return _to_tenant(settings), _to_issuer(issuer) if issuer else None

    def put_registration(self, tenant: Tenant, issuer: Issuer | None, replaced: Issuer | None) -> None:
        """One transaction."""
        settings = _from_tenant(tenant) | {"issuer": issuer.url if issuer else None}
        writes: list[Write] = [
            Put(keys.tenant_settings(self._work, tenant.id), settings, _if_same_key(tenant)),
            Put(keys.tenant_entry(self._work, tenant.id), {}, ALWAYS),
        ]
        if issuer:
            writes.append(Put(keys.issuer(self._work, issuer.url), _from_issuer(issuer), _if_owned_by(tenant.id)))
        if replaced and (not issuer or replaced.url != issuer.url):
            writes.append(Delete(keys.issuer(self._work, replaced.url)))
        self._database.write_all(writes)

    def list_tenants(self) -> Iterator[TenantId]:
        """One query for each page."""
        for page in read_pages(self._database, Key(self._work, TENANTS, ""), PAGE):
            yield from (TenantId(item[SORT_KEY].removeprefix(keys.TENANT_PREFIX)) for item in page)

    def put_service_key(self, key: ServiceKey) -> None:
        """One PutItem."""
        self._database.put(Put(keys.service_key(self._work, key.tenant, key.id), _from_service_key(key), ALWAYS))


def _if_owned_by(tenant: TenantId) -> Guard:
    """Free, or already this tenant's."""
    return Guard("attribute_not_exists(PK) OR tenant = :tenant", {":tenant": tenant})


def _if_same_key(tenant: Tenant) -> Guard:
    """New, or with the hash key that it has: with another one nothing that is stored could be found."""
    return Guard("attribute_not_exists(PK) OR hash_key = :hash_key", {":hash_key": tenant.hash_key})


def _from_tenant(tenant: Tenant) -> Item:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "region": tenant.region,
        "default_area_code": tenant.default_area_code,
        "linking": tenant.linking,
        "placeholder_emails": list(tenant.placeholder_emails),
        "hash_key": tenant.hash_key,
    }


def _to_tenant(item: Item) -> Tenant:
    return Tenant(
        TenantId(item["id"]),
        item["name"],
        item["region"],
        item["default_area_code"],
        LinkingPolicy(item["linking"]),
        tuple(item["placeholder_emails"]),
        hash_key=item["hash_key"],
    )


def _from_service_key(key: ServiceKey) -> Item:
    return {
        "tenant": key.tenant,
        "id": key.id,
        "name": key.name,
        "secret_hash": key.secret_hash,
        "scopes": sorted(key.scopes),
        "calls_per_minute": key.calls_per_minute,
        "created_at": key.created_at.isoformat(),
        "valid_until": key.expires_at.isoformat() if key.expires_at else None,
    }


def _to_service_key(item: Item) -> ServiceKey:
    return ServiceKey(
        TenantId(item["tenant"]),
        item["id"],
        item["name"],
        item["secret_hash"],
        frozenset(map(Scope, item["scopes"])),
        int(item["calls_per_minute"]),
        datetime.fromisoformat(item["created_at"]),
        datetime.fromisoformat(item["valid_until"]) if item["valid_until"] else None,
    )


def _from_issuer(issuer: Issuer) -> Item:
    return {
        "tenant": issuer.tenant,
        "url": issuer.url,
        "jwks_url": issuer.jwks_url,
        "audience": issuer.audience,
        "role_claim": issuer.role_claim,
        "assumes_verified": sorted(issuer.assumes_verified),
    }


def _to_issuer(item: Item) -> Issuer:
    return Issuer(
        TenantId(item["tenant"]),
        item["url"],
        item["jwks_url"],
        item["audience"],
        item["role_claim"],
        frozenset(item["assumes_verified"]),
    )
