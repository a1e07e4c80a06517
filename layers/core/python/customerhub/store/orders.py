"""Orders as items of a customer's collection.

SK `ORDER#<placed_at>#<source>#<external id>`: those of a time are a range. An order is told from all others by source
and external id: PK `T#<tenant>#ORDER#<hash of both>`, SK `ORDER` says in whose collection it is and under which key,
and holds the version that guards the order, which the order has too, to be known by when it is moved. Both are written
in one transaction.
"""

from datetime import datetime

from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ExternalId, TenantId
from customerhub.domain.money import Money
from customerhub.domain.order import Order, OrderChange, StatedOrder, from_stated
from customerhub.store import keys
from customerhub.store.table import ALWAYS, Add, Delete, Item, Key, Put, Write, if_version


def order_writes(table: str, change: OrderChange) -> list[Write]:
    """The order, where it is, and the removal from where it was when it was placed at another time than was said."""
    order, before = change.after, change.before
    place = keys.order(table, order.tenant, order.customer, order.record_id)
    stated, version = order.stated, order.version
    pointer = {"customer": order.customer, "record": order.record_id, "version": version + 1}
    writes: list[Write] = [
        Put(place, _from_order(order) | {"version": version + 1}, ALWAYS),
        Put(keys.order_place(table, order.tenant, stated.source, stated.external_id), pointer, if_version(version)),
    ]
    if before and (old := keys.order(table, before.tenant, before.customer, before.record_id)) != place:
        writes.append(Delete(old))
    return writes


def to_order(item: Item, tenant: TenantId, customer: CustomerId, version: int) -> Order:
    """The order that an item of that customer's collection holds."""
    return Order(
        tenant,
        customer,
        to_stated(item),
        datetime.fromisoformat(item["written_at"]),
        tuple(IdentifierKey(Kind(key["kind"]), key["value"]) for key in item["via"]),
        version,
    )


def to_stated(item: Item) -> StatedOrder:
    """What an item says of an order."""
    return StatedOrder(
        item["source"],
        ExternalId(item["external_id"]),
        Money(int(item["total_minor"]), item["currency"]),
        datetime.fromisoformat(item["placed_at"]),
        datetime.fromisoformat(item["updated_at"]) if item["updated_at"] else None,
        item["number"],
        is_paid=item["paid"],
        is_cancelled=item["cancelled"],
        is_refunded=item["refunded"],
        is_test=item["test"],
        is_correction=item["correction"],
        is_deleted=item.get("deleted", False),
    )


def place_key(table: str, tenant: TenantId, item: Item) -> Key | None:
    """Where it is said in whose collection the order of that item is; None for an item that is no whole order."""
    if "source" not in item or "external_id" not in item:
        return None
    return keys.order_place(table, tenant, item["source"], item["external_id"])


def given_order(table: str, tenant: TenantId, item: Item, to: CustomerId) -> Add | None:
    """The write that says that the order of that item is in another collection from now on."""
    place = place_key(table, tenant, item)
    return Add(place, {"version": 1}, label={"customer": to}) if place else None


def _from_order(order: Order) -> Item:
    via = [{"kind": key.kind, "value": key.value} for key in order.via]
    return {**from_stated(order.stated), "written_at": order.written_at.isoformat(), "via": via}
