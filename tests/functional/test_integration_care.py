"""Integrations are looked after every hour: subscriptions, what was missed, alerts."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from customerhub.aws.alert_topic import SnsAlertTopic
from customerhub.domain import owing
from customerhub.domain.alert import Alert, AlertKind
from customerhub.domain.care import Care
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.feed import Drift
from customerhub.domain.ids import CredentialId, ExternalId, RunId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.remote import RemotePage, VerifiedDelivery, WebhookSubscription
from customerhub.domain.run import RunKind
from customerhub.errors import (
    CredentialsRefused,
    PartnerRefused,
    PartnerUnavailable,
    RetryLater,
    ServiceUnavailable,
)
from customerhub.services.check_integrations import check_integrations
from customerhub.services.job_parts import Turn
from customerhub.services.look_after_integration import MAX_LOG_PAGES, look_after_integration
from customerhub.services.review_integration import review_integration
from customerhub.services.set_alert import set_alert
from customerhub.services.start_run import start_run
from customerhub.services.take_in_uninstall import take_in_uninstall
from infra.local.tables import DynamoDBTables
from tests.support.care import PUBLIC_URL, HeardTopic, end_run
from tests.support.club import jobs_in
from tests.support.fake_shop import FakeShop, FakeShopConnector
from tests.support.faults import UseCase, survive_every_failure
from tests.support.integration_desk import SHOP, IntegrationDesk
from tests.support.one_client import with_one_client

TARGET = f"{PUBLIC_URL}/api/webhooks/shopify"
SOMEBODY = CredentialId("key:somebody")


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> IntegrationDesk:
    """A merchant whose shop was just connected."""
    return connected(dynamodb_tables)


def connected(tables: DynamoDBTables) -> IntegrationDesk:
    """A merchant whose shop was just connected."""
    desk = IntegrationDesk(tables)
    assert desk.connect().status == 201
    return desk


def review(desk: IntegrationDesk) -> None:
    """As at the end of a run."""
    review_integration(desk.integration, parts=desk.app().care_parts)


def test_a_new_shop_reports_to_the_hub_and_is_pulled(desk: IntegrationDesk) -> None:
    assert desk.look_after().status is JobStatus.DONE
    assert desk.shop.subscribed == [TARGET]
    assert len(desk.runs.sent) == 1
    shown = desk.shown()
    webhooks = shown["webhooks"]
    assert (webhooks["url"], webhooks["topics"], webhooks["missing"]) == (TARGET, ["customers/update"], [])
    assert (shown["running"]["kind"], shown["alerts"]) == ("pull", [])


def test_where_all_is_as_it_should_be_nothing_is_written_at_the_shop_and_nothing_pulled(desk: IntegrationDesk) -> None:
    desk.look_after()
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    before, told = desk.care, list(desk.runs.sent)
    desk.pass_time(hours=1)
    desk.shop.calls.clear()
    assert desk.look_after().status is JobStatus.DONE
    assert set(desk.shop.calls) == {"list_webhooks"}
    assert desk.runs.sent == told
    assert desk.care.checked_at is not None
    assert before.checked_at is not None
    assert desk.care.checked_at > before.checked_at


def test_a_subscription_that_is_gone_is_made_again_and_the_gap_is_pulled(desk: IntegrationDesk) -> None:
    desk.look_after()
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    desk.shop.subscribed.clear()
    assert desk.look_after().status is JobStatus.DONE
    assert desk.shop.subscribed == [TARGET]
    assert len(desk.runs.sent) == 2
    run = desk.app().run_parts.runs.get_run(*desk.runs.sent[-1][:2])
    assert run is not None
    assert run.kind is RunKind.PULL, "from the watermarks on: what came before was pulled"


def test_a_run_that_was_under_way_before_is_waited_for_since_it_may_have_passed_the_gap_by(
    desk: IntegrationDesk,
) -> None:
    desk.look_after()
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    desk.shop.subscribed.clear()
    older = start_run(desk.integration, RunKind.PULL, SOMEBODY, parts=desk.app().run_parts)
    desk.pass_time(minutes=5)
    told = len(desk.runs.sent)
    waiting = desk.look_after()
    assert (waiting.status, desk.care.checked_at) == (JobStatus.WAITING, None)
    assert waiting.due_at >= desk.clock.now() + timedelta(seconds=50)
    assert desk.shop.subscribed == [TARGET]
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    desk.pass_time(hours=1)
    assert desk.look_after().status is JobStatus.DONE
    assert desk.care.checked_at is not None
    (gap,) = {run for _, run, _ in desk.runs.sent[told:]} - {older.id}
    assert desk.app().run_parts.runs.get_pull_state(desk.tenant.id, SHOP).run == gap


def test_a_hub_that_has_moved_is_reported_to_where_it_is_now(desk: IntegrationDesk) -> None:
    desk.look_after()
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    desk.public_url = "https://elsewhere.example.com/"
    desk.look_after()
    assert desk.shop.subscribed == ["https://elsewhere.example.com/api/webhooks/shopify"]
    assert len(desk.runs.sent) == 2


def test_webhooks_by_eventbridge_are_sent_to_the_event_source(desk: IntegrationDesk) -> None:
    source = "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1234567/customer-hub"
    desk.look_after()
    desk.connect(intake="eventbridge", eventSource=source)
    desk.look_after()
    assert desk.shop.subscribed == [source]


@dataclass(frozen=True)
class Refusing(FakeShopConnector):
    """Of a shop that does not let the app subscribe to all that it wants."""

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        super().register_webhooks(url)
        raise PartnerRefused("Shopify refuses to report orders/create", reason="denied", fields=("orders/create",))


def test_what_cannot_be_subscribed_to_raises_an_alert_until_it_can(desk: IntegrationDesk) -> None:
    desk.connectors.other = Refusing(desk.shop)
    for _ in range(2):
        job = desk.look_after()
        assert (job.status, job.reason) == (JobStatus.DONE, "denied")
        desk.pass_time(hours=1)
    assert desk.shown()["webhooks"]["missing"] == ["orders/create"]
    assert [alert["kind"] for alert in desk.shown()["alerts"]] == ["webhooks"]
    assert len(desk.runs.sent) == 1, "what is never reported is no gap: the hourly pull has it"
    desk.connectors.other = None
    desk.look_after()
    desk.look_after()
    assert desk.shown()["alerts"] == []
    assert desk.topic.told == [("webhooks", "raised"), ("webhooks", "recovered")]


@dataclass(frozen=True)
class Mute(FakeShopConnector):
    """Of a shop that does not show what it reports."""

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        raise PartnerRefused("Shopify cannot read the request", reason="bad_request")


def test_subscriptions_that_are_not_shown_raise_an_alert_until_they_are(desk: IntegrationDesk) -> None:
    desk.connectors.other = Mute(desk.shop)
    for _ in range(2):
        assert desk.look_after().status is JobStatus.PARKED
        desk.pass_time(hours=1)
    (alert,) = desk.shown()["alerts"]
    assert alert["detail"] == "not reported, and cannot be subscribed to: webhooks (bad_request)"
    desk.connectors.other = None
    desk.look_after()
    desk.look_after()
    assert desk.shown()["alerts"] == []
    assert desk.topic.told == [("webhooks", "raised"), ("webhooks", "recovered")]


def test_credentials_that_are_refused_raise_an_alert_once_and_end_it_once(desk: IntegrationDesk) -> None:
    desk.connectors.refused = CredentialsRefused("Shopify does not accept the shop's access token")
    for _ in range(3):
        assert desk.look_after().status is JobStatus.PARKED
        desk.pass_time(hours=1)
    (alert,) = desk.shown()["alerts"]
    assert alert["kind"] == "credentials"
    assert "credentials_refused" in alert["detail"]
    assert desk.topic.told == [("credentials", "raised")], "that nobody looked after it is no second alert"
    desk.connectors.refused = None
    for _ in range(2):
        desk.look_after()
    assert desk.topic.told == [("credentials", "raised"), ("credentials", "recovered")]
    assert desk.shown()["alerts"] == []


def test_credentials_that_were_replaced_meanwhile_alert_nobody(desk: IntegrationDesk) -> None:
    desk.connectors.refused, desk.connectors.renewed = CredentialsRefused("no"), True
    assert desk.look_after().status is JobStatus.WAITING
    assert desk.topic.told == []


def test_a_shop_that_does_not_answer_is_asked_again_and_the_rest_is_reviewed(desk: IntegrationDesk) -> None:
    park_delivery(desk)
    desk.connectors.refused = PartnerUnavailable("Shopify cannot be reached")
    assert desk.look_after().status is JobStatus.WAITING
    assert desk.topic.told == [("parked", "raised")]


def park_delivery(desk: IntegrationDesk) -> Delivery:
    """A webhook that a person must look at."""
    now = desk.clock.now()
    delivery = Delivery(desk.tenant.id, SHOP, "event-1", "customers/update", now, now, status=DeliveryStatus.PARKED)
    store = desk.app().care_parts.deliveries
    assert store.put_delivery_if_absent(delivery)
    return replace(delivery, version=1)


def test_parked_work_raises_an_alert(desk: IntegrationDesk) -> None:
    parked = park_delivery(desk)
    for _ in range(2):
        review(desk)
    assert desk.topic.told == [("parked", "raised")]
    assert desk.topic.details == ["a person must look at what is parked: 0 jobs, 1 webhooks"]
    assert desk.shown()["webhooks"]["parked"] == 1
    desk.app().care_parts.deliveries.put_delivery(replace(parked, status=DeliveryStatus.DISCARDED))
    review(desk)
    assert desk.topic.told == [("parked", "raised"), ("parked", "recovered")]


def test_runs_that_fail_in_a_row_raise_an_alert(desk: IntegrationDesk) -> None:
    for failures, told in ((1, []), (2, []), (3, ["raised"]), (4, ["raised"]), (0, ["raised", "recovered"])):
        run = start_run(desk.integration, RunKind.PULL, SOMEBODY, parts=desk.app().run_parts)
        runs = desk.app().care_parts.runs
        state = runs.get_pull_state(desk.tenant.id, SHOP)
        runs.end_run(run, replace(state, run=None, failures=failures, reason="partner_answered_500"))
        review(desk)
        assert desk.topic.told == [("failing", each) for each in told]
    assert desk.topic.details[0] == "3 pulls in a row have failed, the last one with partner_answered_500"
    assert (desk.shown()["failures"], desk.shown()["failureReason"]) == (0, "partner_answered_500")


def test_comparisons_that_fail_in_a_row_raise_an_alert_though_pulls_go_well(desk: IntegrationDesk) -> None:
    runs = desk.app().care_parts.runs
    for failures, told in ((2, []), (3, ["raised"]), (0, ["raised", "recovered"])):
        run = start_run(desk.integration, RunKind.COMPARE, SOMEBODY, parts=desk.app().run_parts)
        state = runs.get_pull_state(desk.tenant.id, SHOP)
        failed = replace(state, run=None, failed_comparisons=failures, comparison_reason="too_many_gone")
        runs.end_run(run, failed)
        review(desk)
        assert desk.topic.told == [("failing", each) for each in told]
    assert desk.topic.details[0] == "3 comparisons in a row have failed, the last one with too_many_gone"


def test_drift_raises_an_alert_and_is_shown(desk: IntegrationDesk) -> None:
    for only_in_shop, told in ((1, []), (2, ["raised"]), (0, ["raised", "recovered"])):
        run = start_run(desk.integration, RunKind.COMPARE, SOMEBODY, parts=desk.app().run_parts)
        runs = desk.app().care_parts.runs
        state = replace(runs.get_pull_state(desk.tenant.id, SHOP), run=None)
        drift = Drift(RunId(run.id), desk.clock.now(), 100, only_in_shop, 0, 0)
        runs.end_run(run, state, drift)
        review(desk)
        assert desk.topic.told == [("drift", each) for each in told]
        assert desk.shown()["drift"]["score"] == pytest.approx(only_in_shop / 100)


def test_a_topic_that_takes_nothing_is_told_later(desk: IntegrationDesk) -> None:
    desk.topic.fails = True
    set_duty_alert(desk, "due soon")
    desk.topic.fails = False
    set_duty_alert(desk, "due soon")
    assert desk.topic.told == [], "whoever wrote it may still be at it"
    desk.pass_time(minutes=11)
    for _ in range(2):
        set_duty_alert(desk, "due soon")
    assert desk.topic.told == [("duty", "raised")]


@pytest.mark.parametrize(("fault", "heard"), [("fails", 0), ("times_out", 1)])
def test_whether_or_not_a_message_was_heard_the_last_word_is(desk: IntegrationDesk, fault: str, heard: int) -> None:
    """Nobody can know what became of a message that was not answered."""
    setattr(desk.topic, fault, True)
    set_duty_alert(desk, "due soon")
    setattr(desk.topic, fault, False)
    set_duty_alert(desk, None)
    assert desk.topic.told == [("duty", "raised")] * heard + [("duty", "recovered")]
    desk.topic.told.clear()
    set_duty_alert(desk, "due again")
    setattr(desk.topic, fault, True)
    set_duty_alert(desk, None)
    setattr(desk.topic, fault, False)
    set_duty_alert(desk, "and again")
    assert desk.topic.told == [("duty", "raised")] + [("duty", "recovered")] * heard + [("duty", "raised")]


def set_duty_alert(desk: IntegrationDesk, detail: str | None) -> None:
    """The alert stands, or is over."""
    set_alert(desk.integration, AlertKind.DUTY, detail, parts=desk.app().care_parts.of_alerts)


def test_of_two_who_find_the_same_one_tells(desk: IntegrationDesk) -> None:
    parts = desk.app().care_parts.of_alerts
    other: list[str] = []

    def meanwhile() -> None:
        if not other:
            other.append("looks")
            set_alert(desk.integration, AlertKind.DUTY, "due soon", parts=parts)

    desk.topic.before_publish = meanwhile
    set_alert(desk.integration, AlertKind.DUTY, "due soon", parts=parts)
    assert desk.topic.told == [("duty", "raised")]


def test_an_app_that_was_removed_stops_everything_and_asks_the_shop_nothing(desk: IntegrationDesk) -> None:
    desk.look_after()
    desk.shop.calls.clear()
    at = desk.clock.now() + timedelta(seconds=1)
    assert take_in_uninstall(desk.integration, at, parts=desk.app().care_parts.of_alerts) is True
    assert take_in_uninstall(desk.integration, at, parts=desk.app().care_parts.of_alerts) is False
    assert desk.shop.calls == []
    assert desk.shown()["active"] is False
    assert desk.topic.told == [("credentials", "raised")]
    desk.check()
    assert desk.look_after().status is JobStatus.SKIPPED
    review(desk)
    assert [alert["kind"] for alert in desk.shown()["alerts"]] == ["credentials"], "nobody has done anything about it"
    desk.pass_time(minutes=5)
    desk.connect()
    desk.look_after()
    assert (desk.shown()["active"], desk.shown()["alerts"]) == (True, [])
    assert take_in_uninstall(desk.integration, at, parts=desk.app().care_parts.of_alerts) is False, "an old word"
    assert desk.integration.active


def test_a_review_beside_an_uninstall_leaves_its_alert(desk: IntegrationDesk) -> None:
    """Whether it read the integration before, or comes in between."""
    at, parts = desk.clock.now() + timedelta(seconds=1), desk.app().care_parts
    before = desk.integration
    take_in_uninstall(before, at, parts=parts.of_alerts)
    review_integration(before, parts=parts)
    assert desk.topic.told == [("credentials", "raised")]
    desk.pass_time(minutes=1)
    desk.connect()
    review(desk)
    assert desk.alerts()["credentials"].is_open is False
    desk.topic.before_publish = between = Once(lambda: review_integration(desk.integration, parts=parts))
    take_in_uninstall(desk.integration, desk.clock.now() + timedelta(seconds=1), parts=parts.of_alerts)
    assert between.has_happened
    assert desk.alerts()["credentials"].is_open


@dataclass
class Once:
    """Happens the first time."""

    happen: Callable[[], object]
    has_happened: bool = False

    def __call__(self) -> None:
        if not self.has_happened:
            self.has_happened = True
            self.happen()


def test_what_nobody_was_told_of_is_told_within_the_hour_also_of_what_is_disconnected(desk: IntegrationDesk) -> None:
    desk.topic.fails = True
    set_duty_alert(desk, "due soon")
    take_in_uninstall(desk.integration, desk.clock.now() + timedelta(seconds=1), parts=desk.app().care_parts.of_alerts)
    desk.topic.fails = False
    desk.check()
    assert desk.topic.told == [], "whoever wrote them may still be at it"
    desk.pass_time(hours=1)
    for _ in range(2):
        desk.check()
    assert sorted(desk.topic.told) == [("credentials", "raised"), ("duty", "raised")]


def test_a_duty_is_due_also_of_what_is_disconnected(desk: IntegrationDesk) -> None:
    park_delivery(desk)
    review(desk)
    set_duty_alert(desk, "due soon")
    desk.disconnect()
    assert [alert["kind"] for alert in desk.shown()["alerts"]] == ["duty"]


def test_staff_who_disconnect_hear_no_more_of_it(desk: IntegrationDesk) -> None:
    at = desk.clock.now() + timedelta(seconds=1)
    take_in_uninstall(desk.integration, at, parts=desk.app().care_parts.of_alerts)
    desk.disconnect()
    assert desk.topic.told == [("credentials", "raised"), ("credentials", "recovered")]
    later = at + timedelta(hours=1)
    assert take_in_uninstall(desk.integration, later, parts=desk.app().care_parts.of_alerts) is False
    assert desk.shown()["alerts"] == []


@dataclass(frozen=True)
class Remembering(FakeShopConnector):
    """Of a platform that keeps a log of the webhooks that it could not deliver, in pages of one."""

    log: list[VerifiedDelivery] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)

    def missed_deliveries_since(self, *which: Any) -> RemotePage[VerifiedDelivery]:
        since, cursor = which
        self.asked.append(since)
        number = int(cursor or 0)
        following = str(number + 1) if number + 1 < len(self.log) else None
        return RemotePage(tuple(self.log[number : number + 1]), following)


def test_what_the_platform_could_not_deliver_is_put_into_the_inbox_once(desk: IntegrationDesk) -> None:
    body = json.dumps([]).encode()
    log = [VerifiedDelivery("x", "Customer/Update", f"event-{number}", body, desk.clock.now()) for number in range(3)]
    connector = Remembering(desk.shop, log)
    desk.connectors.other = connector
    assert desk.look_after().status is JobStatus.DONE
    assert [delivery.event_id for delivery in desk.inbox.sent] == ["event-0", "event-1", "event-2"]
    assert desk.shown()["webhooks"]["waiting"] == 3
    first = desk.care.log_read_until
    assert first is not None
    desk.pass_time(hours=1)
    desk.look_after()
    assert len(desk.inbox.sent) == 3
    assert connector.asked[-1] == first - timedelta(minutes=10)


def test_a_log_that_is_too_long_is_left_to_a_pull(desk: IntegrationDesk) -> None:
    now = desk.clock.now()
    log = [VerifiedDelivery("x", "t", f"event-{number}", b"[]", now) for number in range(MAX_LOG_PAGES + 1)]
    desk.look_after()
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    desk.connectors.other = Remembering(desk.shop, log)
    assert desk.look_after().status is JobStatus.DONE
    assert len(desk.inbox.sent) == MAX_LOG_PAGES
    assert desk.shown()["running"]["kind"] == "pull"
    assert desk.care.log_read_until is not None


@dataclass(frozen=True)
class Forgetful(FakeShopConnector):
    """Of a platform that does not show its log."""

    def missed_deliveries_since(self, *_: object) -> RemotePage[VerifiedDelivery]:
        raise PartnerRefused("Commerce7 cannot read the request", reason="bad_request")


@dataclass(frozen=True)
class Garbled(FakeShopConnector):
    """Of a platform whose log has an entry that cannot be read."""

    def missed_deliveries_since(self, *_: object) -> RemotePage[VerifiedDelivery]:
        return RemotePage((), unreadable=(ExternalId("1"),))


@pytest.mark.parametrize(("platform", "is_read"), [(Forgetful, False), (Garbled, True)])
def test_what_a_log_that_is_not_shown_would_tell_is_pulled(
    desk: IntegrationDesk, platform: type[FakeShopConnector], is_read: bool
) -> None:
    desk.look_after()
    end_run(desk.app().care_parts.runs, desk.integration, desk.clock.now())
    desk.connectors.other = platform(desk.shop)
    assert desk.look_after().status is JobStatus.DONE
    assert desk.shown()["running"]["kind"] == "pull"
    assert (desk.care.log_read_until is not None) is is_read


def test_every_hour_each_shop_that_is_connected_is_looked_after(desk: IntegrationDesk) -> None:
    desk.look_after()
    desk.connect(id="second", account=f"second-{desk.account}")
    desk.disconnect("second")
    desk.jobs.sent.clear()
    assert desk.check()["failed"] == 0
    mine = [job for job in desk.jobs.sent if job.tenant == desk.tenant.id]
    assert [(job.kind, job.integration) for job in mine] == [(JobKind.REGISTER_WEBHOOKS, SHOP)]
    assert len(jobs_in(desk.tables, desk.tenant.id, JobKind.REGISTER_WEBHOOKS)) == 2


@dataclass
class Tenants:
    """Implements `list_tenants` of `ports.TenantDirectory`."""

    desk: IntegrationDesk

    def list_tenants(self) -> Any:
        return iter([self.desk.tenant.id] * 3)


def test_a_check_that_has_no_time_left_says_how_many_it_left(desk: IntegrationDesk) -> None:
    worker = desk.worker()
    tenants: Any = Tenants(desk)
    checked = check_integrations(
        desk.clock.now(),
        tenants=tenants,
        integrations=worker.integrations,
        jobs=worker.jobs,
        queue=desk.jobs,
        alerts=desk.app().care_parts.of_alerts,
        clock=desk.clock,
    )
    assert (checked.tenants, checked.integrations, checked.left) == (0, 0, 3)


def test_a_failure_at_any_call_leaves_a_shop_looked_after_once_it_is_repeated(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: whatever fails, subscriptions stand again, the gap is pulled, and one alert was raised."""
    tables = with_one_client(dynamodb_tables)

    def arrange() -> IntegrationDesk:
        desk = IntegrationDesk(tables)
        now = desk.clock.now()
        shop = Integration(desk.tenant.id, SHOP, Platform.SHOPIFY, desk.account, now)
        app = desk.app()
        app.integrations.put_integration(shop)
        # All was well an hour ago; since then its subscriptions have gone.
        app.care_parts.care.put_care(Care(desk.tenant.id, SHOP, TARGET, ("customers/update",), now))
        park_delivery(desk)
        return desk

    def act(desk: IntegrationDesk, client: Any) -> None:
        desk.pass_time(hours=1)
        now = desk.clock.now()
        job = owing.owe(owing.register_webhooks(desk.tenant.id, SHOP), None, now).after
        turn = Turn(job, desk.tenant, now + timedelta(minutes=1), desk.clock)
        with suppress(RetryLater):
            look_after_integration(turn, parts=desk.worker(client))

    def check_done(desk: IntegrationDesk) -> None:
        assert desk.shop.subscribed == [TARGET]
        assert desk.care.url == TARGET
        assert desk.app().care_parts.runs.get_pull_state(desk.tenant.id, SHOP).run is not None
        assert set(desk.topic.told) == {("parked", "raised")}

    use_case = UseCase[IntegrationDesk](
        arrange=arrange,
        act=act,
        client=lambda desk: desk.tables.client(),
        check=lambda _: None,
        check_done=check_done,
    )
    assert survive_every_failure("look after an integration", use_case) > 60


class Sns:
    """A client of SNS that keeps what it is told, or fails."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        self._fault = fault

    def publish(self, **request: Any) -> None:
        """As botocore's."""
        self.told.append(request)
        if self._fault:
            raise self._fault


def alert(desk: IntegrationDesk) -> Alert:
    """One that was just raised."""
    now = desk.clock.now()
    return Alert(desk.tenant.id, SHOP, AlertKind.DRIFT, "2.0% of the records unequal", now, now)


def test_a_message_says_what_is_wrong_where_and_since_when(desk: IntegrationDesk) -> None:
    sns, raised = Sns(), alert(desk)
    topic = SnsAlertTopic("arn:aws:sns:us-east-1:1:alerts", sns)
    topic.publish(raised, desk.integration)
    topic.publish(replace(raised, recovered_at=raised.raised_at), desk.integration)
    first, second = (json.loads(request["Message"]) for request in sns.told)
    assert first["id"] == second["id"]
    assert (first["state"], second["state"]) == ("raised", "recovered")
    assert (first["alert"], first["integration"], first["account"]) == ("drift", "shopify", desk.account)
    assert sns.told[0]["Subject"] == f"Customer Hub: drift raised, shopify of {desk.tenant.id}"
    assert len(sns.told[0]["Subject"]) <= 100


@pytest.mark.parametrize(
    "fault",
    [
        ReadTimeoutError(endpoint_url="https://sns"),
        ClientError({"Error": {"Code": "Throttled", "Message": "m"}}, "Publish"),
    ],
)
def test_a_topic_that_fails_is_tried_another_time(desk: IntegrationDesk, fault: Exception) -> None:
    with pytest.raises(ServiceUnavailable):
        SnsAlertTopic("arn", Sns(fault)).publish(alert(desk), desk.integration)


def test_an_unread_topic_keeps_nobody_from_working(desk: IntegrationDesk) -> None:
    desk.topic = HeardTopic(fails=True)
    park_delivery(desk)
    assert desk.look_after().status is JobStatus.DONE
    assert [one["kind"] for one in desk.shown()["alerts"]] == ["parked"]


def test_the_shop_in_memory_is_one_of_many(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7: what is found of one merchant's shop is shown to nobody else."""
    one, other = connected(dynamodb_tables), connected(dynamodb_tables)
    park_delivery(one)
    one.look_after()
    assert other.shown()["alerts"] == []
    assert other.shown()["webhooks"]["url"] is None
    assert isinstance(other.shop, FakeShop)
    assert ExternalId("1") not in other.shop.customers
