"""Products of a shop, with all of their variants."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import ShopifyClient
from customerhub.connectors.shopify.documents import PRODUCT_VARIANTS, PRODUCTS_PAGE
from customerhub.connectors.shopify.ids import to_external_id
from customerhub.connectors.shopify.pages import MAX_PAGES, MAX_ROWS, PageReader, changed_since, read_page
from customerhub.connectors.shopify.payloads import (
    ShopifyProductPayload,
    ShopifyShopPayload,
    ShopifyVariantPayload,
    ShopifyVariants,
)
from customerhub.domain.money import Money
from customerhub.domain.remote import RemotePage, RemoteProduct, RemoteVariant
from customerhub.errors import PartnerRefused, UnreadableRecord

Payload = TypeVar("Payload", bound=BaseModel)


class ShopifyProducts:
    """Needs the scope `read_products`."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self._pages = PageReader(client, PRODUCTS_PAGE, "products")

    def changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteProduct]:
        """A page, the one changed longest ago first. One request, and one more for each 250 variants of a product with
        more than ten."""
        nodes, result, following = self._pages.page(changed_since(since), cursor)
        shop = _read(ShopifyShopPayload, result.data.get("shop"))
        return read_page(nodes, following, lambda node, _: self._to_product(node, shop.currency_code))

    def _to_product(self, node: Mapping[str, Any], currency: str) -> RemoteProduct:
        told = _read(ShopifyProductPayload, node)
        return RemoteProduct(
            id=to_external_id(told.id),
            title=told.title,
            status=told.status.lower(),
            updated_at=told.updated_at,
            vendor=told.vendor or None,
            kind=told.product_type or None,
            variants=tuple(_to_variant(variant, currency) for variant in self._variants(told)),
            raw=node,
        )

    def _variants(self, product: ShopifyProductPayload) -> Iterator[ShopifyVariantPayload]:
        """All of them; those that are known where the product is deleted meanwhile."""
        told: ShopifyVariants | None = product.variants
        for _ in range(MAX_PAGES):
            if told is None:
                return
            yield from told.nodes
            if not told.page_info.has_next_page:
                return
            told = self._more_variants(product.id, told.page_info.end_cursor)
        raise PartnerRefused("Shopify lists more variants of a product than there can be", reason="too_many_records")

    def _more_variants(self, product: str, cursor: str | None) -> ShopifyVariants | None:
        variables = {"id": product, "first": MAX_ROWS, "after": cursor}
        found = self._client.run(PRODUCT_VARIANTS, variables, rows=MAX_ROWS).data.get("product")
        return _read(ShopifyVariants, found.get("variants")) if isinstance(found, dict) else None


def _to_variant(told: ShopifyVariantPayload, currency: str) -> RemoteVariant:
    price = None if told.price is None else Money.from_decimal(told.price, currency)
    return RemoteVariant(to_external_id(told.id), told.title, told.sku or None, price)


def _read(model: type[Payload], told: object) -> Payload:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise UnreadableRecord(f"Shopify answered a product that cannot be read: {places_of(error)}") from error
