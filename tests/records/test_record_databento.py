"""Databento's orders and the vendor's book: fills are found, what only books them is not sent."""

from pathlib import Path

import polars as pl
import pytest

from sim.matching.codes import KEEP, CommandKind, Side, TimeInForce
from sim.records import RecordError, read
from tests.records.samples import (
    MBO,
    commands_of,
    compared,
    levels,
    mbo_row,
    mbp_header,
    mbp_row,
    only,
    shares,
    write,
)

NEW, CANCEL = CommandKind.NEW, CommandKind.CANCEL
AMEND, REDUCE = CommandKind.AMEND, CommandKind.REDUCE
BUY, SELL = int(Side.BUY), int(Side.SELL)
SNAPSHOT = 32 + 8


def rows_of_a_sweep() -> list[str]:
    """Return one buyer who takes two sellers, with a hidden one between them."""
    return [
        mbo_row(1, "A", "A", "10.500000000", 5, 11),
        mbo_row(2, "A", "A", "10.510000000", 7, 12),
        mbo_row(3, "T", "B", "10.500000000", 5, 0, flags=0),
        mbo_row(3, "F", "A", "10.500000000", 5, 11, flags=0),
        mbo_row(3, "C", "A", "10.500000000", 5, 11, flags=0),
        mbo_row(3, "T", "N", "10.505000000", 9, 0, flags=0),
        mbo_row(3, "T", "B", "10.510000000", 4, 0),
        mbo_row(3, "F", "A", "10.510000000", 4, 12),
        mbo_row(3, "C", "A", "10.510000000", 4, 12),
        mbo_row(4, "C", "A", "10.510000000", 3, 12),
    ]


def test_fills_of_one_instant_are_one_marketable_order(tmp_path: Path) -> None:
    record = only(write(tmp_path / "mbo.csv", MBO, *rows_of_a_sweep()))
    assert record.name == "Databento TEST"
    assert record.units.price_decimals == 3
    fields = ("kind", "order", "side", "time_in_force", "price", "quantity")
    assert commands_of(record, *fields) == [
        (NEW, 11, SELL, TimeInForce.GTC, 10500, 5),
        (NEW, 12, SELL, TimeInForce.GTC, 10510, 7),
        (NEW, -1, BUY, TimeInForce.IOC, 10510, 9),
        (CANCEL, 12, 0, 0, 0, 0),
    ]
    assert record.notes == ("1 trades without a resting fill left out",)
    _, comparison = compared(record)
    assert comparison.lowest_percent == 100.0
    assert shares(comparison)["trades"] == (2, 2, 2)


def test_the_vendors_books_are_compared_but_not_between_two_fills(tmp_path: Path) -> None:
    path = write(tmp_path / "mbo.csv", MBO, *rows_of_a_sweep())
    first, second = ("10.5", 5, 1), ("10.51", 7, 1)
    book = write(
        tmp_path / "mbp.csv",
        mbp_header(),
        mbp_row(1, "A", [], [first]),
        mbp_row(2, "A", [], [first, second]),
        mbp_row(3, "T", [], [second]),
        mbp_row(3, "T", [], [second]),
        mbp_row(3, "T", [], [("10.51", 3, 1)]),
        mbp_row(4, "C", [], []),
    )
    record = only(path, book=book)
    assert levels(record).shape == (4, 2, 2, 3)
    left_out = "2 books of the vendor left out: between two fills, or behind no row here"
    assert left_out in record.notes
    _, comparison = compared(record)
    assert shares(comparison)["whole books"] == (4, 4, 4)
    assert comparison.lowest_percent == 100.0
    with pytest.raises(RecordError, match=f"{book}: holds books; name it with --book beside"):
        read(book, format_="databento")
    wrong = book.read_text(encoding="utf-8").replace("10.51,3,1", "10.51,3,2")
    book.write_text(wrong, encoding="utf-8")
    _, comparison = compared(only(path, book=book))
    assert shares(comparison)["whole books"] == (3, 4, 4)
    assert comparison.first_disagreement is not None
    assert comparison.first_disagreement.recorded == ("3 at 10.510 (2 orders)",)
    assert comparison.first_disagreement.ours == ("3 at 10.510 (1 orders)",)


def test_a_modification_keeps_or_loses_the_place_as_the_exchange_has_it(tmp_path: Path) -> None:
    record = only(
        write(
            tmp_path / "mbo.csv",
            MBO,
            mbo_row(1, "A", "B", "10", 5, 1),
            mbo_row(2, "A", "B", "10", 5, 2),
            mbo_row(3, "M", "B", "10", 3, 1),
            mbo_row(4, "T", "A", "10", 2, 77, flags=0),
            mbo_row(4, "F", "B", "10", 2, 1, flags=0),
            # What is left of order 1 is only booked.
            mbo_row(4, "M", "B", "10", 1, 1),
            mbo_row(5, "M", "B", "9", 1, 1),
            mbo_row(6, "M", "B", "9", 4, 1),
            mbo_row(7, "M", "B", "8", 2, 9),
        )
    )
    assert commands_of(record, "kind", "order", "price", "quantity")[2:] == [
        (REDUCE, 1, 0, 2),
        (NEW, -1, 10, 2),
        (AMEND, 1, 9, KEEP),
        # The total of an order holds what was executed.
        (AMEND, 1, 9, 6),
        # The vendor takes the modification of an order never seen as a new one.
        (NEW, 9, 8, 2),
    ]
    assert record.order_name(-1) == "77"
    replayed, comparison = compared(record)
    assert shares(comparison)["trades"] == (1, 1, 1)
    assert comparison.refusals == {}
    assert replayed.events["quantity"][-2] == 4


def test_a_snapshot_is_seeded_and_a_clear_takes_it_off(tmp_path: Path) -> None:
    record = only(
        write(
            tmp_path / "mbo.csv",
            MBO,
            mbo_row(1, "R", "N", "", 0, 0, flags=SNAPSHOT),
            mbo_row(1, "A", "B", "10", 5, 1, flags=SNAPSHOT),
            mbo_row(2, "C", "B", "10", 2, 1),
            mbo_row(3, "R", "N", "", 0, 0, flags=8),
            mbo_row(4, "A", "B", "10", 5, 1),
        )
    )
    assert commands_of(record, "kind", "order", "quantity") == [
        (NEW, 1, 5),
        (REDUCE, 1, 2),
        (CANCEL, 1, 0),
        (NEW, 1, 5),
    ]
    assert record.seeds.tolist() == [True, False, True, False]
    assert compared(record)[1].lowest_percent == 100.0


def test_a_parquet_file_has_prices_of_a_billionth(tmp_path: Path) -> None:
    path = write(tmp_path / "mbo.csv", MBO, *rows_of_a_sweep())
    table = pl.read_csv(path).with_columns((pl.col("price") * 10**9).round().cast(pl.Int64))
    table.write_parquet(tmp_path / "mbo.parquet")
    record = only(tmp_path / "mbo.parquet")
    assert (record.commands == only(path).commands).all()
    assert record.source.place(0).endswith("mbo.parquet: row 1")


def test_one_of_several_products_must_be_named(tmp_path: Path) -> None:
    other = mbo_row(5, "A", "B", "3", 1, 99).replace("TEST", "MORE")
    path = write(tmp_path / "mbo.csv", MBO, *rows_of_a_sweep(), other)
    with pytest.raises(RecordError, match="several products; name one with --product: MORE, TEST"):
        read(path)
    with pytest.raises(RecordError, match="no product 'TSET'; did you mean 'TEST'"):
        read(path, product="TSET")
    assert commands_of(only(path, product="MORE"), "order") == [(99,)]


def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path) -> None:
    good = mbo_row(1, "A", "B", "10", 5, 1)
    for row, says in (
        (good.replace(",A,B,", ",X,B,"), "action: expected one of A, C, M, T, F, R, N, got 'X'"),
        (good.replace(",A,B,", ",A,N,"), "side: an order needs A or B"),
        (good.replace(",10,", ",,"), "price: an order needs one"),
        (good.replace(",10,", ",ten,"), "price: expected a price, got 'ten'"),
        (good.replace(",5,", ",,"), "size: expected a whole number of 64 bits, got nothing"),
    ):
        path = write(tmp_path / "mbo.csv", MBO, good, row)
        with pytest.raises(RecordError) as caught:
            read(path)
        assert str(caught.value) == f"{path}:3: {says}"
    path = write(tmp_path / "mbo.csv", MBO.replace("flags", "flag"), good)
    with pytest.raises(RecordError, match=rf"{path}:1: no column 'flags'; did you mean 'flag'\?"):
        read(path)
