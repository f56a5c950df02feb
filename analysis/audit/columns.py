"""Rows of the order plane as columns of whole numbers."""

from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.events import Column, schema_of
from sim.units import SYMBOLS

Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]
"""Codes of an enumeration, or places of instruments."""

UNKNOWN = len(SYMBOLS)
"""Place of an instrument that is none of `sim.units.SYMBOLS`."""
PAIR_NAMES = (*SYMBOLS, "an unknown pair")

_PAIRS = pl.Enum(SYMBOLS)
_UNREAD = {
    "order_accepted": {"cause"},
    "order_refused": {"cause"},
    "book_sampled": {"cause", "bid_depth_lots", "ask_depth_lots", "reference_ticks"},
}
"""Columns besides `rule` that no promise asks for while the log is walked: each costs time to read."""


class Columns:
    """One kind's rows of a stretch: each column an array of shape [rows], to be read only.

    Whole numbers are int64; an enumeration is its codes, an instrument its place in `SYMBOLS` (UNKNOWN
    where it is none). Rows are in order of seq.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self.seq: Ints = arrays["seq"]
        """Place of each row in the run."""
        self.time_us: Ints = arrays["time_us"]
        """Time of each row."""

    def __len__(self) -> int:
        return len(self.seq)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column."""
        return self._arrays[column]


class Rows:
    """One kind's rows as they were read: in parts that follow each other, none of them copied."""

    def __init__(self, rows: pl.DataFrame) -> None:
        if not rows["seq"].is_sorted():
            rows = rows.sort("seq")
        chunks = {column.name: column.get_chunks() for column in rows}
        if not rows.height or len({tuple(map(len, parts)) for parts in chunks.values()}) > 1:
            chunks = {column.name: [column] for column in rows.rechunk()}
        self._parts = [
            {name: part.to_numpy() for name, part in zip(chunks, parts, strict=True)}
            for parts in zip(*chunks.values(), strict=True)
        ]

    def between(self, first_seq: int, last_seq: int) -> Columns:
        """Return the rows of a range of seq, both ends included; copied only across a border of parts."""
        found = []
        for part in self._parts:
            low, high = np.searchsorted(part["seq"], [first_seq, last_seq + 1]).tolist()
            if low < high:
                found.append({name: array[low:high] for name, array in part.items()})
        if not found:
            return Columns({name: array[:0] for name, array in self._parts[0].items()})
        if len(found) == 1:
            return Columns(found[0])
        return Columns({name: np.concatenate([part[name] for part in found]) for name in found[0]})


@cache
def columns_of(kind: str) -> tuple[pl.Expr, ...]:
    """Return the columns of a kind to read, as whole numbers."""
    left_out = {"rule", *_UNREAD.get(kind, ())}
    columns = schema_of(kind).columns
    return tuple(_numbers(column) for column in columns if column.name not in left_out)


def _numbers(column: Column) -> pl.Expr:
    if column.name == "instrument":
        places = pl.col(column.name).cast(_PAIRS, strict=False).to_physical()
        return places.fill_null(UNKNOWN).cast(pl.UInt8)
    named = isinstance(column.type, tuple)
    return pl.col(column.name).to_physical() if named else pl.col(column.name)
