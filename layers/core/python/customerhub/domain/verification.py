"""Proof of identity by one-time code: whoever can read what was sent to an address or a number holds it."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from customerhub.domain.caller import Caller
from customerhub.domain.email import is_placeholder_email, parse_email
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CredentialId, VerificationId, new_verification_id
from customerhub.domain.phone import PhoneQuality, parse_phone
from customerhub.domain.tenant import Tenant
from customerhub.errors import InvalidInput

CODE_DIGITS = 6
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
"""Of a million codes: a guesser is right once in 200,000 verifications."""
PROOF_LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Recipient:
    """Where a code goes to: the identifier that it proves, and its readable form."""

    key: IdentifierKey
    shown: str

    @property
    def address(self) -> str:
        """As the channel takes it: E.164, or the address as spelled with its domain in ASCII."""
        if self.key.kind is Kind.PHONE:
            return self.shown
        return f"{self.shown.rpartition('@')[0]}@{self.key.value.rpartition('@')[2]}"


class ProofKey(NamedTuple):
    """Who may have proven what."""

    credential: CredentialId
    identifier: IdentifierKey


@dataclass(frozen=True)
class Proof:
    """A credential has proven an identifier, and is believed on it until `expires_at`."""

    key: ProofKey
    proven_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it holds no longer."""
        return self.proven_at + PROOF_LIFETIME


@dataclass(frozen=True)
class Verification:
    """A code that was sent for `credential`, which alone may answer it. `version` counts the writes.

    Of the code a keyed hash is kept. It is used once: `used_at` is when it became a proof. The same answer, repeated by
    the same credential while the proof lasts, is no second use.
    """

    id: VerificationId
    credential: CredentialId
    recipient: Recipient
    code_hash: str
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 0

    def opens_with(self, code: str, tenant: Tenant) -> bool:
        """Whether `code` is the one that was sent; compared in constant time."""
        return hmac.compare_digest(self.code_hash, _code_hash(self.id, code, tenant))

    def require_answerable(self, now: datetime) -> None:
        """Raise InvalidInput where no code is looked at any more."""
        if self.used_at and now >= self.used_at + PROOF_LIFETIME:
            raise _used()
        if not self.used_at and now >= self.expires_at:
            raise _refusal("code_expired", "the code has expired; ask for another one")

    def require_code(self, code: str, tries: int, tenant: Tenant) -> None:
        """Raise InvalidInput unless this is the right code at no more than the last try; `tries` counts this one."""
        if tries <= MAX_TRIES and self.opens_with(code, tenant):
            return
        if self.used_at:
            raise _used()
        if tries > MAX_TRIES:
            raise _refusal("too_many_tries", f"{MAX_TRIES} wrong codes were given; ask for another one")
        left = MAX_TRIES - tries
        raise _refusal(
            "wrong_code", f"not the code that was sent; {left} {'try is' if left == 1 else 'tries are'} left"
        )


def read_recipient(email: str | None, phone: str | None, tenant: Tenant) -> Recipient:
    """The one address or number to send to. Raises InvalidInput where both or neither are given, where it cannot be
    read, and where nobody in particular would read what is sent."""
    if email and not phone:
        return _read_email(email, tenant)
    if phone and not email:
        return _read_phone(phone, tenant)
    raise InvalidInput("exactly one of email and phone is needed", code="identifier_required", field="phone")


def new_verification(recipient: Recipient, caller: Caller, now: datetime) -> tuple[Verification, str]:
    """A fresh verification, and the code to send; it is kept nowhere else."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    verification_id = new_verification_id(recipient_hash(recipient.key, caller.tenant))
    code_hash = _code_hash(verification_id, code, caller.tenant)
    return Verification(verification_id, caller.credential, recipient, code_hash, now + LIFETIME), code


def recipient_hash(key: IdentifierKey, tenant: Tenant) -> str:
    """What stands for an identifier in the keys of its verifications: an erasure finds them by it."""
    return tenant.keyed_hash("verification", *key)


def _code_hash(verification: VerificationId, code: str, tenant: Tenant) -> str:
    return tenant.keyed_hash("code", verification, code)


def _read_email(text: str, tenant: Tenant) -> Recipient:
    if is_placeholder_email(text, tenant.placeholder_emails):
        raise _reaches_nobody("a placeholder reaches nobody", "email")
    email = parse_email(text)
    return Recipient(IdentifierKey(Kind.EMAIL, email.key), email.address)


def _read_phone(text: str, tenant: Tenant) -> Recipient:
    phone = parse_phone(text, region=tenant.region, default_area_code=tenant.default_area_code)
    if phone.quality in (PhoneQuality.JUNK, PhoneQuality.ORGANISATION):
        raise _reaches_nobody("junk or an organisation's number reaches nobody in particular", "phone")
    if phone.extension:
        raise _reaches_nobody("a text message reaches no extension", "phone")
    return Recipient(IdentifierKey(Kind.PHONE, phone.key), phone.e164)


def _reaches_nobody(reason: str, field: str) -> InvalidInput:
    return InvalidInput(f"{reason}; give another one", code="identifies_nobody", field=field)


def _used() -> InvalidInput:
    return _refusal("code_used", "the code has been used; ask for another one")


def _refusal(code: str, message: str) -> InvalidInput:
    return InvalidInput(message, code=code, field="code")
