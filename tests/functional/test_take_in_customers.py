"""A shop's records of people, taken in: pages, webhooks, deletions and merges over real tables.

Invariant 3 (any order ends in the same state) and 4 (no echo) are here at the level of single records; the machine in
test_shop_machine.py mixes everything.
"""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customerhub.domain.club import sync_debts
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId
from customerhub.domain.link import deleted_source
from customerhub.domain.remote import RemoteChange, RemoteCustomer
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import PartnerUnavailable, RetryLater
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_in_change import take_in_change
from customerhub.services.take_in_customers import take_in_customers
from customerhub.services.take_in_deletion import take_in_deletion
from customerhub.services.take_record_off import RETURNS_AFTER
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.club import Club
from tests.support.fake_crm import FakeCrm
from tests.support.faults import FailingClient, UseCase, survive_every_failure
from tests.support.job_scene import CRM, JobScene, crm_turn, job_scene
from tests.support.one_client import with_one_client
from tests.support.order_desk import NOW, OTHER, SHOP, OrderDesk
from tests.support.till import open_till, user_of

ANN = RemoteCustomer(
    ExternalId("9007199254740993"),
    emails=("Ann@example.com",),
    phones=("+17075550101",),
    first_name="Ann",
    last_name="Archer",
    address={"address1": "1 Vine St", "city": "Napa", "province": "CA", "zip": "94558", "country": "US"},
    tags=("vip",),
    state="enabled",
    email_consent="subscribed",
    updated_at=NOW,
)
BOB = RemoteCustomer(ExternalId("2"), ("bob@example.com",), first_name="Bob", tags=(), updated_at=NOW)


def later(remote: RemoteCustomer, minutes: float = 1, **fields: Any) -> RemoteCustomer:
    """The record after a change."""
    assert remote.updated_at
    return replace(remote, updated_at=remote.updated_at + timedelta(minutes=minutes), **fields)


@pytest.fixture
def desk(fresh_tables: Callable[[], DynamoDBTables]) -> OrderDesk:
    return open_desk(fresh_tables())


def open_desk(tables: DynamoDBTables) -> OrderDesk:
    tables = with_one_client(tables)
    desk = OrderDesk(tables, open_till(tables.client(), tables.names))
    desk.connect()
    return desk


def listed(desk: OrderDesk, *records: RemoteCustomer, **options: Any) -> list[RecordVerdict]:
    """A page of what the shop has, which it answers by id from now on."""
    desk.shop.customers |= {record.id: record for record in records}
    return desk.customers(*records, **options)


def told(
    desk: OrderDesk, remote: RemoteCustomer, action: str = "updated", turn: ShopTurn | None = None
) -> RecordVerdict:
    """A webhook: without tags and consents."""
    payload = replace(remote, tags=None, email_consent=None, sms_consent=None)
    change = RemoteChange("customer", action, remote.id, customer=payload)
    return take_in_change(change, remote.updated_at, turn or desk.turn())


def changed(desk: OrderDesk, remote: RemoteCustomer) -> None:
    """The shop has the record so from now on."""
    desk.shop.customers[remote.id] = remote


def owner(books: Books, kind: Kind, value: str) -> Customer:
    return books.customers[books.claims[IdentifierKey(kind, value)].owner]


def of_record(books: Books, record: RemoteCustomer, integration: IntegrationId = SHOP) -> Customer:
    return owner(books, Kind.EXTERNAL, f"{integration}:{record.id}")


def outcomes(verdicts: Sequence[RecordVerdict]) -> list[tuple[str, str | None]]:
    return [(verdict.verdict.value, verdict.code) for verdict in verdicts]


class TestRecordThatIsNew:
    def test_somebody_new_is_created_with_all_that_the_shop_has(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        books = audit(desk.tables)
        ann = of_record(books, ANN)
        assert (verdict.verdict, verdict.customer) == (Verdict.CREATED, ann.id)
        assert (ann.first_name, ann.last_name, ann.email, ann.phone) == (
            "Ann",
            "Archer",
            "Ann@example.com",
            "+17075550101",
        )
        assert ann.address == {
            "line1": "1 Vine St",
            "city": "Napa",
            "region": "CA",
            "postalCode": "94558",
            "country": "US",
        }
        assert (ann.created_via, ann.account_sources) == (SHOP, (SHOP,))

    def test_the_owner_of_an_email_is_meant(self, desk: OrderDesk) -> None:
        known = desk.till.manage(email="ann@EXAMPLE.com", firstName="Anna", source="chatbot").id
        (verdict,) = listed(desk, ANN)
        assert (verdict.verdict, verdict.customer) == (Verdict.UPDATED, known)
        ann = of_record(audit(desk.tables), ANN)
        assert (ann.first_name, ann.account_sources) == ("Ann", ("chatbot", SHOP))

    @pytest.mark.parametrize(
        ("known", "is_meant"),
        [
            ({"firstName": "ann"}, True),
            ({"firstName": "Ann", "lastName": "Archer"}, True),
            ({"firstName": "Otto"}, False),
            ({}, False),
            ({"firstName": "Ann", "lastName": "Miller"}, False),
            ({"firstName": "Ann", "email": "other@example.com"}, False),
        ],
    )
    def test_a_phone_alone_needs_an_agreeing_name_and_nobody_elses_email(
        self, desk: OrderDesk, known: dict[str, Any], is_meant: bool
    ) -> None:
        holder = desk.till.manage(phone="+17075550101", **known).id
        (verdict,) = listed(desk, ANN)
        books = audit(desk.tables)
        ann = of_record(books, ANN)
        assert (ann.id == holder) is is_meant
        if not is_meant:
            entry = ann.carries(IdentifierKey(Kind.PHONE, "+17075550101"))
            assert entry
            assert not entry.owned
            assert verdict.verdict is Verdict.CONFLICT
            assert books.customers[CustomerId(holder)].household_id == ann.household_id is not None
            assert [conflict["status"] for conflict in books.conflicts] == ["OPEN"]

    def test_two_records_of_one_shop_never_meet_in_one_customer(self, desk: OrderDesk) -> None:
        """The other shop's record with the same e-mail does."""
        listed(desk, ANN)
        twin = replace(BOB, emails=("ann@example.com",), first_name="Ann")
        (verdict,) = listed(desk, twin)
        assert verdict.verdict is Verdict.CONFLICT
        assert verdict.code == "contradiction"
        (elsewhere,) = desk.customers(twin, integration=OTHER)
        books = audit(desk.tables)
        assert of_record(books, ANN).id != of_record(books, twin).id
        assert elsewhere.customer == of_record(books, ANN).id
        assert not of_record(books, twin).identifiers[-1].owned

    def test_somebody_who_was_erased_stays_so(self, desk: OrderDesk) -> None:
        customer = desk.till.manage(email="ann@example.com", phone="+17075550101").id
        assert desk.till.erase(customer).status == 200
        assert outcomes(listed(desk, ANN)) == [("skipped", "person_erased")]
        assert outcomes(listed(desk, replace(ANN, emails=()))) == [("skipped", "person_erased")]
        assert audit(desk.tables).customers == {}

    def test_a_record_of_an_erased_person_is_nobodys(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        assert desk.till.erase(str(verdict.customer)).status == 200
        moved = later(ANN, emails=("new@example.com",), phones=())
        assert outcomes(listed(desk, moved)) == [("skipped", "person_erased")]
        assert told(desk, moved).code == "person_erased"
        assert audit(desk.tables).customers == {}

    def test_what_cannot_be_read_is_left_out_with_a_code(self, desk: OrderDesk) -> None:
        odd = replace(ANN, emails=("not an address", "ann@example.com"), phones=("12",))
        (verdict,) = listed(desk, odd)
        assert (verdict.verdict, verdict.code) == (Verdict.CREATED, "invalid_email")
        ann = of_record(audit(desk.tables), ANN)
        assert (ann.email, ann.phone) == ("ann@example.com", None)
        assert outcomes(listed(desk, odd)) == [("unchanged", None)]

    def test_a_record_without_any_address_is_somebody_by_its_id(self, desk: OrderDesk) -> None:
        bare = RemoteCustomer(ExternalId("5"), updated_at=NOW)
        assert outcomes(listed(desk, bare)) == [("created", None)]
        assert outcomes(listed(desk, bare)) == [("unchanged", None)]

    def test_what_somebody_merely_typed_gives_way_to_the_shop(self, desk: OrderDesk) -> None:
        squatter = desk.till.manage(
            email="ann@example.com", authUserId="u-1", caller=user_of(desk.till.tenant, "u-1")
        ).id
        listed(desk, ANN)
        books = audit(desk.tables)
        ann = owner(books, Kind.EMAIL, "ann@example.com")
        assert ann.id == of_record(books, ANN).id != squatter
        assert [conflict["kind"] for conflict in books.conflicts] == ["displaced"]


class TestRecordThatIsKnown:
    def test_the_same_again_is_no_write(self, desk: OrderDesk) -> None:
        listed(desk, ANN, BOB)
        before = audit(desk.tables).people
        assert outcomes(listed(desk, ANN, BOB)) == [("unchanged", None)] * 2
        assert told(desk, ANN).verdict is Verdict.UNCHANGED
        assert audit(desk.tables).people == before

    def test_a_field_follows_the_shop_where_the_shop_has_changed_it(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        desk.till.patch(str(verdict.customer), firstName="Annabel", lastName="Archer-Smith")
        listed(desk, later(ANN, last_name="Miller", address={**ANN.address, "city": "Sonoma"}))
        ann = of_record(audit(desk.tables), ANN)
        assert (ann.first_name, ann.last_name) == ("Annabel", "Miller")
        assert ann.address["city"] == "Sonoma"
        assert ann.address["line1"] == "1 Vine St"

    def test_what_is_blanked_in_the_shop_is_blanked_here(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        (verdict,) = listed(desk, later(ANN, last_name=None, phones=(), address={}))
        ann = of_record(audit(desk.tables), ANN)
        assert (verdict.verdict, ann.last_name, ann.phone, ann.address) == (Verdict.UPDATED, None, None, {})

    def test_what_is_withheld_or_not_told_erases_nothing(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        hidden = later(
            ANN, emails=(), phones=(), tags=None, address={}, withheld=frozenset({"emails", "phones", "address"})
        )
        assert outcomes(listed(desk, hidden)) == [("unchanged", None)]
        books = audit(desk.tables)
        ann = of_record(books, ANN)
        assert (ann.email, ann.phone, ann.address["city"]) == ("Ann@example.com", "+17075550101", "Napa")
        known = desk.turn().records.find_records(desk.till.tenant, SHOP, [ANN.id])[ANN.id]
        assert known.link
        assert known.link.seen
        assert known.link.seen.tags == ("vip",)

    def test_tags_and_consents_are_kept_with_the_record(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        version = of_record(audit(desk.tables), ANN).version
        changed(desk, now := later(ANN, tags=("vip", "wine"), email_consent="unsubscribed"))
        verdict = take_in_change(RemoteChange("customer", "tags", ANN.id), None, desk.turn())
        assert verdict.verdict is Verdict.UPDATED
        known = desk.turn().records.find_records(desk.till.tenant, SHOP, [ANN.id])[ANN.id]
        assert known.link
        assert known.link.seen
        assert (known.link.seen.tags, known.link.seen.email_consent) == (("vip", "wine"), "unsubscribed")
        assert known.customer.version == version
        assert outcomes(listed(desk, now)) == [("unchanged", None)]

    def test_an_older_word_changes_nothing(self, desk: OrderDesk) -> None:
        now = later(ANN, first_name="Anna")
        listed(desk, now)
        assert told(desk, ANN).code == "old"
        assert outcomes(desk.customers(ANN)) == [("skipped", "old")]
        assert of_record(audit(desk.tables), ANN).first_name == "Anna"

    def test_that_nothing_new_is_newer_is_remembered(self, desk: OrderDesk) -> None:
        """Else a late word from between would look new."""
        listed(desk, ANN)
        assert outcomes(listed(desk, later(ANN, 10))) == [("unchanged", None)]
        assert told(desk, later(ANN, 5, first_name="Anna")).code == "old"

    def test_two_words_of_one_moment_that_differ_are_read_again(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        changed(desk, now := replace(ANN, first_name="Anna"))
        assert told(desk, replace(ANN, first_name="Annie")).verdict is Verdict.UPDATED
        assert of_record(audit(desk.tables), ANN).first_name == "Anna"
        assert outcomes(listed(desk, now)) == [("unchanged", None)]

    def test_a_webhook_that_lost_something_is_read_again(self, desk: OrderDesk) -> None:
        """A webhook does not say what it withholds."""
        listed(desk, ANN)
        changed(desk, later(ANN))
        told(desk, later(ANN, phones=(), address={}))
        ann = of_record(audit(desk.tables), ANN)
        assert (ann.phone, ann.address["city"]) == ("+17075550101", "Napa")

    def test_a_webhook_of_somebody_unknown_is_read_again(self, desk: OrderDesk) -> None:
        changed(desk, ANN)
        assert told(desk, ANN, "created").verdict is Verdict.CREATED
        known = desk.turn().records.find_records(desk.till.tenant, SHOP, [ANN.id])[ANN.id]
        assert known.link
        assert known.link.seen
        assert known.link.seen.tags == ("vip",)

    def test_a_changed_email_is_the_one_to_show_and_the_old_one_is_free(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        listed(desk, later(ANN, emails=("ann@new.example",)))
        books = audit(desk.tables)
        assert of_record(books, ANN).email == "ann@new.example"
        assert IdentifierKey(Kind.EMAIL, "ann@example.com") not in books.claims

    def test_what_the_hub_knew_itself_and_what_was_proven_stays(self, desk: OrderDesk) -> None:
        desk.till.manage(email="ann@example.com", source="chatbot")
        listed(desk, ANN)
        listed(desk, later(ANN, emails=("ann@new.example",)))
        ann = of_record(audit(desk.tables), ANN)
        assert {i.shown for i in ann.identifiers if i.kind is Kind.EMAIL and i.owned} == {
            "ann@example.com",
            "ann@new.example",
        }

    def test_what_staff_have_taken_away_stays_away_until_the_shop_changes_it(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        phone = {"kind": "phone", "value": "+17075550101"}
        assert desk.till.patch(str(verdict.customer), removeIdentifiers=[phone]).status == 200
        listed(desk, later(ANN, first_name="Anna"))
        assert of_record(audit(desk.tables), ANN).phone is None
        listed(desk, later(ANN, 2, first_name="Anna", phones=("+17075550199",)))
        listed(desk, later(ANN, 3, first_name="Anna"))
        assert of_record(audit(desk.tables), ANN).phone == "+17075550101"


class TestEmailsThatMove:
    def test_from_one_record_to_another_in_one_page_in_any_order(self, desk: OrderDesk) -> None:
        listed(desk, ANN, BOB)
        ann = later(ANN, emails=("ann@new.example",))
        bob = later(BOB, emails=("ann@example.com",))
        verdicts = listed(desk, bob, ann)
        assert outcomes(verdicts) == [("updated", None)] * 2
        books = audit(desk.tables)
        assert owner(books, Kind.EMAIL, "ann@example.com").id == of_record(books, BOB).id
        assert books.conflicts == []

    def test_swapped(self, desk: OrderDesk) -> None:
        listed(desk, ANN, BOB)
        listed(desk, later(ANN, emails=BOB.emails), later(BOB, emails=ANN.emails))
        books = audit(desk.tables)
        assert owner(books, Kind.EMAIL, "ann@example.com").id == of_record(books, BOB).id
        assert owner(books, Kind.EMAIL, "bob@example.com").id == of_record(books, ANN).id
        assert books.conflicts == []

    @pytest.mark.parametrize("only", ["taker", "giver", "both"])
    def test_by_webhooks_of_which_some_are_lost(self, desk: OrderDesk, only: str) -> None:
        listed(desk, ANN, BOB)
        giver, taker = later(ANN, emails=()), later(BOB, emails=ANN.emails)
        changed(desk, giver)
        changed(desk, taker)
        if only in ("taker", "both"):
            told(desk, taker)
        if only in ("giver", "both"):
            told(desk, giver)
        desk.customers(taker, giver)
        books = audit(desk.tables)
        assert owner(books, Kind.EMAIL, "ann@example.com").id == of_record(books, BOB).id
        assert of_record(books, ANN).email is None
        assert books.conflicts == []

    def test_around_a_circle(self, desk: OrderDesk) -> None:
        eve = RemoteCustomer(ExternalId("3"), ("eve@example.com",), first_name="Eve", updated_at=NOW)
        listed(desk, ANN, BOB, eve)
        turned = (later(ANN, emails=BOB.emails), later(BOB, emails=eve.emails), later(eve, emails=ANN.emails))
        for one in turned:
            changed(desk, one)
        told(desk, turned[0])
        told(desk, turned[1])
        desk.customers(*turned)
        books = audit(desk.tables)
        assert [of_record(books, one).email for one in turned] == [one.emails[0] for one in turned]
        assert books.conflicts == []

    def test_a_late_word_takes_nothing_from_its_owner(self, desk: OrderDesk) -> None:
        """The e-mail went to Bob and back; Bob's word of having it comes last."""
        listed(desk, ANN, BOB)
        late = later(BOB, 1, emails=ANN.emails)
        changed(desk, later(BOB, 2))
        changed(desk, later(ANN, 3))
        told(desk, later(ANN, 3))
        told(desk, late)
        books = audit(desk.tables)
        assert owner(books, Kind.EMAIL, "ann@example.com").id == of_record(books, ANN).id
        assert of_record(books, BOB).email == "bob@example.com"
        assert books.conflicts == []

    def test_from_a_record_that_was_deleted_unheard(self, desk: OrderDesk) -> None:
        (first,) = listed(desk, ANN)
        del desk.shop.customers[ANN.id]
        again = replace(ANN, id=ExternalId("77"), updated_at=NOW)
        (verdict,) = listed(desk, again)
        assert (verdict.verdict, verdict.customer) == (Verdict.UPDATED, first.customer)

    def test_a_carried_email_is_owned_once_its_owner_gives_it_up(self, desk: OrderDesk) -> None:
        holder = desk.till.manage(email="holder@example.com", phone="+17075550102").id
        desk.till.patch(holder, addIdentifiers=[{"kind": "email", "value": "spare@example.com"}])
        listed(desk, BOB)
        taker = later(BOB, emails=("bob@example.com", "spare@example.com"))
        (verdict,) = listed(desk, taker)
        assert verdict.verdict is Verdict.CONFLICT
        assert outcomes(listed(desk, taker)) == [("unchanged", None)]
        reply = desk.till.patch(holder, removeIdentifiers=[{"kind": "email", "value": "spare@example.com"}])
        assert reply.status == 200, reply
        assert outcomes(listed(desk, taker)) == [("updated", None)]
        books = audit(desk.tables)
        assert owner(books, Kind.EMAIL, "spare@example.com").id == of_record(books, BOB).id

    def test_what_another_shop_still_shows_stays(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        desk.customers(replace(BOB, emails=ANN.emails, first_name="Ann"), integration=OTHER)
        listed(desk, later(ANN, emails=("ann@new.example",)))
        books = audit(desk.tables)
        assert owner(books, Kind.EMAIL, "ann@example.com").id == of_record(books, ANN).id
        desk.customers(later(replace(BOB, emails=(), first_name="Ann")), integration=OTHER)
        assert IdentifierKey(Kind.EMAIL, "ann@example.com") not in audit(desk.tables).claims

    def test_a_phone_that_is_shared_passes_to_who_still_has_it(self, desk: OrderDesk) -> None:
        listed(desk, ANN, replace(BOB, phones=ANN.phones))
        books = audit(desk.tables)
        assert of_record(books, ANN).household_id == of_record(books, BOB).household_id is not None
        listed(desk, later(ANN, phones=()))
        books = audit(desk.tables)
        assert owner(books, Kind.PHONE, "+17075550101").id == of_record(books, BOB).id


def owed_to(turn: ShopTurn) -> list[IntegrationId]:
    """The integrations that the turn has come to owe somebody to."""
    return sorted(job.integration for job in turn.jobs if job.integration)


class TestRecordThatIsDeleted:
    def test_the_customer_stays_without_it(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        del desk.shop.customers[ANN.id]
        gone = take_in_change(RemoteChange("customer", "deleted", ANN.id), NOW, desk.turn())
        assert (gone.verdict, gone.customer) == (Verdict.UPDATED, verdict.customer)
        books = audit(desk.tables)
        ann = owner(books, Kind.EMAIL, "ann@example.com")
        assert (ann.id, ann.deleted_from, ann.is_active) == (verdict.customer, (SHOP,), False)
        assert IdentifierKey(Kind.EXTERNAL, f"{SHOP}:{ANN.id}") not in books.claims
        assert take_in_deletion(ANN.id, NOW, desk.turn()).verdict is Verdict.UNCHANGED
        assert audit(desk.tables).people == books.people

    def test_a_late_word_brings_it_not_back(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        del desk.shop.customers[ANN.id]
        take_in_deletion(ANN.id, NOW, desk.turn())
        people = audit(desk.tables).people
        assert outcomes([told(desk, later(ANN))]) == [("skipped", "deleted")]
        assert outcomes(desk.customers(later(ANN))) == [("skipped", "deleted")]
        assert audit(desk.tables).people == people

    def test_one_that_was_never_known_is_remembered(self, desk: OrderDesk) -> None:
        gone = take_in_deletion(ANN.id, NOW, desk.turn())
        assert (gone.verdict, gone.code) == (Verdict.SKIPPED, "unknown_record")
        assert outcomes(desk.customers(ANN)) == [("skipped", "deleted")]

    @pytest.mark.parametrize("is_told", [True, False])
    def test_one_that_is_there_after_all_comes_back_for_good(self, desk: OrderDesk, is_told: bool) -> None:
        """An answer had missed it."""
        assert outcomes([told(desk, ANN, "created")]) == [("skipped", "deleted")]
        changed(desk, ANN)
        assert outcomes([told(desk, ANN)] if is_told else desk.customers(ANN)) == [("created", None)]
        assert of_record(audit(desk.tables), ANN).email == "Ann@example.com"
        assert desk.turn().records.are_deleted(desk.till.tenant.id, SHOP, [ANN.id]) == frozenset()

    def test_a_new_record_of_the_same_person_is_found_by_the_email(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        del desk.shop.customers[ANN.id]
        take_in_deletion(ANN.id, NOW, desk.turn())
        again = replace(ANN, id=ExternalId("77"), updated_at=NOW)
        (found,) = listed(desk, again)
        assert found.customer == verdict.customer
        ann = of_record(audit(desk.tables), again)
        assert (ann.deleted_from, ann.is_active) == ((), True)

    def test_a_member_is_owed_to_the_shop_anew_a_while_later(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        club = Club(desk.till)
        club.enrolled(club.stage(), customerId=verdict.customer)
        turn = desk.turn()
        take_in_deletion(ANN.id, NOW, turn)
        assert owed_to(turn) == [OTHER]
        assert of_record_gone(desk).is_active
        debts = sync_debts(of_record_gone(desk), [SHOP, OTHER])
        jobs = turn.club.jobs.get_jobs(desk.till.tenant.id, [debt.job for debt in debts])
        assert [jobs[debt.job].due_at - jobs[debt.job].updated_at for debt in debts] == [RETURNS_AFTER, timedelta()]

    def test_who_came_from_elsewhere_too_stays_active(self, desk: OrderDesk) -> None:
        desk.till.manage(email="ann@example.com", source="chatbot")
        listed(desk, ANN)
        take_in_deletion(ANN.id, NOW, desk.turn())
        assert of_record_gone(desk).is_active

    def test_the_api_shows_the_records_and_whether_the_person_is_still_there(self, desk: OrderDesk) -> None:
        (verdict,) = listed(desk, ANN)
        desk.customers(replace(BOB, emails=ANN.emails, first_name="Ann"), integration=OTHER)
        ann = desk.till.get(str(verdict.customer)).customer
        assert ann["status"] == "ACTIVE"
        assert [(one["integration"], one["externalId"], one["status"], one["tags"]) for one in ann["records"]] == [
            (SHOP, ANN.id, "ACTIVE", ["vip"]),
            (OTHER, BOB.id, "ACTIVE", []),
        ]
        assert ann["records"][0]["emailConsent"] == "subscribed"
        take_in_deletion(ANN.id, NOW, desk.turn())
        take_in_deletion(BOB.id, NOW, desk.turn(integration=OTHER))
        ann = desk.till.get(str(verdict.customer)).customer
        assert (ann["status"], [one["status"] for one in ann["records"]]) == ("INACTIVE", ["DELETED", "DELETED"])
        assert ann["records"][0]["deletedAt"] == NOW.isoformat()
        assert [one["status"] for one in desk.till.search("ann@example.com").body["customers"]] == ["INACTIVE"]

    def test_links_of_what_is_there_are_listed_page_by_page(self, desk: OrderDesk) -> None:
        listed(desk, ANN, BOB)
        take_in_deletion(BOB.id, NOW, desk.turn())
        records = desk.turn().records
        found = [one for page in records.linked_records(desk.till.tenant.id, SHOP) for one in page]
        assert found == [ANN.id]
        assert records.deleted_customer(desk.till.tenant.id, SHOP, BOB.id) == of_record_gone(desk, "bob@example.com").id


def of_record_gone(desk: OrderDesk, email: str = "ann@example.com") -> Customer:
    return owner(audit(desk.tables), Kind.EMAIL, email)


class TestMergeInTheShop:
    MERGED = RemoteChange("customer", "merged", ANN.id, absorbed=(BOB.id,))

    def merge(self, desk: OrderDesk, *changes: RemoteChange) -> list[RecordVerdict]:
        del desk.shop.customers[BOB.id]
        changed(desk, later(ANN, tags=("vip", "bob")))
        return [take_in_change(change, NOW, desk.turn()) for change in changes]

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0,), (1, 2, 0)])
    def test_the_customers_become_one_in_whatever_order_it_is_heard_of(
        self, desk: OrderDesk, order: tuple[int, ...]
    ) -> None:
        first, second = listed(desk, ANN, BOB)
        changes = (
            self.MERGED,
            RemoteChange("customer", "deleted", BOB.id),
            RemoteChange("customer", "updated", ANN.id, customer=later(ANN, tags=None)),
        )
        self.merge(desk, *(changes[place] for place in order))
        books = audit(desk.tables)
        assert list(books.customers) == [first.customer]
        assert books.aliases[str(second.customer)].merged_into == first.customer
        assert owner(books, Kind.EMAIL, "bob@example.com").id == first.customer
        assert books.conflicts == []
        assert outcomes(desk.customers(desk.shop.customers[ANN.id])) == [("unchanged", None)]

    def test_it_can_be_undone(self, desk: OrderDesk) -> None:
        _, second = listed(desk, ANN, BOB)
        self.merge(desk, self.MERGED)
        reply = desk.till.unmerge(str(second.customer))
        assert reply.status == 200, reply
        assert len(audit(desk.tables).customers) == 2

    def test_two_members_stay_two_for_review(self, desk: OrderDesk) -> None:
        club = Club(desk.till)
        stage = club.stage()
        for verdict in listed(desk, ANN, BOB):
            club.enrolled(stage, customerId=verdict.customer)
        (verdict,) = self.merge(desk, self.MERGED)
        assert (verdict.verdict, verdict.code) == (Verdict.CONFLICT, "contradiction")
        books = audit(desk.tables)
        assert len(books.customers) == 2
        assert [conflict["status"] for conflict in books.conflicts] == ["OPEN"]

    def test_a_record_that_was_never_heard_of_changes_nothing(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        desk.shop.customers[BOB.id] = BOB
        (verdict,) = self.merge(desk, self.MERGED)
        assert verdict.verdict is Verdict.UPDATED
        assert len(audit(desk.tables).customers) == 1


class TestEcho:
    """Invariant 4."""

    def test_what_a_shop_said_is_owed_to_others_who_know_the_customer_and_never_back(self, desk: OrderDesk) -> None:
        turn = desk.turn()
        desk.shop.customers[ANN.id] = ANN
        told(desk, ANN, "created", turn)
        assert turn.jobs == [], "the customers of one shop are not copied to the others"
        desk.customers(replace(BOB, emails=ANN.emails, phones=(), first_name="Ann"), integration=OTHER)
        turn = desk.turn()
        told(desk, later(ANN, first_name="Anna"), turn=turn)
        assert owed_to(turn) == [OTHER]

    def test_a_member_who_comes_to_have_a_record_is_owed_there(self, desk: OrderDesk) -> None:
        club = Club(desk.till)
        club.enrolled(club.stage(), email="ann@example.com", firstName="Ann")
        desk.shop.customers[ANN.id] = ANN
        turn = desk.turn()
        told(desk, ANN, "created", turn)
        assert owed_to(turn) == [SHOP, OTHER]
        turn = desk.turn()
        told(desk, later(ANN, first_name="Anna"), turn=turn)
        assert owed_to(turn) == [OTHER]

    def test_who_comes_to_be_a_member_by_a_merge_is_owed_there(self, desk: OrderDesk) -> None:
        first, second = listed(desk, ANN, BOB)
        club = Club(desk.till)
        club.enrolled(club.stage(), customerId=second.customer)
        del desk.shop.customers[BOB.id]
        turn = desk.turn()
        take_in_change(TestMergeInTheShop.MERGED, NOW, turn)
        assert {job.integration for job in turn.jobs if job.customer == first.customer} == {SHOP, OTHER}

    def test_what_shops_do_not_show_is_owed_to_nobody(self, desk: OrderDesk) -> None:
        listed(desk, ANN)
        turn = desk.turn()
        told(desk, later(ANN, address={**ANN.address, "city": "Sonoma"}), turn=turn)
        assert turn.jobs == []

    def test_own_writes_are_known_when_the_shop_tells_of_them(self, fresh_tables: Callable[[], DynamoDBTables]) -> None:
        scene = job_scene(fresh_tables())
        scene.add_stage("Bronze")
        ann = scene.customer("ann@example.com", firstName="Ann")
        scene.enroll(ann.id, "Bronze")
        work(scene)
        take_in_all(scene)
        assert outcomes(take_in_all(scene)) == [("unchanged", None)]
        scene.till.patch(ann.id, firstName="Annabel")
        work(scene)
        (remote,) = scene.crm.customers.values()
        assert remote.first_name == "Annabel"
        writes, people = list(scene.crm.writes), audit(scene.tables).people
        assert outcomes(take_in_all(scene)) == [("unchanged", None)]
        work(scene)
        assert audit(scene.tables).people == people
        assert scene.crm.writes == writes

    def test_a_change_in_the_shop_is_not_taken_for_an_own_write(
        self, fresh_tables: Callable[[], DynamoDBTables]
    ) -> None:
        """The hub writes while it has not heard yet that the shop has changed something else."""
        scene = job_scene(fresh_tables())
        scene.add_stage("Bronze")
        ann = scene.customer("ann@example.com", firstName="Ann")
        scene.enroll(ann.id, "Bronze")
        work(scene)
        take_in_all(scene)
        (remote,) = scene.crm.customers.values()
        scene.crm.customers[remote.id] = replace(remote, address={"city": "Napa"}, phones=("+17075550104",))
        scene.till.patch(ann.id, firstName="Annabel")
        work(scene)
        take_in_all(scene)
        known = scene.stored(ann.id)
        assert scene.crm.customers[remote.id].first_name == "Annabel"
        assert (known.first_name, known.address, known.phone) == ("Annabel", {"city": "Napa"}, "+17075550104")

    @pytest.mark.parametrize("overtakes", [False, True])
    def test_a_phone_that_the_hub_has_put_in_the_place_of_another_takes_none_away(
        self, fresh_tables: Callable[[], DynamoDBTables], overtakes: bool
    ) -> None:
        """The shop has one phone of a person; its webhook may come before the job has kept what it wrote."""
        scene = job_scene(fresh_tables(), crm=FakeCrm(has_one_phone=True))
        scene.add_stage("Bronze")
        ann = scene.customer("ann@example.com", firstName="Ann")
        scene.enroll(ann.id, "Bronze")
        work(scene)
        take_in_all(scene)
        (remote,) = scene.crm.customers.values()
        edit(scene, phones=("+17075550104",))
        take_in_all(scene)
        scene.till.manage(phone="+17075550105", caller=user_of(scene.tenant, "ann", email="ann@example.com"))
        scene.till.patch(ann.id, phone="+17075550105")
        if overtakes:
            edit(scene, phones=("+17075550105",))
            take_in_all(scene)
        work(scene)
        assert scene.crm.customers[remote.id].phones == ("+17075550105",)
        phones = ["+17075550105", "+17075550104"]
        assert phones_of(scene, ann) == phones
        people = audit(scene.tables).people
        assert outcomes(take_in_all(scene)) == [("unchanged", None)]
        assert audit(scene.tables).people == people
        edit(scene, tags=("vip",), address={"city": "Napa"})
        take_in_all(scene)
        assert phones_of(scene, ann) == phones
        edit(scene, phones=("+17075550106",))
        take_in_all(scene)
        assert sorted(phones_of(scene, ann)) == [*sorted(phones), "+17075550106"]
        edit(scene, phones=())
        take_in_all(scene)
        assert phones_of(scene, ann) == phones
        books = audit(scene.tables)
        assert owner(books, Kind.PHONE, "+17075550104").id == ann.id
        assert books.claims[IdentifierKey(Kind.PHONE, "+17075550104")].source == deleted_source(CRM)

    def test_a_member_whose_record_was_deleted_gets_a_new_one(self, fresh_tables: Callable[[], DynamoDBTables]) -> None:
        scene = job_scene(fresh_tables())
        scene.add_stage("Bronze")
        ann = scene.customer("ann@example.com", firstName="Ann")
        scene.enroll(ann.id, "Bronze")
        work(scene)
        (first,) = scene.crm.customers.values()
        del scene.crm.customers[first.id]
        turn = crm_turn(scene)
        take_in_deletion(first.id, NOW, turn)
        scene.queue.send(turn.jobs)
        work(scene)
        (second,) = scene.crm.customers.values()
        assert scene.crm.grants() == {second.id: ["Bronze"]}
        assert of_record(audit(scene.tables), second, CRM).id == ann.id
        assert {verdict.customer for verdict in take_in_all(scene)} == {ann.id}

    def test_a_member_whose_record_went_into_another_one_is_not_made_anew(
        self, fresh_tables: Callable[[], DynamoDBTables]
    ) -> None:
        """The shop tells of the deletion first."""
        scene = job_scene(fresh_tables())
        scene.add_stage("Bronze")
        bob = scene.customer("bob@example.com", firstName="Bob")
        scene.enroll(bob.id, "Bronze")
        work(scene)
        (gone,) = scene.crm.customers.values()
        kept = later(ANN, id=ExternalId("77"))
        scene.crm.customers = {kept.id: kept, gone.id: gone}
        take_in_all(scene)
        del scene.crm.customers[gone.id]
        merged = RemoteChange("customer", "merged", kept.id, absorbed=(gone.id,))
        for change in (RemoteChange("customer", "deleted", gone.id), merged):
            turn = crm_turn(scene)
            take_in_change(change, NOW, turn)
            scene.queue.send(turn.jobs)
            scene.work_off(scene.clock.now() + timedelta(minutes=1))
            assert list(scene.crm.customers) == [kept.id]
        work(scene)
        assert scene.crm.grants() == {kept.id: ["Bronze"]}
        assert list(audit(scene.tables).customers) == [of_record(audit(scene.tables), kept, CRM).id]


def edit(scene: JobScene, **fields: Any) -> None:
    """Staff of the CRM change its record."""
    (record,) = scene.crm.customers.values()
    scene.crm.customers[record.id] = later(record, **fields)


def phones_of(scene: JobScene, customer: Customer) -> list[str]:
    """The customer's, the one to show first."""
    return [i.value for i in scene.stored(customer.id).identifiers if i.kind is Kind.PHONE]


def work(scene: JobScene) -> None:
    """All that is owed by now; the API writes at the real time."""
    scene.clock.at = max(scene.clock.at, datetime.now(UTC) + timedelta(seconds=1))
    scene.sweep()
    scene.work_off(scene.clock.now() + timedelta(minutes=20))


def take_in_all(scene: JobScene) -> list[RecordVerdict]:
    """A pull."""
    with ThreadPoolExecutor(1) as threads:
        return take_in_customers(list(scene.crm.customers.values()), crm_turn(scene), threads)


class TestCost:
    """Round trips, which are the cost of a pull (design.md §10)."""

    def page(self, count: int) -> list[RemoteCustomer]:
        return [
            RemoteCustomer(
                ExternalId(str(1000 + number)),
                (f"p{number}@example.com",),
                (f"+1707556{number:04}",),
                first_name="Pat",
                updated_at=NOW,
            )
            for number in range(count)
        ]

    def calls(self, desk: OrderDesk, records: Sequence[RemoteCustomer]) -> list[str]:
        client = FailingClient(desk.tables.client())
        with ThreadPoolExecutor(4) as threads:
            take_in_customers(records, desk.turn(client), threads)
        return sorted(client.calls)

    def test_a_page_costs_batches_and_a_transaction_for_each_record_that_changed(self, desk: OrderDesk) -> None:
        page = self.page(250)
        new = self.calls(desk, page)
        assert new.count("transact_write_items") == 250
        # Claims of ids, of identifiers, and marks of deletion before and after.
        assert new.count("batch_get_item") == 3 + 8 + 3 + 3
        assert len(new) == 250 + 17
        # What came to be known just now is looked back at once more.
        assert self.calls(desk, page) == ["batch_get_item"] * (8 + 3)
        desk.clock.days = 1
        assert self.calls(desk, page) == ["batch_get_item"] * 8
        few = [later(one, first_name="Kim") for one in page[:3]] + page[3:]
        changed_calls = self.calls(desk, few)
        assert changed_calls.count("transact_write_items") == 3
        assert len(changed_calls) == 8 + 3


@dataclass
class Interrupted:
    """A DynamoDB client at whose call number `at` something else happens first."""

    client: Any
    at: int
    meanwhile: Callable[[], object]
    calls: int = 0

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            self.calls += 1
            if self.calls - 1 == self.at:
                self.meanwhile()
            return method(**request)

        return call


@dataclass
class Failing:
    """A DynamoDB client that gives up at call number `at`, or from then on, as though the platform did."""

    client: Any
    at: int
    lasts: bool
    calls: int = 0

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            self.calls += 1
            if self.calls - 1 == self.at or (self.lasts and self.calls > self.at):
                raise PartnerUnavailable("the platform does not answer", retry_after_s=1)
            return method(**request)

        return call


class TestAtTheSameTime:
    @pytest.mark.parametrize("before", ["known", "unknown", "missed"])
    def test_a_record_that_is_deleted_at_any_moment_stays_deleted(self, desk: OrderDesk, before: str) -> None:
        for at in itertools.count():
            record = replace(ANN, id=ExternalId(f"{100 + at}"), emails=(f"p{at}@example.com",), phones=())
            if before == "known":
                listed(desk, record)
            if before == "missed":
                told(desk, record)
            changed(desk, now := later(record, first_name="Anna"))

            def delete(record: RemoteCustomer = record) -> None:
                del desk.shop.customers[record.id]
                take_in_deletion(record.id, NOW, desk.turn())

            client = Interrupted(desk.tables.client(), at, delete)
            told(desk, now, turn=desk.turn(client))
            if client.calls <= at:
                break
            books = audit(desk.tables)
            assert IdentifierKey(Kind.EXTERNAL, f"{SHOP}:{record.id}") not in books.claims, f"it came back at call {at}"
            assert desk.turn().records.are_deleted(desk.till.tenant.id, SHOP, [record.id]), f"forgotten at call {at}"
        assert at >= 3

    @pytest.mark.parametrize("lasts", [True, False])
    def test_so_it_does_where_the_rest_of_its_page_fails(self, desk: OrderDesk, lasts: bool) -> None:
        """Before anybody has looked back."""
        for at in itertools.count():
            record = replace(ANN, id=ExternalId(f"{100 + at}"), emails=(f"p{at}@example.com",), phones=())
            other = replace(BOB, id=ExternalId(f"{200 + at}"), emails=(f"q{at}@example.com",))
            changed(desk, record)
            changed(desk, other)

            def delete(record: RemoteCustomer = record) -> None:
                del desk.shop.customers[record.id]
                take_in_deletion(record.id, NOW, desk.turn())

            client = Interrupted(Failing(desk.tables.client(), at + 1, lasts=lasts), at, delete)
            with ThreadPoolExecutor(1) as threads, suppress(RetryLater):
                take_in_customers([record, other], desk.turn(client), threads)
            if client.calls <= at:
                break
            desk.customers(record, other)
            books = audit(desk.tables)
            assert IdentifierKey(Kind.EXTERNAL, f"{SHOP}:{record.id}") not in books.claims, f"it came back at call {at}"
        assert at >= 5

    def test_what_was_seen_goes_on_with_the_customer_as_it_is(self, desk: OrderDesk) -> None:
        """The link of one who was merged is read after the customer, who has learned something meanwhile."""
        ann = desk.till.manage(email="ann@example.com", source="chatbot").id
        (verdict,) = listed(desk, BOB)
        assert desk.till.merge(ann, str(verdict.customer)).status == 200
        phones = {"phones": ("+17075550177",)}
        listed(desk, later(BOB, 1, **phones))
        listed(desk, later(BOB, 2))
        more, less = later(BOB, 3, **phones), later(BOB, 4)
        client = Interrupted(desk.tables.client(), 2, lambda: desk.customers(more))
        with ThreadPoolExecutor(1) as threads:
            take_in_customers([less], desk.turn(client), threads)
        assert outcomes(desk.customers(less)) == [("unchanged", None)]
        assert of_record(audit(desk.tables), BOB).phone is None

    def test_workers_at_one_page_make_one_customer_of_each_record(self, desk: OrderDesk) -> None:
        """Invariant 1."""
        page = [replace(ANN, id=ExternalId(str(n)), emails=(f"p{n}@example.com",)) for n in range(8)]
        desk.shop.customers |= {one.id: one for one in page}
        with ThreadPoolExecutor(4) as workers:
            verdicts = list(workers.map(lambda _: desk.customers(*page), range(4)))
        books = audit(desk.tables)
        assert len(books.customers) == len(page)
        assert len({one.household_id for one in books.customers.values()}) == 1
        for told_of in verdicts:
            assert [one.customer for one in told_of] == [of_record(books, record).id for record in page]
        moved = [later(one, emails=(f"p{(n + 1) % 8}@example.com",)) for n, one in enumerate(page)]
        desk.shop.customers |= {one.id: one for one in moved}
        with ThreadPoolExecutor(3) as workers:
            list(workers.map(lambda _: desk.customers(*moved), range(3)))
        desk.customers(*moved)
        books = audit(desk.tables)
        assert [of_record(books, one).email for one in moved] == [one.emails[0] for one in moved]


def open_fault_desk(tables: DynamoDBTables) -> OrderDesk:
    desk = open_desk(tables)
    desk.till.manage(email="holder@example.com", phone="+17075550109", firstName="Hal", source="chatbot")
    eve = RemoteCustomer(ExternalId("3"), ("eve@example.com",), first_name="Eve", updated_at=NOW)
    listed(desk, ANN, BOB, eve)
    for record in FAULT_PAGE:
        changed(desk, record)
    return desk


FAULT_PAGE = (
    later(ANN, emails=("ann@new.example",), first_name="Anna"),
    later(BOB, emails=("ann@example.com",)),
    RemoteCustomer(ExternalId("8"), ("new@example.com",), ("+17075550109",), first_name="Nora", updated_at=NOW),
    RemoteCustomer(ExternalId("9"), ("holder@example.com",), first_name="Hal", updated_at=NOW),
    RemoteCustomer(ExternalId("10"), updated_at=NOW),
)


def check_fault_page(desk: OrderDesk) -> None:
    books = audit(desk.tables)
    for record in FAULT_PAGE:
        person = of_record(books, record)
        assert (person.first_name, person.email) == (record.first_name, next(iter(record.emails), None))
    assert len(books.customers) == 6
    assert [conflict["kind"] for conflict in books.conflicts] == ["shared_phone"]
    assert outcomes(desk.customers(*FAULT_PAGE)) == [("unchanged", None)] * len(FAULT_PAGE)


def page_with(desk: OrderDesk, client: Any) -> None:
    turn = desk.turn(client)
    with ThreadPoolExecutor(1) as threads:
        try:
            verdicts = take_in_customers(FAULT_PAGE, turn, threads)
        except RetryLater:
            return
    assert len(verdicts) == len(FAULT_PAGE)


def test_a_page_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2: taken in again, it ends as though nothing had happened."""
    use_case = UseCase(
        lambda: open_fault_desk(fresh_tables()),
        page_with,
        lambda desk: desk.tables.client(),
        lambda desk: audit(desk.tables),
        check_fault_page,
    )
    assert survive_every_failure("take in a page", use_case) >= 60


def test_a_merge_and_a_deletion_survive_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    def arrange() -> OrderDesk:
        desk = open_desk(fresh_tables())
        (first, _) = listed(desk, ANN, BOB)
        club = Club(desk.till)
        club.enrolled(club.stage(), customerId=first.customer)
        del desk.shop.customers[BOB.id]
        changed(desk, later(ANN))
        return desk

    def act(desk: OrderDesk, client: Any) -> None:
        take_in_change(TestMergeInTheShop.MERGED, NOW, desk.turn(client))

    def check_done(desk: OrderDesk) -> None:
        books = audit(desk.tables)
        assert list(books.customers.values()) == [of_record(books, ANN)]
        assert owner(books, Kind.EMAIL, "bob@example.com") == of_record(books, ANN)

    use_case = UseCase(arrange, act, lambda desk: desk.tables.client(), lambda desk: audit(desk.tables), check_done)
    assert survive_every_failure("merge in the shop", use_case) >= 30
