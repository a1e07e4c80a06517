"""An operator asks whether a tenant's statistics are right."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from customerhub.domain.contribution import contribution
from customerhub.domain.ids import TenantId
from customerhub.domain.statistics import Figure, differences, recount
from customerhub.ports import ProfileWalk, StatisticsStore


@dataclass(frozen=True)
class Verification:
    """Customers seen, erased and merged ones included, and where what is shown is not what a recount gives: shown,
    then recounted."""

    seen: int
    differences: Mapping[Figure, tuple[int, int]]


def verify_statistics(tenant: TenantId, *, statistics: StatisticsStore, profiles: ProfileWalk) -> Verification:
    """Recount from all profiles and compare; changes nothing. While customers change, the two differ by what changes
    in between. Memory grows with the number of figures, not of customers."""
    seen, recounted = 0, Counter[Figure]()
    for page in profiles.walk(tenant):
        seen += len(page)
        recounted.update(recount(map(contribution, page)))
    shown = statistics.read_figures(tenant, statistics.get_generations(tenant).serving)
    return Verification(seen, differences(shown, recounted))
