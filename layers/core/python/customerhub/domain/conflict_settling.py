"""Conflicts that need no decision any more. Pure."""

from itertools import combinations

from customerhub.domain.conflict import ConflictKind
from customerhub.domain.conflict_record import ConflictView
from customerhub.domain.identity import KnownPerson, decide
from customerhub.errors import Refused


def is_settled(view: ConflictView) -> bool:
    """Whether nobody is left to tell apart: the customers have become one, or the call that led here would be answered
    with a customer by now; where it was answered at the time, whether the customers are said to be different people."""
    if len(view.customers) < min(2, len(view.record.customers)):
        return True
    if view.record.kind is ConflictKind.DISPLACED:
        return all(one.is_kept_apart_from(other) for one, other in combinations(view.customers, 2))
    return _finds_somebody(view)


def _finds_somebody(view: ConflictView) -> bool:
    contact, known = view.record.contact, view.known
    try:
        return contact is not None and known is not None and isinstance(decide(contact, known), KnownPerson)
    except Refused:
        return False
