"""Decimal text and integers: a price is a whole number of ticks, a size a whole number of lots, exactly."""

from decimal import Decimal
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Ints = npt.NDArray[np.int64]

MOST_DIGITS = 18
"""Digits that any int64 can hold."""
_NUMBER = r"^([+-]?)(\d+)(?:\.(\d*))?$"


@attrs.frozen
class Units:
    """What one tick and one lot of a record are, in the units of its file."""

    price_decimals: int = 0
    """One tick is 10**-price_decimals."""
    size_decimals: int = 0
    """One lot is 10**-size_decimals."""

    def price(self, price_ticks: int) -> str:
        """Write a price as the file would."""
        return _text(price_ticks, self.price_decimals)

    def size(self, lots: int) -> str:
        """Write a size as the file would."""
        return _text(lots, self.size_decimals)

    def amount(self, amount: int) -> str:
        """Write ticks times lots as an amount of money."""
        return _text(amount, self.price_decimals + self.size_decimals)


def _text(number: int, decimals: int) -> str:
    return f"{Decimal(number).scaleb(-decimals):f}"


def decimals_of(texts: "pl.Series") -> int:
    """Return the most decimal places that a column of numbers uses, trailing zeros left out."""
    places = texts.str.extract(_NUMBER, 3).str.strip_chars_end("0").str.len_chars().max()
    return int(places) if isinstance(places, int) else 0


def scaled(texts: "pl.Series", decimals: int) -> "pl.Series":
    """Turn decimal text into whole numbers of 10**-decimals; null where the text is no such number.

    Null as well where the number has more decimal places or more digits than an int64 holds.
    """
    import polars as pl

    parts = texts.str.strip_chars().str.extract_groups(_NUMBER).struct.unnest()
    sign, whole, places = (pl.col(name) for name in parts.columns)
    places = places.fill_null("").str.strip_chars_end("0")
    digits = whole.str.strip_chars_start("0") + places.str.pad_end(decimals, "0")
    exact = (places.str.len_chars() <= decimals) & (digits.str.len_chars() <= MOST_DIGITS)
    number = pl.when(digits == "").then(pl.lit("0")).otherwise(digits).cast(pl.Int64, strict=False)
    signed = pl.when(sign == "-").then(-number).otherwise(number)
    return parts.select(pl.when(exact).then(signed).alias(texts.name)).to_series()


def lots_of(number: Decimal, decimals: int) -> int | None:
    """Turn a decimal number into a whole number of 10**-decimals; None where it is none."""
    lots = number.scaleb(decimals)
    whole = int(lots)
    return whole if whole == lots else None


def spare_decimals(numbers: Ints, decimals: int) -> int:
    """Return how many of the last decimal places no number uses.

    Places that nobody uses would only spread the prices of a book.
    """
    spare = 0
    while spare < decimals and not np.any(numbers % 10 ** (spare + 1)):
        spare += 1
    return spare
