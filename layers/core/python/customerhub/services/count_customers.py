"""Bring a tenant's statistics up to date with what stands at some customers' profiles."""

from collections.abc import Iterable, Sequence

from customerhub.domain.contribution import contribution
from customerhub.domain.customer import StoredCustomer
from customerhub.domain.ids import TenantId
from customerhub.domain.statistics import Contribution, Step, newest, next_step
from customerhub.errors import LostRace
from customerhub.ports import Clock, StatisticsStore
from customerhub.services.attempts import attempts

MAX_STEPS = 19
"""Each writes the customer's own item and changes two sets of sources and two days at most, beside the one item of the
totals: 96 writes, of the 100 that a transaction may have."""


def count_customers(
    tenant: TenantId, profiles: Iterable[StoredCustomer], *, statistics: StatisticsStore, clock: Clock
) -> int:
    """Count each customer once, for the newest state that is known of it; how many had been counted for another one,
    or not at all.

    `profiles` may come late, repeatedly and in any order: what was counted of each customer is read, and is replaced
    in the transaction that changes the figures, guarded by what was read. Idempotent by customer and version. Two
    round trips per `MAX_STEPS` customers, one where all of them are counted already. Raises StoreUnavailable and
    TooMuchContention: some are counted then, the others are not.
    """
    stated = newest(map(contribution, profiles))
    parts = [stated[start : start + MAX_STEPS] for start in range(0, len(stated), MAX_STEPS)]
    counted = (_Part(tenant, part, statistics) for part in parts)
    return sum(attempts(clock, part.count) for part in counted)


class _Part:
    """As many customers as one transaction can hold."""

    def __init__(self, tenant: TenantId, stated: Sequence[Contribution], statistics: StatisticsStore) -> None:
        self._tenant = tenant
        self._stated = stated
        self._statistics = statistics

    def count(self) -> int:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        steps = self._steps()
        if steps:
            self._statistics.write_steps(self._tenant, steps)
        return sum(step.corrects for step in steps)

    def _steps(self) -> list[Step]:
        reading = self._statistics.read_counted(self._tenant, [one.customer for one in self._stated])
        generation = reading.generations.building
        if any(counted.generation > generation for counted in reading.counted.values()):
            raise LostRace("a new generation of figures has begun")
        steps = (next_step(one, reading.counted.get(one.customer), generation) for one in self._stated)
        return [step for step in steps if step]
