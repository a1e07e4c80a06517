"""Runs, the feeds that they pull, and the queue that carries them to the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from customerhub.domain.feed import Drift, Feed, FeedKind, PullState
    from customerhub.domain.ids import IntegrationId, RunId, TenantId
    from customerhub.domain.page import Page
    from customerhub.domain.run import RecordPage, RecordVerdict, Run, RunStart
    from customerhub.domain.verdict import Verdict


class RunStore(Protocol):
    """Runs, their verdicts, and how far each feed has come. Reads are strongly consistent unless they say otherwise;
    every method raises StoreUnavailable on a fault, and writes LostRace when something changed since it was read."""

    def get_run(self, tenant: TenantId, run: RunId) -> Run | None:
        """One run. One round trip."""

    def list_runs(
        self, tenant: TenantId, integration: IntegrationId | None, before: str | None, limit: int
    ) -> Page[Run]:
        """A tenant's, of one integration if one is given, the newest first, as of a moment ago."""

    def get_pull_state(self, tenant: TenantId, integration: IntegrationId) -> PullState:
        """How the integration's pulls are going; a fresh one where there was none."""

    def get_feeds(self, tenant: TenantId, integration: IntegrationId) -> Mapping[FeedKind, Feed]:
        """How far each feed has come; fresh ones for those that were never pulled. One round trip."""

    def start_run(self, run: Run, state: PullState) -> Run:
        """A new run, together with the state that names it as the one under way, in one transaction."""

    def put_run(self, run: Run) -> Run:
        """Replace what was read; the run as it is stored now."""

    def commit_page(self, run: Run, page: RecordPage | None, feed: Feed | None) -> Run:
        """The run after a page, with the page's verdicts and how far the feed has come, in one transaction. A page
        without records has none."""

    def end_run(self, run: Run, state: PullState, drift: Drift | None = None) -> Run:
        """The run as it has ended, and the state that names it no more, in one transaction."""

    def get_drift(self, tenant: TenantId, integration: IntegrationId) -> Drift | None:
        """What the last comparison has found."""

    def unfinished(self, after: str | None, limit: int) -> Page[Run]:
        """Runs of all tenants that have not ended, the oldest first, as of a moment ago."""

    def record_pages(self, tenant: TenantId, run: RunId) -> Iterator[RecordPage]:
        """The verdicts on all records, in order, read page by page."""

    def list_records(
        self, tenant: TenantId, run: RunId, verdict: Verdict | None, after: str | None, limit: int
    ) -> Page[RecordVerdict]:
        """The verdicts on records, in order; with `verdict` those alone. The cost follows `limit`."""


class RunQueue(Protocol):
    """Tells the workers to go on with runs. Raises ServiceUnavailable."""

    def send(self, runs: Sequence[tuple[TenantId, RunId]], delay_s: int = 0) -> None:
        """Have each run looked at, after `delay_s` seconds (at most 900). One that is told of twice is worked once."""

    def send_starts(self, starts: Sequence[RunStart], delay_s: int = 0) -> None:
        """Have each run started by whoever works it, after `delay_s` seconds (at most 900)."""
