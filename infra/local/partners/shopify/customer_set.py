"""`customerSet`: find by an identifier and change, else create."""

from collections.abc import Mapping
from typing import Any

from infra.local.partners.shopify.customers import change_customer, create_customer, read_phone
from infra.local.partners.shopify.gids import number_of
from infra.local.partners.shopify.records import Customer
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.shop import Shop


def set_customer(shop: Shop, identifier: Mapping[str, Any] | None, told: Mapping[str, Any]) -> Customer:
    """Without an identifier, create one. The field that identifies must be told with the same value. Raises `Refused`,
    with paths that start at the input."""
    try:
        known = _identified(shop, identifier, told)
        return create_customer(shop, told) if known is None else change_customer(shop, known, told)
    except Refused as refusal:
        raise Refused(*(_under_input(problem) for problem in refusal.problems)) from refusal


def _under_input(problem: Problem) -> Problem:
    path = problem.field or ()
    return problem if path[:1] == ("identifier",) else Problem(("input", *path), problem.message, problem.code)


def _identified(shop: Shop, identifier: Mapping[str, Any] | None, told: Mapping[str, Any]) -> Customer | None:
    if identifier is None:
        return _by_id(shop, told["id"], ("id",)) if told.get("id") else None
    if "id" in told:
        raise Refused(Problem(("id",), "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED"))
    if "id" in identifier:
        return _by_id(shop, identifier["id"], ("identifier", "id"))
    ((field, value),) = identifier.items()
    key = _key(field, value)
    if told.get(field) is None:
        message = f"The input field corresponding to the identifier is required: {field}."
        raise Refused(Problem((field,), message, "MISSING_FIELD_REQUIRED"))
    if key is None or _key(field, told[field]) != key:
        message = "The identifier value does not match the value of the input field."
        raise Refused(Problem((field,), message, "INPUT_MISMATCH"))
    return shop.customers.live.first(field, key)


def _by_id(shop: Shop, text: str, field: tuple[str, ...]) -> Customer:
    known = shop.customers.get(number_of(text))
    if known is None:
        raise Refused(Problem(field, "Resource matching the identifier was not found.", "NOT_FOUND"))
    return known


def _key(field: str, value: str) -> str | None:
    return read_phone(value) if field == "phone" else value.strip().casefold()
