"""Claims as items.

PK `T#<tenant>#I#<kind>#<value>`, SK `CLAIM`. Read by identifier, always strongly consistent; its guarded creation is
what keeps two customers from owning one identifier.
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


def to_claim(item: Item) -> Claim:
    """The claim that an item holds."""
    return Claim(
        IdentifierKey(Kind(item["kind"]), item["value"]),
        CustomerId(item["owner"]),
        Grade[item["grade"]],
        item["source"],
        datetime.fromisoformat(item["since"]),
        frozenset(map(CustomerId, item["sharers"])),
        int(item["version"]),
    )
