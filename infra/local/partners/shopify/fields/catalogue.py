"""All that the double answers, in one table."""

from infra.local.partners.shopify.fields import (
    addresses,
    bulk_operations,
    customers,
    discounts,
    orders,
    products,
    segments,
    shops,
    tags,
    webhooks,
)
from infra.local.partners.shopify.model import PAGE_INFO, Fields, Inputs, merged

_MODULES = (addresses, customers, segments, discounts, orders, products, tags, webhooks, bulk_operations, shops)
_ROOTED = (customers, segments, discounts, orders, products, tags, webhooks, bulk_operations, shops)

FIELDS: Fields = merged(
    PAGE_INFO,
    *(module.FIELDS for module in _MODULES),
    {
        "QueryRoot": merged(*(module.QUERIES for module in _ROOTED)),
        "Mutation": merged(*(module.MUTATIONS for module in _ROOTED)),
    },
)
INPUTS: Inputs = merged(*(module.INPUTS for module in _MODULES))
