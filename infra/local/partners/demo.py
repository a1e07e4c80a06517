"""How the doubles belong to the first demo tenant, and what is published about them."""

from collections.abc import Mapping, Sequence

from pydantic.alias_generators import to_camel

from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import Partner

ACCOUNTS: Mapping[PartnerName, str] = {PartnerName.SHOPIFY: "shop_domain", PartnerName.COMMERCE7: "tenant"}
"""The made-up credential that is the merchant's account with the partner, and no secret."""
SECRETS: Mapping[PartnerName, tuple[str, ...]] = {
    PartnerName.SHOPIFY: ("access_token", "webhook_secret"),
    PartnerName.COMMERCE7: ("app_id", "app_secret"),
}
"""Those that the hub needs to work with it."""


def account(partner: Partner) -> str:
    """What the partner knows the merchant by."""
    return partner.credentials[ACCOUNTS[partner.name]]


def hub_credentials(partner: Partner) -> dict[str, str]:
    """What an operator hands to the hub, in camelCase."""
    return {to_camel(name): partner.credentials[name] for name in SECRETS[partner.name]}


def partner_facts(partners: Sequence[Partner]) -> dict[str, dict[str, str]]:
    """For `demo.json`: where each double is, and with what it can be called."""
    return {
        partner.name.value: {
            "url": partner.url,
            to_camel(ACCOUNTS[partner.name]): account(partner),
            **hub_credentials(partner),
        }
        for partner in partners
    }
