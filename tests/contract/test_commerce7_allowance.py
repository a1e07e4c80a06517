"""Commerce7's allowance of 100 requests a minute, in the double's time: used, and never tripped."""

import pytest

from customerhub.errors import NotReadyYet
from tests.support.commerce7_bench import Commerce7Bench


def test_asked_as_fast_as_can_be_commerce7_never_complains_and_is_used_to_the_full(commerce7: Commerce7Bench) -> None:
    """At most 100 requests in any minute, and hardly fewer; pages by cursor cost nothing of it."""
    connector = commerce7.connector
    commerce7.partner.control("POST", "seed", {"customers": 600}).raise_for_status()
    commerce7.stand_still()
    started = commerce7.clock.now()
    for number in range(250):
        commerce7.patiently(lambda number=number: connector.find_customer_by_email(f"seeded-{number}@example.com"))  # type: ignore[misc]
        if number % 20 == 0:
            connector.customers_changed_since(None, None)
    minutes = (commerce7.clock.now() - started).total_seconds() / 60
    state = commerce7.state()
    assert state["requests"]["throttled"] == 0
    assert state["allowance"]["busiest"] <= 100
    assert len(commerce7.pacer.taken) == 250
    assert minutes < 2.3, "250 requests take two minutes, and what they take on their way"


def test_where_others_use_the_allowance_up_we_come_back(commerce7: Commerce7Bench) -> None:
    """The allowance is the merchant's: another app may take of it. A 429 names no time there."""
    commerce7.settings(requestsPerMinute=5)
    connector = commerce7.connector
    for _ in range(5):
        connector.find_customer_by_email("ann@example.com")
    with pytest.raises(NotReadyYet) as throttled:
        connector.find_customer_by_email("ann@example.com")
    assert throttled.value.retry_after_s == 60
    assert len(commerce7.pacer.reports) == 1
    commerce7.clock.sleep(throttled.value.retry_after_s)
    commerce7.patiently(lambda: connector.find_customer_by_email("ann@example.com"))
    assert commerce7.state()["requests"]["throttled"] == 1
