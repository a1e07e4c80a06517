"""Statistics as items of the work table.

Figures: PK `T#<tenant>#STATS#<generation>#<shard>`, SK `<group>#<subject>` (a set of sources by its hash, a day, or
`ALL`); one attribute per figure. A transaction adds to one shard; a reader adds the shards up, with one query each.
What a customer adds: PK `T#<tenant>#STATS#C#<customer>`, SK `COUNTED`, written in the transaction of the figures, which
its guard keeps from being added twice.
Generations: PK `T#<tenant>#STATS#GENERATIONS`, SK `GENERATIONS`.
"""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.statistics import (
    Contribution,
    Counted,
    Figure,
    Figures,
    Generations,
    Group,
    Name,
    Step,
    changes,
)
from customerhub.ports import CountedReading
from customerhub.store import keys
from customerhub.store.table import (
    IF_ABSENT,
    TRANSACTION_LIMIT,
    Add,
    Database,
    Delete,
    Guard,
    Item,
    Key,
    Put,
    Sorted,
)

SHARDS = 4
"""One item takes about 500 transactional writes a second."""
PAGE = 1000


class DynamoStatisticsStore:
    """Implements `ports.StatisticsStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def get_generations(self, tenant: TenantId) -> Generations:
        """One GetItem."""
        return _to_generations(self._database.get(keys.generations(self._work, tenant)))

    def read_figures(self, tenant: TenantId, generation: int, group: Group | None = None, after: str = "") -> Figures:
        """One Query per shard and thousand subjects."""
        part = Sorted(f"{group}#", f"{group}#{after}" if after else None) if group else Sorted()
        sums: Counter[Figure] = Counter()
        for shard in range(SHARDS):
            for item in self._items(keys.figures(self._work, tenant, (generation, shard), ""), part):
                sums.update(_to_figures(item))
        return sums

    def read_counted(self, tenant: TenantId, customers: Collection[CustomerId]) -> CountedReading:
        """One BatchGetItem."""
        addresses = {keys.counted(self._work, tenant, customer): customer for customer in customers}
        generations = keys.generations(self._work, tenant)
        items = self._database.batch_get([generations, *addresses])
        counted = {addresses[key]: _to_counted(addresses[key], items[key]) for key in addresses if key in items}
        return CountedReading(_to_generations(items.get(generations)), counted)

    def write_steps(self, tenant: TenantId, steps: Sequence[Step]) -> None:
        """One TransactWriteItems: an item per customer, and one per subject that their figures are of. Which shard is
        left to chance, so that one who lost a race meets others there."""
        shard = random.randrange(SHARDS)  # noqa: S311 - spreads writes, guards nothing
        puts = [self._counted_put(tenant, step) for step in steps]
        self._database.write_all([*puts, *self._adds(tenant, steps[0].generation, shard, changes(steps))])

    def put_generations_if(self, tenant: TenantId, generations: Generations, was: Generations) -> None:
        """One PutItem."""
        item = {"serving": generations.serving, "building": generations.building}
        self._database.put(Put(keys.generations(self._work, tenant), item, _if_still(was)))

    def remove_generation(self, tenant: TenantId, generation: int) -> None:
        """One Query per shard, and one TransactWriteItems per hundred items."""
        for shard in range(SHARDS):
            found = self._items(keys.figures(self._work, tenant, (generation, shard), ""), Sorted())
            self._remove([Key(self._work, item["PK"], item["SK"]) for item in found])

    def _remove(self, addresses: Sequence[Key]) -> None:
        for start in range(0, len(addresses), TRANSACTION_LIMIT):
            self._database.write_all([Delete(key) for key in addresses[start : start + TRANSACTION_LIMIT]])

    def _items(self, shard: Key, part: Sorted) -> Iterator[Item]:
        """All items of that part of a shard."""
        while found := self._database.query(self._work, shard.partition, part, PAGE):
            yield from found
            if len(found) < PAGE:
                return
            part = replace(part, after=found[-1]["SK"])

    def _counted_put(self, tenant: TenantId, step: Step) -> Put:
        stated = step.contribution
        item: Item = {
            "generation": step.generation,
            "version": stated.version,
            "figures": [list(figure) for figure in sorted(stated.figures)],
        }
        if stated.expires_at:
            item[TTL_ATTRIBUTE] = int(stated.expires_at.timestamp())
        return Put(keys.counted(self._work, tenant, stated.customer), item, _if_counted_as(step.was))

    def _adds(self, tenant: TenantId, generation: int, shard: int, figures: Figures) -> list[Add]:
        subjects: dict[tuple[Group, str], dict[str, int]] = defaultdict(dict)
        for figure, amount in figures.items():
            subjects[figure.group, figure.subject][figure.name] = amount
        return [
            Add(
                keys.figures(self._work, tenant, (generation, shard), _sort_key(group, subject)),
                amounts,
                label={"subject": subject},
            )
            for (group, subject), amounts in subjects.items()
        ]


def _sort_key(group: Group, subject: str) -> str:
    """A set of sources may be longer than a key can be."""
    return f"{group}#{hashlib.sha256(subject.encode()).hexdigest() if group is Group.SOURCES else subject}"


def _if_still(was: Generations) -> Guard:
    if was == _to_generations(None):
        return Guard(f"{IF_ABSENT.condition} OR (serving = :serving AND building = :building)", _values(was))
    return Guard("serving = :serving AND building = :building", _values(was))


def _values(generations: Generations) -> dict[str, int | str]:
    return {":serving": generations.serving, ":building": generations.building}


def _if_counted_as(was: Counted | None) -> Guard:
    if was is None:
        return IF_ABSENT
    values = {":generation": was.generation, ":version": was.contribution.version}
    return Guard("generation = :generation AND version = :version", values)


def _to_generations(item: Item | None) -> Generations:
    return Generations(int(item["serving"]), int(item["building"])) if item else Generations(0, 0)


def _to_counted(customer: CustomerId, item: Item) -> Counted:
    figures = frozenset(Figure(Group(group), subject, Name(name)) for group, subject, name in item["figures"])
    expires_at = datetime.fromtimestamp(int(item[TTL_ATTRIBUTE]), UTC) if TTL_ATTRIBUTE in item else None
    return Counted(int(item["generation"]), Contribution(customer, int(item["version"]), figures, expires_at))


def _to_figures(item: Item) -> dict[Figure, int]:
    group = Group(item["SK"].partition("#")[0])
    return {Figure(group, item["subject"], name): int(item[name]) for name in Name if name in item}
