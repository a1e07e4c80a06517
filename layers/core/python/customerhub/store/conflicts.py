"""Conflicts as items.

PK `T#<tenant>#CONFLICT#<id>`, SK `CONFLICT`. The id follows from what is in conflict, so a guarded creation keeps one
item however often the conflict is found.
"""

from customerhub.domain.conflict import Conflict
from customerhub.store import keys
from customerhub.store.table import Guard, Put


def put_conflict(table: str, conflict: Conflict, guard: Guard) -> Put:
    """The write of a conflict: `IF_ABSENT` for one that may be known, `ALWAYS` for one that a change brings about."""
    circumstances = conflict.circumstances
    item = {
        "id": conflict.id,
        "kind": conflict.kind,
        "status": "OPEN",
        "customers": [customer.id for customer in conflict.customers],
        "identifiers": [{"kind": key.kind, "value": key.value} for key in conflict.identifiers],
        "found_at": circumstances.now.isoformat(),
        "credential": circumstances.credential,
        "source": circumstances.source,
        "request_id": circumstances.request_id,
    }
    return Put(keys.conflict(table, conflict.tenant, conflict.id), item, guard)
