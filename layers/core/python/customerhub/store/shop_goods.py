"""Orders and products of a shop, many at once.

Product: PK `T#<tenant>#PRODUCTS#<integration>`, SK `PRODUCT#<the platform's id>`, in the work table. A page's are read
by id together, and all of an integration's are one query when the shop is to be forgotten. `updated_at` guards: an
older word never replaces a newer one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from customerhub.deployment import SORT_KEY
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId, TenantId
from customerhub.domain.money import Money
from customerhub.domain.order import Order
from customerhub.domain.remote import RemoteProduct, RemoteVariant
from customerhub.store import keys
from customerhub.store.listing import sorting_time
from customerhub.store.orders import to_order
from customerhub.store.table import Database, Guard, Item, Put


def read_orders(
    database: Database, customers: str, tenant: TenantId, source: str, orders: Sequence[ExternalId]
) -> Mapping[ExternalId, Order]:
    """Those orders of a source that are known. Two BatchGetItem for each hundred, none for no orders; one that is moved
    between the two is not found."""
    places = {keys.order_place(customers, tenant, source, order): order for order in orders}
    pointers = database.batch_get(list(places)) if places else {}
    addresses = {
        keys.order(customers, tenant, CustomerId(pointer["customer"]), pointer["record"]): place
        for place, pointer in pointers.items()
    }
    items = database.batch_get(list(addresses)) if addresses else {}
    return {
        places[place]: _to_order(items[address], pointers[place], tenant)
        for address, place in addresses.items()
        if address in items
    }


def read_products(
    database: Database, work: str, tenant: TenantId, integration: IntegrationId, products: Sequence[ExternalId]
) -> Mapping[ExternalId, RemoteProduct]:
    """Those products that are known. One BatchGetItem for each hundred, none for no products."""
    addresses = [keys.product(work, tenant, integration, product) for product in products]
    found = map(_to_product, (database.batch_get(addresses) if addresses else {}).values())
    return {product.id: product for product in found}


def put_product(
    database: Database, work: str, tenant: TenantId, integration: IntegrationId, product: RemoteProduct
) -> None:
    """One PutItem. Raises GuardFailed where what is known is newer."""
    told_at = sorting_time(product.updated_at)
    guard = Guard("attribute_not_exists(updated_at) OR updated_at <= :told_at", {":told_at": told_at})
    key = keys.product(work, tenant, integration, product.id)
    database.put(Put(key, _from_product(product) | {"updated_at": told_at}, guard))


def _to_order(item: Item, pointer: Item, tenant: TenantId) -> Order:
    return to_order(item, tenant, CustomerId(pointer["customer"]), int(pointer["version"]))


def _from_product(product: RemoteProduct) -> Item:
    return {
        "title": product.title,
        "status": product.status,
        "vendor": product.vendor,
        "kind": product.kind,
        "variants": [_from_variant(variant) for variant in product.variants],
    }


def _from_variant(variant: RemoteVariant) -> dict[str, Any]:
    price = variant.price
    return {
        "id": variant.id,
        "title": variant.title,
        "sku": variant.sku,
        "price_minor": price.amount_minor if price else None,
        "currency": price.currency if price else None,
    }


def _to_product(item: Item) -> RemoteProduct:
    return RemoteProduct(
        ExternalId(item[SORT_KEY].removeprefix(keys.PRODUCT_PREFIX)),
        item["title"],
        item["status"],
        datetime.fromisoformat(item["updated_at"]),
        item["vendor"],
        item["kind"],
        tuple(map(_to_variant, item["variants"])),
    )


def _to_variant(item: Mapping[str, Any]) -> RemoteVariant:
    price = Money(int(item["price_minor"]), item["currency"]) if item["currency"] else None
    return RemoteVariant(ExternalId(item["id"]), item["title"], item["sku"], price)
