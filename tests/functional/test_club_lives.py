"""Members who are merged, separated, exported and erased, with their memberships and orders."""

from collections.abc import Callable
from typing import Any

import pytest

from customerhub.domain.job import JobKind
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.club import Club, connect, enrollments_in, jobs_in, orders_in
from tests.support.forgotten import mentions
from tests.support.one_client import with_one_client
from tests.support.till import open_till

ANN: dict[str, Any] = {"email": "ann@example.com", "firstName": "Ann", "lastName": "Archer"}
BOB: dict[str, Any] = {"email": "bob@example.com", "firstName": "Bob"}


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    return with_one_client(fresh_tables())


@pytest.fixture
def club(tables: DynamoDBTables) -> Club:
    """The club with two shops."""
    till = open_till(tables.client(), tables.names)
    connect(tables, till.tenant.id)
    return Club(till)


def members(tables: DynamoDBTables) -> dict[str, str | None]:
    """Who is a member by which enrollment; both sides must say the same."""
    customers = audit(tables).customers
    found = {customer.id: customer.membership for customer in customers.values()}
    tenant = next(iter(customers.values())).tenant
    active = {str(one.id): one.collection for one in enrollments_in(tables, tenant) if one.is_active}
    assert set(active) == {membership for membership in found.values() if membership}
    for customer in customers.values():
        assert customer.membership is None or active[customer.membership] in customer.ids
    return {str(customer): membership for customer, membership in found.items()}


def owed(tables: DynamoDBTables, club: Club) -> dict[str, int]:
    """How often each customer has been owed to the first shop."""
    jobs = jobs_in(tables, club.till.tenant.id, JobKind.SYNC_CUSTOMER)
    return {str(job.customer): job.version for job in jobs if job.integration == "shopify"}


def test_a_merge_keeps_the_membership_and_its_undoing_gives_it_back(club: Club, tables: DynamoDBTables) -> None:
    """Invariant 5."""
    stage = club.stage()
    ann, bob = club.till.manage(ANN).id, club.enrolled(stage, **BOB)
    before = audit(tables).people
    shops = [{"integration": "commerce7"}, {"integration": "shopify"}]
    assert club.till.merge(ann, bob["customerId"], dryRun=True).body["outside"] == shops
    assert club.till.merge(ann, bob["customerId"]).body["outside"] == shops
    assert members(tables) == {ann: bob["id"]}
    shown = club.enrollment(bob["id"]).body["enrollment"]
    assert (shown["customerId"], shown["status"]) == (ann, "active")
    assert [one["id"] for one in club.enrollments(customerId=ann).body["enrollments"]] == [bob["id"]]
    assert owed(tables, club) == {bob["customerId"]: 1, ann: 1}
    assert club.enroll(stage, email=ANN["email"]).status == 200
    assert club.till.unmerge(ann).status == 200
    assert members(tables) == {ann: None, bob["customerId"]: bob["id"]}
    assert owed(tables, club)[bob["customerId"]] == 2
    enrollment = [key for key in before if key[1].startswith("ENROLL#")]
    assert {key: before[key] for key in enrollment} == {key: audit(tables).people[key] for key in enrollment}


def test_two_members_are_not_merged(club: Club) -> None:
    stage = club.stage()
    ann, bob = club.enrolled(stage, **ANN), club.enrolled(stage, **BOB)
    refused = club.till.merge(ann["customerId"], bob["customerId"])
    assert refused.status == 409
    assert [block["code"] for block in refused.body["blocks"]] == ["two_active_memberships"]
    club.cancel(bob["id"])
    assert club.till.merge(ann["customerId"], bob["customerId"]).status == 200


@pytest.mark.parametrize("named", ["ann", "bob"])
def test_a_membership_since_the_merge_goes_with_the_one_who_was_named(
    club: Club, tables: DynamoDBTables, named: str
) -> None:
    """Invariant 5, later edits included: the enrollment leaves the collection with its owner, and its id keeps
    working."""
    bronze, silver = club.stage("Bronze", 10, durationMonths=1), club.stage("Silver", 20)
    ann, bob = club.till.manage(ANN).id, club.till.manage(BOB).id
    assert club.till.merge(ann, bob).status == 200
    first = club.enrolled(bronze, email=(ANN if named == "ann" else BOB)["email"])
    order = club.order("1", email=(ANN if named == "ann" else BOB)["email"]).body["order"]
    assert (first["customerId"], order["customerId"]) == (ann, ann)
    assert club.till.unmerge(ann).status == 200
    owner = {"ann": ann, "bob": bob}[named]
    assert members(tables) == {ann: None, bob: None} | {owner: first["id"]}
    assert [one.collection for one in enrollments_in(tables, club.till.tenant.id)] == [owner]
    assert club.enrollment(first["id"]).body["enrollment"]["customerId"] == owner
    moved = club.move(first["id"], silver)
    assert moved.body["enrollment"]["customerId"] == owner
    assert club.order("1", email="x@example.com", refunded=True).body["order"]["customerId"] == owner
    assert len(orders_in(tables, club.till.tenant.id)) == 1
    members(tables)


def test_of_a_membership_that_nobody_was_named_for_a_person_tells_whose_it_is(
    club: Club, tables: DynamoDBTables
) -> None:
    stage = club.stage()
    ann, bob = club.till.manage(ANN).id, club.till.manage(BOB).id
    club.till.merge(ann, bob)
    first = club.enrolled(stage, customerId=ann)
    asked = club.till.unmerge(ann)
    assert asked.status == 409
    record = f"enrollment:{first['id'].partition('.')[2]}"
    assert sorted(asked.body["unmerge"]["unassigned"]) == [record, "membership"]
    assert club.till.unmerge(ann, assign={record: bob}).status == 200
    assert members(tables) == {ann: None, bob: first["id"]}


def test_what_became_of_a_membership_since_is_not_undone(club: Club, tables: DynamoDBTables) -> None:
    """Invariant 5: nobody is a member again by an enrollment that was cancelled, or led to another one."""
    bronze, silver = club.stage("Bronze"), club.stage("Silver", 20)
    ann, bob = club.till.manage(ANN).id, club.enrolled(bronze, **BOB)
    club.till.merge(ann, bob["customerId"])
    moved = club.enroll(silver, email=ANN["email"], move=True).body["enrollment"]
    assert club.till.unmerge(ann).status == 200
    assert members(tables) == {ann: moved["id"], bob["customerId"]: None}
    cat = club.enrolled(bronze, email="cat@example.com")
    dan = club.till.manage(email="dan@example.com").id
    club.till.merge(dan, cat["customerId"])
    club.cancel(cat["id"])
    assert club.till.unmerge(dan).status == 200
    assert (members(tables)[dan], members(tables)[cat["customerId"]]) == (None, None)


def test_a_member_who_is_erased_leaves_nothing(club: Club, tables: DynamoDBTables) -> None:
    """Invariant 6."""
    bronze, silver = club.stage("Bronze", 10, durationMonths=1), club.stage("Silver", 20)
    first = club.enrolled(bronze, **ANN)
    club.order("order-of-ann", email=ANN["email"], number="number-of-ann")
    moved = club.move(first["id"], silver).body["enrollment"]
    club.cancel(moved["id"], reason="reason-of-ann")
    club.enroll(bronze, email=ANN["email"], key="kept")
    receipt = club.till.erase(first["customerId"]).body
    stores = {entry["store"]: entry["items"] for entry in receipt["erasure"]["stores"]}
    assert (stores["records"], stores["answers"]) == (4, 1)
    assert mentions(tables, ("ann@", "archer", "number-of-ann", "reason-of-ann", "order-of-ann")) == []
    assert enrollments_in(tables, club.till.tenant.id) == []
    audit(tables)
    assert club.order("order-of-ann", email=ANN["email"]).status == 410
    assert club.order("order-of-ann", customerId=first["customerId"]).status == 410
    assert club.enrollments(status="cancelled").body["enrollments"] == []


def test_who_is_erased_after_an_unmerge_leaves_no_way_to_what_was_given(club: Club, tables: DynamoDBTables) -> None:
    """Invariant 6."""
    stage = club.stage()
    ann, bob = club.till.manage(ANN).id, club.till.manage(BOB).id
    club.till.merge(ann, bob)
    first = club.enrolled(stage, email=BOB["email"])
    club.order("order-of-bob", email=BOB["email"])
    club.till.unmerge(ann)
    assert club.enrollment(first["id"]).status == 200
    assert {"GIVEN", "ORDER"} <= {sort for _, sort in audit(tables).people}
    club.till.erase(bob)
    assert club.enrollment(first["id"]).status == 404
    assert mentions(tables, ("bob@example.com", "order-of-bob")) == []
    assert not {"GIVEN", "ORDER"}.intersection(sort for _, sort in audit(tables).people)
    assert club.till.get(ann).status == 200


def test_an_export_shows_enrollments_and_orders(club: Club) -> None:
    stage = club.stage()
    first = club.enrolled(stage, **ANN)
    club.order("1", "129.00", email=ANN["email"])
    export = club.till.export(first["customerId"]).body["export"]
    (enrollment,), (order,) = export["enrollments"], export["orders"]
    assert (enrollment["id"], enrollment["stage"], enrollment["status"]) == (first["id"], stage, "active")
    assert (order["external_id"], order["total_minor"], order["currency"]) == ("1", 12900, "USD")
    assert export["customer"]["membership"] == first["id"]


def test_a_member_who_changes_is_owed_to_the_shops(club: Club, tables: DynamoDBTables) -> None:
    """Invariant 2; and invariant 4: what shops do not have is not told to them."""
    stage = club.stage()
    member, other = club.enrolled(stage, **ANN)["customerId"], club.till.manage(BOB).id
    club.till.patch(other, lastName="Baker")
    assert owed(tables, club) == {member: 1}
    club.till.patch(member, allergies=["nuts"])
    club.till.manage(email=ANN["email"], preferences={"wine": "red"})
    assert owed(tables, club) == {member: 1}
    club.till.patch(member, lastName="Baker")
    assert owed(tables, club) == {member: 2}
    club.till.manage(email=ANN["email"], phone="+17075550101")
    assert owed(tables, club) == {member: 3}
