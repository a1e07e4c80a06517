"""What a person is known by, and the claim that says whose it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from customerhub.domain.ids import CustomerId


class Kind(StrEnum):
    """The kinds of identifier that a call may name."""

    EMAIL = "email"
    PHONE = "phone"
    AUTH = "auth"
    """The user id of the tenant's identity provider."""
    EXTERNAL = "external"
    """The id of a record in a shop or CRM: `<integration>:<the platform's id>`."""


class Grade(IntEnum):
    """How far an identifier is believed to be the person's; a higher grade outranks a lower one."""

    CLAIMED = 1
    """Somebody typed it."""
    ASSERTED = 2
    """A trusted backend or a CRM says so."""
    VERIFIED = 3
    """The identity provider's word, a one-time code, or caller id."""


class IdentifierKey(NamedTuple):
    """What makes two identifiers the same one."""

    kind: Kind
    value: str

    @property
    def slot(self) -> str | None:
        """What a person has one of: an account with the identity provider, a record in each integration. None for
        e-mails and phones, of which there may be many."""
        if self.kind is Kind.EXTERNAL:
            return f"{self.kind}:{self.value.partition(':')[0]}"
        return self.kind if self.kind is Kind.AUTH else None


@dataclass(frozen=True)
class Identifier:
    """An identifier as a call named it or a customer carries it.

    `shown` is its readable form (the address as spelled, the number in E.164), `spelled` the caller's own spelling.
    `owned` is false on a customer that merely carries it: a phone shared in a household, an address that somebody
    else proved. Exactly the owned ones have a claim with this customer as owner. `preferred` is what was
    chosen to be shown first of its kind.
    """

    kind: Kind
    value: str
    shown: str
    spelled: str
    grade: Grade
    source: str
    since: datetime
    owned: bool = True
    preferred: bool = False

    @property
    def key(self) -> IdentifierKey:
        """What it is compared by."""
        return IdentifierKey(self.kind, self.value)


@dataclass(frozen=True)
class Claim:
    """Who owns an identifier, and who else is known to share it (phones only). `version` counts the writes."""

    key: IdentifierKey
    owner: CustomerId
    grade: Grade
    source: str
    since: datetime
    sharers: frozenset[CustomerId] = frozenset()
    version: int = 0

    @property
    def holders(self) -> frozenset[CustomerId]:
        """The owner and the sharers."""
        return self.sharers | {self.owner}
