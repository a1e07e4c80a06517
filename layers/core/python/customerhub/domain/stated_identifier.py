"""An e-mail or a phone that somebody names, in any spelling, to speak of one that is known."""

from customerhub.domain.email import parse_email
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.phone import parse_phone
from customerhub.domain.tenant import Tenant


def read_identifier(kind: str, text: str, tenant: Tenant) -> IdentifierKey:
    """What it is compared by; `kind` is `email` or `phone`. Raises InvalidInput."""
    if kind == Kind.EMAIL:
        return IdentifierKey(Kind.EMAIL, parse_email(text).key)
    phone = parse_phone(text, region=tenant.region, default_area_code=tenant.default_area_code)
    return IdentifierKey(Kind.PHONE, phone.key)
