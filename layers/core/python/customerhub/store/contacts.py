"""What a call said about a person, as JSON text: kept for a person to read, and to act on as if the call were new."""

import json
from typing import Any

from customerhub.domain.contact import Contact
from customerhub.domain.identifier import Identifier, IdentifierKey, Kind
from customerhub.store.customers import from_identifier, from_preferences, to_identifier, to_preferences


def from_contact(contact: Contact) -> str:
    """The text; nobody queries into it."""
    vouched = contact.vouched_email
    fields = {
        "source": contact.source,
        "account_source": contact.account_source,
        "identifiers": [from_identifier(identifier) for identifier in contact.identifiers],
        "carried": [from_identifier(identifier) for identifier in contact.carried],
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "allergies": list(contact.allergies),
        "preferences": from_preferences(contact.preferences),
        "address": dict(contact.address),
        "merge_if_found": contact.merge_if_found,
        "same_person": contact.same_person,
        "by_user": contact.by_user,
        "unstated": sorted(contact.unstated),
        "vouched_email": vouched.value if vouched else None,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def to_contact(text: str) -> Contact:
    """The contact that was stored."""
    fields: dict[str, Any] = json.loads(text)
    vouched = fields["vouched_email"]
    return Contact(
        fields["source"],
        fields["account_source"],
        _identifiers(fields["identifiers"]),
        carried=_identifiers(fields["carried"]),
        first_name=fields["first_name"],
        last_name=fields["last_name"],
        allergies=tuple(fields["allergies"]),
        preferences=to_preferences(fields["preferences"]),
        address=fields["address"],
        merge_if_found=fields["merge_if_found"],
        same_person=fields["same_person"],
        by_user=fields["by_user"],
        unstated=frozenset(IdentifierKey(Kind(kind), value) for kind, value in fields["unstated"]),
        vouched_email=IdentifierKey(Kind.EMAIL, vouched) if vouched else None,
    )


def _identifiers(entries: list[dict[str, Any]]) -> tuple[Identifier, ...]:
    return tuple(map(to_identifier, entries))
