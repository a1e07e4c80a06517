"""References: what else speaks of a customer, kept in the customer's collection.

SK `REF#CONFLICT#<id>`, `REF#ANSWER#<digest>`, `REF#MERGE#<survivor>#<merge>`. An export and an erasure read the
collection, and follow them to what is stored elsewhere.
"""

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.store import keys
from customerhub.store.table import ALWAYS, Put


def put_reference(table: str, tenant: TenantId, customer: CustomerId, to: str, expires_at_s: int | None = None) -> Put:
    """The write of a reference; it holds nothing but its key. `expires_at_s` is when what it leads to expires."""
    item = {} if expires_at_s is None else {TTL_ATTRIBUTE: expires_at_s}
    return Put(keys.reference(table, tenant, customer, to), item, ALWAYS)
