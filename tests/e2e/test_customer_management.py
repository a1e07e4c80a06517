"""Issue "A running hub", scenario by scenario, over HTTP against the running stack."""

import pytest

from tests.support.api import Api, Person

ACCOUNT_CONFLICT_ACTIONS = ["Link accounts automatically", "Contact customer support", "Use primary email account"]


def test_chatbot_first_then_the_web_app_with_the_same_phone_is_one_account(winery: Api) -> None:
    person = Person()
    chatbot = winery.manage(
        phone=person.phone, firstName="John", lastName="Smith", allergies=["nuts"], source="chatbot"
    )
    webapp = winery.manage(phone=person.phone, email=person.email, authUserId=person.auth_user_id, source="webapp")
    assert chatbot.customer["isNewAccount"]
    assert webapp.customer | {"createdAt": 0, "updatedAt": 0} == {
        "id": chatbot.id,
        "_internalId": chatbot.id,
        "name": "John Smith",
        "firstName": "John",
        "lastName": "Smith",
        "phone": person.phone,
        "email": person.email,
        "authUserId": person.auth_user_id,
        "allergies": ["nuts"],
        "preferences": [],
        "address": {},
        "householdId": None,
        "status": "ACTIVE",
        "isNewAccount": False,
        "accountSources": ["chatbot", "webapp"],
        "createdVia": "chatbot",
        "lastUpdatedVia": "webapp",
        "createdAt": 0,
        "updatedAt": 0,
    }
    assert webapp.body["summary"] == "Welcome back John! Account updated with web app access."
    assert webapp.body["orderHistory"] == []


def test_web_app_first_then_the_chatbot_with_the_same_email_adds_the_phone(winery: Api) -> None:
    person = Person()
    webapp = winery.as_user(person.auth_user_id, email=person.email, emailVerified=True).manage(
        email=person.email, firstName="John", source="webapp"
    )
    chatbot = winery.manage(email=person.email.upper(), phone=person.phone, source="chatbot")
    assert chatbot.id == webapp.id
    assert chatbot.customer["phone"] == person.phone
    assert chatbot.customer["authUserId"] == person.auth_user_id
    assert chatbot.customer["accountSources"] == ["webapp", "chatbot"]


class TestTwoAccounts:
    """An e-mail account and a phone account, then both together."""

    def test_are_a_conflict_that_changes_nothing(self, winery: Api) -> None:
        person = Person()
        by_email = winery.manage(email=person.email, source="webapp")
        by_phone = winery.manage(phone=person.phone, source="chatbot")
        conflicts = [winery.manage(email=person.email, phone=person.phone, firstName="X") for _ in range(2)]
        assert [conflict.status for conflict in conflicts] == [409, 409]
        found = conflicts[0].body["conflicts"]
        assert conflicts[0].body["error"] == "Account conflict"
        assert conflicts[0].body["message"] == "Multiple accounts found. Please choose how to proceed."
        assert found["accounts"] == [
            {"id": by_email.id, "email": person.email, "source": "webapp"},
            {"id": by_phone.id, "phone": person.phone, "source": "chatbot"},
        ]
        assert (found["found"], found["suggestedActions"]) == (True, ACCOUNT_CONFLICT_ACTIONS)
        assert found["id"] == conflicts[1].body["conflicts"]["id"], "one conflict however often it is found"
        assert winery.get(by_email.id).customer["firstName"] is None

    def test_are_merged_on_demand_and_both_ids_keep_working(self, winery: Api) -> None:
        person = Person()
        ids = {winery.manage(email=person.email).id, winery.manage(phone=person.phone).id}
        merged = winery.manage(email=person.email, phone=person.phone, mergeIfFound=True)
        assert merged.id in ids
        assert merged.body["summary"] == "Welcome back! Your accounts have been linked."
        assert {winery.get(old).id for old in ids} == {merged.id}
        assert winery.manage(email=person.email).id == winery.manage(phone=person.phone).id == merged.id


@pytest.mark.parametrize("field", ["phone", "email", "authUserId"])
def test_each_identifier_alone_finds_the_customer(winery: Api, field: str) -> None:
    person = Person()
    known = {"phone": person.phone, "email": person.email, "authUserId": person.auth_user_id}
    created = winery.manage(**known)
    found = winery.manage(**{field: known[field]})
    assert found.id == created.id
    assert not found.customer["isNewAccount"]
    assert found.customer["updatedAt"] == created.customer["updatedAt"], "a look-up writes nothing"


def test_any_spelling_of_the_phone_and_case_of_the_email_is_the_same_person(winery: Api) -> None:
    person = Person()
    created = winery.manage(phone=person.phone, email=person.email)
    seven = person.phone[5:]
    spellings = [seven, f"(707) {seven[:3]}-{seven[3:]}", f"1.707.{seven[:3]}.{seven[3:]}", f" 011 1 707 {seven} "]
    assert {winery.manage(phone=spelling).id for spelling in spellings} == {created.id}
    assert winery.manage(email=f" {person.email.upper()} ").id == created.id


class TestOnePhoneTwoPeople:
    """Two people behind one phone are not merged; the answer lets the chatbot ask which person."""

    def test_from_the_question_to_the_household(self, winery: Api) -> None:
        john, mary = Person(), Person()
        owner = winery.manage(phone=john.phone, email=john.email, firstName="John", source="chatbot")
        call = {"phone": john.phone, "email": mary.email, "firstName": "Mary", "source": "chatbot"}
        question = winery.manage(**call)
        assert question.status == 409
        assert question.body["conflicts"]["accounts"][0] | {"source": 0} == {
            "id": owner.id,
            "name": "John",
            "email": john.email,
            "phone": john.phone,
            "source": 0,
        }
        assert "Ask which person is calling" in question.body["conflicts"]["suggestedActions"]
        assert winery.manage(**call, mergeIfFound=True).status == 409
        answer = winery.manage(**call, samePerson=False)
        assert answer.customer["isNewAccount"]
        assert answer.customer["phone"] == john.phone
        assert winery.manage(phone=john.phone, firstName="Mary").id == answer.id
        assert winery.manage(phone=john.phone, firstName="john").id == owner.id
        assert winery.manage(phone=john.phone, email=mary.email).id == answer.id
        assert winery.manage(phone=john.phone).status == 409, "which of the two?"

    def test_the_same_person_with_a_new_address(self, winery: Api) -> None:
        john, other = Person(), Person()
        owner = winery.manage(phone=john.phone, email=john.email, firstName="John")
        answer = winery.manage(phone=john.phone, email=other.email, firstName="Jack", samePerson=True)
        assert answer.id == owner.id
        assert winery.manage(email=other.email).id == owner.id


class TestUserToken:
    """A user token links an existing account only through an identifier that its issuer verified."""

    @pytest.mark.parametrize(
        ("field", "claims", "action"),
        [
            ("email", {}, "Verify email"),
            ("email", {"emailVerified": False}, "Verify email"),
            ("phone", {"phoneVerified": False}, "Verify phone"),
        ],
    )
    def test_an_unproven_identifier_links_nothing_and_reveals_nothing(
        self, winery: Api, field: str, claims: dict[str, bool], action: str
    ) -> None:
        victim, attacker = Person(), Person()
        identifier = {field: getattr(victim, field)}
        account = winery.manage(
            phone=victim.phone,
            email=victim.email,
            firstName="Victoria",
            allergies=["peanuts"],
            address={"line1": "1 Secret Street"},
        )
        user = winery.as_user(attacker.auth_user_id, **identifier, **claims)
        refused = user.manage(**identifier)
        assert refused.status == 409
        assert action in refused.body["conflicts"]["suggestedActions"]
        told = str(refused.body)
        for secret in (account.id, victim.phone, victim.email, "Victoria", "peanuts", "Secret"):
            assert secret not in told
        assert winery.get(account.id).customer["authUserId"] is None
        assert user.manage(**identifier, mergeIfFound=True).status == 409

    def test_a_proven_identifier_links(self, winery: Api) -> None:
        person = Person()
        account = winery.manage(phone=person.phone, source="chatbot")
        linked = winery.as_user(person.auth_user_id, phone=person.phone, phoneVerified=True).manage()
        assert linked.id == account.id
        assert linked.customer["authUserId"] == person.auth_user_id
        assert linked.customer["accountSources"] == ["chatbot", "webapp"]

    def test_an_account_of_the_own_is_linked_with_a_proven_one_on_demand(self, winery: Api) -> None:
        person = Person()
        own = winery.as_user(person.auth_user_id).manage(firstName="John")
        called = winery.manage(phone=person.phone, source="chatbot")
        assert own.id != called.id
        user = winery.as_user(person.auth_user_id, phone=person.phone, phoneVerified=True)
        assert user.manage().id == own.id, "what the token brings unasked keeps nobody out"
        asked = user.manage(phone=person.phone)
        assert asked.status == 409
        assert "Link accounts automatically" in asked.body["conflicts"]["suggestedActions"]
        linked = user.manage(phone=person.phone, mergeIfFound=True)
        assert linked.id == winery.manage(phone=person.phone).id == own.id
        assert winery.get(called.id).id == own.id

    def test_finds_itself_by_its_token_alone(self, winery: Api) -> None:
        person = Person()
        user = winery.as_user(person.auth_user_id)
        assert user.manage(firstName="John").id == user.manage().id


def test_a_squatted_address_goes_to_the_one_who_is_believed(winery: Api) -> None:
    """Somebody typed a stranger's address at sign-up, and waits for the stranger's data."""
    victim, attacker = Person(), Person()
    squatter = winery.as_user(attacker.auth_user_id).manage(email=victim.email)
    called = winery.manage(email=victim.email, phone=victim.phone, allergies=["peanuts"])
    assert called.id != squatter.id
    assert "peanuts" not in str(winery.as_user(attacker.auth_user_id).manage().body)
