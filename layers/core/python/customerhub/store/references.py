"""References: what else speaks of a customer, kept in the customer's collection.

SK `REF#CONFLICT#<id>`, `REF#ANSWER#<digest>`, `REF#JOB#<id>`, `REF#MERGE#<survivor>#<merge>`. An export and an erasure
read the collection, and follow them to what is stored elsewhere. What names an identifier of no customer yet is
mentioned beside the identifier's claim (PK `T#<tenant>#I#<keyed hash>`, SK `REF#CONFLICT#<id>`), for the customer whose
it will be.
"""

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.tenant import Tenant
from customerhub.store import keys
from customerhub.store.table import ALWAYS, Put


def put_reference(table: str, tenant: TenantId, customer: CustomerId, to: str, expires_at_s: int | None = None) -> Put:
    """The write of a reference; it holds nothing but its key. `expires_at_s` is when what it leads to expires."""
    item = {} if expires_at_s is None else {TTL_ATTRIBUTE: expires_at_s}
    return Put(keys.reference(table, tenant, customer, to), item, ALWAYS)


def put_mention(table: str, tenant: Tenant, identifier: IdentifierKey, to: str) -> Put:
    """The write of a mention; it holds nothing but its key."""
    return Put(keys.mention(table, tenant, identifier, to), {}, ALWAYS)
