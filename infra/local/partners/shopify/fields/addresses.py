"""`MailingAddress`."""

from typing import Any

from infra.local.partners.shopify.gids import address_gid
from infra.local.partners.shopify.model import Fields, Inputs, connection, read
from infra.local.partners.shopify.places import country_name, province_name


def _name(address: Any) -> str | None:
    return " ".join(part for part in (address.first_name, address.last_name) if part) or None


FIELDS: Fields = {
    "MailingAddress": {
        "id": read(lambda address: address_gid(address.number)),
        "firstName": read(lambda address: address.first_name),
        "lastName": read(lambda address: address.last_name),
        "name": read(_name),
        "company": read(lambda address: address.company),
        "address1": read(lambda address: address.address1),
        "address2": read(lambda address: address.address2),
        "city": read(lambda address: address.city),
        "province": read(lambda address: province_name(address.country_code, address.province_code)),
        "provinceCode": read(lambda address: address.province_code),
        "zip": read(lambda address: address.zip),
        "country": read(lambda address: country_name(address.country_code)),
        "countryCodeV2": read(lambda address: address.country_code),
        "phone": read(lambda address: address.phone),
    },
    **connection("MailingAddress"),
}
INPUTS: Inputs = {
    "MailingAddressInput": frozenset(
        {
            "address1",
            "address2",
            "city",
            "company",
            "countryCode",
            "firstName",
            "id",
            "lastName",
            "phone",
            "provinceCode",
            "zip",
        }
    )
}
