"""Runs, and how an integration's pulls are going, as items of the work table.

All of one run are in the partition `T#<tenant>#RUN#<id>`, and expire:

| SK | what | access |
|---|---|---|
| `RUN` | the run | by id; in `by_list` under `T#<tenant>#RUNS`, sorted by id, which is by time |
| `LISTED` | that it is one of its integration's | in `by_list` under `T#<tenant>#RUNS#<integration>`, sorted by id |
| `RUNNING` | that it has not ended | in `by_list` under `RUNS` for all tenants, sorted by when it began |
| `PAGE#<number>` | the verdicts on a page of records | in their order |
| `HAS#<verdict>#<number>` | that a page has records of that verdict | to find the few among the many |

All of one integration's pulls are in the partition `T#<tenant>#PULL#<integration>`, and stay until the shop is
forgotten: `STATE`, `FEED#<kind>` and `DRIFT`, each read by its key.

No item says anything about a person: records and customers are ids.
"""

from datetime import datetime

from customerhub.deployment import BY_LIST, RUN_LIST, TTL_ATTRIBUTE
from customerhub.domain.feed import Drift, Feed, FeedKind, PullState
from customerhub.domain.ids import CredentialId, ExternalId, IntegrationId, RunId, TenantId
from customerhub.domain.job import Lease
from customerhub.domain.run import (
    RETENTION,
    Position,
    RecordPage,
    Run,
    RunKind,
    RunStatus,
    from_record_verdicts,
    to_record_verdicts,
)
from customerhub.domain.verdict import Counts, Verdict
from customerhub.store import keys
from customerhub.store.listing import sorting_time
from customerhub.store.table import ALWAYS, IF_ABSENT, Delete, Item, Put, if_version

RUN, LISTED, RUNNING = "RUN", "LISTED", "RUNNING"
PAGE_PREFIX, HAS_PREFIX = "PAGE#", "HAS#"
STATE, DRIFT, FEED_PREFIX = "STATE", "DRIFT", "FEED#"


def put_run(table: str, run: Run) -> Put:
    """The write of a run that was read, or is new, at its version."""
    item = from_run(run) | {"version": run.version + 1}
    return Put(keys.run_item(table, run.tenant, run.id, RUN), item, if_version(run.version))


def put_listed(table: str, run: Run) -> Put:
    """That a new one is its integration's."""
    place = list_partition(run.tenant, run.integration), run.id
    item = dict(zip(BY_LIST.attributes, place, strict=True)) | {TTL_ATTRIBUTE: _expiry(run)}
    return Put(keys.run_item(table, run.tenant, run.id, LISTED), item, IF_ABSENT)


def put_running(table: str, run: Run) -> Put:
    """That it has begun."""
    place = RUN_LIST, f"{sorting_time(run.started_at)}#{run.tenant}#{run.id}"
    item = dict(zip(BY_LIST.attributes, place, strict=True)) | {TTL_ATTRIBUTE: _expiry(run)}
    return Put(keys.run_item(table, run.tenant, run.id, RUNNING), item, IF_ABSENT)


def delete_running(table: str, run: Run) -> Delete:
    """That it has ended."""
    return Delete(keys.run_item(table, run.tenant, run.id, RUNNING))


def put_page(table: str, run: Run, page: RecordPage) -> list[Put]:
    """The verdicts of a page, which has none yet, and by what they are found."""
    item = {
        "number": page.number,
        "feed": page.feed,
        "verdicts": from_record_verdicts(page.verdicts),
        TTL_ATTRIBUTE: _expiry(run),
    }
    sorts = [f"{HAS_PREFIX}{verdict}#{number(page.number)}" for verdict in {v.verdict for v in page.verdicts}]
    return [
        Put(keys.run_item(table, run.tenant, run.id, f"{PAGE_PREFIX}{number(page.number)}"), item, IF_ABSENT),
        *(
            Put(keys.run_item(table, run.tenant, run.id, sort), {TTL_ATTRIBUTE: _expiry(run)}, IF_ABSENT)
            for sort in sorted(sorts)
        ),
    ]


def to_page(item: Item) -> RecordPage:
    """The verdicts that an item holds."""
    return RecordPage(int(item["number"]), FeedKind(item["feed"]), to_record_verdicts(item["verdicts"]))


def put_state(table: str, state: PullState) -> Put:
    """The write of a state that was read, at its version."""
    item = {
        "tenant": state.tenant,
        "integration": state.integration,
        "run": state.run,
        "last_run": state.last_run,
        "last_began_at": _from_time(state.last_began_at),
        "last_sync_at": _from_time(state.last_sync_at),
        "failures": state.failures,
        "reason": state.reason,
        "failed_comparisons": state.failed_comparisons,
        "comparison_reason": state.comparison_reason,
        "version": state.version + 1,
    }
    return Put(keys.pull_item(table, state.tenant, state.integration, STATE), item, if_version(state.version))


def to_state(item: Item) -> PullState:
    """The state that an item holds."""
    return PullState(
        TenantId(item["tenant"]),
        IntegrationId(item["integration"]),
        RunId(item["run"]) if item["run"] else None,
        RunId(item["last_run"]) if item["last_run"] else None,
        _to_time(item["last_began_at"]),
        _to_time(item["last_sync_at"]),
        int(item["failures"]),
        item["reason"],
        int(item["failed_comparisons"]),
        item["comparison_reason"],
        int(item["version"]),
    )


def put_feed(table: str, feed: Feed) -> Put:
    """The write of a feed that was read, at its version."""
    item = {
        "tenant": feed.tenant,
        "integration": feed.integration,
        "kind": feed.kind,
        "watermark": _from_time(feed.watermark),
        "version": feed.version + 1,
    }
    key = keys.pull_item(table, feed.tenant, feed.integration, f"{FEED_PREFIX}{feed.kind}")
    return Put(key, item, if_version(feed.version))


def to_feed(item: Item) -> Feed:
    """The feed that an item holds."""
    return Feed(
        TenantId(item["tenant"]),
        IntegrationId(item["integration"]),
        FeedKind(item["kind"]),
        _to_time(item["watermark"]),
        int(item["version"]),
    )


def put_drift(table: str, tenant: TenantId, integration: IntegrationId, drift: Drift) -> Put:
    """What a comparison has found, in place of what the one before had."""
    item = {
        "run": drift.run,
        "compared_at": drift.compared_at.isoformat(),
        "compared": drift.compared,
        "only_in_shop": drift.only_in_shop,
        "only_in_hub": drift.only_in_hub,
        "different": drift.different,
    }
    return Put(keys.pull_item(table, tenant, integration, DRIFT), item, ALWAYS)


def to_drift(item: Item) -> Drift:
    """The drift that an item holds."""
    return Drift(
        RunId(item["run"]),
        datetime.fromisoformat(item["compared_at"]),
        int(item["compared"]),
        int(item["only_in_shop"]),
        int(item["only_in_hub"]),
        int(item["different"]),
    )


def number(page: int) -> str:
    """A page's number, so that it sorts."""
    return f"{page:09d}"


def list_partition(tenant: TenantId, integration: IntegrationId | None) -> str:
    """The tenant's runs in the index, or those of one integration."""
    return f"T#{tenant}#RUNS#{integration}" if integration else f"T#{tenant}#RUNS"


def from_run(run: Run) -> Item:
    """The item; its version is the one that was read."""
    place = list_partition(run.tenant, None), run.id
    return dict(zip(BY_LIST.attributes, place, strict=True)) | {
        "tenant": run.tenant,
        "id": run.id,
        "integration": run.integration,
        "kind": run.kind,
        "asked_by": run.asked_by,
        "started_at": run.started_at.isoformat(),
        "updated_at": run.updated_at.isoformat(),
        "feeds": list(run.feeds),
        "status": run.status,
        "position": _from_position(run.position),
        "counts": {
            kind: {"rows": counts.rows, "verdicts": dict(counts.verdicts)} for kind, counts in run.counts.items()
        },
        "finished_at": _from_time(run.finished_at),
        "cancel_requested": run.cancel_requested,
        "attempts": run.attempts,
        "due_at": _from_time(run.due_at),
        "lease": {"token": run.lease.token, "until": run.lease.until.isoformat()} if run.lease else None,
        "nudged_at": _from_time(run.nudged_at),
        "reason": run.reason,
        "gone": run.gone,
        "refused": dict(run.refused),
        "version": run.version,
        TTL_ATTRIBUTE: _expiry(run),
    }


def to_run(item: Item) -> Run:
    """The run that an item holds."""
    lease = item["lease"]
    return Run(
        TenantId(item["tenant"]),
        RunId(item["id"]),
        IntegrationId(item["integration"]),
        RunKind(item["kind"]),
        CredentialId(item["asked_by"]),
        datetime.fromisoformat(item["started_at"]),
        datetime.fromisoformat(item["updated_at"]),
        feeds=tuple(map(FeedKind, item["feeds"])),
        status=RunStatus(item["status"]),
        position=_to_position(item["position"]),
        counts={FeedKind(kind): _to_counts(counts) for kind, counts in item["counts"].items()},
        finished_at=_to_time(item["finished_at"]),
        cancel_requested=item["cancel_requested"],
        attempts=int(item["attempts"]),
        due_at=_to_time(item["due_at"]),
        lease=Lease(lease["token"], datetime.fromisoformat(lease["until"])) if lease else None,
        nudged_at=_to_time(item["nudged_at"]),
        reason=item["reason"],
        gone=int(item["gone"]),
        refused={FeedKind(kind): reason for kind, reason in item["refused"].items()},
        version=int(item["version"]),
    )


def _to_counts(item: Item) -> Counts:
    return Counts(int(item["rows"]), {Verdict(name): int(count) for name, count in item["verdicts"].items()})


def _from_position(position: Position) -> Item:
    return {
        "feed": position.feed,
        "pages": position.pages,
        "cursor": position.cursor,
        "since": _from_time(position.since),
        "began_at": _from_time(position.began_at),
        "export": position.export,
        "offset": position.offset,
        "sweeping": position.sweeping,
    }


def _to_position(item: Item) -> Position:
    return Position(
        FeedKind(item["feed"]),
        int(item["pages"]),
        item["cursor"],
        _to_time(item["since"]),
        _to_time(item["began_at"]),
        ExternalId(item["export"]) if item["export"] else None,
        int(item["offset"]),
        item["sweeping"],
    )


def _from_time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _to_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _expiry(run: Run) -> int:
    return int((run.started_at + RETENTION).timestamp())
