"""Part files: how a table lies in Parquet, and how it comes back."""

from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import polars as pl
from polars import selectors

from sim.events import KINDS
from sim.journal.durable import FileDigest
from sim.journal.errors import explained
from sim.journal.upcasting import version_schema

# Measured on a million rows of a realistic order flow: level 1 packs 5 M rows a second into 12.7 bytes
# each; level 3 saves two in a hundred and level 6 three, at half the speed.
_COMPRESSION_LEVEL = 1
_ROW_GROUP_ROWS = 1 << 17

# A file's dictionary column reads as the strings it stands for.
_CASTS = pl.ScanCastOptions(categorical_to_string="allow")


def write_part(kind: str, table: pl.DataFrame, path: Path) -> FileDigest:
    """Write a kind's rows and return the file's digest; raises OSError or PolarsError.

    The rule of order-plane rows is mostly empty and lies in the file as a dictionary column: as strings
    that one column would take a third of the time to write all of them.
    """
    if KINDS[kind].plane == "order":
        table = table.with_columns(pl.col("rule").cast(pl.Categorical))
    # By way of memory: of a full disk Polars says no more than that its file is "out of specification".
    file = BytesIO()
    table.write_parquet(
        file,
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        row_group_size=_ROW_GROUP_ROWS,
    )
    data = file.getvalue()
    path.write_bytes(data)
    return FileDigest(len(data), sha256(data).hexdigest())


def read_part(path: Path) -> pl.DataFrame:
    """Read a part file in the columns that were sealed, whatever this program's schema of its kind is.

    Raises
    ------
    JournalError
        The file cannot be read.
    """
    with explained(f"cannot read {path}"):
        return _as_sealed(path).collect()


def read_parts(paths: Sequence[Path]) -> list[pl.DataFrame]:
    """Read part files as `read_part` does; many small ones take half the time together.

    Raises
    ------
    JournalError
        One of the files cannot be read; the message need not say which.
    """
    with explained("cannot read a part file"):
        return pl.collect_all(_as_sealed(path) for path in paths)


def _as_sealed(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False).with_columns(selectors.categorical().cast(pl.String))


def scan_parts(kind: str, version: int, paths: Sequence[Path]) -> pl.LazyFrame:
    """Scan part files that hold a kind in one version, one after another, as they were written.

    Raises
    ------
    JournalError
        This program does not know that version.
    """
    schema = version_schema(kind, version)
    # Runs may lie in folders with brackets in their names: nothing is a pattern.
    return pl.scan_parquet(list(paths), glob=False, schema=schema, cast_options=_CASTS)
