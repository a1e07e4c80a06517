"""A run: one bulk piece of work on an integration, resumable at any moment, with a verdict on every record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import CredentialId, CustomerId, ExternalId, IntegrationId, RunId, TenantId
from customerhub.domain.job import Lease
from customerhub.domain.verdict import VERDICT_LETTERS, VERDICTS_BY_LETTER, Counts, Verdict

RETENTION = timedelta(days=30)
"""How long a run and its verdicts are kept."""
SCHEDULE = CredentialId("hub:schedule")
"""Who asks for what nobody asked for."""


class RunKind(StrEnum):
    """What a run does."""

    PULL = "pull"
    """Take in what has changed since the watermarks; a feed that has none is taken in whole."""
    COMPARE = "compare"
    """Compare every record on both sides, and repair the hub's: a full pull that also finds which customers are gone
    there. That an order was deleted is heard of by webhook alone, of a product not at all."""


class RunStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class RunStart:
    """A run for a worker to start. `tries` counts how often it could not be, as another one was under way."""

    tenant: TenantId
    integration: IntegrationId
    kind: RunKind
    tries: int = 0


@dataclass(frozen=True)
class RecordVerdict:
    """The verdict on one record of the platform. `code` says why; `customer` is whom the record ended at."""

    id: ExternalId
    verdict: Verdict
    code: str | None = None
    customer: CustomerId | None = None


@dataclass(frozen=True)
class RecordPage:
    """The verdicts on one page of a feed, numbered from 0 through the whole run."""

    number: int
    feed: FeedKind
    verdicts: tuple[RecordVerdict, ...]


@dataclass(frozen=True)
class Position:
    """Where a run goes on: in which feed, after how many pages of the whole run, behind which cursor of the platform's
    (None: at the feed's beginning). `since` is what the feed is asked for from on (None: all of it) and `began_at` when
    that was decided; of an ongoing export of the platform's, `export` is its id and `offset` the bytes of its file that
    were worked. `sweeping` is true once the platform's list has been read and what only the hub has is looked for."""

    feed: FeedKind = FeedKind.CUSTOMERS
    pages: int = 0
    cursor: str | None = None
    since: datetime | None = None
    began_at: datetime | None = None
    export: ExternalId | None = None
    offset: int = 0
    sweeping: bool = False


@dataclass(frozen=True)
class Run:
    """One run. `feeds` are still to be worked, the one of `position` first; `counts` are by feed. `updated_at` is when
    it last got on. `lease` says who is at it; `nudged_at` when a message was last sent because nobody was. `reason`
    says why it failed, or what it waits for. `gone` counts the records that only the hub had; `refused` are the feeds
    that the platform does not let us read, each with its reason. `version` counts the writes; 0 is not stored yet."""

    tenant: TenantId
    id: RunId
    integration: IntegrationId
    kind: RunKind
    asked_by: CredentialId
    started_at: datetime
    updated_at: datetime
    feeds: tuple[FeedKind, ...] = tuple(FeedKind)
    status: RunStatus = RunStatus.RUNNING
    position: Position = Position()
    counts: Mapping[FeedKind, Counts] = field(default_factory=dict)
    finished_at: datetime | None = None
    cancel_requested: bool = False
    attempts: int = 0
    """Of the present page, as far as they failed."""
    due_at: datetime | None = None
    """When it goes on after a failure, or once the platform's export may be ready; None: now."""
    lease: Lease | None = None
    nudged_at: datetime | None = None
    reason: str | None = None
    gone: int = 0
    refused: Mapping[FeedKind, str] = field(default_factory=dict)
    version: int = 0

    def is_leased(self, now: datetime) -> bool:
        """Whether a worker is at it."""
        return self.lease is not None and self.lease.until > now

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be gone on with: what is asked to stop does not wait."""
        return self.due_at is None or self.due_at <= now or self.cancel_requested

    @property
    def is_balanced(self) -> bool:
        """Whether every record that was read has a verdict."""
        return all(counts.is_balanced for counts in self.counts.values())

    @property
    def total(self) -> Counts:
        """Of all feeds."""
        total = Counts()
        for counts in self.counts.values():
            verdicts = {verdict: total.of(verdict) + counts.of(verdict) for verdict in Verdict}
            total = Counts(total.rows + counts.rows, {verdict: count for verdict, count in verdicts.items() if count})
        return total


def from_record_verdicts(verdicts: Sequence[RecordVerdict]) -> str:
    """A page's verdicts as they are stored."""
    return json.dumps([_short(verdict) for verdict in verdicts], separators=(",", ":"))


def to_record_verdicts(text: str) -> tuple[RecordVerdict, ...]:
    """A page's verdicts as they were stored."""
    return tuple(map(_long, json.loads(text)))


def _short(verdict: RecordVerdict) -> list[str]:
    entry = [verdict.id, VERDICT_LETTERS[verdict.verdict], verdict.customer or "", verdict.code or ""]
    while not entry[-1]:
        entry.pop()
    return entry


def _long(entry: list[str]) -> RecordVerdict:
    external_id, letter, customer, code = [*entry, "", ""][:4]
    owner = CustomerId(customer) if customer else None
    return RecordVerdict(ExternalId(external_id), VERDICTS_BY_LETTER[letter], code or None, owner)
