"""Which rows of a page must be worked one after the other: those that name the same identifier."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

_Row = TypeVar("_Row")


def in_groups(rows: Sequence[tuple[_Row, Iterable[Hashable]]]) -> list[list[_Row]]:
    """Rows with what they name, in groups that have nothing in common; order is kept within each and among the first
    rows of all."""
    leader = list(range(len(rows)))

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    first_with: dict[Hashable, int] = {}
    for number, (_, names) in enumerate(rows):
        for name in names:
            one, other = sorted((find(first_with.setdefault(name, number)), find(number)))
            leader[other] = one
    groups: dict[int, list[_Row]] = {}
    for number, (row, _) in enumerate(rows):
        groups.setdefault(find(number), []).append(row)
    return list(groups.values())
