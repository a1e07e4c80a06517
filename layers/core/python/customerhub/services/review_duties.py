"""Whether somebody must hear of a duty that is due soon."""

from customerhub.domain.alert import AlertKind
from customerhub.domain.duty import DutyStatus
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.ports.duties import DutyStore
from customerhub.services.alert_parts import AlertParts
from customerhub.services.set_alert import set_alert

LOOKED_AT = 100


def review_duties(tenant: TenantId, integration: IntegrationId, *, duties: DutyStore, parts: AlertParts) -> None:
    """Raise the alert where a duty of the integration is open and near its end, and end it where none is; idempotent.
    Looks at the tenant's first hundred that are open: beyond these none is nearer. Four round trips where nothing
    changes. Raises StoreUnavailable and TooMuchContention."""
    known = parts.integrations.get_integration(tenant, integration)
    if known is None:
        return
    page = duties.list_duties(tenant, DutyStatus.OPEN, None, LOOKED_AT)
    now = parts.clock.now()
    near = [duty for duty in page.items if duty.integration == integration and duty.is_near(now)]
    first = min((duty.due_at for duty in near), default=None)
    detail = f"{len(near)} open, the first one due {first:%Y-%m-%d}: see /api/duties" if first else None
    set_alert(known, AlertKind.DUTY, detail, parts=parts)
