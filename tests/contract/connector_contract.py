"""What every connector does, over its platform's double: inherit it, and give a `bench`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest

from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.offer import PlacedOffer
from customerhub.domain.remote import (
    OutgoingCustomer,
    RemoteCustomer,
    RemoteOrder,
    RemotePage,
    UnreadableRow,
    VerifiedDelivery,
)
from customerhub.errors import (
    CredentialsRefused,
    HubError,
    MalformedRequest,
    NotReadyYet,
    NotSupported,
    PartnerRefused,
    PartnerUnavailable,
    Unauthenticated,
    UnreadableRecord,
)
from customerhub.ports.connector import Connector
from infra.local.emulator import free_port
from tests.support.partner_bench import Garbling, PartnerBench, SampleDelivery, SeenCustomer, offer
from tests.support.webhook_catcher import catching

ANN = OutgoingCustomer("ann.otter@example.com", "Ann", "Otter", "+14155550123")
HOOKS = "https://hub.example.com/api/webhooks/platform"


class ConnectorContract:
    """Invariants 2 (never done twice) and 4 (no echo) of the design, at a partner."""

    unknown_id: ClassVar[str]
    """Of a shape that the platform has, but nobody's."""

    @pytest.fixture
    def connector(self, bench: PartnerBench) -> Connector:
        return bench.connector

    # Reading

    def test_an_unknown_customer_is_none(self, connector: Connector) -> None:
        assert connector.get_customer(ExternalId(self.unknown_id)) is None

    def test_an_id_of_another_shape_is_none(self, connector: Connector) -> None:
        assert connector.get_customer(ExternalId("../orders/1?x=y")) is None

    def test_a_customer_is_read_as_the_shop_has_it(self, bench: PartnerBench, connector: Connector) -> None:
        added = bench.add_customer(
            email="Bo@Example.com", firstName="Bo", lastName="Li", phone="+14155550199", tags=["VIP"]
        )
        read = connector.get_customer(ExternalId(added))
        assert read is not None
        assert (read.id, read.first_name, read.last_name) == (added, "Bo", "Li")
        assert [email.casefold() for email in read.emails] == ["bo@example.com"]
        assert read.phones == ("+14155550199",)
        assert read.tags is not None
        assert len(read.tags) == 1
        assert read.updated_at is not None
        assert not read.withheld
        assert read.raw

    def test_a_deleted_customer_is_none(self, bench: PartnerBench, connector: Connector) -> None:
        added = bench.add_customer(email="gone@example.com")
        bench.delete_customer(added)
        assert connector.get_customer(ExternalId(added)) is None
        assert connector.find_customer_by_email("gone@example.com") is None

    def test_only_the_exact_email_is_found(self, bench: PartnerBench, connector: Connector) -> None:
        wanted = bench.add_customer(email="ann@example.com")
        bench.add_customer(email="joann@example.com")
        bench.add_customer(email="ann@example.com.au")
        found = connector.find_customer_by_email("ANN@Example.com")
        assert found is not None
        assert found.id == wanted
        assert connector.find_customer_by_email("nn@example.com") is None
        assert connector.find_customer_by_email("ann+club@example.com") is None

    # Creating and changing

    def test_upsert_creates_one_who_is_tagged(self, bench: PartnerBench, connector: Connector) -> None:
        written = connector.upsert_customer(ANN)
        seen = self.only_customer(bench)
        assert seen.id == written.id
        assert seen.emails == (ANN.email,)
        assert seen.phones == (ANN.phone,)
        assert (seen.first_name, seen.last_name) == ("Ann", "Otter")
        assert len(seen.tags) == 1
        assert written.tags is not None
        assert len(written.tags) == 1
        assert not written.refused

    def test_upsert_takes_the_one_who_is_there(self, bench: PartnerBench, connector: Connector) -> None:
        there = bench.add_customer(email="Ann.Otter@Example.com", firstName="Anne", tags=["VIP", "Wholesale"])
        written = connector.upsert_customer(ANN)
        seen = self.only_customer(bench)
        assert written.id == seen.id == there
        assert (seen.first_name, seen.last_name, seen.phones) == ("Ann", "Otter", (ANN.phone,))
        assert {"VIP", "Wholesale"} < set(seen.tags), "what staff tagged stays"

    def test_what_is_not_told_stays(self, bench: PartnerBench, connector: Connector) -> None:
        bench.add_customer(email=ANN.email, firstName="Ann", lastName="Otter", phone=ANN.phone)
        connector.upsert_customer(OutgoingCustomer(ANN.email))
        seen = self.only_customer(bench)
        assert (seen.first_name, seen.last_name, seen.phones) == ("Ann", "Otter", (ANN.phone,))

    def test_an_upsert_once_more_writes_nothing(self, bench: PartnerBench, connector: Connector) -> None:
        connector.upsert_customer(ANN)
        before = bench.writes_seen()
        again = connector.upsert_customer(ANN)
        assert bench.writes_seen() == before
        assert again.id == self.only_customer(bench).id

    @pytest.mark.parametrize("mode", ["before", "after"])
    @pytest.mark.parametrize("step", ["create_customer", "tag_customer"])
    def test_an_upsert_whose_answer_was_lost_is_repeated(
        self, bench: PartnerBench, connector: Connector, mode: str, step: str
    ) -> None:
        bench.fail({"mode": mode, "count": 1, "operation": getattr(bench.writes, step)})
        with pytest.raises(PartnerUnavailable) as caught:
            connector.upsert_customer(ANN)
        assert caught.value.status is None, "whether it was done is unknown"
        connector.upsert_customer(ANN)
        seen = self.only_customer(bench)
        assert len(seen.tags) == 1
        assert seen.phones == (ANN.phone,)

    def test_an_email_that_is_none_is_refused_without_quoting_it(
        self, bench: PartnerBench, connector: Connector
    ) -> None:
        with pytest.raises(PartnerRefused) as caught:
            connector.upsert_customer(OutgoingCustomer("ann at example", "Ann"))
        assert "email" in caught.value.fields
        assert "ann" not in caught.value.message.casefold()
        assert not bench.customers()

    def test_update_keeps_the_shops_email(self, bench: PartnerBench, connector: Connector) -> None:
        there = bench.add_customer(email="new.address@example.com", firstName="Anne", tags=["VIP"])
        written = connector.update_customer(ExternalId(there), ANN)
        assert written is not None
        seen = self.only_customer(bench)
        assert seen.emails[0] == "new.address@example.com"
        assert (seen.first_name, seen.last_name, seen.phones) == ("Ann", "Otter", (ANN.phone,))
        assert "VIP" in seen.tags
        assert len(seen.tags) == 2

    def test_an_update_of_nothing_writes_nothing(self, bench: PartnerBench, connector: Connector) -> None:
        there = connector.upsert_customer(ANN)
        before = bench.writes_seen()
        assert connector.update_customer(there.id, ANN) is not None
        assert bench.writes_seen() == before

    def test_an_update_of_one_who_is_gone_is_none(self, bench: PartnerBench, connector: Connector) -> None:
        assert connector.update_customer(ExternalId(self.unknown_id), ANN) is None
        assert not bench.customers()

    def test_an_update_whose_answer_was_lost_is_repeated(self, bench: PartnerBench, connector: Connector) -> None:
        there = bench.add_customer(email="new.address@example.com")
        bench.fail({"mode": "after", "count": 1, "operation": bench.writes.change_customer})
        with pytest.raises(PartnerUnavailable):
            connector.update_customer(ExternalId(there), ANN)
        connector.update_customer(ExternalId(there), ANN)
        seen = self.only_customer(bench)
        assert (seen.first_name, seen.phones, len(seen.tags)) == ("Ann", (ANN.phone,), 1)

    # Discounts

    def test_a_discount_is_for_those_who_are_granted_it(self, bench: PartnerBench, connector: Connector) -> None:
        ann, bo = connector.upsert_customer(ANN), connector.upsert_customer(OutgoingCustomer("bo@example.com"))
        placed = connector.place_offer(offer(percent=12.5), None)
        with_it = connector.add_customer_to_discount(ann, placed)
        assert bench.checkout_percent(ANN.email) == 12.5
        assert bench.checkout_percent("bo@example.com") == 0
        granted = self.read(connector, ann)
        assert placed.tag in (granted.tags or ())
        assert sorted(with_it.tags or ()) == sorted(granted.tags or ())
        assert placed.tag not in (self.read(connector, bo).tags or ())
        without = connector.remove_customer_from_discount(granted, placed)
        assert sorted(without.tags or ()) == sorted(self.read(connector, ann).tags or ())

    def test_a_grant_and_its_revocation_may_be_repeated(self, bench: PartnerBench, connector: Connector) -> None:
        ann = connector.upsert_customer(ANN)
        bench.change_customer(ann.id, firstName="Ann")
        placed = connector.place_offer(offer(), None)
        for _ in range(3):
            connector.add_customer_to_discount(self.read(connector, ann), placed)
        tags = self.read(connector, ann).tags or ()
        assert tags.count(placed.tag) == 1
        assert len(self.only_customer(bench).tags) == 2, "each once"
        for _ in range(3):
            connector.remove_customer_from_discount(self.read(connector, ann), placed)
        assert bench.checkout_percent(ANN.email) == 0
        assert placed.tag not in (self.read(connector, ann).tags or ())
        assert len(self.only_customer(bench).tags) == 1, "the other tag stays"

    def test_granting_what_is_granted_writes_nothing(self, bench: PartnerBench, connector: Connector) -> None:
        placed = connector.place_offer(offer(), None)
        ann = connector.upsert_customer(ANN)
        connector.add_customer_to_discount(ann, placed)
        read = self.read(connector, ann)
        before = bench.writes_seen()
        connector.add_customer_to_discount(read, placed)
        assert bench.writes_seen() == before

    @pytest.mark.parametrize("mode", ["before", "after"])
    def test_a_grant_whose_answer_was_lost_is_granted_once(
        self, bench: PartnerBench, connector: Connector, mode: str
    ) -> None:
        placed = connector.place_offer(offer(), None)
        ann = connector.upsert_customer(ANN)
        bench.fail({"mode": mode, "count": 1, "operation": bench.writes.tag_customer})
        with pytest.raises(PartnerUnavailable):
            connector.add_customer_to_discount(ann, placed)
        connector.add_customer_to_discount(self.read(connector, ann), placed)
        assert (self.read(connector, ann).tags or ()).count(placed.tag) == 1
        assert len(self.only_customer(bench).tags) == 2
        assert bench.checkout_percent(ANN.email) == 10

    @pytest.mark.parametrize("mode", ["before", "after"])
    def test_a_revocation_whose_answer_was_lost_is_repeated(
        self, bench: PartnerBench, connector: Connector, mode: str
    ) -> None:
        placed = connector.place_offer(offer(), None)
        ann = connector.upsert_customer(ANN)
        connector.add_customer_to_discount(ann, placed)
        bench.fail({"mode": mode, "count": 1, "operation": bench.writes.untag_customer})
        with pytest.raises(PartnerUnavailable):
            connector.remove_customer_from_discount(self.read(connector, ann), placed)
        connector.remove_customer_from_discount(self.read(connector, ann), placed)
        assert bench.checkout_percent(ANN.email) == 0

    def test_an_offer_is_placed_once(self, bench: PartnerBench, connector: Connector) -> None:
        first = connector.place_offer(offer(), None)
        assert connector.place_offer(offer(), first) == first
        assert bench.patiently(lambda: connector.place_offer(offer(), None)) == first, "what was forgotten is found"
        intended = PlacedOffer(offer())
        assert bench.patiently(lambda: connector.place_offer(offer(), intended)) == first
        assert [(seen.title, seen.percent, seen.is_active) for seen in bench.offers()] == [("Bronze", 10, True)]

    def test_an_offer_that_stands_is_not_written(self, bench: PartnerBench, connector: Connector) -> None:
        placed = connector.place_offer(offer(), None)
        before = bench.writes_seen()
        connector.place_offer(offer(), placed)
        assert bench.writes_seen() == before

    @pytest.mark.parametrize("mode", ["before", "after"])
    def test_an_offer_is_placed_once_whichever_answer_is_lost(
        self, bench: PartnerBench, connector: Connector, mode: str
    ) -> None:
        for number, step in enumerate(bench.writes.place_offer):
            of_the_stage = offer(f"Tier {number}", 10, f"0000000{number}-0000-4000-8000-000000000000")
            bench.fail({"mode": mode, "count": 1, "operation": step})
            with pytest.raises(PartnerUnavailable):
                connector.place_offer(of_the_stage, None)
            bench.heal()
            placed = bench.patiently(lambda of_the_stage=of_the_stage: connector.place_offer(of_the_stage, None))  # type: ignore[misc]
            active = [seen for seen in bench.offers() if seen.is_active]
            assert len(active) == number + 1, step
            ann = connector.upsert_customer(OutgoingCustomer(f"ann{number}@example.com"))
            connector.add_customer_to_discount(ann, placed)
            assert bench.checkout_percent(f"ann{number}@example.com") == 10

    def test_two_stages_are_two_offers(self, bench: PartnerBench, connector: Connector) -> None:
        bronze = connector.place_offer(offer(), None)
        gold = connector.place_offer(offer("Gold", 20, "77777777-0000-4000-8000-000000000001"), None)
        assert bronze.tag != gold.tag
        ann = connector.upsert_customer(ANN)
        connector.add_customer_to_discount(ann, bronze)
        assert bench.checkout_percent(ANN.email) == 10
        connector.add_customer_to_discount(self.read(connector, ann), gold)
        connector.remove_customer_from_discount(self.read(connector, ann), bronze)
        assert bench.checkout_percent(ANN.email) == 20

    def test_an_offer_changes_where_it_stands(self, bench: PartnerBench, connector: Connector) -> None:
        placed = connector.place_offer(offer(), None)
        ann = connector.upsert_customer(ANN)
        connector.add_customer_to_discount(ann, placed)
        changed = connector.place_offer(offer("Bronze Club", 15), placed)
        assert changed.tag == placed.tag
        assert changed.offer == offer("Bronze Club", 15)
        assert [(seen.title, seen.percent, seen.is_active) for seen in bench.offers()] == [("Bronze Club", 15, True)]
        assert bench.checkout_percent(ANN.email) == 15

    def test_an_offer_is_withdrawn_and_placed_again(self, bench: PartnerBench, connector: Connector) -> None:
        placed = connector.place_offer(offer(), None)
        ann = connector.upsert_customer(ANN)
        connector.add_customer_to_discount(ann, placed)
        for _ in range(2):
            connector.withdraw_offer(placed)
        assert bench.checkout_percent(ANN.email) == 0
        assert not [seen for seen in bench.offers() if seen.is_active]
        again = bench.patiently(lambda: connector.place_offer(offer(), None))
        assert again.tag == placed.tag
        assert bench.checkout_percent(ANN.email) == 10
        assert len([seen for seen in bench.offers() if seen.is_active]) == 1

    def test_a_withdrawal_whose_answer_was_lost_is_repeated(self, bench: PartnerBench, connector: Connector) -> None:
        placed = connector.place_offer(offer(), None)
        before = bench.state()["requests"]["byOperation"]
        connector.withdraw_offer(placed)
        after = bench.state()["requests"]["byOperation"]
        (step,) = [name for name in after if bench.is_write(name) and after[name] != before.get(name, 0)]
        placed = bench.patiently(lambda: connector.place_offer(offer(), None))
        bench.fail({"mode": "after", "count": 1, "operation": step})
        with pytest.raises(PartnerUnavailable):
            connector.withdraw_offer(placed)
        connector.withdraw_offer(placed)
        assert not [seen for seen in bench.offers() if seen.is_active]

    # Faults

    def test_a_fault_says_when_to_come_back(self, bench: PartnerBench, connector: Connector) -> None:
        bench.fail({"mode": "status", "status": 503, "retryAfter": 120})
        with pytest.raises(PartnerUnavailable) as caught:
            connector.find_customer_by_email(ANN.email)
        assert (caught.value.status, caught.value.retry_after_s) == (503, 120)

    def test_too_many_requests_is_a_matter_of_time(self, bench: PartnerBench, connector: Connector) -> None:
        bench.fail({"mode": "status", "status": 429, "retryAfter": 30})
        with pytest.raises((PartnerUnavailable, NotReadyYet)) as caught:
            connector.find_customer_by_email(ANN.email)
        assert caught.value.retry_after_s >= 30

    def test_a_credential_that_is_revoked_is_said_so(self, bench: PartnerBench, connector: Connector) -> None:
        bench.fail({"mode": "revoked"})
        for ask in self.everything(bench, connector):
            with pytest.raises(CredentialsRefused):
                ask()

    def test_a_wrong_credential_is_refused(self, bench: PartnerBench) -> None:
        wrong = {name: f"wrong-{value}" for name, value in bench.credentials.items()}
        with pytest.raises(CredentialsRefused):
            bench.connect(credentials=wrong).find_customer_by_email(ANN.email)

    def test_a_credential_that_is_missing_is_refused(self, bench: PartnerBench) -> None:
        with pytest.raises(CredentialsRefused):
            bench.connect(credentials={"something": "else"})

    def test_a_partner_who_is_not_there_is_unavailable(self, bench: PartnerBench) -> None:
        away = bench.connect(endpoint=f"http://127.0.0.1:{free_port()}")
        for ask in self.everything(bench, away):
            with pytest.raises(PartnerUnavailable) as caught:
                ask()
            assert caught.value.status is None

    @pytest.mark.parametrize("status", [200, 502])
    def test_a_page_of_html_is_no_answer(self, bench: PartnerBench, status: int) -> None:
        page = httpx.Response(status, html="<html>Bad gateway</html>")
        through_a_proxy = bench.connect(transport=httpx.MockTransport(lambda _: page))
        for ask in self.everything(bench, through_a_proxy):
            with pytest.raises(PartnerUnavailable):
                ask()

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data": null}', b'{"data": []}', b'"x"', b"[" * 100_000])
    def test_nonsense_is_no_answer(self, bench: PartnerBench, body: bytes) -> None:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=body, headers={"content-type": "application/json"})

        talking_nonsense = bench.connect(transport=httpx.MockTransport(answer))
        for ask in self.everything(bench, talking_nonsense):
            with pytest.raises((PartnerUnavailable, PartnerRefused)):
                ask()

    def test_no_error_speaks_of_a_person_or_a_secret(self, bench: PartnerBench, connector: Connector) -> None:
        secrets = [str(value) for value in bench.credentials.values()]
        statuses = (400, 402, 403, 404, 422, 423, 429, 430, 500)
        faults: list[dict[str, Any]] = [{"mode": "status", "status": status} for status in statuses]
        for fault in ({"mode": "before"}, {"mode": "revoked"}, *faults):
            bench.fail(fault)
            for ask in self.everything(bench, connector):
                error = self.error_of(ask)
                if error is None:
                    assert fault.get("status") == 404, "only who is not found may be None"
                    continue
                shown = str(error).casefold()
                assert not [
                    word for word in ("otter", "example.com", "415555", *secrets) if word.casefold() in shown
                ], fault

    def test_answers_are_timed(self, bench: PartnerBench, connector: Connector) -> None:
        connector.upsert_customer(ANN)
        assert len(bench.times.durations_s) == bench.requests()
        assert all(0 < duration_s < 30 for duration_s in bench.times.durations_s)

    def test_the_allowance_is_never_tripped(self, bench: PartnerBench, connector: Connector) -> None:
        many = bench.more_customers_than_at_once()
        for number in range(many):
            bench.patiently(
                lambda number=number: connector.upsert_customer(
                    OutgoingCustomer(f"c{number}@example.com", f"N{number}")
                )  # type: ignore[misc]
            )
        assert len(bench.customers()) == many
        assert bench.state()["requests"]["throttled"] == 0
        assert bench.clock.slept_s > 0, "more was asked for than the allowance lets through at once"

    # Pages

    def test_pages_show_everybody_once(self, bench: PartnerBench, connector: Connector) -> None:
        bench.partner.control("POST", "seed", {"customers": 530, "orders": 530}).raise_for_status()
        customers = self.all_pages(bench, lambda cursor: connector.customers_changed_since(None, cursor))
        assert len(customers) == len({customer.id for customer in customers}) == 530
        assert all(customer.emails for customer in customers)
        orders = self.all_pages(bench, lambda cursor: connector.orders_changed_since(None, cursor))
        assert len(orders) == len({order.id for order in orders}) == 530

    def test_pages_since_show_those_changed_since(self, bench: PartnerBench, connector: Connector) -> None:
        old = bench.add_customer(email="old@example.com")
        bench.add_customer(email="older@example.com")
        bench.clock.sleep(3 * 24 * 3600)
        since = bench.clock.now()
        new = bench.add_customer(email="new@example.com")
        bench.change_customer(old, firstName="Changed")
        found = self.all_pages(bench, lambda cursor: connector.customers_changed_since(since, cursor))
        assert {customer.id for customer in found} == {old, new}
        again = self.all_pages(bench, lambda cursor: connector.customers_changed_since(since, cursor))
        assert again == found
        tomorrow = bench.clock.now() + timedelta(days=2)
        bench.clock.sleep(3 * 24 * 3600)
        assert not self.all_pages(bench, lambda cursor: connector.customers_changed_since(tomorrow, cursor))

    def test_a_watermark_is_the_newest_that_was_shown(self, bench: PartnerBench, connector: Connector) -> None:
        assert connector.customers_changed_since(None, None).watermark is None
        bench.add_customer(email="one@example.com")
        bench.clock.sleep(60)
        bench.add_customer(email="two@example.com")
        page = connector.customers_changed_since(None, None)
        assert page.watermark == max(customer.updated_at for customer in page.items if customer.updated_at)

    def test_nobody_is_missed_while_records_move(self, bench: PartnerBench, connector: Connector) -> None:
        """Invariant 3, as far as it is the connector's: what is there all the time is met, whatever changes."""
        bench.partner.control("POST", "seed", {"customers": 530}).raise_for_status()
        everybody = {customer.id for customer in bench.customers()}
        met: dict[str, RemoteCustomer] = {}
        cursor: str | None = None
        moved: list[str] = []
        for number in range(100):
            page = connector.customers_changed_since(None, cursor)
            met |= {customer.id: customer for customer in page.items}
            cursor = page.cursor
            if cursor is None:
                break
            if number < 10:
                unmet, seen = sorted(everybody - met.keys()), sorted(met)
                for chosen in (unmet[:1], unmet[-1:], seen[:1]):
                    for customer in chosen:
                        bench.clock.sleep(1)
                        bench.change_customer(customer, lastName=f"Moved {number}")
                        moved.append(customer)
        assert cursor is None
        assert everybody <= met.keys()
        assert moved

    def test_orders_are_read_as_the_shop_has_them(self, bench: PartnerBench, connector: Connector) -> None:
        ann = bench.add_customer(email=ANN.email)
        paid = bench.add_order(customerId=ann, totalCents=12_345, placedAt="2026-10-03T12:00:00Z")
        open_one = bench.add_order(email="guest@example.com", totalCents=5_000, isPaid=False)
        cancelled = bench.add_order(customerId=ann, totalCents=100, isCancelled=True)
        orders = {
            order.id: order
            for order in self.all_pages(bench, lambda cursor: connector.orders_changed_since(None, cursor))
        }
        assert orders.keys() == {paid, open_one, cancelled}
        bought = orders[ExternalId(paid)]
        assert (bought.customer, bought.is_paid, bought.is_cancelled, bought.is_test) == (ann, True, False, False)
        assert bought.total == Money(12_345, "USD")
        assert bought.placed_at.isoformat() == "2026-10-03T12:00:00+00:00"
        assert bought.number
        guests = orders[ExternalId(open_one)]
        assert guests.total == Money(5_000, "USD")
        assert guests.email == "guest@example.com"
        assert not guests.is_paid
        assert orders[ExternalId(cancelled)].is_cancelled

    def test_an_order_is_read_by_its_id(self, bench: PartnerBench, connector: Connector) -> None:
        ann = bench.add_customer(email=ANN.email)
        placed = bench.add_order(customerId=ann, totalCents=12_345)
        read = connector.get_order(ExternalId(placed))
        assert read is not None
        assert (read.id, read.customer, read.total, read.is_paid) == (placed, ann, Money(12_345, "USD"), True)
        assert [read] == self.all_pages(bench, lambda cursor: connector.orders_changed_since(None, cursor))

    def test_an_unknown_order_is_none(self, connector: Connector) -> None:
        assert connector.get_order(ExternalId(self.unknown_id)) is None
        assert connector.get_order(ExternalId("1?x=y")) is None

    def test_products_are_read_as_the_shop_has_them(self, bench: PartnerBench, connector: Connector) -> None:
        variants = [{"title": "750 ml", "sku": "CAB-750", "priceCents": 4500}, {"title": "Magnum", "priceCents": 9950}]
        added = bench.add_product(title="Estate Cabernet", kind="Wine", variants=variants)
        (read,) = self.all_pages(bench, lambda cursor: connector.products_changed_since(None, cursor))
        assert (read.id, read.title, read.status, read.kind) == (added, "Estate Cabernet", "active", "Wine")
        told = [(variant.title, variant.sku, variant.price) for variant in read.variants]
        assert told == [("750 ml", "CAB-750", Money(4500, "USD")), ("Magnum", None, Money(9950, "USD"))]
        assert len({variant.id for variant in read.variants}) == 2
        assert read.raw

    def test_product_pages_show_every_one_once(self, bench: PartnerBench, connector: Connector) -> None:
        added = {bench.add_product(title=f"Wine {number}") for number in range(120)}
        read = self.all_pages(bench, lambda cursor: connector.products_changed_since(None, cursor))
        assert len(read) == 120
        assert {product.id for product in read} == added

    def test_product_pages_since_show_those_changed_since(self, bench: PartnerBench, connector: Connector) -> None:
        old = bench.add_product(title="Old")
        bench.add_product(title="Older")
        bench.clock.sleep(3 * 24 * 3600)
        since = bench.clock.now()
        new = bench.add_product(title="New")
        bench.change_product(old, title="Changed")
        found = self.all_pages(bench, lambda cursor: connector.products_changed_since(since, cursor))
        assert {product.id for product in found} == {old, new}

    def test_a_page_that_claims_an_order_has_it(self, bench: PartnerBench, connector: Connector) -> None:
        """What lets a watermark move before the last page is worked."""
        bench.partner.control("POST", "seed", {"customers": 530, "orders": 530}).raise_for_status()
        for read in (connector.customers_changed_since, connector.orders_changed_since):
            shown: list[Any] = []
            cursor: str | None = None
            is_ordered = True
            while True:
                page: RemotePage[Any] = bench.patiently(lambda read=read, cursor=cursor: read(None, cursor))  # type: ignore[misc]
                is_ordered = is_ordered and page.is_ordered
                shown += [record.updated_at for record in page.items]
                cursor = page.cursor
                if cursor is None:
                    break
            assert not is_ordered or shown == sorted(shown)

    def test_a_record_that_cannot_be_read_keeps_no_other_from_being_read(
        self, bench: PartnerBench, connector: Connector
    ) -> None:
        people = [bench.add_customer(email=f"p{number}@example.com") for number in range(3)]
        orders = [bench.add_order(customerId=people[0], totalCents=100) for _ in range(3)]
        goods = [bench.add_product(title=f"Wine {number}") for number in range(3)]
        garbled = bench.connect(transport=Garbling(frozenset({people[1], orders[1], goods[1]})))
        for read, ids in (
            (garbled.customers_changed_since, people),
            (garbled.orders_changed_since, orders),
            (garbled.products_changed_since, goods),
        ):
            page: RemotePage[Any] = bench.patiently(lambda read=read: read(None, None))  # type: ignore[misc]
            assert ({one.id for one in page.items}, page.unreadable) == ({ids[0], ids[2]}, (ids[1],))
        with pytest.raises(UnreadableRecord):
            garbled.get_customer(ExternalId(people[1]))
        if bench.has_exports:
            for kind, ids in ((FeedKind.CUSTOMERS, people), (FeedKind.ORDERS, orders)):
                export = self.exported(bench, connector, kind)
                rows = [row for row, _ in garbled.read_export(export, 0)]
                assert {row.id for row in rows} == set(ids)
                assert [row for row in rows if isinstance(row, UnreadableRow)] == [UnreadableRow(ExternalId(ids[1]))]

    # Exports

    def test_who_has_no_exports_says_so(self, bench: PartnerBench, connector: Connector) -> None:
        if bench.has_exports:
            assert connector.get_export(ExternalId(self.unknown_id)) is None
            return
        export = BulkExport(
            ExternalId("1"), FeedKind.CUSTOMERS, bench.clock.now(), is_done=True, url="https://x.example"
        )
        asks: list[Callable[[], object]] = [
            lambda: connector.start_export(FeedKind.CUSTOMERS),
            lambda: connector.get_export(ExternalId("1")),
            lambda: next(connector.read_export(export, 0)),
        ]
        for ask in asks:
            with pytest.raises(NotSupported):
                ask()

    def test_an_export_shows_what_pages_show(self, bench: PartnerBench, connector: Connector) -> None:
        self.needs_exports(bench)
        bench.partner.control("POST", "seed", {"customers": 530, "orders": 270}).raise_for_status()
        bench.add_customer(email=ANN.email, firstName="Änn", lastName="Otter", phone=ANN.phone, tags=["VIP", "b"])
        began = bench.clock.now()
        for kind, page in (
            (FeedKind.CUSTOMERS, connector.customers_changed_since),
            (FeedKind.ORDERS, connector.orders_changed_since),
        ):
            export = self.exported(bench, connector, kind)
            assert export.kind is kind
            assert export.started_at >= began.replace(microsecond=0), "nothing that it shows is older"
            read = [record for record, _ in connector.read_export(export, 0)]
            paged = self.all_pages(bench, lambda cursor, page=page: page(None, cursor))  # type: ignore[misc]
            assert self.by_id(read) == self.by_id(paged)
            assert export.records == len(read)

    def test_an_export_is_gone_on_with_from_any_record(self, bench: PartnerBench, connector: Connector) -> None:
        self.needs_exports(bench)
        bench.partner.control("POST", "seed", {"customers": 25}).raise_for_status()
        export = self.exported(bench, connector, FeedKind.CUSTOMERS)
        whole = list(connector.read_export(export, 0))
        assert len(whole) == 25
        for at, (_, offset) in enumerate(whole):
            assert list(connector.read_export(export, offset)) == whole[at + 1 :]

    def test_an_empty_export_shows_nothing(self, bench: PartnerBench, connector: Connector) -> None:
        self.needs_exports(bench)
        export = self.exported(bench, connector, FeedKind.ORDERS)
        assert (export.records, list(connector.read_export(export, 0))) == (0, [])

    @pytest.mark.parametrize("mode", ["before", "after"])
    def test_an_export_whose_start_was_not_answered_is_gone_on_with(
        self, bench: PartnerBench, connector: Connector, mode: str
    ) -> None:
        self.needs_exports(bench)
        bench.stand_still()
        bench.fail({"mode": mode, "count": 1, "operation": bench.writes.start_export})
        with pytest.raises(PartnerUnavailable):
            connector.start_export(FeedKind.CUSTOMERS)
        started = connector.start_export(FeedKind.CUSTOMERS)
        assert connector.start_export(FeedKind.CUSTOMERS) == started
        assert connector.get_export(started.id) == started
        assert not started.is_done
        assert bench.exports() == [started.id]
        assert connector.start_export(FeedKind.ORDERS).id != started.id

    # Webhooks

    def test_webhooks_are_registered_once(self, bench: PartnerBench, connector: Connector) -> None:
        first = connector.register_webhooks(HOOKS)
        assert first
        there = bench.subscriptions()
        assert len(there) == len(set(there)) == len(first)
        second = connector.register_webhooks(HOOKS)
        assert {known.id for known in second} == {known.id for known in first}
        assert sorted(bench.subscriptions()) == sorted(there)
        assert {known.id for known in first} <= {known.id for known in connector.list_webhooks()}

    def test_a_registration_whose_answer_was_lost_is_repeated(self, bench: PartnerBench, connector: Connector) -> None:
        bench.fail({"mode": "after", "count": 1, "operation": bench.writes.create_webhook})
        with pytest.raises(PartnerUnavailable):
            connector.register_webhooks(HOOKS)
        registered = connector.register_webhooks(HOOKS)
        there = bench.subscriptions()
        assert len(there) == len(set(there)) == len(registered)

    def test_a_delivery_is_verified_over_its_bytes(self, bench: PartnerBench, connector: Connector) -> None:
        bench.stand_still()
        for sample in bench.samples():
            delivery = connector.verify_webhook(bench.sign(sample, url=HOOKS), sample.body)
            assert delivery.account == bench.account
            assert delivery.body == sample.body
            assert delivery.event_id
            again = connector.verify_webhook(bench.sign(sample, url=HOOKS), sample.body)
            assert again.event_id == delivery.event_id

    def test_a_delivery_of_somebody_else_is_refused(self, bench: PartnerBench, connector: Connector) -> None:
        sample = bench.samples()[0]
        for headers in ({}, bench.sign(sample, url=HOOKS, secret="somebody else's")):
            with pytest.raises(Unauthenticated):
                connector.verify_webhook(headers, sample.body)

    def test_deliveries_are_read(self, bench: PartnerBench, connector: Connector) -> None:
        for sample in bench.samples():
            changes = connector.parse_webhook(self.verified(bench, connector, sample))
            assert [(change.kind, change.action, change.id) for change in changes] == list(sample.changes), sample.topic
            for change in changes:
                assert change.customer is None or change.customer.id == change.id
                assert change.order is None or change.order.id == change.id

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"id": 1.5e400}', b"[" * 50_000])
    def test_a_delivery_that_makes_no_sense_is_malformed(
        self, bench: PartnerBench, connector: Connector, body: bytes
    ) -> None:
        sample = bench.samples()[0]
        with pytest.raises(MalformedRequest):
            connector.parse_webhook(self.verified(bench, connector, SampleDelivery(sample.topic, body, ())))

    def test_what_the_platform_really_sends_is_read(self, bench: PartnerBench, connector: Connector) -> None:
        with catching() as catcher:
            connector.register_webhooks(catcher.url)
            ann = bench.add_customer(email=ANN.email, firstName="Ann")
            order = bench.add_order(customerId=ann, totalCents=12_345)
            bench.change_customer(ann, lastName="Otter")
            bench.delete_customer(ann)
            read: list[tuple[str, str, str]] = []
            for headers, body in catcher.settled(4):
                delivery = connector.verify_webhook(headers, body)
                read += [(change.kind, change.action, change.id) for change in connector.parse_webhook(delivery)]
        assert {("customer", "created", ann), ("customer", "updated", ann), ("customer", "deleted", ann)} <= set(read)
        assert ("order", "created", order) in read

    # What the tests are made of

    def error_of(self, ask: Callable[[], object]) -> HubError | None:
        """What a call raises; None where it answers that there is nobody."""
        try:
            assert ask() is None
        except HubError as error:
            return error
        return None

    def needs_exports(self, bench: PartnerBench) -> None:
        if not bench.has_exports:
            pytest.skip("the platform has none")

    def exported(self, bench: PartnerBench, connector: Connector, kind: FeedKind) -> BulkExport:
        """An export of that kind that is done."""
        started = connector.start_export(kind)
        for _ in range(100):
            export = connector.get_export(started.id)
            assert export is not None
            assert export.reason is None
            if export.is_done:
                return export
            bench.clock.sleep(1)
        raise AssertionError("the export has no end")

    def by_id(self, records: list[Any]) -> dict[str, RemoteCustomer | RemoteOrder]:
        """Each once, without what it was read from."""
        assert len({record.id for record in records}) == len(records)
        return {record.id: replace(record, raw={}) for record in records}

    def only_customer(self, bench: PartnerBench) -> SeenCustomer:
        (seen,) = bench.customers()
        return seen

    def read(self, connector: Connector, customer: RemoteCustomer) -> RemoteCustomer:
        read = connector.get_customer(customer.id)
        assert read is not None
        return read

    def verified(self, bench: PartnerBench, connector: Connector, sample: SampleDelivery) -> VerifiedDelivery:
        return connector.verify_webhook(bench.sign(sample, url=HOOKS), sample.body)

    def everything(self, bench: PartnerBench, connector: Connector) -> list[Callable[[], object]]:
        """One call of each method that asks the partner."""
        placed = PlacedOffer(offer(), {"tag": "t", "segment": "1", "discount": "1", "promotion": "1"})
        untagged = RemoteCustomer(ExternalId(self.unknown_id), emails=(ANN.email,), tags=None)

        def first_page(read: Callable[[None, None], object]) -> Callable[[], object]:
            """A page takes a large part of an allowance, which nobody gives back where no answer comes."""

            def ask() -> object:
                bench.clock.sleep(60)
                return read(None, None)

            return ask

        return [
            lambda: connector.get_customer(ExternalId(self.unknown_id)),
            lambda: connector.find_customer_by_email(ANN.email),
            lambda: connector.upsert_customer(ANN),
            lambda: connector.update_customer(ExternalId(self.unknown_id), ANN),
            lambda: connector.place_offer(offer(), None),
            lambda: connector.add_customer_to_discount(untagged, placed),
            first_page(connector.customers_changed_since),
            first_page(connector.orders_changed_since),
            first_page(connector.products_changed_since),
            lambda: connector.get_order(ExternalId(self.unknown_id)),
            connector.list_webhooks,
            lambda: connector.register_webhooks(HOOKS),
            *((lambda: connector.start_export(FeedKind.CUSTOMERS),) if bench.has_exports else ()),
        ]

    def all_pages(self, bench: PartnerBench, page: Callable[[str | None], RemotePage[Any]]) -> list[Any]:
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(200):
            read: RemotePage[Any] = bench.patiently(lambda cursor=cursor: page(cursor))  # type: ignore[misc]
            found += read.items
            cursor = read.cursor
            if cursor is None:
                return found
        raise AssertionError("the pages have no end")
