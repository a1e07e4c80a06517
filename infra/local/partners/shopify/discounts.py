"""What can be done to discounts: a percentage or an amount off everything, for all, some customers or some segments."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.gids import number_of
from infra.local.partners.shopify.records import Buyers, Customer, Discount
from infra.local.partners.shopify.refusals import NotModelled, Problem, Refused, refuse_if
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.tags import joined, read_tags

MOST_ACTIVE = 25
COMBINATIONS = ("orderDiscounts", "productDiscounts", "shippingDiscounts")


def create_discount(shop: Shop, told: Mapping[str, Any], argument: str, *, has_code: bool) -> Discount:
    """Add a discount; `argument` is the name of the input in the paths of problems. Raises `Refused`."""
    now = shop.now()
    blank = Discount(shop.new_number(), "", now, now, now)
    required = ("title", "startsAt", "customerGets", *(("code",) if has_code else ()))
    missing = [
        Problem((argument, field), f"{_words(field)} can't be blank", "BLANK")
        for field in required
        if not told.get(field)
    ]
    refuse_if(missing)
    discount = _changed(shop, blank, told, argument)
    _check(shop, None, discount, argument)
    shop.discounts.put(discount)
    shop.tell("DISCOUNTS_CREATE", payloads.discount(discount, discount.status(now)))
    return discount


def change_discount(shop: Shop, known: Discount, told: Mapping[str, Any], argument: str) -> Discount:
    """Change what `told` names; `add` and `remove` of buyers are differences. Raises `Refused`."""
    changed = _changed(shop, known, told, argument)
    _check(shop, known, changed, argument)
    return _save(shop, known, changed)


def deactivate_discount(shop: Shop, known: Discount) -> Discount:
    """End it now. Nothing happens where it has ended."""
    now = shop.now()
    if known.status(now) == "EXPIRED":
        return known
    return _save(shop, known, replace(known, ends_at=now, starts_at=min(known.starts_at, now)))


def activate_discount(shop: Shop, known: Discount) -> Discount:
    """Start it now, without an end where that is over. Raises `Refused`."""
    now = shop.now()
    over = known.ends_at is not None and known.ends_at <= now
    started = replace(known, starts_at=min(known.starts_at, now), ends_at=None if over else known.ends_at)
    _check(shop, known, started, "id")
    return _save(shop, known, started)


def delete_discount(shop: Shop, known: Discount) -> None:
    """Delete it."""
    shop.discounts.remove(known.number)
    shop.tell("DISCOUNTS_DELETE", payloads.discount(known, known.status(shop.now())))


def applies_to(shop: Shop, discount: Discount, customer: Customer | None) -> bool:
    """Whether it is for this buyer; None is somebody whom the shop does not know."""
    if discount.buyers.kind == "all":
        return True
    if customer is None:
        return False
    if discount.buyers.kind == "customers":
        return customer.number in discount.buyers.numbers
    segments = (shop.segments.get(number) for number in discount.buyers.numbers)
    return any(segment is not None and shop.is_member(segment, customer) for segment in segments)


def _save(shop: Shop, known: Discount, changed: Discount) -> Discount:
    if changed == known:
        return known
    changed = replace(changed, updated_at=shop.now())
    shop.discounts.put(changed)
    shop.tell("DISCOUNTS_UPDATE", payloads.discount(changed, changed.status(shop.now())))
    return changed


def _words(field: str) -> str:
    words = {"startsAt": "Starts at", "customerGets": "Customer gets"}
    return words.get(field, field.capitalize())


def _changed(shop: Shop, known: Discount, told: Mapping[str, Any], argument: str) -> Discount:
    given: dict[str, Any] = {}
    readers: dict[str, Callable[[Any], dict[str, Any]]] = {
        "title": lambda title: {"title": title.strip()},
        "startsAt": lambda at: {"starts_at": _seconds(at)},
        "endsAt": lambda at: {"ends_at": _seconds(at) if at else None},
        "tags": lambda tags: {"tags": joined((), read_tags(tags or ()))},
        "code": lambda code: {"code": code.strip()},
        "usageLimit": lambda limit: {"usage_limit": limit},
        "appliesOncePerCustomer": lambda once: {"once_per_customer": bool(once)},
        "combinesWith": lambda wanted: {"combines_with": tuple(bool(wanted.get(one)) for one in COMBINATIONS)},
        "minimumRequirement": _minimum,
        "customerGets": lambda wanted: _value(wanted, argument),
        "context": lambda context: {"buyers": _buyers(shop, known.buyers, context, argument)},
    }
    for field, read in readers.items():
        if field in told and (told[field] is not None or field in {"endsAt", "usageLimit", "tags"}):
            given |= read(told[field])
    return replace(known, **given)


def _seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _minimum(wanted: Mapping[str, Any]) -> dict[str, Any]:
    quantity = (wanted.get("quantity") or {}).get("greaterThanOrEqualToQuantity")
    subtotal = (wanted.get("subtotal") or {}).get("greaterThanOrEqualToSubtotal")
    return {"minimum_quantity": quantity, "minimum_subtotal": subtotal}


def _value(wanted: Mapping[str, Any], argument: str) -> dict[str, Any]:
    """Exactly one of a percentage and an amount, off everything."""
    path = (argument, "customerGets", "value")
    items = wanted.get("items")
    if items is not None and not items.get("all"):
        raise NotModelled("discounts off single products or collections")
    value = wanted.get("value")
    if value is None:
        return {}
    percentage, amount = value.get("percentage"), value.get("discountAmount")
    if (percentage is None) == (amount is None):
        raise Refused(Problem(path, "Exactly one of percentage and discountAmount must be given", "TOO_MANY_ARGUMENTS"))
    if amount is not None:
        off = amount.get("amount")
        if off is None or off <= 0:
            raise Refused(Problem((*path, "discountAmount"), "Amount must be greater than 0", "GREATER_THAN"))
        return {
            "percentage": None,
            "amount": Decimal(off),
            "applies_on_each_item": bool(amount.get("appliesOnEachItem")),
        }
    if not 0 < percentage <= 1:
        raise Refused(
            Problem((*path, "percentage"), "Percentage must be greater than 0.0 and up to 1.0", "VALUE_OUTSIDE_RANGE")
        )
    return {"percentage": percentage, "amount": None, "applies_on_each_item": False}


def _buyers(shop: Shop, known: Buyers, context: Mapping[str, Any], argument: str) -> Buyers:
    ((name, told),) = context.items()
    if name == "all":
        return Buyers()
    kind = {"customers": "customers", "customerSegments": "segments"}[name]
    numbers = list(known.numbers) if known.kind == kind else []
    gone = {number_of(text) for text in told.get("remove") or ()}
    numbers = [number for number in numbers if number not in gone]
    records: Callable[[int], Any] = shop.customers.get if kind == "customers" else shop.segments.get
    for text in told.get("add") or ():
        number = number_of(text)
        if records(number) is None:
            raise Refused(Problem((argument, "context", name, "add"), f"{text} does not exist"))
        if number not in numbers:
            numbers.append(number)
    return Buyers(kind, tuple(numbers))


def _check(shop: Shop, known: Discount | None, discount: Discount, argument: str) -> None:
    if not discount.title:
        raise Refused(Problem((argument, "title"), "Title can't be blank", "BLANK"))
    if discount.ends_at is not None and discount.ends_at < discount.starts_at:
        message = "Ends at must be after starts at"
        raise Refused(Problem((argument, "endsAt"), message, "END_DATE_BEFORE_START_DATE"))
    now = shop.now()
    _check_unique(shop, discount, argument)
    starts = discount.status(now) == "ACTIVE" and (known is None or known.status(now) != "ACTIVE")
    if discount.code is None and starts and _active(shop, now) >= MOST_ACTIVE:
        message = f"You can have at most {MOST_ACTIVE} active automatic discounts at a time."
        raise Refused(Problem((argument, "startsAt"), message, "ACTIVE_PERIOD_OVERLAP"))


def _check_unique(shop: Shop, discount: Discount, argument: str) -> None:
    """Codes are unique; of automatic discounts the titles, as long as they have not ended."""
    if discount.code is not None:
        owner = shop.discounts.live.first("code", discount.code.casefold())
        if owner is not None and owner.number != discount.number:
            raise Refused(Problem((argument, "code"), "Code must be unique. Please try a different code.", "TAKEN"))
        return
    now = shop.now()
    for other in shop.discounts.live.values():
        is_other = other.code is None and other.number != discount.number and other.status(now) != "EXPIRED"
        if is_other and other.title.casefold() == discount.title.casefold() and discount.status(now) != "EXPIRED":
            raise Refused(Problem((argument, "title"), "Title must be unique for automatic discount.", "TAKEN"))


def _active(shop: Shop, now: datetime) -> int:
    discounts = shop.discounts.live.values()
    return sum(1 for one in discounts if one.code is None and one.status(now) == "ACTIVE")
