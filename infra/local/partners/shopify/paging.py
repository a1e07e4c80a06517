"""Pages of connections, with opaque cursors that hold the place of a record: its value in the order, and its number."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from infra.local.partners.shopify.collection import View
from infra.local.partners.shopify.predicates import EVERYTHING, Predicate
from infra.local.partners.shopify.refusals import BadRequest, NotModelled
from infra.local.partners.shopify.search import earliest_change

LARGEST_PAGE = 250
OWN_ORDER = "POSITION"
"""The order of a list that cannot be sorted."""
TIMES = ("_AT", "_DATE")
"""How the names of the orders by a time end."""
FIRST_TIME = datetime(1, 1, 1, tzinfo=UTC)
LAST_TIME = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_NUMBER, LAST_NUMBER = -1, 2**80
R = TypeVar("R")
Place = tuple[Any, int]


@dataclass(frozen=True)
class Page:
    """What a connection shows."""

    nodes: Sequence[Any] = ()
    cursors: Sequence[str] = ()
    has_next: bool = False
    has_previous: bool = False
    total: int = field(default=0)
    """Only `customerSegmentMembers` tells it."""


@dataclass(frozen=True)
class Window:
    """The arguments of a connection: so many from the start or the end, after and before two places."""

    size: int
    from_end: bool
    after: Place | None
    before: Place | None
    reverse: bool

    @classmethod
    def of(cls, arguments: Mapping[str, Any], sort: str, largest: int = LARGEST_PAGE) -> "Window":
        """Raises `BadRequest` as Shopify does."""
        first, last = arguments.get("first"), arguments.get("last")
        if (first is None) == (last is None):
            raise BadRequest("you must provide one of first or last")
        size: int = last if first is None else first  # type: ignore[assignment]  # one of them is a number
        if not 0 <= size <= largest:
            raise BadRequest(f"{'last' if first is None else 'first'} cannot exceed {largest} nor be negative")
        return cls(
            size,
            first is None,
            _place(arguments.get("after"), sort),
            _place(arguments.get("before"), sort),
            bool(arguments.get("reverse")),
        )


def cursor(place: Place, sort: str) -> str:
    """The place in that order as text that says nothing to a client."""
    value, number = place
    told = value.isoformat() if isinstance(value, datetime) else value
    return base64.b64encode(json.dumps({"last_id": number, "last_value": told, "sort": sort}).encode()).decode()


def _place(text: str | None, sort: str) -> Place | None:
    if text is None:
        return None
    try:
        told = json.loads(base64.b64decode(text, validate=True))
        value, number, known = told["last_value"], int(told["last_id"]), told["sort"]
        place = (datetime.fromisoformat(value) if known.endswith(TIMES) else value, number)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest("Invalid cursor.", "INVALID_CURSOR") from error
    if known != sort:
        raise BadRequest("Invalid cursor for current pagination sort.", "INVALID_CURSOR")
    return place


SortValue = Callable[[Any], Any]


def page(view: View[Any], arguments: Mapping[str, Any], values: Mapping[str, SortValue], predicate: Predicate) -> Page:
    """A page of those that `predicate` means, in the wanted order of `values`, then by number. Raises `NotModelled`."""
    sort = arguments.get("sortKey") or "ID"
    if sort not in values:
        raise NotModelled(f"the sort key {sort}")
    window = Window.of(arguments, sort)
    value = values[sort]
    backwards = window.reverse != window.from_end
    low, high = (window.before, window.after) if window.reverse else (window.after, window.before)
    start = high if backwards else low
    ordered = _in_order(view, sort, value, predicate, start, backwards=backwards)
    other_end = low if backwards else high
    wanted = (record for record in ordered if predicate.matches(record))
    bounded = _until(wanted, value, other_end, backwards=backwards)
    found = list(islice(bounded, window.size + 1))
    more = len(found) > window.size
    shown = found[: window.size]
    if window.from_end:
        shown.reverse()
    has_more_before = window.after is not None if not window.from_end else more
    has_more_after = more if not window.from_end else window.before is not None
    return Page(
        shown, [cursor((value(record), record.number), sort) for record in shown], has_more_after, has_more_before
    )


def whole(
    records: Sequence[R], arguments: Mapping[str, Any], number: Callable[[R], int], largest: int = LARGEST_PAGE
) -> Page:
    """A page of a list that has an order of its own, such as the lines of an order."""
    window = Window.of(arguments, OWN_ORDER, largest)
    places = {number(record): at for at, record in enumerate(records)}
    ordered = list(reversed(records)) if window.reverse else list(records)
    cut = [record for record in ordered if _inside(places[number(record)], window)]
    shown = cut[-window.size :] if window.from_end and window.size else cut[: window.size]
    more = len(cut) > len(shown)
    cursors = [cursor((places[number(record)], number(record)), OWN_ORDER) for record in shown]
    return Page(shown, cursors, more and not window.from_end, more and window.from_end)


def _inside(at: int, window: Window) -> bool:
    after, before = (window.before, window.after) if window.reverse else (window.after, window.before)
    return (after is None or at > after[0]) and (before is None or at < before[0])


def _until(records: Iterable[R], value: SortValue, end: Place | None, *, backwards: bool) -> Iterator[R]:
    for record in records:
        place = (value(record), record.number)  # type: ignore[attr-defined]
        if end is not None and (place <= end if backwards else place >= end):
            return
        yield record


def _in_order(
    view: View[Any], sort: str, value: SortValue, predicate: Predicate, start: Place | None, *, backwards: bool
) -> Iterator[Any]:
    """All from `start` on that `predicate` can mean. The two orders that mirrors page in are kept sorted."""
    candidates = predicate.candidates(view)
    if candidates is not None:
        records = [record for number in candidates if (record := view.get(number)) is not None]
        return _sorted(records, value, start, backwards=backwards)
    if sort == "ID":
        number = (LAST_NUMBER if backwards else FIRST_NUMBER) if start is None else start[1]
        return view.before(number) if backwards else view.after(number)
    if sort == "UPDATED_AT":
        if backwards:
            return view.changed_before(start or (LAST_TIME, LAST_NUMBER))
        return view.changed_after(start or (earliest_change(predicate) or FIRST_TIME, FIRST_NUMBER))
    return _sorted(list(view.values()), value, start, backwards=backwards)


def _sorted(records: list[Any], value: SortValue, start: Place | None, *, backwards: bool) -> Iterator[Any]:
    records.sort(key=lambda record: (value(record), record.number), reverse=backwards)
    for record in records:
        place = (value(record), record.number)
        if start is None or (place < start if backwards else place > start):
            yield record


def count(view: View[Any], predicate: Predicate, limit: int | None) -> tuple[int, bool]:
    """How many are meant, and whether that is all of them: `limit` ends the counting."""
    if predicate is EVERYTHING:
        found = len(view)
    else:
        candidates = predicate.candidates(view)
        records: Iterable[Any] = view.values()
        if candidates is not None:
            records = (record for number in candidates if (record := view.get(number)) is not None)
        found = sum(1 for record in records if predicate.matches(record))
    if limit is not None and found > limit:
        return limit, False
    return found, True
