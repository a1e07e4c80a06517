"""Idempotency keys: the same request, repeated under one key, gets the same answer."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from customerhub.domain.ids import CredentialId, CustomerId, TenantId
from customerhub.errors import InvalidInput

RETENTION = timedelta(days=14)
HEADER = "Idempotency-Key"
MAX_CHARACTERS = 255


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key. `digest` is unique to credential, operation and key; `fingerprint` stands for the request. With
    `changes_only` the answer is kept where the call changed something, and nowhere else."""

    tenant: TenantId
    digest: str
    fingerprint: str
    changes_only: bool = False


@dataclass(frozen=True)
class Answer:
    """An HTTP status and JSON body, as said to the caller."""

    status: int
    body: str


@dataclass(frozen=True)
class StoredAnswer:
    """The answer that a key got, kept until `expires_at`, and the customers whom it speaks of: an erasure finds it."""

    key: IdempotencyKey
    answer: Answer
    expires_at: datetime
    customers: tuple[CustomerId, ...]


def idempotency_key(
    text: str, *, tenant: TenantId, credential: CredentialId, operation: str, request: Any
) -> IdempotencyKey:
    """The key that `text` is for this credential, operation and JSON request. Raises InvalidInput."""
    if not 1 <= len(text) <= MAX_CHARACTERS or not (text.isascii() and text.isprintable()):
        raise InvalidInput(f"1 to {MAX_CHARACTERS} printable ASCII characters", field=HEADER)
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(tenant, _digest(tenant, credential, operation, text), _digest(canonical))


def to_keep(
    answer: Answer, key: IdempotencyKey | None, customers: Iterable[CustomerId], now: datetime
) -> StoredAnswer | None:
    """The answer as it is kept under its key; None without one. `customers` are those of whom it speaks."""
    return StoredAnswer(key, answer, now + RETENTION, tuple(customers)) if key else None


def answer_again(stored: StoredAnswer, key: IdempotencyKey) -> Answer:
    """The stored answer. Raises InvalidInput where the key was used for another request."""
    if stored.key.fingerprint != key.fingerprint:
        raise InvalidInput("this key was used with another body", code="idempotency_key_reused", field=HEADER)
    return stored.answer


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
