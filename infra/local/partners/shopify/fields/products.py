"""Products and their variants."""

from typing import Any

from infra.local.partners.shopify.filters import FactFilter, Filters, NumberFilter, TimeFilter, TokenFilter, WordFilter
from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    CONNECTION_ARGUMENTS,
    LISTING_ARGUMENTS,
    Arguments,
    Execution,
    Field,
    Fields,
    Inputs,
    connection,
    listing,
    read,
    shown,
)
from infra.local.partners.shopify.paging import whole

SORTS = {
    "ID": lambda product: product.number,
    "CREATED_AT": lambda product: product.created_at,
    "UPDATED_AT": lambda product: product.updated_at,
    "TITLE": lambda product: product.title.casefold(),
}
FILTERS: Filters = {
    "id": NumberFilter("number"),
    "created_at": TimeFilter("created_at"),
    "updated_at": TimeFilter("updated_at"),
    "default": TokenFilter(("title", "vendor", "kind")),
    "title": TokenFilter(("title",)),
    "vendor": WordFilter("vendor"),
    "product_type": WordFilter("kind"),
    "status": FactFilter(lambda product: (product.status,)),
    "sku": FactFilter(lambda product: tuple(variant.sku for variant in product.variants if variant.sku)),
}


def _list(execution: Execution, _source: Any, arguments: Arguments) -> Any:
    return listing(execution.shop.products, arguments, SORTS, FILTERS)


FIELDS: Fields = {
    "Product": {
        "id": read(lambda product: gid("Product", product.number)),
        "legacyResourceId": read(lambda product: product.number),
        "title": read(lambda product: product.title),
        "status": read(lambda product: product.status),
        "vendor": read(lambda product: product.vendor),
        "productType": read(lambda product: product.kind),
        "createdAt": read(lambda product: product.created_at),
        "updatedAt": read(lambda product: product.updated_at),
        "variants": shown(
            lambda _, product, told: whole(product.variants, told, lambda variant: variant.number),
            *CONNECTION_ARGUMENTS,
        ),
    },
    "ProductVariant": {
        "id": read(lambda variant: gid("ProductVariant", variant.number)),
        "legacyResourceId": read(lambda variant: variant.number),
        "title": read(lambda variant: variant.title),
        "sku": read(lambda variant: variant.sku),
        "price": read(lambda variant: variant.price),
    },
    **connection("Product"),
    **connection("ProductVariant"),
}
QUERIES = {
    "product": shown(lambda execution, _, told: execution.shop.products.get(number_of(told["id"])), "id"),
    "products": shown(_list, *LISTING_ARGUMENTS),
}
MUTATIONS: dict[str, Field] = {}
INPUTS: Inputs = {}
