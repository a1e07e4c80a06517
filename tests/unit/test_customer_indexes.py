"""Where a profile stands in the indexes: spread evenly, in order, and within DynamoDB's limits."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from customerhub.deployment import BY_ACTIVITY, BY_FIRST_NAME, BY_LAST_NAME
from customerhub.domain.ids import TenantId
from customerhub.store.customer_indexes import (
    ACTIVITY_SHARDS,
    NAME_SHARDS,
    activity_shards,
    index_attributes,
    name_shards,
)
from tests.support.register import START, person

TENANT = TenantId("winery")
PARTITION_BYTES, POSITION_BYTES = 2048, 1024
"""What DynamoDB takes for a key."""


@given(first=st.text(max_size=100), last=st.text(max_size=100))
def test_any_name_fits_the_keys_and_stands_where_a_search_looks(first: str, last: str) -> None:
    customer = person(TenantId("t" * 40), 1, first_name=first or None, last_name=last or None)
    attributes = index_attributes(customer)
    for index in (BY_FIRST_NAME, BY_LAST_NAME):
        partition, position = (attributes.get(name) for name in index.attributes)
        assert (partition is None) == (position is None)
        if partition and position:
            assert len(partition.encode("utf-8", "surrogatepass")) <= PARTITION_BYTES
            assert len(position.encode("utf-8", "surrogatepass")) <= POSITION_BYTES
            looked_at = name_shards("customers", customer.tenant, position)
            assert (partition, index) in [(shard.partition, shard.index) for shard in looked_at]


def test_a_customer_without_a_name_stands_in_the_list_of_activity_alone() -> None:
    nameless = person(TENANT, 1, first_name="-", last_name=None)
    assert index_attributes(nameless).keys() == set(BY_ACTIVITY.attributes)


@given(
    seconds=st.lists(st.integers(0, 10**6), min_size=2, max_size=2, unique=True),
    hours=st.lists(st.integers(-12, 12), min_size=2, max_size=2),
)
def test_positions_sort_by_the_moment_of_the_change(seconds: list[int], hours: list[int]) -> None:
    moments = [moved(START + timedelta(microseconds=s), hour) for s, hour in zip(seconds, hours, strict=True)]
    one, other = (replace(person(TENANT, n), updated_at=moment) for n, moment in enumerate(moments))
    positions = [index_attributes(customer)["activity_sort"] for customer in (one, other)]
    assert (positions[0] < positions[1]) == (moments[0] < moments[1])


def moved(moment: datetime, hours: int) -> datetime:
    """The same moment in another time zone."""
    return moment.astimezone(timezone(timedelta(hours=hours)))


def test_a_short_name_comes_before_the_longer_one_that_begins_with_it() -> None:
    names = [("Ann", None), ("Ann", "Abel"), ("Ann", "Zed"), ("Anna", None)]
    people = [person(TENANT, n, first_name=first, last_name=last) for n, (first, last) in enumerate(names)]
    positions = [index_attributes(customer)["first_name_sort"] for customer in people]
    assert positions == sorted(positions)


def test_customers_spread_evenly_over_the_shards() -> None:
    people = [index_attributes(person(TENANT, n, first_name="Ann")) for n in range(2000)]
    activity = Counter(attributes["activity_key"] for attributes in people)
    names = Counter(attributes["first_name_key"] for attributes in people)
    assert set(activity) == {shard.partition for shard in activity_shards("customers", TENANT)}
    assert len(activity) == ACTIVITY_SHARDS
    assert len(names) == NAME_SHARDS
    assert max(activity.values()) < 1.3 * 2000 / ACTIVITY_SHARDS
    assert max(names.values()) < 1.3 * 2000 / NAME_SHARDS


def test_positions_of_one_name_differ() -> None:
    people = [index_attributes(person(TENANT, n, first_name="Ann"))["first_name_sort"] for n in range(2000)]
    assert len(set(people)) == len(people)
