"""Orders of a shop."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import ShopifyClient
from customerhub.connectors.shopify.customers import to_address
from customerhub.connectors.shopify.documents import ORDER_BY_ID
from customerhub.connectors.shopify.ids import from_external_id, is_number, to_external_id
from customerhub.connectors.shopify.payloads import ShopifyOrderPayload
from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.remote import RemoteOrder
from customerhub.errors import UnreadableRecord

_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED"})
"""Financial statuses of an order that was paid in full, and of which the buyer has kept something."""


def get_order(client: ShopifyClient, order: ExternalId) -> RemoteOrder | None:
    """By id, which sees what was written a moment ago. One request."""
    if not is_number(order):
        return None
    node = client.run(ORDER_BY_ID, {"id": from_external_id("Order", order)}).data.get("order")
    return to_order(node) if isinstance(node, dict) else None


def is_paid(financial_status: str | None) -> bool:
    """Whether the money came, and was not given back altogether. Webhooks write statuses in lower case."""
    return (financial_status or "").upper() in _PAID


def to_order(node: Mapping[str, Any]) -> RemoteOrder:
    """An `Order` in our words; its total is what is left of it after edits and returns, in the shop's currency. Raises
    UnreadableRecord."""
    try:
        told = ShopifyOrderPayload.model_validate(node)
    except ValidationError as error:
        raise UnreadableRecord(f"Shopify answered an order that cannot be read: {places_of(error)}") from error
    total = told.current_total_price_set.shop_money
    return RemoteOrder(
        id=to_external_id(told.id),
        number=told.name,
        total=Money.from_decimal(total.amount, total.currency_code),
        placed_at=told.processed_at or told.created_at,
        updated_at=told.updated_at,
        is_paid=is_paid(told.display_financial_status),
        is_cancelled=told.cancelled_at is not None,
        is_test=told.test,
        customer=to_external_id(told.customer.id) if told.customer else None,
        email=told.email,
        phone=told.phone,
        address=to_address(told.shipping_address),
        raw=node,
    )
