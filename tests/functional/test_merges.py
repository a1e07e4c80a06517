"""Merging by staff, and undoing it: what is told before is what happens, and all of it can be taken back."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, WORK_TABLE_VARIABLE
from customerhub.domain.caller import Scope
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, MergeId
from customerhub.errors import GuardFailed
from customerhub.store.ledger import DynamoMergeLedger
from customerhub.store.table import Database
from customerhub.store.traces import DynamoTraceStore
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.collections import add_records, belongings
from tests.support.till import Till, open_till, service, user_of


@pytest.fixture
def ann(till: Till) -> str:
    return till.manage(email="ann@example.com", firstName="Ann", allergies=["nuts"], source="chatbot").id


@pytest.fixture
def anna(till: Till) -> str:
    said = {"phone": "7075550123", "firstName": "Anna", "lastName": "Lee", "preferences": {"wine": "red"}}
    return till.manage({**said, "source": "webapp"}).id


class TestMerge:
    def test_the_outcome_is_what_the_preview_told(self, till: Till, ann: str, anna: str) -> None:
        preview = till.merge(ann, anna, dryRun=True)
        assert till.get(anna).id == anna
        outcome = till.merge(ann, anna)
        assert (preview.status, outcome.status) == (200, 200)
        told = {name: value for name, value in preview.body.items() if name not in ("dryRun", "mergeId")}
        done = {name: value for name, value in outcome.body.items() if name not in ("dryRun", "mergeId")}
        for body in (told, done):
            del body["customer"]["updatedAt"]
        assert told == done
        assert (preview.body["mergeId"], preview.body["dryRun"]) == (None, True)

    def test_the_preview_says_which_value_wins_and_why(self, till: Till, ann: str, anna: str) -> None:
        fields = {field["field"]: field for field in till.merge(ann, anna, dryRun=True).body["fields"]}
        assert (fields["firstName"]["value"], fields["firstName"]["takenFrom"]) == ("Ann", [ann])
        assert fields["firstName"]["reason"] == "the survivor's own value wins"
        assert (fields["lastName"]["value"], fields["lastName"]["takenFrom"]) == ("Lee", [anna])
        assert fields["lastName"]["reason"] == "the survivor has none"
        assert fields["accountSources"]["value"] == ["chatbot", "webapp"]
        assert fields["accountSources"]["takenFrom"] == [ann, anna]

    def test_the_preview_lists_identifiers_and_records_that_the_survivor_gets(
        self, dynamodb_tables: DynamoDBTables, till: Till, ann: str, anna: str
    ) -> None:
        add_records(dynamodb_tables, till.tenant.id, anna, number=2)
        body = till.merge(ann, anna, dryRun=True).body
        assert [(i["kind"], i["value"]) for i in body["identifiers"]] == [("phone", "+17075550123")]
        assert sorted({record["kind"] for record in body["records"]}) == ["enrollment", "lead", "link", "order"]
        assert {record["customerId"] for record in body["records"]} == {anna}
        assert len(body["records"]) == 8

    def test_both_ids_and_all_identifiers_lead_to_the_one(self, till: Till, ann: str, anna: str) -> None:
        till.merge(ann, anna)
        assert {till.get(ann).id, till.get(anna).id} == {ann}
        assert till.manage(email="ann@example.com").id == till.manage(phone="7075550123").id == ann

    def test_a_repeated_merge_tells_of_the_first(self, till: Till, ann: str, anna: str) -> None:
        first = till.merge(ann, anna)
        assert first.body["mergeId"]
        assert till.merge(ann, anna).body == first.body

    def test_a_customer_and_itself(self, till: Till, ann: str) -> None:
        reply = till.merge(ann, ann)
        assert (reply.status, reply.body["field"]) == (422, "otherId")

    def test_two_auth_users_block(self, till: Till, ann: str) -> None:
        till.manage(email="ann@example.com", authUserId="user-1")
        other = till.manage(email="b@example.com", authUserId="user-2").id
        assert till.merge(ann, other, dryRun=True).body["blocks"][0]["code"] == "two_auth_users"
        reply = till.merge(ann, other)
        assert (reply.status, reply.body["code"]) == (409, "merge_blocked")
        assert till.get(other).id == other

    def test_it_needs_the_scope(self, till: Till, ann: str, anna: str) -> None:
        writer = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE}))
        assert till.merge(ann, anna, caller=writer).status == 403
        assert till.merge(ann, anna, caller=writer, dryRun=True).status == 403
        assert till.unmerge(ann, caller=writer).status == 403

    @pytest.mark.parametrize("body", ["", "{}", '{"otherId": 1}', '{"otherId": ""}', '{"otherId": "x", "force": true}'])
    def test_bad_input_is_named(self, till: Till, ann: str, body: str) -> None:
        reply = till.call("POST /api/customers/{customerId}/merge", path={"customerId": ann}, body=body)
        assert reply.status in (400, 422)
        assert reply.body["field"] in ("body", "otherId", "force")

    def test_nobody_unknown(self, till: Till, ann: str) -> None:
        assert till.merge(ann, "nobody").status == 404
        assert till.merge("nobody", ann).status == 404


class TestUnmerge:
    def test_edits_stay_with_the_one_by_whose_identifiers_they_came(self, till: Till, ann: str, anna: str) -> None:
        """Invariant 5."""
        till.merge(ann, anna)
        till.manage(phone="7075550123", email="new@example.com")
        till.manage(email="ann@example.com", allergies=["milk"])
        till.manage(email="new@example.com", preferences={"table": "window"})
        reply = till.unmerge(ann)
        assert reply.status == 200
        assert (till.get(ann).customer["email"], till.get(ann).customer["allergies"]) == (
            "ann@example.com",
            ["nuts", "milk"],
        )
        assert till.get(anna).customer["email"] == "new@example.com"
        assert till.get(anna).customer["preferences"] == {"wine": "red", "table": "window"}
        assert till.manage(email="new@example.com").id == anna

    def test_what_nobody_can_tell_is_listed_and_assigned(self, till: Till, ann: str, anna: str) -> None:
        merge = till.merge(ann, anna).body["mergeId"]
        till.patch(ann, allergies=["nuts", "eggs"])
        refused = till.unmerge(ann)
        assert (refused.status, refused.body["code"]) == (409, "assignment_needed")
        assert refused.body["unmerge"]["unassigned"] == ["allergy:eggs"]
        assert till.get(anna).id == ann
        told = till.unmerge(ann, mergeId=merge, assign={"allergy:eggs": anna}, dryRun=True)
        assert told.body["edits"] == [{"id": "allergy:eggs", "belongsTo": [anna]}]
        done = till.unmerge(ann, mergeId=merge, assign={"allergy:eggs": anna})
        assert done.body | {"dryRun": True} == told.body
        assert till.get(anna).customer["allergies"] == ["eggs"]
        assert till.get(ann).customer["allergies"] == ["nuts"]

    def test_an_assignment_must_name_an_edit_and_one_of_the_customers(self, till: Till, ann: str, anna: str) -> None:
        till.merge(ann, anna)
        till.patch(ann, allergies=["nuts", "eggs"])
        for assign in ({"allergy:soy": ann}, {"allergy:eggs": "nobody"}):
            reply = till.unmerge(ann, assign=assign)
            assert (reply.status, reply.body["field"]) == (422, "assign")

    def test_the_same_call_does_not_merge_them_again(self, till: Till, ann: str, anna: str) -> None:
        till.merge(ann, anna)
        till.unmerge(anna)
        both = {"email": "ann@example.com", "phone": "7075550123", "mergeIfFound": True}
        assert till.manage(both).id == ann
        assert till.get(anna).id == anna
        blocked = till.merge(ann, anna)
        assert [block["code"] for block in blocked.body["blocks"]] == ["kept_apart"]
        assert till.merge(ann, anna, forgetKeptApart=True).status == 200
        assert till.get(anna).id == ann

    def test_a_repeated_undoing_is_harmless(self, till: Till, ann: str, anna: str) -> None:
        merge = till.merge(ann, anna).body["mergeId"]
        first = till.unmerge(ann, mergeId=merge)
        again = till.unmerge(ann, mergeId=merge)
        assert (first.status, again.status) == (200, 200)
        assert again.body["customers"] == first.body["customers"]

    def test_which_of_several_must_be_said(self, till: Till, ann: str, anna: str) -> None:
        till.merge(ann, anna)
        till.merge(ann, till.manage(email="c@example.com").id)
        assert till.unmerge(ann).body["code"] == "which_merge"
        assert till.unmerge(anna).status == 200

    def test_a_repeated_undoing_undoes_no_other_merge(self, till: Till, ann: str, anna: str) -> None:
        inner = till.merge(anna, till.manage(email="c@example.com").id).body["mergeId"]
        till.merge(ann, anna)
        assert till.unmerge(anna).status == 200
        assert till.unmerge(anna).body["code"] == "which_merge"
        assert till.unmerge(anna, mergeId=inner).status == 200

    def test_nothing_to_undo(self, till: Till, ann: str, anna: str) -> None:
        assert till.unmerge(ann).body["code"] == "nothing_to_undo"
        till.merge(ann, anna)
        assert till.unmerge(ann, mergeId="01M7Z11XFVBMXSS4QP5WVPAVW5").body["code"] == "nothing_to_undo"

    def test_an_earlier_merge_is_undone_while_the_later_one_holds(self, till: Till, ann: str, anna: str) -> None:
        first = till.merge(ann, anna).body["mergeId"]
        cid = till.manage(email="cid@example.com", lastName="Cid").id
        till.merge(ann, cid)
        assert till.unmerge(ann, mergeId=first).status == 200
        assert till.get(cid).id == ann
        assert till.get(anna).customer["phone"] == "+17075550123"
        assert till.get(ann).customer["lastName"] == "Cid"
        assert till.unmerge(cid).status == 200
        assert till.get(ann).customer["lastName"] is None
        assert till.get(cid).customer["lastName"] == "Cid"

    def test_records_stay_with_whom_they_were_written_to(
        self, dynamodb_tables: DynamoDBTables, till: Till, ann: str, anna: str
    ) -> None:
        """Invariant 5: those before the merge, and those that came since by an identifier of the one."""
        add_records(dynamodb_tables, till.tenant.id, ann, number=1)
        add_records(dynamodb_tables, till.tenant.id, anna, number=1)
        till.merge(ann, anna)
        phone = IdentifierKey(Kind.PHONE, "+17075550123")
        add_records(dynamodb_tables, till.tenant.id, ann, number=60, first=10, via=(phone,))
        assert till.unmerge(ann).status == 200
        assert len(belongings(dynamodb_tables, till.tenant.id, ann)) == 4
        assert len(belongings(dynamodb_tables, till.tenant.id, anna)) == 4 + 240

    def test_a_record_of_which_nobody_can_tell_is_assigned(
        self, dynamodb_tables: DynamoDBTables, till: Till, ann: str, anna: str
    ) -> None:
        till.merge(ann, anna)
        add_records(dynamodb_tables, till.tenant.id, ann, number=1)
        ids = till.unmerge(ann).body["unmerge"]["unassigned"]
        assert len(ids) == 4
        assert till.unmerge(ann, assign=dict.fromkeys(ids, anna)).status == 200
        assert len(belongings(dynamodb_tables, till.tenant.id, anna)) == 4


class TestWhoOwnsWhatAfterwards:
    """Invariants 1 and 5, where identifiers changed hands while the merge held."""

    @pytest.fixture
    def tables(self, fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
        return fresh_tables()

    @pytest.fixture
    def till(self, tables: DynamoDBTables) -> Till:
        return open_till(tables.client(), tables.names)

    def test_what_was_lost_and_came_back_with_another_customer_is_that_ones(
        self, till: Till, tables: DynamoDBTables, ann: str, anna: str
    ) -> None:
        merge = till.merge(ann, anna).body["mergeId"]
        till.patch(ann, addIdentifiers=[{"kind": "email", "value": "anna@example.com"}])
        till.patch(ann, removeIdentifiers=[{"kind": "phone", "value": "7075550123"}])
        till.merge(ann, till.manage(phone="7075550123", firstName="Cid").id)
        till.patch(ann, phone="7075550123")
        assign = {"identifier:email:anna@example.com": anna}
        assert till.unmerge(ann, mergeId=merge, assign=assign).status == 200
        audit(tables)
        assert till.get(ann).customer["phone"] == "+17075550123"
        assert till.get(anna).customer["phone"] is None

    def test_what_its_owner_left_to_one_who_shared_it_is_that_ones(
        self, till: Till, tables: DynamoDBTables, ann: str, anna: str
    ) -> None:
        bea = till.manage(email="bea@example.com", phone="7075550123", firstName="Bea", samePerson=False).id
        till.merge(ann, bea)
        assert till.erase(anna).status == 200
        assert till.unmerge(ann).status == 200
        (phone,) = (claim for key, claim in audit(tables).claims.items() if key.kind is Kind.PHONE)
        assert phone.owner == bea

    def test_what_the_merging_call_proved_and_was_chosen_since_stays_proven(
        self, till: Till, tables: DynamoDBTables, ann: str
    ) -> None:
        user = user_of(till.tenant, "user-1", email="ann@example.com")
        one = till.manage(authUserId="user-1").id
        assert till.manage(caller=user, mergeIfFound=True).id == one
        till.manage(email="ann@example.com", allergies=["milk"])
        till.patch(one, email="ann@example.com")
        unasked = till.unmerge(one)
        assert unasked.status == 200, unasked
        audit(tables)
        assert till.get(ann).customer["email"] == "ann@example.com"

    def test_who_was_kept_apart_before_is_so_again(self, till: Till, ann: str, anna: str) -> None:
        till.merge(ann, anna)
        till.unmerge(ann)
        assert till.merge(ann, anna, forgetKeptApart=True).status == 200
        assert till.unmerge(anna, keepSeparate=False).status == 200
        assert [block["code"] for block in till.merge(ann, anna).body["blocks"]] == ["kept_apart"]


def test_an_undoing_puts_back_nothing_that_an_erasure_took_out(
    till: Till, dynamodb_tables: DynamoDBTables, ann: str, anna: str
) -> None:
    """Invariant 6: of two writes of one ledger record, which were read at once, the second is lost and read again."""
    merge = MergeId(till.merge(ann, anna).body["mergeId"])
    database, names = Database(dynamodb_tables.client()), dynamodb_tables.names
    customers, work = names[CUSTOMERS_TABLE_VARIABLE], names[WORK_TABLE_VARIABLE]
    record = DynamoMergeLedger(database, customers).get_merge(till.tenant.id, CustomerId(ann), merge)
    assert record
    traces = DynamoTraceStore(database, customers, work)
    traces.put_merge(replace(record, created=()))
    with pytest.raises(GuardFailed):
        traces.put_merge(replace(record, undone_at=record.merged_at))


def test_a_merge_that_a_call_made_can_be_undone(till: Till) -> None:
    """Invariant 5, with what only the merging call brought taken back."""
    ann, bob = till.manage(email="ann@example.com").id, till.manage(phone="7075550123").id
    both = {"email": "ann@example.com", "phone": "7075550123", "authUserId": "user-1", "mergeIfFound": True}
    survivor = till.manage(both).id
    reply = till.unmerge(survivor)
    assert reply.body["takenBack"] == ["identifier:auth:user-1"]
    assert {till.get(ann).id, till.get(bob).id} == {ann, bob}
    assert till.manage(authUserId="user-1").customer["isNewAccount"]


def test_one_of_two_at_once(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 1: two merges of one customer into different ones at the same moment, and a call beside them."""
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    ids = [till.manage(email=f"{name}@example.com").id for name in "abc"]
    replies: list[Any] = []
    calls = [
        lambda: replies.append(till.merge(ids[0], ids[2])),
        lambda: replies.append(till.merge(ids[1], ids[2])),
        lambda: replies.append(till.manage(email="c@example.com", phone="7075550123")),
    ]
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status for reply in replies} == {200}
    books = audit(tables)
    assert len(books.customers) == 1
    assert len(books.aliases) == 2
