"""Kinds as Polars tables: column types, enumeration columns from codes, and the check at the door."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy.typing as npt
import polars as pl

from sim.events import KINDS, schema_of
from sim.events.base import Column, ColumnType
from sim.journal.errors import JournalError

_DTYPES: dict[str, pl.DataType] = {"int64": pl.Int64(), "string": pl.String(), "bool": pl.Boolean()}
_MOST_NAMES = 255
"""An enumeration's code takes one byte, in memory and in the canonical digest."""


def dtype_of(column_type: ColumnType) -> pl.DataType:
    """Return the Polars type of a column's type; a tuple of names becomes an Enum of them."""
    if not isinstance(column_type, tuple):
        return _DTYPES[column_type]
    if len(column_type) > _MOST_NAMES:
        raise JournalError(
            f"an enumeration of {len(column_type)} names; at most {_MOST_NAMES} are kept"
        )
    return pl.Enum(column_type)


@cache
def polars_schema(columns: tuple[Column, ...]) -> pl.Schema:
    """Return the Polars schema of a table's columns."""
    return pl.Schema({column.name: dtype_of(column.type) for column in columns})


def table_schema(kind: str) -> pl.Schema:
    """Return the Polars schema of a kind in its version of today, `seq` first.

    Raises
    ------
    JournalError
        No kind has this name.
    """
    if kind not in KINDS:
        close = get_close_matches(kind, KINDS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise JournalError(f"there is no event kind {kind!r}{hint}")
    return polars_schema(schema_of(kind).columns)


def fits(frame: pl.DataFrame, schema: pl.Schema) -> bool:
    """Whether a frame has exactly these columns, in this order."""
    return frame.schema == schema and list(frame.schema) == list(schema)


def coded(
    codes: npt.NDArray[Any], names: Sequence[str], dtype: ColumnType | pl.DataType
) -> pl.Series:
    """Turn codes into a column of names: code 0 becomes names[0] and so on.

    A million rows take about 3 ms. The result owns its memory: `codes` may be overwritten afterwards.

    Parameters
    ----------
    codes
        Integer array, one code a row.
    names
        Names in the order of their codes.
    dtype
        The column's type, as its schema or as Polars says it: "string" or an enumeration.

    Raises
    ------
    JournalError
        A code lies outside names.
    """
    if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) < len(names):
        raise JournalError(
            f"codes from {codes.min()} to {codes.max()} for {len(names)} names ({', '.join(names)})"
        )
    polars_type = dtype if isinstance(dtype, pl.DataType) else dtype_of(dtype)
    # A cast from code to Enum is refused by Polars 2, so the rows are gathered from the few names.
    return pl.Series(names, dtype=polars_type).gather(pl.Series(codes))


def check_frame(kind: str, frame: pl.DataFrame) -> None:
    """Refuse a frame that is not exactly the kind's table: names, order, types and no nulls.

    Raises
    ------
    JournalError
        Names every difference.
    """
    expected = table_schema(kind)
    if not fits(frame, expected):
        raise JournalError(
            f"rows of {kind} do not fit its table: {differences(frame.schema, expected)}"
        )
    nulls = [column.name for column in frame if column.null_count()]
    if nulls:
        raise JournalError(f"rows of {kind} have missing values in {', '.join(nulls)}")


def differences(given: pl.Schema, expected: pl.Schema) -> str:
    """Say in what a table's columns differ from those expected."""
    found = [f"column {name} is missing" for name in expected if name not in given]
    found += [f"column {name} is not in the table" for name in given if name not in expected]
    found += [
        f"column {name} is {given[name]}, expected {dtype}"
        for name, dtype in expected.items()
        if name in given and given[name] != dtype
    ]
    return "; ".join(
        found or [f"columns are ordered {', '.join(given)}; expected {', '.join(expected)}"]
    )
