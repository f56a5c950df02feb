"""The canonical digest of a table: the same on every machine and with every library version.

Parquet bytes differ from one writer to the next, so the content itself is hashed. A table is cut into
blocks of `BLOCK_ROWS` rows; a block's *leaf* is the BLAKE2b digest of its columns' canonical bytes, column
after column:

- int64: 8 bytes each, little-endian, two's complement;
- bool: one byte each, 0 or 1;
- enumeration: the code, one byte each (the names are in the table's header);
- string: the length in bytes of each as unsigned 32-bit, little-endian, then all UTF-8 bytes.

The table's digest covers its header (kind, version, columns with types, row count) and the leaves. Leaves
tell which block of a damaged table changed; each block's two *row sums*, which are no part of the digest,
tell which row, where it is one row only.
"""

import json
from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise

import attrs
import numpy as np
import numpy.typing as npt
import polars as pl

from sim.journal.errors import JournalError

BLOCK_ROWS = 8192
DIGEST_BYTES = 32

_SLICE_ROWS = 16 * BLOCK_ROWS
"""Rows made canonical at once: as many as a row group of a part file, so that no chunk is copied to join it."""

_MIXER = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio, odd: the usual multiplier to spread integers over 64 bits (Knuth)."""


_Numbers = npt.NDArray[np.int64] | npt.NDArray[np.uint32] | npt.NDArray[np.uint8]

_HEX = attrs.validators.matches_re(f"[0-9a-f]{{{2 * DIGEST_BYTES}}}")


@attrs.frozen
class TableDigest:
    """Digest of one kind's rows in one segment, and of its blocks; hexadecimal."""

    digest: str = attrs.field(validator=_HEX)
    leaves: tuple[str, ...] = attrs.field(validator=attrs.validators.deep_iterable(_HEX))


def table_digest(kind: str, version: int, frame: pl.DataFrame) -> TableDigest:
    """Digest a kind's rows; they must be without nulls and in seq order."""
    leaves = [leaf for rows in frame.iter_slices(_SLICE_ROWS) for leaf in _leaves(rows)]
    header = {
        "kind": kind,
        "version": version,
        "rows": frame.height,
        "columns": [[column.name, type_name(column.dtype)] for column in frame],
    }
    total = blake2b(canonical_json(header) + b"\n", digest_size=DIGEST_BYTES)
    total.update(b"".join(leaves))
    return TableDigest(total.hexdigest(), tuple(leaf.hex() for leaf in leaves))


def _leaves(frame: pl.DataFrame) -> Iterator[bytes]:
    columns = _canonical(frame)
    for start, stop in pairwise([*range(0, frame.height, BLOCK_ROWS), frame.height]):
        leaf = blake2b(digest_size=DIGEST_BYTES)
        # Piece by piece: joining them first would copy every byte once more, holding the interpreter.
        for column in columns:
            for piece in column.pieces(start, stop):
                leaf.update(piece)
        yield leaf.digest()


def canonical_json(value: object) -> bytes:
    """Write JSON in one way only: sorted keys, no spaces, UTF-8, no NaN."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def type_name(dtype: pl.DataType) -> str | list[str]:
    """Return a column type as the log writes it; an enumeration is the list of its names.

    Raises
    ------
    JournalError
        A log has no such column.
    """
    if isinstance(dtype, pl.Enum):
        return dtype.categories.to_list()
    for name, known in (("int64", pl.Int64), ("string", pl.String), ("bool", pl.Boolean)):
        if dtype == known:
            return name
    raise JournalError(f"a log has no column of type {dtype}")


@attrs.frozen(eq=False)
class _Column:
    """A column's canonical bytes, cut by rows."""

    values: _Numbers
    """Fixed-width values; the byte lengths of strings."""
    text: bytes = b""
    ends: npt.NDArray[np.int64] | None = None
    """Where each string ends in `text`; None where there is no text."""

    def pieces(self, start: int, stop: int) -> list[memoryview]:
        found = [self.values[start:stop].data]
        if self.ends is not None and stop > start:
            first = int(self.ends[start - 1]) if start else 0
            found.append(memoryview(self.text)[first : int(self.ends[stop - 1])])
        return found


def _canonical(frame: pl.DataFrame) -> list[_Column]:
    for column in frame:
        if column.null_count():
            raise JournalError(f"column {column.name} has missing values")
    # All columns in one call: a log has many small tables, and a call costs more than their rows.
    fixed = frame.select(_fixed_width(name, dtype) for name, dtype in frame.schema.items())
    written = [
        name for name, dtype in frame.schema.items() if dtype == pl.String and fixed[name].max()
    ]
    texts = frame.select(pl.col(name).str.join("") for name in written).row(0) if written else ()
    columns = {name: _Column(_little_endian(fixed[name])) for name in frame.columns}
    for name, text in zip(written, texts, strict=True):
        lengths = columns[name].values
        columns[name] = _Column(lengths, text.encode(), np.cumsum(lengths, dtype=np.int64))
    return list(columns.values())


def _fixed_width(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Boolean:
        return column.cast(pl.UInt8)
    if isinstance(dtype, pl.Enum):
        return column.to_physical().cast(pl.UInt8)
    return column.str.len_bytes() if dtype == pl.String else column


def _little_endian(column: pl.Series) -> _Numbers:
    values = column.to_numpy()
    return values.astype(values.dtype.newbyteorder("<"), copy=False)


RowSums = tuple[tuple[int, int], ...]
"""Of each block: the sum of its row codes, and the sum of place times row code, places counted from 0."""


def row_sums(frame: pl.DataFrame) -> RowSums:
    """Sum each block's 32-bit row codes, plainly and weighted by place in the block.

    When one row of a block changes, the two sums change by d and place * d: their quotient is its place.
    """
    if not frame.height:
        return ()
    mixer = pl.lit(_MIXER, pl.UInt64)
    code = pl.lit(0, pl.UInt64)
    for column in frame:
        # One call into Polars for the whole table keeps the interpreter free for the run.
        code = code * mixer + _row_value(column)
    # The upper half of one more product depends on every bit of the row.
    code = code * mixer // (1 << 32)
    codes = frame.select(code.alias("code"))["code"].to_numpy()
    starts = np.arange(0, len(codes), BLOCK_ROWS)
    places = np.arange(len(codes), dtype=np.uint64) % np.uint64(BLOCK_ROWS)
    plain = np.add.reduceat(codes, starts)
    placed = np.add.reduceat(codes * places, starts)
    return tuple(zip(plain.tolist(), placed.tolist(), strict=True))


def _row_value(column: pl.Series) -> pl.Expr:
    """Return the column as 64-bit numbers that are the same everywhere."""
    named = pl.col(column.name)
    if column.dtype == pl.Int64:
        return named.reinterpret(signed=False)
    if column.dtype != pl.String:
        return (named.to_physical() if isinstance(column.dtype, pl.Enum) else named).cast(pl.UInt64)
    if (column == column[0]).all():
        # Mostly the empty rule of order events, and not worth a look-up a row.
        return pl.lit(_text_value(column[0]), pl.UInt64)
    texts = column.unique().to_list()
    return named.replace_strict(
        texts, [_text_value(text) for text in texts], return_dtype=pl.UInt64
    )


def _text_value(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
