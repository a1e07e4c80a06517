"""Webhooks are worked: what they say is taken in, once or often to the same end, and nothing is lost on the way."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.delivery_outcome import parked, retried, told_in_short
from customerhub.domain.duty import DutyStatus
from customerhub.domain.ids import DeliveryId, ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.remote import RemoteChange
from customerhub.entrypoints.delivery_worker import build_delivery_worker
from customerhub.errors import CredentialsRefused, MalformedRequest, PartnerUnavailable, ServiceUnavailable
from infra.local.tables import DynamoDBTables
from tests.support.delivery_desk import SHOP, DeliveryDesk, open_desk
from tests.support.fake_crm import unavailable
from tests.support.faults import FailingClient, UseCase, survive_every_failure
from tests.support.job_scene import Context

ANN = {"emails": ("ann@example.com",), "first_name": "Ann"}
NOTHING = {"kind": "integration", "action": "scopes", "id": "1"}
TAGS = {"kind": "customer", "action": "tags"}


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> DeliveryDesk:
    return open_desk(dynamodb_tables)


def test_what_a_webhook_says_is_in_the_hub_and_not_in_the_inbox_any_more(desk: DeliveryDesk) -> None:
    desk.shop.sign_up(**ANN)
    desk.bring_mail()
    (waiting,) = desk.inbox.stored()
    assert b"ann@example.com" in (waiting.body or b"")
    after = desk.work(waiting)
    assert (after.status, after.reason, after.attempts) == (DeliveryStatus.DONE, None, 0)
    assert (after.body, after.changes, after.worked_at) == (None, (), desk.clock.now())
    (found,) = desk.till.search("ann@example.com").body["customers"]
    assert found["firstName"] == "Ann"


def test_a_message_that_comes_twice_works_nothing_twice(desk: DeliveryDesk) -> None:
    desk.shop.sign_up(**ANN)
    desk.bring_mail()
    (waiting,) = desk.inbox.stored()
    done = desk.work(waiting)
    recorder = FailingClient(desk.inbox.client)
    assert desk.work(waiting, recorder) == done
    assert recorder.calls == ["get_item"]


def test_a_webhook_that_tells_nothing_new_is_skipped_with_the_reason(desk: DeliveryDesk) -> None:
    desk.shop.sign_up(**ANN)
    letter = desk.shop.mail[0]
    desk.bring_mail()
    desk.work(desk.inbox.stored()[0])
    again = desk.tell(body=letter.body)
    after = desk.work(again)
    assert after.status is DeliveryStatus.SKIPPED
    assert after.reason
    assert after.body is None


def test_what_does_not_concern_the_hub_is_skipped_for_three_reads_and_a_write(desk: DeliveryDesk) -> None:
    recorder = FailingClient(desk.inbox.client)
    after = desk.work(desk.tell(), recorder)
    assert (after.status, after.reason, after.body) == (DeliveryStatus.SKIPPED, "of_no_concern", None)
    assert recorder.calls == ["get_item"] * 3 + ["put_item"]
    assert desk.work(desk.tell(NOTHING)).status is DeliveryStatus.SKIPPED


def test_what_makes_no_sense_is_parked_with_the_reason_and_what_it_says(desk: DeliveryDesk) -> None:
    desk.connectors.defect = MalformedRequest("the webhook's body cannot be read: id")
    after = desk.work(desk.tell(body=b"\xff{"))
    assert (after.status, after.reason, after.body) == (DeliveryStatus.PARKED, "malformed_request", b"\xff{")
    assert desk.inbox.store.read_figures(after.tenant, SHOP).parked == 1


def test_a_shop_that_is_not_well_is_asked_again_later(desk: DeliveryDesk) -> None:
    record = desk.shop.sign_up(**ANN)
    desk.shop.mail.clear()
    waiting = desk.tell(TAGS | {"id": record})
    desk.shop.plan = lambda _number, _name: ("before", unavailable(503, 40))
    after = desk.work(waiting)
    assert (after.status, after.attempts, after.reason) == (DeliveryStatus.WAITING, 1, "partner_answered_503")
    assert after.due_at >= desk.clock.now() + timedelta(seconds=30)
    assert after.changes
    assert desk.shop.calls == ["get_customer"], "once: it has said when to ask again"
    assert (after.tenant, after.id, after.due_at) in desk.queue.messages
    assert desk.work(after) == after, "it is not its time yet"
    desk.shop.plan = lambda _number, _name: None
    desk.inbox.pass_time(seconds=60)
    assert desk.work(after).status is DeliveryStatus.DONE
    assert len(desk.till.search("ann@example.com").body["customers"]) == 1


@pytest.mark.parametrize(
    "fault",
    [ServiceUnavailable("Secrets Manager was not reached"), PartnerUnavailable("no answer")],
    ids=["secrets", "partner"],
)
def test_a_fault_before_anything_was_read_is_tried_again(desk: DeliveryDesk, fault: Exception) -> None:
    waiting = desk.tell(NOTHING)
    desk.connectors.refusal = fault
    after = desk.work(waiting)
    assert (after.status, after.attempts, after.body) == (DeliveryStatus.WAITING, 1, waiting.body)


def test_credentials_that_are_refused_need_a_person(desk: DeliveryDesk) -> None:
    waiting = desk.tell(NOTHING)
    desk.connectors.refusal = CredentialsRefused("the shop's credentials cannot be read")
    after = desk.work(waiting)
    assert (after.status, after.reason) == (DeliveryStatus.PARKED, "credentials_refused")
    assert after.body == waiting.body


@pytest.mark.parametrize("reason", ["credentials_refused", "access_denied"])
@pytest.mark.parametrize("where", ["opening", "record", "list"])
def test_credentials_that_were_replaced_are_taken_before_anybody_is_bothered(
    desk: DeliveryDesk, where: str, reason: str
) -> None:
    """A process knows the former ones for some minutes."""
    record, refusal = desk.shop.sign_up(**ANN), CredentialsRefused("the token is not accepted", reason=reason)
    desk.shop.mail.clear()
    listed = {"kind": "customers", "action": "updated", "id": "tagId=1"}
    waiting = desk.tell(listed if where == "list" else TAGS | {"id": record})
    desk.connectors.renewal = True
    if where == "opening":
        desk.connectors.refusal = refusal
    else:
        desk.shop.plan = lambda _number, _name: ("before", refusal)
    after = desk.work(waiting)
    assert (after.status, after.attempts, after.reason) == (DeliveryStatus.WAITING, 0, None)
    assert (after.body, after.worked_at) == (waiting.body, None)
    desk.connectors.refusal, desk.shop.plan = None, lambda _number, _name: None
    desk.inbox.pass_time(seconds=60)
    assert desk.work(after).status is DeliveryStatus.DONE
    assert len(desk.till.search("ann@example.com").body["customers"]) == 1


@pytest.mark.parametrize(
    ("renewal", "status", "reason"),
    [
        (CredentialsRefused("none", reason="credentials_missing"), DeliveryStatus.PARKED, "credentials_missing"),
        (ServiceUnavailable("Secrets Manager was not reached"), DeliveryStatus.WAITING, "try_again"),
    ],
    ids=["none", "unknown"],
)
def test_whether_they_were_replaced_may_not_be_known(
    desk: DeliveryDesk, renewal: Exception, status: DeliveryStatus, reason: str
) -> None:
    waiting = desk.tell(NOTHING)
    desk.connectors.refusal, desk.connectors.renewal = CredentialsRefused("the token is not accepted"), renewal
    after = desk.work(waiting)
    assert (after.status, after.reason, after.body) == (status, reason, waiting.body)


def test_after_seven_days_of_faults_a_person_must_look(desk: DeliveryDesk) -> None:
    waiting = desk.tell(NOTHING)
    desk.connectors.refusal = PartnerUnavailable("no answer")
    for _ in range(3):
        after = desk.work(waiting)
        assert after.status is DeliveryStatus.WAITING
        desk.inbox.pass_time(days=2.5)
    after = desk.work(waiting)
    assert (after.status, after.reason, after.body) == (DeliveryStatus.PARKED, "retries_exhausted", waiting.body)


def test_what_nobody_foresaw_is_counted_and_logged_without_its_words(
    desk: DeliveryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = desk.tell(NOTHING)
    desk.connectors.defect = KeyError("ann@example.com")
    after = desk.work(waiting)
    assert (after.status, after.attempts, after.reason) == (DeliveryStatus.WAITING, 1, "internal_error")
    written = str([vars(record) for record in caplog.records])
    assert "KeyError" in written
    assert "ann@example.com" not in written


def test_invariant_8_the_log_says_what_was_worked_and_nothing_of_a_person(
    desk: DeliveryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.shop.sign_up(**ANN)
    desk.bring_mail()
    desk.work(desk.inbox.stored()[0])
    written = str([vars(record) for record in caplog.records])
    assert "worked" in written
    assert "ann@example.com" not in written
    assert "'Ann'" not in written


def test_of_a_shop_that_was_disconnected_nothing_is_taken_in(desk: DeliveryDesk) -> None:
    desk.shop.sign_up(**ANN)
    desk.bring_mail()
    desk.inbox.change(SHOP, active=False)
    after = desk.work(desk.inbox.stored()[0])
    assert (after.status, after.reason, after.body) == (DeliveryStatus.SKIPPED, "integration_inactive", None)
    assert desk.till.search("ann@example.com").body["customers"] == []


def test_what_the_law_wants_is_kept_of_a_shop_that_was_disconnected_too(desk: DeliveryDesk) -> None:
    waiting = desk.tell({"kind": "customer", "action": "redact", "id": "77"})
    desk.inbox.change(SHOP, active=False)
    assert desk.work(waiting).status is DeliveryStatus.DONE


def test_an_app_that_was_removed_ends_the_connection_and_is_told_of(desk: DeliveryDesk) -> None:
    desk.inbox.pass_time(minutes=5)
    waiting = desk.tell({"kind": "integration", "action": "uninstalled", "id": desk.inbox.account})
    assert desk.work(waiting).status is DeliveryStatus.DONE
    assert not stored(desk).active
    assert len(desk.topic.alerts) == 1
    assert desk.inbox.status(desk.inbox.signed(b'{"id":1}'), b'{"id":1}') == 200
    assert len(desk.inbox.stored()) == 1


def test_an_app_that_was_removed_before_it_was_connected_again_stays_connected(desk: DeliveryDesk) -> None:
    waiting = desk.tell({"kind": "integration", "action": "uninstalled", "id": desk.inbox.account})
    desk.inbox.pass_time(minutes=5)
    desk.inbox.change(SHOP, renewed_at=desk.clock.now())
    assert desk.work(waiting).status is DeliveryStatus.SKIPPED
    assert stored(desk).active


def stored(desk: DeliveryDesk) -> Integration:
    found = desk.inbox.integrations.get_integration(desk.inbox.tenant.id, SHOP)
    assert found
    return found


def test_many_customers_of_one_change_are_taken_in_page_by_page(desk: DeliveryDesk) -> None:
    for number in range(8):
        desk.shop.sign_up(emails=(f"ann.{number}@example.com",), first_name="Ann")
    desk.shop.mail.clear()
    waiting = desk.tell({"kind": "customers", "action": "updated", "id": "tagId=1"})
    desk.shop.plan = lambda _number, name: desk.inbox.pass_time(seconds=10) if name == "list_bulk" else None
    first = desk.work(waiting, left_s=30)
    assert (first.status, first.cursor) == (DeliveryStatus.WAITING, "3")
    assert first.attempts == 0
    assert desk.work(first).status is DeliveryStatus.DONE
    assert desk.shop.calls.count("list_bulk") == 3
    desk.shop.plan = lambda _number, _name: None
    found = desk.till.search("ann.").body["customers"] + desk.till.search("ann").body["customers"]
    assert len({one["id"] for one in found}) == 8


def test_a_page_that_could_not_be_read_is_read_again_and_none_before_it(desk: DeliveryDesk) -> None:
    for number in range(8):
        desk.shop.sign_up(emails=(f"ann.{number}@example.com",), first_name="Ann")
    desk.shop.mail.clear()
    waiting = desk.tell({"kind": "customers", "action": "updated", "id": "tagId=1"})
    failing = [None, ("before", unavailable(429, 5)), None, None]
    desk.shop.plan = lambda _number, name: failing.pop(0) if name == "list_bulk" else None
    after = desk.work(waiting)
    assert (after.status, after.reason, after.cursor) == (DeliveryStatus.WAITING, "partner_answered_429", "3")
    assert after.attempts == 1
    desk.inbox.pass_time(seconds=10)
    done = desk.work(after)
    assert (done.status, done.cursor) == (DeliveryStatus.DONE, None)
    assert desk.shop.calls.count("list_bulk") == 4


def test_at_a_page_of_which_a_record_failed_a_person_must_look_and_it_is_gone_on_with_there(
    desk: DeliveryDesk,
) -> None:
    """Invariant 2: that a record was not taken in is not forgotten with the page."""
    for number in range(8):
        desk.shop.sign_up(emails=(f"ann.{number}@example.com",), first_name="Ann")
    desk.shop.mail.clear()
    spoilt = SpoiltClaim(desk.inbox.client, "ann.4@example.com")
    after = desk.work(desk.tell({"kind": "customers", "action": "updated", "id": "tagId=1"}), spoilt)
    assert (after.status, after.reason, after.cursor) == (DeliveryStatus.PARKED, "internal_error", "3")
    assert desk.shop.calls.count("list_bulk") == 2
    desk.inbox.store.put_delivery(retried(after, desk.clock.now()))
    assert desk.work(after).status is DeliveryStatus.DONE
    assert desk.shop.calls.count("list_bulk") == 4
    found = desk.till.search("ann").body["customers"]
    assert {one["email"] for one in found} == {f"ann.{number}@example.com" for number in range(8)}


def test_a_record_that_cannot_be_read_keeps_no_page_from_being_worked(desk: DeliveryDesk) -> None:
    ids = [desk.shop.sign_up(emails=(f"ann.{number}@example.com",), first_name="Ann") for number in range(8)]
    desk.shop.mail.clear()
    desk.shop.garbled = {one for one in ids[1:2] if one}
    after = desk.work(desk.tell({"kind": "customers", "action": "updated", "id": "tagId=1"}))
    assert (after.status, after.reason) == (DeliveryStatus.PARKED, "unreadable_record")
    assert len(desk.till.search("ann").body["customers"]) == 7


class SpoiltClaim:
    """A client that meets something that nobody foresaw wherever one e-mail is written."""

    def __init__(self, client: Any, email: str) -> None:
        self._client, self._email = client, email

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def transact_write_items(self, **request: Any) -> Any:
        if self._email in str(request):
            raise KeyError(self._email)
        return self._client.transact_write_items(**request)


def test_without_enough_time_a_message_comes_back(desk: DeliveryDesk) -> None:
    waiting = desk.tell(NOTHING)
    assert desk.deliver(waiting.id, left_s=20) == [waiting.id]
    assert desk.now(waiting) == waiting


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"tenant": "T", "delivery": "x"}', '{"tenant": "winery", "delivery": 5}', "[" * 5_000]
)
def test_a_message_that_is_none_of_ours_fails_alone(desk: DeliveryDesk, body: str) -> None:
    waiting = desk.tell(NOTHING)
    good = json.dumps({"tenant": waiting.tenant, "delivery": waiting.id})
    records = [{"messageId": "bad", "body": body}, {"messageId": "good", "body": good}]
    answer = build_delivery_worker(desk.parts())({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert desk.now(waiting).status is DeliveryStatus.SKIPPED


def test_a_delivery_or_tenant_that_is_not_there_is_no_fault(desk: DeliveryDesk) -> None:
    assert desk.deliver(DeliveryId("0" * 32)) == []


def test_invariant_2_no_fault_on_the_way_loses_a_webhook(dynamodb_tables: DynamoDBTables) -> None:
    def arrange() -> DeliveryDesk:
        desk = open_desk(dynamodb_tables)
        desk.shop.sign_up(**ANN)
        desk.bring_mail()
        return desk

    def act(desk: DeliveryDesk, client: Any) -> None:
        (waiting,) = desk.inbox.stored()
        desk.inbox.clock.at = max(desk.clock.now(), waiting.due_at)
        desk.work(waiting, client)

    def check(desk: DeliveryDesk) -> None:
        assert len(desk.till.search("ann@example.com").body["customers"]) <= 1
        (delivery,) = desk.inbox.stored()
        assert delivery.status in (DeliveryStatus.WAITING, DeliveryStatus.DONE, DeliveryStatus.SKIPPED)

    def check_done(desk: DeliveryDesk) -> None:
        (delivery,) = desk.inbox.stored()
        assert delivery.status in (DeliveryStatus.DONE, DeliveryStatus.SKIPPED), delivery
        assert delivery.body is None
        assert len(desk.till.search("ann@example.com").body["customers"]) == 1

    use_case = UseCase(arrange, act, lambda desk: desk.inbox.client, check, check_done)
    assert survive_every_failure("a webhook is worked", use_case) >= 20


def test_what_no_message_brings_is_found_by_the_sweep(desk: DeliveryDesk) -> None:
    desk.queue.is_down = True
    desk.shop.sign_up(**ANN)
    desk.bring_mail()
    desk.queue.is_down = False
    desk.work_off(minutes=4)
    assert [one.status for one in desk.inbox.stored()] == [DeliveryStatus.DONE]


def test_what_its_workers_die_at_ends_with_a_person(desk: DeliveryDesk) -> None:
    """It is never counted, since nobody comes back to count it."""
    waiting = desk.tell(NOTHING)
    desk.queue.messages.clear()
    for day in range(8):
        desk.inbox.pass_time(days=1)
        desk.inbox.queue = desk.queue
        desk.inbox.sweep()
        if day < 7:
            assert desk.now(waiting).status is DeliveryStatus.WAITING
    after = desk.now(waiting)
    assert (after.status, after.reason, after.body) == (DeliveryStatus.PARKED, "worker_lost", waiting.body)


def test_two_workers_at_one_delivery_come_to_the_same_end(desk: DeliveryDesk) -> None:
    class Rival:
        """Another worker comes first, before this one writes."""

        def __init__(self, client: Any) -> None:
            self.client, self.came = client, False

        def __getattr__(self, operation: str) -> Any:
            method = getattr(self.client, operation)

            def call(**request: Any) -> Any:
                if operation == "put_item" and "#DELIVERY#" in request["Item"]["PK"]["S"] and not self.came:
                    self.came = True
                    desk.deliver(waiting.id)
                return method(**request)

            return call

    desk.shop.sign_up(**ANN)
    desk.bring_mail()
    (waiting,) = desk.inbox.stored()
    assert desk.deliver(waiting.id, client=Rival(desk.inbox.client)) == []
    assert desk.now(waiting).status in (DeliveryStatus.DONE, DeliveryStatus.SKIPPED)
    assert desk.now(waiting).version == waiting.version + 1
    assert len(desk.till.search("ann@example.com").body["customers"]) == 1


def test_bodies_are_forgotten_and_what_is_left_can_still_be_worked(desk: DeliveryDesk) -> None:
    """Invariant 6: what waits or is parked holds nothing of a person who is erased."""
    record = desk.shop.sign_up(**ANN)
    desk.shop.mail.clear()
    waiting, fresh = desk.tell(TAGS | {"id": record}), desk.tell(TAGS | {"id": record})
    desk.connectors.defect = ValueError()
    unreadable, unread = desk.work(desk.tell(body=b"ann@example.com")), desk.tell(body=b"ann@example.com")
    desk.connectors.defect = None
    desk.shop.plan = lambda _number, _name: ("before", unavailable())
    waiting = desk.work(waiting)
    desk.shop.plan = lambda _number, _name: None
    desk.inbox.pass_time(days=8)
    desk.inbox.queue = desk.queue
    desk.inbox.store.put_delivery(_late(desk, unreadable))
    desk.inbox.store.drop_bodies(desk.inbox.tenant, SHOP)
    assert [desk.now(one).body for one in (waiting, fresh, unreadable)] == [None] * 3
    assert desk.now(unread).body == unread.body
    assert desk.work(waiting).status is DeliveryStatus.DONE
    assert desk.work(fresh).status is DeliveryStatus.SKIPPED
    desk.inbox.store.drop_bodies(desk.inbox.tenant, SHOP)


def test_a_request_of_the_law_is_kept_with_the_e_mail_until_it_is_a_duty(desk: DeliveryDesk) -> None:
    """Invariant 6: somebody else's erasure does not make the one whom it is about unknown."""
    ann = desk.till.manage(email="ann@example.com", firstName="Ann").id
    other = desk.till.manage(email="ben@example.com", firstName="Ben").id
    body = json.dumps({"customer": {"id": 77, "email": "ann@example.com"}}).encode()
    desk.connectors = desk.inbox.connectors  # type: ignore[assignment]
    assert desk.inbox.status(desk.inbox.signed(body, x_shopify_topic="customers/redact"), body) == 200
    waiting = desk.work(desk.inbox.only(), NoDuties(desk.inbox.client))
    assert (waiting.status, [change.action for change in waiting.changes]) == (DeliveryStatus.WAITING, ["redact"])
    assert desk.till.erase(other).status == 200
    assert desk.now(waiting).body == body
    desk.inbox.pass_time(seconds=60)
    assert desk.work(waiting).status is DeliveryStatus.DONE
    (duty,) = desk.parts().duties.list_duties(desk.inbox.tenant.id, DutyStatus.OPEN, None, 10).items
    assert duty.customers == (ann,)


class NoDuties:
    """A client that stores no duty."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def put_item(self, **request: Any) -> Any:
        if "#DUTY#" in request["Item"]["PK"]["S"]:
            raise ReadTimeoutError(endpoint_url="https://aws")
        return self._client.put_item(**request)


def test_of_a_request_of_the_law_that_is_parked_nothing_is_left(desk: DeliveryDesk) -> None:
    """Invariant 6; and worked by its ids alone it might be receipted as though nobody had been known."""
    told = told_in_short(desk.tell(), [RemoteChange("customer", "redact", ExternalId("77"))])
    stored = desk.inbox.store.put_delivery(parked(told, "retries_exhausted", desk.clock.now()))
    assert stored.says_something
    desk.inbox.store.drop_bodies(desk.inbox.tenant, SHOP)
    kept = desk.now(stored)
    assert (kept.status, kept.says_something) == (DeliveryStatus.PARKED, False)
    path = {"integrationId": SHOP, "deliveryId": kept.id}
    refused = desk.api.call("POST /api/integrations/{integrationId}/deliveries/{deliveryId}/retry", path=path)
    assert (refused.status, refused.body["code"]) == (409, "nothing_left")


def _late(desk: DeliveryDesk, delivery: Delivery) -> Delivery:
    return parked(desk.now(delivery), "internal_error", desk.clock.now())
