"""A shop's products are mirrored as the shop has them."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.remote import RemoteProduct, RemoteVariant
from customerhub.errors import HubError
from infra.local.tables import DynamoDBTables
from tests.support.faults import FAILURES, Crash, FailingClient
from tests.support.one_client import with_one_client
from tests.support.order_desk import NOW, OTHER, SHOP, OrderDesk, codes, open_desk

VARIANTS = (
    RemoteVariant(ExternalId("11"), "750 ml", "PN-750", Money(2900, "USD")),
    RemoteVariant(ExternalId("12"), "Magnum"),
)


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> OrderDesk:
    """Over the shared tables, of a fresh tenant."""
    return open_desk(with_one_client(dynamodb_tables))


def product(number: str = "1", minutes: float = 0, **told: Any) -> RemoteProduct:
    defaults: dict[str, Any] = {
        "title": "Pinot",
        "status": "active",
        "updated_at": NOW + timedelta(minutes=minutes),
        "vendor": "Acme",
        "kind": "wine",
        "variants": VARIANTS,
        "raw": {"id": number},
    }
    return RemoteProduct(ExternalId(number), **defaults | told)


def known(desk: OrderDesk, number: str = "1") -> RemoteProduct | None:
    ids = [ExternalId(number)]
    return desk.turn().records.find_products(desk.till.tenant.id, SHOP, ids).get(ExternalId(number))


def test_products_are_kept_as_they_are_told_without_the_payload(desk: OrderDesk) -> None:
    assert codes(desk.products(product("1"), product("2", variants=()))) == [("created", None), ("created", None)]
    assert known(desk) == replace(product("1"), raw={})
    assert codes(desk.products(product("1", 1, status="archived"))) == [("updated", None)]
    found = known(desk)
    assert found
    assert found.status == "archived"


def test_a_page_that_is_as_it_was_is_three_reads_and_no_write(desk: OrderDesk) -> None:
    page = [product(str(number)) for number in range(250)]
    desk.products(*page)
    recorder = FailingClient(desk.tables.client())
    assert {code for code, _ in codes(desk.products(*page, turn=desk.turn(recorder)))} == {"unchanged"}
    assert recorder.calls == ["batch_get_item"] * 3


def test_the_newest_word_wins_in_whatever_order_words_come(desk: OrderDesk) -> None:
    """Invariant 3."""
    for number, order in enumerate(permutations((0, 1, 2))):
        for minutes in order:
            desk.products(product(str(number), minutes))
        found = known(desk, str(number))
        assert found
        assert found.updated_at == NOW + timedelta(minutes=2)
    assert codes(desk.products(product("0", 1))) == [("skipped", "old")]


def test_an_older_word_that_comes_at_the_same_time_loses(desk: OrderDesk) -> None:
    """Both have read that the product is not known."""
    turn = desk.turn()
    turn.records.put_product(desk.till.tenant.id, SHOP, product("1", 5))

    class Blind:
        """Sees no product, as who has looked before it came."""

        def find_products(self, *_: Any) -> dict[ExternalId, RemoteProduct]:
            return {}

        def __getattr__(self, name: str) -> Any:
            return getattr(turn.records, name)

    late = replace(turn, records=Blind())
    assert codes(desk.products(product("1"), turn=late)) == [("skipped", "old")]
    found = known(desk)
    assert found
    assert found.updated_at == NOW + timedelta(minutes=5)


def test_shops_have_products_of_their_own(desk: OrderDesk) -> None:
    desk.products(product("1"))
    assert codes(desk.products(product("1"), turn=desk.turn(integration=OTHER))) == [("created", None)]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
@pytest.mark.parametrize("at", range(3))
def test_a_failure_anywhere_is_mended_by_the_next_attempt(desk: OrderDesk, at: int, failure: Any) -> None:
    """Invariant 2."""
    page = [product("1"), product("2")]
    client = FailingClient(desk.tables.client(), at, failure if failure.happens_to(_call(at)) else FAILURES[0])
    try:
        desk.products(*page, turn=desk.turn(client))
    except (HubError, Crash):
        assert len(client.calls) > at
    assert {code for code, _ in codes(desk.products(*page))} <= {"created", "unchanged"}
    assert known(desk, "1")
    assert known(desk, "2")


def _call(at: int) -> str:
    return "batch_get_item" if at == 0 else "put_item"
