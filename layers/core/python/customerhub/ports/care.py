"""The condition of integrations, and the alerts about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customerhub.domain.alert import Alert, AlertKind
    from customerhub.domain.care import Care, OwingProgress
    from customerhub.domain.ids import IntegrationId, TenantId
    from customerhub.domain.integration import Integration


class AlertStore(Protocol):
    """Alerts of integrations. Reads are strongly consistent; methods raise StoreUnavailable."""

    def get_alert(self, tenant: TenantId, integration: IntegrationId, kind: AlertKind) -> Alert | None:
        """The last one of its kind, open or over. One round trip."""

    def list_alerts(self, tenant: TenantId, integration: IntegrationId) -> Sequence[Alert]:
        """The last one of each kind, open or over. One round trip."""

    def put_alert(self, alert: Alert) -> Alert:
        """Replace what was read; the alert as it is stored now. Raises LostRace where it has changed since."""


class CareStore(Protocol):
    """How integrations were found. Reads are strongly consistent; methods raise StoreUnavailable."""

    def get_care(self, tenant: TenantId, integration: IntegrationId) -> Care:
        """How it was found; a fresh one where it was never looked after. One round trip."""

    def put_care(self, care: Care) -> Care:
        """Replace what was read; as it is stored now. Raises LostRace where it has changed since."""

    def get_progress(self, tenant: TenantId, integration: IntegrationId) -> OwingProgress | None:
        """How far it has come to be owed what was there before it. One round trip."""

    def put_progress(self, tenant: TenantId, integration: IntegrationId, progress: OwingProgress) -> None:
        """Replace it: the last word counts, since the one job that does this writes it, under its lease."""


class AlertTopic(Protocol):
    """Where alerts are published."""

    def publish(self, alert: Alert, integration: Integration) -> None:
        """Tell everybody who has subscribed. Raises ServiceUnavailable, after which it may have been told."""
