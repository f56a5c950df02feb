"""Bitstamp's live channels: what clients sent, what the exchange moved, and what came late."""

from pathlib import Path

import pytest

from sim.matching.codes import CommandKind, Side
from sim.records import RecordError, read
from tests.records.samples import (
    book_line,
    commands_of,
    compared,
    levels,
    only,
    order_line,
    packed,
    shares,
    trade_line,
    write,
)

NEW, CANCEL, AMEND = CommandKind.NEW, CommandKind.CANCEL, CommandKind.AMEND
BUY, SELL = int(Side.BUY), int(Side.SELL)


def test_fills_are_told_by_changes_and_are_not_sent(tmp_path: Path) -> None:
    record = only(
        write(
            tmp_path / "live.log",
            order_line("created", 10, SELL, "236.61", "2.00000000"),
            order_line("created", 11, BUY, "240.00", "0.21144331"),
            order_line("deleted", 11, BUY, "240.00", "0.00000000"),
            order_line("changed", 10, SELL, "236.61", "1.78855669"),
            trade_line(236.61, 0.21144331),
            order_line("deleted", 10, SELL, "236.61", "1.78855669"),
        )
    )
    assert commands_of(record, "kind", "order", "side", "price", "quantity") == [
        (NEW, 10, SELL, 23661, 200_000_000),
        (NEW, 11, BUY, 24000, 21_144_331),
        (CANCEL, 10, 0, 0, 0),
    ]
    _, comparison = compared(record)
    assert shares(comparison) == {
        "trades": (1, 1, 1),
        "cancelled sizes": (1, 1, 1),
        "commands accepted": (3, 3, 3),
    }
    assert comparison.first_disagreement is None


def test_a_market_order_that_the_exchange_moves_on_is_amended(tmp_path: Path) -> None:
    record = only(
        write(
            tmp_path / "live.log",
            order_line("created", 1, BUY, "100.00", "1.0"),
            order_line("created", 2, BUY, "99.00", "5.0"),
            order_line("created", 3, SELL, "100.00", "3.0"),
            order_line("deleted", 1, BUY, "100.00", "0.0"),
            order_line("changed", 3, SELL, "100.00", "2.0"),
            trade_line(100.0, 1.0),
            order_line("changed", 3, SELL, "99.00", "2.0"),
            order_line("deleted", 3, SELL, "99.00", "0.0"),
            order_line("changed", 2, BUY, "99.00", "3.0"),
            trade_line(99.0, 2.0),
        )
    )
    # The new total holds the 1.0 that was executed before.
    assert commands_of(record, "kind", "order", "price", "quantity")[3:] == [
        (AMEND, 3, 9900, 300_000_000)
    ]
    assert record.notes == ("1 market orders were moved on by the exchange itself",)
    _, comparison = compared(record)
    assert shares(comparison)["trades"] == (2, 2, 2)


def test_orders_from_before_come_from_later_messages_and_from_the_first_book(
    tmp_path: Path,
) -> None:
    record = only(
        packed(
            tmp_path / "live.log.xz",
            order_line("created", 50, BUY, "99.00", "1.0"),
            book_line([("99.00", "4.0"), ("98.00", "2.0")], [("100.00", "3.0"), ("101.00", "2.5")]),
            order_line("changed", 7, SELL, "100.00", "1.0"),
            trade_line(100.0, 2.0),
            order_line("deleted", 5, SELL, "101.00", "2.5"),
        )
    )
    seeds = commands_of(record, "order", "side", "price", "quantity")[: sum(record.seeds)]
    assert seeds == [
        # The exchange numbers orders as they come, so the older one is the first.
        (5, SELL, 10100, 250_000_000),
        (7, SELL, 10000, 300_000_000),
        # What the first book shows beyond the orders that the log names.
        (-1, BUY, 9900, 300_000_000),
        (-2, BUY, 9800, 200_000_000),
    ]


def test_a_cancel_that_overtakes_its_order_follows_it_and_a_second_one_is_not_sent(
    tmp_path: Path,
) -> None:
    record = only(
        write(
            tmp_path / "live.log",
            order_line("deleted", 1, BUY, "99.00", "1.0"),
            order_line("created", 1, BUY, "99.00", "1.0"),
            order_line("created", 2, BUY, "98.00", "1.0"),
            order_line("deleted", 2, BUY, "98.00", "1.0"),
            order_line("deleted", 2, BUY, "98.00", "1.0"),
        )
    )
    assert commands_of(record, "kind", "order") == [(NEW, 1), (CANCEL, 1), (NEW, 2), (CANCEL, 2)]
    _, comparison = compared(record)
    assert comparison.lowest_percent == 100.0


def test_books_count_as_deep_as_the_first_one_showed(tmp_path: Path) -> None:
    asks = [("101.00", "1.0")]
    record = only(
        write(
            tmp_path / "live.log",
            book_line([("99.00", "1.0"), ("98.00", "1.0")], asks),
            order_line("created", 1, BUY, "98.50", "2.0"),
            book_line([("99.00", "1.0"), ("98.50", "2.0")], asks),
            order_line("deleted", 1, BUY, "98.50", "2.0"),
            order_line("deleted", 7, BUY, "99.00", "1.0"),
            # 97.00 rested before, below all that the first book shows.
            book_line([("98.00", "1.0"), ("97.00", "9.0")], asks),
            book_line([("98.00", "1.5"), ("97.00", "9.0")], asks),
        )
    )
    assert levels(record).shape == (3, 2, 2, 2)
    _, comparison = compared(record)
    found = shares(comparison)
    assert found["level sizes"] == (6, 7, 7)
    assert found["best bid and ask"] == found["whole books"] == (2, 3, 3)
    first = comparison.first_disagreement
    assert first is not None
    assert first.place.endswith("live.log:7")
    assert first.recorded == ("1.50000000 at 98.00",)
    assert first.ours == ("1.00000000 at 98.00",)
    assert first.command == "order 7: cancel"


def test_lines_that_are_no_messages_are_said_all_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "live.log",
        order_line("created", 1, BUY, "99.00", "1.0"),
        "1430438404518 order_creatde {}",
        '1430438404518 trade {"price": 1.5}',
        '1430438404518 trade {"price": 1.5, "amount": 1.123456789}',
        '1430438404518 trade {"price": 1.5, "amount": "much"}',
        "1430438404518 trade {not json}",
        order_line("created", 1, 7, "99.00", "1.0"),
    )
    with pytest.raises(RecordError) as caught:
        read(path)
    lines = str(caught.value).splitlines()
    assert [line.partition(" ")[0] for line in lines] == [f"{path}:{line}:" for line in range(2, 8)]
    for line, says in zip(
        lines,
        (
            "expected a time, one of order_created",
            "the message has no amount",
            "1.5 x 1.123456789 has too many decimal places",
            "expected a number as price and as amount",
            "no JSON object: Expecting property name",
            "expected order_type 0 (buy) or 1 (sell), got 7",
        ),
        strict=True,
    ):
        assert says in line


def test_a_log_that_cannot_be_unpacked_is_said(tmp_path: Path) -> None:
    path = packed(tmp_path / "live.log.xz", *(trade_line(1.0, 1.0) for _ in range(100)))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordError, match=rf"{path}: cannot be"):
        read(path)
