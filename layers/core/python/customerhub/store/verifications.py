"""Verifications as items, and what is counted around them.

Verification: PK `T#<tenant>#VERIFY#<keyed hash of the recipient>`, SK `VERIFICATION#<random>`; the hash and the random
part are its id, so that it is read by id, and an erasure finds it by the identifier. Tries: the same PK, SK
`TRIES#<random>`, an item of its own, so that no other write can set the count back. Sends:
PK `T#<tenant>#SENDS#<keyed hash of what is counted>`, SK `<seconds of the window>#<number of the window>`. All expire.
"""

from datetime import datetime

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CredentialId, TenantId, VerificationId
from customerhub.domain.send_limit import SendLimit
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import PROOF_LIFETIME, Proof, Recipient, Verification
from customerhub.store import keys
from customerhub.store.proofs import put_proof
from customerhub.store.table import ALWAYS, Database, Guard, Item, Put, if_version


class DynamoVerificationStore:
    """Implements `ports.VerificationStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def count_send(self, tenant: TenantId, limit: SendLimit, now: datetime) -> int:
        """One UpdateItem."""
        window = limit.window(now)
        key = keys.sends(self._work, tenant, limit.subject, limit.window_s, window)
        return self._database.add(key, 1, expires_at_s=(window + 2) * limit.window_s)

    def put_verification(self, tenant: TenantId, verification: Verification) -> None:
        """One PutItem. Nothing else has this random id: a repetition writes the same again."""
        self._database.put(self._put(tenant, verification, ALWAYS))

    def get_verification(self, tenant: TenantId, verification_id: VerificationId) -> Verification | None:
        """One GetItem."""
        item = self._database.get(keys.verification(self._work, tenant, verification_id))
        return _to_verification(verification_id, item) if item else None

    def count_try(self, tenant: TenantId, verification: Verification) -> int:
        """One UpdateItem."""
        return self._database.add(
            keys.tries(self._work, tenant, verification.id), 1, expires_at_s=_kept_until_s(verification)
        )

    def use(self, tenant: Tenant, verification: Verification, proof: Proof) -> None:
        """One TransactWriteItems of two items, guarded at the verification."""
        used = self._put(tenant.id, verification, if_version(verification.version))
        self._database.write_all([used, put_proof(self._work, tenant, proof)])

    def _put(self, tenant: TenantId, verification: Verification, guard: Guard) -> Put:
        return Put(keys.verification(self._work, tenant, verification.id), _from_verification(verification), guard)


def _kept_until_s(verification: Verification) -> int:
    """As long as its answer may be repeated."""
    return int((verification.expires_at + PROOF_LIFETIME).timestamp())


def _from_verification(verification: Verification) -> Item:
    recipient, used_at = verification.recipient, verification.used_at
    return {
        "credential": verification.credential,
        "kind": recipient.key.kind,
        "value": recipient.key.value,
        "shown": recipient.shown,
        "code_hash": verification.code_hash,
        "valid_until": verification.expires_at.isoformat(),
        "used_at": used_at.isoformat() if used_at else None,
        "version": verification.version + 1,
        TTL_ATTRIBUTE: _kept_until_s(verification),
    }


def _to_verification(verification_id: VerificationId, item: Item) -> Verification:
    return Verification(
        verification_id,
        CredentialId(item["credential"]),
        Recipient(IdentifierKey(Kind(item["kind"]), item["value"]), item["shown"]),
        item["code_hash"],
        datetime.fromisoformat(item["valid_until"]),
        datetime.fromisoformat(item["used_at"]) if item["used_at"] else None,
        int(item["version"]),
    )
