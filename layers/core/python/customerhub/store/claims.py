"""Claims as items.

PK `T#<tenant>#I#<keyed hash of kind and value>`, SK `CLAIM`. Read by identifier, always strongly consistent; its
guarded creation is what keeps two customers from owning one identifier. An erasure leaves the item in its place as a
tombstone, which says that the identifier is an erased person's and not whose nor which: so a tombstone is read and
guarded wherever a claim is.
"""

from datetime import datetime

from customerhub.domain.identifier import Claim, Grade, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId
from customerhub.store.table import Item


def from_claim(claim: Claim) -> Item:
    """The claim item; its version is the one to be written."""
    return {
        "kind": claim.key.kind,
        "value": claim.key.value,
        "owner": claim.owner,
        "grade": claim.grade.name,
        "source": claim.source,
        "since": claim.since.isoformat(),
        "sharers": sorted(claim.sharers),
        "version": claim.version,
    }


def from_tombstone(gone_at: datetime, version: int) -> Item:
    """What stands where an erased person's claim stood; its version goes on from the claim's."""
    return {"gone_at": gone_at.isoformat(), "version": version}


def is_tombstone(item: Item) -> bool:
    """Whether the identifier is an erased person's."""
    return "gone_at" in item


def to_claim(item: Item) -> Claim:
    """The claim that an item holds, which is no tombstone."""
    return Claim(
        IdentifierKey(Kind(item["kind"]), item["value"]),
        CustomerId(item["owner"]),
        Grade[item["grade"]],
        item["source"],
        datetime.fromisoformat(item["since"]),
        frozenset(map(CustomerId, item["sharers"])),
        int(item["version"]),
    )
