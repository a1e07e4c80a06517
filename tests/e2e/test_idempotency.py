"""Invariant 2 for callers: one key, one effect, one answer."""

import uuid

from tests.support.api import Api, Person


def test_the_same_key_and_body_get_the_same_answer(winery: Api) -> None:
    person, key = Person(), str(uuid.uuid4())
    first = winery.manage(phone=person.phone, idempotency_key=key)
    winery.manage(phone=person.phone, firstName="John")
    again = winery.manage(phone=person.phone, idempotency_key=key)
    assert again.body == first.body
    assert again.customer["isNewAccount"]


def test_the_same_key_with_another_body_is_refused(winery: Api) -> None:
    person, key = Person(), str(uuid.uuid4())
    winery.manage(phone=person.phone, idempotency_key=key)
    refused = winery.manage(phone=person.phone, firstName="John", idempotency_key=key)
    assert (refused.status, refused.body["code"], refused.body["field"]) == (
        422,
        "idempotency_key_reused",
        "Idempotency-Key",
    )


def test_a_key_is_its_callers_own(winery: Api) -> None:
    person, key = Person(), str(uuid.uuid4())
    created = winery.manage(email=person.email, idempotency_key=key)
    user = winery.as_user(person.auth_user_id, email=person.email, emailVerified=True)
    linked = user.manage(email=person.email, idempotency_key=key)
    assert linked.id == created.id
    assert linked.customer["authUserId"] == person.auth_user_id


def test_a_conflict_is_kept_too(winery: Api) -> None:
    person, key = Person(), str(uuid.uuid4())
    winery.manage(email=person.email)
    winery.manage(phone=person.phone)
    first, again = (winery.manage(email=person.email, phone=person.phone, idempotency_key=key) for _ in range(2))
    assert (first.status, again.body) == (409, first.body)
