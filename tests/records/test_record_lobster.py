"""LOBSTER: resting sides only, a book of few levels, and orders that nobody announced."""

from pathlib import Path

import pytest

from sim.matching.codes import CommandKind, Side, TimeInForce
from sim.records import RecordError, read
from tests.records.samples import (
    book_row,
    commands_of,
    compared,
    lobster,
    only,
    shares,
    write,
)

NEW, CANCEL, REDUCE = CommandKind.NEW, CommandKind.CANCEL, CommandKind.REDUCE
BUY, SELL = int(Side.BUY), int(Side.SELL)
GTC, IOC = TimeInForce.GTC, TimeInForce.IOC
ASKS = [(1001000, 5), (1002000, 7)]
BIDS = [(1000000, 4), (999000, 6)]


def test_a_fill_is_sent_as_the_marketable_order_that_made_it(tmp_path: Path) -> None:
    record = only(
        lobster(
            tmp_path / "day.zip",
            [
                "34200.1,1,20,4,1001000,-1",
                # One order takes two sellers at two prices; a hidden one in between is left alone.
                "34200.2,4,11,5,1001000,-1",
                "34200.2,5,0,9,1001500,-1",
                "34200.2,4,20,4,1001000,-1",
                "34200.2,4,12,3,1002000,-1",
                "34200.3,2,12,1,1002000,-1",
                "34200.4,3,12,3,1002000,-1",
            ],
            [
                book_row([(1001000, 9), (1002000, 7)], BIDS),
                book_row([(1001000, 4), (1002000, 7)], BIDS),
                book_row([(1001000, 4), (1002000, 7)], BIDS),
                book_row([(1002000, 7), (1003000, 2)], BIDS),
                book_row([(1002000, 4), (1003000, 2)], BIDS),
                book_row([(1002000, 3), (1003000, 2)], BIDS),
                book_row([(1003000, 2)], BIDS),
            ],
        )
    )
    assert record.units.price_decimals == 1
    sent = [
        row
        for row, seed in zip(
            commands_of(record, "kind", "order", "side", "time_in_force", "price", "quantity"),
            record.seeds,
            strict=True,
        )
        if not seed
    ]
    taker = sent[1][1]
    assert taker < 0
    assert sent == [
        (NEW, 20, SELL, GTC, 1001, 4),
        (NEW, taker, BUY, IOC, 1002, 12),
        (REDUCE, 12, 0, 0, 0, 1),
        (CANCEL, 12, 0, 0, 0, 0),
    ]
    assert record.notes == ("1 hidden executions left out",)
    _, comparison = compared(record)
    assert comparison.lowest_percent == 100.0
    assert shares(comparison)["trades"] == (3, 3, 3)
    # Not while an order is still trading, and not the first book, from which seeds come.
    assert shares(comparison)["whole books"] == (3, 3, 3)


def test_levels_that_come_into_view_are_entered_with_the_orders_named_later(tmp_path: Path) -> None:
    record = only(
        lobster(
            tmp_path / "day.zip",
            [
                "34200.1,1,20,1,1000000,1",
                # The third level comes into view: 31 is named later, 2 more belong to somebody.
                "34200.2,3,10,5,1001000,-1",
                "34200.3,4,31,3,1003000,-1",
            ],
            [
                book_row(ASKS, [(1000000, 5), (999000, 6)]),
                book_row([(1002000, 7), (1003000, 5)], [(1000000, 5), (999000, 6)]),
                book_row([(1002000, 7), (1003000, 2)], [(1000000, 5), (999000, 6)]),
            ],
        )
    )
    seeds = [
        row
        for row, seed in zip(
            commands_of(record, "order", "side", "price", "quantity"), record.seeds, strict=True
        )
        if seed
    ]
    assert [row[1:] for row in seeds if row[0] < 0] == [
        (BUY, 1000, 4),
        (BUY, 999, 6),
        (SELL, 1002, 7),
        (SELL, 1003, 2),
    ]
    assert [row for row in seeds if row[0] > 0] == [(10, SELL, 1001, 5), (31, SELL, 1003, 3)]


def test_what_went_unseen_while_out_of_view_is_taken_off_when_the_level_is_back(
    tmp_path: Path,
) -> None:
    record = only(
        lobster(
            tmp_path / "day.zip",
            [
                "34200.1,1,20,1,1000000,1",
                "34200.2,1,21,2,1003000,-1",
                # A better price pushes 1003000 out of view, where its order is cancelled unseen.
                "34200.3,1,22,3,1002000,-1",
                "34200.4,3,22,3,1002000,-1",
            ],
            [
                book_row([(1001000, 5)], [(1000000, 1)]),
                book_row([(1001000, 5), (1003000, 2)], [(1000000, 1)]),
                book_row([(1001000, 5), (1002000, 3)], [(1000000, 1)]),
                book_row([(1001000, 5), (1004000, 8)], [(1000000, 1)]),
            ],
        )
    )
    last = commands_of(record, "kind", "order", "price", "quantity")[-2:]
    assert last[0][:2] == (CANCEL, 21)
    assert last[1][0] == NEW
    assert last[1][2:] == (1004, 8)
    _, comparison = compared(record)
    assert comparison.lowest_percent == 100.0


def test_an_order_served_before_its_turn_is_found_and_can_be_set_right(tmp_path: Path) -> None:
    messages = [
        "34200.1,1,20,2,1000000,1",
        "34200.2,1,21,2,1000000,1",
        "34200.3,4,21,2,1000000,1",
        "34200.4,3,20,2,1000000,1",
        "34200.5,1,22,1,999000,1",
    ]
    sizes = [2, 4, 2, 0, 0]
    asks = [(1001000, 5)]
    books = [book_row(asks, [(1000000, size)] if size else []) for size in sizes[:4]]
    path = lobster(tmp_path / "day.zip", messages, [*books, book_row(asks, [(999000, 1)])])
    record = only(path)
    replayed, comparison = compared(record)
    assert replayed.corrected == 0
    found = shares(comparison)
    assert found["trades"] == (0, 1, 1)
    assert found["traded lots, price by price"] == (1, 1, 1)
    # 21 stands there for good, so it is wrong in every later book.
    assert found["whole books"] == (2, 4, 4)
    assert found["cancelled sizes"] == (0, 1, 0)
    assert comparison.refusals == {"UNKNOWN_ORDER": 1}
    first = comparison.first_disagreement
    assert first is not None
    assert first.what == "trades"
    assert first.place == f"{path}/TEST_2012-06-21_34200000_57600000_message_2.csv:3"
    assert first.recorded[0].startswith("2 at 100.0: order 21 met by")
    assert first.ours[0].startswith("2 at 100.0: order 20 met by")
    assert first.bids[0].orders == ("20: 2", "21: 2")
    replayed, comparison = compared(record, set_right=True)
    assert replayed.corrected == 1
    found = shares(comparison)
    assert found["trades"] == (0, 1, 1)
    assert {found[name] for name in ("whole books", "best bid and ask")} == {(4, 4, 4)}
    assert found["cancelled sizes"] == (1, 1, 1)


def test_both_files_side_by_side_read_as_the_zip_does(tmp_path: Path) -> None:
    messages = ["34200.1,1,20,4,1001000,-1", "34200.2,3,20,4,1001000,-1"]
    books = [book_row(ASKS, BIDS), book_row([(1001000, 1), (1002000, 7)], BIDS)]
    packed = only(lobster(tmp_path / "day.zip", messages, books))
    path = write(tmp_path / "TEST_message_2.csv", *messages)
    book = write(tmp_path / "TEST_orderbook_2.csv", *books)
    for record in (only(path), only(path, book=book)):
        assert (record.commands == packed.commands).all()
        assert record.name == packed.name == "LOBSTER TEST"
    book.unlink()
    with pytest.raises(
        RecordError, match=rf"{path}: no order book file beside it; name it with --book"
    ):
        read(path)


def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    good, row = "34200.1,1,20,4,1001000,-1", book_row(ASKS, BIDS)
    lobster(path, [good, "34200.2,1,x,4,1001000,-1"], [row, row])
    with pytest.raises(
        RecordError, match=r"message_2.csv:2: order: expected a whole number .* got 'x'"
    ):
        read(path)
    lobster(path, [good, "34200.2,9,20,4,1001000,-1"], [row, row])
    with pytest.raises(RecordError, match=r"message_2.csv:2: expected a type from 1 to 7"):
        read(path)
    lobster(path, [good], [row, row])
    with pytest.raises(
        RecordError, match=r"expected 4 columns a level and 1 rows .* found 8 columns and 2 rows"
    ):
        read(path)
    lobster(path, [good], [f"{row},1"])
    with pytest.raises(RecordError, match="expected 4 columns a level"):
        read(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(RecordError, match="cannot be read as a zip"):
        read(path, format_="lobster")
