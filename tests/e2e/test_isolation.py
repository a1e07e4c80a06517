"""Invariant 7: no caller reads or changes another tenant's data, nor a user another user's."""

import httpx
import pytest

from customerhub.domain.caller import Role
from tests.support.api import Api, Person


def test_tenants_with_the_same_identifiers_know_nothing_of_each_other(tenants: list[Api]) -> None:
    person = Person()
    known = {"phone": person.phone, "email": person.email, "authUserId": person.auth_user_id}
    ours, theirs = (tenant.manage(**known) for tenant in tenants)
    assert ours.customer["isNewAccount"]
    assert theirs.customer["isNewAccount"]
    assert ours.id != theirs.id
    assert tenants[1].get(ours.id).status == 404
    assert tenants[1].manage(**known, firstName="Mallory").status == 200
    assert tenants[0].get(ours.id).customer["firstName"] is None


def test_the_tenant_is_never_taken_from_the_request(tenants: list[Api]) -> None:
    refused = tenants[0].manage(phone=Person().phone, tenantId=tenants[1].tenant_id)
    assert (refused.status, refused.body["field"]) == (422, "tenantId")


def test_a_user_reads_the_own_record_only(winery: Api) -> None:
    john, mary = Person(), Person()
    users = [winery.as_user(person.auth_user_id, email=person.email, emailVerified=True) for person in (john, mary)]
    ids = [user.manage().id for user in users]
    assert users[0].get(ids[0]).status == 200
    assert users[0].get(ids[1]).status == 404
    assert users[0].get(ids[1]).body["message"] == users[0].get("nobody").body["message"]


def test_a_user_speaks_for_nobody_else(winery: Api) -> None:
    refused = winery.as_user(Person().auth_user_id).manage(authUserId="somebody-else")
    assert (refused.status, refused.body["code"]) == (403, "not_your_account")


@pytest.mark.parametrize("role", list(Role))
def test_staff_read_and_all_but_viewers_write(winery: Api, role: Role) -> None:
    staff, person = winery.as_user("staff-1", role=role), Person()
    account = winery.manage(email=person.email)
    assert staff.get(account.id).status == 200
    assert staff.manage(email=person.email, phone=person.phone).status == (403 if role is Role.VIEWER else 200)


@pytest.mark.parametrize(
    "credential",
    ["", "nonsense", "hub_demo-winery_0123456789abcdef_" + "A" * 43, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1In0."],
    ids=["none", "nonsense", "unknown key", "unsigned token"],
)
def test_without_a_good_credential_nothing_is_answered(winery: Api, credential: str) -> None:
    stranger = Api(winery.client, winery.tenant_id, credential)
    assert stranger.manage(email=Person().email).status == 401
    assert stranger.get("anything").status == 401


def test_a_token_of_one_tenant_opens_no_other(tenants: list[Api]) -> None:
    person = Person()
    account = tenants[0].manage(email=person.email)
    theirs = tenants[1].as_user(person.auth_user_id, email=person.email, emailVerified=True)
    assert theirs.manage().id != account.id
    assert theirs.get(account.id).status == 404


def test_a_refusal_says_why_as_every_error_does(winery: Api) -> None:
    response: httpx.Response = winery.client.get("/api/customers/x", headers={"Authorization": "Bearer nonsense"})
    assert response.json().keys() == {"error", "message", "code", "requestId"}
    assert response.headers["WWW-Authenticate"] == "Bearer"
