"""How integrations were found, and their alerts, as items of the work table.

PK `T#<tenant>#CARE#<integration>`; SK `CARE` (how it was found), `OWING` (how far it has come to be owed what was there
before it), `ALERT#<kind>` (the last alert of each kind, open or over). All alerts of an integration are one query.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from customerhub.domain.alert import Alert, AlertKind
from customerhub.domain.care import Care, OwingProgress
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.store import keys
from customerhub.store.table import ALWAYS, Database, Item, Put, Sorted, if_version


class DynamoCareStore:
    """Implements `ports.care.CareStore` and `ports.care.AlertStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def get_care(self, tenant: TenantId, integration: IntegrationId) -> Care:
        """One GetItem."""
        item = self._database.get(keys.care(self._work, tenant, integration))
        return _to_care(tenant, integration, item) if item else Care(tenant, integration)

    def put_care(self, care: Care) -> Care:
        """One PutItem."""
        key = keys.care(self._work, care.tenant, care.integration)
        self._database.put(Put(key, _from_care(care), if_version(care.version)))
        return replace(care, version=care.version + 1)

    def get_progress(self, tenant: TenantId, integration: IntegrationId) -> OwingProgress | None:
        """One GetItem."""
        item = self._database.get(keys.owing_progress(self._work, tenant, integration))
        return OwingProgress(_moment(item.get("renewed_at")), item.get("after")) if item else None

    def put_progress(self, tenant: TenantId, integration: IntegrationId, progress: OwingProgress) -> None:
        """One PutItem."""
        item = {"renewed_at": _text(progress.renewed_at), "after": progress.after}
        self._database.put(Put(keys.owing_progress(self._work, tenant, integration), item, ALWAYS))

    def get_alert(self, tenant: TenantId, integration: IntegrationId, kind: AlertKind) -> Alert | None:
        """One GetItem."""
        item = self._database.get(keys.alert(self._work, tenant, integration, kind))
        return _to_alert(tenant, integration, item) if item else None

    def list_alerts(self, tenant: TenantId, integration: IntegrationId) -> Sequence[Alert]:
        """One query."""
        partition = keys.care(self._work, tenant, integration).partition
        found = self._database.query(self._work, partition, Sorted(keys.ALERT_PREFIX), len(AlertKind))
        return [_to_alert(tenant, integration, item) for item in found]

    def put_alert(self, alert: Alert) -> Alert:
        """One PutItem."""
        key = keys.alert(self._work, alert.tenant, alert.integration, alert.kind)
        self._database.put(Put(key, _from_alert(alert), if_version(alert.version)))
        return replace(alert, version=alert.version + 1)


def _from_care(care: Care) -> Item:
    return {
        "url": care.url,
        "topics": list(care.topics),
        "checked_at": _text(care.checked_at),
        "missing": list(care.missing),
        "refused_at": _text(care.refused_at),
        "reason": care.reason,
        "log_read_until": _text(care.log_read_until),
        "version": care.version + 1,
    }


def _to_care(tenant: TenantId, integration: IntegrationId, item: Item) -> Care:
    return Care(
        tenant,
        integration,
        item["url"],
        tuple(item.get("topics") or ()),
        _moment(item["checked_at"]),
        tuple(item["missing"]),
        _moment(item["refused_at"]),
        item["reason"],
        _moment(item["log_read_until"]),
        int(item["version"]),
    )


def _from_alert(alert: Alert) -> Item:
    return {
        "kind": alert.kind,
        "detail": alert.detail,
        "raised_at": alert.raised_at.isoformat(),
        "changed_at": alert.changed_at.isoformat(),
        "recovered_at": _text(alert.recovered_at),
        "is_told": alert.is_told,
        "version": alert.version + 1,
    }


def _to_alert(tenant: TenantId, integration: IntegrationId, item: Item) -> Alert:
    return Alert(
        tenant,
        integration,
        AlertKind(item["kind"]),
        item["detail"],
        datetime.fromisoformat(item["raised_at"]),
        datetime.fromisoformat(item["changed_at"]),
        _moment(item["recovered_at"]),
        item["is_told"],
        int(item["version"]),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
