"""Everything that is kept of one person, as it is given to that person."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from customerhub.domain.conflict_record import ConflictRecord
from customerhub.domain.customer import Customer
from customerhub.domain.events import Event
from customerhub.domain.idempotency import StoredAnswer
from customerhub.domain.identifier import Claim
from customerhub.domain.ids import CustomerId
from customerhub.domain.job import Job
from customerhub.domain.merge import MergeRecord
from customerhub.domain.records import RecordKind


@dataclass(frozen=True)
class ExportedRecord:
    """A record of the collection of `customer`, with whatever attributes it has."""

    customer: CustomerId
    id: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Export:
    """What was read at once, and what is read while it is written out: there may be a lot of it. The latter may be
    asked for again, and is then read again."""

    customer: Customer
    claims: tuple[Claim, ...]
    records: Callable[[RecordKind], Iterator[ExportedRecord]]
    events: Callable[[], Iterator[Event]]
    merges: Callable[[], Iterator[MergeRecord]]
    conflicts: Callable[[], Iterator[ConflictRecord]]
    answers: Callable[[], Iterator[StoredAnswer]]
    jobs: Callable[[], Iterator[Job]]
