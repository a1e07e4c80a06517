"""A tenant: one merchant, and how its data is to be read."""

from dataclasses import dataclass
from enum import StrEnum

from customerhub.domain.ids import TENANT_ID_PATTERN, TenantId
from customerhub.errors import InvalidInput


class LinkingPolicy(StrEnum):
    """What a user's own token may link itself through."""

    STRICT = "strict"
    """Only identifiers that the token's issuer verified."""
    TRUSTING = "trusting"
    """Also identifiers that the user merely typed: for shops that accept the risk of a takeover."""


@dataclass(frozen=True)
class Tenant:
    """One merchant's settings.

    `region` (ISO 3166 alpha-2) reads national phone numbers, `default_area_code` (digits) local ones; without the
    latter a local number is refused. `placeholder_emails` are shell patterns of addresses that identify nobody here.
    """

    id: TenantId
    name: str
    region: str
    default_area_code: str | None = None
    linking: LinkingPolicy = LinkingPolicy.STRICT
    placeholder_emails: tuple[str, ...] = ()


def tenant_id(text: str) -> TenantId:
    """Check an id that an operator typed. Raises InvalidInput."""
    if not TENANT_ID_PATTERN.fullmatch(text):
        raise InvalidInput(
            "a tenant id is 1 to 40 lower-case letters, digits and hyphens, and starts with no hyphen", field="tenant"
        )
    return TenantId(text)
