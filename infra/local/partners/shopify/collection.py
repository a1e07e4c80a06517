"""Records of one kind as they are, and as searches see them: late."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from infra.local.partners.clock import PartnerClock


class Numbered(Protocol):
    """What every record has."""

    @property
    def number(self) -> int:
        """Its numeric id."""

    @property
    def created_at(self) -> datetime:
        """When it was made."""

    @property
    def updated_at(self) -> datetime:
        """When it was changed last."""


R = TypeVar("R", bound=Numbered)
Keys = Callable[[R], Iterable[tuple[str, str]]]
"""What a record can be found by at once: pairs of a field and a value."""


class View(Generic[R]):
    """Records by number, by their keys, and in the order of their changes."""

    def __init__(self, keys: Keys[R], records: Iterable[R] = ()) -> None:
        self._keys = keys
        self._records: dict[int, R] = {}
        self._numbers: list[int] = []
        self._by_key: dict[str, dict[str, int | set[int]]] = {}
        self._by_update: list[tuple[datetime, int]] = []
        for record in records:
            self._add(record)
        self._numbers.sort()
        self._by_update.sort()

    def __len__(self) -> int:
        return len(self._records)

    def get(self, number: int) -> R | None:
        """The record with that number."""
        return self._records.get(number)

    def found(self, field: str, value: str) -> set[int]:
        """The numbers of those with that key."""
        found = self._by_key.get(field, {}).get(value, set())
        return {found} if isinstance(found, int) else found

    def first(self, field: str, value: str) -> R | None:
        """One with that key, None if there is none."""
        return next((self._records[number] for number in self.found(field, value)), None)

    def put(self, record: R) -> None:
        """Add a record, or replace the one with its number."""
        known = self._records.get(record.number)
        if known is None:
            insort(self._numbers, record.number)
        else:
            self._forget_keys(known)
        self._records[record.number] = record
        insort(self._by_update, (record.updated_at, record.number))
        self._note_keys(record)

    def remove(self, number: int) -> None:
        """Remove a record; nothing happens if there is none."""
        record = self._records.pop(number, None)
        if record is not None:
            del self._numbers[bisect_left(self._numbers, number)]
            self._forget_keys(record)

    def values(self) -> Iterator[R]:
        """All, by number."""
        return (self._records[number] for number in self._numbers)

    def after(self, number: int) -> Iterator[R]:
        """Those with a higher number, by number."""
        start = bisect_right(self._numbers, number)
        return (self._records[self._numbers[place]] for place in range(start, len(self._numbers)))

    def before(self, number: int) -> Iterator[R]:
        """Those with a lower number, the highest first."""
        end = bisect_left(self._numbers, number)
        return (self._records[self._numbers[place]] for place in reversed(range(end)))

    def changed_after(self, place: tuple[datetime, int]) -> Iterator[R]:
        """Those changed later, in the order of their changes; ties by number."""
        start = bisect_right(self._by_update, place)
        return (self._records[self._by_update[at][1]] for at in range(start, len(self._by_update)))

    def changed_before(self, place: tuple[datetime, int]) -> Iterator[R]:
        """Those changed earlier, the latest first."""
        end = bisect_left(self._by_update, place)
        return (self._records[self._by_update[at][1]] for at in reversed(range(end)))

    def copy(self) -> "View[R]":
        """One of its own with the same records."""
        return View(self._keys, self._records.values())

    def extend(self, records: Iterable[R]) -> None:
        """Add many new ones at once."""
        for record in records:
            self._add(record)
        self._numbers.sort()
        self._by_update.sort()

    def _add(self, record: R) -> None:
        self._records[record.number] = record
        self._numbers.append(record.number)
        self._by_update.append((record.updated_at, record.number))
        self._note_keys(record)

    def _note_keys(self, record: R) -> None:
        for field, value in self._keys(record):
            numbers = self._by_key.setdefault(field, {})
            known = numbers.get(value)
            if known is None:
                numbers[value] = record.number
            elif isinstance(known, set):
                known.add(record.number)
            else:
                numbers[value] = {known, record.number}

    def _forget_keys(self, record: R) -> None:
        del self._by_update[bisect_left(self._by_update, (record.updated_at, record.number))]
        for field, value in self._keys(record):
            numbers = self._by_key[field]
            known = numbers[value]
            if isinstance(known, set) and len(known) > 1:
                known.discard(record.number)
            else:
                del numbers[value]


class Late(Generic[R]):
    """A view that learns of writes some simulated seconds after they were made. Without a lag it is the live one."""

    def __init__(self, live: View[R], clock: PartnerClock) -> None:
        self._live = live
        self._clock = clock
        self._lag_s = 0.0
        self._seen = live
        self._pending: deque[tuple[float, int, R | None]] = deque()

    def lag(self, seconds: float) -> None:
        """Be that late from now on; nothing of what was seen is forgotten."""
        if seconds and not self._lag_s:
            self._seen = self._live.copy()
        if not seconds:
            self._seen = self._live
            self._pending.clear()
        self._lag_s = seconds

    def note(self, number: int, record: R | None) -> None:
        """A record was written, or removed (None)."""
        if self._lag_s:
            self._pending.append((self._clock.time_s() + self._lag_s, number, record))

    def extend(self, records: Iterable[R]) -> None:
        """See records that were there all the time."""
        if self._seen is not self._live:
            self._seen.extend(records)

    def view(self) -> View[R]:
        """As of now."""
        while self._pending and self._pending[0][0] <= self._clock.time_s():
            _, number, record = self._pending.popleft()
            if record is None:
                self._seen.remove(number)
            else:
                self._seen.put(record)
        return self._seen


class Collection(Generic[R]):
    """All records of one kind: live, as searches see them, and as the definitions of segments see them."""

    def __init__(self, keys: Keys[R], clock: PartnerClock, records: Iterable[R] = ()) -> None:
        self.live = View(keys, records)
        self._searched = Late(self.live, clock)
        self._segmented = Late(self.live, clock)

    @property
    def searched(self) -> View[R]:
        """What a search sees."""
        return self._searched.view()

    @property
    def segmented(self) -> View[R]:
        """What segments see."""
        return self._segmented.view()

    def lag(self, lags_s: Mapping[str, float]) -> None:
        """Be so many seconds late from now on, for `search` and for `segments`."""
        self._searched.lag(lags_s["search"])
        self._segmented.lag(lags_s["segments"])

    def get(self, number: int) -> R | None:
        """The record as it is."""
        return self.live.get(number)

    def put(self, record: R) -> None:
        """Write a record."""
        self.live.put(record)
        self._note(record.number, record)

    def extend(self, records: Sequence[R]) -> None:
        """Add records that were there all the time."""
        self.live.extend(records)
        self._searched.extend(records)
        self._segmented.extend(records)

    def remove(self, number: int) -> None:
        """Remove a record."""
        self.live.remove(number)
        self._note(number, None)

    def _note(self, number: int, record: R | None) -> None:
        self._searched.note(number, record)
        self._segmented.note(number, record)
