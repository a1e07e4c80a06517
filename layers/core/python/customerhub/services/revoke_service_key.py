"""An operator takes a backend's credential back."""

from dataclasses import replace

from customerhub.domain.credentials import ServiceKey
from customerhub.domain.ids import TenantId
from customerhub.errors import NotFound
from customerhub.ports import Clock, CredentialStore


def revoke_service_key(tenant: TenantId, key_id: str, *, store: CredentialStore, clock: Clock) -> ServiceKey:
    """Refuse the key from now on; the gateway may still know its last answer for a minute. Idempotent by the key's
    id. Raises NotFound."""
    found = store.get_service_key(tenant, key_id)
    if found is None:
        raise NotFound("the tenant has no such key")
    revoked = replace(found[1], expires_at=clock.now())
    store.put_service_key(revoked)
    return revoked
