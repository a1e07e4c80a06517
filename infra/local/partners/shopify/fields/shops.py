"""The shop itself, the app's installation, and `node`."""

from typing import Any

from infra.local.partners.shopify.gids import Gid, gid, read_gid
from infra.local.partners.shopify.model import (
    Arguments,
    Execution,
    Field,
    Fields,
    Inputs,
    Typed,
    constant,
    parts,
    read,
    shown,
)
from infra.local.partners.shopify.refusals import NotModelled
from infra.local.partners.shopify.shop import CURRENCY, NAME, TIME_ZONE

SHOP_NUMBER = 10_000_000_000_000_000
INSTALLATION_NUMBER = 9_999_999_999_999_999
COLLECTIONS = {
    "BulkOperation": "bulk_operations",
    "Customer": "customers",
    "DiscountAutomaticNode": "discounts",
    "DiscountCodeNode": "discounts",
    "DiscountNode": "discounts",
    "Order": "orders",
    "Product": "products",
    "Segment": "segments",
    "WebhookSubscription": "subscriptions",
}


def _node(execution: Execution, text: str) -> Typed | None:
    wanted = read_gid(text) or Gid("", "")
    if wanted.kind not in COLLECTIONS:
        raise NotModelled(f"node of a {wanted.kind}")
    record = getattr(execution.shop, COLLECTIONS[wanted.kind]).get(wanted.number)
    return None if record is None or not _is(wanted.kind, record) else Typed(wanted.kind, record)


def _is(kind: str, record: Any) -> bool:
    wants_code = {"DiscountAutomaticNode": False, "DiscountCodeNode": True}.get(kind)
    return wants_code is None or bool(record.code) == wants_code


def _scopes(execution: Execution, _source: Any, _arguments: Arguments) -> Any:
    return [{"handle": scope, "description": scope.replace("_", " ")} for scope in sorted(execution.scopes)]


FIELDS: Fields = {
    "Shop": {
        "id": constant(gid("Shop", SHOP_NUMBER)),
        "name": constant(NAME),
        "myshopifyDomain": read(lambda shop: shop.domain),
        "ianaTimezone": constant(TIME_ZONE),
        "currencyCode": constant(CURRENCY),
        "plan": constant({"publicDisplayName": "Basic", "shopifyPlus": False, "partnerDevelopment": False}),
    },
    "ShopPlan": parts("publicDisplayName", "shopifyPlus", "partnerDevelopment"),
    "AppInstallation": {
        "id": constant(gid("AppInstallation", INSTALLATION_NUMBER)),
        "accessScopes": shown(_scopes),
    },
    "AccessScope": parts("handle", "description"),
}
QUERIES = {
    "shop": shown(lambda execution, _source, _arguments: execution.shop),
    "currentAppInstallation": shown(lambda execution, _source, _arguments: execution.shop),
    "node": shown(lambda execution, _, told: _node(execution, told["id"]), "id"),
    "nodes": shown(lambda execution, _, told: [_node(execution, text) for text in told["ids"]], "ids"),
}
MUTATIONS: dict[str, Field] = {}
INPUTS: Inputs = {}
