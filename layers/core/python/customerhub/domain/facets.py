"""A customer taken apart into facets: the smallest parts that can be edited, and given to one of two people. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from customerhub.domain.contact import Preferences
from customerhub.domain.customer import Customer, ranked
from customerhub.domain.identifier import Identifier, IdentifierKey, Kind

Facet = tuple[str, ...]
"""`("firstName",)`, `("identifier", "email", "ann@example.com")`, `("allergy", "nuts")`, `("preference", "wine")`, …"""

_WHOLE = {
    "first_name": "firstName",
    "last_name": "lastName",
    "address": "address",
    "household_id": "household",
    "membership": "membership",
}
_WORDS = {"allergies": "allergy", "account_sources": "source", "deleted_from": "deletedFrom"}
_OF = {facet: name for name, facet in {**_WHOLE, **_WORDS}.items()}


def facets(customer: Customer) -> dict[Facet, Any]:
    """Every facet with its value; equal values are equal customers, but for bookkeeping."""
    return facets_of({field.name: getattr(customer, field.name) for field in fields(Customer)})


def facets_of(changed: Mapping[str, Any]) -> dict[Facet, Any]:
    """The facets of some fields of a customer, as they are or as an event's JSON has them."""
    found: dict[Facet, Any] = {}
    for name, value in changed.items():
        if name == "identifiers":
            found |= {("identifier", *_key(entry)): entry for entry in value or ()}
        elif name == "preferences":
            found |= _preferences(value or ())
        elif name in _WORDS:
            found |= {(_WORDS[name], word.casefold()): word for word in value or ()}
        elif name in _WHOLE and value:
            found[(_WHOLE[name],)] = dict(value) if isinstance(value, Mapping) else value
    return found


def differing(before: Mapping[Facet, Any], after: Mapping[Facet, Any]) -> list[Facet]:
    """The facets that one of the two has and the other has not, or has otherwise."""
    names = dict.fromkeys((*before, *after))
    return [facet for facet in names if before.get(facet) != after.get(facet)]


def with_facet(customer: Customer, facet: Facet, source: Customer) -> Customer:
    """The customer with that one facet as `source` has it; without it where `source` has none."""
    match facet:
        case ("identifier", kind, value):
            return _with_identifier(customer, IdentifierKey(Kind(kind), value), source)
        case ("preference", name):
            return replace(customer, preferences=_with_preference(customer.preferences, name, source.preferences))
        case ("allergy" | "source" | "deletedFrom" as name, word):
            field = _OF[name]
            changed: dict[str, Any] = {field: _with_word(getattr(customer, field), word, getattr(source, field))}
            return replace(customer, **changed)
        case (name,):
            return replace(customer, **{_OF[name]: getattr(source, _OF[name])})
        case _:
            raise ValueError(facet[0])


def identifier_key(facet: Facet) -> IdentifierKey | None:
    """The identifier that a facet is; None for any other facet."""
    return IdentifierKey(Kind(facet[1]), facet[2]) if facet[0] == "identifier" else None


def _key(entry: Any) -> tuple[str, str]:
    kind, value = (entry.kind, entry.value) if isinstance(entry, Identifier) else (entry["kind"], entry["value"])
    return str(kind), str(value)


def _preferences(value: Any) -> dict[Facet, Any]:
    if isinstance(value, Mapping):
        return {("preference", name): json.dumps(entry, sort_keys=True) for name, entry in value.items()}
    return {("preference", word.casefold()): word for word in value}


def _with_identifier(customer: Customer, key: IdentifierKey, source: Customer) -> Customer:
    entry = source.carries(key)
    kept = [entry if entry and i.key == key else i for i in customer.identifiers if entry or i.key != key]
    if entry and not customer.carries(key):
        kept.append(entry)
    return replace(customer, identifiers=ranked(kept))


def _with_preference(known: Preferences, name: str, source: Preferences) -> Preferences:
    """A list and a map cannot be mixed: where they meet, the later kind is taken as a whole."""
    if isinstance(source, Mapping):
        rest = {key: value for key, value in known.items() if key != name} if isinstance(known, Mapping) else {}
        return {**rest, name: source[name]} if name in source else rest
    return _with_word(known if isinstance(known, tuple) else (), name, source)


def _with_word(known: Iterable[str], word: str, source: Iterable[str]) -> tuple[str, ...]:
    said = next((one for one in source if one.casefold() == word), None)
    kept = [said if said and one.casefold() == word else one for one in known if said or one.casefold() != word]
    return tuple(kept if said is None or said in kept else (*kept, said))
