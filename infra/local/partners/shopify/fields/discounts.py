"""Discounts: automatic ones and those with a code."""

from collections.abc import Callable
from typing import Any

from infra.local.partners.shopify.discounts import (
    activate_discount,
    change_discount,
    create_discount,
    deactivate_discount,
    delete_discount,
)
from infra.local.partners.shopify.filters import FactFilter, Filters, NumberFilter, TimeFilter, TokenFilter, WordFilter
from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    CONNECTION_ARGUMENTS,
    LISTING_ARGUMENTS,
    Arguments,
    Execution,
    Fields,
    Inputs,
    Typed,
    connection,
    constant,
    listing,
    mutation,
    parts,
    payload,
    read,
    shown,
    user_error,
)
from infra.local.partners.shopify.paging import Page, page, whole
from infra.local.partners.shopify.predicates import EVERYTHING
from infra.local.partners.shopify.records import Discount
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.shop import CURRENCY, Shop

SORTS: dict[str, Callable[[Any], Any]] = {
    "ID": lambda discount: discount.number,
    "CREATED_AT": lambda discount: discount.created_at,
    "UPDATED_AT": lambda discount: discount.updated_at,
    "STARTS_AT": lambda discount: discount.starts_at,
    "TITLE": lambda discount: discount.title.casefold(),
}
CONTEXTS = {"all": "all", "customers": "customer", "segments": "segment"}
AUTOMATIC, CODE = "automaticBasicDiscount", "basicCodeDiscount"


def _filters(shop: Shop) -> Filters:
    return {
        "id": NumberFilter("number"),
        "title": TokenFilter(("title",)),
        "default": TokenFilter(("title", "code")),
        "code": WordFilter("code", "code"),
        "tag": WordFilter("tags", is_list=True),
        "created_at": TimeFilter("created_at"),
        "updated_at": TimeFilter("updated_at"),
        "starts_at": TimeFilter("starts_at"),
        "ends_at": TimeFilter("ends_at"),
        "status": FactFilter(lambda discount: (discount.status(shop.now()).lower(),)),
        "method": FactFilter(lambda discount: ("code" if discount.code else "automatic",)),
        "context": FactFilter(lambda discount: (CONTEXTS[discount.buyers.kind],)),
        "segment_ids": FactFilter(lambda discount: _numbers(discount, "segments")),
        "customer_ids": FactFilter(lambda discount: _numbers(discount, "customers")),
    }


def _numbers(discount: Discount, kind: str) -> tuple[str, ...]:
    return tuple(str(number) for number in discount.buyers.numbers) if discount.buyers.kind == kind else ()


def _list(execution: Execution, _source: Any, arguments: Arguments) -> Page:
    return listing(execution.shop.discounts, arguments, SORTS, _filters(execution.shop))


def _list_of(method: str) -> Callable[[Execution, Any, Arguments], Page]:
    """A listing of automatic discounts alone, or of those with a code."""

    def narrowed(execution: Execution, source: Any, arguments: Arguments) -> Page:
        query = arguments.get("query")
        if query:
            return _list(execution, source, {**arguments, "query": f"method:{method} AND ({query})"})
        discounts = execution.shop.discounts
        only = [one for one in discounts.live.values() if bool(one.code) == (method == "code")]
        view = type(discounts.live)(lambda _: (), only)
        return page(view, arguments, SORTS, EVERYTHING)

    return narrowed


def _get(execution: Execution, arguments: Arguments, has_code: bool | None) -> Discount | None:
    found = execution.shop.discounts.get(number_of(arguments["id"]))
    return found if found is not None and has_code in (None, bool(found.code)) else None


def _by_code(execution: Execution, _source: Any, arguments: Arguments) -> Discount | None:
    return execution.shop.discounts.live.first("code", arguments["code"].casefold())


def _known(shop: Shop, arguments: Arguments, *, has_code: bool) -> Discount:
    found = shop.discounts.get(number_of(arguments["id"]))
    if found is None or bool(found.code) != has_code:
        raise Refused(Problem(("id",), "Discount does not exist", "INVALID"))
    return found


def _create_automatic(shop: Shop, told: Arguments) -> dict[str, Any]:
    return {"automaticDiscountNode": create_discount(shop, told[AUTOMATIC], AUTOMATIC, has_code=False)}


def _update_automatic(shop: Shop, told: Arguments) -> dict[str, Any]:
    known = _known(shop, told, has_code=False)
    return {"automaticDiscountNode": change_discount(shop, known, told[AUTOMATIC], AUTOMATIC)}


def _activate_automatic(shop: Shop, told: Arguments) -> dict[str, Any]:
    return {"automaticDiscountNode": activate_discount(shop, _known(shop, told, has_code=False))}


def _deactivate_automatic(shop: Shop, told: Arguments) -> dict[str, Any]:
    return {"automaticDiscountNode": deactivate_discount(shop, _known(shop, told, has_code=False))}


def _delete_automatic(shop: Shop, told: Arguments) -> dict[str, Any]:
    delete_discount(shop, _known(shop, told, has_code=False))
    return {"deletedAutomaticDiscountId": told["id"]}


def _create_code(shop: Shop, told: Arguments) -> dict[str, Any]:
    return {"codeDiscountNode": create_discount(shop, told[CODE], CODE, has_code=True)}


def _update_code(shop: Shop, told: Arguments) -> dict[str, Any]:
    known = _known(shop, told, has_code=True)
    return {"codeDiscountNode": change_discount(shop, known, told[CODE], CODE)}


def _deactivate_code(shop: Shop, told: Arguments) -> dict[str, Any]:
    return {"codeDiscountNode": deactivate_discount(shop, _known(shop, told, has_code=True))}


def _delete_code(shop: Shop, told: Arguments) -> dict[str, Any]:
    delete_discount(shop, _known(shop, told, has_code=True))
    return {"deletedCodeDiscountId": told["id"]}


def _typed(discount: Discount) -> Typed:
    return Typed("DiscountCodeBasic" if discount.code else "DiscountAutomaticBasic", discount)


def _context(execution: Execution, discount: Discount, _: Arguments) -> Typed:
    """Whoever was deleted since is left out."""
    shop, numbers = execution.shop, discount.buyers.numbers
    if discount.buyers.kind == "customers":
        found = [shop.customers.get(number) for number in numbers]
        return Typed("DiscountCustomers", {"customers": [one for one in found if one is not None]})
    if discount.buyers.kind == "segments":
        known = [shop.segments.get(number) for number in numbers]
        return Typed("DiscountCustomerSegments", {"segments": [one for one in known if one is not None]})
    return Typed("DiscountBuyerSelectionAll", {"all": "ALL"})


def _value(discount: Discount) -> Typed:
    if discount.percentage is not None:
        return Typed("DiscountPercentage", {"percentage": discount.percentage})
    money = {"amount": discount.amount, "currencyCode": CURRENCY}
    return Typed("DiscountAmount", {"amount": money, "appliesOnEachItem": discount.applies_on_each_item})


def _minimum(discount: Discount) -> Typed | None:
    if discount.minimum_quantity is not None:
        return Typed("DiscountMinimumQuantity", {"greaterThanOrEqualToQuantity": discount.minimum_quantity})
    if discount.minimum_subtotal is not None:
        money = {"amount": discount.minimum_subtotal, "currencyCode": CURRENCY}
        return Typed("DiscountMinimumSubtotal", {"greaterThanOrEqualToSubtotal": money})
    return None


def _summary(discount: Discount) -> str:
    off = f"{discount.percentage:.10%}".rstrip("0%").rstrip(".") + "%" if discount.percentage else f"${discount.amount}"
    return f"{off} off entire order"


EVERYTHING_SOLD = Typed("AllDiscountItems", {"allItems": True})
BASIC: dict[str, Any] = {
    "title": read(lambda discount: discount.title),
    "status": shown(lambda execution, discount, _: discount.status(execution.shop.now())),
    "startsAt": read(lambda discount: discount.starts_at),
    "endsAt": read(lambda discount: discount.ends_at),
    "createdAt": read(lambda discount: discount.created_at),
    "updatedAt": read(lambda discount: discount.updated_at),
    "summary": read(_summary),
    "shortSummary": read(_summary),
    "tags": read(lambda discount: list(discount.tags)),
    "discountClasses": constant(["ORDER"]),
    "context": shown(_context),
    "customerGets": read(lambda discount: {"value": _value(discount), "items": EVERYTHING_SOLD}),
    "minimumRequirement": read(_minimum),
    "combinesWith": read(
        lambda discount: dict(
            zip(("orderDiscounts", "productDiscounts", "shippingDiscounts"), discount.combines_with, strict=True)
        )
    ),
}
FIELDS: Fields = {
    "DiscountAutomaticNode": {
        "id": read(lambda discount: gid("DiscountAutomaticNode", discount.number)),
        "automaticDiscount": read(_typed),
    },
    "DiscountCodeNode": {
        "id": read(lambda discount: gid("DiscountCodeNode", discount.number)),
        "codeDiscount": read(_typed),
    },
    "DiscountNode": {
        "id": read(lambda discount: gid("DiscountNode", discount.number)),
        "discount": read(_typed),
    },
    "DiscountAutomaticBasic": BASIC,
    "DiscountCodeBasic": {
        **BASIC,
        "appliesOncePerCustomer": read(lambda discount: discount.once_per_customer),
        "usageLimit": read(lambda discount: discount.usage_limit),
        "codes": shown(
            lambda _, discount, told: whole([discount], told, lambda one: one.number), *CONNECTION_ARGUMENTS
        ),
    },
    "DiscountRedeemCode": {
        "id": read(lambda discount: gid("DiscountRedeemCode", discount.number)),
        "code": read(lambda discount: discount.code),
    },
    **connection("DiscountAutomaticNode"),
    **connection("DiscountCodeNode"),
    **connection("DiscountNode"),
    **connection("DiscountRedeemCode"),
    "DiscountCustomers": parts("customers"),
    "DiscountCustomerSegments": parts("segments"),
    "DiscountBuyerSelectionAll": parts("all"),
    "DiscountCustomerGets": parts("value", "items"),
    "DiscountPercentage": parts("percentage"),
    "DiscountAmount": parts("amount", "appliesOnEachItem"),
    "AllDiscountItems": parts("allItems"),
    "DiscountCombinesWith": parts("orderDiscounts", "productDiscounts", "shippingDiscounts"),
    "DiscountMinimumQuantity": parts("greaterThanOrEqualToQuantity"),
    "DiscountMinimumSubtotal": parts("greaterThanOrEqualToSubtotal"),
    **payload("DiscountAutomaticBasicCreatePayload", "automaticDiscountNode"),
    **payload("DiscountAutomaticBasicUpdatePayload", "automaticDiscountNode"),
    **payload("DiscountAutomaticActivatePayload", "automaticDiscountNode"),
    **payload("DiscountAutomaticDeactivatePayload", "automaticDiscountNode"),
    **payload("DiscountAutomaticDeletePayload", "deletedAutomaticDiscountId"),
    **payload("DiscountCodeBasicCreatePayload", "codeDiscountNode"),
    **payload("DiscountCodeBasicUpdatePayload", "codeDiscountNode"),
    **payload("DiscountCodeDeactivatePayload", "codeDiscountNode"),
    **payload("DiscountCodeDeletePayload", "deletedCodeDiscountId"),
    **user_error("DiscountUserError", has_code=True, extra="extraInfo"),
}
QUERIES = {
    "discountNode": shown(lambda execution, _, told: _get(execution, told, None), "id"),
    "automaticDiscountNode": shown(lambda execution, _, told: _get(execution, told, has_code=False), "id"),
    "codeDiscountNode": shown(lambda execution, _, told: _get(execution, told, has_code=True), "id"),
    "codeDiscountNodeByCode": shown(_by_code, "code"),
    "discountNodes": shown(_list, *LISTING_ARGUMENTS),
    "automaticDiscountNodes": shown(_list_of("automatic"), *LISTING_ARGUMENTS),
    "codeDiscountNodes": shown(_list_of("code"), *LISTING_ARGUMENTS),
}
MUTATIONS = {
    "discountAutomaticBasicCreate": mutation(_create_automatic, AUTOMATIC),
    "discountAutomaticBasicUpdate": mutation(_update_automatic, "id", AUTOMATIC),
    "discountAutomaticActivate": mutation(_activate_automatic, "id"),
    "discountAutomaticDeactivate": mutation(_deactivate_automatic, "id"),
    "discountAutomaticDelete": mutation(_delete_automatic, "id"),
    "discountCodeBasicCreate": mutation(_create_code, CODE),
    "discountCodeBasicUpdate": mutation(_update_code, "id", CODE),
    "discountCodeDeactivate": mutation(_deactivate_code, "id"),
    "discountCodeDelete": mutation(_delete_code, "id"),
}
_COMMON = frozenset(
    {"combinesWith", "context", "customerGets", "endsAt", "minimumRequirement", "startsAt", "tags", "title"}
)
_DIFFERENCE = frozenset({"add", "remove"})
INPUTS: Inputs = {
    "DiscountAutomaticBasicInput": _COMMON,
    "DiscountCodeBasicInput": _COMMON | {"appliesOncePerCustomer", "code", "usageLimit"},
    "DiscountContextInput": frozenset({"all", "customers", "customerSegments"}),
    "DiscountCustomersInput": _DIFFERENCE,
    "DiscountCustomerSegmentsInput": _DIFFERENCE,
    "DiscountCombinesWithInput": frozenset({"orderDiscounts", "productDiscounts", "shippingDiscounts"}),
    "DiscountCustomerGetsInput": frozenset({"items", "value"}),
    "DiscountCustomerGetsValueInput": frozenset({"percentage", "discountAmount"}),
    "DiscountAmountInput": frozenset({"amount", "appliesOnEachItem"}),
    "DiscountItemsInput": frozenset({"all"}),
    "DiscountMinimumRequirementInput": frozenset({"quantity", "subtotal"}),
    "DiscountMinimumQuantityInput": frozenset({"greaterThanOrEqualToQuantity"}),
    "DiscountMinimumSubtotalInput": frozenset({"greaterThanOrEqualToSubtotal"}),
}
