"""Two people behind one phone, from the chatbot's question to the household, over HTTP."""

from tests.support.api import Api, Person


def test_a_conflict_is_resolved_as_a_household(winery: Api) -> None:
    """Invariant 1: the phone is owned by one, and leads to each by name or address."""
    john, mary = Person(), Person()
    owner = winery.manage(phone=john.phone, email=john.email, firstName="John", source="chatbot").id
    call = {"phone": john.phone, "email": mary.email, "firstName": "Mary", "source": "chatbot"}
    conflict = winery.manage(**call).body["conflicts"]["id"]
    listed = {found["id"]: found for found in winery.conflicts(status="open", limit=100).body["conflicts"]}
    assert listed[conflict]["statement"]["firstName"] == "Mary"
    assert [customer["id"] for customer in listed[conflict]["customers"]] == [owner]

    resolved = winery.resolve(conflict, decision="household", note="Married.")
    assert resolved.status == 200
    assert resolved.body["conflict"]["resolution"]["decision"] == "household"
    answer = winery.manage(**call)
    assert answer.id != owner
    assert answer.customer["householdId"] == winery.get(owner).customer["householdId"] is not None
    assert winery.manage(phone=john.phone, firstName="Mary").id == answer.id
    assert winery.manage(phone=john.phone, firstName="John").id == owner
    assert winery.manage(phone=john.phone).status == 409, "which of the two?"
    assert "ConflictResolved" in [event["type"] for event in winery.timeline(answer.id).body["events"]]
    assert conflict not in [found["id"] for found in winery.conflicts(limit=100).body["conflicts"]]


def test_a_user_sees_no_conflicts_and_another_tenant_none_of_these(winery: Api, tenants: list[Api]) -> None:
    """Invariant 7."""
    john, mary = Person(), Person()
    winery.manage(phone=john.phone, email=john.email, firstName="John")
    conflict = winery.manage(phone=john.phone, email=mary.email, firstName="Mary").body["conflicts"]["id"]
    assert winery.as_user(mary.auth_user_id).conflicts().status == 403
    assert winery.as_user(mary.auth_user_id).resolve(conflict, decision="merge").status == 403
    assert tenants[1].resolve(conflict, decision="merge").status == 404
