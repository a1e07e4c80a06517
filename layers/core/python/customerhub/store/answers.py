"""Answers that idempotency keys got, as items.

PK `T#<tenant>#IDEMPOTENCY#<digest>`, SK `IDEMPOTENCY`; expires. Read together with the claims of the call; written in
the transaction of its changes, so that a crash leaves either both or neither, and no lock behind.
"""

from datetime import UTC, datetime

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.idempotency import Answer, IdempotencyKey, StoredAnswer
from customerhub.domain.ids import CustomerId
from customerhub.store import keys
from customerhub.store.table import Item, Put, if_absent_or_expired


def put_answer(table: str, stored: StoredAnswer, now: datetime) -> Put:
    """The write of an answer, guarded against another answer under the same key."""
    item = {
        "tenant": stored.key.tenant,
        "digest": stored.key.digest,
        "fingerprint": stored.key.fingerprint,
        "status": stored.answer.status,
        "body": stored.answer.body,
        "customers": list(stored.customers),
        TTL_ATTRIBUTE: int(stored.expires_at.timestamp()),
    }
    key = keys.answer(table, stored.key.tenant, stored.key.digest)
    return Put(key, item, if_absent_or_expired(int(now.timestamp())))


def to_stored_answer(item: Item, key: IdempotencyKey) -> StoredAnswer:
    """The answer that an item holds; its fingerprint is the stored one."""
    return StoredAnswer(
        IdempotencyKey(key.tenant, key.digest, item["fingerprint"]),
        Answer(int(item["status"]), item["body"]),
        datetime.fromtimestamp(int(item[TTL_ATTRIBUTE]), UTC),
        tuple(map(CustomerId, item.get("customers", []))),
    )
