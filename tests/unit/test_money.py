"""Amounts in minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.money import MAX_AMOUNT_MINOR, Money, decimals_of, major, money_of
from customerhub.errors import InvalidInput


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("129", "USD", 12900), ("129.5", "usd", 12950), ("1000", "JPY", 1000), ("1.234", "KWD", 1234), ("0", "EUR", 0)],
)
def test_each_currency_has_its_decimals(amount: str, currency: str, minor: int) -> None:
    assert money_of(Decimal(amount), currency, field="total") == Money(minor, currency.upper())


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("1.005", "USD"),
        ("1.5", "JPY"),
        ("-1", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1e20", "USD"),
        ("1", "U$"),
    ],
)
def test_what_is_no_amount_is_refused_by_its_field(amount: str, currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        money_of(Decimal(amount), currency, field="total")
    assert refused.value.field == "total"


def test_a_correction_may_be_negative() -> None:
    assert money_of(Decimal("-5"), "USD", field="total", may_be_negative=True) == Money(-500, "USD")


@given(st.integers(0, MAX_AMOUNT_MINOR), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_an_amount_is_read_as_it_is_written(minor: int, currency: str) -> None:
    text = major(minor, currency)
    assert money_of(Decimal(text), currency, field="total") == Money(minor, currency)
    assert len(text.partition(".")[2]) == decimals_of(currency)
