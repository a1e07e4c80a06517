"""Staff look at webhooks over the API, have them worked again, and put them away."""

from typing import Any

import pytest

from customerhub.domain.caller import ROLE_SCOPES, Role, Scope
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.delivery_outcome import parked
from infra.local.tables import DynamoDBTables
from tests.support.delivery_desk import SHOP, DeliveryDesk, open_desk
from tests.support.till import Reply, service

PATH = "/api/integrations/{integrationId}/deliveries"
NOTHING = {"kind": "integration", "action": "scopes", "id": "1"}


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> DeliveryDesk:
    return open_desk(dynamodb_tables)


def listed(desk: DeliveryDesk, integration: str = SHOP, caller: Any = None, **query: str) -> Reply:
    return desk.api.call(f"GET {PATH}", path={"integrationId": integration}, query=query, caller=caller)


def change(
    desk: DeliveryDesk, delivery: Delivery | str, what: str, integration: str = SHOP, caller: Any = None
) -> Reply:
    name = delivery if isinstance(delivery, str) else delivery.id
    path = {"integrationId": integration, "deliveryId": name}
    return desk.api.call(f"POST {PATH}/{{deliveryId}}/{what}", path=path, caller=caller)


def park(desk: DeliveryDesk) -> Delivery:
    """A webhook that a person must look at."""
    delivery = desk.tell(NOTHING)
    return desk.inbox.store.put_delivery(parked(delivery, "malformed_request", desk.clock.now()))


def test_parked_webhooks_are_listed_page_by_page_without_what_they_say(desk: DeliveryDesk) -> None:
    wanted = []
    for _ in range(5):
        wanted.append(park(desk).id)
        desk.inbox.pass_time(seconds=1)
    desk.tell(NOTHING)
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        reply = listed(desk, limit="2", **cursor)
        assert reply.status == 200
        found += reply.body["deliveries"]
        if reply.body["nextCursor"] is None:
            break
        cursor = {"cursor": reply.body["nextCursor"]}
    assert [one["id"] for one in found] == wanted
    assert found[0] == {
        "id": wanted[0],
        "integration": SHOP,
        "topic": "customers/update",
        "status": "parked",
        "reason": "malformed_request",
        "receivedAt": "2026-11-25T09:00:00+00:00",
        "occurredAt": "2026-11-25T09:00:00+00:00",
        "dueAt": None,
        "workedAt": "2026-11-25T09:00:00+00:00",
        "attempts": 0,
    }
    (waiting,) = listed(desk, status="waiting").body["deliveries"]
    assert waiting["dueAt"]


def test_a_webhook_is_worked_again(desk: DeliveryDesk) -> None:
    delivery = park(desk)
    desk.queue.messages.clear()
    reply = change(desk, delivery, "retry")
    assert (reply.status, reply.body["delivery"]["status"], reply.body["delivery"]["attempts"]) == (200, "waiting", 0)
    assert [message[1] for message in desk.queue.messages] == [delivery.id]
    assert desk.work(delivery).status is DeliveryStatus.SKIPPED
    refused = change(desk, delivery, "retry")
    assert (refused.status, refused.body["code"]) == (409, "already_worked")


def test_a_webhook_is_put_away_and_what_it_says_is_forgotten(desk: DeliveryDesk) -> None:
    delivery = park(desk)
    for _ in range(2):
        reply = change(desk, delivery, "discard")
        assert (reply.status, reply.body["delivery"]["status"]) == (200, "discarded")
    assert desk.now(delivery).body is None
    refused = change(desk, delivery, "retry")
    assert (refused.status, refused.body["code"]) == (409, "nothing_left")
    done = desk.work(desk.tell(NOTHING))
    assert change(desk, done, "discard").status == 409


@pytest.mark.parametrize("name", ["0" * 32, "x", "0" * 33, "../../secrets"])
def test_what_is_not_there_is_not_found(desk: DeliveryDesk, name: str) -> None:
    for what in ("retry", "discard"):
        assert change(desk, name, what).status == 404


def test_invariant_7_another_tenants_webhooks_are_not_there(
    desk: DeliveryDesk, dynamodb_tables: DynamoDBTables
) -> None:
    delivery, other = park(desk), open_desk(dynamodb_tables)
    assert change(other, delivery, "retry").status == 404
    assert listed(other).body["deliveries"] == []
    assert change(desk, delivery, "discard", integration="commerce7").status == 404
    assert desk.now(delivery) == delivery


def test_an_integration_that_is_not_there_is_not_found(desk: DeliveryDesk) -> None:
    for name in ("nobody", "No Such", ""):
        assert listed(desk, name).status == 404


@pytest.mark.parametrize("query", [{"status": "lost"}, {"limit": "0"}, {"limit": "101"}, {"cursor": "x"}])
def test_bad_input_is_named(desk: DeliveryDesk, query: dict[str, str]) -> None:
    reply = listed(desk, **query)
    assert (reply.status, reply.body["field"]) == (422, next(iter(query)))


def test_who_may_look_may_not_change(desk: DeliveryDesk) -> None:
    delivery = park(desk)
    viewer = service(desk.inbox.tenant, scopes=ROLE_SCOPES[Role.VIEWER])
    stranger = service(desk.inbox.tenant, scopes=frozenset({Scope.CUSTOMERS_READ}))
    assert listed(desk, caller=viewer).status == 200
    assert listed(desk, caller=stranger).status == 403
    for what in ("retry", "discard"):
        assert change(desk, delivery, what, caller=viewer).status == 403
    assert desk.now(delivery) == delivery
