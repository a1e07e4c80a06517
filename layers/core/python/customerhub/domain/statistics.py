"""A tenant's statistics: figures that each customer adds to, and how a changed customer changes them."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from customerhub.domain.ids import CustomerId


class Group(StrEnum):
    """Figures that are read together."""

    SOURCES = "SOURCES"
    """One subject per set of account sources."""
    DAYS = "DAYS"
    """One per UTC day on which accounts were created."""
    TOTALS = "TOTALS"
    """One in all."""


class Name(StrEnum):
    """What is counted of a subject."""

    CUSTOMERS = "customers"
    CREATED = "created"
    """Accounts, also those that were merged into another since."""
    MERGED = "merged"
    """Accounts that were merged into another."""
    COMPLETE = "complete"
    """Customers with an e-mail and a phone."""
    EMAIL_ONLY = "email_only"
    PHONE_ONLY = "phone_only"
    INCOMPLETE = "incomplete"
    """Customers with neither."""


class Figure(NamedTuple):
    """One number that is kept. `subject` is what is counted: a set of sources as JSON, a day as ISO 8601."""

    group: Group
    subject: str
    name: Name


EVERYBODY = "ALL"
"""The one subject of the totals."""

Figures = Mapping[Figure, int]


@dataclass(frozen=True)
class Contribution:
    """What one customer adds, one to each figure, as of that version of its profile. `expires_at` is when the profile
    is forgotten: the stub of a temporary account, which adds nothing."""

    customer: CustomerId
    version: int
    figures: frozenset[Figure]
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Counted:
    """A contribution that is in the figures of that generation."""

    generation: int
    contribution: Contribution


class Generations(NamedTuple):
    """A tenant's figures begin anew, in a new generation, when they are rebuilt. What changes goes into the one that is
    `building`; readers see the one that is `serving` until that is whole."""

    serving: int
    building: int

    @property
    def is_rebuilding(self) -> bool:
        """Whether the two are not the same."""
        return self.serving != self.building


@dataclass(frozen=True)
class Step:
    """A contribution to be counted in the place of what was, None if nothing was."""

    contribution: Contribution
    was: Counted | None
    generation: int

    @property
    def corrects(self) -> bool:
        """Whether the customer had not been counted at all, or for something else."""
        return self.was is None or self.was.contribution.figures != self.contribution.figures

    @property
    def leaves(self) -> Collection[Figure]:
        """The figures that the customer is in. Those of an older generation are left as they are."""
        return self.was.contribution.figures if self.was and self.was.generation == self.generation else ()


def newest(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Of each customer the one with the highest version."""
    found: dict[CustomerId, Contribution] = {}
    for one in contributions:
        known = found.get(one.customer, one)
        found[one.customer] = max(known, one, key=lambda each: each.version)
    return list(found.values())


def recount(everybody: Iterable[Contribution]) -> Figures:
    """The figures as they should be; those that are 0 are left out."""
    return Counter(figure for one in everybody for figure in one.figures)


def next_step(stated: Contribution, was: Counted | None, generation: int) -> Step | None:
    """How the customer's newest contribution gets into `generation`; None if it is in there.

    What was counted may be newer than what is stated, as records come late, twice, and in any order.
    """
    if was is None or was.contribution.version < stated.version:
        return Step(stated, was, generation)
    if was.generation >= generation:
        return None
    is_older = was.contribution.version > stated.version
    return Step(was.contribution if is_older else stated, was, generation)


def changes(steps: Iterable[Step]) -> Figures:
    """What the steps add to each figure that they change."""
    sums: Counter[Figure] = Counter()
    for step in steps:
        sums.update(dict.fromkeys(step.contribution.figures - set(step.leaves), 1))
        sums.update(dict.fromkeys(set(step.leaves) - step.contribution.figures, -1))
    return {figure: amount for figure, amount in sums.items() if amount}


def differences(one: Figures, other: Figures) -> Mapping[Figure, tuple[int, int]]:
    """Where the two are not equal; a figure that one does not know is 0 there."""
    pairs = {figure: (one.get(figure, 0), other.get(figure, 0)) for figure in sorted({*one, *other})}
    return {figure: pair for figure, pair in pairs.items() if pair[0] != pair[1]}


def sources_of(subject: str) -> tuple[str, ...]:
    """The set of sources that a subject spells."""
    return tuple(json.loads(subject))
