"""Orders over the tables: kept once, and leading to the stage that they earn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from customerhub.domain.job import JobKind
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, connect, enrollments_in, jobs_in, orders_in
from tests.support.till import Reply, Till

ANN = "ann@example.com"
NOW = datetime.now(UTC)
SPEND = {"currency": "USD", "minSpend": "300.00"}


@pytest.fixture
def club(till: Till, dynamodb_tables: DynamoDBTables) -> Club:
    """The club of a fresh tenant with two shops."""
    connect(dynamodb_tables, till.tenant.id)
    return Club(till)


def days(number: float) -> str:
    """So many days from now."""
    return (NOW + timedelta(days=number)).isoformat()


def stage_of(reply: Reply) -> str | None:
    """Where the order led."""
    assert reply.status in (200, 201), reply
    enrollment = reply.body["enrollment"]
    return str(enrollment["stage"]["name"]) if enrollment else None


def test_an_order_lands_on_its_buyer_and_is_kept_once(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2."""
    placed = days(-1)
    first = club.order("7", "129.50", email=ANN, firstName="Ann", number="#7", placedAt=placed)
    assert first.status == 201
    order, customer = first.body["order"], first.body["customer"]
    assert order["customerId"] == customer["id"]
    assert order["total"] == {"amount": "129.50", "currency": "USD"}
    (stored,) = orders_in(dynamodb_tables, club.till.tenant.id)
    assert stored["SK"].endswith("#till#7")
    again = club.order("7", "129.50", email=ANN, number="#7", placedAt=placed)
    assert (again.status, again.body["order"]) == (200, order)
    changed = club.order("7", "99", email="somebody@else.com", placedAt=days(-2), refunded=True)
    assert (changed.status, changed.body["order"]["customerId"]) == (200, customer["id"])
    (stored,) = orders_in(dynamodb_tables, club.till.tenant.id)
    assert (int(stored["total_minor"]), stored["refunded"]) == (9900, True)
    assert stored["SK"].startswith(f"ORDER#{days(-2)[:10]}")
    assert club.till.search("somebody@else.com").body["customers"] == []


def test_a_source_has_its_own_numbers(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    assert club.order("7", email=ANN).status == 201
    assert club.order("7", email=ANN, source="shop-2").status == 201
    assert club.order("7", email=ANN, source=None, integration="shopify").status == 201
    assert len(orders_in(dynamodb_tables, club.till.tenant.id)) == 3


def test_what_is_older_than_what_is_known_says_nothing(club: Club) -> None:
    """Invariant 3: in whichever order two words about an order come."""
    new: dict[str, Any] = {"email": ANN, "updatedAt": days(-1), "placedAt": days(-3), "cancelled": True}
    old = new | {"updatedAt": days(-2), "cancelled": False}
    club.order("1", **new)
    assert club.order("1", **old).body["order"]["cancelled"]
    club.order("2", **old)
    assert club.order("2", **new).body["order"]["cancelled"]


def test_orders_earn_the_best_stage_once_and_never_lead_down(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    club.stage("Bronze", 5, rank=1, qualification={"minOrders": 1})
    club.stage("Silver", 10, rank=2, qualification=SPEND)
    club.stage("Gold", 20, rank=3, qualification={"currency": "USD", "minOrder": "1000"})
    club.stage("Platinum", 30, rank=4)
    assert stage_of(club.order("1", "100", email=ANN)) == "Bronze"
    assert stage_of(club.order("1", "100", email=ANN)) is None
    assert stage_of(club.order("2", "100", email=ANN)) is None
    assert stage_of(club.order("3", "100", email=ANN)) == "Silver"
    assert stage_of(club.order("4", "1000", email=ANN)) == "Gold"
    assert stage_of(club.order("5", "5", email=ANN)) is None
    assert stage_of(club.order("6", "1000", email="rich@example.com")) == "Gold"
    tenant = club.till.tenant.id
    statuses = sorted(enrollment.status for enrollment in enrollments_in(dynamodb_tables, tenant))
    assert statuses == ["active", "active", "moved", "moved"]
    assert {enrollment.how for enrollment in enrollments_in(dynamodb_tables, tenant)} == {"order"}
    assert len(jobs_in(dynamodb_tables, tenant, JobKind.SEND_WELCOME)) == 2
    assert len(jobs_in(dynamodb_tables, tenant, JobKind.SYNC_CUSTOMER)) == 4


@pytest.mark.parametrize("flag", [{"cancelled": True}, {"refunded": True}, {"test": True}, {"paid": False}])
def test_what_does_not_count_earns_nothing_until_it_counts(club: Club, flag: dict[str, Any]) -> None:
    club.stage("Bronze", 5, qualification={"minOrders": 1})
    assert stage_of(club.order("1", email=ANN, **flag)) is None
    assert stage_of(club.order("1", email=ANN)) == "Bronze"


def test_a_late_cancellation_enrolls_nobody_and_ends_nothing(club: Club) -> None:
    club.stage("Bronze", 5, qualification={"minOrders": 1})
    enrolled = club.order("1", email=ANN).body["enrollment"]
    assert stage_of(club.order("1", email=ANN, cancelled=True)) is None
    assert club.enrollment(enrolled["id"]).body["enrollment"]["status"] == "active"


def test_other_currencies_and_old_orders_do_not_count(club: Club) -> None:
    club.stage("Silver", 10, qualification=SPEND | {"withinMonths": 6})
    assert stage_of(club.order("1", "500", email=ANN, currency="EUR")) is None
    assert stage_of(club.order("2", "500", email=ANN, placedAt=days(-250))) is None
    assert stage_of(club.order("3", "200", email=ANN, placedAt=days(-100))) is None
    assert stage_of(club.order("4", "100", email=ANN)) == "Silver"


def test_staff_who_cancelled_are_not_overruled_by_an_order_from_before(club: Club) -> None:
    club.stage("Bronze", 5, qualification={"minOrders": 1})
    enrolled = club.order("1", email=ANN).body["enrollment"]
    club.cancel(enrolled["id"])
    assert stage_of(club.order("1", email=ANN, number="#1")) is None
    assert stage_of(club.order("2", email=ANN, placedAt=days(-1))) is None
    assert stage_of(club.order("3", email=ANN, placedAt=days(1))) == "Bronze"


def test_a_buyer_without_an_email_is_kept_and_not_enrolled(club: Club) -> None:
    club.stage("Bronze", 5, qualification={"minOrders": 1})
    reply = club.order("1", phone="+17075550101")
    assert (reply.status, stage_of(reply)) == (201, None)
    by_id = club.order("2", customerId=reply.body["customer"]["id"])
    assert (by_id.status, stage_of(by_id)) == (201, None)


def test_a_buyer_who_is_several_accounts_is_a_conflict(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    club.till.manage(email=ANN)
    club.till.manage(phone="+17075550101")
    reply = club.order("1", email=ANN, phone="+17075550101")
    assert (reply.status, reply.body["code"]) == (409, "account_conflict")
    assert orders_in(dynamodb_tables, club.till.tenant.id) == []


def test_two_orders_that_earn_a_stage_together_do_so_at_the_same_moment(
    club: Club, dynamodb_tables: DynamoDBTables
) -> None:
    """Invariant 2: neither of two racing orders is overlooked."""
    club.stage("Bronze", 5, qualification={"minOrders": 8})
    club.till.manage(email=ANN)
    start = Barrier(8)

    def tell(number: int) -> Reply:
        start.wait()
        return club.order(str(number), email=ANN)

    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(tell, range(8)))
    assert {reply.status for reply in replies} == {201}
    assert [stage for stage in map(stage_of, replies) if stage] == ["Bronze"]
    assert len(orders_in(dynamodb_tables, club.till.tenant.id)) == 8


def test_one_order_told_by_many_is_one_order(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    """Invariants 1 and 2: one customer, one order, one enrollment."""
    club.stage("Bronze", 5, qualification={"minOrders": 1})
    start, placed = Barrier(16), days(0)

    def tell(_: int) -> Reply:
        start.wait()
        return club.order("1", email=ANN, placedAt=placed)

    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(tell, range(16)))
    assert sorted(reply.status for reply in replies) == [200] * 15 + [201]
    assert len({reply.body["customer"]["id"] for reply in replies}) == 1
    tenant = club.till.tenant.id
    assert len(orders_in(dynamodb_tables, tenant)) == len(enrollments_in(dynamodb_tables, tenant)) == 1
