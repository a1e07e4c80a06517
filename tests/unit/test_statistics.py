"""What a customer adds to the figures, and what comes in its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.contribution import contribution
from customerhub.domain.customer import Alias, Customer, Erased, StoredCustomer
from customerhub.domain.ids import CustomerId, ErasureId, MergeId
from customerhub.domain.statistics import (
    EVERYBODY,
    Contribution,
    Counted,
    Figure,
    Figures,
    Group,
    Name,
    changes,
    differences,
    newest,
    next_step,
    recount,
)
from tests.support.people import NOW, TENANT, arrive

DAY = NOW.date().isoformat()
CREATED = Figure(Group.DAYS, DAY, Name.CREATED)
MERGED = Figure(Group.DAYS, DAY, Name.MERGED)
SOME = Figure(Group.SOURCES, '["chatbot"]', Name.CUSTOMERS)


def total(name: Name) -> Figure:
    return Figure(Group.TOTALS, EVERYBODY, name)


def figures_of(stored: StoredCustomer) -> frozenset[Figure]:
    return contribution(stored).figures


def customer(**statement: Any) -> Customer:
    return arrive(**statement)[0]


def test_a_customer_is_in_a_set_of_sources_a_day_and_the_totals() -> None:
    ann = replace(customer(email="ann@example.com", phone="707 555 0101"), account_sources=("webapp", "chatbot"))
    both = Figure(Group.SOURCES, '["chatbot", "webapp"]', Name.CUSTOMERS)
    assert figures_of(ann) == {both, CREATED, total(Name.COMPLETE)}


def test_what_reaches_a_customer_decides_the_quality() -> None:
    assert total(Name.EMAIL_ONLY) in figures_of(customer(email="ann@example.com"))
    assert total(Name.PHONE_ONLY) in figures_of(customer(phone="707 555 0101"))
    assert total(Name.INCOMPLETE) in figures_of(customer(auth_user_id="auth-1"))


def test_a_merged_account_was_created_and_is_no_customer() -> None:
    alias = Alias(TENANT.id, CustomerId("a"), CustomerId("b"), MergeId("m"), 2, NOW)
    assert figures_of(alias) == {CREATED, MERGED}


def test_an_erased_person_is_counted_nowhere() -> None:
    """Invariant 6."""
    assert figures_of(Erased(TENANT.id, CustomerId("a"), 3, NOW, ErasureId("e"))) == frozenset()


def test_days_are_utc() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(-timedelta(hours=5)))
    ann = replace(customer(email="ann@example.com"), created_at=late)
    assert Figure(Group.DAYS, "2026-11-21", Name.CREATED) in figures_of(ann)
    assert late.astimezone(UTC).date().isoformat() == "2026-11-21"


def at(version: int, *figures: Figure) -> Contribution:
    return Contribution(CustomerId("a"), version, frozenset(figures))


def test_of_each_customer_the_newest_is_counted() -> None:
    assert newest([at(2, SOME), at(1), at(2, SOME)]) == [at(2, SOME)]


def test_what_was_counted_is_not_counted_again_nor_taken_back() -> None:
    assert next_step(at(2), Counted(0, at(2, SOME)), generation=0) is None
    assert next_step(at(1), Counted(0, at(2, SOME)), generation=0) is None


def test_a_new_generation_gets_the_newer_of_what_was_counted_and_what_is_stated() -> None:
    for was, stated in ((at(2, SOME), at(1)), (at(2), at(2, SOME)), (at(1), at(2, SOME))):
        step = next_step(stated, Counted(0, was), generation=1)
        assert step
        assert (step.contribution, step.generation, [*step.leaves]) == (at(2, SOME), 1, [])


def test_customers_who_change_places_change_no_figure() -> None:
    there = next_step(at(1, SOME), None, generation=0)
    away = next_step(replace(at(2), customer=CustomerId("b")), Counted(0, at(1, SOME)), generation=0)
    assert there
    assert away
    assert changes([there, away]) == {}


Versions = st.lists(st.frozensets(st.sampled_from([SOME, CREATED, MERGED, total(Name.COMPLETE)])), min_size=1)


@given(Versions, st.data())
def test_any_order_with_repetitions_ends_at_the_recount(versions: list[frozenset[Figure]], data: st.DataObject) -> None:
    """Invariant 3, of one customer; `test_statistics` of the functional tests has many of them, over the tables."""
    history = [Contribution(CustomerId("a"), number + 1, figures) for number, figures in enumerate(versions)]
    deliveries = [*data.draw(st.permutations(history)), *data.draw(st.lists(st.sampled_from(history)))]
    counted: Counted | None = None
    figures: dict[Figure, int] = {}
    for stated in deliveries:
        if step := next_step(stated, counted, generation=0):
            figures = added(figures, changes([step]))
            counted = Counted(0, step.contribution)
    assert differences(figures, recount([history[-1]])) == {}


def added(figures: Figures, amounts: Figures) -> dict[Figure, int]:
    return {figure: figures.get(figure, 0) + amounts.get(figure, 0) for figure in {*figures, *amounts}}
