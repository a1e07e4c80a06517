"""By which ways a tenant's customers can be reached."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.reports import QualityReport, quality_report
from customerhub.domain.statistics import Group
from customerhub.ports import StatisticsStore


def report_quality(caller: Caller, *, statistics: StatisticsStore) -> QualityReport:
    """Live customers by what is known to reach them, as of some seconds ago. Raises Forbidden."""
    caller.require(Scope.CUSTOMERS_READ)
    tenant = caller.tenant.id
    return quality_report(statistics.read_figures(tenant, statistics.get_generations(tenant).serving, Group.TOTALS))
