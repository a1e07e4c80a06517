"""What the law wants done: kept as a duty, done by the hub or by staff, and proven by a receipt."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from customerhub.bootstrap import build_cleanup_app
from customerhub.deployment import WORK_TABLE_VARIABLE
from customerhub.domain.caller import Scope
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.duty import TERM, DutyStatus, Outcome, Receipt
from customerhub.domain.ids import ExternalId, IntegrationId
from customerhub.domain.remote import RemoteChange, RemoteCustomer
from customerhub.domain.run import RecordVerdict
from customerhub.entrypoints.cleanup import CleanupFailedError
from customerhub.errors import HubError
from customerhub.ports.duties import DutyStore
from customerhub.services.redact_person import redact_person
from customerhub.services.take_in_deletion import take_in_deletion
from customerhub.services.take_in_duty import take_in_duty
from customerhub.settings import Settings
from customerhub.store.deliveries import DynamoDeliveryStore
from customerhub.store.listing import ShardReader
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.faults import FAILURES, Crash, FailingClient, UseCase, survive_every_failure
from tests.support.forgotten import mentions
from tests.support.one_client import with_one_client
from tests.support.order_desk import NOW, SHOP, OrderDesk, a_customer, an_order, codes, open_desk, text
from tests.support.till import service

ANN = "ann.archer@example.com"
LIST, GET, FULFIL = "GET /api/duties", "GET /api/duties/{dutyId}", "POST /api/duties/{dutyId}/fulfil"


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> OrderDesk:
    """Over the shared tables, of a fresh tenant."""
    return open_desk(with_one_client(dynamodb_tables))


def about(action: str, number: str = "191167", *, email: str | None = None, **told: Any) -> RemoteChange:
    """What Shopify passes on about a person."""
    customer = RemoteCustomer(ExternalId(number), emails=(email,) if email else ())
    return RemoteChange("customer", action, customer.id, customer=customer, **told)


def only(desk: OrderDesk, status: str = "open") -> dict[str, Any]:
    """The one duty of that status."""
    (duty,) = desk.open(status)
    return duty


def test_a_request_is_one_duty_however_often_it_comes(desk: OrderDesk) -> None:
    request = about("data_request", reference=ExternalId("9999"))
    assert codes([desk.passed_on(request)]) == [("created", None)]
    assert codes([desk.passed_on(request, NOW + timedelta(hours=1))]) == [("unchanged", None)]
    assert codes([desk.passed_on(about("data_request", reference=ExternalId("10000")))]) == [("created", None)]
    assert codes([desk.passed_on(about("redact"))]) == [("created", None)]
    assert codes([desk.passed_on(about("redact"))]) == [("unchanged", None)]
    assert len(desk.open()) == 3
    first = desk.open()[0]
    assert (first["kind"], first["externalId"], first["integration"]) == ("data_request", "191167", SHOP)
    assert first["receipt"] is None
    assert desk.shop.asked == []


def test_a_data_request_is_open_until_staff_say_that_the_person_has_the_data(desk: OrderDesk) -> None:
    ann = desk.till.manage(email=ANN, firstName="Ann").id
    desk.passed_on(about("data_request", email=ANN.upper(), reference=ExternalId("9999")))
    desk.work_duties()
    duty = desk.duty(only(desk)["id"])
    assert duty["customers"] == [{"customerId": ann, "export": f"/api/customers/{ann}/export"}]
    assert desk.till.export(ann).status == 200
    staff = service(desk.till.tenant)
    done = desk.duties(FULFIL, duty["id"], staff)
    assert done.status == 200
    receipt = done.body["duty"]["receipt"]
    assert (receipt["outcome"], receipt["by"]) == ("handed_over", staff.credential)
    assert desk.duties(FULFIL, duty["id"]).body["duty"]["receipt"] == receipt
    assert desk.open() == []
    assert only(desk, "done")["status"] == "done"


def test_of_nobody_who_is_known_nothing_can_be_handed_over(desk: OrderDesk) -> None:
    desk.passed_on(about("data_request", email="nobody@example.com", reference=ExternalId("1")))
    reply = desk.duties(FULFIL, only(desk)["id"])
    assert reply.body["duty"]["receipt"]["outcome"] == "nothing_kept"


def test_a_person_is_erased_by_whatever_the_request_tells(desk: OrderDesk) -> None:
    """By the e-mail, or by an order that is named: a guest has no record in the shop."""
    ann = desk.till.manage(email=ANN).id
    (guest,) = desk.orders(an_order("77", email="guest@example.com"))
    desk.passed_on(about("redact", "1", email=ANN))
    desk.passed_on(about("redact", "2", orders=(ExternalId("77"), ExternalId("78"))))
    desk.work_duties()
    assert [desk.till.get(one).status for one in (ann, str(guest.customer))] == [410, 410]
    receipts = {duty["externalId"]: duty["receipt"] for duty in desk.open("done")}
    assert receipts["1"]["erasures"] == [ann]
    assert receipts["2"]["erasures"] == [guest.customer]
    assert {receipt["outcome"] for receipt in receipts.values()} == {"erased"}
    erasure = desk.till.erasure(ann).body["erasure"]
    assert erasure["status"] == "completed"


def test_of_nobody_who_is_known_nothing_is_kept(desk: OrderDesk) -> None:
    desk.passed_on(about("redact", email="nobody@example.com"))
    desk.work_duties()
    receipt = only(desk, "done")["receipt"]
    assert (receipt["outcome"], receipt["erasures"], receipt["by"], receipt["counts"]) == (
        "nothing_kept",
        [],
        None,
        None,
    )


def test_the_record_is_the_persons_also_after_it_was_deleted(desk: OrderDesk) -> None:
    """Shopify asks for the erasure at least ten days after the record is gone; nobody stays because of that."""
    (ann,) = desk.customers(a_customer("7", emails=(ANN,), first_name="Ann"))
    (bob,) = desk.customers(a_customer("8", emails=("bob@example.com",), first_name="Bob"))
    take_in_deletion(ExternalId("8"), NOW, desk.turn())
    desk.passed_on(about("redact", "7"))
    desk.passed_on(about("redact", "8"))
    desk.work_duties()
    assert [desk.till.get(str(one.customer)).status for one in (ann, bob)] == [410, 410]


def test_an_erased_person_is_not_brought_back_by_the_shop(desk: OrderDesk) -> None:
    """Invariant 6: neither by a pull, which still shows the record, nor by a webhook that comes late."""
    record = a_customer("7", emails=(ANN,), phones=("+17075550123",), first_name="Ann")
    desk.customers(record)
    desk.passed_on(about("redact", "7"))
    desk.work_duties()
    for minutes in (0, 5):
        again = a_customer("7", minutes, emails=(ANN,), phones=("+17075550123",), first_name="Ann")
        assert [code for code, _ in codes(desk.customers(again))] == ["skipped"]
    assert desk.till.search(ANN).body["customers"] == []
    assert desk.till.search("Ann").body["customers"] == []


@pytest.mark.parametrize("known_by", ["nothing", "email", "record that was taken off"])
def test_a_record_that_was_not_the_persons_in_the_hub_brings_nobody_back(desk: OrderDesk, known_by: str) -> None:
    """Invariant 6: a load that is under way shows it still, under another e-mail too."""
    if known_by == "email":
        desk.till.manage(email=ANN)
    if known_by == "record that was taken off":
        desk.shop.customers["7"] = a_customer("7", 5, emails=("archer@example.com",))
        desk.customers(a_customer("7", emails=(ANN,)))
        take_in_deletion(ExternalId("7"), NOW, desk.turn())
    desk.passed_on(about("redact", "7", email=ANN))
    desk.work_duties()
    outcome = only(desk, "done")["receipt"]["outcome"]
    assert outcome == ("nothing_kept" if known_by == "nothing" else "erased")
    listed = desk.customers(a_customer("7", 5, emails=("archer@example.com",), first_name="Ann"))
    assert codes(listed) == [("skipped", "person_erased")]
    assert codes(desk.orders(an_order("1", customer=ExternalId("7")))) == [("skipped", "person_erased")]


def test_who_is_brought_while_nobody_is_known_is_erased_the_next_time(desk: OrderDesk) -> None:
    """Invariant 6: a page of a load is between the look for the person and the receipt."""
    brought: list[RecordVerdict] = []
    desk.passed_on(about("redact", "7"))
    app = build_cleanup_app(Settings(desk.tables.names), desk.tables.client(), topic=desk.topic)

    @dataclass(frozen=True)
    class Interrupted:
        inner: DutyStore

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def find_linked(self, *about: Any) -> Any:
            found = self.inner.find_linked(*about)
            brought.extend(desk.customers(a_customer("7", emails=(ANN,))))
            return found

    duty = desk.turn().duties.get_duty(desk.till.tenant.id, only(desk)["id"])
    assert duty
    store: Any = Interrupted(app.duties.duties)
    redact_person(duty, desk.till.tenant, NOW + timedelta(hours=1), parts=replace(app.duties, duties=store))
    assert codes(brought) == [("created", None)]
    assert only(desk)["receipt"] is None
    desk.work_duties()
    assert only(desk, "done")["receipt"]["erasures"] == [brought[0].customer]


def test_a_duty_holds_nothing_personal(desk: OrderDesk) -> None:
    """Invariant 8."""
    desk.till.manage(email=ANN, firstName="Annabella", phone="+17075550123")
    desk.passed_on(about("redact", email=ANN))
    desk.passed_on(about("data_request", email=ANN, reference=ExternalId("1")))
    desk.work_duties()
    for duty in (*desk.open(), *desk.open("done")):
        assert "archer" not in text(desk.duty(duty["id"])).casefold()
    duties = [
        words
        for place, words in mentions(desk.tables, ["ann.archer", "7075550123"])
        if "#DUTY#" in words and desk.till.tenant.id in place
    ]
    assert duties == []


def test_what_the_hub_does_is_not_for_staff_to_say(desk: OrderDesk) -> None:
    desk.passed_on(about("redact"))
    reply = desk.duties(FULFIL, only(desk)["id"])
    assert (reply.status, reply.body["code"]) == (409, "done_by_hub")


def test_whoever_may_not_is_told_so_and_the_unknown_is_not_found(desk: OrderDesk, dynamodb_tables: Any) -> None:
    """Invariant 7."""
    desk.passed_on(about("data_request", reference=ExternalId("1")))
    duty = only(desk)["id"]
    tenant = desk.till.tenant
    reader = service(tenant, scopes=frozenset({Scope.SYNC_READ}))
    exporter = service(tenant, scopes=frozenset({Scope.CUSTOMERS_EXPORT}))
    assert [desk.duties(LIST, caller=one).status for one in (reader, exporter)] == [200, 403]
    assert [desk.duties(GET, duty, one).status for one in (reader, exporter)] == [200, 403]
    assert [desk.duties(FULFIL, duty, one).status for one in (reader, exporter)] == [403, 200]
    stranger = open_desk(with_one_client(dynamodb_tables))
    assert [stranger.duties(route, duty).status for route in (GET, FULFIL)] == [404, 404]
    assert stranger.open("done") == []
    for unknown in ("0" * 32, "x", "..", "Ä" * 40):
        assert [desk.duties(route, unknown).status for route in (GET, FULFIL)] == [404, 404]


@pytest.mark.parametrize("status", ["", "OPEN", "any"])
def test_a_status_that_is_none_is_refused(desk: OrderDesk, status: str) -> None:
    reply = desk.duties(LIST, status=status)
    assert (reply.status, reply.body["field"]) == (422, "status")


def test_duties_are_listed_page_by_page_the_one_due_first_first(desk: OrderDesk) -> None:
    for number in range(5):
        desk.clock.days = -number
        desk.passed_on(about("data_request", reference=ExternalId(str(number))))
    desk.clock.days = 0
    first = desk.duties(LIST, limit=3)
    rest = desk.duties(LIST, limit=3, cursor=first.body["nextCursor"])
    listed = [*first.body["duties"], *rest.body["duties"]]
    assert (len(listed), rest.body["nextCursor"]) == (5, None)
    assert [duty["dueAt"] for duty in listed] == sorted(duty["dueAt"] for duty in listed)


def test_a_duty_near_its_end_is_told_of_once_and_so_is_that_it_is_done(desk: OrderDesk) -> None:
    desk.passed_on(about("data_request", reference=ExternalId("1")))
    desk.work_duties(days=TERM.days - 8)
    assert desk.alerts() == []
    for _ in range(2):
        desk.work_duties(days=TERM.days - 6)
    assert desk.alerts() == [("duty", True)]
    desk.clock.days = TERM.days - 5
    desk.duties(FULFIL, only(desk)["id"])
    assert desk.alerts() == [("duty", True), ("duty", False)]
    desk.work_duties(days=TERM.days - 4)
    assert len(desk.alerts()) == 2


def test_one_of_two_duties_that_are_near_does_not_end_the_alert(desk: OrderDesk) -> None:
    for number in ("1", "2"):
        desk.passed_on(about("data_request", reference=ExternalId(number)))
    desk.work_duties(days=TERM.days - 6)
    desk.clock.days = TERM.days - 5
    first, second = (duty["id"] for duty in desk.open())
    desk.duties(FULFIL, first)
    assert desk.alerts() == [("duty", True)]
    desk.duties(FULFIL, second)
    assert desk.alerts() == [("duty", True), ("duty", False)]


def test_what_staff_leave_undone_keeps_nobody_from_being_erased(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2: the schedule looks at so many at a time, and the ignored ones are the oldest."""
    desk = open_desk(with_one_client(fresh_tables()))
    desk.clock.days = -25
    for number in range(3):
        desk.passed_on(about("data_request", reference=ExternalId(str(number))))
    desk.clock.days = 0
    desk.passed_on(about("redact"))
    found = desk.turn().duties.open_duties(desk.clock.now(), 2)
    assert [duty.kind for duty in found] == ["redact", "data_request", "data_request"]


def test_a_fault_with_one_duty_does_not_keep_the_others(desk: OrderDesk) -> None:
    """A tenant whose settings cannot be read."""
    desk.passed_on(about("redact", "1", email=ANN))
    other = open_desk(desk.tables)
    ann = other.till.manage(email=ANN).id
    other.passed_on(about("redact", "1", email=ANN))
    spoilt = _Spoilt(desk.tables.client(), f"AUTH#TENANT#{desk.till.tenant.id}")
    with pytest.raises(Exception, match="work_duties"):
        desk.work_duties(spoilt)
    assert other.till.get(ann).status == 410
    assert [duty["status"] for duty in desk.open()] == ["open"]
    desk.work_duties()
    assert desk.open() == []


class _Spoilt:
    """A client that cannot read one partition."""

    def __init__(self, client: Any, partition: str) -> None:
        self._client = client
        self._partition = partition

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_item(self, **request: Any) -> Any:
        if request["Key"]["PK"]["S"] == self._partition:
            raise ReadTimeoutError(endpoint_url="https://aws")
        return self._client.get_item(**request)


def test_integrations_have_duties_of_their_own(desk: OrderDesk) -> None:
    request = about("data_request", reference=ExternalId("1"))
    desk.passed_on(request)
    other = take_in_duty(request, NOW, desk.turn(integration=IntegrationId("shopify-2")))
    assert codes([other]) == [("created", None)]
    assert {duty["integration"] for duty in desk.open()} == {SHOP, "shopify-2"}


def test_an_erasure_forgets_what_webhooks_say_that_are_not_worked(desk: OrderDesk) -> None:
    """Invariant 6: a parked delivery names whomever it names until a person has looked."""
    database = Database(desk.tables.client())
    store = DynamoDeliveryStore(database, ShardReader(database), desk.tables.names[WORK_TABLE_VARIABLE])
    parked = Delivery(
        desk.till.tenant.id,
        SHOP,
        "event-1",
        "customers/update",
        NOW,
        NOW,
        body=json.dumps({"email": ANN}).encode(),
        status=DeliveryStatus.PARKED,
    )
    assert store.put_delivery_if_absent(parked)
    ann = desk.till.manage(email=ANN).id
    assert desk.till.erase(ann).status == 200
    kept = store.get_delivery(parked.tenant, parked.id)
    assert kept
    assert (kept.body, kept.status) == (None, DeliveryStatus.PARKED)


def test_a_request_is_kept_whatever_fails(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: the delivery is worked again, and is the same duty."""
    tables = with_one_client(dynamodb_tables)
    desk = open_desk(tables)
    ann = desk.till.manage(email=ANN).id
    desk.orders(an_order("77", email="guest@example.com"))
    numbers = iter(range(1_000))

    @dataclass
    class Scene:
        request: RemoteChange

    def arrange() -> Scene:
        return Scene(about("redact", str(next(numbers)), email=ANN, orders=(ExternalId("77"),)))

    def act(scene: Scene, client: Any) -> None:
        with suppress(HubError):
            desk.passed_on(scene.request, client=client)

    def check_done(scene: Scene) -> None:
        kept = desk.turn().duties.list_duties(desk.till.tenant.id, DutyStatus.OPEN, None, 50).items
        (duty,) = (one for one in kept if one.customer == scene.request.id)
        assert duty.customers[0] == ann
        assert len(duty.customers) == 2
        desk.turn().duties.put_duty(duty.done(Receipt(Outcome.NOTHING_KEPT, NOW)))

    use_case = UseCase(arrange, act, lambda _: tables.client(), lambda _: None, check_done)
    assert survive_every_failure("a duty", use_case) >= 20


def test_an_erasure_that_a_shop_has_asked_for_survives_a_failure_at_any_call(dynamodb_tables: DynamoDBTables) -> None:
    """Invariants 2 and 6: the next run of the schedule finishes it, and there is one receipt. Every fourth call fails
    once, each time in another way."""
    tables = with_one_client(dynamodb_tables)
    open_desk(tables).work_duties()
    at, reached = 0, True
    while reached:
        desk = open_desk(tables)
        (ann,) = desk.customers(a_customer("7", emails=(ANN,), phones=("+17075550123",), first_name="Ann"))
        desk.orders(an_order("1", customer=ExternalId("7")))
        desk.passed_on(about("redact", "7"))
        client = FailingClient(tables.client(), at, FAILURES[at // 4 % len(FAILURES)])
        with suppress(CleanupFailedError, HubError, Crash):
            desk.work_duties(client)
        reached = len(client.calls) > at
        desk.work_duties()
        (duty,) = desk.open("done")
        assert (duty["receipt"]["outcome"], duty["receipt"]["erasures"]) == ("erased", [ann.customer])
        assert desk.till.erasure(str(ann.customer)).body["erasure"]["status"] == "completed"
        assert desk.till.get(str(ann.customer)).status == 410
        at += 4
    assert at >= 24


def test_that_the_data_was_handed_over_is_written_down_once(dynamodb_tables: DynamoDBTables) -> None:
    """Two of the staff at the same time: the first receipt stays, and both are shown it."""
    desk = open_desk(with_one_client(dynamodb_tables))
    desk.passed_on(about("data_request", reference=ExternalId("1")))
    duty = only(desk)["id"]
    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(lambda _: desk.duties(FULFIL, duty), range(6)))
    assert {reply.status for reply in replies} == {200}
    assert len({text(reply.body["duty"]["receipt"]) for reply in replies}) == 1
