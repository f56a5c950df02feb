"""Which format a file has is told by what it holds; no damage to a file makes more than a sentence."""

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sim.records import FORMATS, Record, RecordError, guess, read
from tests.records.samples import (
    COINBASE_MINUTE,
    MBO,
    book_line,
    book_row,
    coinbase,
    compared,
    lobster,
    mbo_row,
    order_line,
    packed,
    trade_line,
    write,
)

ASKS, BIDS = [(1001000, 5), (1002000, 7)], [(1000000, 4), (999000, 6)]


def coinbase_file(folder: Path) -> Path:
    return coinbase(folder / "full.parquet", COINBASE_MINUTE)


def bitstamp_file(folder: Path) -> Path:
    book = book_line([("236.00", "1.0")], [("236.61", "2.0")])
    lines = (
        order_line("created", 1, 1, "236.61", "2.0"),
        book,
        trade_line(236.61, 0.25),
        book,
    )
    return packed(folder / "live.log.xz", *lines)


def lobster_file(folder: Path) -> Path:
    messages = ["34200.1,1,20,4,1001000,-1", "34200.2,4,20,4,1001000,-1"]
    books = [book_row(ASKS, BIDS), book_row([(1002000, 7), (1003000, 1)], BIDS)]
    return lobster(folder / "day.zip", messages, books)


def databento_file(folder: Path) -> Path:
    rows = [mbo_row(1, "A", "B", "10.25", 5, 1), mbo_row(2, "C", "B", "10.25", 5, 1)]
    path = folder / "mbo.csv.gz"
    path.write_bytes(gzip.compress("\n".join([MBO, *rows]).encode(), mtime=0))
    return path


def csv_file(folder: Path) -> Path:
    return write(folder / "mine.csv", "command,order,side,price,quantity", "new,1,buy,1.5,2")


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "coinbase": coinbase_file,
    "bitstamp": bitstamp_file,
    "lobster": lobster_file,
    "databento": databento_file,
    "csv": csv_file,
}


def test_there_is_a_sample_of_every_format() -> None:
    assert set(SAMPLES) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_format_is_told_by_what_the_file_holds_not_by_its_name(
    name: str, tmp_path: Path
) -> None:
    path = SAMPLES[name](tmp_path)
    assert guess(path) == name
    # Polars tells compression by content as well, a zip needs its name to be looked into.
    if name != "lobster":
        assert guess(path.rename(tmp_path / "records.dat")) == name


def test_a_message_file_and_tables_in_parquet_are_told_as_well(tmp_path: Path) -> None:
    assert guess(write(tmp_path / "a.csv", "34200.017459617,5,0,1,2238200,-1")) == "lobster"
    csv = databento_file(tmp_path)
    table = tmp_path / "mbo.parquet"
    pl.read_csv(csv).write_parquet(table)
    assert guess(table) == "databento"


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "hello\n", "\x00\x01\x02", "{}"])
def test_a_file_of_no_format_is_refused_with_the_formats(content: str, tmp_path: Path) -> None:
    path = tmp_path / "what.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError, match=f"{path}: looks like none of the formats.*{FORMATS[-1]}"):
        read(path)


def test_a_format_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="there is no format 'lobstr'; did you mean 'lobster'"):
        read(tmp_path, format_="lobstr")


@pytest.mark.parametrize("name", ["bitstamp", "lobster", "csv"])
def test_a_product_is_refused_where_a_file_holds_one(name: str, tmp_path: Path) -> None:
    path = SAMPLES[name](tmp_path)
    with pytest.raises(RecordError, match=f"{path}: a {name} file holds one product"):
        read(path, product="BTC-USD")


@pytest.mark.parametrize("name", ["bitstamp", "coinbase", "csv"])
def test_a_file_of_books_is_refused_where_the_format_has_none(name: str, tmp_path: Path) -> None:
    path = SAMPLES[name](tmp_path)
    with pytest.raises(RecordError, match=f"a {name} record takes no books from another file"):
        read(path, book=path)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_taken_for_another_format_is_refused(name: str, tmp_path: Path) -> None:
    path = SAMPLES[name](tmp_path)
    for other in FORMATS:
        if other != name:
            with pytest.raises(RecordError):
                read(path, format_=other)


def test_a_record_without_a_command_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "command,order,side,price,quantity", "seed,1,buy,1.5,2")
    with pytest.raises(RecordError, match=f"{path}: holds no command of a client"):
        read(path)


def attempt(path: Path, name: str) -> list[Record]:
    """Read and replay a damaged file; whatever is wrong with it must be said as a `RecordError`."""
    try:
        records = read(path, format_=name)
    except RecordError as error:
        assert str(path) in str(error)  # noqa: PT017 - not only the kind of error matters
        return []
    for record in records:
        compared(record, set_right=True)
    return records


@pytest.mark.parametrize("name", FORMATS)
def test_no_cut_and_no_changed_byte_makes_more_than_a_sentence(name: str, tmp_path: Path) -> None:
    path = SAMPLES[name](tmp_path)
    whole = path.read_bytes()
    assert attempt(path, name)
    for place in range(0, len(whole), max(len(whole) // 150, 1)):
        path.write_bytes(whole[:place])
        attempt(path, name)
        damaged = bytearray(whole)
        damaged[place] ^= 0x15
        path.write_bytes(damaged)
        attempt(path, name)
