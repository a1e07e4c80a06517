"""Merging two customers into one, as staff does it in the admin. There is no way back.

Read from the schema of 2026-10 and Shopify's documents: the loser's id is null from then on. That subscribers hear of
the loser as deleted and of the keeper as changed, besides, and in any order, is what others have seen. That no order is
reported, though each changes its owner, is what nobody denies.
"""

from dataclasses import replace
from uuid import uuid4

from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.customers import save_customer
from infra.local.partners.shopify.records import Customer
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.tags import joined


def merge_customers(shop: Shop, loser: Customer, keeper: Customer) -> Customer:
    """The keeper, with whatever it lacked, and with all orders of both."""
    shop.begin_action()
    shop.customers.remove(loser.number)
    for order in shop.orders_of(loser):
        shop.orders.put(replace(order, customer=keeper.number))
    shop.tell("CUSTOMERS_DELETE", payloads.deleted_customer(loser.number))
    merged = save_customer(shop, keeper, _joined(keeper, loser))
    shop.tell("CUSTOMERS_MERGE", payloads.merged_customers(keeper.number, loser.number, str(uuid4())))
    return merged


def _joined(keeper: Customer, loser: Customer) -> Customer:
    notes = [note for note in (keeper.note, loser.note) if note]
    return replace(
        keeper,
        email=keeper.email or loser.email,
        phone=keeper.phone or loser.phone,
        first_name=keeper.first_name or loser.first_name,
        last_name=keeper.last_name or loser.last_name,
        note="\n".join(notes) or None,
        tags=joined(keeper.tags, loser.tags),
        addresses=(*keeper.addresses, *loser.addresses),
        email_consent=keeper.email_consent if keeper.email else loser.email_consent,
        sms_consent=keeper.sms_consent if keeper.phone else loser.sms_consent,
    )
