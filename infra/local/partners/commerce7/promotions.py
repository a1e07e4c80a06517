"""Promotions, which apply by themselves, and coupons, which need their code: the same fields but for that.

The public documents are stale. Fields and their reading as requests of October 2026 had them: `discount` is in
hundredths of a percent or in cents, an audience is `availableTo` with `availableToObjectIds`.
"""

from datetime import datetime

from infra.local.partners.commerce7.announcing import announce
from infra.local.partners.commerce7.listing import Listing
from infra.local.partners.commerce7.payloads import CouponChange, NewCoupon, NewPromotion, PromotionChange
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.table import Row, Table
from infra.local.partners.commerce7.wire import ApiRequest, Json, Reply, checked, invalid, not_found, not_unique

ALL_OF_IT = 10_000
"""100 %, in hundredths of a percent."""
DEFAULTS: Json = {
    "actionMessage": None,
    "dollarOffDiscountApplies": None,
    "appliesToObjectIds": None,
    "excludes": None,
    "excludeObjectIds": None,
    "cartRequirementType": "None",
    "cartRequirement": None,
    "cartRequirementCountType": None,
    "cartContainsType": None,
    "usageLimitType": "Unlimited",
    "usageLimit": None,
    "availableToObjectIds": None,
    "clubFrequencies": [],
    "channels": ["All"],
    "promotionSets": [],
    "endDate": None,
}
READ_ONLY = ("id", "createdAt", "updatedAt", "usageCount")


class Discounts:
    """Endpoints of one of both kinds."""

    def __init__(
        self,
        shop: Shop,
        kind: str,
        shapes: tuple[type[NewPromotion], type[PromotionChange]],
    ) -> None:
        self._shop = shop
        self._kind = kind
        self._new, self._change = shapes
        self._listing = Listing(key=f"{kind.lower()}s", show=dict, words=_words)

    def list_discounts(self, request: ApiRequest) -> Reply:
        """`GET /promotion`; `q` finds parts of titles."""
        return Reply(200, self._listing.answer(self._table, request))

    def get_discount(self, request: ApiRequest) -> Reply:
        """`GET /promotion/{id}`."""
        return Reply(200, self._known(request))

    def post_discount(self, request: ApiRequest) -> Reply:
        """`POST /promotion`. Two promotions may have one title; a code is one coupon's."""
        wanted = {**DEFAULTS, **checked(self._new, request.body).given()}
        self._require_sense(wanted)
        row = self._shop.stamped({**wanted, "usageCount": 0})
        self._table.put(row)
        announce(self._shop, self._kind, "Create", row, self._shop.app_id)
        return Reply(201, row)

    def put_discount(self, request: ApiRequest) -> Reply:
        """`PUT /promotion/{id}`: lists are replaced whole."""
        row = self._known(request)
        changes = checked(self._change, request.body).given()
        wanted = {name: value for name, value in {**row, **changes}.items() if name not in READ_ONLY}
        # Null is no value for what a promotion must have.
        checked(self._new, wanted)
        self._require_sense({**wanted, "id": row["id"]})
        self._shop.touch(row, changes)
        announce(self._shop, self._kind, "Update", row, self._shop.app_id)
        return Reply(200, row)

    def delete_discount(self, request: ApiRequest) -> Reply:
        """`DELETE /promotion/{id}`."""
        row = self._known(request)
        self._table.remove(row["id"])
        announce(self._shop, self._kind, "Delete", row, self._shop.app_id)
        return Reply(204, None)

    @property
    def _table(self) -> Table:
        records = self._shop.records
        return records.promotions if self._kind == "Promotion" else records.coupons

    def _known(self, request: ApiRequest) -> Row:
        row = self._table.get(request.names["id"])
        if row is None:
            raise not_found()
        return row

    def _require_sense(self, wanted: Json) -> None:
        if wanted["discountType"] == "Percentage Off" and wanted["discount"] > ALL_OF_IT:
            raise invalid(("discount", f"must be at most {ALL_OF_IT}"))
        if wanted["discountType"] == "Dollar Off" and wanted["dollarOffDiscountApplies"] is None:
            raise invalid(("dollarOffDiscountApplies", "required"))
        if wanted["usageLimitType"] != "Unlimited" and wanted["usageLimit"] is None:
            raise invalid(("usageLimit", "required"))
        if any(row["id"] != wanted.get("id") and row["code"] == wanted["code"] for row in self._with_codes(wanted)):
            raise not_unique("code")
        self._require_audience(wanted)

    def _require_audience(self, wanted: Json) -> None:
        """`Tag` or `Group`: a switch says which one it is."""
        audience, ids = wanted["availableTo"], wanted["availableToObjectIds"] or []
        other = {"Tag", "Group"} - {self._shop.settings.promotion_audience.value}
        if audience in other:
            raise invalid(("availableTo", "invalid value"))
        if audience == "Everyone":
            return
        if not ids:
            raise invalid(("availableToObjectIds", "required"))
        if audience in ("Tag", "Group") and any(self._shop.records.tags.get(tag) is None for tag in ids):
            raise invalid(("availableToObjectIds", "not found"))

    def _with_codes(self, wanted: Json) -> list[Row]:
        return list(self._table) if "code" in wanted else []


def promotions(shop: Shop) -> Discounts:
    """Endpoints of `/promotion`."""
    return Discounts(shop, "Promotion", (NewPromotion, PromotionChange))


def coupons(shop: Shop) -> Discounts:
    """Endpoints of `/coupon`."""
    return Discounts(shop, "Coupon", (NewCoupon, CouponChange))


def applying(shop: Shop, tags: list[str]) -> list[Row]:
    """The promotions that take a percentage off a whole order of who bears those tags, the best one first."""
    now = shop.clock.now()
    found = [row for row in shop.records.promotions if _applies(row, tags, now)]
    return sorted(found, key=lambda row: int(row["discount"]), reverse=True)


def _applies(row: Row, tags: list[str], now: datetime) -> bool:
    started = datetime.fromisoformat(row["startDate"]) <= now
    ended = row["endDate"] is not None and datetime.fromisoformat(row["endDate"]) <= now
    audience = set(row["availableToObjectIds"] or ())
    reached = row["availableTo"] == "Everyone" or (row["availableTo"] in ("Tag", "Group") and audience & set(tags))
    is_plain = (row["type"], row["discountType"], row["appliesTo"]) == ("Product", "Percentage Off", "Store")
    return bool(is_plain and row["status"] == "Enabled" and started and not ended and reached)


def _words(row: Row) -> str:
    return f"{row['title']} {row.get('code', '')}".casefold()
