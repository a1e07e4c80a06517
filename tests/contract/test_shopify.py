"""Shopify: the contract, and what only Shopify does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from graphql import NoDeprecatedCustomRule, parse, validate

from customerhub.connectors.shopify.documents import DOCUMENTS, Document
from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.errors import CredentialsRefused, NotReadyYet, NotSupported, PartnerRefused, PartnerUnavailable
from customerhub.ports.connector import Connector
from infra.local.partners.processes import Partner
from infra.local.partners.shopify.schema import load_schema
from tests.contract.connector_contract import ANN, ConnectorContract
from tests.support.partner_bench import SeenOffer, loopback, offer
from tests.support.shopify_bench import ShopifyBench


@pytest.fixture
def bench(shopify_partner: Partner) -> Iterator[ShopifyBench]:
    bench = ShopifyBench(shopify_partner)
    yield bench
    bench.close()


class TestShopify(ConnectorContract):
    unknown_id = "999999999"

    def test_pages_are_complete_where_the_filter_knows_days_only(self, bench: ShopifyBench) -> None:
        """Shopify's schema says so of customers; others have seen seconds."""
        bench.settings(wholeDays=True)
        old = bench.add_customer(email="old@example.com")
        bench.clock.sleep(3 * 24 * 3600)
        today = bench.add_customer(email="today@example.com")
        bench.clock.sleep(1)
        since = bench.clock.now()
        new = bench.add_customer(email="new@example.com")
        found = {
            one.id
            for one in self.all_pages(bench, lambda cursor: bench.connector.customers_changed_since(since, cursor))
        }
        assert new in found
        assert found <= {new, today}
        assert old not in found

    # Reading

    def test_accounts_and_consents_are_read(self, bench: ShopifyBench) -> None:
        ann = bench.add_customer(email=ANN.email, phone=ANN.phone)
        read = self.read_by_id(bench, ann)
        assert (read.state, read.email_consent, read.sms_consent) == ("disabled", "not_subscribed", "not_subscribed")
        bench.control(f"customers/{bench.control_id(ann)}/state", {"state": "ENABLED"})
        bench.control(f"customers/{bench.control_id(ann)}/consent", {"email": "SUBSCRIBED", "sms": "UNSUBSCRIBED"})
        read = self.read_by_id(bench, ann)
        assert (read.state, read.email_consent, read.sms_consent) == ("enabled", "subscribed", "unsubscribed")
        reachless = self.read_by_id(bench, bench.add_customer(firstName="Nobody"))
        assert (reachless.email_consent, reachless.sms_consent) == (None, None)

    def test_a_tag_of_ours_says_when_it_was_given(self, bench: ShopifyBench) -> None:
        """What the platform has after our write is what its echo is known by."""
        ann = bench.connector.upsert_customer(ANN)
        bench.clock.sleep(60)
        written = bench.connector.update_customer(ann.id, OutgoingCustomer(ANN.email, "Anna"))
        assert written is not None
        assert replace(written, raw={}) == replace(self.read_by_id(bench, ann.id), raw={})
        bench.add_customer(email="bo@example.com", firstName="Bo")
        bench.clock.sleep(60)
        tagged = bench.connector.upsert_customer(OutgoingCustomer("bo@example.com", "Bo"))
        assert replace(tagged, raw={}) == replace(self.read_by_id(bench, tagged.id), raw={})

    def test_who_was_merged_is_gone_and_who_was_kept_has_everything(self, bench: ShopifyBench) -> None:
        loser = bench.add_customer(email="old@example.com", phone=ANN.phone, tags=["VIP"])
        keeper = bench.add_customer(email="new@example.com")
        order = bench.add_order(customerId=loser, totalCents=100)
        bench.control(f"customers/{bench.control_id(loser)}/merge", {"into": bench.control_id(keeper)})
        assert bench.connector.get_customer(ExternalId(loser)) is None
        kept = self.read_by_id(bench, keeper)
        assert (kept.emails, kept.phones, kept.tags) == (("new@example.com",), (ANN.phone,), ("VIP",))
        moved = bench.connector.get_order(ExternalId(order))
        assert moved is not None
        assert moved.customer == keeper

    def test_a_deleted_order_is_none(self, bench: ShopifyBench) -> None:
        order = bench.add_order(email="guest@example.com", totalCents=100)
        assert bench.connector.get_order(ExternalId(order)) is not None
        bench.partner.control("DELETE", f"orders/{order}").raise_for_status()
        assert bench.connector.get_order(ExternalId(order)) is None

    def test_all_variants_of_a_product_are_read(self, bench: ShopifyBench) -> None:
        """A page has room for ten of each."""
        for count in (10, 11, 300):
            bench.add_product(title=f"{count}", variants=[{"title": f"{at}", "sku": f"S{at}"} for at in range(count)])
        read = self.all_pages(bench, lambda cursor: bench.connector.products_changed_since(None, cursor))
        assert sorted(len(product.variants) for product in read) == [10, 11, 300]
        assert all(
            [one.sku for one in product.variants] == [f"S{at}" for at in range(int(product.title))] for product in read
        )

    def test_what_shopify_does_not_tell_is_not_asked_for(self, bench: ShopifyBench) -> None:
        with pytest.raises(NotSupported):
            bench.connector.missed_deliveries_since(bench.clock.now(), None)
        with pytest.raises(NotSupported):
            bench.connector.changed_in_bulk(ExternalId("x"), None)
        assert bench.requests() == 0

    def test_what_comes_by_its_event_source_is_read(self, bench: ShopifyBench) -> None:
        bench.connector.register_webhooks(EVENT_SOURCE)
        ann = bench.add_customer(email=ANN.email)
        order = bench.add_order(customerId=ann, totalCents=100)
        read = []
        for event in bench.partner.control("GET", "events").raise_for_status().json()["events"]:
            headers = {name.lower(): value for name, value in event["detail"]["metadata"].items()}
            delivery = bench.connector.read_event(headers, json.dumps(event["detail"]["payload"]).encode())
            assert delivery.account == bench.account
            read += [(change.kind, change.action, change.id) for change in bench.connector.parse_webhook(delivery)]
        assert ("customer", "created", ann) in read
        assert ("order", "created", order) in read

    # Exports

    def test_an_export_goes_on_where_its_file_broke_off(self, bench: ShopifyBench) -> None:
        bench.partner.control("POST", "seed", {"customers": 100}).raise_for_status()
        export = self.exported(bench, bench.connector, FeedKind.CUSTOMERS)
        whole, offset, breaks = [], 0, 0
        while breaks < 20:
            bench.settings(bulkBreaksOffAfter=9_000)
            try:
                for record, following in bench.connector.read_export(export, offset):
                    whole.append(record.id)
                    offset = following
                break
            except PartnerUnavailable:
                breaks += 1
        assert breaks >= 2
        assert len(whole) == len(set(whole)) == 100

    def test_an_export_is_read_from_a_host_without_ranges(self, bench: ShopifyBench) -> None:
        bench.settings(bulkRanges=False)
        self.test_an_export_is_gone_on_with_from_any_record(bench, bench.connector)

    def test_an_address_that_has_expired_is_asked_for_anew(self, bench: ShopifyBench) -> None:
        bench.settings(bulkUrlSeconds=600)
        ann = bench.add_customer(email=ANN.email)
        export = self.exported(bench, bench.connector, FeedKind.CUSTOMERS)
        bench.clock.sleep(3600)
        assert [record.id for record, _ in bench.connector.read_export(export, 0)] == [ann]
        bench.clock.sleep(8 * 24 * 3600)
        with pytest.raises(PartnerUnavailable):
            next(bench.connector.read_export(export, 0))
        assert bench.connector.get_export(export.id) is None

    def test_an_export_that_fails_says_why(self, bench: ShopifyBench) -> None:
        bench.add_customer(email=ANN.email)
        bench.settings(bulkFailsAfter=0)
        assert self.ended(bench, FeedKind.CUSTOMERS).reason == "internal_server_error"
        bench.settings(bulkFailsAfter=None, scopes=["read_customers"])
        assert self.ended(bench, FeedKind.ORDERS).reason == "access_denied"

    def test_a_sixth_export_waits(self, bench: ShopifyBench) -> None:
        bench.stand_still()
        bench.settings(bulkAtOnce=2)
        for query in ("{ products { edges { node { id } } } }", "{ customers { edges { node { id } } } }"):
            ask(bench, OTHERS_EXPORT, {"query": query})
        with pytest.raises(NotReadyYet):
            bench.connector.start_export(FeedKind.CUSTOMERS)
        bench.settings(bulkSeconds=0)
        started = bench.patiently(lambda: bench.connector.start_export(FeedKind.CUSTOMERS))
        assert started.kind is FeedKind.CUSTOMERS

    def test_what_may_not_be_seen_is_withheld_in_an_export_too(self, bench: ShopifyBench) -> None:
        bench.add_customer(email=ANN.email, firstName="Ann", phone=ANN.phone)
        bench.settings(protectedData=True)
        export = self.exported(bench, bench.connector, FeedKind.CUSTOMERS)
        ((record, _),) = bench.connector.read_export(export, 0)
        assert {"emails", "phones", "first_name", "address"} <= record.withheld  # type: ignore[union-attr]

    # Phones

    def test_a_phone_of_somebody_else_keeps_nobody_from_being_synced(self, bench: ShopifyBench) -> None:
        bench.add_customer(email="first@example.com", phone=ANN.phone)
        written = bench.connector.upsert_customer(ANN)
        assert written.refused == {"phone": "taken"}
        (ann,) = [seen for seen in bench.customers() if seen.emails == (ANN.email,)]
        assert (ann.phones, ann.first_name, ann.tags) == ((), "Ann", ("customer-hub",))
        again = bench.connector.update_customer(written.id, ANN)
        assert again is not None
        assert again.refused == {"phone": "taken"}, "as long as it is so"

    def test_a_phone_that_is_none_keeps_nobody_from_being_synced(self, bench: ShopifyBench) -> None:
        written = bench.connector.upsert_customer(OutgoingCustomer("a@example.com", "A", None, "+1555"))
        assert written.refused == {"phone": "invalid"}
        assert [seen.first_name for seen in bench.customers()] == ["A"]

    def test_an_email_is_filled_in_where_there_is_none(self, bench: ShopifyBench) -> None:
        there = bench.add_customer(phone=ANN.phone)
        written = bench.connector.update_customer(ExternalId(there), ANN)
        assert written is not None
        assert written.emails == (ANN.email,)
        other = bench.add_customer(firstName="Nobody")
        refused = bench.connector.update_customer(ExternalId(other), OutgoingCustomer(ANN.email, "Somebody"))
        assert refused is not None
        assert (refused.emails, refused.refused, refused.first_name) == ((), {"email": "taken"}, "Somebody")

    # Lists

    def test_no_list_is_ever_sent_but_a_tag(self, bench: ShopifyBench) -> None:
        recorded = Recorder()
        connector = bench.connect(transport=recorded)
        ann = connector.upsert_customer(ANN)
        connector.upsert_customer(OutgoingCustomer(ANN.email, "Anna"))
        connector.update_customer(ann.id, OutgoingCustomer("other@example.com", "Annie"))
        inputs = [sent["variables"]["input"] for sent in recorded.sent if "input" in sent["variables"]]
        assert len(inputs) == 3
        assert not [name for told in inputs for name in told if isinstance(told[name], list)]
        assert not [name for told in inputs for name in ("tags", "addresses") if name in told]

    # Discounts

    def test_a_discount_is_found_again_although_searches_lag(self, bench: ShopifyBench) -> None:
        """Neither a segment nor a discount is created twice: what is taken but cannot be found yet is waited for."""
        bench.settings(searchLagSeconds=30, segmentLagSeconds=30)
        for number, step in enumerate(bench.writes.place_offer):
            of_the_stage = offer(f"Tier {number}", 10, f"0000000{number}-0000-4000-8000-000000000000")
            bench.fail({"mode": "after", "count": 1, "operation": step})
            with pytest.raises(PartnerUnavailable):
                bench.connector.place_offer(of_the_stage, None)
            with pytest.raises(NotReadyYet):
                bench.connector.place_offer(of_the_stage, None)
            bench.patiently(lambda of_the_stage=of_the_stage: bench.connector.place_offer(of_the_stage, None))  # type: ignore[misc]
            assert len(bench.offers()) == len(bench.state()["segments"]) == number + 1

    def test_two_stages_of_one_name_are_told_apart(self, bench: ShopifyBench) -> None:
        """The title of an automatic discount is unique in a shop."""
        bench.connector.place_offer(offer(), None)
        other = offer(stage="77777777-0000-4000-8000-000000000001")
        placed = bench.connector.place_offer(other, None)
        assert {seen.title for seen in bench.offers()} == {"Bronze", "Bronze (77777777)"}
        assert bench.connector.place_offer(other, placed) == placed
        assert bench.connector.place_offer(other, None) == placed
        assert len(bench.offers()) == 2
        silver = bench.connector.place_offer(offer("Silver", 10, other.stage), placed)
        renamed = bench.connector.place_offer(other, silver)
        assert renamed.ids == placed.ids
        assert {seen.title for seen in bench.offers()} == {"Bronze", "Bronze (77777777)"}

    def test_the_26th_discount_is_for_a_person_to_decide(self, bench: ShopifyBench) -> None:
        for number in range(25):
            bench.connector.place_offer(offer(f"Tier {number}", 10, f"{number:08d}-0000-4000-8000-000000000000"), None)
        with pytest.raises(PartnerRefused, match="25 active automatic discounts") as caught:
            bench.connector.place_offer(offer(), None)
        assert caught.value.reason == "too_many_discounts"

    def test_what_staff_did_to_a_discount_is_put_right(self, bench: ShopifyBench) -> None:
        placed = bench.connector.place_offer(offer(), None)
        ask(bench, OPEN_TO_ALL, {"id": f"gid://shopify/DiscountAutomaticNode/{placed.ids['discount']}"})
        bench.connector.upsert_customer(OutgoingCustomer("nobody@example.com"))
        assert bench.checkout_percent("nobody@example.com") == 90
        assert bench.connector.place_offer(offer(), placed) == placed
        assert bench.checkout_percent("nobody@example.com") == 0
        assert bench.offers() == [SeenOffer("Bronze", 10, is_active=True)]

    def test_a_second_discount_of_a_stage_is_ended(self, bench: ShopifyBench) -> None:
        placed = bench.connector.place_offer(offer(), None)
        segment = f"gid://shopify/Segment/{placed.ids['segment']}"
        ask(bench, ANOTHER, {"segment": segment, "tag": placed.tag})
        assert bench.connector.place_offer(offer(), None) == placed
        assert [seen.title for seen in bench.offers() if seen.is_active] == ["Bronze"]

    def test_one_who_is_deleted_meanwhile_is_looked_at_again(self, bench: ShopifyBench) -> None:
        placed = bench.connector.place_offer(offer(), None)
        ann = bench.connector.upsert_customer(ANN)
        bench.delete_customer(ann.id)
        with pytest.raises(PartnerUnavailable):
            bench.connector.add_customer_to_discount(ann, placed)
        assert bench.connector.get_customer(ann.id) is None

    @pytest.mark.parametrize("mode", ["before", "after", "status"])
    def test_whichever_request_fails_there_is_one_customer_and_one_grant(self, bench: ShopifyBench, mode: str) -> None:
        """Invariant 2 at a shop: a job that is done again from its beginning, until nothing fails, over lagging
        searches."""
        fails_at = 0
        while True:
            bench.reset()
            bench.settings(searchLagSeconds=3)
            line = Line(fails_at, mode)
            connector = bench.connect(transport=line)
            try:
                bench.patiently(lambda connector=connector: enroll(connector))  # type: ignore[misc]
            except PartnerUnavailable:
                bench.patiently(lambda connector=connector: enroll(connector))  # type: ignore[misc]
            (seen,) = bench.customers()
            assert sorted(seen.tags) == ["customer-hub", "hub-stage-5f0c9a31"]
            assert [one.is_active for one in bench.offers()] == [True]
            assert len(bench.state()["segments"]) == 1
            assert bench.checkout_percent(ANN.email) == 10
            bench.close()
            if not line.failed:
                break
            fails_at += 1
        assert fails_at >= 8, "each request of the way failed once"

    # What the app may see and do

    def test_what_the_app_may_not_see_is_withheld(self, bench: ShopifyBench) -> None:
        added = bench.add_customer(email=ANN.email, firstName="Ann", phone=ANN.phone)
        bench.settings(protectedData=True)
        read = bench.connector.get_customer(ExternalId(added))
        assert read is not None
        assert {"emails", "phones"} <= read.withheld
        (row,) = bench.connector.customers_changed_since(None, None).items
        assert {"emails", "phones"} <= row.withheld

    def test_a_scope_that_is_missing_is_named(self, bench: ShopifyBench) -> None:
        bench.settings(scopes=["read_customers", "read_orders"])
        with pytest.raises(CredentialsRefused, match="write_customers"):
            bench.connector.upsert_customer(ANN)
        with pytest.raises(CredentialsRefused, match=r"discounts|write_customers"):
            bench.connector.place_offer(offer(), None)

    def test_a_token_of_an_hour_is_renewed_in_time(self, bench: ShopifyBench) -> None:
        granted = bench.partner.control("POST", "tokens", {"expiring": True}).json()
        known = bench.partner.credentials
        first = {
            "client_id": known["client_id"],
            "client_secret": known["client_secret"],
            "access_token": granted["access_token"],
            "refresh_token": granted["refresh_token"],
            "expires_at": (bench.clock.now() + timedelta(seconds=granted["expires_in"])).isoformat(),
        }
        bench.secrets.credentials = first
        connector = bench.connect(credentials=first)
        for _ in range(4):
            connector.get_customer(ExternalId(self.unknown_id))
            bench.clock.sleep(3590)
        assert len(bench.secrets.puts) == 3
        assert len({kept["refresh_token"] for kept in bench.secrets.puts}) == 3

    def test_a_renewal_whose_answer_was_lost_is_repeated(self, bench: ShopifyBench) -> None:
        granted = bench.partner.control("POST", "tokens", {"expiring": True}).json()
        known = bench.partner.credentials
        first = {
            "client_id": known["client_id"],
            "client_secret": known["client_secret"],
            "access_token": granted["access_token"],
            "refresh_token": granted["refresh_token"],
            "expires_at": bench.clock.now().isoformat(),
        }
        bench.secrets.credentials = first
        connector = bench.connect(credentials=first)
        bench.fail({"mode": "after", "count": 1, "path": "/admin/oauth/access_token"})
        with pytest.raises(PartnerUnavailable):
            connector.get_customer(ExternalId(self.unknown_id))
        assert connector.get_customer(ExternalId(self.unknown_id)) is None
        assert len(bench.secrets.puts) == 1

    def test_an_app_of_the_same_organisation_gets_its_token(self, bench: ShopifyBench) -> None:
        known = bench.partner.credentials
        app = {"client_id": known["client_id"], "client_secret": known["client_secret"]}
        bench.secrets.credentials = app
        connector = bench.connect(credentials=app)
        connector.upsert_customer(ANN)
        assert len(bench.secrets.puts) == 1
        assert [seen.emails for seen in bench.customers()] == [(ANN.email,)]

    # Pace

    def test_a_bucket_that_others_drain_is_waited_for(self, bench: ShopifyBench) -> None:
        """Another app's requests, or a smaller plan than we thought: Shopify throttles, and nobody hears of it."""
        bench.settings(bucketSize=60, restoreRate=5)
        for number in range(6):
            bench.patiently(
                lambda number=number: bench.connector.upsert_customer(OutgoingCustomer(f"c{number}@example.com"))  # type: ignore[misc]
            )
        assert len(bench.customers()) == 6

    def test_the_whole_allowance_is_used_and_never_tripped(self, bench: ShopifyBench) -> None:
        """At least 95 % of the points that there were in half a simulated minute, a full bucket's among them."""
        ann = bench.connector.upsert_customer(ANN)
        placed = bench.connector.place_offer(offer(), None)
        bench.stand_still()
        bench.clock.sleep(60)
        charged, began = self._charged(bench), bench.clock.now()
        deadline = began + timedelta(seconds=30)
        while bench.clock.now() < deadline:
            bench.patiently(lambda: bench.connector.add_customer_to_discount(replace(ann, tags=()), placed))
        lasted_s = (bench.clock.now() - began).total_seconds()
        there_were = 2000 + 100 * lasted_s
        assert bench.state()["requests"]["throttled"] == 0
        assert self._charged(bench) - charged >= 0.95 * there_were

    def read_by_id(self, bench: ShopifyBench, customer: str) -> RemoteCustomer:
        read = bench.connector.get_customer(ExternalId(customer))
        assert read is not None
        return read

    def ended(self, bench: ShopifyBench, kind: FeedKind) -> BulkExport:
        """An export of that kind that has failed."""
        started = bench.connector.start_export(kind)
        for _ in range(100):
            export = bench.connector.get_export(started.id)
            if export is None or export.reason is not None:
                assert export is not None
                return export
            bench.clock.sleep(1)
        raise AssertionError("the export has no end")

    def _charged(self, bench: ShopifyBench) -> float:
        return float(bench.state()["allowance"]["pointsCharged"])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_document_is_valid_on_the_real_schema(document: Document) -> None:
    assert not validate(load_schema().schema, parse(document.text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_no_document_asks_for_what_is_deprecated(document: Document) -> None:
    schema = load_schema().schema
    assert not validate(schema, parse(document.text), rules=[NoDeprecatedCustomRule])


def test_all_documents_are_known() -> None:
    assert {document.name for document in DOCUMENTS} >= {"HubCustomerById", "HubDiscountCreate", "HubWebhookCreate"}
    assert len({document.name for document in DOCUMENTS}) == len(DOCUMENTS) == 26


OPEN_TO_ALL = """
mutation OpenToAll($id: ID!) {
  discountAutomaticBasicUpdate(id: $id, automaticBasicDiscount: {
    title: "For everybody", context: {all: ALL}, customerGets: {value: {percentage: 0.9}, items: {all: true}}
  }) { userErrors { message } }
}
"""
EVENT_SOURCE = "arn:aws:events:us-west-2::event-source/aws.partner/shopify.com/12345/hub"
OTHERS_EXPORT = """
mutation Export($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) { userErrors { message } }
}
"""
ANOTHER = """
mutation Another($segment: ID!, $tag: String!) {
  discountAutomaticBasicCreate(automaticBasicDiscount: {
    title: "Bronze too", startsAt: "2026-01-01T00:00:00Z", tags: [$tag],
    context: {customerSegments: {add: [$segment]}}, customerGets: {value: {percentage: 0.1}, items: {all: true}}
  }) { userErrors { message } }
}
"""


def ask(bench: ShopifyBench, query: str, variables: dict[str, Any]) -> None:
    """As another app of the shop would."""
    answer = httpx.post(
        f"{bench.partner.url}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"x-shopify-access-token": bench.credentials["access_token"]},
        trust_env=False,
    )
    (payload,) = answer.json()["data"].values()
    assert payload["userErrors"] == []


def enroll(connector: Connector) -> None:
    """What a job does for a customer: the same whenever it is done."""
    placed = connector.place_offer(offer(), None)
    connector.add_customer_to_discount(connector.upsert_customer(ANN), placed)


class Line(httpx.BaseTransport):
    """The network, of which one request fails: `before` and `after` are no answer, without and with effect."""

    def __init__(self, fails_at: int, mode: str) -> None:
        self.failed = False
        self._left = fails_at
        self._mode = mode
        self._network = loopback()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left != -1:
            return self._network.handle_request(request)
        self.failed = True
        if self._mode == "status":
            return httpx.Response(503)
        if self._mode == "after":
            self._network.handle_request(request).close()
        raise httpx.ReadTimeout("no answer came")

    def close(self) -> None:
        self._network.close()


class Recorder(httpx.BaseTransport):
    """The network, which remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self._network = loopback()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(json.loads(request.read()))
        return self._network.handle_request(request)

    def close(self) -> None:
        self._network.close()
