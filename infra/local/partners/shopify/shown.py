"""The shop's records for the control surface."""

from collections import Counter
from typing import Any

from infra.local.partners.shopify.gids import gid
from infra.local.partners.shopify.records import (
    BulkOperation,
    Customer,
    Discount,
    Order,
    Product,
    Segment,
    Subscription,
)
from infra.local.partners.shopify.scalars import iso
from infra.local.partners.shopify.shop import Shop

Json = dict[str, Any]
KINDS = {"customers": "Customer", "segments": "Segment"}


def shop_state(shop: Shop, limit: int | None) -> Json:
    """Everything that there is."""
    customers = list(shop.customers.live.values())
    orders = list(shop.orders.live.values())
    discounts = list(shop.discounts.live.values())
    segments = list(shop.segments.live.values())
    subscriptions = list(shop.subscriptions.live.values())
    products = list(shop.products.live.values())
    bulk_operations = list(shop.bulk_operations.live.values())
    tags = Counter(tag for customer in customers for tag in customer.tags)
    return {
        "shop": shop.domain,
        "counts": {
            "customers": len(customers),
            "tags": len(tags),
            "orders": len(orders),
            "discounts": len(discounts),
            "segments": len(segments),
            "subscriptions": len(subscriptions),
            "products": len(products),
            "bulkOperations": len(bulk_operations),
        },
        "customers": [customer_state(shop, one) for one in customers[:limit]],
        "tags": [{"tag": tag, "customers": count} for tag, count in sorted(tags.items())][:limit],
        "orders": [order_state(one) for one in orders[:limit]],
        "discounts": [_discount(shop, one) for one in discounts[:limit]],
        "segments": [_segment(one) for one in segments[:limit]],
        "subscriptions": [_subscription(one) for one in subscriptions[:limit]],
        "products": [product_state(one) for one in products[:limit]],
        "bulkOperations": [_bulk_operation(one) for one in bulk_operations[:limit]],
    }


def customer_state(shop: Shop, customer: Customer) -> Json:
    """A customer, with the field names of the API."""
    return {
        "id": gid("Customer", customer.number),
        "email": customer.email,
        "phone": customer.phone,
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "note": customer.note,
        "tags": list(customer.tags),
        "addresses": len(customer.addresses),
        "state": customer.state,
        "emailMarketingState": customer.email_consent.state,
        "smsMarketingState": customer.sms_consent.state,
        "numberOfOrders": len(shop.orders.live.found("customer", str(customer.number))),
        "createdAt": iso(customer.created_at),
        "updatedAt": iso(customer.updated_at),
    }


def order_state(order: Order) -> Json:
    """An order, with the field names of the API."""
    return {
        "id": gid("Order", order.number),
        "name": order.name,
        "customerId": None if order.customer is None else gid("Customer", order.customer),
        "email": order.email,
        "totalPrice": f"{order.total:.2f}",
        "currencyCode": order.currency,
        "displayFinancialStatus": order.financial_status,
        "cancelledAt": iso(order.cancelled_at) if order.cancelled_at else None,
        "createdAt": iso(order.created_at),
        "processedAt": iso(order.processed_at),
        "updatedAt": iso(order.updated_at),
    }


def product_state(product: Product) -> Json:
    """A product, with the field names of the API."""
    return {
        "id": gid("Product", product.number),
        "title": product.title,
        "status": product.status,
        "vendor": product.vendor,
        "productType": product.kind,
        "variants": [
            {
                "id": gid("ProductVariant", one.number),
                "title": one.title,
                "sku": one.sku,
                "price": f"{one.price:.2f}",
            }
            for one in product.variants
        ],
        "createdAt": iso(product.created_at),
        "updatedAt": iso(product.updated_at),
    }


def _bulk_operation(operation: BulkOperation) -> Json:
    return {
        "id": gid("BulkOperation", operation.number),
        "status": operation.status,
        "errorCode": operation.error_code,
        "objectCount": operation.object_count,
        "fileSize": operation.file_size,
        "createdAt": iso(operation.created_at),
    }


def _discount(shop: Shop, discount: Discount) -> Json:
    kind = KINDS.get(discount.buyers.kind)
    return {
        "id": gid("DiscountCodeNode" if discount.code else "DiscountAutomaticNode", discount.number),
        "title": discount.title,
        "status": discount.status(shop.now()),
        "percentage": discount.percentage,
        "amount": None if discount.amount is None else str(discount.amount),
        "code": discount.code,
        "context": discount.buyers.kind,
        "contextIds": [gid(kind, number) for number in discount.buyers.numbers] if kind else [],
        "tags": list(discount.tags),
        "startsAt": iso(discount.starts_at),
        "endsAt": iso(discount.ends_at) if discount.ends_at else None,
    }


def _segment(segment: Segment) -> Json:
    return {"id": gid("Segment", segment.number), "name": segment.name, "query": segment.query}


def _subscription(subscription: Subscription) -> Json:
    return {
        "id": gid("WebhookSubscription", subscription.number),
        "topic": subscription.topic,
        "uri": subscription.uri,
        "includeFields": list(subscription.include_fields),
    }
