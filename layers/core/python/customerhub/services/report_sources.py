"""Where a tenant's customers come from."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.reports import SourcesReport, sources_report
from customerhub.domain.statistics import Group
from customerhub.ports import StatisticsStore


def report_sources(caller: Caller, *, statistics: StatisticsStore) -> SourcesReport:
    """Live customers by their set of account sources, as of some seconds ago. Raises Forbidden."""
    caller.require(Scope.CUSTOMERS_READ)
    tenant = caller.tenant.id
    return sources_report(statistics.read_figures(tenant, statistics.get_generations(tenant).serving, Group.SOURCES))
