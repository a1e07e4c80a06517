"""Patches as callers make them: allowed by the functions' roles, and answered as documented."""

from typing import Any

import httpx
import schemathesis
from hypothesis import given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from infra.local.hub import Hub
from tests.support.api import Api, Person

CALLS = 100


def test_identifiers_come_go_and_are_free_again(winery: Api) -> None:
    """Also invariant 7: the function's role allows what a patch does."""
    person, other = Person(), Person()
    account = winery.manage(email=person.email, phone=person.phone)
    changed = winery.patch(
        account.id, email=other.email, removeIdentifiers=[{"kind": "phone", "value": person.phone}], firstName="Ann"
    ).customer
    assert (changed["email"], changed["phone"], changed["firstName"]) == (other.email, None, "Ann")
    assert winery.manage(email=person.email).id == account.id
    assert winery.manage(phone=person.phone).id != account.id


def test_a_key_makes_a_repeated_patch_harmless(winery: Api) -> None:
    account, key = winery.manage(email=Person().email), f"patch-{Person().number}"
    first = winery.patch(account.id, firstName="Ann", idempotency_key=key)
    winery.patch(account.id, firstName="Anna")
    assert winery.patch(account.id, firstName="Ann", idempotency_key=key).body == first.body
    assert winery.get(account.id).customer["firstName"] == "Anna"


def test_any_documented_patch_of_a_customer_that_exists_is_answered_as_documented(stack: Hub, winery: Api) -> None:
    """No 5xx, no undocumented status; what is refused names the field."""
    response = httpx.get(f"{stack.base_url}/openapi.json", trust_env=False, timeout=60)
    document: dict[str, Any] = response.raise_for_status().json()
    operation = schemathesis.openapi.from_dict(document)["/api/customers/{customerId}"]["PATCH"]
    statuses = set()

    @settings(max_examples=CALLS, derandomize=True, deadline=None)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def answers_as_documented(case: Case[Any]) -> None:
        case.path_parameters = {"customerId": winery.manage(email=Person().email).id}
        answer = case.call_and_validate(
            base_url=stack.base_url,
            headers={"Authorization": f"Bearer {stack.tenants[0].service_key}"},
            excluded_checks=[positive_data_acceptance],
        )
        statuses.add(answer.status_code)
        if answer.status_code == 422:
            assert answer.json()["field"]

    answers_as_documented()
    assert {200, 422} <= statuses <= {200, 409, 410, 422}
