"""Profiles and aliases as items.

PK `T#<tenant>#C#<customer>`, SK `PROFILE`. Read by id; found by the claims, which hold the id; listed by the indexes of
customer_indexes.py. An alias has `merged_into` and no index attribute.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.contact import Preferences
from customerhub.domain.customer import Alias, Customer, Erased, StoredCustomer
from customerhub.domain.identifier import Grade, Identifier, Kind
from customerhub.domain.ids import CustomerId, ErasureId, MergeId, TenantId
from customerhub.store.customer_indexes import index_attributes
from customerhub.store.table import Guard, Item


def from_customer(customer: Customer) -> Item:
    """The profile item; its version is the one to be written."""
    item = {
        "tenant": customer.tenant,
        "id": customer.id,
        "version": customer.version,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "identifiers": [from_identifier(identifier) for identifier in customer.identifiers],
        "account_sources": list(customer.account_sources),
        "allergies": list(customer.allergies),
        "preferences": from_preferences(customer.preferences),
        "address": dict(customer.address),
        "created_via": customer.created_via,
        "last_updated_via": customer.last_updated_via,
        "created_at": customer.created_at.isoformat(),
        "updated_at": customer.updated_at.isoformat(),
        "former_ids": list(customer.former_ids) or None,
        "kept_apart": sorted(customer.kept_apart) or None,
        "household_id": customer.household_id,
        "membership": customer.membership,
        "deleted_from": list(customer.deleted_from) or None,
    }
    return {name: value for name, value in (item | index_attributes(customer)).items() if value is not None}


def to_customer(item: Item) -> Customer:
    """The customer that a profile item holds."""
    return Customer(
        tenant=TenantId(item["tenant"]),
        id=CustomerId(item["id"]),
        version=int(item["version"]),
        first_name=item.get("first_name"),
        last_name=item.get("last_name"),
        identifiers=tuple(to_identifier(entry) for entry in item["identifiers"]),
        account_sources=tuple(item["account_sources"]),
        allergies=tuple(item["allergies"]),
        preferences=to_preferences(item["preferences"]),
        address=item["address"],
        created_via=item["created_via"],
        last_updated_via=item["last_updated_via"],
        created_at=datetime.fromisoformat(item["created_at"]),
        updated_at=datetime.fromisoformat(item["updated_at"]),
        former_ids=tuple(map(CustomerId, item.get("former_ids", []))),
        kept_apart=frozenset(map(CustomerId, item.get("kept_apart", []))),
        household_id=item.get("household_id"),
        membership=item.get("membership"),
        deleted_from=tuple(item.get("deleted_from", [])),
    )


def from_alias(alias: Alias) -> Item:
    """The item that stands where a merged customer's profile stood."""
    return {
        "tenant": alias.tenant,
        "id": alias.id,
        "version": alias.version,
        "merged_into": alias.merged_into,
        "merge": alias.merge,
        "created_at": alias.created_at.isoformat(),
    }


def from_erased(erased: Erased) -> Item:
    """The item that stands where an erased customer's profile stood."""
    return {
        "tenant": erased.tenant,
        "id": erased.id,
        "version": erased.version,
        "erased_at": erased.erased_at.isoformat(),
        "erasure": erased.erasure,
        **({TTL_ATTRIBUTE: int(erased.expires_at.timestamp())} if erased.expires_at else {}),
    }


def from_stored(stored: StoredCustomer) -> Item:
    """The item of whatever stands in a customer's place."""
    match stored:
        case Customer():
            return from_customer(stored)
        case Alias():
            return from_alias(stored)
        case Erased():
            return from_erased(stored)


def to_stored(item: Item) -> StoredCustomer:
    """Whatever stands at a customer's key."""
    tenant, customer, version = TenantId(item["tenant"]), CustomerId(item["id"]), int(item["version"])
    if "merged_into" in item:
        into, created_at = CustomerId(item["merged_into"]), datetime.fromisoformat(item["created_at"])
        return Alias(tenant, customer, into, MergeId(item["merge"]), version, created_at)
    if "erased_at" in item:
        expires_at = datetime.fromtimestamp(int(item[TTL_ATTRIBUTE]), UTC) if TTL_ATTRIBUTE in item else None
        erased_at, erasure = datetime.fromisoformat(item["erased_at"]), ErasureId(item["erasure"])
        return Erased(tenant, customer, version, erased_at, erasure, expires_at)
    return to_customer(item)


def is_there() -> Guard:
    """The customer was not erased; it may have been merged, and is found by what took its place."""
    return Guard("attribute_exists(PK) AND attribute_not_exists(erased_at)", {})


def from_identifier(identifier: Identifier) -> Item:
    """An entry of a profile's list. What is shown or spelled as the value itself is not stored again."""
    spellings = {"shown": identifier.shown, "spelled": identifier.spelled}
    preferred = {"preferred": True} if identifier.preferred else {}
    return (
        preferred
        | {name: text for name, text in spellings.items() if text != identifier.value}
        | {
            "kind": identifier.kind,
            "value": identifier.value,
            "grade": identifier.grade.name,
            "source": identifier.source,
            "since": identifier.since.isoformat(),
            "owned": identifier.owned,
        }
    )


def to_identifier(entry: Item) -> Identifier:
    """The identifier that an entry holds."""
    return Identifier(
        Kind(entry["kind"]),
        entry["value"],
        entry.get("shown") or entry["value"],
        entry.get("spelled") or entry["value"],
        Grade[entry["grade"]],
        entry["source"],
        datetime.fromisoformat(entry["since"]),
        entry["owned"],
        entry.get("preferred", False),
    )


def from_preferences(preferences: Preferences) -> str:
    """JSON text: a caller's map may hold numbers that DynamoDB would round."""
    return json.dumps(dict(preferences) if isinstance(preferences, Mapping) else list(preferences))


def to_preferences(text: str) -> Preferences:
    """The map or the list that was stored."""
    value: Any = json.loads(text)
    return tuple(value) if isinstance(value, list) else value
