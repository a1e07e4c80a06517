"""Doubles of the partners for the tests of the local stack."""

from collections.abc import Iterator

import pytest

from infra.local.partners.processes import Partner
from tests.support.commerce7 import Commerce7Caller
from tests.support.shopify import ShopifyCaller


@pytest.fixture
def commerce7(commerce7_partner: Partner) -> Iterator[Commerce7Caller]:
    """The double as on its first day."""
    commerce7_partner.start()
    caller = Commerce7Caller(commerce7_partner)
    caller.control("POST", "reset")
    with caller.http:
        yield caller


@pytest.fixture
def shopify(shopify_partner: Partner) -> Iterator[ShopifyCaller]:
    """The double as on its first day."""
    shopify_partner.start()
    caller = ShopifyCaller(shopify_partner)
    caller.control("POST", "reset")
    with caller.http:
        yield caller
