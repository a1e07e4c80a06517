"""An operator makes a tenant's statistics anew from its customers."""

from dataclasses import dataclass

from customerhub.domain.ids import TenantId
from customerhub.domain.statistics import Generations, differences
from customerhub.errors import LostRace, TooMuchContention
from customerhub.ports import Clock, ProfileWalk, StatisticsStore
from customerhub.services.count_customers import count_customers


@dataclass(frozen=True)
class Rebuilt:
    """Customers seen, erased and merged ones included; those that had been counted for something else, or not at all;
    and figures that are shown otherwise now."""

    seen: int
    customers_corrected: int
    figures_corrected: int


def rebuild_statistics(
    tenant: TenantId, *, statistics: StatisticsStore, profiles: ProfileWalk, clock: Clock
) -> Rebuilt:
    """Count every customer into a new generation of figures, then show that one.

    Customers may change meanwhile: their changes go into the new generation too, and the old one is shown, as it was,
    until the new one is whole. Exact whatever was wrong with the figures. A rebuild that was interrupted is carried
    on by the next one. Raises StoreUnavailable, and TooMuchContention, also beside another rebuild.
    """
    generations = _begin(tenant, statistics)
    seen = corrected = 0
    for page in profiles.walk(tenant):
        seen += len(page)
        corrected += count_customers(tenant, page, statistics=statistics, clock=clock)
    before = statistics.read_figures(tenant, generations.serving)
    whole = Generations(generations.building, generations.building)
    _replace(tenant, generations, whole, statistics)
    after = statistics.read_figures(tenant, whole.serving)
    return Rebuilt(seen, corrected, len(differences(before, after)))


def _begin(tenant: TenantId, statistics: StatisticsStore) -> Generations:
    """A new generation under way.

    Nobody is lost to the old one. Whoever still counts a customer there has read, after the profile was written, that
    no other one had begun: so the walk begins later, and finds that profile. It moves what was counted of it; or it
    comes first, and the other one's guard fails.
    """
    generations = statistics.get_generations(tenant)
    if generations.is_rebuilding:
        return generations
    # The one before is removed only now: when it was replaced, somebody may have been reading it.
    if generations.serving:
        statistics.remove_generation(tenant, generations.serving - 1)
    begun = Generations(generations.serving, generations.serving + 1)
    _replace(tenant, generations, begun, statistics)
    return begun


def _replace(tenant: TenantId, was: Generations, generations: Generations, statistics: StatisticsStore) -> None:
    try:
        statistics.put_generations_if(tenant, generations, was)
    except LostRace as error:
        raise TooMuchContention("another rebuild is under way") from error
