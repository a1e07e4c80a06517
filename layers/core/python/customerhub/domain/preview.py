"""What a merge does to each field, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Identifier
from customerhub.domain.ids import CustomerId


class Reason(StrEnum):
    """Why a value wins."""

    SURVIVOR_WINS = "the survivor's own value wins"
    FILLS_A_GAP = "the survivor has none"
    UNITED = "both are kept"
    OLDER = "the older of the two"
    SAME = "both have the same"


@dataclass(frozen=True)
class FieldOutcome:
    """One field of the merged customer: by whom its value is, and why. Empty fields have no outcome."""

    field: str
    value: object
    taken_from: tuple[CustomerId, ...]
    reason: Reason


_UNITED = ("identifiers", "account_sources", "allergies", "preferences", "kept_apart")
_OLDER = ("created_via", "created_at")
_OWN = ("first_name", "last_name", "address", "household_id", "membership")


def outcomes(merged: Customer, parties: Sequence[Customer]) -> tuple[FieldOutcome, ...]:
    """Every field that has a value after the merge of `parties`, of whom the first survives."""
    names = [name for name in (*_OWN, *_UNITED, *_OLDER) if getattr(merged, name)]
    return tuple(_outcome(name, merged, parties) for name in names)


def _outcome(name: str, merged: Customer, parties: Sequence[Customer]) -> FieldOutcome:
    having = [party for party in parties if getattr(party, name)]
    value = getattr(merged, name)
    same = [party for party in having if getattr(party, name) == value]
    if len(same) == len(parties):
        return FieldOutcome(name, value, tuple(party.id for party in same), Reason.SAME)
    if name in _UNITED and len(having) > 1:
        return FieldOutcome(name, value, tuple(party.id for party in having), Reason.UNITED)
    if name in _OLDER:
        return FieldOutcome(name, value, (same[0].id,), Reason.OLDER)
    reason = Reason.SURVIVOR_WINS if parties[0] in having else Reason.FILLS_A_GAP
    return FieldOutcome(name, value, tuple(party.id for party in having[:1]), reason)


def moving(absorbed: Sequence[Customer], survivor: Customer) -> tuple[Identifier, ...]:
    """The identifiers that the survivor gets: those of the others that it does not carry, or does not own."""
    found = {
        identifier.key: identifier
        for other in absorbed
        for identifier in other.identifiers
        if not (own := survivor.carries(identifier.key)) or (identifier.owned and not own.owned)
    }
    return tuple(found.values())
