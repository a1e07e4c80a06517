"""Where every item lives: `T#<tenant>#…` for a tenant's own, `AUTH#…` for what only the authorizer reads."""

import hashlib

from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import ConflictId, CustomerId, EventId, MergeId, TenantId
from customerhub.domain.tenant import Tenant
from customerhub.store.table import Key

REFERENCE_PREFIX = "REF#"


def profile(table: str, tenant: TenantId, customer: CustomerId) -> Key:
    """A customer's profile, or the alias that took its place."""
    return Key(table, collection(tenant, customer), "PROFILE")


def event(table: str, tenant: TenantId, customer: CustomerId, event_id: EventId) -> Key:
    """An entry of a customer's timeline."""
    return Key(table, collection(tenant, customer), f"EVENT#{event_id}")


def merge(table: str, tenant: TenantId, survivor: CustomerId, merge_id: MergeId) -> Key:
    """A line of the merge ledger, with the survivor."""
    return Key(table, collection(tenant, survivor), f"MERGE#{merge_id}")


def reference(table: str, tenant: TenantId, customer: CustomerId, to: str) -> Key:
    """That something else, `to`, speaks of a customer."""
    return Key(table, collection(tenant, customer), f"{REFERENCE_PREFIX}{to}")


def conflict_reference(conflict_id: ConflictId) -> str:
    """What a reference to a conflict ends with."""
    return f"CONFLICT#{conflict_id}"


def answer_reference(digest: str) -> str:
    """What a reference to a stored answer ends with."""
    return f"ANSWER#{digest}"


def merge_reference(survivor: CustomerId, merge_id: MergeId) -> str:
    """What a reference to a ledger record with another customer ends with."""
    return f"MERGE#{survivor}#{merge_id}"


def claim(table: str, tenant: Tenant, identifier: IdentifierKey) -> Key:
    """Who owns an identifier, or that an erased person did."""
    return Key(table, f"T#{tenant.id}#I#{tenant.keyed_hash(*identifier)}", "CLAIM")


def conflict(table: str, tenant: TenantId, conflict_id: ConflictId) -> Key:
    """A conflict that waits for review."""
    return Key(table, f"T#{tenant}#CONFLICT#{conflict_id}", "CONFLICT")


def answer(table: str, tenant: TenantId, digest: str) -> Key:
    """The answer that an idempotency key got."""
    return Key(table, f"T#{tenant}#IDEMPOTENCY#{digest}", "IDEMPOTENCY")


def rate_counter(table: str, tenant: TenantId, subject: str, window: int) -> Key:
    """Calls counted in one minute; `window` is that minute's number since the epoch."""
    return Key(table, f"T#{tenant}#RATE#{_digest(subject)}#{window}", "RATE")


def tenant_settings(table: str, tenant: TenantId) -> Key:
    """A tenant's settings."""
    return Key(table, f"AUTH#TENANT#{tenant}", "SETTINGS")


def service_key(table: str, tenant: TenantId, key_id: str) -> Key:
    """A service key's hash and scopes, beside its tenant's settings."""
    return Key(table, f"AUTH#TENANT#{tenant}", f"KEY#{key_id}")


def issuer(table: str, url: str) -> Key:
    """Whose tokens an identity provider signs."""
    return Key(table, f"AUTH#ISSUER#{_digest(url)}", "ISSUER")


def collection(tenant: TenantId, customer: CustomerId) -> str:
    """The partition that holds what was stored with a customer."""
    return f"T#{tenant}#C#{customer}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
