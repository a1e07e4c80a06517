"""The figures follow the customers on the running stack: table, stream, function, figures, API."""

import secrets
import time
from typing import Any

import pytest

from infra.local.hub import Hub
from infra.stacks.outputs import STACK
from tests.e2e.operator_command import issue_key, operate, register_tenant
from tests.support.api import Api, Person

DEADLINE_S = 60
"""It takes two seconds, or ten when every function starts anew."""


@pytest.fixture(scope="module")
def merchant(stack: Hub, winery: Api) -> Api:
    """A merchant of this module's own."""
    tenant = f"stats-{secrets.token_hex(4)}"
    register_tenant(stack, tenant)
    return Api(winery.client, tenant, issue_key(stack, tenant))


def eventually(api: Api, report: str, **expected: Any) -> dict[str, Any]:
    """The report, once it says what is expected; the last one if it does not in time."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        body = api.analytics(report).body
        if expected.items() <= body.items() or time.monotonic() > deadline:
            return body
        time.sleep(0.2)


def test_figures_follow_creations_and_merges(merchant: Api, stack: Hub) -> None:
    ann, bob = Person(), Person()
    merchant.manage(email=ann.email, source="webapp")
    merchant.manage(phone=ann.phone, source="chatbot")
    merchant.manage(email=bob.email, source="webapp")
    assert eventually(merchant, "quality", totalCustomers=3)["emailOnly"]["customers"] == 2

    merchant.manage(email=ann.email, phone=ann.phone, mergeIfFound=True)

    assert eventually(merchant, "sources", totalCustomers=2) == {
        "totalCustomers": 2,
        "averagePlatforms": 1.5,
        "sources": [
            {"accountSources": ["chatbot", "webapp"], "customers": 1, "percentage": 50.0},
            {"accountSources": ["webapp"], "customers": 1, "percentage": 50.0},
        ],
    }
    merges = eventually(merchant, "merges", mergedAccounts=1)
    assert (merges["total"], merges["mergePercentage"], len(merges["days"])) == (3, 33.3, 30)
    verified = operate(stack, "analytics", "verify", "--tenant", merchant.tenant_id)
    assert verified == {"seen": 3, "equal": True, "differences": []}


def test_an_operator_rebuilds_the_figures_of_a_running_hub(merchant: Api, stack: Hub) -> None:
    merchant.manage(email=Person().email, source="shopify")
    rebuilt = operate(stack, "analytics", "rebuild", "--tenant", merchant.tenant_id)
    verified = operate(stack, "analytics", "verify", "--tenant", merchant.tenant_id)
    assert verified == {"seen": rebuilt["seen"], "equal": True, "differences": []}
    before = merchant.analytics("quality").body["totalCustomers"]
    merchant.manage(email=Person().email, source="shopify")
    assert eventually(merchant, "quality", totalCustomers=before + 1)["totalCustomers"] == before + 1


def test_a_user_may_not_read_them(winery: Api) -> None:
    """Invariant 7."""
    user = winery.as_user(Person().auth_user_id)
    assert {user.analytics(report).status for report in ("sources", "merges", "quality")} == {403}


def test_the_stream_is_followed_as_the_template_says(stack: Hub) -> None:
    resources = stack.emulator.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    [mapping] = [r for r in resources if r["LogicalResourceId"] == "ProfileStreamMapping"]
    found = stack.emulator.client("lambda").get_event_source_mapping(UUID=mapping["PhysicalResourceId"])
    assert found["State"] == "Enabled"
    assert found["StartingPosition"] == "TRIM_HORIZON"
    assert '"PROFILE"' in found["FilterCriteria"]["Filters"][0]["Pattern"]
    assert found["DestinationConfig"]["OnFailure"]["Destination"].startswith("arn:aws:sqs:")
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
