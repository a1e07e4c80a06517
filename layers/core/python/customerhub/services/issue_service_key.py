"""An operator hands a backend its credential."""

from datetime import datetime

from customerhub.domain.caller import Scope
from customerhub.domain.credentials import ServiceKey, new_service_key
from customerhub.domain.ids import TenantId
from customerhub.errors import NotFound
from customerhub.ports import Clock, CredentialStore


def issue_service_key(
    tenant: TenantId,
    name: str,
    scopes: frozenset[Scope],
    *,
    calls_per_minute: int,
    expires_at: datetime | None,
    store: CredentialStore,
    clock: Clock,
) -> tuple[ServiceKey, str]:
    """A new key beside those that the tenant has, and its text, which is kept nowhere.

    To rotate: issue the new key, give it to the backend, then revoke the old one. Raises NotFound for a tenant that is
    not registered.
    """
    if store.get_tenant(tenant) is None:
        raise NotFound("there is no such tenant")
    key, text = new_service_key(
        tenant, name, scopes, clock.now(), calls_per_minute=calls_per_minute, expires_at=expires_at
    )
    store.put_service_key(key)
    return key, text
