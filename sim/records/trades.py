"""Compare trades: order by order, and price by price."""

from typing import TYPE_CHECKING

import numpy as np

from sim.matching.codes import EventKind
from sim.records.agreement import NOTHING, Agreement, Finding, Measured
from sim.records.record import TRADE, Bools, Record, Rows
from sim.records.replay import Replay
from sim.records.scale import Ints

if TYPE_CHECKING:
    import polars as pl


def compare_trades(record: Record, replay: Replay) -> Measured:
    """Count the trades that both made, by all that the record says of a trade.

    Where the record says which command made which trade, the lots that each command traded at each price
    are compared as well: that leaves out whose turn it was.
    """
    made = made_trades(replay)
    if not record.trade_keys or (not len(record.trades) and not len(made)):
        return NOTHING
    recorded, ours = _agreeing(record.trades, made, record.trade_keys)
    agreements = [Agreement("trades", int(recorded.sum()), len(recorded), len(ours))]
    if len(record.trades) and (record.trades["command"] >= 0).all():
        agreements.append(_by_price(record.trades, made))
    return tuple(agreements), _first(record, made, recorded, ours)


def made_trades(replay: Replay) -> Rows:
    """Return the trades of the core as an array of `TRADE`, without messages."""
    events = replay.events
    chosen = events["kind"] == EventKind.TRADE
    made = np.zeros(np.count_nonzero(chosen), TRADE)
    made["command"] = replay.commands[chosen]
    for name, word in (("taker", "order"), ("maker", "maker_order")):
        made[name] = events[word][chosen]
    for name in ("price", "quantity"):
        made[name] = events[name][chosen]
    return made


def _agreeing(recorded: Rows, ours: Rows, keys: tuple[str, ...]) -> tuple[Bools, Bools]:
    """Tell which rows have a row of their own on the other side that is equal in the keys."""
    import polars as pl

    left, right = (_numbered(rows, keys) for rows in (recorded, ours))
    pairs = left.join(right, on=[*keys, "nth"], suffix="_of_ours")
    found = np.zeros(len(recorded), np.bool_), np.zeros(len(ours), np.bool_)
    for mask, name in zip(found, ("place", "place_of_ours"), strict=True):
        mask[pairs[name].cast(pl.Int64).to_numpy()] = True
    return found


def _numbered(rows: Rows, keys: tuple[str, ...]) -> "pl.DataFrame":
    """Return the key columns, the row's place, and its place among the rows with the same keys."""
    import polars as pl

    columns = {key: np.ascontiguousarray(rows[key]) for key in keys}
    nth = pl.int_range(pl.len()).over(list(keys)).alias("nth")
    return pl.DataFrame(columns).with_row_index("place").with_columns(nth)


def _by_price(recorded: Rows, ours: Rows) -> Agreement:
    """Count the prices of commands at which as many lots were traded here as there."""
    import polars as pl

    keys = ["command", "price"]
    left, right = (
        pl.DataFrame({key: np.ascontiguousarray(rows[key]) for key in (*keys, "quantity")})
        .group_by(keys)
        .agg(pl.col("quantity").sum())
        for rows in (recorded, ours)
    )
    agreed = left.join(right, on=[*keys, "quantity"]).height
    return Agreement("traded lots, price by price", agreed, left.height, right.height)


def _first(record: Record, made: Rows, recorded: Bools, ours: Bools) -> tuple[Finding, ...]:
    """Describe the trades of the first command about which the two sides differ."""
    missing, extra = record.trades[~recorded], made[~ours]
    commands = _commands_of(record, missing)
    firsts = [int(found.min()) for found in (commands, extra["command"]) if len(found)]
    if not firsts:
        return ()
    command = min(firsts)
    told = record.trades[record.trades["command"] == command]
    answered = made[made["command"] == command]
    if len(missing) and (missing["command"] < 0).all():
        # The file does not say whose trades they are, so the first that only one side made are shown.
        told, answered = missing[:1], extra[:1]
    message = int(told["message"][0] if len(told) else record.messages[command])
    price = int((told if len(told) else answered)["price"][0])
    texts = _texts(record, told), _texts(record, answered)
    return (Finding(command, message, "trades", *texts, price),)


def _commands_of(record: Record, trades: Rows) -> Ints:
    """Return the command that made each trade; where the file does not say, the last one before it."""
    sent = np.flatnonzero(~record.seeds)
    before = np.searchsorted(record.messages[sent], trades["message"]) - 1
    return np.where(trades["command"] >= 0, trades["command"], sent[np.maximum(before, 0)])


def _texts(record: Record, trades: Rows) -> tuple[str, ...]:
    units, name = record.units, record.order_name
    texts = []
    for row in trades.tolist():
        _, _, taker, maker, price, lots = row
        text = f"{units.size(lots)} at {units.price(price)}"
        if taker or maker:
            text += f": order {name(maker)} met by {name(taker)}"
        texts.append(text)
    return tuple(texts)
