"""A customer: one person of one tenant, and how a call changes what is known."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from customerhub.domain.contact import Contact, Preferences
from customerhub.domain.identifier import Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ErasureId, MergeId, TenantId
from customerhub.domain.names import is_telling, names_agree
from customerhub.errors import InvalidInput

MAX_IDENTIFIERS = 30
"""A person has a handful; the bound keeps every merge of three customers within one transaction of 100 items."""

MAX_SIZE = 8_192
"""Of allergies, and of preferences, as JSON text."""
MAX_MERGED_SIZE = 32_768
"""Of both, over all customers of a merge: with its images in event and ledger it stays far below DynamoDB's 400 KB."""
MAX_SOURCES = 20
MAX_FORMER_IDS = 50
"""Each is one more collection to read."""


@dataclass(frozen=True)
class Customer:
    """A live customer. Of each kind of identifier the first is the one to show and to write to.

    `version` counts the writes; 0 is not stored yet. `former_ids` are those of every customer that was merged into
    this one, also by way of others: what was stored with them stays there, and belongs to this customer. With those
    of `kept_apart` it is never merged: staff said that they are other people. Members of a household have one
    `household_id`. `membership` is the enrollment that is active, of which a person has one. `deleted_from` are the
    integrations whose record of the person was deleted there, and not made anew since.
    """

    tenant: TenantId
    id: CustomerId
    created_via: str
    last_updated_via: str
    created_at: datetime
    updated_at: datetime
    version: int = 0
    first_name: str | None = None
    last_name: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    account_sources: tuple[str, ...] = ()
    allergies: tuple[str, ...] = ()
    preferences: Preferences = ()
    address: Mapping[str, str] = field(default_factory=dict)
    former_ids: tuple[CustomerId, ...] = ()
    kept_apart: frozenset[CustomerId] = frozenset()
    household_id: str | None = None
    membership: str | None = None
    deleted_from: tuple[str, ...] = ()

    def first(self, kind: Kind) -> Identifier | None:
        """The identifier of that kind to show, if there is one."""
        return next((identifier for identifier in self.identifiers if identifier.kind is kind), None)

    def carries(self, key: IdentifierKey) -> Identifier | None:
        """The customer's own entry for that identifier, owned or not."""
        return next((identifier for identifier in self.identifiers if identifier.key == key), None)

    @property
    def ids(self) -> tuple[CustomerId, ...]:
        """The own id and the former ones: whose collections hold what is known of this customer."""
        return (self.id, *self.former_ids)

    def is_kept_apart_from(self, other: "Customer") -> bool:
        """Whether staff said that the two are different people."""
        return not self.kept_apart.isdisjoint(other.ids) or not other.kept_apart.isdisjoint(self.ids)

    @property
    def is_active(self) -> bool:
        """Whether something keeps the person: a record in a shop, a membership, or another source than the shops that
        have deleted the person's record."""
        if not self.deleted_from or self.membership:
            return True
        has_record = any(identifier.kind is Kind.EXTERNAL for identifier in self.identifiers)
        return has_record or not set(self.account_sources) <= set(self.deleted_from)

    @property
    def email(self) -> str | None:
        """The address to show."""
        return _shown(self.first(Kind.EMAIL))

    @property
    def phone(self) -> str | None:
        """The number to show, in E.164."""
        return _shown(self.first(Kind.PHONE))

    @property
    def auth_user_id(self) -> str | None:
        """The identity provider's id of the person, once linked."""
        return _shown(self.first(Kind.AUTH))

    @property
    def size(self) -> int:
        """Characters of what has no other bound."""
        return len(_json(self.allergies)) + len(_json(self.preferences))

    @property
    def name(self) -> str | None:
        """First and last name as one."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or None


@dataclass(frozen=True)
class Alias:
    """What a merged customer leaves behind, so that its id keeps working. `version` goes on from the customer's;
    `created_at` is the customer's."""

    tenant: TenantId
    id: CustomerId
    merged_into: CustomerId
    merge: MergeId
    version: int
    created_at: datetime


@dataclass(frozen=True)
class Erased:
    """What an erased customer leaves behind: nothing personal. `version` goes on from the customer's, so that no write
    that began before the erasure can bring it back. `expires_at` is when the stub of a temporary account goes as well;
    None where a person was erased."""

    tenant: TenantId
    id: CustomerId
    version: int
    erased_at: datetime
    erasure: ErasureId
    expires_at: datetime | None = None


StoredCustomer = Customer | Alias | Erased
"""Whatever stands in a customer's place."""


def new_customer(tenant: TenantId, customer_id: CustomerId, source: str, now: datetime) -> Customer:
    """An empty customer, not stored yet."""
    return Customer(tenant, customer_id, created_via=source, last_updated_via=source, created_at=now, updated_at=now)


def learn(customer: Customer, contact: Contact, *, unowned: frozenset[IdentifierKey], now: datetime) -> Customer:
    """The customer after the call: `customer` itself, the same object, if the call says nothing new.

    Values are filled in or replaced, never blanked; lists grow. An identifier in `unowned` is carried, not owned.
    A user may change the own name; of a trusted caller's call a name only fills gaps where a phone of the customer
    comes with another first name, since one phone serves several people. Identifiers past `MAX_IDENTIFIERS`,
    but for the auth user, and sources past `MAX_SOURCES` are not added. Raises InvalidInput past `MAX_SIZE`.
    """
    replaces_names = contact.by_user or _is_surely_named(customer, contact)
    learned = replace(
        customer,
        first_name=_name(customer.first_name, contact.first_name, replaces=replaces_names),
        last_name=_name(customer.last_name, contact.last_name, replaces=replaces_names),
        identifiers=_identifiers(customer, contact, unowned),
        account_sources=_sources(customer, contact),
        allergies=union(customer.allergies, contact.allergies),
        preferences=joined(customer.preferences, contact.preferences),
        address=_address(customer.address, contact.address),
    )
    if is_same(customer, learned):
        return customer
    check_size(customer, learned)
    return replace(learned, last_updated_via=contact.source, updated_at=now)


def union(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """Both lists without repetition, in order; words that differ in case only are the same."""
    words: dict[str, str] = {}
    for word in (*one, *other):
        words.setdefault(word.casefold(), word)
    return tuple(words.values())


def joined(one: Preferences, other: Preferences) -> Preferences:
    """Maps are merged key by key and lists united, the second winning; of a map and a list, the second is kept."""
    if not other:
        return one
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **other}
    if isinstance(one, tuple) and isinstance(other, tuple):
        return union(one, other)
    return other


def is_same(one: Customer, other: Customer) -> bool:
    """Whether nothing differs; unlike Python, it tells `true` from 1."""
    return one == other and _json(one.preferences) == _json(other.preferences)


def check_size(before: Customer, after: Customer) -> None:
    """Refuse what grows beyond bounds; what a merge made large stays, and may be learned from."""
    for name in ("allergies", "preferences"):
        known, grown = len(_json(getattr(before, name))), len(_json(getattr(after, name)))
        if grown > max(MAX_SIZE, known):
            raise InvalidInput("the customer has more of these than can be kept", code="too_many_entries", field=name)


def _json(value: Preferences) -> str:
    """Tells `true` from 1, which Python does not."""
    return json.dumps(value, sort_keys=True)


def _address(known: Mapping[str, str], stated: Mapping[str, str]) -> Mapping[str, str]:
    """A new street is a new address; without one, parts are filled in or replaced."""
    return stated if "line1" in stated else {**known, **stated}


def _shown(identifier: Identifier | None) -> str | None:
    return identifier.shown if identifier else None


def _is_surely_named(customer: Customer, contact: Contact) -> bool:
    """Whether the call's name is this customer's: with a phone of the customer's it must be the first name that is
    known, without one something stronger than a phone led here. A repeated call is judged as the first one was."""
    carried = {identifier.kind for identifier in contact.identifiers if customer.carries(identifier.key)}
    if Kind.PHONE in carried:
        return names_agree(contact.first_name, customer.first_name)
    return bool(carried)


def _sources(customer: Customer, contact: Contact) -> tuple[str, ...]:
    """A look-up that names no source adds none, but a new customer has come from somewhere."""
    if contact.account_source or not customer.version:
        return union(customer.account_sources, (contact.source,))[: max(MAX_SOURCES, len(customer.account_sources))]
    return customer.account_sources


def _name(known: str | None, stated: str | None, *, replaces: bool) -> str | None:
    return stated if stated and (not known or (replaces and is_telling(stated))) else known


def _identifiers(customer: Customer, contact: Contact, unowned: frozenset[IdentifierKey]) -> tuple[Identifier, ...]:
    entries = {identifier.key: identifier for identifier in customer.identifiers}
    for stated in (*contact.identifiers, *contact.carried):
        known = entries.get(stated.key)
        owned = stated.owned and stated.key not in unowned
        if known is None and (len(entries) < MAX_IDENTIFIERS or stated.kind is Kind.AUTH):
            entries[stated.key] = replace(stated, owned=owned)
        elif known and owned and (stated.grade > known.grade or not known.owned):
            entries[stated.key] = replace(known, grade=stated.grade, owned=True)
    return ranked(entries.values())


def ranked(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """What was chosen to be shown before the rest, owned before carried, better proven before worse, else in the order
    they came. A shared phone may be chosen; whoever loses an identifier loses the choice with it."""
    return tuple(sorted(identifiers, key=lambda i: (not i.preferred, not i.owned, -i.grade)))
