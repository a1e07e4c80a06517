"""A merchant has removed the app from the shop."""

from dataclasses import replace
from datetime import datetime

from customerhub.domain.alert import AlertKind
from customerhub.domain.integration import Integration
from customerhub.services.alert_parts import AlertParts
from customerhub.services.attempts import attempts
from customerhub.services.set_alert import set_alert

DETAIL = "the app was removed from the shop: nothing is exchanged with it until it is connected again"


def take_in_uninstall(integration: Integration, at: datetime, *, parts: AlertParts) -> bool:
    """From now on the integration is owed nothing and nothing is taken in from it; whether that is new. Idempotent.

    The shop is not asked: its token died with the app. What is known of it is kept, its address too, as what the law
    wants done about the shop comes two days later. A word from before the credentials were last stated is old: the app
    has been installed again. Three round trips, and those of an alert. Raises StoreUnavailable and TooMuchContention.
    """

    def attempt() -> bool:
        known = parts.integrations.get_integration(integration.tenant, integration.id)
        if known is None or not known.active or (known.renewed_at or known.connected_at) >= at:
            return False
        # First of all: one that is inactive already is not alerted of, as staff may have disconnected it.
        set_alert(known, AlertKind.CREDENTIALS, DETAIL, parts=parts)
        parts.integrations.put_integration(replace(known, active=False))
        # And again: until then a review may have found it connected, and the alert to be over.
        set_alert(known, AlertKind.CREDENTIALS, DETAIL, parts=parts)
        return True

    return attempts(parts.clock, attempt)
