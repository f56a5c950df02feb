"""Small records of each format, written by hand for the tests."""

import lzma
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import polars as pl

from sim.records import Comparison, Record, Replay, compare, read, replay
from sim.records.coinbase import COLUMNS as COINBASE_COLUMNS

Shares = dict[str, tuple[int, int, int]]


def only(path: Path, **options: object) -> Record:
    """Read the one record of a file."""
    (record,) = read(path, **options)  # type: ignore[arg-type]
    return record


def compared(record: Record, *, set_right: bool = False) -> tuple[Replay, Comparison]:
    """Replay a record and compare."""
    replayed = replay(record, set_right=set_right)
    return replayed, compare(record, replayed, set_right=set_right)


def shares(comparison: Comparison) -> Shares:
    """Return agreed, recorded and ours of each measure."""
    return {
        found.measure: (found.agreed, found.recorded, found.ours) for found in comparison.agreements
    }


def commands_of(record: Record, *fields: str) -> list[tuple[int, ...]]:
    """Return fields of all commands."""
    return [tuple(int(row[field]) for field in fields) for row in record.commands]


def write(path: Path, *lines: str) -> Path:
    """Write lines of text."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


# -- Coinbase --------------------------------------------------------------------------------------


def coinbase(path: Path, messages: Sequence[dict[str, str]]) -> Path:
    """Write messages of one product, BTC-USD unless they say otherwise."""
    rows = [
        {name: {"product_id": "BTC-USD", **message}.get(name) for name in COINBASE_COLUMNS}
        for message in messages
    ]
    pl.DataFrame(rows, schema=dict.fromkeys(COINBASE_COLUMNS, pl.String)).write_parquet(path)
    return path


def received(order: str, side: str, price: str, size: str) -> dict[str, str]:
    """Return a limit order as the channel announces it."""
    terms = {"order_type": "limit", "price": price, "size": size}
    return {"type": "received", "order_id": order, "side": side, **terms}


def market(order: str, side: str, **terms: str) -> dict[str, str]:
    """Return a market order with a size or with funds."""
    return {"type": "received", "order_id": order, "side": side, "order_type": "market", **terms}


def opened(order: str, side: str, price: str, size: str) -> dict[str, str]:
    """Return the message that an order rests."""
    terms = {"price": price, "remaining_size": size}
    return {"type": "open", "order_id": order, "side": side, **terms}


def matched(maker: str, taker: str, side: str, price: str, size: str) -> dict[str, str]:
    """Return a trade; the side is the maker's."""
    orders = {"maker_order_id": maker, "taker_order_id": taker}
    return {"type": "match", "side": side, "price": price, "size": size, **orders}


def done(order: str, side: str, price: str, size: str, reason: str = "canceled") -> dict[str, str]:
    """Return the end of an order."""
    terms = {"price": price, "remaining_size": size, "reason": reason}
    return {"type": "done", "order_id": order, "side": side, **terms}


COINBASE_MINUTE = (
    received("new-1", "buy", "99.5", "2"),
    opened("new-1", "buy", "99.5", "2.00"),
    matched("old-1", "new-2", "sell", "100.25", "0.3"),
    done("old-2", "sell", "101", "1.5"),
)
"""One order of the window and two from before it; the taker is announced nowhere."""


# -- Bitstamp --------------------------------------------------------------------------------------


def order_line(kind: str, order: int, side: int, price: str, amount: str) -> str:
    """Return a line of the order channel."""
    fields = f'"price": "{price}", "amount": "{amount}", "id": {order}, "order_type": {side}'
    return f'1430438404518 order_{kind} {{{fields}, "datetime": "1430438404"}}'


def trade_line(price: float, amount: float) -> str:
    """Return a line of the trade channel, which writes numbers as floats."""
    return f'1430438404645 trade {{"price": {price:.17g}, "amount": {amount:.17g}, "id": 8111041}}'


def book_line(bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]) -> str:
    """Return a line of the book channel."""
    sides = (
        ", ".join(f'["{price}", "{amount}"]' for price, amount in side) for side in (bids, asks)
    )
    return '1430438405885 order_book {{"bids": [{}], "asks": [{}]}}'.format(*sides)


def packed(path: Path, *lines: str) -> Path:
    """Write lines compressed with xz."""
    path.write_bytes(lzma.compress("\n".join(lines).encode()))
    return path


# -- LOBSTER ---------------------------------------------------------------------------------------

NO_ASK, NO_BID = (9999999999, 0), (-9999999999, 0)
Level = tuple[int, int]


def book_row(asks: Sequence[Level], bids: Sequence[Level], depth: int = 2) -> str:
    """Return a row of the order book file: price and size of asks and bids by turns, best first."""
    filled = (
        [*side, *[none] * (depth - len(side))] for side, none in ((asks, NO_ASK), (bids, NO_BID))
    )
    numbers = [
        str(number) for pair in zip(*filled, strict=True) for level in pair for number in level
    ]
    return ",".join(numbers)


def lobster(path: Path, messages: Sequence[str], books: Sequence[str]) -> Path:
    """Write a zip of both files."""
    with ZipFile(path, "w") as archive:
        for kind, rows in (("message", messages), ("orderbook", books)):
            name = f"TEST_2012-06-21_34200000_57600000_{kind}_2.csv"
            archive.writestr(name, "".join(f"{row}\n" for row in rows))
    return path


# -- Databento -------------------------------------------------------------------------------------

MBO = "ts_event,action,side,price,size,order_id,flags,sequence,symbol"


def mbo_row(
    time: int, action: str, side: str, price: str, size: int, order: int, flags: int = 130
) -> str:
    """Return a row of orders; its instant is its sequence as well."""
    return f"2025-07-17T08:05:{time:02}Z,{action},{side},{price},{size},{order},{flags},{time},TEST"


def mbp_header(depth: int = 2) -> str:
    """Return the names of the columns of the vendor's book."""
    names = [
        f"{side}_{what}_{level:02}"
        for level in range(depth)
        for side in ("bid", "ask")
        for what in ("px", "sz", "ct")
    ]
    return ",".join(["sequence", "action", *names, "symbol"])


def mbp_row(
    time: int,
    action: str,
    bids: Sequence[tuple[str, int, int]],
    asks: Sequence[tuple[str, int, int]],
    depth: int = 2,
) -> str:
    """Return a row of the vendor's book."""
    none = ("", 0, 0)
    filled = ([*side, *[none] * (depth - len(side))] for side in (bids, asks))
    cells = [str(cell) for pair in zip(*filled, strict=True) for level in pair for cell in level]
    return ",".join([str(time), action, *cells, "TEST"])


def levels(record: Record) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return the levels of the recorded books."""
    assert record.books is not None
    return record.books.levels
