"""The comparison counts both ways and finds the first thing that differs; any wrong record is noticed."""

from pathlib import Path

import attrs
import numpy as np
import pytest

from sim.records import Record, compare, replay
from sim.records.scale import Units, scaled
from tests.records.samples import (
    book_row,
    coinbase,
    compared,
    done,
    levels,
    lobster,
    matched,
    only,
    opened,
    received,
    shares,
    write,
)


@pytest.fixture
def minute(tmp_path: Path) -> Record:
    """Return a record that the core agrees with in everything."""
    return only(
        coinbase(
            tmp_path / "full.parquet",
            [
                received("a", "sell", "100.25", "0.5"),
                opened("a", "sell", "100.25", "0.5"),
                received("b", "sell", "100.25", "0.5"),
                opened("b", "sell", "100.25", "0.5"),
                received("t", "buy", "100.3", "0.7"),
                matched("a", "t", "sell", "100.25", "0.5"),
                matched("b", "t", "sell", "100.25", "0.2"),
                done("t", "buy", "100.3", "0", "filled"),
                done("b", "sell", "100.25", "0.3"),
            ],
        )
    )


def with_trade(record: Record, place: int, **fields: int) -> Record:
    """Return the record with one recorded trade changed."""
    trades = record.trades.copy()
    for name, value in fields.items():
        trades[name][place] = value
    return attrs.evolve(record, trades=trades)


def test_the_sample_agrees_in_everything(minute: Record) -> None:
    _, comparison = compared(minute)
    assert comparison.lowest_percent == 100.0
    assert comparison.first_disagreement is None


@pytest.mark.parametrize("field", ["taker", "maker", "price", "quantity"])
def test_a_trade_that_differs_in_anything_recorded_is_no_agreement(
    field: str, minute: Record
) -> None:
    wrong = with_trade(minute, 1, **{field: int(minute.trades[field][1]) + 1})
    _, comparison = compared(wrong)
    assert shares(comparison)["trades"] == (1, 2, 2)
    assert comparison.lowest_percent <= 50.0
    assert comparison.first_disagreement is not None
    assert comparison.first_disagreement.what == "trades"


def test_a_trade_is_counted_once_however_often_it_is_recorded(minute: Record) -> None:
    twice = attrs.evolve(minute, trades=np.concatenate([minute.trades, minute.trades[:1]]))
    _, comparison = compared(twice)
    assert shares(comparison)["trades"] == (2, 3, 2)


def test_trades_that_only_the_core_makes_count_against_it(minute: Record) -> None:
    _, comparison = compared(attrs.evolve(minute, trades=minute.trades[:1]))
    found = shares(comparison)["trades"]
    assert found == (1, 1, 2)
    (trades, *_) = comparison.agreements
    assert (trades.percent_of_recorded, trades.percent_of_ours) == (100.0, 50.0)
    assert trades.lowest_percent == 50.0
    assert comparison.lowest_percent < 100.0


@pytest.mark.parametrize(("place", "measure"), [(0, "open sizes"), (3, "cancelled sizes")])
def test_a_wrong_size_is_noticed(place: int, measure: str, minute: Record) -> None:
    sizes = minute.sizes.copy()
    sizes["quantity"][place] += 1
    _, comparison = compared(attrs.evolve(minute, sizes=sizes))
    agreed, recorded, ours = shares(comparison)[measure]
    assert agreed == recorded - 1 == ours - 1
    first = comparison.first_disagreement
    assert first is not None
    assert first.what == measure
    assert first.recorded != first.ours


def test_an_order_that_rests_only_here_counts_against_the_core(minute: Record) -> None:
    sizes = minute.sizes.copy()
    sizes["quantity"][0] = 0
    _, comparison = compared(attrs.evolve(minute, sizes=sizes))
    assert shares(comparison)["open sizes"] == (1, 1, 2)


def test_a_wrong_command_is_noticed(minute: Record) -> None:
    commands = minute.commands.copy()
    commands["quantity"][1] += 1
    _, comparison = compared(attrs.evolve(minute, commands=commands))
    assert shares(comparison)["cancelled sizes"] == (0, 1, 1)
    commands["order"][1] = 77
    _, comparison = compared(attrs.evolve(minute, commands=commands))
    assert comparison.refusals == {"UNKNOWN_ORDER": 1}
    assert shares(comparison)["commands accepted"] == (3, 4, 3)


def test_the_first_disagreement_shows_the_book_that_the_command_met(minute: Record) -> None:
    _, comparison = compared(with_trade(minute, 0, quantity=4))
    first = comparison.first_disagreement
    assert first is not None
    assert first.command == "order t: buy 0.7 at 100.30"
    assert first.place.endswith("full.parquet: row 6")
    assert first.bids == ()
    (ask,) = first.asks
    assert (ask.price, ask.size, ask.more_orders) == ("100.25", "1.0", 0)
    assert ask.orders == ("a: 0.5", "b: 0.5")


def test_a_limit_keeps_what_belongs_to_the_commands_before_it(minute: Record) -> None:
    cut = minute.first(3)
    assert (len(cut.commands), len(cut.trades), len(cut.sizes)) == (3, 2, 3)
    assert compared(cut)[1].lowest_percent == 100.0
    shorter = minute.first(2)
    assert (len(shorter.commands), len(shorter.trades)) == (2, 0)
    assert compared(shorter)[1].lowest_percent == 100.0
    assert minute.first(100) is minute


@pytest.mark.parametrize(
    ("side", "level", "column"), [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
)
def test_any_wrong_level_is_noticed(side: int, level: int, column: int, tmp_path: Path) -> None:
    asks, bids = [(1001000, 5), (1002000, 7)], [(1000000, 4), (999000, 6)]
    messages = ["34200.1,1,20,1,1000000,1", "34200.2,1,21,1,999000,1"]
    books = [book_row(asks, bids), book_row(asks, [(1000000, 4), (999000, 7)])]
    record = only(lobster(tmp_path / "day.zip", messages, books))
    assert compared(record)[1].lowest_percent == 100.0
    levels(record)[0, side, level, column] += 1
    _, comparison = compared(record)
    found = shares(comparison)
    assert found["whole books"] == (0, 1, 1)
    assert found["best bid and ask"] == ((0, 1, 1) if level == 0 else (1, 1, 1))
    assert found["level sizes"][0] == 3
    assert comparison.first_disagreement is not None
    assert ("bids", "asks")[side] in comparison.first_disagreement.what


def test_the_progress_is_told_up_to_the_last_commands(tmp_path: Path) -> None:
    rows = [f"new,{order},buy,1,1" for order in range(1, 140_001)]
    record = only(write(tmp_path / "mine.csv", "command,order,side,price,quantity", *rows))
    told: list[tuple[int, int]] = []
    replayed = replay(record, lambda done, total: told.append((done, total)))
    assert told == [(65_536, 140_000), (131_072, 140_000), (140_000, 140_000)]
    # One answer each, and it is the command's own.
    assert (replayed.commands == np.arange(140_000)).all()
    assert compare(record, replayed).lowest_percent == 100.0


def test_events_belong_to_the_commands_that_caused_them(minute: Record) -> None:
    alone = replay(minute, set_right=True)
    together = replay(minute)
    assert (alone.commands == together.commands).all()
    assert together.commands.tolist() == [0, 1, 2, 2, 2, 3]
    assert (alone.events.view(np.int64) == together.events.view(np.int64)).all()


def test_decimal_text_becomes_whole_numbers_exactly() -> None:
    import polars as pl

    texts = pl.Series(
        ["0", "-1.5", "12345678901.1234567", "1.", ".5", "1e3", "", None, "+2.50000000"]
    )
    assert scaled(texts, 7).to_list() == [
        *(0, -15_000_000, 123456789011234567, 10_000_000),
        *(None, None, None, None, 25_000_000),
    ]
    assert scaled(pl.Series(["0.12", "0.125"]), 2).to_list() == [12, None]
    units = Units(2, 8)
    assert (units.price(-5), units.size(1), units.amount(10**10)) == (
        "-0.05",
        "0.00000001",
        "1.0000000000",
    )
