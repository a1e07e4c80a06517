"""Proofs as items: a credential has proven an identifier by a one-time code.

PK `T#<tenant>#PROOF#<keyed hash of credential, kind and value>`, SK `PROOF`; expires. Read by users' calls of
customer-management together with the claims, one read unit for each identifier that is not verified yet. Holds nothing
personal.
"""

from datetime import datetime

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import Proof
from customerhub.store import keys
from customerhub.store.table import ALWAYS, Item, Put


def put_proof(table: str, tenant: Tenant, proof: Proof) -> Put:
    """The write of a proof; a newer one takes the place of an older one."""
    item = {
        "proven_at": proof.proven_at.isoformat(),
        "valid_until": proof.expires_at.isoformat(),
        TTL_ATTRIBUTE: int(proof.expires_at.timestamp()),
    }
    return Put(keys.proof(table, tenant, proof.key), item, ALWAYS)


def holds(item: Item, now: datetime) -> bool:
    """Whether the proof is still believed: DynamoDB deletes expired items up to days late."""
    return now < datetime.fromisoformat(item["valid_until"])
