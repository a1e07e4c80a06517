"""One Commerce7 tenant: its records, and what every endpoint needs to work on them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.partners.clock import PartnerClock
from infra.local.partners.commerce7.settings import Settings
from infra.local.partners.commerce7.table import Row, Table
from infra.local.partners.commerce7.wire import Json
from infra.local.partners.webhooks import WebhookSender

STAFF = "staff@winery.example"
"""Who the control surface acts as; it is the `user` of the webhooks that this causes."""
TABLES = ("customers", "addresses", "tags", "promotions", "coupons", "orders", "products", "web_hooks", "web_hook_logs")


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid.uuid4())


@dataclass
class Records:
    """Everything that the tenant has. Rows are as the API shows them, but for what is put together when they are
    shown: a customer's tags and an order's customer."""

    customers: Table = field(default_factory=Table)
    addresses: Table = field(default_factory=Table)
    tags: Table = field(default_factory=Table)
    promotions: Table = field(default_factory=Table)
    coupons: Table = field(default_factory=Table)
    orders: Table = field(default_factory=Table)
    products: Table = field(default_factory=Table)
    web_hooks: Table = field(default_factory=Table)
    web_hook_logs: Table = field(default_factory=Table)
    assignments: dict[str, list[str]] = field(default_factory=dict)
    """Customer id to the ids of the tags given to it, one as often as it was given."""
    failing_since: dict[str, float] = field(default_factory=dict)
    """Web hook id to when its first failure since the last success was."""
    disabled_web_hooks: list[Row] = field(default_factory=list)
    last_order_number: int = 1000
    emails_sent: int = 0
    """Mails to customers, which `isSendTransactionEmail=false` suppresses."""
    seeded: int = 0
    owners: dict[str, str] = field(default_factory=dict)
    """Case-folded e-mail to the id of the one customer who has it."""

    def own(self, customer: Row) -> None:
        """Note whose a customer's e-mails are."""
        self.owners.update((entry["email"].casefold(), customer["id"]) for entry in customer["emails"])

    def disown(self, customer: Row) -> None:
        """Forget it again."""
        for entry in customer["emails"]:
            self.owners.pop(entry["email"].casefold(), None)

    def dump(self) -> Json:
        """As JSON."""
        tables = {name: getattr(self, name).dump() for name in TABLES}
        others = ("assignments", "failing_since", "disabled_web_hooks", "last_order_number", "emails_sent", "seeded")
        return {**tables, **{name: getattr(self, name) for name in others}}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Records":
        """What `dump` gave."""
        parts: dict[str, Any] = {name: Table(value) if name in TABLES else value for name, value in dumped.items()}
        records = cls(**parts)
        for customer in records.customers:
            records.own(customer)
        return records


@dataclass
class Shop:
    """The records with the time, the switches, and who is told of changes."""

    tenant: str
    app_id: str
    clock: PartnerClock
    webhooks: WebhookSender
    records: Records = field(default_factory=Records)
    settings: Settings = field(default_factory=Settings)

    def stamped(self, row: Mapping[str, Any]) -> Row:
        """A new row: with an id, created and updated now."""
        now = self.clock.timestamp()
        return {"id": new_id(), **row, "createdAt": now, "updatedAt": now}

    def touch(self, row: Row, changes: Mapping[str, Any]) -> None:
        """Change a row in place, now."""
        row.update(changes)
        row["updatedAt"] = self.clock.timestamp()

    def app_data(self, row: Mapping[str, Any], sent: Mapping[str, Any] | None) -> Json | None:
        """A record's `appData` after an app has sent its own: each app writes under its own id only."""
        others = {app: data for app, data in (row.get("appData") or {}).items() if app != self.app_id}
        return {**others, **({} if sent is None else {self.app_id: dict(sent)})} or None


def in_order(entries: Sequence[Json], limit: int | None) -> list[Json]:
    """The first `limit` of them, all for None."""
    return list(entries if limit is None else entries[:limit])
