"""A reading that is not of one moment."""

from collections.abc import Collection, Sequence
from typing import Any

from customerhub.aws.clock import SystemClock
from customerhub.domain.contribution import contribution
from customerhub.domain.customer import Alias
from customerhub.domain.ids import CustomerId, MergeId, TenantId
from customerhub.domain.statistics import Counted, Generations, Step
from customerhub.ports import CountedReading
from customerhub.services.count_customers import count_customers
from tests.support.people import NOW, TENANT

OLD, NEW = (Alias(TENANT.id, CustomerId("a"), CustomerId("b"), MergeId("m"), version, NOW) for version in (1, 2))


class BetweenGenerations:
    """A store whose first reading of the generations is older than that of the customers: a batch of keys is not read
    at one moment."""

    def __init__(self) -> None:
        self.readings = [Generations(1, 1), Generations(0, 0)]
        self.written: list[Step] = []

    def read_counted(self, _tenant: TenantId, _customers: Collection[CustomerId]) -> CountedReading:
        return CountedReading(self.readings.pop(), {OLD.id: Counted(1, contribution(OLD))})

    def write_steps(self, _tenant: TenantId, steps: Sequence[Step]) -> None:
        self.written += steps


def test_nobody_goes_back_to_an_older_generation() -> None:
    """Invariant 2: the figures of the newer one would keep what was counted there."""
    store: Any = BetweenGenerations()
    count_customers(TENANT.id, [NEW], statistics=store, clock=SystemClock())
    assert [(step.generation, step.contribution.version) for step in store.written] == [(1, 2)]
