"""What somebody typed into a search box, in every way in which it can be read."""

import uuid
from dataclasses import dataclass

from customerhub.domain.email import parse_email
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId
from customerhub.domain.names import fold_name
from customerhub.domain.phone import parse_phone
from customerhub.domain.tenant import Tenant
from customerhub.errors import InvalidInput

MAX_CHARACTERS = 100


@dataclass(frozen=True)
class SearchTerm:
    """The readings of one text: a customer's id, identifiers, and the folded beginning of a name, empty where it can be
    none. `contact` is the e-mail or phone among the identifiers."""

    customer: CustomerId | None
    contact: IdentifierKey | None
    identifiers: tuple[IdentifierKey, ...]
    name: str


def read_term(text: str, tenant: Tenant) -> SearchTerm:
    """Every reading of `text`, numbers as people of the tenant's region dial them. What cannot be read finds nobody.

    Raises InvalidInput with field `q` past `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"longer than {MAX_CHARACTERS} characters", field="q")
    text = text.strip()
    if not text or not _is_unicode(text):
        return SearchTerm(None, None, (), "")
    customer, contact = _customer_id(text), _email(text) or _phone(text, tenant)
    kinds = (Kind.AUTH, Kind.EXTERNAL) if ":" in text else (Kind.AUTH,)
    identifiers = (*([contact] if contact else []), *(IdentifierKey(kind, text) for kind in kinds))
    return SearchTerm(customer, contact, identifiers, "" if customer or _is_no_name(text, contact) else fold_name(text))


def _is_unicode(text: str) -> bool:
    """Half of a surrogate pair can come out of a URL; no stored text has one."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_no_name(text: str, contact: IdentifierKey | None) -> bool:
    """An address is none, nor is a number; but letters can be dialled too, and may be a name all the same."""
    if contact is None:
        return False
    return contact.kind is Kind.EMAIL or not any(character.isalpha() for character in text)


def _customer_id(text: str) -> CustomerId | None:
    try:
        return CustomerId(str(uuid.UUID(text)))
    except ValueError:
        return None


def _email(text: str) -> IdentifierKey | None:
    try:
        return IdentifierKey(Kind.EMAIL, parse_email(text).key) if "@" in text else None
    except InvalidInput:
        return None


def _phone(text: str, tenant: Tenant) -> IdentifierKey | None:
    try:
        phone = parse_phone(text, region=tenant.region, default_area_code=tenant.default_area_code)
    except InvalidInput:
        return None
    return IdentifierKey(Kind.PHONE, phone.key)
