"""The timeline: who did what to a customer, when, from where, before and after."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from customerhub.domain.caller import Scope, UserCaller
from customerhub.domain.events import Event, EventType
from customerhub.domain.ids import CredentialId, CustomerId, new_event_id
from customerhub.store import keys
from customerhub.store.table import IF_ABSENT, Put
from customerhub.store.timeline import from_event
from infra.local.tables import DynamoDBTables
from tests.support.people import CIRCUMSTANCES, user
from tests.support.register import erased, open_register, person
from tests.support.till import Reply, Till, fresh_tenant, open_till, service

NEVER = datetime.max.replace(tzinfo=UTC)


def subject(till: Till, name: str) -> UserCaller:
    return replace(user(name, email=f"{name}@example.com", tenant=till.tenant), expires_at=NEVER)


def events(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200, reply
    found: list[dict[str, Any]] = reply.body["events"]
    return found


def everything(till: Till, customer: str, limit: int) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        reply = till.timeline(customer, limit=limit, cursor=cursor)
        assert len(events(reply)) <= limit
        found += events(reply)
        cursor = reply.body["nextCursor"]
        if cursor is None:
            return found


def test_an_entry_says_who_what_when_from_where_before_and_after(till: Till) -> None:
    caller = service(till.tenant)
    created = till.manage(email="a@example.com", source="webapp", caller=caller)
    updated = till.manage(email="a@example.com", allergies=["nuts"], source="chatbot", caller=caller)
    newest, oldest = events(till.timeline(created.id))
    assert newest["type"] == "CustomerUpdated"
    assert newest["by"] == {"kind": "key", "id": caller.credential.removeprefix("key:")}
    assert newest["customerId"] == created.id
    assert newest["at"] == updated.customer["updatedAt"]
    assert newest["source"] == "chatbot"
    assert newest["requestId"] == "request-1"
    assert newest["before"] == {"account_sources": ["webapp"], "allergies": []}
    assert newest["after"] == {"account_sources": ["webapp", "chatbot"], "allergies": ["nuts"]}
    assert (oldest["type"], oldest["before"], oldest["source"]) == ("CustomerCreated", {}, "webapp")


def test_all_pages_together_hold_every_event_once_the_newest_first(till: Till) -> None:
    customer = till.manage(email="a@example.com").id
    for number in range(6):
        till.manage(email="a@example.com", allergies=[f"{number}"])
    whole = events(till.timeline(customer))
    assert [event["after"]["allergies"][-1] for event in whole[:-1]] == ["5", "4", "3", "2", "1", "0"]
    assert [event["id"] for event in whole] == sorted((event["id"] for event in whole), reverse=True)
    for limit in (1, 3, 7):
        assert everything(till, customer, limit) == whole


def test_what_happens_between_two_pages_does_not_disturb_the_second(till: Till) -> None:
    customer = till.manage(email="a@example.com").id
    till.manage(email="a@example.com", allergies=["nuts"])
    whole = events(till.timeline(customer))
    first = till.timeline(customer, limit=1)
    till.manage(email="a@example.com", allergies=["milk"])
    second = till.timeline(customer, cursor=first.body["nextCursor"])
    assert events(first) + events(second) == whole


def test_invariant_5_the_events_of_merged_customers_are_one_timeline_by_any_of_their_ids(till: Till) -> None:
    one = till.manage(email="a@example.com").id
    other = till.manage(phone="+17075550123").id
    till.manage(email="a@example.com", allergies=["nuts"])
    merged = till.manage(email="a@example.com", phone="+17075550123", mergeIfFound=True).id
    whole = everything(till, merged, 2)
    assert {event["customerId"] for event in whole} == {one, other}
    assert sorted(event["type"] for event in whole) == [
        "CustomerAbsorbed",
        "CustomerCreated",
        "CustomerCreated",
        "CustomerMerged",
        "CustomerUpdated",
    ]
    assert [event["id"] for event in whole] == sorted((event["id"] for event in whole), reverse=True)
    assert everything(till, one, 25) == everything(till, other, 25) == whole


def test_a_user_reads_the_own_timeline_and_does_not_learn_who_the_staff_are(till: Till) -> None:
    ann = subject(till, "ann")
    customer = till.manage(email="ann@example.com", authUserId="ann").id
    till.manage(allergies=["nuts"], caller=ann)
    found = events(till.timeline(customer, caller=ann))
    assert [event["by"] for event in found] == [{"kind": "user", "id": None}, {"kind": "key", "id": None}]


def test_invariant_7_a_user_does_not_learn_of_whom_the_staff_told_them_apart(
    till: Till, dynamodb_tables: DynamoDBTables
) -> None:
    customer = CustomerId(till.manage(email="ann@example.com", authUserId="ann").id)
    register, told = open_register(dynamodb_tables), {"kept_apart": frozenset({CustomerId("somebody-else")})}
    staff = replace(CIRCUMSTANCES, credential=CredentialId("staff:1"))
    event = Event(new_event_id(), till.tenant.id, customer, EventType.CUSTOMER_UPDATED, staff, {"kept_apart": ()}, told)
    key = keys.event(register.table, till.tenant.id, customer, event.id)
    register.database.put(Put(key, from_event(event), IF_ABSENT))
    seen, whole = (events(till.timeline(customer, caller=c))[0] for c in (subject(till, "ann"), service(till.tenant)))
    assert (seen["before"], seen["after"], seen["by"]) == ({}, {}, {"kind": "staff", "id": None})
    assert whole["after"] == {"kept_apart": ["somebody-else"]}
    assert whole["by"] == {"kind": "staff", "id": "1"}


def test_invariant_7_a_user_reads_no_timeline_of_another(till: Till) -> None:
    customer = till.manage(email="ann@example.com", authUserId="ann").id
    assert till.timeline(customer, caller=subject(till, "bob")).status == 404


def test_invariant_7_nor_does_another_tenant(till: Till, dynamodb_tables: DynamoDBTables) -> None:
    customer = till.manage(email="ann@example.com").id
    assert till.timeline(customer, caller=service(fresh_tenant())).status == 404


def test_a_service_key_needs_the_scope(till: Till) -> None:
    customer = till.manage(email="ann@example.com").id
    caller = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_WRITE}))
    assert till.timeline(customer, caller=caller).status == 403


def test_invariant_6_of_an_erased_person_nothing_is_told(dynamodb_tables: DynamoDBTables) -> None:
    till = open_till(dynamodb_tables.client(), dynamodb_tables.names)
    ann = person(till.tenant.id, 1)
    open_register(dynamodb_tables).put([erased(ann)])
    reply = till.timeline(ann.id)
    assert (reply.status, reply.body["code"]) == (410, "person_erased")
    assert till.timeline(ann.id, caller=subject(till, "ann")).status == 404


def test_a_cursor_of_another_customer_is_refused(till: Till) -> None:
    one, other = till.manage(email="a@example.com").id, till.manage(email="b@example.com").id
    till.manage(email="a@example.com", allergies=["nuts"])
    reply = till.timeline(other, cursor=till.timeline(one, limit=1).body["nextCursor"])
    assert (reply.status, reply.body["field"]) == (422, "cursor")


def test_reading_often_about_one_person_is_refused(till: Till) -> None:
    customer, caller = till.manage(email="a@example.com").id, service(till.tenant)
    assert [till.timeline(customer, caller=caller).status for _ in range(21)].count(429) == 1
