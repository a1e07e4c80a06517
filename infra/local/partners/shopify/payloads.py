"""Bodies of webhooks: REST-style records of version 2026-10, with numbers as ids and texts as money.

Customers come without tags, consents, order counts and totals since 2025-01; tags have topics of their own.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from infra.local.partners.shopify.gids import gid
from infra.local.partners.shopify.places import country_name, province_name
from infra.local.partners.shopify.records import (
    Address,
    BulkOperation,
    Charge,
    Consent,
    Customer,
    Discount,
    Line,
    Order,
    Segment,
)
from infra.local.partners.shopify.scalars import iso

Payload = dict[str, Any]


def customer(record: Customer) -> Payload:
    """`customers/create` and `customers/update`."""
    default = record.address
    return {
        **_customer(record),
        "addresses": [customer_address(record, address) for address in record.addresses],
        **({"default_address": customer_address(record, default)} if default else {}),
    }


def deleted_customer(number: int) -> Payload:
    """`customers/delete`."""
    return {"id": number, "admin_graphql_api_id": gid("Customer", number), "tax_exemptions": []}


def customer_tags(number: int, tags: Sequence[str], at: datetime) -> Payload:
    """`customer.tags_added` and `customer.tags_removed`: the difference."""
    return {"customerId": gid("Customer", number), "tags": list(tags), "occurredAt": iso(at)}


def email_consent(record: Customer) -> Payload:
    """`customers_email_marketing_consent/update`."""
    return {
        "customer_id": record.number,
        "email_address": record.email,
        "email_marketing_consent": _consent(record.email_consent),
    }


def sms_consent(record: Customer) -> Payload:
    """`customers_marketing_consent/update`."""
    consent = {**_consent(record.sms_consent), "consent_collected_from": "other"}
    return {"id": record.number, "phone": record.phone, "sms_marketing_consent": consent}


def merged_customers(kept: int, deleted: int, job: str) -> Payload:
    """`customers/merge`."""
    return {
        "admin_graphql_api_customer_kept_id": gid("Customer", kept),
        "admin_graphql_api_customer_deleted_id": gid("Customer", deleted),
        "admin_graphql_api_job_id": job,
        "status": "completed",
        "errors": [],
    }


def uninstalled_app(domain: str, name: str) -> Payload:
    """`app/uninstalled`: the shop."""
    return {"id": 1, "name": name, "domain": domain, "myshopify_domain": domain, "plan_name": "basic"}


def bulk_operation(record: BulkOperation) -> Payload:
    """`bulk_operations/finish`."""
    return {
        "admin_graphql_api_id": gid("BulkOperation", record.number),
        "completed_at": iso(record.completed_at) if record.completed_at else None,
        "created_at": iso(record.created_at),
        "error_code": record.error_code.lower() if record.error_code else None,
        "status": record.status.lower(),
        "type": "query",
    }


def segment(record: Segment) -> Payload:
    """`segments/create` and `segments/update`."""
    return {
        "id": record.number,
        "name": record.name,
        "query": record.query,
        "creationDate": iso(record.created_at),
        "lastEditDate": iso(record.updated_at),
    }


def discount(record: Discount, status: str) -> Payload:
    """`discounts/create`, `discounts/update` and `discounts/delete`."""
    return {
        "admin_graphql_api_id": gid("DiscountCodeNode" if record.code else "DiscountAutomaticNode", record.number),
        "title": record.title,
        "status": status,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
    }


def order(record: Order, buyer: Customer | None) -> Payload:
    """`orders/create`, `orders/paid`, `orders/updated` and `orders/cancelled`. A guest's has no `customer`."""
    return {
        **_order(record),
        **_order_money(record),
        **({"customer": _order_customer(buyer)} if buyer else {}),
        "billing_address": _order_address(record.billing_address),
        "shipping_address": _order_address(record.shipping_address),
        "line_items": [_line(line, record.currency) for line in record.lines],
        "shipping_lines": [_charge(charge, record.currency) for charge in record.shipping],
        "tax_lines": [_charge(charge, record.currency) for charge in record.taxes],
    }


def deleted_order(number: int) -> Payload:
    """`orders/delete`."""
    return {"id": number}


def money(amount: Decimal) -> str:
    """`45.00`."""
    return f"{amount:.2f}"


def customer_address(record: Customer, address: Address) -> Payload:
    """One of a customer's addresses."""
    default = record.address
    return {
        "id": address.number,
        "customer_id": record.number,
        **_address(address),
        "country_name": country_name(address.country_code),
        "default": default is not None and default.number == address.number,
    }


def _customer(record: Customer) -> Payload:
    return {
        "id": record.number,
        "admin_graphql_api_id": gid("Customer", record.number),
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
        "first_name": record.first_name,
        "last_name": record.last_name,
        "state": record.state.lower(),
        "note": record.note,
        "verified_email": record.email is not None,
        "multipass_identifier": None,
        "tax_exempt": record.tax_exempt,
        "tax_exemptions": list(record.tax_exemptions),
        "email": record.email,
        "phone": record.phone,
        "currency": "USD",
    }


def _order_customer(record: Customer) -> Payload:
    default = record.address
    return {**_customer(record), **({"default_address": customer_address(record, default)} if default else {})}


def _address(address: Address) -> Payload:
    name = " ".join(part for part in (address.first_name, address.last_name) if part)
    return {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "province": province_name(address.country_code, address.province_code),
        "country": country_name(address.country_code),
        "zip": address.zip,
        "phone": address.phone,
        "name": name,
        "province_code": address.province_code,
        "country_code": address.country_code,
    }


def _order_address(address: Address | None) -> Payload | None:
    return _address(address) if address else None


def _consent(consent: Consent) -> Payload:
    return {
        "state": consent.state.lower(),
        "opt_in_level": consent.level.lower() if consent.level else None,
        "consent_updated_at": iso(consent.updated_at) if consent.updated_at else None,
    }


def _order(record: Order) -> Payload:
    fulfillment = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
    return {
        "id": record.number,
        "admin_graphql_api_id": gid("Order", record.number),
        "name": record.name,
        "number": record.order_number - 1000,
        "order_number": record.order_number,
        "created_at": iso(record.created_at),
        "processed_at": iso(record.processed_at),
        "updated_at": iso(record.updated_at),
        "cancelled_at": iso(record.cancelled_at) if record.cancelled_at else None,
        "cancel_reason": record.cancel_reason.lower() if record.cancel_reason else None,
        "closed_at": iso(record.closed_at) if record.closed_at else None,
        "confirmed": True,
        "contact_email": record.email,
        "email": record.email or "",
        "phone": record.phone,
        "currency": record.currency,
        "presentment_currency": record.currency,
        "financial_status": record.financial_status.lower(),
        "fulfillment_status": fulfillment.get(record.fulfillment_status),
        "test": record.test,
        "tags": ", ".join(record.tags),
        "note": record.note,
        "note_attributes": [{"name": name, "value": value} for name, value in record.attributes],
        "source_name": record.source_name,
        "source_identifier": record.source_identifier,
        "po_number": record.po_number,
        "taxes_included": record.taxes_included,
        "discount_codes": [],
        "discount_applications": [],
        "payment_gateway_names": sorted({payment.gateway for payment in record.payments if payment.gateway}),
        "fulfillments": [],
        "refunds": [],
        "returns": [],
        "user_id": None,
        "location_id": None,
    }


def _order_money(record: Order) -> Payload:
    amounts = {
        "total_price": record.total,
        "subtotal_price": record.subtotal,
        "total_tax": record.tax_total,
        "total_discounts": Decimal(0),
        "current_total_price": record.current_total,
    }
    told: Payload = {}
    for name, amount in amounts.items():
        told[name] = money(amount)
        told[f"{name}_set"] = money_set(amount, record.currency)
    paid = record.financial_status in {"PAID", "REFUNDED"}
    return {**told, "total_outstanding": money(Decimal(0) if paid else record.current_total)}


def money_set(amount: Decimal, currency: str) -> Payload:
    """The same amount in the shop's and in the buyer's currency: the double has one currency per order."""
    told = {"amount": money(amount), "currency_code": currency}
    return {"shop_money": told, "presentment_money": told}


def _line(line: Line, currency: str) -> Payload:
    return {
        "id": line.number,
        "admin_graphql_api_id": gid("LineItem", line.number),
        "title": line.title,
        "variant_title": line.variant_title,
        "name": f"{line.title} - {line.variant_title}" if line.variant_title else line.title,
        "sku": line.sku,
        "quantity": line.quantity,
        "current_quantity": line.quantity,
        "price": money(line.price),
        "price_set": money_set(line.price, currency),
        "product_id": None,
        "variant_id": None,
        "product_exists": False,
        "vendor": line.vendor,
        "taxable": line.taxable,
        "requires_shipping": line.requires_shipping,
        "grams": 0,
        "gift_card": False,
        "properties": [],
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }


def _charge(charge: Charge, currency: str) -> Payload:
    rate = {} if charge.rate is None else {"rate": float(charge.rate)}
    return {"title": charge.title, "price": money(charge.price), "price_set": money_set(charge.price, currency), **rate}
