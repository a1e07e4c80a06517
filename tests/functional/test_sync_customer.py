"""A customer in the hub and in the CRM: what one job makes of every case that there is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from customerhub.domain import owing
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import ExternalId, IntegrationId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.link import Link, external_entry
from customerhub.domain.remote import RemoteCustomer
from customerhub.errors import CredentialsRefused, PartnerRefused
from customerhub.services.take_in_deletion import take_in_deletion
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import unavailable
from tests.support.job_scene import CRM, JobScene, crm_turn, job_scene


@pytest.fixture
def scene(fresh_tables: Callable[[], DynamoDBTables]) -> JobScene:
    """The sweep looks after all tenants: it must not find those of other tests."""
    scene = job_scene(fresh_tables())
    scene.add_stage("Bronze")
    scene.add_stage("Silver", percent=15)
    return scene


def work(scene: JobScene) -> None:
    scene.work_off(scene.clock.now() + timedelta(minutes=20))


def test_a_new_member_is_made_in_the_crm_and_gets_the_discount_once(scene: JobScene) -> None:
    """Here, not in the CRM. Invariants 2 and 4."""
    ann = scene.customer("ann@example.com", firstName="Ann", phone="+17075550101")
    enrolled = scene.enroll(ann.id, "Bronze")
    work(scene)
    (remote,) = scene.crm.customers.values()
    assert (remote.emails, remote.first_name, remote.phones) == (("ann@example.com",), "Ann", ("+17075550101",))
    assert scene.crm.grants() == {remote.id: ["Bronze"]}
    entry = external_entry(scene.stored(ann.id), CRM)
    assert entry
    assert entry.value == f"{CRM}:{remote.id}"
    assert scene.enrollment(enrolled.id).is_synced
    assert scene.job_of(ann.id).status is JobStatus.DONE
    writes = list(scene.crm.writes)
    scene.owe_customer(ann.id)
    before = scene.stored(ann.id)
    scene.sweep()
    work(scene)
    assert scene.job_of(ann.id).version > 3
    assert scene.crm.writes == writes, "invariant 4: nothing differed, and something was written"
    assert scene.stored(ann.id) == before


def test_a_customer_who_is_in_both_is_one(scene: JobScene) -> None:
    known = RemoteCustomer(ExternalId("4"), ("ANN@example.com",), first_name="Annie", tags=("vip",))
    scene.crm.customers[known.id] = known
    ann = scene.customer("ann@example.com", firstName="Ann")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    (remote,) = scene.crm.customers.values()
    assert (remote.id, remote.first_name) == (known.id, "Ann")
    assert remote.tags
    assert "vip" in remote.tags


def test_an_email_changed_in_the_crm_keeps_id_and_discount(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    (remote,) = scene.crm.customers.values()
    scene.crm.customers[remote.id] = replace(remote, emails=("ann@new.example.com",))
    scene.enroll(ann.id, "Silver")
    work(scene)
    assert scene.crm.customers[remote.id].emails == ("ann@new.example.com",)
    assert scene.crm.grants() == {remote.id: ["Silver"]}


def test_a_customer_deleted_in_the_crm_is_made_anew(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    (old,) = scene.crm.customers
    scene.crm.customers.clear()
    scene.owe_customer(ann.id)
    work(scene)
    (new,) = scene.crm.customers
    assert new != old
    assert scene.crm.grants() == {new: ["Bronze"]}
    entry = external_entry(scene.stored(ann.id), CRM)
    assert entry
    assert entry.value == f"{CRM}:{new}"
    assert len([i for i in scene.stored(ann.id).identifiers if i.kind == "external"]) == 1
    keys = [entry.key, IdentifierKey(entry.kind, f"{CRM}:{old}")]
    reading = scene.app().identities.read_identity(scene.tenant, keys, None)
    assert [claim.key.value for claim in reading.claims.values()] == [f"{CRM}:{new}"]


def test_one_deleted_in_the_crm_who_is_refused_is_for_a_person(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    scene.crm.customers.clear()
    scene.crm.refuses = PartnerRefused("the e-mail is blocked", fields=("email",))
    scene.owe_customer(ann.id)
    work(scene)
    assert (scene.job_of(ann.id).status, scene.job_of(ann.id).reason) == (JobStatus.PARKED, "deleted_in_crm")


def test_another_customers_record_is_not_touched(scene: JobScene) -> None:
    """It is for review: a conflict of both, recorded once, and the job parked."""
    bob = scene.customer("bob@example.com", firstName="Bob")
    scene.enroll(bob.id, "Bronze")
    work(scene)
    (remote,) = scene.crm.customers.values()
    scene.crm.customers[remote.id] = replace(remote, emails=("ann@example.com",))
    ann = scene.customer("ann@example.com", firstName="Ann")
    scene.enroll(ann.id, "Silver")
    work(scene)
    assert scene.job_of(ann.id).reason == "crm_record_of_another_customer"
    assert scene.job_of(ann.id).status is JobStatus.PARKED
    assert scene.crm.customers[remote.id].first_name == "Bob"
    assert scene.crm.grants() == {remote.id: ["Bronze"]}
    found = scene.till.conflicts().body["conflicts"]
    assert [{c["id"] for c in conflict["customers"]} for conflict in found] == [{ann.id, bob.id}]
    scene.owe_customer(ann.id)
    work(scene)
    assert len(scene.till.conflicts().body["conflicts"]) == 1


def test_moving_moves_the_discount_and_cancelling_takes_it(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    scene.enroll(ann.id, "Silver")
    work(scene)
    (remote,) = scene.crm.customers
    assert scene.crm.grants() == {remote: ["Silver"]}
    scene.cancel(ann.id)
    work(scene)
    assert scene.crm.grants() == {remote: []}
    enrollments = scene.app().club.enrollments_of(scene.tenant.id, [ann.id])
    assert [one.status for one in enrollments] == [EnrollmentStatus.MOVED, EnrollmentStatus.CANCELLED]
    assert all(one.is_synced for one in enrollments)


def test_a_membership_ends_on_its_day(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    enrolled = scene.enroll(ann.id, "Bronze")
    work(scene)
    (remote,) = scene.crm.customers
    assert enrolled.expires_at
    scene.clock.at = enrolled.expires_at - timedelta(seconds=1)
    scene.sweep()
    scene.work_off(scene.clock.now() + timedelta(seconds=1), stops_when_idle=False)
    assert scene.crm.grants() == {remote: ["Bronze"]}
    scene.clock.at = enrolled.expires_at
    scene.work_off(scene.clock.now() + timedelta(minutes=10), stops_when_idle=False)
    assert scene.crm.grants() == {remote: []}
    assert scene.enrollment(enrolled.id).status is EnrollmentStatus.EXPIRED
    assert scene.stored(ann.id).membership is None


def test_who_was_cancelled_before_being_synced_gets_no_discount(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    scene.cancel(ann.id)
    work(scene)
    assert list(scene.crm.grants().values()) == [[]]
    assert "grant" not in scene.crm.writes
    assert scene.job_of(ann.id).status is JobStatus.DONE


def test_a_customer_who_is_no_member_is_made_in_the_crm_too(scene: JobScene) -> None:
    """As an import owes it."""
    ann, anonymous = scene.customer("ann@example.com"), scene.till.manage(phone="+17075550188").id
    scene.owe_customer(ann.id)
    scene.owe_customer(anonymous)
    scene.sweep()
    work(scene)
    assert [one.emails for one in scene.crm.customers.values()] == [("ann@example.com",)]
    assert (scene.job_of(anonymous).status, scene.job_of(anonymous).reason) == (JobStatus.SKIPPED, "no_email")


def test_a_discount_that_was_granted_before_it_was_noted_is_taken_back(scene: JobScene) -> None:
    """The worker died between the grant and our own record; then the member left."""
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    bob = scene.customer("bob@example.com")
    remote = RemoteCustomer(ExternalId("7"), ("bob@example.com",), tags=(f"tag-{scene.stages['Bronze'].id}",))
    scene.crm.customers[remote.id] = remote
    scene.enroll(bob.id, "Bronze")
    scene.cancel(bob.id)
    work(scene)
    assert scene.crm.grants()[remote.id] == []


def test_a_merged_customers_job_is_the_survivors(scene: JobScene) -> None:
    ann, other = scene.customer("ann@example.com"), scene.customer("ann@home.example.com")
    scene.enroll(ann.id, "Bronze")
    debt = scene.owe_customer(other.id)
    assert scene.till.merge(ann.id, other.id).status == 200
    work(scene)
    scene.sweep()
    work(scene)
    assert (scene.job(debt).status, scene.job(debt).reason) == (JobStatus.SKIPPED, "merged")
    (remote,) = scene.crm.customers
    assert scene.crm.grants() == {remote: ["Bronze"]}


def test_a_merged_customer_goes_on_with_the_record_that_is_left(scene: JobScene) -> None:
    """The survivor's own one was deleted in the CRM, and that was heard of after the other's had been told."""
    ann, other = scene.customer("ann@example.com"), scene.customer("ann@home.example.com")
    for person in (ann, other):
        scene.owe_customer(person.id)
    scene.sweep()
    work(scene)
    first, left = (scene.crm.with_email(email)[0].id for email in ("ann@example.com", "ann@home.example.com"))
    del scene.crm.customers[first]
    scene.clock.sleep(60)
    take_in_deletion(first, scene.clock.now(), crm_turn(scene))
    assert scene.till.merge(ann.id, other.id).status == 200
    before = links_of(scene, ann.id)
    assert before[first].deleted_at
    scene.owe_customer(ann.id)
    scene.sweep()
    work(scene)
    after = links_of(scene, ann.id)
    assert after[first] == before[first]
    assert after[left].seen == before[left].seen is not None
    assert list(scene.crm.customers) == [left]


def links_of(scene: JobScene, customer: str) -> dict[ExternalId, Link]:
    """The customer's ties to records of the CRM."""
    links = scene.app().links.get_links(scene.tenant.id, scene.stored(customer).ids, CRM)
    return {link.external_id: link for link in links}


def test_an_erased_customer_is_owed_nothing(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    assert scene.till.erase(ann.id).status in (200, 202)
    work(scene)
    assert {job.status for job in scene.jobs() if job.kind is JobKind.SYNC_CUSTOMER} == {JobStatus.SKIPPED}
    assert scene.crm.customers == {}
    assert scene.messenger.sent == []


def test_a_stage_that_is_not_there_yet_is_waited_for(scene: JobScene) -> None:
    """Its job comes first, and waiting is no failed attempt."""
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    scene.deliver([scene.job_of(ann.id).id])
    waiting = scene.job_of(ann.id)
    assert (waiting.status, waiting.attempts, waiting.failures) == (JobStatus.WAITING, 0, ())
    work(scene)
    assert list(scene.crm.grants().values()) == [["Bronze"]]


def test_what_the_crm_refuses_is_parked_with_its_reason_and_a_retry_helps(scene: JobScene) -> None:
    scene.crm.refuses = PartnerRefused("the phone is not one", fields=("phone",))
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    parked = scene.job_of(ann.id)
    assert (parked.status, parked.reason, len(parked.failures)) == (JobStatus.PARKED, "partner_refused", 1)
    scene.crm.refuses = None
    scene.owe_customer(ann.id)
    work(scene)
    assert scene.job_of(ann.id).status is JobStatus.DONE


def test_refused_credentials_are_for_a_person(scene: JobScene) -> None:
    scene.crm.plan = lambda _number, _name: ("before", CredentialsRefused("the token was revoked"))
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    stage_job = next(job for job in scene.jobs() if job.kind is JobKind.SYNC_STAGE)
    assert (stage_job.status, stage_job.reason) == (JobStatus.PARKED, "credentials_refused")


def test_an_integration_that_was_connected_at_the_same_moment_is_owed_the_member(scene: JobScene) -> None:
    """Its connecting had listed the members before this one was written, who had read the integrations before it was:
    invariant 2."""
    work(scene)
    ann = scene.customer("ann@example.com")
    enrolled = scene.enroll(ann.id, "Bronze")
    other, now = IntegrationId("other"), scene.clock.now()
    scene.app().integrations.put_integration(Integration(scene.tenant.id, other, Platform.SHOPIFY, "shop", now))
    for _ in range(2):
        scene.deliver([scene.job_of(ann.id).id])
        assert scene.job_of(ann.id).status is JobStatus.DONE
        owed = scene.job_of(ann.id, other)
        assert (owed.status, owed.version) == (JobStatus.WAITING, 1), "once"
        enrollment = scene.enrollment(enrolled.id)
        assert (enrollment.owed_to, list(enrollment.synced_at)) == ((CRM, other), [CRM])
        assert not enrollment.is_synced
        scene.owe_customer(ann.id)


def test_credentials_that_were_replaced_are_for_nobody_to_look_at(scene: JobScene) -> None:
    """A process that still knows the former ones is refused, and hears of the new ones: invariant 2."""
    scene.renewed.append(CRM)
    refused = iter([CredentialsRefused("the token was revoked")])
    scene.crm.plan = lambda _number, _name: ("before", error) if (error := next(refused, None)) else None
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    work(scene)
    assert {job.status for job in scene.jobs() if job.integration == CRM} == {JobStatus.DONE}
    assert scene.renewed == []
    assert not any(job.failures for job in scene.jobs()), "it is no failure"


def test_a_fault_is_tried_again_and_what_the_partner_asks_for_is_obeyed(scene: JobScene) -> None:
    work(scene)
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    scene.crm.plan = lambda _number, _name: ("before", unavailable(429, retry_after_s=240))
    scene.deliver([scene.job_of(ann.id).id])
    failed = scene.job_of(ann.id)
    assert (failed.status, failed.attempts, failed.reason) == (JobStatus.WAITING, 1, "partner_answered_429")
    assert failed.due_at >= scene.clock.now() + timedelta(seconds=240)
    calls = len(scene.crm.calls)
    scene.deliver([failed.id])
    assert len(scene.crm.calls) == calls, "a message that comes again does not make it due"
    scene.crm.plan = lambda _number, _name: None
    work(scene)
    assert scene.job_of(ann.id).status is JobStatus.DONE


def test_after_seven_days_it_is_parked(scene: JobScene) -> None:
    work(scene)
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    scene.crm.plan = lambda _number, _name: ("before", unavailable())
    scene.deliver([scene.job_of(ann.id).id])
    scene.clock.at += timedelta(days=7)
    scene.sweep()
    work(scene)
    parked = scene.job_of(ann.id)
    assert (parked.status, parked.reason) == (JobStatus.PARKED, "retries_exhausted")


def test_an_archived_stage_is_withdrawn(scene: JobScene) -> None:
    work(scene)
    assert {offer.name for offer in scene.crm.offers.values()} == {"Bronze", "Silver"}
    app = scene.app()
    bronze = app.club.get_stage(scene.tenant.id, scene.stages["Bronze"].id)
    assert bronze
    app.club.write_stage(replace(bronze, archived=True), bronze, [])
    debt = owing.sync_stage(scene.tenant.id, CRM, bronze.id)
    app.jobs.write_jobs([owing.owe(debt, scene.job(debt.job), scene.clock.now())])
    work(scene)
    assert {offer.name for offer in scene.crm.offers.values()} == {"Silver"}
    assert set(app.integrations.placed_offers(scene.tenant.id, CRM)) == {scene.stages["Silver"].id}


def test_a_discount_that_staff_of_the_shop_removed_is_placed_again(scene: JobScene) -> None:
    work(scene)
    ann = scene.customer("ann@example.com")
    missing = PartnerRefused("the discount is not there", reason="discount_missing")
    scene.crm.plan = lambda _number, name: ("before", missing) if name == "grant" and not scene.crm.offers else None
    scene.crm.offers.clear()
    scene.enroll(ann.id, "Bronze")
    work(scene)
    assert scene.job_of(ann.id).status is JobStatus.DONE
    assert [failure.code for failure in scene.job_of(ann.id).failures] == ["partner_unavailable"]
    assert list(scene.crm.grants().values()) == [["Bronze"]]


def test_an_end_that_somebody_had_done_too_early_waits_for_its_day(scene: JobScene) -> None:
    ann = scene.customer("ann@example.com")
    enrolled = scene.enroll(ann.id, "Bronze")
    work(scene)
    end = owing.end_enrollment(scene.tenant.id, enrolled.id).job
    assert scene.desk.call("POST /api/sync/jobs/{jobId}/retry", path={"jobId": end}).status == 200
    scene.deliver([end])
    assert (scene.job(end).status, scene.job(end).due_at) == (JobStatus.WAITING, enrolled.expires_at)
    assert scene.enrollment(enrolled.id).is_active
