"""Every endpoint that this double has, and which ones Commerce7 has besides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.local.partners.commerce7.addresses import Addresses
from infra.local.partners.commerce7.customers import Customers
from infra.local.partners.commerce7.orders import Orders
from infra.local.partners.commerce7.products import Products
from infra.local.partners.commerce7.promotions import Discounts, coupons, promotions
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.tags import Tags
from infra.local.partners.commerce7.web_hooks import WebHooks
from infra.local.partners.commerce7.wire import ApiRequest, Reply

BASE = "/v1"
NOT_IMPLEMENTED = frozenset(
    {
        "account",
        "allocation",
        "app-sync",
        "cart",
        "club",
        "club-membership",
        "club-package",
        "collection",
        "customer-address",
        "customer-credit-card",
        "department",
        "email",
        "gift-card",
        "inventory",
        "meta-data-config",
        "note",
        "order",
        "pos-profile",
        "product",
        "promotion-set",
        "promotion-set-x-promotion",
        "query",
        "refund",
        "reservation",
        "setting",
        "shipping",
        "tag",
        "tag-x-object",
        "trash",
        "vendor",
    }
)
"""First parts of paths that Commerce7 knows."""


@dataclass(frozen=True)
class Endpoint:
    """A method and a path with `{names}`, and who answers. Cursor paging takes nothing from the allowance where the
    list `has_cursors`."""

    method: str
    path: str
    answer: Callable[[ApiRequest], Reply]
    has_cursors: bool = False

    def names(self, method: str, parts: Sequence[str]) -> dict[str, str] | None:
        """The variable parts of a path that is this one's, None if it is not."""
        own = self.path.strip("/").split("/")
        if method != self.method or len(own) != len(parts):
            return None
        if any(mine not in (theirs, _variable(mine)) for mine, theirs in zip(own, parts, strict=True)):
            return None
        return {mine[1:-1]: theirs for mine, theirs in zip(own, parts, strict=True) if mine.startswith("{")}


def _variable(part: str) -> str | None:
    return part if part.startswith("{") else None


@dataclass(frozen=True)
class Parts:
    """The parts of a shop that answer."""

    customers: Customers
    tags: Tags
    orders: Orders
    addresses: Addresses
    products: Products
    promotions: Discounts
    coupons: Discounts
    web_hooks: WebHooks

    @classmethod
    def of(cls, shop: Shop) -> "Parts":
        """All of them, on one shop."""
        customers = Customers(shop)
        return cls(
            customers,
            Tags(shop, customers),
            Orders(shop, customers),
            Addresses(shop, customers),
            Products(shop),
            promotions(shop),
            coupons(shop),
            WebHooks(shop),
        )


def endpoints(parts: Parts) -> list[Endpoint]:
    """All of them; the first one that fits answers."""
    customers, tags, hooks, addresses = parts.customers, parts.tags, parts.web_hooks, parts.addresses
    return [
        Endpoint("GET", "/customer", customers.list_customers, has_cursors=True),
        Endpoint("POST", "/customer", customers.post_customer),
        Endpoint("GET", "/customer/{id}", customers.get_customer),
        Endpoint("PUT", "/customer/{id}", customers.put_customer),
        Endpoint("DELETE", "/customer/{id}", customers.delete_customer),
        Endpoint("GET", "/customer-address", addresses.list_all, has_cursors=True),
        Endpoint("GET", "/customer/{customerId}/address", addresses.list_addresses),
        Endpoint("POST", "/customer/{customerId}/address", addresses.post_address),
        Endpoint("GET", "/customer/{customerId}/address/{id}", addresses.get_address),
        Endpoint("PUT", "/customer/{customerId}/address/{id}", addresses.put_address),
        Endpoint("DELETE", "/customer/{customerId}/address/{id}", addresses.delete_address),
        Endpoint("GET", "/tag/customer", tags.list_tags),
        Endpoint("POST", "/tag/customer", tags.post_tag),
        Endpoint("GET", "/tag/customer/{id}", tags.get_tag),
        Endpoint("PUT", "/tag/customer/{id}", tags.put_tag),
        Endpoint("DELETE", "/tag/customer/{id}", tags.delete_tag),
        Endpoint("POST", "/tag-x-object/customer", tags.post_assignment),
        Endpoint("DELETE", "/tag-x-object/customer/{tagId}/{customerId}", tags.delete_assignment),
        Endpoint("GET", "/order", parts.orders.list_orders, has_cursors=True),
        Endpoint("GET", "/order/{id}", parts.orders.get_order),
        Endpoint("GET", "/product", parts.products.list_products, has_cursors=True),
        Endpoint("GET", "/product/{id}", parts.products.get_product),
        *_discounts("/promotion", parts.promotions),
        *_discounts("/coupon", parts.coupons),
        Endpoint("GET", "/web-hook", hooks.list_hooks),
        Endpoint("POST", "/web-hook", hooks.post_hook),
        Endpoint("GET", "/web-hook/{id}", hooks.get_hook),
        Endpoint("PUT", "/web-hook/{id}", hooks.put_hook),
        Endpoint("DELETE", "/web-hook/{id}", hooks.delete_hook),
        Endpoint("GET", "/web-hook-log", hooks.list_logs),
    ]


def _discounts(path: str, kind: Discounts) -> list[Endpoint]:
    return [
        Endpoint("GET", path, kind.list_discounts),
        Endpoint("POST", path, kind.post_discount),
        Endpoint("GET", path + "/{id}", kind.get_discount),
        Endpoint("PUT", path + "/{id}", kind.put_discount),
        Endpoint("DELETE", path + "/{id}", kind.delete_discount),
    ]
