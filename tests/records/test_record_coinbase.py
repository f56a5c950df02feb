"""Coinbase's full channel: what is sent, what is seeded, and what is only compared."""

from pathlib import Path

import polars as pl
import pytest

from sim.matching.codes import CommandKind, OrderType, Side, TimeInForce
from sim.records import RecordError, read
from tests.records.samples import (
    COINBASE_MINUTE,
    coinbase,
    commands_of,
    compared,
    done,
    market,
    matched,
    only,
    opened,
    received,
    shares,
)

NEW, CANCEL = CommandKind.NEW, CommandKind.CANCEL
BUY, SELL = Side.BUY, Side.SELL


def test_orders_and_cancels_are_sent_and_recorded_trades_are_not(tmp_path: Path) -> None:
    record = only(
        coinbase(
            tmp_path / "full.parquet",
            [
                received("a", "sell", "100.25", "0.5"),
                opened("a", "sell", "100.25", "0.50000000"),
                received("b", "buy", "100.3", "0.2"),
                matched("a", "b", "sell", "100.25", "0.2"),
                done("b", "buy", "100.3", "0", "filled"),
                done("a", "sell", "100.25", "0.3"),
            ],
        )
    )
    assert (record.units.price_decimals, record.units.size_decimals) == (2, 1)
    assert commands_of(record, "kind", "order", "side", "price", "quantity") == [
        (NEW, 1, SELL, 10025, 5),
        (NEW, 2, BUY, 10030, 2),
        (CANCEL, 1, 0, 0, 0),
    ]
    assert record.seeds.tolist() == [False] * 3
    assert record.messages.tolist() == [0, 2, 5]
    assert record.order_name(2) == "b"
    replayed, comparison = compared(record)
    assert replayed.trades == 1
    assert comparison.first_disagreement is None
    assert shares(comparison) == {
        "trades": (1, 1, 1),
        "traded lots, price by price": (1, 1, 1),
        "open sizes": (1, 1, 1),
        "cancelled sizes": (1, 1, 1),
        "commands accepted": (3, 3, 3),
    }


def test_orders_from_before_the_window_are_seeded_with_all_that_became_of_them(
    tmp_path: Path,
) -> None:
    record = only(
        coinbase(
            tmp_path / "full.parquet",
            [
                received("t", "buy", "11", "4"),
                matched("second", "t", "sell", "10", "3"),
                matched("first", "t", "sell", "10.5", "1"),
                done("second", "sell", "10", "2.5"),
            ],
        )
    )
    assert commands_of(record, "kind", "price", "quantity")[:2] == [(NEW, 100, 55), (NEW, 105, 10)]
    assert record.seeds.tolist() == [True, True, False, False]
    # The seed stands there with 5.5, so the taker's 4 all trade with it: that is told, not hidden.
    _, comparison = compared(record)
    assert shares(comparison)["trades"] == (0, 2, 1)


def test_market_orders_go_by_size_or_by_funds(tmp_path: Path) -> None:
    record = only(
        coinbase(
            tmp_path / "full.parquet",
            [
                received("m", "sell", "8531.96", "2.00000001"),
                opened("m", "sell", "8531.96", "2.00000001"),
                market("by-size", "buy", size="0.5", funds="99999.9900000000000000"),
                matched("m", "by-size", "sell", "8531.96", "0.5"),
                market("by-funds", "buy", funds="5985.0373533416000000"),
                matched("m", "by-funds", "sell", "8531.96", "0.70148446"),
            ],
        )
    )
    fields = ("order_type", "time_in_force", "quantity")
    assert commands_of(record, *fields)[1:] == [
        (OrderType.MARKET, TimeInForce.IOC, 50_000_000),
        (OrderType.MARKET_BY_AMOUNT, TimeInForce.IOC, 59_850_373_533_416),
    ]
    _, comparison = compared(record)
    assert comparison.lowest_percent == 100.0


def test_an_order_cancelled_without_ever_resting_was_never_to_rest(tmp_path: Path) -> None:
    record = only(
        coinbase(
            tmp_path / "full.parquet",
            [received("a", "sell", "5000", "0.01"), done("a", "sell", "5000", "0.01")],
        )
    )
    assert commands_of(record, "kind", "time_in_force") == [(NEW, TimeInForce.IOC)]


def test_a_change_of_size_is_a_reduction(tmp_path: Path) -> None:
    path = coinbase(
        tmp_path / "full.parquet",
        [
            received("a", "sell", "10", "3"),
            opened("a", "sell", "10", "3"),
            {"type": "change", "order_id": "a", "side": "sell", "price": "10"},
        ],
    )
    sizes = pl.DataFrame({"old_size": [None, None, 3.0], "new_size": [None, None, 1.0]})
    pl.read_parquet(path).hstack(sizes).write_parquet(path)
    record = only(path)
    assert commands_of(record, "kind", "quantity")[1:] == [(CommandKind.REDUCE, 2)]


def test_products_are_read_apart_and_one_can_be_named(tmp_path: Path) -> None:
    other = {"product_id": "LTC-EUR"}
    path = coinbase(
        tmp_path / "full.parquet",
        [*COINBASE_MINUTE, received("x", "buy", "128.123", "7") | other],
    )
    both = read(path)
    assert [record.name for record in both] == ["Coinbase BTC-USD", "Coinbase LTC-EUR"]
    assert [record.units.price_decimals for record in both] == [2, 3]
    assert commands_of(both[1], "order", "price", "quantity") == [(1, 128123, 70)]
    assert only(path, product="LTC-EUR").name == "Coinbase LTC-EUR"
    with pytest.raises(RecordError, match=r"no product 'btc_usd'; did you mean 'BTC-USD'\?"):
        read(path, product="btc_usd")


def test_a_csv_file_with_the_same_columns_reads_the_same(tmp_path: Path) -> None:
    path = coinbase(tmp_path / "full.parquet", COINBASE_MINUTE)
    table = tmp_path / "full.csv"
    pl.read_parquet(path).write_csv(table)
    there, here = only(path), only(table)
    assert (there.commands == here.commands).all()
    assert (there.trades == here.trades).all()
    assert here.source.place(0) == f"{table}:2"


def test_what_cannot_be_read_is_said_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "full.parquet"
    wrong = received("a", "sell", "ten", "3"), received("b", "hold", "10", "3")
    coinbase(path, [received("a", "sell", "10", "3"), wrong[0]])
    with pytest.raises(RecordError, match=rf"^{path}: row 2: price: .* got 'ten'$"):
        read(path)
    coinbase(path, [wrong[1]])
    with pytest.raises(
        RecordError, match=rf"{path}: row 1: side: expected one of buy, sell, got 'hold'"
    ):
        read(path)
    coinbase(path, [{"type": "recieved", "side": "buy", "order_id": "a"}])
    with pytest.raises(
        RecordError, match=r"row 1: type: expected one of received, .* got 'recieved'"
    ):
        read(path)
    coinbase(path, [matched("a", "b", "sell", "1", "1") | {"size": ""}])
    with pytest.raises(RecordError, match="row 1: size: a message of type match needs it"):
        read(path)
    pl.read_parquet(coinbase(path, COINBASE_MINUTE)).rename({"reason": "reasons"}).write_parquet(
        path
    )
    with pytest.raises(RecordError, match="no column 'reason'; did you mean 'reasons'"):
        read(path)
