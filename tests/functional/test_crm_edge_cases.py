"""What may have happened to a customer in a shop or CRM before the hub comes: the five cases by name, over the real
connectors and the doubles of both. Invariants 2 and 4."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from customerhub.domain.ids import IntegrationId
from customerhub.domain.job import JobStatus
from customerhub.domain.link import external_entry
from infra.local.tables import DynamoDBTables
from tests.support.shop_scene import ShopScene, shop_scene
from tests.support.shops import COMMERCE7, SHOPIFY, Shops

EMAIL = "ann@example.com"
both_shops = pytest.mark.parametrize("shop", [COMMERCE7, SHOPIFY])


@pytest.fixture
def scene(fresh_tables: Callable[[], DynamoDBTables], shops: Shops) -> ShopScene:
    """Two stages, whose discounts stand in both shops."""
    scene = shop_scene(fresh_tables(), shops)
    scene.open_stage("Bronze", 10, durationMonths=12)
    scene.open_stage("Silver", 15)
    work(scene)
    return scene


def work(scene: ShopScene) -> None:
    scene.work_off(scene.clock.now() + timedelta(hours=6))


def work_on(scene: ShopScene, customer: str) -> None:
    """Owe the customer everywhere once more."""
    for integration in scene.integrations:
        scene.owe_customer(customer, integration)
    work(scene)


def external_id(scene: ShopScene, customer: str, shop: IntegrationId) -> str:
    entry = external_entry(scene.stored(customer), shop)
    assert entry
    assert entry.owned
    return entry.value.removeprefix(f"{shop}:")


def percent_at_checkout(scene: ShopScene, shop: IntegrationId, email: str) -> float:
    """Some minutes later: Shopify's segments lag."""
    scene.let_pass(minutes=10)
    query = httpx.QueryParams(email=email)
    told = scene.shops.benches[shop].partner.control("GET", f"checkout?{query}").raise_for_status().json()
    return float(told["discountPercent"])


@both_shops
def test_exists_in_the_crm_and_not_here(scene: ShopScene, shop: IntegrationId) -> None:
    """The CRM's record becomes the customer's: nothing of it is lost, and there is no second one."""
    bench = scene.shops.benches[shop]
    known = bench.add_customer(
        email="Ann@Example.com", firstName="Annie", lastName="Archer", phone="+17075550101", tags=["VIP"]
    )
    customer = scene.join("Bronze", EMAIL, firstName="Ann")["customerId"]
    work(scene)
    (record,) = scene.with_email(shop, EMAIL)
    assert (record.id, external_id(scene, customer, shop)) == (known, known)
    assert (record.first_name, record.last_name, record.phones) == ("Ann", "Archer", ("+17075550101",))
    assert "VIP" in record.tags
    scene.check_grants({EMAIL: "Bronze"})
    assert percent_at_checkout(scene, shop, EMAIL) == 10
    scene.check_no_echo([customer])


def test_here_and_not_in_the_crm(scene: ShopScene) -> None:
    """It is made there, once, as the hub knows it."""
    customer = scene.customer(EMAIL, firstName="Ann", lastName="Archer", phone="+17075550101").id
    scene.join("Bronze", EMAIL)
    work(scene)
    for shop in scene.integrations:
        (record,) = scene.with_email(shop, EMAIL)
        assert record.id == external_id(scene, customer, shop)
        assert (record.first_name, record.last_name, record.phones) == ("Ann", "Archer", ("+17075550101",))
        assert "customer-hub" in record.tags
        assert percent_at_checkout(scene, shop, EMAIL) == 10
        assert percent_at_checkout(scene, shop, "bob@example.com") == 0
    scene.check_grants({EMAIL: "Bronze"})
    scene.check_no_echo([customer])


def test_in_both(scene: ShopScene) -> None:
    """They are one customer, found by the e-mail in whatever spelling; what only the CRM knows stays."""
    known = {
        shop: scene.shops.benches[shop].add_customer(email="ANN@example.com", phone="+17075550199", tags=["VIP"])
        for shop in scene.integrations
    }
    customer = scene.customer(EMAIL, firstName="Ann").id
    assert scene.join("Silver", EMAIL)["customerId"] == customer
    work(scene)
    for shop in scene.integrations:
        (record,) = scene.with_email(shop, EMAIL)
        assert (record.id, external_id(scene, customer, shop)) == (known[shop], known[shop])
        assert (record.first_name, record.phones) == ("Ann", ("+17075550199",))
        assert "VIP" in record.tags
        assert percent_at_checkout(scene, shop, EMAIL) == 15
    scene.check_grants({EMAIL: "Silver"})
    scene.check_no_echo([customer])


@both_shops
def test_email_changed_in_the_crm_same_id_and_the_discount_stays(scene: ShopScene, shop: IntegrationId) -> None:
    """The known id is what counts; the CRM keeps its e-mail, and nobody is made anew for the one known here."""
    customer = scene.join("Bronze", EMAIL, firstName="Ann")["customerId"]
    work(scene)
    known, bench = external_id(scene, customer, shop), scene.shops.benches[shop]
    bench.change_customer(known, email="ann@new.example.com")
    work_on(scene, customer)
    (record,) = bench.customers()
    assert (record.id, record.emails) == (known, ("ann@new.example.com",))
    assert scene.granted(record) == ("Bronze",)
    assert percent_at_checkout(scene, shop, "ann@new.example.com") == 10
    assert scene.till.patch(customer, lastName="Archer").status == 200
    assert scene.club.move(str(scene.stored(customer).membership), scene.stage_ids["Silver"]).status == 200
    work(scene)
    (record,) = bench.customers()
    assert (record.id, record.emails, record.last_name) == (known, ("ann@new.example.com",), "Archer")
    assert scene.granted(record) == ("Silver",)
    assert external_id(scene, customer, shop) == known
    scene.check_no_echo([customer])


@both_shops
def test_deleted_in_the_crm_and_recreated(scene: ShopScene, shop: IntegrationId) -> None:
    """With the discount, and under its new id."""
    customer = scene.join("Bronze", EMAIL, firstName="Ann")["customerId"]
    work(scene)
    old, bench = external_id(scene, customer, shop), scene.shops.benches[shop]
    bench.delete_customer(old)
    work_on(scene, customer)
    (record,) = bench.customers()
    assert record.id != old
    assert external_id(scene, customer, shop) == record.id
    assert len([i for i in scene.stored(customer).identifiers if i.value.startswith(f"{shop}:")]) == 1
    scene.check_grants({EMAIL: "Bronze"})
    assert percent_at_checkout(scene, shop, EMAIL) == 10
    scene.check_no_echo([customer])


@both_shops
def test_deleted_in_the_crm_and_refused_is_parked_until_somebody_retries(scene: ShopScene, shop: IntegrationId) -> None:
    customer = scene.join("Bronze", EMAIL, firstName="Ann")["customerId"]
    work(scene)
    bench = scene.shops.benches[shop]
    bench.delete_customer(external_id(scene, customer, shop))
    bench.fail({"mode": "status", "status": 422, "operation": bench.writes.create_customer})
    work_on(scene, customer)
    parked = scene.job_of(customer, shop)
    assert (parked.status, parked.reason) == (JobStatus.PARKED, "deleted_in_crm")
    assert bench.customers() == []
    listed = scene.desk.call("GET /api/sync/jobs", query={"status": "parked"}).body["jobs"]
    assert [job["id"] for job in listed] == [parked.id]
    bench.heal()
    assert scene.desk.call("POST /api/sync/jobs/{jobId}/retry", path={"jobId": parked.id}).status == 200
    work(scene)
    assert scene.job_of(customer, shop).status is JobStatus.DONE
    scene.check_grants({EMAIL: "Bronze"})
    scene.check_no_echo([customer])
