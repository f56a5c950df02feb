"""Databento's market-by-price schema (MBP): the vendor's best levels of the book after each row."""

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np

from sim.records.errors import RecordError, Source, did_you_mean
from sim.records.scale import Ints
from sim.records.tables import fixed, integers, need, read_table, text

if TYPE_CHECKING:
    import polars as pl

PRICE_DECIMALS = 9
NO_PRICE = 2**63 - 1
"""What the vendor writes where there is no price."""
_PRODUCTS = ("symbol", "instrument_id")
_KEYS = ("sequence", "action")
_MOST_LEVELS = 100


@attrs.frozen(eq=False)
class VendorBook:
    """Books of the vendor, and the rows they stand behind."""

    rows: "pl.DataFrame"
    """Columns `sequence` and `action`."""
    levels: Ints
    """Shape (books, 2, depth, 3): price in 1e-9, lots, orders."""


def read_vendor_book(path: Path, product: str | None) -> VendorBook:
    """Read the books of one product.

    Raises
    ------
    RecordError
        A column is missing or a row cannot be understood.
    """
    import polars as pl

    found, source = read_table(path)
    need(found, (*_KEYS, *_names(0)), source)
    depth = next(level for level in range(_MOST_LEVELS) if _names(level)[0] not in found.columns)
    need(found, [name for level in range(depth) for name in _names(level)], source)
    levels = np.empty((found.height, 2, depth, 3), np.int64)
    for level in range(depth):
        for place, name in enumerate(_names(level)):
            side, column = divmod(place, 3)
            numbers = prices(found, name, source) if column == 0 else _counts(found, name, source)
            levels[:, side, level, column] = numbers
    levels[levels[..., 1] == 0] = 0
    rows = found.select(pl.lit(integers(found, "sequence", source)), text(found, "action"))
    kept = chosen(found, product, source)
    return VendorBook(rows.filter(kept), levels[kept.to_numpy()])


def is_vendor_book(found: "pl.DataFrame") -> bool:
    """Whether rows are books and not orders."""
    return _names(0)[0] in found.columns


def _names(level: int) -> tuple[str, ...]:
    return tuple(
        f"{side}_{what}_{level:02}" for side in ("bid", "ask") for what in ("px", "sz", "ct")
    )


def _counts(found: "pl.DataFrame", column: str, source: Source) -> Ints:
    return integers(found, column, source).to_numpy()


def prices(found: "pl.DataFrame", column: str, source: Source) -> Ints:
    """Return a column of prices in 1e-9, `NO_PRICE` where there is none.

    Whole numbers are taken as 1e-9 already, as the vendor's binary files have them; others as decimal numbers.

    Raises
    ------
    RecordError
        A cell is neither.
    """
    import polars as pl

    cells = text(found, column)
    if found[column].dtype.is_float():
        # Nine places of a price below a million are exact to the place in a double.
        numbers = (found[column] * 10**PRICE_DECIMALS).round().cast(pl.Int64, strict=False)
    elif cells.str.contains(".", literal=True).any():
        numbers = fixed(found, column, PRICE_DECIMALS, source)
    else:
        numbers = cells.cast(pl.Int64, strict=False)
        wrong = (numbers.is_null() & cells.is_not_null()).arg_true().to_list()
        source.refuse((row, f"{column}: expected a price, got {cells[row]!r}") for row in wrong)
    found_prices: Ints = numbers.fill_null(NO_PRICE).to_numpy()
    return found_prices


def chosen(found: "pl.DataFrame", product: str | None, source: Source) -> "pl.Series":
    """Tell which rows are those of the product, a symbol or an instrument id.

    Raises
    ------
    RecordError
        There is no such product, or there are several and none is named.
    """
    import polars as pl

    columns = [text(found, name) for name in _PRODUCTS if name in found.columns]
    if product is None:
        for column in columns[:1]:
            names = column.drop_nulls().unique().sort().to_list()
            if len(names) > 1:
                raise RecordError(
                    f"{source.path}: several products; name one with --product: {', '.join(names)}"
                )
        return pl.repeat(value=True, n=found.height, dtype=pl.Boolean, eager=True)
    for column in columns:
        rows = (column == product).fill_null(value=False)
        if rows.any():
            return rows
    names = sorted({name for column in columns for name in column.drop_nulls().to_list()})
    hint = did_you_mean(product, names, "products")
    raise RecordError(f"{source.path}: no product {product!r}; {hint}")


def product_name(found: "pl.DataFrame") -> str:
    """Return the name of the first product of the rows."""
    columns = (text(found, name) for name in _PRODUCTS if name in found.columns)
    return next((str(name) for column in columns for name in column.drop_nulls().head(1)), "")
