"""The project's own CSV of commands: every kind of command, and every mistake with its line."""

from pathlib import Path

import pytest

from sim.matching.codes import (
    KEEP,
    CommandKind,
    OrderType,
    Phase,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from sim.records import RecordError, read
from tests.records.samples import commands_of, compared, only, shares, write

BUY, SELL = int(Side.BUY), int(Side.SELL)


def test_the_fewest_columns_are_enough(tmp_path: Path) -> None:
    record = only(
        write(
            tmp_path / "mine.csv",
            "command,order,side,price,quantity",
            "seed,1,sell,101.5,3",
            "new,2,buy,101.50,0.25",
            "cancel,1,,,",
        )
    )
    assert (record.units.price_decimals, record.units.size_decimals) == (1, 2)
    assert commands_of(record, "kind", "order", "side", "price", "quantity") == [
        (CommandKind.NEW, 1, SELL, 1015, 300),
        (CommandKind.NEW, 2, BUY, 1015, 25),
        (CommandKind.CANCEL, 1, 0, 0, 0),
    ]
    assert record.seeds.tolist() == [True, False, False]
    replayed, comparison = compared(record)
    assert replayed.trades == 1
    # Nothing is said of trades, so none are compared.
    assert shares(comparison) == {"commands accepted": (2, 2, 2)}


def test_recorded_trades_follow_the_command_that_made_them(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv",
        "command,order,side,type,price,quantity,maker",
        "new,alice,sell,,100,5,",
        "new,bob,sell,,100,5,",
        "new,carol,buy,market,,7,",
        "trade,carol,,,100,5,alice",
        "trade,carol,,,100,2,bob",
        "new,dave,buy,market_by_amount,,250.5,",
        "trade,dave,,,100,2.5,bob",
    )
    record = only(path)
    assert record.trades["command"].tolist() == [2, 2, 3]
    _, comparison = compared(record)
    assert shares(comparison)["trades"] == (3, 3, 3)
    assert comparison.first_disagreement is None
    text = path.read_text(encoding="utf-8").replace("100,2,bob", "100,2,alice")
    path.write_text(text, encoding="utf-8")
    _, comparison = compared(only(path))
    assert shares(comparison)["trades"] == (2, 3, 3)
    first = comparison.first_disagreement
    assert first is not None
    assert first.place == f"{path}:5"
    assert first.command == "order carol: buy 7.0 at market"
    assert first.recorded == (
        "5.0 at 100: order alice met by carol",
        "2.0 at 100: order alice met by carol",
    )
    assert first.ours[1] == "2.0 at 100: order bob met by carol"


def test_every_kind_of_command_finds_its_way_to_the_core(tmp_path: Path) -> None:
    record = only(
        write(
            tmp_path / "mine.csv",
            "command,order,side,type,time_in_force,price,stop_price,quantity,peak,expires,account,"
            "post_only,self_trade_prevention,phase,maker",
            "new,1,buy,limit,GTD,10,,8,2,500,7,yes,decrement,,",
            "new,2,sell,stop_limit,fok,9,9.5,3,,,7,,,,",
            "amend,1,,,,11,,,,,7,,,,",
            "reduce,1,,,,,,2,,,,,,,",
            "clock,,,,,,,,,600,,,,,",
            "session,,,,,,,,,,,,,auction,",
            "new,3,sell,,,5,,1,,,,,,,",
            "new,4,buy,,,6,,1,,,,,,,",
            "uncross,,,,,,,,,,,,,,",
            "trade,,,,,5,,1,,,,,,,",
            "mass_cancel,,,,,,,,,,7,,,,",
        )
    )
    fields = ("kind", "order", "price", "quantity", "peak", "expires", "account")
    sent = commands_of(record, *fields)
    assert sent[0] == (CommandKind.NEW, 1, 100, 8, 2, 500, 7)
    assert sent[2] == (CommandKind.AMEND, 1, 110, KEEP, 0, 0, 7)
    assert sent[3] == (CommandKind.REDUCE, 1, 0, 2, 0, 0, 0)
    assert sent[4] == (CommandKind.CLOCK, 0, 0, 0, 0, 600, 0)
    assert commands_of(record, "order_type", "time_in_force", "post_only", "detail")[:6] == [
        (OrderType.LIMIT, TimeInForce.GTD, 1, 0),
        (OrderType.STOP_LIMIT, TimeInForce.FOK, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, Phase.AUCTION),
    ]
    assert record.commands["self_trade_prevention"][0] == SelfTradePrevention.DECREMENT
    assert record.commands["stop_price"][1] == 95
    replayed, comparison = compared(record)
    # Some of these commands are answered by several rows, as the uncross with its stop, and the last by none.
    assert shares(comparison)["trades"] == (1, 1, 1)
    assert shares(comparison)["commands accepted"] == (10, 10, 10)
    assert (replayed.commands == 8).sum() > 3
    assert replayed.commands.max() == 8


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv",
        "command,order,side,type,price,quantity,phase",
        "trade,1,,,10,5,",
        "nwe,1,buy,,10,5,",
        "new,1,bye,,10,5,",
        "new,1,buy,,ten,5,",
        "new,1,buy,,,5,",
        "new,1,buy,limit,10,,",
        "session,,,,,,open",
        ",1,,,,,",
        "new,,buy,,1,1,",
    )
    with pytest.raises(RecordError) as caught:
        read(path)
    assert str(caught.value).splitlines() == [
        f"{path}:2: command: a trade stands after the command that made it",
        f"{path}:3: command: 'nwe' is not known; did you mean 'new'?",
        f"{path}:4: side: 'bye' is not known; did you mean 'buy'?",
        f"{path}:5: price: expected a number of at most 18 digits, 0 of them decimal, got 'ten'",
        f"{path}:6: price: a limit order needs it",
        f"{path}:7: quantity: new needs it",
        f"{path}:8: phase: 'open' is not known; words: continuous, halted, auction, closed",
        f"{path}:9: command: expected one of {', '.join(WORDS)}, got nothing",
        f"{path}:10: order: new needs it",
    ]


WORDS = (
    *("new", "cancel", "amend", "reduce", "mass_cancel", "session", "uncross", "clock"),
    *("seed", "trade"),
)


def test_many_mistakes_are_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "command,order", *("cancle,1" for _ in range(25)))
    with pytest.raises(RecordError) as caught:
        read(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == f"{path}: 15 more problems like these"


def test_a_column_that_is_not_known_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "command,order,pric", "cancel,1,")
    with pytest.raises(RecordError, match=rf"^{path}:1: no column 'pric'; did you mean 'price'\?$"):
        read(path)


def test_numbers_beyond_64_bits_are_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv",
        "command,order,side,price,quantity",
        "new,1,buy,1,99999999999999999999",
        "new,2,buy,0.000000000000000000001,1",
    )
    with pytest.raises(RecordError) as caught:
        read(path)
    assert str(caught.value).splitlines() == [
        f"{path}:2: quantity: expected a number of at most 18 digits, 0 of them decimal, got '99999999999999999999'",
        f"{path}:3: price: expected a number of at most 18 digits, 12 of them decimal, got '0.000000000000000000001'",
    ]
