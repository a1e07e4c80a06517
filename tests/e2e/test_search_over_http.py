"""Search, lists and timelines through the gateway, with queries as a URL spells them."""

import pytest

from customerhub.domain.caller import Role
from tests.support.api import Api, Person
from tests.support.till import Reply


def ids(reply: Reply) -> list[str]:
    assert reply.status == 200, reply
    return [customer["id"] for customer in reply.body["customers"]]


def test_every_spelling_survives_the_url(winery: Api) -> None:
    person = Person()
    name = f"Jos\u00e9-{person.auth_user_id}"
    found = winery.manage(email=person.email, phone=person.phone, authUserId=person.auth_user_id, firstName=name).id
    for q in (person.phone, person.phone[2:], person.email.upper(), person.auth_user_id, found, name, name.upper()):
        assert ids(winery.search(q=q)) == [found], q


def test_a_list_is_read_page_by_page(winery: Api) -> None:
    made = [winery.manage(email=Person().email).id for _ in range(4)]
    first = winery.search(limit=2)
    second = winery.search(limit=2, cursor=first.body["nextCursor"])
    assert ids(first) + ids(second) == made[::-1]


def test_a_timeline_is_read_page_by_page_with_any_id(winery: Api) -> None:
    person = Person()
    one, other = winery.manage(email=person.email).id, winery.manage(phone=person.phone).id
    winery.manage(email=person.email, phone=person.phone, mergeIfFound=True)
    first = winery.timeline(one, limit=3)
    second = winery.timeline(one, cursor=first.body["nextCursor"])
    types = [event["type"] for event in first.body["events"] + second.body["events"]]
    assert sorted(types) == ["CustomerAbsorbed", "CustomerCreated", "CustomerCreated", "CustomerMerged"]
    assert winery.timeline(other, limit=3).body["events"] == first.body["events"]


def test_invariant_7_the_other_tenant_finds_nobody(tenants: list[Api]) -> None:
    person = Person()
    known = {"phone": person.phone, "email": person.email, "authUserId": person.auth_user_id}
    found = tenants[0].manage(**known).id
    for q in (*known.values(), found):
        assert found not in ids(tenants[1].search(q=q))
    assert tenants[1].timeline(found).status == 404


def test_invariant_7_a_user_searches_nobody_and_reads_the_own_timeline(winery: Api) -> None:
    john, mary = Person(), Person()
    user = winery.as_user(john.auth_user_id, email=john.email, emailVerified=True)
    own, other = user.manage().id, winery.manage(email=mary.email).id
    assert user.search(q=john.email).status == 403
    assert user.search().status == 403
    assert user.timeline(own).status == 200
    assert user.timeline(other).status == 404


@pytest.mark.parametrize("role", list(Role))
def test_staff_of_every_role_search_and_read_timelines(winery: Api, role: Role) -> None:
    staff, person = winery.as_user("staff-1", role=role), Person()
    account = winery.manage(email=person.email).id
    assert ids(staff.search(q=person.email)) == [account]
    (event,) = staff.timeline(account).body["events"]
    assert event["by"]["kind"] == "key"
    assert event["by"]["id"]
