"""Which format a file has, and who reads it."""

import gzip
import lzma
import re
import zlib
from io import BufferedIOBase
from pathlib import Path
from typing import Final
from zipfile import is_zipfile

from sim.records.bitstamp import KINDS, read_bitstamp
from sim.records.coinbase import read_coinbase
from sim.records.databento import read_databento
from sim.records.errors import RecordError, did_you_mean
from sim.records.lobster import read_lobster
from sim.records.plain import read_plain
from sim.records.record import Record
from sim.records.tables import is_parquet, read_table

FORMATS: Final = ("coinbase", "bitstamp", "lobster", "databento", "csv")
_WITH_PRODUCTS = ("coinbase", "databento")
_WITH_BOOKS = ("lobster", "databento")
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
_FIRST_BYTES = 65_536
_TELLING_COLUMNS = {
    "coinbase": {"product_id", "maker_order_id"},
    "databento": {"ts_event", "action"},
    "csv": {"command"},
}
_BITSTAMP = re.compile(rf"\d+ ({'|'.join(KINDS)}) \{{")
_LOBSTER = re.compile(r"\d+(\.\d+)?,[1-7],\d+,\d+,-?\d+,-?1$")


def read(
    path: Path, *, format_: str | None = None, product: str | None = None, book: Path | None = None
) -> list[Record]:
    """Read the records of a file, one a product.

    Parameters
    ----------
    path
        The file.
    format_
        One of `FORMATS`; by default what the file looks like.
    product
        Only this product.
    book
        File of recorded books, for formats that keep them apart.

    Raises
    ------
    RecordError
        The file is not of the format, or it has no such product or no books apart.
    OSError
        The file cannot be opened.
    """
    if format_ is not None and format_ not in FORMATS:
        raise RecordError(
            f"there is no format {format_!r}; {did_you_mean(format_, FORMATS, 'formats')}"
        )
    chosen = format_ or guess(path)
    if product is not None and chosen not in _WITH_PRODUCTS:
        raise RecordError(f"{path}: a {chosen} file holds one product; leave the product out")
    if book is not None and chosen not in _WITH_BOOKS:
        raise RecordError(f"{book}: a {chosen} record takes no books from another file")
    records = _read_as(chosen, path, product, book)
    if not any(record.client_commands for record in records):
        raise RecordError(f"{path}: holds no command of a client")
    return records


def _read_as(format_: str, path: Path, product: str | None, book: Path | None) -> list[Record]:
    if format_ == "coinbase":
        return read_coinbase(path, product)
    if format_ == "databento":
        return [read_databento(path, product, book)]
    if format_ == "lobster":
        return [read_lobster(path, book)]
    return [read_bitstamp(path) if format_ == "bitstamp" else read_plain(path)]


def guess(path: Path) -> str:
    """Tell the format of a file by what it holds.

    Raises
    ------
    RecordError
        It looks like none of them.
    OSError
        The file cannot be opened.
    """
    if is_parquet(path):
        columns, line = set(read_table(path)[0].columns), ""
    elif is_zipfile(path):
        return "lobster"
    else:
        line = _first_line(path)
        columns = {name.strip().strip('"') for name in line.split(",")}
    for name, telling in _TELLING_COLUMNS.items():
        if telling <= columns:
            return name
    for name, pattern in (("bitstamp", _BITSTAMP), ("lobster", _LOBSTER)):
        if pattern.match(line):
            return name
    raise RecordError(
        f"{path}: looks like none of the formats; name one with --format: {', '.join(FORMATS)}"
    )


def _first_line(path: Path) -> str:
    """Return the beginning of a text file, compressed or not."""
    try:
        with _opened(path) as file:
            start = file.read(_FIRST_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise RecordError(f"{path}: cannot be unpacked: {error}") from error
    return (start.decode(errors="replace").splitlines() or [""])[0]


def _opened(path: Path) -> BufferedIOBase:
    with path.open("rb") as file:
        magic = file.read(len(_XZ))
    if magic.startswith(_GZIP):
        return gzip.open(path)
    return lzma.open(path) if magic == _XZ else path.open("rb")
