"""What the shop's staff does to products, for the control surface."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from infra.local.partners.double import ControlRefused, UnknownRecord
from infra.local.partners.records import ProductFields, VariantFields
from infra.local.partners.shopify.records import Product, Variant
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.shown import product_state

Json = dict[str, Any]


STATUSES = frozenset({"ACTIVE", "ARCHIVED", "DRAFT", "UNLISTED"})


class ProductShelf:
    """Products. Nobody is told: the double does not know their webhooks."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def create(self, fields: ProductFields) -> Json:
        """Raises `ControlRefused`."""
        if fields.title is None:
            raise ControlRefused(("title", "a product has one"))
        now = self._shop.now()
        product = Product(self._shop.new_number(), now, now, fields.title, variants=self._variants([VariantFields()]))
        changed = self._changed(product, fields)
        self._shop.products.put(changed)
        return product_state(changed)

    def change(self, product_id: str, fields: ProductFields) -> Json:
        """Change what `fields` names. Raises `ControlRefused` and `UnknownRecord`."""
        known = self._known(product_id)
        changed = self._changed(known, fields)
        if changed != known:
            changed = replace(changed, updated_at=self._shop.now())
            self._shop.products.put(changed)
        return product_state(changed)

    def delete(self, product_id: str) -> None:
        """Raises `UnknownRecord`."""
        self._shop.products.remove(self._known(product_id).number)

    def _known(self, text: str) -> Product:
        number = text.rpartition("/")[2]
        known = self._shop.products.get(int(number)) if number.isdecimal() else None
        if known is None:
            raise UnknownRecord
        return known

    def _changed(self, product: Product, fields: ProductFields) -> Product:
        given = {name: value for name, value in fields.given().items() if value is not None}
        if given.get("status", "ACTIVE") not in STATUSES:
            raise ControlRefused(("status", f"one of {', '.join(sorted(STATUSES))}"))
        if "variants" in given:
            given["variants"] = self._variants(given["variants"])
        return replace(product, **given)

    def _variants(self, told: list[VariantFields]) -> tuple[Variant, ...]:
        return tuple(
            Variant(self._shop.new_number(), one.title, one.sku, Decimal(one.price_cents) / 100) for one in told
        )
