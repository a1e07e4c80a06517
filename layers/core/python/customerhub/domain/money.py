"""Amounts of money."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

from customerhub.errors import InvalidInput

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_EXPONENTS = {
    code: decimals
    for decimals, codes in ((0, _NO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS))
    for code in codes.split()
}
"""Decimals of the minor unit by ISO 4217, where they are not two."""
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
MAX_AMOUNT_MINOR = 10**15
"""More than any order, and exact in every JSON parser."""


@dataclass(frozen=True)
class Money:
    """An amount in the currency's minor unit (cents; yen have none), with its ISO 4217 code."""

    amount_minor: int
    currency: str

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Self:
        """An amount in the currency's major unit; what is less than the minor unit is rounded."""
        minor = amount.scaleb(decimals_of(currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return cls(int(minor), currency)


def money_of(amount: Decimal, currency: str, *, field: str, may_be_negative: bool = False) -> Money:
    """The amount in the currency's minor unit. Raises InvalidInput for more decimals than the currency has, for what is
    no currency code and for what is beyond `MAX_AMOUNT_MINOR`, or negative where that may not be."""
    code = currency.upper()
    if not _CODE.fullmatch(code):
        raise InvalidInput("should be an ISO 4217 code of three letters", code="invalid_currency", field=field)
    minor = amount.scaleb(decimals_of(code)) if amount.is_finite() else amount
    lowest = -MAX_AMOUNT_MINOR if may_be_negative else 0
    if not minor.is_finite() or not lowest <= minor <= MAX_AMOUNT_MINOR:
        raise InvalidInput("should be an amount of money, and not negative", code="invalid_amount", field=field)
    if minor != minor.to_integral_value():
        decimals = decimals_of(code)
        raise InvalidInput(f"{code} has no more than {decimals} decimals", code="invalid_amount", field=field)
    return Money(int(minor), code)


def decimals_of(currency: str) -> int:
    """How many decimals an amount of that currency has."""
    return _EXPONENTS.get(currency, 2)


def major(amount_minor: int, currency: str) -> str:
    """The amount as people write it, without the currency: `129.00`."""
    return f"{Decimal(amount_minor).scaleb(-decimals_of(currency)):f}"
