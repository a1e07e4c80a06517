"""How many of a tenant's accounts turned out to be somebody's second one."""

from datetime import UTC, timedelta

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.reports import MergesReport, first_merge_day, merges_report
from customerhub.domain.statistics import Group
from customerhub.ports import Clock, StatisticsStore


def report_merges(caller: Caller, *, statistics: StatisticsStore, clock: Clock) -> MergesReport:
    """Accounts by the UTC day of their creation, over the last 30 days, as of some seconds ago. Raises Forbidden."""
    caller.require(Scope.CUSTOMERS_READ)
    tenant, today = caller.tenant.id, clock.now().astimezone(UTC).date()
    day_before = (first_merge_day(today) - timedelta(days=1)).isoformat()
    generation = statistics.get_generations(tenant).serving
    return merges_report(statistics.read_figures(tenant, generation, Group.DAYS, after=day_before), today)
