"""Say whether an integration is well, by what is stored of it."""

from customerhub.domain.alert import AlertKind
from customerhub.domain.care import Care
from customerhub.domain.feed import Drift, PullState
from customerhub.domain.integration import Integration
from customerhub.domain.job import JobKind, JobStatus
from customerhub.services.care_parts import CareParts
from customerhub.services.set_alert import end_alerts, set_alert, stands_so

FAILURES = 3
"""Pulls, or comparisons, in a row that fail before somebody hears of it: one or two are a partner's bad hour."""
DRIFT = 0.01
"""The part of all records that may differ when both sides are compared."""


def review_integration(integration: Integration, *, parts: CareParts) -> None:
    """Raise the alerts that are due, and end those that are not any more; idempotent. The platform is not asked.

    Of one that is inactive nothing is found that was not said when it became so. Six reads, some of them of several
    shards; for what changes one more, and what `set_alert` takes. Raises StoreUnavailable and TooMuchContention.
    """
    if not integration.active:
        return
    tenant = integration.tenant
    state = parts.runs.get_pull_state(tenant, integration.id)
    care = parts.care.get_care(tenant, integration.id)
    found = {
        AlertKind.FAILING: _failing(state),
        AlertKind.PARKED: _parked(integration, parts),
        AlertKind.DRIFT: _drifting(parts.runs.get_drift(tenant, integration.id)),
        AlertKind.CREDENTIALS: _refused(care),
        AlertKind.WEBHOOKS: _missing(care),
    }
    known, now = {alert.kind: alert for alert in parts.alerts.list_alerts(tenant, integration.id)}, parts.clock.now()
    for kind, detail in found.items():
        if not stands_so(known.get(kind), detail, now) and _is_active_still(integration, parts):
            set_alert(integration, kind, detail, parts=parts.of_alerts)


def _is_active_still(integration: Integration, parts: CareParts) -> bool:
    """Or it was disconnected since it was read: what was said then must stand."""
    now = parts.integrations.get_integration(integration.tenant, integration.id)
    return now is not None and now.active


def forget_alerts(integration: Integration, *, parts: CareParts) -> None:
    """Staff have disconnected it: nobody needs to hear of its condition any more."""
    end_alerts(integration, parts=parts.of_alerts)


def _failing(state: PullState) -> str | None:
    kinds = (
        ("pulls", state.failures, state.reason),
        ("comparisons", state.failed_comparisons, state.comparison_reason),
    )
    found = [
        f"{failures} {kind} in a row have failed, the last one with {reason or 'no reason given'}"
        for kind, failures, reason in kinds
        if failures >= FAILURES
    ]
    return "; ".join(found) or None


def _parked(integration: Integration, parts: CareParts) -> str | None:
    tenant, name, now = integration.tenant, integration.id, parts.clock.now()
    figures = parts.jobs.read_figures(tenant, [name], now)[name]
    # That nobody could look after it has an alert of its own.
    jobs = figures.of_status(JobStatus.PARKED) - figures.count(JobKind.REGISTER_WEBHOOKS, JobStatus.PARKED)
    deliveries = parts.deliveries.read_figures(tenant, name).parked
    if not jobs and not deliveries:
        return None
    return f"a person must look at what is parked: {jobs} jobs, {deliveries} webhooks"


def _drifting(drift: Drift | None) -> str | None:
    if drift is None or drift.score <= DRIFT:
        return None
    return f"the comparison of {drift.compared_at:%Y-%m-%d %H:%M} UTC found {drift.score:.1%} of the records unequal"


def _refused(care: Care) -> str | None:
    return f"the platform does not let the hub in: {care.reason}" if care.refused_at else None


def _missing(care: Care) -> str | None:
    if not care.missing:
        return None
    return f"not reported, and cannot be subscribed to: {', '.join(care.missing)} ({care.reason or 'refused'})"
