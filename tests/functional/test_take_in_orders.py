"""A shop's orders land on their buyers, and end as the shop told them last."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.remote import RemoteChange, RemoteOrder
from customerhub.domain.run import RecordVerdict
from customerhub.errors import CredentialsRefused, HubError, NotReadyYet, PartnerUnavailable
from customerhub.services.take_in_order_change import take_in_order_change
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, enrollments_in, orders_in
from tests.support.faults import FailingClient, UseCase, survive_every_failure
from tests.support.one_client import with_one_client
from tests.support.order_desk import (
    NOW,
    OTHER,
    SHOP,
    OrderDesk,
    a_customer,
    an_order,
    codes,
    open_desk,
)

ANN = "ann@example.com"
HOME = {"address1": "1 Main St", "city": "Napa", "zip": "94558", "company": "", "country": "US"}
KEPT = {"line1": "1 Main St", "city": "Napa", "postalCode": "94558", "country": "US"}


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> OrderDesk:
    """Over the shared tables, of a fresh tenant."""
    return open_desk(with_one_client(dynamodb_tables))


def stored(desk: OrderDesk) -> list[dict[str, Any]]:
    """The tenant's orders, by number."""
    return sorted(orders_in(desk.tables, desk.till.tenant.id), key=lambda item: str(item["external_id"]))


def test_guests_are_found_or_made_by_what_the_order_says_of_them(desk: OrderDesk) -> None:
    known = desk.till.manage(email=ANN, firstName="Ann").id
    verdicts = desk.orders(
        an_order("1", email="ANN@example.com"),
        an_order("2", email="bob@example.com", phone="+17075550123"),
        an_order("3", phone="707 555 0123"),
        an_order("4", email="not an address", phone="+17075550144"),
        an_order("5", email="not an address", phone="12"),
        an_order("6"),
    )
    assert codes(verdicts) == [
        ("created", None),
        ("created", None),
        ("created", None),
        ("created", None),
        ("skipped", "no_buyer"),
        ("skipped", "no_buyer"),
    ]
    assert verdicts[0].customer == known
    assert verdicts[1].customer == verdicts[2].customer
    bob = desk.till.get(str(verdicts[1].customer)).customer
    assert (bob["email"], bob["createdVia"]) == ("bob@example.com", SHOP)
    assert [order["external_id"] for order in stored(desk)] == ["1", "2", "3", "4"]


def test_orders_that_are_as_they_were_known_cost_no_call_of_their_own(desk: OrderDesk) -> None:
    """Invariant 4: nothing is written, whoever tells it."""
    page = [an_order(str(number), email=f"p{number}@example.com") for number in range(250)]
    assert {code for code, _ in codes(desk.orders(*page))} == {"created"}
    recorder = FailingClient(desk.tables.client())
    verdicts = desk.orders(*page, turn=desk.turn(recorder))
    assert {code for code, _ in codes(verdicts)} == {"unchanged"}
    assert recorder.calls == ["batch_get_item"] * 6
    assert all(verdict.customer for verdict in verdicts)
    assert desk.shop.asked == []


def test_the_newest_word_wins_in_whatever_order_words_come(desk: OrderDesk) -> None:
    """Invariant 3."""
    words = [
        an_order("1", minutes, email=ANN, total=Money(total, "USD"), is_cancelled=cancelled)
        for minutes, total, cancelled in ((0, 1000, False), (1, 2000, False), (2, 500, True))
    ]
    for number, order in enumerate(permutations(words)):
        renamed = [replace(word, id=ExternalId(f"o{number}")) for word in order]
        for word in renamed:
            desk.orders(word)
        (kept,) = (item for item in stored(desk) if item["external_id"] == f"o{number}")
        assert (int(kept["total_minor"]), kept["cancelled"]) == (500, True), order
    assert codes(desk.orders(replace(words[0], id=ExternalId("o0")))) == [("skipped", "old")]


def test_two_words_about_one_order_in_one_page(desk: OrderDesk) -> None:
    first, second = an_order("1", 0, email=ANN), an_order("1", 5, email=ANN, total=Money(7700, "USD"))
    assert codes(desk.orders(second, first)) == [("created", None), ("skipped", "old")]
    assert [int(order["total_minor"]) for order in stored(desk)] == [7700]


def test_a_guest_whose_phone_is_somebody_elses_is_known_by_the_email(desk: OrderDesk) -> None:
    ann = desk.till.manage(email=ANN, firstName="Ann").id
    bob = desk.till.manage(email="bob@example.com", phone="+17075550123", firstName="Bob").id
    known, fresh = desk.orders(
        an_order("1", email=ANN, phone="+17075550123"), an_order("2", email="new@example.com", phone="+17075550123")
    )
    assert codes([known, fresh]) == [("created", None), ("created", None)]
    assert known.customer == ann
    assert fresh.customer not in (ann, bob)
    assert [one["value"] for one in desk.exported(str(fresh.customer))["identifiers"]] == ["new@example.com"]
    assert [one["value"] for one in desk.exported(bob)["identifiers"]] == ["bob@example.com", "+17075550123"]


def test_somebody_known_by_the_phone_alone_is_the_guest_and_has_an_email_from_then_on(desk: OrderDesk) -> None:
    caller = desk.till.manage(phone="+17075550123", firstName="Ann").id
    (verdict,) = desk.orders(an_order("1", email=ANN, phone="+17075550123"))
    assert (codes([verdict]), verdict.customer) == ([("created", None)], caller)
    assert desk.till.get(caller).customer["email"] == ANN


def test_orders_teach_nothing_of_a_customer_who_is_known(desk: OrderDesk) -> None:
    """Invariant 3: else it would matter whether a record or an order is heard of first."""
    (ann,) = desk.customers(a_customer("7", emails=(ANN,), first_name="Ann"))
    (verdict,) = desk.orders(an_order("1", email=ANN, phone="+17075550123"))
    assert verdict.customer == ann.customer
    kinds = [one["kind"] for one in desk.exported(str(ann.customer))["identifiers"]]
    assert sorted(kinds) == ["email", "external"]


def test_an_order_stays_with_whom_it_was_recorded(desk: OrderDesk) -> None:
    (first,) = desk.orders(an_order("1", email=ANN))
    (again,) = desk.orders(an_order("1", 1, email="else@example.com", total=Money(1, "USD")))
    assert (codes([again]), again.customer) == ([("updated", None)], first.customer)
    assert desk.till.search("else@example.com").body["customers"] == []


def test_the_same_number_in_another_shop_is_another_order(desk: OrderDesk) -> None:
    desk.orders(an_order("1", email=ANN))
    assert codes(desk.orders(an_order("1", email=ANN), turn=desk.turn(integration=OTHER))) == [("created", None)]
    assert [order["source"] for order in sorted(stored(desk), key=lambda item: str(item["source"]))] == [SHOP, OTHER]


def test_an_erased_guest_stays_erased(desk: OrderDesk) -> None:
    """Invariant 6."""
    ann = desk.till.manage(email=ANN).id
    assert desk.till.erase(ann).status == 200
    assert codes(desk.orders(an_order("1", email=ANN))) == [("skipped", "person_erased")]
    assert stored(desk) == []


def test_the_orders_address_is_the_buyers_who_has_none(desk: OrderDesk) -> None:
    (verdict,) = desk.orders(an_order("1", email=ANN, address=HOME))
    assert desk.till.get(str(verdict.customer)).customer["address"] == KEPT
    elsewhere = {"address1": "2 Side St"}
    desk.orders(an_order("2", email=ANN, address=elsewhere), an_order("1", 1, email=ANN, address=elsewhere))
    assert desk.till.get(str(verdict.customer)).customer["address"] == KEPT


def test_an_order_that_earns_a_stage_enrolls_and_its_jobs_are_told_of(desk: OrderDesk) -> None:
    Club(desk.till).stage("Silver", 10, qualification={"currency": "USD", "minSpend": "15.00"})
    turn = desk.turn()
    desk.orders(an_order("1", email=ANN), turn=turn)
    assert not turn.jobs
    desk.orders(an_order("2", email=ANN), turn=turn)
    (enrollment,) = enrollments_in(desk.tables, desk.till.tenant.id)
    assert enrollment.how == "order"
    assert {job.integration for job in turn.jobs if job.integration} == {SHOP, OTHER}
    told = len(turn.jobs)
    assert told == len({job.id for job in turn.jobs})
    desk.orders(an_order("1", email=ANN), an_order("2", email=ANN), turn=turn)
    assert len(turn.jobs) == told


def test_the_buyer_is_whom_the_shops_own_id_belongs_to(desk: OrderDesk) -> None:
    (ann,) = desk.customers(a_customer("7", emails=(ANN,), first_name="Ann"))
    (verdict,) = desk.orders(an_order("1", customer=ExternalId("7"), email="a.gift@example.com"))
    assert (verdict.customer, desk.shop.asked) == (ann.customer, [])


def test_an_order_goes_with_the_record_that_it_names_when_a_merge_is_undone(desk: OrderDesk) -> None:
    """Invariant 5, of an order that came while two were one."""
    (ann,) = desk.customers(a_customer("7", emails=(ANN,)))
    other = desk.till.manage(email="web@example.com").id
    assert desk.till.merge(other, str(ann.customer)).status == 200
    desk.orders(
        an_order("1", customer=ExternalId("7")), an_order("2", email=ANN), an_order("3", email="web@example.com")
    )
    assert desk.till.unmerge(other).status == 200
    found = {
        one: [order["external_id"] for order in desk.exported(one)["orders"]] for one in (str(ann.customer), other)
    }
    assert {one: sorted(numbers) for one, numbers in found.items()} == {str(ann.customer): ["1", "2"], other: ["3"]}


def test_a_buyer_who_is_not_known_is_read_from_the_shop_first(desk: OrderDesk) -> None:
    desk.shop.customers["7"] = a_customer("7", emails=(ANN,), first_name="Ann", last_name="Archer")
    orders = [an_order(str(number), customer=ExternalId("7")) for number in range(5)]
    verdicts = desk.orders(*orders)
    assert {str(verdict.verdict) for verdict in verdicts} == {"created"}
    assert desk.shop.asked == ["customer 7"]
    (customer,) = {verdict.customer for verdict in verdicts}
    found = desk.till.get(str(customer)).customer
    assert (found["firstName"], found["lastName"]) == ("Ann", "Archer")


def test_a_buyer_whom_the_shop_has_deleted_is_a_guest(desk: OrderDesk) -> None:
    with_email, without = an_order("1", customer=ExternalId("8"), email=ANN), an_order("2", customer=ExternalId("9"))
    assert codes(desk.orders(with_email, without)) == [("created", None), ("skipped", "no_buyer")]


def test_an_erased_buyer_gets_no_order_by_the_shops_id(desk: OrderDesk) -> None:
    """Invariant 6: the record still is in the shop, and its orders are pulled."""
    desk.shop.customers["7"] = a_customer("7", emails=(ANN,))
    (ann,) = desk.customers(desk.shop.customers["7"])
    assert desk.till.erase(str(ann.customer)).status == 200
    assert codes(desk.orders(an_order("1", customer=ExternalId("7"), email=ANN))) == [("skipped", "person_erased")]
    assert stored(desk) == []


def test_an_erased_buyer_whose_record_is_gone_gets_no_order_either(desk: OrderDesk) -> None:
    """Invariant 6: by another e-mail, or a phone, that the order names; the shop has nothing left to ask for."""
    (ann,) = desk.customers(a_customer("7", emails=(ANN,)))
    assert desk.till.erase(str(ann.customer)).status == 200
    verdicts = desk.orders(an_order("1", customer=ExternalId("7"), email="archer@example.com", phone="+17075550123"))
    assert codes(verdicts) == [("skipped", "person_erased")]
    assert (stored(desk), desk.shop.asked) == ([], [])
    assert desk.till.search("archer@example.com").body["customers"] == []


def test_a_webhook_of_a_known_order_asks_the_shop_nothing(desk: OrderDesk) -> None:
    desk.orders(an_order("1", email=ANN))
    assert codes([desk.change("updated", an_order("1", email=ANN))]) == [("unchanged", None)]
    assert codes([desk.change("updated", an_order("1", -1, email=ANN, total=Money(5, "USD")))]) == [("skipped", "old")]
    assert codes([desk.change("cancelled", an_order("1", 1, email=ANN, is_cancelled=True))]) == [("updated", None)]
    assert desk.shop.asked == []


def test_a_webhook_of_an_unknown_order_brings_it_as_the_shop_has_it_now(desk: OrderDesk) -> None:
    told = an_order("1", email=ANN)
    desk.shop.orders["1"] = an_order("1", 3, email=ANN, total=Money(4200, "USD"))
    assert codes([desk.change("created", told)]) == [("created", None)]
    assert [int(order["total_minor"]) for order in stored(desk)] == [4200]
    assert codes([desk.change("created", an_order("2", email=ANN))]) == [("skipped", "deleted")]


def test_an_order_that_is_too_old_for_the_shop_to_show_is_believed(desk: OrderDesk) -> None:
    """Of an app that may not read all orders: a refund of last year's purchase is told of, and cannot be read."""
    old = an_order("1", email=ANN, placed_at=NOW - timedelta(days=400))
    assert codes([desk.change("updated", old)]) == [("created", None)]
    changed = replace(old, total=Money(1, "USD"))
    assert codes([desk.change("updated", changed)]) == [("updated", None)]
    (kept,) = stored(desk)
    assert (int(kept["total_minor"]), kept["deleted"]) == (1, False)


def test_an_order_that_is_too_old_to_be_shown_is_not_taken_for_deleted(desk: OrderDesk) -> None:
    """Of a delivery whose body was forgotten, the order cannot be looked at."""
    old = an_order("1", email=ANN, placed_at=NOW - timedelta(days=400))
    desk.orders(old, an_order("2", email=ANN))
    told = [take_in_order_change(RemoteChange("order", "updated", ExternalId(one)), NOW, desk.turn()) for one in "12"]
    assert codes(told) == [("skipped", "not_shown"), ("updated", "deleted")]
    assert [order["deleted"] for order in stored(desk)] == [False, True]


def test_another_word_of_the_same_moment_is_read_again(desk: OrderDesk) -> None:
    desk.orders(an_order("1", email=ANN))
    desk.shop.orders["1"] = an_order("1", email=ANN, total=Money(900, "USD"))
    assert codes([desk.change("updated", an_order("1", email=ANN, total=Money(800, "USD")))]) == [("updated", None)]
    assert [int(order["total_minor"]) for order in stored(desk)] == [900]


def test_a_deleted_order_is_kept_as_cancelled_whatever_comes_late(desk: OrderDesk) -> None:
    """Invariant 3."""
    order = an_order("1", email=ANN)
    desk.orders(order)
    assert codes([desk.change("deleted", order, NOW + timedelta(minutes=9))]) == [("updated", "deleted")]
    assert codes([desk.change("deleted", order, NOW + timedelta(minutes=9))]) == [("unchanged", None)]
    assert codes([desk.change("updated", an_order("1", 5, email=ANN))]) == [("skipped", "old")]
    assert codes(desk.orders(order)) == [("skipped", "old")]
    (kept,) = stored(desk)
    assert (kept["cancelled"], kept["deleted"]) == (True, True)


def test_an_order_that_was_deleted_before_it_was_heard_of_is_not_brought_by_an_old_page(desk: OrderDesk) -> None:
    """Invariant 3: an export's file may be hours old."""
    order = an_order("1", email=ANN)
    assert codes([desk.change("deleted", order)]) == [("skipped", "unknown_record")]
    assert codes(desk.orders(order)) == [("skipped", "deleted")]
    assert stored(desk) == []


def test_an_order_that_is_deleted_while_a_page_brings_it_counts_no_more(desk: OrderDesk) -> None:
    """Invariant 3: the webhook is worked after the page has looked for it, and before the order is written."""
    order = an_order("1", email=ANN)
    heard: list[RecordVerdict] = []
    client = _Meanwhile(
        desk.tables.client(), "transact_write_items", lambda: heard.append(desk.change("deleted", order))
    )
    assert codes(desk.orders(order, turn=desk.turn(client))) == [("created", None)]
    assert codes(heard) == [("skipped", "unknown_record")]
    assert [order["deleted"] for order in stored(desk)] == [True]


def test_an_order_that_is_brought_while_it_is_deleted_counts_no_more(desk: OrderDesk) -> None:
    """Invariant 3: the page has looked back before that it is deleted was written."""
    order = an_order("1", email=ANN)
    client = _Meanwhile(desk.tables.client(), "put_item", lambda: desk.orders(order))
    deleted = RemoteChange("order", "deleted", order.id)
    verdict = take_in_order_change(deleted, NOW + timedelta(minutes=9), desk.turn(client))
    assert codes([verdict]) == [("updated", "deleted")]
    assert [order["deleted"] for order in stored(desk)] == [True]


class _Meanwhile:
    """A client before whose first call of that operation something else happens."""

    def __init__(self, client: Any, operation: str, happens: Callable[[], object]) -> None:
        self._client = client
        self._operation = operation
        self._happens = [happens]

    def __getattr__(self, name: str) -> Any:
        if name == self._operation and self._happens:
            self._happens.pop()()
        return getattr(self._client, name)


def test_a_shop_that_does_not_answer_leaves_the_page_for_later(desk: OrderDesk) -> None:
    """Invariant 2: nothing is lost, and nothing is made up meanwhile; the shop has said when it is to be asked."""
    page = [an_order("1", customer=ExternalId("7"), email=ANN)]
    desk.shop.customers["7"] = a_customer("7", emails=("right@example.com",))
    desk.shop.faults = [PartnerUnavailable("down")]
    with pytest.raises(PartnerUnavailable):
        desk.orders(*page)
    assert (stored(desk), desk.shop.asked) == ([], ["customer 7"])
    assert codes(desk.orders(*page)) == [("created", None)]
    assert desk.till.search(ANN).body["customers"] == []


def test_a_shop_that_does_not_answer_leaves_the_webhook_for_later(desk: OrderDesk) -> None:
    desk.shop.orders["2"] = an_order("2", email=ANN)
    desk.shop.faults = [NotReadyYet("its turn has not come")]
    with pytest.raises(NotReadyYet):
        desk.change("created", an_order("2", email=ANN))
    assert codes([desk.change("created", an_order("2", email=ANN))]) == [("created", None)]


def test_a_shop_that_lets_nobody_in_fails_the_order_and_no_other(desk: OrderDesk) -> None:
    desk.shop.faults = [CredentialsRefused("no", reason="access_denied")]
    verdicts = desk.orders(an_order("1", customer=ExternalId("7")), an_order("2", email=ANN))
    assert codes(verdicts) == [("failed", "access_denied"), ("created", None)]


def test_what_nobody_foresaw_fails_the_order_and_no_other(desk: OrderDesk) -> None:
    desk.shop.faults = [KeyError("customer")]
    heard: list[tuple[str, str]] = []
    turn = replace(desk.turn(), unforeseen=lambda error, record: heard.append((type(error).__name__, record)))
    verdicts = desk.orders(an_order("1", customer=ExternalId("7")), an_order("2", email=ANN), turn=turn)
    assert codes(verdicts) == [("failed", "internal_error"), ("created", None)]
    assert heard == [("KeyError", "7")]


@pytest.mark.parametrize("action", ["created", "deleted"])
def test_a_webhook_survives_every_failure(dynamodb_tables: DynamoDBTables, action: str) -> None:
    """Invariants 2 and 3: worked again, it ends as if nothing had failed."""
    tables = with_one_client(dynamodb_tables)
    order = an_order("1", email=ANN)

    def arrange() -> OrderDesk:
        desk = open_desk(tables)
        desk.shop.orders["1"] = order
        if action == "deleted":
            desk.orders(order)
        return desk

    def act(desk: OrderDesk, client: Any) -> None:
        told = RemoteChange("order", action, order.id, order=None if action == "deleted" else order)
        with suppress(HubError):  # the delivery is worked again
            take_in_order_change(told, NOW + timedelta(minutes=1), desk.turn(client))

    def check_done(desk: OrderDesk) -> None:
        (kept,) = stored(desk)
        assert kept["deleted"] == (action == "deleted")

    use_case = UseCase(arrange, act, lambda desk: desk.tables.client(), stored, check_done)
    assert survive_every_failure(f"order {action}", use_case) >= 20


def test_a_page_of_orders_survives_every_failure(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: whatever fails at any call, the repeated page ends as if nothing had."""
    tables = with_one_client(dynamodb_tables)
    page: list[RemoteOrder] = [an_order("1", email=ANN, address=HOME), an_order("2", email=ANN)]

    def arrange() -> OrderDesk:
        desk = open_desk(tables)
        Club(desk.till).stage("Silver", 10, qualification={"currency": "USD", "minSpend": "15.00"})
        return desk

    def act(desk: OrderDesk, client: Any) -> None:
        with suppress(HubError):  # the page is left for later
            desk.orders(*page, turn=desk.turn(client))

    def check_done(desk: OrderDesk) -> None:
        assert len(stored(desk)) == 2
        assert len(enrollments_in(desk.tables, desk.till.tenant.id)) == 1
        (ann,) = desk.till.search(ANN).body["customers"]
        assert desk.till.get(ann["id"]).customer["address"] == KEPT

    use_case = UseCase(arrange, act, lambda desk: desk.tables.client(), stored, check_done)
    assert survive_every_failure("orders", use_case) >= 40
