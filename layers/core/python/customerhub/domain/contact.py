"""What one call says about one person: as stated, and as read and graded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from customerhub.domain.caller import Caller, Scope, TrustedCaller, UserCaller
from customerhub.domain.email import is_placeholder_email, parse_email
from customerhub.domain.identifier import Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.names import clean_name, is_telling
from customerhub.domain.phone import Phone, PhoneQuality, parse_phone
from customerhub.errors import Forbidden, InvalidInput

Preferences = tuple[str, ...] | Mapping[str, object]
"""Either a list of words or a map of JSON values; which one is the caller's choice."""


UNNAMED_SOURCE = "api"
"""Where a person came from whom a call without a source has brought."""


@dataclass(frozen=True)
class Statement:
    """The words of a caller about a person, before they are read.

    `source` is None where the caller does not say where the person came from: a look-up.
    `same_person` is a trusted caller's answer to the question of a shared phone: whether the person is (True) or is
    not (False) the customer whom the phone led to; None where it was not asked.
    """

    source: str | None = None
    email: str | None = None
    phone: str | None = None
    auth_user_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    allergies: tuple[str, ...] = ()
    preferences: Preferences = ()
    address: Mapping[str, str] = field(default_factory=dict)
    merge_if_found: bool = False
    same_person: bool | None = None


@dataclass(frozen=True)
class Contact:
    """A statement with names cleaned, and identifiers normalised and graded by how far the caller is believed.

    `carried` identifiers stay with the customer but find nobody: an organisation's phone. `account_source`
    is `source` where the caller named one. `by_user`: a person speaks for themselves, and is believed in what the
    issuer verified only, the name included. `unstated` are identifiers that the token brought and the call did not
    name; `vouched_email` is what the token proves, whatever the call says instead.
    """

    source: str
    account_source: str | None
    identifiers: tuple[Identifier, ...]
    carried: tuple[Identifier, ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    allergies: tuple[str, ...] = ()
    preferences: Preferences = ()
    address: Mapping[str, str] = field(default_factory=dict)
    merge_if_found: bool = False
    same_person: bool | None = None
    by_user: bool = False
    unstated: frozenset[IdentifierKey] = frozenset()
    vouched_email: IdentifierKey | None = None

    def without(self, keys: frozenset[IdentifierKey]) -> "Contact":
        """The contact as if it named none of these."""
        return replace(self, identifiers=tuple(i for i in self.identifiers if i.key not in keys)) if keys else self

    def proven(self, keys: frozenset[IdentifierKey]) -> "Contact":
        """The contact as if an issuer vouched for those of `keys` that the call names: one-time codes proved them."""
        proven = [i for i in self.identifiers if i.key in keys and i.grade < Grade.VERIFIED]
        if not proven:
            return self
        verified = {i.key: replace(i, grade=Grade.VERIFIED) for i in proven}
        email = next((key for key in verified if key.kind is Kind.EMAIL), None) if self.by_user else None
        return replace(
            self,
            identifiers=tuple(verified.get(i.key, i) for i in self.identifiers),
            vouched_email=self.vouched_email or email,
        )

    def identifier(self, kind: Kind) -> Identifier | None:
        """The identifier of that kind, if the call has one."""
        return next((identifier for identifier in self.identifiers if identifier.kind is kind), None)

    @property
    def provable(self) -> tuple[IdentifierKey, ...]:
        """The keys of what a user may have proven by one-time codes. A trusted caller's word needs no proof."""
        return tuple(i.key for i in self.identifiers if i.grade < Grade.VERIFIED) if self.by_user else ()

    @property
    def keys(self) -> tuple[IdentifierKey, ...]:
        """The keys of all identifiers."""
        return tuple(identifier.key for identifier in self.identifiers)

    @property
    def person(self) -> IdentifierKey:
        """The one key that stands for the person asked about: phone before e-mail before auth user."""
        order = (Kind.PHONE, Kind.EMAIL, Kind.AUTH)
        return min(self.identifiers, key=lambda identifier: order.index(identifier.kind)).key


def read_contact(statement: Statement, caller: Caller, now: datetime) -> Contact:
    """Read a statement as its caller is to be believed.

    A user's token stands for its own subject, and brings the e-mail and phone that its issuer verified where the
    statement names none. Placeholder addresses and junk numbers are ignored.
    Raises InvalidInput for an unreadable field or when nothing is left that identifies, and Forbidden when a user
    speaks of another auth user or asks for what only a trusted caller may.
    """
    _require_rights(statement, caller)
    stated = {kind for kind, text in ((Kind.EMAIL, statement.email), (Kind.PHONE, statement.phone)) if text}
    if isinstance(caller, UserCaller):
        caller = _with_readable_claims(caller)
        statement = _with_token_identity(statement, caller)
    reader = _Reader(statement, caller, statement.source or UNNAMED_SOURCE, now)
    found = [identifier for identifier in (reader.auth_user(), reader.email(), reader.phone()) if identifier]
    identifiers = tuple(identifier for identifier in found if identifier.owned)
    if not identifiers:
        raise _nothing_identifies(statement)
    is_phone_alone = [identifier.kind for identifier in identifiers] == [Kind.PHONE]
    if statement.same_person is False and is_phone_alone and not is_telling(statement.first_name):
        needed = "somebody else behind a phone needs a first name or another identifier"
        raise InvalidInput(needed, code="identifier_required", field="firstName")
    return Contact(
        source=reader.source,
        account_source=statement.source,
        identifiers=identifiers,
        carried=tuple(identifier for identifier in found if not identifier.owned),
        first_name=clean_name(statement.first_name or "") or None,
        last_name=clean_name(statement.last_name or "") or None,
        allergies=clean_words(statement.allergies),
        preferences=clean_preferences(statement.preferences),
        address=statement.address,
        merge_if_found=statement.merge_if_found,
        same_person=statement.same_person,
        by_user=isinstance(caller, UserCaller),
        vouched_email=reader.vouched_email(),
        unstated=frozenset(i.key for i in identifiers if i.kind not in {*stated, Kind.AUTH}),
    )


def read_identifier(kind: Kind, text: str, caller: Caller, source: str, now: datetime) -> Identifier | None:
    """One identifier, graded as its caller is to be believed; None where it identifies nobody: a placeholder address
    and a junk number. An organisation's number is not owned. Raises InvalidInput for what cannot be read."""
    if isinstance(caller, UserCaller):
        caller = _with_readable_claims(caller)
    match kind:
        case Kind.EMAIL:
            return _Reader(Statement(email=text), caller, source, now).email()
        case Kind.PHONE:
            return _Reader(Statement(phone=text), caller, source, now).phone()
        case Kind.AUTH:
            return _Reader(Statement(auth_user_id=text), caller, source, now).auth_user()
        case Kind.EXTERNAL:
            raise ValueError("no call names the record of an integration by itself")


def clean_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Each cleaned as a name is; without those that are blank."""
    return tuple(word for word in map(clean_name, words) if word)


def clean_preferences(preferences: Preferences) -> Preferences:
    """A list's words cleaned; a map is the caller's own."""
    return clean_words(preferences) if isinstance(preferences, tuple) else preferences


def _require_rights(statement: Statement, caller: Caller) -> None:
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_WRITE)
        if statement.merge_if_found:
            caller.require(Scope.CUSTOMERS_MERGE)
        return
    if statement.auth_user_id not in (None, caller.subject):
        raise Forbidden("a user's token speaks for its own subject only", code="not_your_account", field="authUserId")
    if statement.same_person is not None:
        raise Forbidden("only a trusted caller may tell persons apart", code="forbidden", field="samePerson")


def _with_readable_claims(caller: UserCaller) -> UserCaller:
    """The caller without what its issuer vouches for but nobody could write to or call."""
    if caller.verified_email and not _is_readable(parse_email, caller.verified_email):
        caller = replace(caller, verified_email=None)
    if caller.verified_phone and not _is_readable(partial(_parse_phone, caller), caller.verified_phone):
        caller = replace(caller, verified_phone=None)
    return caller


def _is_readable(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except InvalidInput:
        return False
    return True


def _parse_phone(caller: Caller, text: str) -> Phone:
    return parse_phone(text, region=caller.tenant.region, default_area_code=caller.tenant.default_area_code)


def _with_token_identity(statement: Statement, caller: UserCaller) -> Statement:
    return replace(
        statement,
        auth_user_id=caller.subject,
        email=statement.email or caller.verified_email,
        phone=statement.phone or caller.verified_phone,
    )


@dataclass(frozen=True)
class _Reader:
    """Reads the identifiers of one statement."""

    statement: Statement
    caller: Caller
    source: str
    now: datetime

    def auth_user(self) -> Identifier | None:
        """The auth user: the caller's own, or the one that a trusted caller names."""
        user = self.statement.auth_user_id
        return self._identifier(Kind.AUTH, user, user, user, proven=True) if user else None

    def email(self) -> Identifier | None:
        """The address, unless a system filled it in."""
        text = self.statement.email
        if not text or is_placeholder_email(text, self.caller.tenant.placeholder_emails):
            return None
        email, vouched = parse_email(text), self._vouched(Kind.EMAIL)
        proven = vouched is not None and parse_email(vouched).key == email.key
        return self._identifier(Kind.EMAIL, email.key, email.address, text, proven=proven)

    def vouched_email(self) -> IdentifierKey | None:
        """The address that the issuer of the caller's token vouches for."""
        vouched = self._vouched(Kind.EMAIL)
        return IdentifierKey(Kind.EMAIL, parse_email(vouched).key) if vouched else None

    def phone(self) -> Identifier | None:
        """The number, unless it is junk; an organisation's is carried only."""
        text = self.statement.phone
        phone = _parse_phone(self.caller, text) if text else None
        if not text or not phone or phone.quality is PhoneQuality.JUNK:
            return None
        vouched = self._vouched(Kind.PHONE)
        proven = vouched is not None and _parse_phone(self.caller, vouched).key == phone.key
        identifier = self._identifier(Kind.PHONE, phone.key, phone.e164, text, proven=proven)
        return replace(identifier, owned=phone.quality is not PhoneQuality.ORGANISATION)

    def _identifier(self, kind: Kind, value: str, shown: str, spelled: str, *, proven: bool) -> Identifier:
        return Identifier(kind, value, shown, spelled, self._grade(proven=proven), self.source, self.now)

    def _grade(self, *, proven: bool) -> Grade:
        if isinstance(self.caller, TrustedCaller):
            return Grade.ASSERTED
        if proven:
            return Grade.VERIFIED
        return Grade.ASSERTED if self.caller.links_freely else Grade.CLAIMED

    def _vouched(self, kind: Kind) -> str | None:
        """What the issuer of the caller's token vouches for."""
        if not isinstance(self.caller, UserCaller):
            return None
        return self.caller.verified_email if kind is Kind.EMAIL else self.caller.verified_phone


def _nothing_identifies(statement: Statement) -> InvalidInput:
    for name, value in (("phone", statement.phone), ("email", statement.email)):
        if value:
            return InvalidInput(
                "a placeholder, junk or an organisation's number identifies nobody; give another identifier",
                code="identifies_nobody",
                field=name,
            )
    return InvalidInput(
        "at least one of phone, email and authUserId is needed", code="identifier_required", field="phone"
    )
