"""The definitions of segments (ShopifyQL's segment query language), as far as tags, consent and orders go.

`customer_tags CONTAINS 'club-bronze' AND (number_of_orders >= 2 OR email_subscription_status = 'SUBSCRIBED')`
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.local.partners.shopify.collection import View
from infra.local.partners.shopify.predicates import Every, Not, Predicate, Some
from infra.local.partners.shopify.query_words import QueryWords

TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) |
        (?P<word>AND|OR|NOT|CONTAINS|IS|NULL)\b |
        (?P<sign><=|>=|!=|=|<|>) |
        (?P<text>'(?:''|[^'])*') | (?P<number>\d+(?:\.\d+)?) |
        (?P<name>[a-z_]+)
    )""",
    re.VERBOSE,
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda told, wanted: told == wanted,
    "!=": lambda told, wanted: told != wanted,
    "<": lambda told, wanted: told < wanted,
    "<=": lambda told, wanted: told <= wanted,
    ">": lambda told, wanted: told > wanted,
    ">=": lambda told, wanted: told >= wanted,
}


class BadDefinition(Exception):
    """A definition that Shopify, or the double, does not understand; the message says where."""


@dataclass(frozen=True)
class Facts:
    """What a definition can ask of customers, apart from their tags."""

    number_of_orders: Callable[[Any], Decimal]
    amount_spent: Callable[[Any], Decimal]


@dataclass(frozen=True)
class HasTag:
    """Customers who bear a tag, upper and lower case alike."""

    tag: str

    def matches(self, record: Any) -> bool:
        """Whether the customer bears it."""
        return self.tag in {tag.casefold() for tag in record.tags}

    def candidates(self, view: View[Any]) -> set[int] | None:
        """Those who bear it."""
        return view.found("tag", self.tag)


@dataclass(frozen=True)
class Compared:
    """Customers of whom a fact compares so."""

    fact: Callable[[Any], Any]
    sign: str
    wanted: Any

    def matches(self, record: Any) -> bool:
        """Whether it does."""
        return COMPARISONS[self.sign](self.fact(record), self.wanted)

    def candidates(self, _view: View[Any]) -> set[int] | None:
        """No few."""
        return None


@dataclass(frozen=True)
class Told:
    """Customers of whom something is known."""

    fact: Callable[[Any], Any]

    def matches(self, record: Any) -> bool:
        """Whether it is."""
        return self.fact(record) is not None

    def candidates(self, _view: View[Any]) -> set[int] | None:
        """No few."""
        return None


def read_definition(query: str, facts: Facts) -> Predicate:
    """Understand a definition. Raises `BadDefinition`."""
    return _Reader(query, facts).read()


class _Reader:
    def __init__(self, query: str, facts: Facts) -> None:
        self._words = QueryWords(query, TOKEN, _refusal)
        self._numbers = {"number_of_orders": facts.number_of_orders, "amount_spent": facts.amount_spent}
        self._texts: dict[str, Callable[[Any], Any]] = {
            "email_subscription_status": lambda customer: customer.email_consent.state,
            "sms_subscription_status": lambda customer: customer.sms_consent.state,
        }
        self._presence: dict[str, Callable[[Any], Any]] = {
            "customer_email": lambda customer: customer.email,
            "customer_phone": lambda customer: customer.phone,
        }

    def read(self) -> Predicate:
        predicate = self._some()
        if self._words.peek() is not None:
            raise _refusal(self._words.place)
        return predicate

    def _some(self) -> Predicate:
        parts = [self._every()]
        while self._words.take("word", "OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self) -> Predicate:
        parts = [self._one()]
        while self._words.take("word", "AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self) -> Predicate:
        if self._words.take("open", "("):
            inner = self._some()
            self._need("close", ")")
            return inner
        name = self._need("name")
        if name == "customer_tags":
            return self._tags()
        if name in self._numbers:
            return Compared(self._numbers[name], self._need("sign"), Decimal(self._need("number")))
        if name in self._texts:
            return Compared(self._texts[name], self._need("sign"), _unquoted(self._need("text")))
        if name in self._presence:
            return self._is_null(self._presence[name])
        raise BadDefinition(f"Filter '{name}' is not known to the Shopify double.")

    def _tags(self) -> Predicate:
        inverted = self._words.take("word", "NOT")
        if not self._words.take("word", "CONTAINS"):
            raise _refusal(self._words.place)
        held = HasTag(_unquoted(self._need("text")).casefold())
        return Not(held) if inverted else held

    def _is_null(self, fact: Callable[[Any], Any]) -> Predicate:
        self._need("word", "IS")
        inverted = self._words.take("word", "NOT")
        self._need("word", "NULL")
        return Told(fact) if inverted else Not(Told(fact))

    def _need(self, kind: str, text: str | None = None) -> str:
        found = self._words.take(kind, text)
        if found is None:
            raise _refusal(self._words.place)
        return found


def _refusal(place: int) -> BadDefinition:
    return BadDefinition(f"Line 1 Column {place}: the query cannot be understood from there on.")


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
