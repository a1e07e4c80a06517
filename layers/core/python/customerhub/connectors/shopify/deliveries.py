"""What a webhook says (bodies of version 2026-10)."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from customerhub.connectors.payload import PartnerPayload, notice_fields, places_of
from customerhub.connectors.shopify.customers import in_lower_case, to_address
from customerhub.connectors.shopify.ids import is_number
from customerhub.connectors.shopify.orders import is_paid
from customerhub.connectors.shopify.payloads import (
    ShopifyComplianceBody,
    ShopifyCustomerBody,
    ShopifyCustomerReferenceBody,
    ShopifyMergeBody,
    ShopifyOrderBody,
    ShopifyOrderReferenceBody,
)
from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.remote import RemoteChange, RemoteCustomer, RemoteOrder, VerifiedDelivery
from customerhub.errors import MalformedRequest

Body = TypeVar("Body", bound=PartnerPayload)

_OF_NO_CONCERN = ("discounts/", "segments/", "customer.joined_segment", "customer.left_segment", "bulk_operations/")


def parse_webhook(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
    """As `Connector.parse_webhook`. A customer's tags are never told with it, so they are None: a change of tags comes
    by itself, in no order, and is to be read anew."""
    parser = _PARSERS.get(delivery.topic)
    if parser is not None:
        return parser(delivery)
    if not delivery.topic.startswith(_OF_NO_CONCERN):
        notice_fields("topic", [delivery.topic.replace("/", "_").replace(".", "_")])
    return ()


def _read(model: type[Body], delivery: VerifiedDelivery) -> Body:
    try:
        return model.model_validate(_json_object(delivery.body))
    except ValidationError as error:
        raise MalformedRequest(f"the webhook's body cannot be read: {places_of(error)}") from error


def _json_object(body: bytes) -> dict[str, object]:
    try:
        return _ANY_OBJECT.validate_json(body)
    except ValidationError as error:
        raise MalformedRequest("the webhook's body is no JSON object") from error


_ANY_OBJECT: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object], config={"hide_input_in_errors": True})


def _id_of(*told: str | None) -> ExternalId:
    """The first that is told, a global id or a number."""
    for text in told:
        number = (text or "").rpartition("/")[2]
        if is_number(number):
            return ExternalId(number)
    raise MalformedRequest("the webhook's body does not say what it is about", field="id")


def _customer(action: str) -> Callable[[VerifiedDelivery], Sequence[RemoteChange]]:
    def parse(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        told = _read(ShopifyCustomerBody, delivery)
        customer = to_customer(told, _json_object(delivery.body))
        return [RemoteChange("customer", action, customer.id, customer=customer)]

    return parse


def to_customer(told: ShopifyCustomerBody, raw: Mapping[str, object]) -> RemoteCustomer:
    """A customer as webhooks tell one, in our words."""
    return RemoteCustomer(
        id=_id_of(told.admin_graphql_api_id, told.id),
        emails=(told.email,) if told.email else (),
        phones=(told.phone,) if told.phone else (),
        first_name=told.first_name,
        last_name=told.last_name,
        tags=None,
        address=to_address(told.default_address),
        created_at=told.created_at,
        updated_at=told.updated_at,
        state=in_lower_case(told.state),
        raw=raw,
    )


def _customer_reference(action: str) -> Callable[[VerifiedDelivery], Sequence[RemoteChange]]:
    def parse(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        told = _read(ShopifyCustomerReferenceBody, delivery)
        return [RemoteChange("customer", action, _id_of(told.admin_graphql_api_id, told.customer_id, told.id))]

    return parse


def _merge(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
    """A merge that failed has changed nothing. Who was deleted is told of by itself, too, before or after."""
    told = _read(ShopifyMergeBody, delivery)
    if told.status != "completed":
        return ()
    kept, gone = map(_id_of, (told.admin_graphql_api_customer_kept_id, told.admin_graphql_api_customer_deleted_id))
    return [RemoteChange("customer", "merged", kept, absorbed=(gone,))]


def _order(action: str) -> Callable[[VerifiedDelivery], Sequence[RemoteChange]]:
    def parse(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        told = _read(ShopifyOrderBody, delivery)
        order = to_order(told, _json_object(delivery.body))
        return [RemoteChange("order", action, order.id, order=order)]

    return parse


def to_order(told: ShopifyOrderBody, raw: Mapping[str, object]) -> RemoteOrder:
    """An order as webhooks tell one, in our words."""
    buyer = told.customer
    amount = told.total_price if told.current_total_price is None else told.current_total_price
    return RemoteOrder(
        id=_id_of(told.admin_graphql_api_id, told.id),
        number=told.name,
        total=Money.from_decimal(amount, told.currency),
        placed_at=told.processed_at or told.created_at,
        updated_at=told.updated_at,
        is_paid=is_paid(told.financial_status),
        is_cancelled=told.cancelled_at is not None,
        is_test=told.test,
        customer=_id_of(buyer.admin_graphql_api_id, buyer.id) if buyer else None,
        email=told.email or told.contact_email,
        phone=told.phone,
        address=to_address(told.shipping_address),
        raw=raw,
    )


def _order_deleted(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
    return [RemoteChange("order", "deleted", _id_of(_read(ShopifyOrderReferenceBody, delivery).id))]


def _compliance(action: str) -> Callable[[VerifiedDelivery], Sequence[RemoteChange]]:
    """Whom it is about may be found by the e-mail alone, or by the orders that are named."""

    def parse(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        told = _read(ShopifyComplianceBody, delivery)
        who, orders = told.customer, (*told.orders_requested, *told.orders_to_redact)
        customer = RemoteCustomer(
            _id_of(who.id),
            emails=(who.email,) if who.email else (),
            phones=(who.phone,) if who.phone else (),
        )
        return [
            RemoteChange(
                "customer",
                action,
                customer.id,
                customer=customer,
                orders=tuple(map(_id_of, orders)),
                reference=_id_of(told.data_request.id) if told.data_request else None,
            )
        ]

    return parse


def _shop(action: str) -> Callable[[VerifiedDelivery], Sequence[RemoteChange]]:
    """The token is dead already when an uninstalled app hears of it: nothing more can be asked of the shop."""

    def parse(delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        _json_object(delivery.body)
        return [RemoteChange("integration", action, ExternalId(delivery.account))]

    return parse


_PARSERS: Mapping[str, Callable[[VerifiedDelivery], Sequence[RemoteChange]]] = {
    "customers/create": _customer("created"),
    "customers/update": _customer("updated"),
    "customers/enable": _customer("updated"),
    "customers/disable": _customer("updated"),
    "customers/delete": _customer_reference("deleted"),
    "customers/merge": _merge,
    "customer.tags_added": _customer_reference("tags"),
    "customer.tags_removed": _customer_reference("tags"),
    "customers_email_marketing_consent/update": _customer_reference("consent"),
    "customers_marketing_consent/update": _customer_reference("consent"),
    "customers_whats_app_marketing_consent/update": _customer_reference("consent"),
    "customers/purchasing_summary": _customer_reference("totals"),
    "customers/redact": _compliance("redact"),
    "customers/data_request": _compliance("data_request"),
    "orders/create": _order("created"),
    "orders/paid": _order("paid"),
    "orders/updated": _order("updated"),
    "orders/cancelled": _order("cancelled"),
    "orders/delete": _order_deleted,
    "app/uninstalled": _shop("uninstalled"),
    "app/scopes_update": _shop("scopes"),
    "shop/redact": _shop("redact"),
}
"""By topic, what reads a delivery."""
