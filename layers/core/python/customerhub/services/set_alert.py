"""Raise an alert about an integration, or say that it is over."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from customerhub.domain.alert import Alert, AlertKind, raised, recovered
from customerhub.domain.integration import Integration
from customerhub.errors import LostRace, ServiceUnavailable
from customerhub.services.alert_parts import AlertParts
from customerhub.services.attempts import attempts


def set_alert(integration: Integration, kind: AlertKind, detail: str | None, *, parts: AlertParts) -> None:
    """Have the alert stand with `detail` (None: it is over); idempotent. It is published once when it begins and once
    when it ends: whoever writes the change tells of it, and where that fails the next call does, ten minutes later. So
    a fault may have it published twice, or a beginning not at all that was over by then; the last word always is.

    One round trip where nothing changes; else two more and a message. Raises StoreUnavailable and TooMuchContention.
    """

    def attempt() -> Alert | None:
        known = parts.alerts.get_alert(integration.tenant, integration.id, kind)
        return _change(integration, kind, detail, known, parts)

    changed = attempts(parts.clock, attempt)
    if changed:
        _tell(changed, integration, parts)


def stands_so(known: Alert | None, detail: str | None, now: datetime) -> bool:
    """Whether `set_alert` would change nothing."""
    is_open = known is not None and known.is_open
    return is_open == (detail is not None) and not (known and known.is_overdue(now))


def end_alerts(integration: Integration, *, parts: AlertParts) -> None:
    """Have all its alerts be over: it is connected no more. But for that of a duty, which is due all the same. One
    round trip, and what `set_alert` takes for each."""
    for alert in open_alerts(integration, parts=parts):
        if alert.kind is not AlertKind.DUTY:
            set_alert(integration, alert.kind, None, parts=parts)


def tell_overdue_alerts(integration: Integration, *, parts: AlertParts) -> None:
    """Publish what should have been by now, of whatever kind and whether or not it is connected; idempotent. One round
    trip, and for each of these two more and a message. Raises StoreUnavailable."""
    now = parts.clock.now()
    for alert in parts.alerts.list_alerts(integration.tenant, integration.id):
        if alert.is_overdue(now):
            with suppress(LostRace):  # whoever has changed it meanwhile tells of it
                _tell(parts.alerts.put_alert(replace(alert, changed_at=now)), integration, parts)


def open_alerts(integration: Integration, *, parts: AlertParts) -> Sequence[Alert]:
    """Those that stand. One round trip."""
    return [alert for alert in parts.alerts.list_alerts(integration.tenant, integration.id) if alert.is_open]


def _change(
    integration: Integration, kind: AlertKind, detail: str | None, known: Alert | None, parts: AlertParts
) -> Alert | None:
    """The alert as it was written, or should have been published before; None where there is nothing to tell."""
    now = parts.clock.now()
    fresh = Alert(integration.tenant, integration.id, kind, detail or "", now, now)
    wanted = recovered(known, now) if detail is None else raised(known, fresh)
    if wanted is None or (wanted == known and not wanted.is_overdue(now)):
        return None
    # An alert that is overdue is written too: of several who find it so, one tells of it.
    return parts.alerts.put_alert(wanted if wanted != known else replace(wanted, changed_at=now))


def _tell(alert: Alert, integration: Integration, parts: AlertParts) -> None:
    """What is not told, or not known to be told, is told again by whoever looks next, a while later."""
    with suppress(ServiceUnavailable, LostRace):
        parts.topic.publish(alert, integration)
        parts.alerts.put_alert(replace(alert, is_told=True))
