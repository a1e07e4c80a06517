"""Addresses from the inputs of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.local.partners.shopify.gids import number_of
from infra.local.partners.shopify.records import Address
from infra.local.partners.shopify.shop import Shop

FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "provinceCode": "province_code",
    "zip": "zip",
    "countryCode": "country_code",
    "phone": "phone",
}


def read_address(shop: Shop, told: Mapping[str, Any], known: Address | None = None) -> Address:
    """A new address, or `known` with what is told of it."""
    given: dict[str, Any] = {name: told[field] or None for field, name in FIELDS.items() if field in told}
    return replace(known or Address(shop.new_number()), **given)


def read_addresses(shop: Shop, told: Sequence[Mapping[str, Any]], known: Sequence[Address]) -> tuple[Address, ...]:
    """All addresses of a customer from now on. One with the id or the contents of a known one is that one."""
    addresses = []
    left = list(known)
    for one in told:
        same = _same(left, one)
        if same is not None:
            left.remove(same)
        addresses.append(read_address(shop, one, same))
    return tuple(addresses)


def _same(known: Sequence[Address], told: Mapping[str, Any]) -> Address | None:
    if told.get("id"):
        number = number_of(told["id"])
        return next((address for address in known if address.number == number), None)
    given = {name: told.get(field) or None for field, name in FIELDS.items()}
    return next((one for one in known if all(getattr(one, name) == given[name] for name in given)), None)
