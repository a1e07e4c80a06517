"""The old invariants with members, shops and jobs: merges and their undoing, erasures, races for a shop's record."""

from collections.abc import Callable

import pytest

from customerhub.domain.ids import ExternalId
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.remote import RemoteCustomer
from infra.local.tables import DynamoDBTables
from tests.support.forgotten import mentions
from tests.support.intruder import Intruded, steps
from tests.support.member_inspection import inspect
from tests.support.member_town import SHOPS, MemberTown, member_town
from tests.support.one_client import with_one_client
from tests.support.till import open_till

ANN, BOB = "ann@example.com", "bob@example.com"
CRM = SHOPS[0]


@pytest.fixture
def town(fresh_tables: Callable[[], DynamoDBTables]) -> MemberTown:
    return member_town(with_one_client(fresh_tables()))


def test_a_merge_of_who_is_in_the_shops_and_its_undoing(town: MemberTown) -> None:
    """Invariant 5: whoever had a record has it again, told the own name; whoever had none is left without."""
    bronze = town.club.stage()
    ann = town.till.manage(email=ANN, firstName="Ann").id
    bob = town.club.enrolled(bronze, email=BOB, firstName="Bob")["customerId"]
    town.drain()
    record = town.record_of(bob)
    assert record
    assert town.till.merge(ann, bob).status == 200
    town.drain()
    told = town.record_of(ann)
    assert told
    assert (told.id, told.first_name, told.emails) == (record.id, "Ann", (ANN,))
    assert town.till.unmerge(ann).status == 200
    town.drain()
    back = town.record_of(bob)
    assert back
    assert (back.id, back.first_name, back.emails) == (record.id, "Bob", (BOB,))
    assert (town.granted(ann), town.granted(bob)) == (None, ["Bronze"])
    inspect(town)


def test_a_record_made_while_two_were_one_goes_with_whose_address_it_has(town: MemberTown) -> None:
    """Invariant 5: nobody has to be asked."""
    bronze = town.club.stage()
    ann = town.till.manage(email=ANN, firstName="Ann").id
    bob = town.club.enrolled(bronze, email=BOB, firstName="Bob")["customerId"]
    assert town.till.merge(ann, bob).status == 200
    town.drain()
    assert town.granted(ann) == ["Bronze"]
    undone = town.till.unmerge(ann)
    assert undone.status == 200, undone
    town.drain()
    assert (town.granted(ann), town.granted(bob)) == ([], ["Bronze"])
    inspect(town)


def test_invariant_4_what_was_done_is_not_done_again(town: MemberTown) -> None:
    """Nothing is owed: nothing is written anywhere. Owed anew, nothing is written but the job itself."""
    bronze = town.club.stage()
    ann = town.club.enrolled(bronze, email=ANN)["customerId"]
    town.drain()
    writes, content = town.writes(), town.content()
    town.drain()
    assert (town.writes(), town.content()) == (writes, content)
    customers = town.tables.names["CUSTOMERS_TABLE"]
    for shop in SHOPS:
        town.connect(shop)
    assert any(job.status is JobStatus.WAITING for job in town.jobs() if job.kind is JobKind.SYNC_CUSTOMER)
    town.drain()
    assert town.writes() == writes
    assert town.content()[customers] == content[customers]
    assert town.granted(ann) == ["Bronze"]


def test_who_leaves_while_a_shop_is_disconnected_has_no_discount_once_it_is_back(town: MemberTown) -> None:
    """Invariant 2."""
    bronze, silver = town.club.stage(), town.club.stage("Silver", 20)
    ann, bob = town.club.enrolled(bronze, email=ANN), town.club.enrolled(bronze, email=BOB)
    town.drain()
    town.disconnect(CRM)
    town.club.cancel(ann["id"])
    town.club.move(bob["id"], silver)
    town.drain()
    assert town.granted(ann["customerId"]) == ["Bronze"], "the shop is out of reach"
    town.connect(CRM)
    town.drain()
    assert (town.granted(ann["customerId"]), town.granted(bob["customerId"])) == ([], ["Silver"])
    inspect(town)


def test_an_erased_member_loses_the_discount(town: MemberTown) -> None:
    """Invariant 6: and nothing of the person is left here, in the end not even the shops' ids."""
    bronze = town.club.stage()
    ann = town.club.enrolled(bronze, email=ANN, firstName="Annabella")["customerId"]
    town.drain()
    record = town.record_of(ann)
    assert record
    erasure = town.till.erase(ann).body["erasure"]
    assert [one["status"] for one in erasure["platforms"]] == ["pending", "pending"]
    town.drain()
    platforms = town.till.erasure(erasure["id"]).body["erasure"]["platforms"]
    assert platforms == [{"integration": shop, "status": "left"} for shop in SHOPS]
    assert town.shops[CRM].grants()[record.id] == []
    assert mentions(town.tables, (ANN, "annabella", record.id)) == []
    inspect(town)


@pytest.mark.parametrize("first", [ANN, BOB])
def test_invariant_1_a_record_with_two_addresses_is_one_customers(town: MemberTown, first: str) -> None:
    """Two hub customers, one record in the shop: who comes first has it, the other one is for a person."""
    bronze, silver = town.club.stage(), town.club.stage("Silver", 20)
    shop = town.shops[CRM]
    shop.keeps_addresses = True
    shop.customers[ExternalId("4")] = RemoteCustomer(ExternalId("4"), (ANN, BOB), first_name="A. and B.")
    ids = {
        email: town.club.enrolled(stage, email=email, firstName=email[:3])["customerId"]
        for email, stage in ((ANN, bronze), (BOB, silver))
    }
    jobs = {job.customer: job.id for job in town.jobs() if job.integration == CRM and job.customer}
    for job in town.jobs():
        if job.kind is JobKind.SYNC_STAGE:
            town.deliver(job.id)
    other = BOB if first == ANN else ANN
    town.deliver(jobs[ids[first]])
    town.deliver(jobs[ids[other]])
    town.drain()
    assert town.granted(ids[first]) == [{ANN: "Bronze", BOB: "Silver"}[first]]
    assert shop.customers[ExternalId("4")].first_name == first[:3]
    parked = [job for job in town.jobs() if job.status is JobStatus.PARKED]
    assert [(job.customer, job.reason) for job in parked] == [(ids[other], "crm_record_of_another_customer")]
    (conflict,) = town.till.conflicts().body["conflicts"]
    assert {customer["id"] for customer in conflict["customers"]} == set(ids.values())
    inspect(town)


def test_invariant_5_a_membership_that_ends_while_a_merge_is_undone_has_ended(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    """Before each of the last steps of the undoing: what is moved must be what is there, not what was read."""

    def arrange() -> tuple[MemberTown, str, str]:
        town = member_town(with_one_client(fresh_tables()), ())
        bronze = town.club.stage()
        ann, bob = town.till.manage(email=ANN).id, town.till.manage(email=BOB).id
        assert town.till.merge(ann, bob).status == 200
        return town, ann, town.club.enrolled(bronze, email=BOB)["id"]

    def undo(town: MemberTown, ann: str, client: object) -> None:
        till = open_till(client, town.tables.names, town.till.tenant, queue=town.queue, clock=town.clock)
        # Who reads the customer before the end and the events after it is asked whose they are, and asks again.
        assert till.unmerge(ann).status == 200 or till.unmerge(ann).status == 200

    def cancelled_at(at: int) -> None:
        town, ann, enrollment = arrange()
        undo(town, ann, Intruded(town.tables.client(), at, lambda: town.club.cancel(enrollment)))
        town.club.cancel(enrollment)
        assert town.club.enrollment(enrollment).body["enrollment"]["status"] == "cancelled"
        town.drain()
        inspect(town)

    first, somebody, _ = arrange()
    for at in list(steps(lambda client: undo(first, somebody, client), first.tables.client))[-8:]:
        cancelled_at(at)


def test_a_record_made_just_before_the_address_changed_is_kept(town: MemberTown) -> None:
    """Invariant 2: the customer changes between the shop's answer and our own record of it."""
    bronze = town.club.stage()
    ann = town.club.enrolled(bronze, email=ANN)["customerId"]
    shop = town.shops[CRM]
    job = next(job for job in town.jobs() if job.customer == ann and job.integration == CRM)
    for stage in town.jobs():
        if stage.kind is JobKind.SYNC_STAGE:
            town.deliver(stage.id)

    def change_once_made() -> None:
        if "create" in shop.writes and town.till.get(ann).customer["email"] == ANN:
            remove = [{"kind": "email", "value": ANN}]
            assert town.till.patch(ann, {"email": "new@example.com", "removeIdentifiers": remove}).status == 200

    class Watched:
        def __getattr__(self, name: str) -> object:
            change_once_made()
            return getattr(town.tables.client(), name)

    town.deliver(job.id, Watched())
    town.drain()
    assert [one.emails for one in shop.customers.values()] == [("new@example.com",)]
    assert town.granted(ann) == ["Bronze"]
    inspect(town)
