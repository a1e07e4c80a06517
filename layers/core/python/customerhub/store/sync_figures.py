"""What is counted of jobs, as items of the work table.

PK `T#<tenant>#SYNC#<shard>`. SK `COUNT#<integration, or - for none>`: jobs as `<kind>_<status>`, `attempts`,
`failed_attempts`, and the label `last_success_at`. SK `HOUR#<hour>#<integration>`: answers of that hour by bucket of
their response time, as `b<bucket>`; it expires after a day. A transaction adds to one shard, left to chance; a reader
adds the shards up.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product

from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.job import JobChange, JobKind, JobStatus
from customerhub.domain.sync_health import WINDOW_HOURS, SyncFigures, bucket_of
from customerhub.store import keys
from customerhub.store.pages import read_pages
from customerhub.store.table import Add, Database, Item

SHARDS = 4
"""One item takes about 500 transactional writes a second."""
PAGE = 500
NO_INTEGRATION = "-"
"""In keys, of work that is for none."""
_COUNT, _HOUR = "COUNT#", "HOUR#"
_JOBS = {f"{kind}_{status}": (kind, status) for kind, status in product(JobKind, JobStatus)}

_Place = tuple[TenantId, str]
"""Of a shard's item: the tenant and the sort key."""


def figure_adds(work: str, changes: Sequence[JobChange]) -> list[Add]:
    """The writes that count these changes: one for each integration, and one for each hour of answers."""
    shard = random.randrange(SHARDS)  # noqa: S311 - spreads writes, guards nothing
    amounts: dict[_Place, Counter[str]] = defaultdict(Counter)
    labels: dict[_Place, dict[str, str]] = defaultdict(dict)
    expiries: dict[_Place, int] = {}
    for change in changes:
        place = change.after.tenant, f"{_COUNT}{_name(change.after.integration)}"
        amounts[place].update(_moved(change))
        if not change.attempt:
            continue
        amounts[place].update({"attempts": 1, "failed_attempts": int(change.attempt.failed)})
        if change.after.status is JobStatus.DONE:
            labels[place]["last_success_at"] = change.attempt.at.isoformat()
        hour = change.after.tenant, f"{_hour_prefix(change.attempt.at)}{_name(change.after.integration)}"
        amounts[hour].update(f"b{bucket_of(time)}" for time in change.attempt.response_times_s)
        expiries[hour] = int((change.attempt.at + timedelta(hours=WINDOW_HOURS + 2)).timestamp())
    return [
        Add(
            keys.sync_figures(work, place[0], shard, place[1]),
            changed,
            label=labels.get(place, {}),
            expires_at_s=expiries.get(place),
        )
        for place, counter in amounts.items()
        if (changed := {name: amount for name, amount in counter.items() if amount})
    ]


def read_figures(
    database: Database, work: str, tenant: TenantId, now: datetime
) -> Mapping[IntegrationId | None, SyncFigures]:
    """What is counted of a tenant's jobs, by integration. Two queries per shard."""
    first_hour = f"{_HOUR}{now - timedelta(hours=WINDOW_HOURS):%Y-%m-%dT%H}"
    counts: dict[IntegrationId | None, Counter[str]] = defaultdict(Counter)
    successes: dict[IntegrationId | None, datetime] = {}
    buckets: dict[IntegrationId | None, Counter[int]] = defaultdict(Counter)
    for item in _items(database, work, tenant, _COUNT):
        integration = _integration(item)
        counts[integration].update(_numbers(item))
        if at := item.get("last_success_at"):
            known = successes.get(integration)
            successes[integration] = max(datetime.fromisoformat(at), known) if known else datetime.fromisoformat(at)
    for item in _items(database, work, tenant, _HOUR):
        if item["SK"] > first_hour:
            numbers = _numbers(item)
            buckets[_integration(item)].update({int(b[1:]): n for b, n in numbers.items() if b.startswith("b")})
    return {
        integration: SyncFigures(
            jobs={_JOBS[name]: count for name, count in counted.items() if name in _JOBS and count},
            attempts=counted["attempts"],
            failed_attempts=counted["failed_attempts"],
            last_success_at=successes.get(integration),
            buckets=buckets.get(integration, {}),
        )
        for integration, counted in counts.items()
    }


def _items(database: Database, work: str, tenant: TenantId, prefix: str) -> Iterable[Item]:
    for shard in range(SHARDS):
        for page in read_pages(database, keys.sync_figures(work, tenant, shard, prefix), PAGE):
            yield from page


def _moved(change: JobChange) -> dict[str, int]:
    before, after = change.before, change.after
    if before and before.status is after.status:
        return {}
    return {f"{after.kind}_{after.status}": 1} | ({f"{before.kind}_{before.status}": -1} if before else {})


def _numbers(item: Item) -> dict[str, int]:
    return {name: int(value) for name, value in item.items() if not isinstance(value, str) and name != "expires_at"}


def _name(integration: IntegrationId | None) -> str:
    return integration or NO_INTEGRATION


def _integration(item: Item) -> IntegrationId | None:
    name = item["SK"].rpartition("#")[2]
    return None if name == NO_INTEGRATION else IntegrationId(name)


def _hour_prefix(at: datetime) -> str:
    return f"{_HOUR}{at:%Y-%m-%dT%H}#"
