"""All that the double answers, in one table."""

from infra.local.partners.shopify.fields import addresses, customers, discounts, orders, segments, shops, tags, webhooks
from infra.local.partners.shopify.model import PAGE_INFO, Fields, Inputs, merged

_MODULES = (addresses, customers, segments, discounts, orders, tags, webhooks, shops)
_ROOTED = (customers, segments, discounts, orders, tags, webhooks, shops)

FIELDS: Fields = merged(
    PAGE_INFO,
    *(module.FIELDS for module in _MODULES),
    {
        "QueryRoot": merged(*(module.QUERIES for module in _ROOTED)),
        "Mutation": merged(*(module.MUTATIONS for module in _ROOTED)),
    },
)
INPUTS: Inputs = merged(*(module.INPUTS for module in _MODULES))
