"""The two files of a LOBSTER day: messages, and the best levels of the book after each."""

import struct
import zlib
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

import attrs
import numpy as np
import numpy.typing as npt

from sim.records.errors import RecordError, Source
from sim.records.record import Bools
from sim.records.scale import Ints, Units, spare_decimals
from sim.records.tables import integers, read_table
from sim.records.views import BUY, SELL

if TYPE_CHECKING:
    import polars as pl

COLUMNS: Final = ("time", "type", "order", "size", "price", "direction")
_PRICE_DECIMALS = 4
_NO_LEVEL = 9_999_999_999
SUBMITTED, REDUCED, DELETED, EXECUTED, HIDDEN = 1, 2, 3, 4, 5
_UNREADABLE = (
    BadZipFile,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""All that a damaged archive may make `zipfile` raise."""
_TYPES = (SUBMITTED, REDUCED, DELETED, EXECUTED, HIDDEN, 6, 7)


@attrs.frozen(eq=False)
class Day:
    """The columns of both files; a row of `levels` for each message."""

    name: str
    source: Source
    units: Units
    types: Ints
    orders: Ints
    lots: Ints
    prices: Ints
    sides: Ints
    groups: Ints
    """Number of the fill's group, the same for the fills that one marketable order made; -1 for no fill."""
    ends: Bools
    """Whether the book is at rest after a message: not between the fills of a group."""
    levels: Ints
    """Shape (messages, 2, depth, 2)."""


def read_day(path: Path, book: Path | None) -> Day:
    """Read both files.

    Raises
    ------
    RecordError
        A file is missing, is no such file, or does not go with the other one.
    """
    (message_path, message_text), (book_path, book_text) = _both(path, book)
    found, source = read_table(message_path, header=False, content=message_text)
    books, book_source = read_table(book_path, header=False, content=book_text)
    return _parsed(found, source, books, book_source)


def _both(path: Path, book: Path | None) -> tuple[tuple[Path, bytes | None], ...]:
    """Find the message file and the order book file, and what they hold if they lie in an archive."""
    if path.suffix.lower() != ".zip":
        beside = path.with_name(path.name.replace("_message_", "_orderbook_"))
        chosen = book or beside
        if chosen == path or not chosen.is_file():
            raise RecordError(f"{path}: no order book file beside it; name it with --book")
        return (path, None), (chosen, None)
    content = BytesIO(path.read_bytes())
    try:
        with ZipFile(content) as archive:
            return tuple(
                (path / name, archive.read(name))
                for name in (_member(path, archive, kind) for kind in ("message", "orderbook"))
            )
    except RecordError:
        raise
    except _UNREADABLE as error:
        raise RecordError(f"{path}: cannot be read as a zip: {error}") from error


def _member(path: Path, archive: ZipFile, kind: str) -> str:
    names = [name for name in archive.namelist() if f"_{kind}_" in name and name.endswith(".csv")]
    if len(names) != 1:
        raise RecordError(f"{path}: expected one file *_{kind}_*.csv in it, found {len(names)}")
    return names[0]


def _parsed(
    found: "pl.DataFrame", source: Source, books: "pl.DataFrame", book_source: Source
) -> Day:
    if found.width != len(COLUMNS):
        raise RecordError(
            f"{source.path}: expected {len(COLUMNS)} columns ({', '.join(COLUMNS)}), found {found.width}"
        )
    if books.width % 4 or books.height != found.height:
        raise RecordError(
            f"{book_source.path}: expected 4 columns a level and {found.height:,} rows as in "
            f"{source.path.name}, found {books.width} columns and {books.height:,} rows"
        )
    found.columns = list(COLUMNS)
    types, orders, lots, prices, directions = (
        integers(found, name, source).to_numpy() for name in COLUMNS[1:]
    )
    wrong = ~np.isin(types, _TYPES) | ~np.isin(directions, (1, -1))
    source.refuse(
        (
            int(row),
            f"expected a type from 1 to 7 and a direction of 1 or -1, got {found.row(int(row))}",
        )
        for row in np.flatnonzero(wrong)
    )
    levels = _levels(books, book_source)
    used = np.concatenate([levels[..., 0][levels[..., 1] > 0], prices[types <= EXECUTED]])
    spare = spare_decimals(used, _PRICE_DECIMALS)
    levels[..., 0] //= 10**spare
    groups = _groups(found["time"].to_numpy(), types, directions)
    return Day(
        name=source.path.name.partition("_")[0],
        source=source,
        units=Units(_PRICE_DECIMALS - spare),
        types=types,
        orders=orders,
        lots=lots,
        prices=prices // 10**spare,
        sides=np.where(directions == 1, BUY, SELL),
        groups=groups,
        ends=_ends(groups),
        levels=levels,
    )


def _levels(books: "pl.DataFrame", source: Source) -> Ints:
    """Turn ask price, ask size, bid price, bid size of each level into sides, levels, price and lots."""
    numbers = [integers(books, name, source).to_numpy() for name in books.columns]
    table = np.stack(numbers, axis=1).reshape(books.height, -1, 2, 2)
    levels = table[:, :, ::-1].transpose(0, 2, 1, 3).copy()
    levels[np.abs(levels[..., 0]) == _NO_LEVEL] = 0
    return levels


def _groups(times: npt.NDArray[Any], types: Ints, directions: Ints) -> Ints:
    """Give the fills of each marketable order a number: one side, one instant, one after another."""
    fills = np.flatnonzero(types == EXECUTED)
    others = np.cumsum(~np.isin(types, (EXECUTED, HIDDEN)))[fills]
    columns = times[fills], directions[fills], others
    same = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    groups = np.full(len(types), -1)
    groups[fills] = np.cumsum(np.append(True, ~same))[: len(fills)] - 1
    return groups


def _ends(groups: Ints) -> Bools:
    """Tell the messages after which the book is at rest from those before the last fill of an order."""
    ends = np.ones(len(groups), np.bool_)
    fills = np.flatnonzero(groups >= 0)
    for first, last in pairwise(fills):
        if groups[first] == groups[last]:
            ends[first:last] = False
    return ends
