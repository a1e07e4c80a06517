"""The analytics: who may read them, what they say, what they cost."""

from typing import Any

import pytest

from customerhub.domain.caller import Scope
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter, Usage
from tests.support.stream import TableStream, follow, profiles
from tests.support.till import Till, open_till, service, user_of

REPORTS = ("sources", "merges", "quality")


class Shop:
    """A fresh tenant whose stream is followed."""

    def __init__(self, tables: DynamoDBTables) -> None:
        self.tables, self.client = tables, tables.client()
        self.till: Till = open_till(self.client, tables.names)
        self.stream = TableStream(tables)
        self.meter = DynamoDBMeter(self.client)

    def manage(self, *calls: dict[str, Any]) -> None:
        """Make the calls, and let the figures catch up."""
        for call in calls:
            assert self.till.manage(call).status == 200
        assert follow(self.client, self.tables.names, profiles(self.stream.read(self.till.tenant.id))) == []

    def cost(self, report: str) -> Usage:
        """Of one reading."""
        with self.meter.reading() as reading:
            assert self.till.analytics(report).status == 200
        return reading.work


@pytest.fixture
def shop(dynamodb_tables: DynamoDBTables) -> Shop:
    """A fresh tenant over the shared tables."""
    return Shop(dynamodb_tables)


def test_customers_by_their_sources(shop: Shop) -> None:
    shop.manage(
        {"email": "ann@example.com", "source": "webapp"},
        {"email": "bob@example.com", "source": "webapp"},
        {"email": "bob@example.com", "source": "chatbot"},
        {"email": "cid@example.com", "source": "chatbot"},
        {"email": "cid@example.com", "source": "WebApp"},
    )
    assert shop.till.analytics("sources").body == {
        "totalCustomers": 3,
        "averagePlatforms": 1.67,
        "sources": [
            {"accountSources": ["chatbot", "webapp"], "customers": 2, "percentage": 66.7},
            {"accountSources": ["webapp"], "customers": 1, "percentage": 33.3},
        ],
    }


def test_customers_by_what_reaches_them(shop: Shop) -> None:
    shop.manage(
        {"email": "ann@example.com"},
        {"phone": "+17075550102"},
        {"authUserId": "user-3"},
        {"email": "dan@example.com", "phone": "+17075550104"},
    )
    quarter = {"customers": 1, "percentage": 25.0}
    names = ("complete", "emailOnly", "phoneOnly", "incomplete")
    assert shop.till.analytics("quality").body == {"totalCustomers": 4, **dict.fromkeys(names, quarter)}


def test_accounts_and_how_many_of_them_were_merged(shop: Shop) -> None:
    shop.manage(
        {"email": "ann@example.com"},
        {"phone": "+17075550102"},
        {"email": "ann@example.com", "phone": "+17075550102", "mergeIfFound": True},
        {"email": "cid@example.com"},
    )
    body = shop.till.analytics("merges").body
    assert (body["total"], body["mergedAccounts"], body["mergePercentage"]) == (3, 1, 33.3)
    assert len(body["days"]) == 30
    assert [day["date"] for day in body["days"]] == sorted(day["date"] for day in body["days"])
    assert sum(day["total"] for day in body["days"]) == 3


@pytest.mark.parametrize("report", REPORTS)
def test_a_tenant_without_customers_has_zeros(shop: Shop, report: str) -> None:
    answer = shop.till.analytics(report)
    assert answer.status == 200
    assert answer.body.get("totalCustomers", answer.body.get("total")) == 0


@pytest.mark.parametrize("report", REPORTS)
def test_users_and_keys_without_the_scope_may_not_read(shop: Shop, report: str) -> None:
    """Invariant 7."""
    tenant = shop.till.tenant
    for caller in (user_of(tenant, "user-1"), service(tenant, scopes=frozenset({Scope.CUSTOMERS_WRITE}))):
        refused = shop.till.analytics(report, caller=caller)
        assert (refused.status, refused.body["code"]) == (403, "insufficient_scope")


def test_a_tenant_sees_its_own_figures_only(shop: Shop, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7."""
    other = Shop(dynamodb_tables)
    shop.manage({"email": "ann@example.com"}, {"email": "bob@example.com"})
    other.manage({"email": "ann@example.com"})
    assert shop.till.analytics("quality").body["totalCustomers"] == 2
    assert other.till.analytics("quality").body["totalCustomers"] == 1


@pytest.mark.parametrize("report", REPORTS)
def test_reading_costs_the_same_however_many_customers_there_are(shop: Shop, report: str) -> None:
    shop.manage({"email": "ann@example.com", "source": "webapp"})
    few = shop.cost(report)
    shop.manage(*({"email": f"a{number}@example.com", "source": "webapp"} for number in range(60)))
    assert shop.cost(report) == few
    assert few.operations == ("GetItem", *["Query"] * 4)


def test_a_changed_profile_is_one_read_and_one_transaction(shop: Shop) -> None:
    shop.manage({"email": "ann@example.com", "source": "webapp"})
    shop.till.manage(email="ann@example.com", firstName="Ann")
    records = profiles(shop.stream.read(shop.till.tenant.id))
    with shop.meter.reading() as reading:
        follow(shop.client, shop.tables.names, records)
    assert reading.work.operations == ("BatchGetItem", "TransactWriteItems")
    assert reading.work.write_units == 2, "what was counted of the customer, as its figures are the same"
    with shop.meter.reading() as reading:
        follow(shop.client, shop.tables.names, records)
    assert reading.work.operations == ("BatchGetItem",)


def test_a_batch_of_new_profiles_shares_the_figures(shop: Shop) -> None:
    for number in range(19):
        shop.till.manage(email=f"a{number}@example.com", source="webapp")
    records = profiles(shop.stream.read(shop.till.tenant.id))
    with shop.meter.reading() as reading:
        follow(shop.client, shop.tables.names, records)
    assert reading.work.operations == ("BatchGetItem", "TransactWriteItems")
    assert reading.work.write_units == 2 * (19 + 3)


def test_figures_follow_a_merge_its_undoing_and_an_erasure(shop: Shop) -> None:
    """Invariants 5 and 6, as the figures see them."""
    shop.manage({"email": "ann@example.com", "source": "webapp"}, {"phone": "+17075550102", "source": "chatbot"})
    ann, bob = shop.till.manage(email="ann@example.com").id, shop.till.manage(phone="+17075550102").id
    apart = [shop.till.analytics(report).body for report in REPORTS]

    assert shop.till.merge(ann, bob).status == 200
    shop.manage()
    assert shop.till.analytics("quality").body["complete"] == {"customers": 1, "percentage": 100.0}
    assert shop.till.analytics("merges").body["mergedAccounts"] == 1

    assert shop.till.unmerge(ann).status == 200
    shop.manage()
    assert [shop.till.analytics(report).body for report in REPORTS] == apart

    assert shop.till.erase(ann).status in (200, 202)
    shop.manage()
    assert shop.till.analytics("merges").body["total"] == 1
    assert shop.till.analytics("quality").body["phoneOnly"] == {"customers": 1, "percentage": 100.0}
