"""Files in rows and columns: opened, their columns found, their cells turned into whole numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.records.errors import RecordError, Source, did_you_mean
from sim.records.scale import MOST_DIGITS, decimals_of, scaled

if TYPE_CHECKING:
    import polars as pl


def read_table(
    path: Path, *, header: bool = True, content: bytes | None = None
) -> "tuple[pl.DataFrame, Source]":
    """Read a Parquet or CSV file (CSV also compressed with gzip); the cells of a CSV file stay text.

    Parameters
    ----------
    path
        The file.
    header
        Whether the first line of a CSV file names the columns.
    content
        What the file holds, where it is not a file of its own but lies in an archive.

    Raises
    ------
    RecordError
        The file cannot be read as such a table.
    """
    import polars as pl

    # Whatever keeps the file from being opened at all is found here, and said as it is.
    parquet = content is None and is_parquet(path)
    try:
        if parquet:
            return pl.read_parquet(path), Source(path)
        table = pl.read_csv(
            path if content is None else content, infer_schema=False, has_header=header
        )
    except pl.exceptions.NoDataError:
        raise RecordError(f"{path}: the file is empty") from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise RecordError(f"{path}: cannot be read as a table: {reason}") from error
    return table, Source(path, 1 + header)


def is_parquet(path: Path) -> bool:
    """Whether the file says of itself that it is a Parquet file."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def need(table: "pl.DataFrame", columns: Sequence[str], source: Source) -> None:
    """Check that a table has the columns.

    Raises
    ------
    RecordError
        One is missing.
    """
    missing = [name for name in columns if name not in table.columns]
    if not missing:
        return
    place = source.path if source.first_line is None else f"{source.path}:1"
    hints = (
        f"no column {name!r}; {did_you_mean(name, table.columns, 'columns')}" for name in missing
    )
    raise RecordError("\n".join(f"{place}: {hint}" for hint in hints))


def text(table: "pl.DataFrame", column: str) -> "pl.Series":
    """Return a column as text, empty cells as null."""
    import polars as pl

    cells = table[column].cast(pl.String).str.strip_chars()
    return pl.select(pl.when(cells != "").then(cells)).to_series().alias(column)


def integers(table: "pl.DataFrame", column: str, source: Source) -> "pl.Series":
    """Return a column as int64.

    Raises
    ------
    RecordError
        A cell holds no such number.
    """
    import polars as pl

    cells = table[column]
    numbers = cells.cast(pl.Int64, strict=False)
    _refuse(source, column, cells, numbers, "a whole number of 64 bits")
    return numbers


def codes(
    table: "pl.DataFrame", column: str, numbers: Mapping[str, int], source: Source
) -> "pl.Series":
    """Return a column of words as their numbers.

    Raises
    ------
    RecordError
        A cell holds another word, or none.
    """
    import polars as pl

    words = text(table, column)
    found = words.replace_strict(numbers, default=None, return_dtype=pl.Int64)
    _refuse(source, column, words, found, f"one of {', '.join(numbers)}")
    return found


def fixed(table: "pl.DataFrame", column: str, decimals: int, source: Source) -> "pl.Series":
    """Return a column of decimal numbers as whole numbers of 10**-decimals, null where a cell is empty.

    Raises
    ------
    RecordError
        A cell holds no number, or one that is too fine or too large.
    """
    cells = text(table, column)
    numbers = scaled(cells, decimals)
    wrong = numbers.is_null() & cells.is_not_null()
    source.refuse(
        (
            row,
            f"{column}: expected a number of at most {MOST_DIGITS} digits, {decimals} of them decimal, got {cells[row]!r}",
        )
        for row in wrong.arg_true().to_list()
    )
    return numbers


def most_decimals(table: "pl.DataFrame", *columns: str) -> int:
    """Return the most decimal places used in the columns."""
    return max(decimals_of(text(table, column)) for column in columns)


def _refuse(
    source: Source, column: str, cells: "pl.Series", numbers: "pl.Series", expected: str
) -> None:
    source.refuse(
        (row, f"{column}: expected {expected}, got {_shown(cells[row])}")
        for row in numbers.is_null().arg_true().to_list()
    )


def _shown(cell: Any) -> str:
    return "nothing" if cell is None else repr(cell)
