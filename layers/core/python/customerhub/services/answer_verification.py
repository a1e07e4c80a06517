"""Answer a one-time code: what it proves takes effect at once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.caller import Caller
from customerhub.domain.contact import Contact, Statement, read_contact
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer
from customerhub.domain.identifier import Kind
from customerhub.domain.ids import VERIFICATION_ID_PATTERN, VerificationId
from customerhub.domain.verification import Proof, ProofKey, Verification
from customerhub.errors import GuardFailed, NotFound
from customerhub.ports import Clock, IdentityStore, VerificationStore
from customerhub.services.attempts import attempts
from customerhub.services.resolve_identity import Outcome, resolve_identity

SOURCE = "verification"


@dataclass(frozen=True)
class CodeAnswer:
    """What a caller answers: which verification, the code, and whether to merge accounts that it leads to."""

    verification_id: str
    code: str
    merge_if_found: bool = False


def answer_verification(
    answer: CodeAnswer,
    caller: Caller,
    request_id: str,
    *,
    verifications: VerificationStore,
    identities: IdentityStore,
    clock: Clock,
    present: Callable[[Outcome], Answer],
    before_write: Callable[[], object] = lambda: None,
) -> Answer:
    """Prove the identifier to which the code was sent, then find, create or merge by it; answer as `present` words it.

    A try is counted before the code is looked at, so that racing guesses are not more than those in a row. The right
    code makes a proof, in one transaction with its use; a crash after that loses nothing, since the proof is believed
    for an hour and the same answer may be repeated as long as tries are left.

    Raises NotFound for what this credential did not ask for, InvalidInput with field `code`, Forbidden for what the
    caller may not do, StoreUnavailable, and whatever `resolve_identity` and `before_write` raise.
    """
    now = clock.now()
    verification = _asked_for(answer.verification_id, caller, verifications)
    contact = _contact(verification, answer, caller, now)
    verification.require_answerable(now)
    before_write()
    tries = verifications.count_try(caller.tenant.id, verification)
    verification.require_code(answer.code, tries, caller.tenant)
    attempts(clock, lambda: _use(verification, caller, now, verifications))
    return resolve_identity(
        contact,
        caller,
        Circumstances(caller.credential, contact.source, request_id, now),
        store=identities,
        clock=clock,
        present=present,
        before_write=before_write,
    )


def _asked_for(verification_id: str, caller: Caller, store: VerificationStore) -> Verification:
    if VERIFICATION_ID_PATTERN.fullmatch(verification_id):
        found = store.get_verification(caller.tenant.id, VerificationId(verification_id))
        if found and found.credential == caller.credential:
            return found
    raise NotFound("there is no such verification")


def _contact(verification: Verification, answer: CodeAnswer, caller: Caller, now: datetime) -> Contact:
    """What the answer says of the person: the identifier, proven, and what a user's token brings. It says nothing of
    where the person came from."""
    kind, shown = verification.recipient.key.kind, verification.recipient.shown
    statement = Statement(
        source=SOURCE,
        email=shown if kind is Kind.EMAIL else None,
        phone=shown if kind is Kind.PHONE else None,
        merge_if_found=answer.merge_if_found,
    )
    contact = read_contact(statement, caller, now).proven(frozenset({verification.recipient.key}))
    return replace(contact, account_source=None)


def _use(verification: Verification, caller: Caller, now: datetime, store: VerificationStore) -> None:
    """Make the proof, unless another right answer has made it: nothing else changes a verification."""
    if verification.used_at:
        return
    proof = Proof(ProofKey(caller.credential, verification.recipient.key), now)
    with suppress(GuardFailed):
        store.use(caller.tenant, replace(verification, used_at=now), proof)
