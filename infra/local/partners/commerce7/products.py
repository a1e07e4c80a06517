"""Products: read by the API, written by the control surface (developer.commerce7.com/docs/products, July 2026)."""

from typing import Any

from infra.local.partners.commerce7.filters import moment, text
from infra.local.partners.commerce7.listing import Column, Listing
from infra.local.partners.commerce7.shop import Shop, new_id
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import ApiRequest, Json, Reply, not_found
from infra.local.partners.double import ControlRefused, UnknownRecord
from infra.local.partners.records import ProductFields, VariantFields

STATUSES = frozenset({"Available", "Not Available", "Hidden"})
"""Of the admin; the web shop's are others, and follow."""
COLUMNS = {
    "updatedAt": Column(lambda row: row["updatedAt"], moment),
    "adminStatus": Column(lambda row: row["adminStatus"], text),
    "webStatus": Column(lambda row: row["webStatus"], text),
}
PRODUCTS = Listing(
    key="products",
    show=dict,
    columns=COLUMNS,
    words=lambda row: str(row["title"]).casefold(),
    has_cursors=True,
    elsewhere=frozenset({"collectionId"}),
)


class Products:
    """Endpoints of `/product`, and what staff does."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def list_products(self, request: ApiRequest) -> Reply:
        """`GET /product`."""
        return Reply(200, PRODUCTS.answer(self._shop.records.products, request))

    def get_product(self, request: ApiRequest) -> Reply:
        """`GET /product/{id}`."""
        product = self._shop.records.products.get(request.names["id"])
        if product is None:
            raise not_found()
        return Reply(200, product)

    def create(self, fields: ProductFields) -> Json:
        """Raises `ControlRefused`."""
        if fields.title is None:
            raise ControlRefused(("title", "required"))
        plain = {"type": "Wine", "adminStatus": "Available", "webStatus": "Available", **EMPTY}
        product = self._shop.stamped({**plain, "variants": [_variant(VariantFields())], **_content(fields)})
        self._shop.records.products.put(product)
        return product

    def change(self, product_id: str, fields: ProductFields) -> Json:
        """Change what `fields` names. Raises `ControlRefused` and `UnknownRecord`."""
        product = self._known(product_id)
        self._shop.touch(product, _content(fields))
        return product

    def delete(self, product_id: str) -> None:
        """Raises `UnknownRecord`."""
        self._shop.records.products.remove(self._known(product_id)["id"])

    def _known(self, product_id: str) -> Row:
        product = self._shop.records.products.get(product_id)
        if product is None:
            raise UnknownRecord
        return product


EMPTY: Json = {
    "subTitle": "",
    "image": None,
    "departmentId": None,
    "vendorId": None,
    "teaser": None,
    "content": None,
    "slug": None,
    "metaData": None,
    "productTemplateId": None,
    "images": [],
    "bundleItems": [],
    "collections": [],
    "seo": {"title": None, "description": None},
    "security": {"availableTo": "Public"},
}
"""What a product has, and nobody asks for."""


def _content(fields: ProductFields) -> Json:
    given = {name: value for name, value in fields.given().items() if value is not None}
    if "vendor" in given:
        raise ControlRefused(("vendor", "a product of Commerce7 has a vendor's id"))
    if given.get("status", "Available") not in STATUSES:
        raise ControlRefused(("status", f"one of {', '.join(sorted(STATUSES))}"))
    names = {"title": "title", "status": "adminStatus", "kind": "type"}
    content: Json = {names[name]: value for name, value in given.items() if name in names}
    if "variants" in given:
        content["variants"] = [_variant(one) for one in given["variants"]]
    return content


def _variant(fields: VariantFields) -> dict[str, Any]:
    return {
        "id": new_id(),
        "title": fields.title,
        "sku": fields.sku,
        "price": fields.price_cents,
        "comparePrice": None,
        "sortOrder": 1,
        "hasInventory": False,
        "inventoryPolicy": "Back Order",
        "inventory": [],
        "hasShipping": True,
        "taxType": "Wine",
        "weight": 3,
        "volumeInML": 750,
        "costOfGood": 0,
        "bottleDeposit": 0,
        "upcCode": None,
    }
