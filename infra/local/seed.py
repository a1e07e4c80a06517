"""Two demo tenants, registered through the operator's own command line, the first one connected to all doubles."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.local.identity_provider import AUDIENCE, Issuer
from infra.local.partners.demo import account, hub_credentials
from infra.local.partners.processes import Partner
from infra.paths import CORE_LAYER

OPERATOR = "customerhub"


class SeedingFailedError(Exception):
    """The operator's command line failed; the message ends with what it said."""


@dataclass(frozen=True)
class Tenant:
    """A demo merchant."""

    id: str
    name: str
    region: str
    area_code: str | None = None


DEMO_TENANTS = (
    Tenant("demo-winery", "Demo Winery", region="US", area_code="707"),
    Tenant("demo-store", "Demo Store", region="GB"),
)


@dataclass(frozen=True)
class SeededTenant:
    """A demo merchant with its service key, which holds every scope, and its issuer."""

    id: str
    name: str
    region: str
    service_key: str
    issuer: str


class Operator:
    """The operator's command line, run against the deployed tables."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(CORE_LAYER / "python"),
            **environment,
        }

    def register(self, tenant: Tenant, issuer: Issuer) -> None:
        """Register the tenant, or bring its registration up to date. Raises `SeedingFailedError`."""
        words = ["tenants", "register", "--tenant", tenant.id, "--name", tenant.name, "--region", tenant.region]
        if tenant.area_code:
            words += ["--area-code", tenant.area_code]
        self._run(*words, "--issuer", issuer.url, "--jwks-url", issuer.jwks_url, "--audience", AUDIENCE)

    def issue_key(self, tenant: Tenant) -> str:
        """A new service key of the tenant that holds every scope. Raises `SeedingFailedError`."""
        key: str = self._run("keys", "issue", "--tenant", tenant.id, "--name", "demo", "--scope", "all")["serviceKey"]
        return key

    def connected(self, tenant: Tenant) -> dict[str, tuple[str, str | None]]:
        """Account and endpoint of each integration of the tenant, by its id; without those that were connected by an
        earlier version, which kept no address for webhooks. Raises `SeedingFailedError`."""
        listed = self._run("integrations", "list", "--tenant", tenant.id)["integrations"]
        return {one["id"]: (one["account"], one["endpoint"]) for one in listed if one["renewedAt"]}

    def connect(self, tenant: Tenant, partner: Partner) -> None:
        """Connect the tenant to a double, or bring the connection up to date. Raises `SeedingFailedError`."""
        name = partner.name.value
        words = ["integrations", "connect", "--tenant", tenant.id, "--id", name, "--platform", name]
        words += ["--account", account(partner), "--endpoint", partner.url]
        # Secrets are never on a command line, which every process of the machine can read.
        self._run(*words, given=json.dumps(hub_credentials(partner)))

    def _run(self, *words: str, given: str = "") -> Any:
        command = [sys.executable, "-B", "-m", OPERATOR, *words]
        result = subprocess.run(
            command, env=self._environment, input=given, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise SeedingFailedError(f"{OPERATOR} {' '.join(words[:2])}: {result.stderr[-2000:]}")
        return json.loads(result.stdout)


class KeyRing:
    """The demo keys of earlier runs: the hub stores only their hashes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, tenant: Tenant) -> str | None:
        """The key that was kept for the tenant."""
        return self._read().get(tenant.id)

    def keep(self, tenant: Tenant, key: str) -> None:
        """Keep the key, instead of an older one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps({**self._read(), tenant.id: key}))

    def _read(self) -> dict[str, str]:
        keys: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return keys


def seed(base_url: str, operator: Operator, issuers: Mapping[str, Issuer], keys: KeyRing) -> list[SeededTenant]:
    """Register the demo tenants and see to a working key for each. Idempotent: a key that still works is kept."""
    return [_seed_tenant(tenant, base_url, operator, issuers[tenant.id], keys) for tenant in DEMO_TENANTS]


def connect_partners(operator: Operator, partners: Sequence[Partner]) -> None:
    """Connect the first demo tenant to every double. Idempotent: what stands is left alone, because whoever is
    connected anew is owed every member."""
    known = operator.connected(DEMO_TENANTS[0])
    for partner in partners:
        if known.get(partner.name.value) != (account(partner), partner.url):
            operator.connect(DEMO_TENANTS[0], partner)


def _seed_tenant(tenant: Tenant, base_url: str, operator: Operator, issuer: Issuer, keys: KeyRing) -> SeededTenant:
    operator.register(tenant, issuer)
    key = keys.get(tenant)
    if key is None or not _accepted(base_url, key):
        key = operator.issue_key(tenant)
        if not _accepted(base_url, key):
            raise SeedingFailedError(f"The hub does not accept the new key of {tenant.id}.")
        keys.keep(tenant, key)
    return SeededTenant(tenant.id, tenant.name, tenant.region, key, issuer.url)


def _accepted(base_url: str, key: str) -> bool:
    """An older key is not when MiniStack was killed before it could save what it knew."""
    response = httpx.get(
        f"{base_url}/api/customers/unknown", headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
    )
    return response.status_code not in (401, 403)
