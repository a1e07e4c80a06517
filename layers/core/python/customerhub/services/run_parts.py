"""What runs are started with, and what they are worked with."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.run import RecordVerdict
from customerhub.ports import Clock, TenantDirectory
from customerhub.ports.duties import DutyStore
from customerhub.ports.jobs import JobQueue
from customerhub.ports.partners import Connectors
from customerhub.ports.runs import RunQueue, RunStore
from customerhub.ports.shop_records import ShopRecordStore
from customerhub.services.club_parts import ClubParts
from customerhub.services.shop_turn import ShopTurn

PAGE_RECORDS = 250
"""Records whose verdicts are kept together: what a crash has to take in again at most."""


@dataclass(frozen=True)
class RunParts:
    """To start runs, cancel them and have them gone on with."""

    runs: RunStore
    queue: RunQueue
    clock: Clock


class TakeInPage(Protocol):
    """Brings records to the hub as the shop has them: `take_in_customers` and its like."""

    def __call__(self, records: Sequence[Any], turn: ShopTurn, threads: Executor, /) -> list[RecordVerdict]:
        """The verdict on each record, in order. Raises RetryLater alone."""


@dataclass(frozen=True)
class TakeIn:
    """How each kind of record is brought to the hub, and that one was deleted."""

    pages: Mapping[FeedKind, TakeInPage]
    deletion: Callable[[ExternalId, datetime, ShopTurn], RecordVerdict]


def _nothing(_: Integration) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class PullParts:
    """What the worker works with. `ended` is told of each integration of which a run has ended; `unforeseen` of a fault
    that nobody foresaw, with the id of the record. `threads` records are taken in at a time."""

    runs: RunStore
    queue: RunQueue
    tenants: TenantDirectory
    connectors: Connectors
    records: ShopRecordStore
    duties: DutyStore
    club: ClubParts
    job_queue: JobQueue
    take_in: TakeIn
    ended: Callable[[Integration], object] = _nothing
    unforeseen: Callable[[Exception, ExternalId], object] = lambda *_: None
    threads: int = 16
    page_records: int = PAGE_RECORDS

    @property
    def starting(self) -> RunParts:
        """What the worker starts runs with."""
        return RunParts(self.runs, self.queue, self.club.clock)
