"""Everything that the tables hold, checked against what must always hold (design.md §6)."""

from dataclasses import dataclass
from typing import Any

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, TTL_ATTRIBUTE, WORK_TABLE_VARIABLE
from customerhub.domain.customer import Alias, Customer, Erased
from customerhub.domain.identifier import Claim, IdentifierKey
from customerhub.store.attributes import plain
from customerhub.store.claims import is_tombstone, to_claim
from customerhub.store.customers import to_stored
from customerhub.store.table import Item
from infra.local.tables import DynamoDBTables


@dataclass(frozen=True)
class Books:
    """All items of one account's tables, by kind."""

    customers: dict[str, Customer]
    aliases: dict[str, Alias]
    erased: dict[str, Erased]
    claims: dict[IdentifierKey, Claim]
    events: list[Item]
    merges: list[Item]
    conflicts: list[Item]
    answers: list[Item]
    people: dict[tuple[str, str], Item]
    """The whole table of people, by partition and sort key, without these."""


def audit(tables: DynamoDBTables) -> Books:
    """Read everything, check invariant 1 and that nothing half-written is there, and return the books."""
    books = _read(tables)
    for key, claim in books.claims.items():
        owner = books.customers.get(claim.owner)
        assert owner, f"invariant 1: {key} is claimed by no live customer"
        entry = owner.carries(key)
        assert entry, f"invariant 1: {key} is claimed by a customer that does not carry it"
        assert entry.owned
        assert entry.grade == claim.grade
        for sharer in claim.sharers:
            carried = books.customers[sharer].carries(key)
            assert carried, f"{key} is shared with a customer that does not carry it"
            assert not carried.owned
    owned = [(i.key, c.id) for c in books.customers.values() for i in c.identifiers if i.owned]
    assert len({key for key, _ in owned}) == len(owned), "invariant 1: two live customers own one identifier"
    assert {key: claim.owner for key, claim in books.claims.items()} == dict(owned)
    _check_history(books)
    return books


def _check_history(books: Books) -> None:
    leaving = {alias.id for alias in books.aliases.values() if _leads_to(alias, books) in books.erased}
    gone = leaving.union(books.erased)
    merges = {merge["id"] for merge in books.merges}
    for alias in books.aliases.values():
        assert alias.merge in merges, "a customer was merged without a record of it"
        assert alias.merged_into in books.customers or alias.merged_into in books.aliases or alias.id in leaving
    created = [e for e in books.events if e["type"] == "CustomerCreated" and e["PK"].rpartition("#")[2] not in gone]
    staying = books.aliases.keys() - leaving
    assert len(created) == len(books.customers) + len(staying), "invariant 2: one creation, one event"
    holding = [merge for merge in books.merges if "undone_at" not in merge]
    absorbed = [customer["id"] for merge in holding for customer in merge["absorbed_before"]]
    assert sorted(customer for customer in absorbed if customer not in gone) == sorted(staying)
    for item in books.people.values():
        if "gone_at" in item:
            assert item.keys() == {"gone_at", "version"}, "invariant 6: a tombstone says whose the identifier was"
        if "erased_at" in item:
            assert item.keys() <= {"tenant", "id", "version", "erased_at", "erasure", TTL_ATTRIBUTE}


def _leads_to(alias: Alias, books: Books) -> str:
    into = alias.merged_into
    return _leads_to(books.aliases[into], books) if into in books.aliases else into


def state(people: dict[tuple[str, str], Item]) -> dict[tuple[str, str], Item]:
    """Profiles and claims: what is, without what was."""
    return {address: item for address, item in people.items() if address[1] in ("PROFILE", "CLAIM")}


def undone(merge: Item, people: dict[tuple[str, str], Item]) -> dict[tuple[str, str], Item]:
    """The profiles and claims as the merge's record says that they were before it."""
    people = state(people)
    tenant = merge["survivor_before"]["tenant"]
    for customer in (merge["survivor_before"], *merge["absorbed_before"], *merge["bystanders_before"]):
        people[f"T#{tenant}#C#{customer['id']}", "PROFILE"] = customer
    claims = {(item["kind"], item["value"]): key for key, item in people.items() if "kind" in item}
    for claim in merge["claims_before"]:
        people[claims[claim["kind"], claim["value"]]] = claim
    for claim in merge["claims_created"]:
        del people[claims[claim["kind"], claim["value"]]]
    return people


def _read(tables: DynamoDBTables) -> Books:
    client = tables.client()
    people = _scan(client, tables.names[CUSTOMERS_TABLE_VARIABLE])
    work = _scan(client, tables.names[WORK_TABLE_VARIABLE])
    profiles = [to_stored(item) for item in people if item["SK"] == "PROFILE"]
    claims = [to_claim(item) for item in people if item["SK"] == "CLAIM" and not is_tombstone(item)]
    return Books(
        customers={profile.id: profile for profile in profiles if isinstance(profile, Customer)},
        aliases={profile.id: profile for profile in profiles if isinstance(profile, Alias)},
        erased={profile.id: profile for profile in profiles if isinstance(profile, Erased)},
        claims={claim.key: claim for claim in claims},
        events=[item for item in people if item["SK"].startswith("EVENT#")],
        merges=[item for item in people if item["SK"].startswith("MERGE#")],
        conflicts=[item for item in work if item["SK"] == "CONFLICT"],
        answers=[item for item in work if item["SK"] == "IDEMPOTENCY"],
        people={(item["PK"], item["SK"]): {name: item[name] for name in item.keys() - {"PK", "SK"}} for item in people},
    )


def _scan(client: Any, table: str) -> list[Item]:
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [{name: plain(item[name]) for name in item} for page in pages for item in page["Items"]]
