"""The same stream with every rule of a venue switched on, to see what they cost where they are used.

Every order says what shall happen when it meets its owner's, some show only a peak, stop orders lie in wait,
price bands and a collar are in force. The orders of the stream stay where they are; so some of its later
commands come too late for an order that a rule has removed, and are refused, as in life.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from sim.bench.contender import Keep, Runner
from sim.bench.doors import BatchRunner, typed_figures
from sim.bench.outcome import Ints, Reported
from sim.bench.workload import Operation, Workload
from sim.matching.batch import Commands, Events
from sim.matching.book import OrderBook
from sim.matching.codes import (
    BreachAction,
    CancelReason,
    CommandKind,
    EventKind,
    OrderType,
    SelfTradePrevention,
    TimeInForce,
)
from sim.matching.layout import COMMAND
from sim.matching.rules import BookRules

_OWNERS = 100
"""Accounts of the stream are folded to so many, or hardly anybody would ever meet himself."""
_ICEBERG_EVERY = 10
_ICEBERG_LEAST_LOTS = 8
_STOP_EVERY = 50
_STOP_DISTANCES = np.array([1, 2, 3, 5, 8, 13, 20, 40])
"""How far from the market stops lie, in thousandths of the price."""
_STOP_LOTS = 20
_DYNAMIC_SHARE = 0.02
_COLLAR_SHARE = 0.01
_MODES = len(SelfTradePrevention) - 1
_GTC, _IOC = int(TimeInForce.GTC), int(TimeInForce.IOC)


@attrs.frozen(eq=False)
class FullStream:
    """A stream with the full set of rules."""

    commands: Commands
    rules: BookRules


def with_full_rules(workload: Workload) -> FullStream:
    """Derive the full variant of a stream; the same for the same stream."""
    marked = workload.commands.copy()
    new = marked["kind"] == CommandKind.NEW
    owners = 1 + marked["account"] % _OWNERS
    marked["account"] = np.where(new, owners, 0)
    # Modes 1 to 4 in turn by account: everybody has one and keeps it.
    marked["self_trade_prevention"] = np.where(new, 1 + owners % _MODES, 0)
    rests = new & (workload.operations == Operation.LIMIT)
    hides = rests & (marked["order"] % _ICEBERG_EVERY == 0)
    hides &= marked["quantity"] >= _ICEBERG_LEAST_LOTS
    marked["peak"] = np.where(hides, marked["quantity"] // 4, 0)
    places, stops = _stops(workload)
    bands = _bands(marked)
    whole = np.concatenate([bands, np.insert(marked, places, stops)])
    highest = int(marked["price"].max())
    rules = BookRules(
        max_quantity=int(workload.open_lots.max() + workload.executed_lots.max()) + 1,
        collar_ticks=max(1, int(highest * _COLLAR_SHARE)),
    )
    return FullStream(whole, rules)


def _bands(commands: Commands) -> Commands:
    """Set bands that hardly ever stop anybody, so that every fill has to look at them."""
    bands = np.zeros(1, COMMAND)
    highest = int(commands["price"].max())
    bands["kind"] = CommandKind.BANDS
    bands["price"] = 1
    bands["stop_price"] = 2 * highest
    bands["quantity"] = max(1, int(highest * _DYNAMIC_SHARE))
    bands["detail"] = BreachAction.CANCEL
    return bands


def _stops(workload: Workload) -> tuple[Ints, Commands]:
    """Make stop and stop-limit orders on both sides; returns before which commands they come, and they.

    Where the market is, the last immediate or amended order says, which was priced at it.
    """
    commands = workload.commands
    places = np.arange(_STOP_EVERY, len(commands), _STOP_EVERY)
    count = len(places)
    number = np.arange(count)
    market = np.where(workload.operations == Operation.IMMEDIATE, commands["price"], 0)
    known = np.maximum.accumulate(np.where(market > 0, np.arange(len(commands)), 0))
    first = int(commands["price"][0])
    near = market[known[places]]
    near = np.where(near > 0, near, first)
    stops = np.zeros(count, COMMAND)
    distance = np.maximum(1, near * _STOP_DISTANCES[number % len(_STOP_DISTANCES)] // 1_000)
    side = number // 2 % 2
    away = np.where(side == 0, distance, -distance)
    limited = number % 2 == 1
    stops["kind"] = CommandKind.NEW
    stops["side"] = side
    stops["order_type"] = np.where(limited, OrderType.STOP_LIMIT, OrderType.STOP)
    stops["time_in_force"] = _GTC
    stops["order"] = int(commands["order"].max()) + 1 + number
    stops["account"] = 1 + number % _OWNERS
    stops["self_trade_prevention"] = 1 + number % _MODES
    stops["stop_price"] = np.maximum(1, near + away)
    stops["price"] = np.where(limited, np.maximum(1, near + 2 * away), 0)
    stops["quantity"] = _STOP_LOTS
    return places, stops


class FullBatchRunner(BatchRunner):
    """The batch door under the full set of rules."""

    def __init__(self, stream: FullStream) -> None:
        super().__init__(stream.commands, reuse=True, rules=stream.rules)


class FullOrdersRunner(Runner):
    """The door with one call a command under the full set of rules."""

    def __init__(self, stream: FullStream) -> None:
        self._rules = stream.rules
        fields = (
            "kind",
            "order_type",
            "time_in_force",
            "order",
            "account",
            "side",
            "price",
            "quantity",
            "self_trade_prevention",
            "stop_price",
            "peak",
        )
        self._bands, *rows = zip(
            *(stream.commands[field].tolist() for field in fields), strict=True
        )
        self._rows = rows
        self._book = OrderBook(self._rules)

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = OrderBook(self._rules)

    def run(self, keep: Keep) -> None:
        """Call the book once a command."""
        book = self._book
        *_, low, dynamic, _, high, _ = self._bands
        keep(book.set_bands(low, high, dynamic, BreachAction.CANCEL))
        new, market = int(OrderType.LIMIT), int(OrderType.MARKET)
        stop = int(OrderType.STOP)
        enter, cancel = int(CommandKind.NEW), int(CommandKind.CANCEL)
        amend = int(CommandKind.AMEND)
        limit = book.submit_limit
        for (
            kind,
            type_,
            force,
            order,
            account,
            side,
            price,
            lots,
            mode,
            trigger,
            peak,
        ) in self._rows:
            if kind == cancel:
                keep(book.cancel(order))
            elif kind != enter:
                if kind == amend:
                    keep(book.amend(order, price=price, quantity=lots))
                else:
                    keep(book.reduce(order, lots))
            elif type_ == new:
                keep(
                    limit(
                        order,
                        account,
                        side,
                        price,
                        lots,
                        force,
                        self_trade_prevention=mode,
                        peak=peak or None,
                    )
                )
            elif type_ == market:
                keep(
                    book.submit_market(
                        order, account, side, lots, force, self_trade_prevention=mode
                    )
                )
            else:
                keep(
                    book.submit_stop(
                        order,
                        account,
                        side,
                        trigger,
                        lots,
                        price=None if type_ == stop else price,
                        self_trade_prevention=mode,
                    )
                )

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the final book, and the fills if the events were kept."""
        return typed_figures(self._book, kept)

    def state_hash(self) -> str:
        """Return the digest of the book as it is."""
        return self._book.state_hash()


def happened(events: Events) -> dict[str, int]:
    """Count what the rules did, from the event rows of a full stream."""
    kinds, reasons = events["kind"], events["reason"]
    cancelled = kinds == EventKind.CANCELLED
    amended = kinds == EventKind.AMENDED
    own = (cancelled | amended) & (reasons == CancelReason.SELF_TRADE)
    accepted = kinds == EventKind.ACCEPTED
    waits = np.isin(events["order_type"], (OrderType.STOP, OrderType.STOP_LIMIT))
    stopped = np.isin(reasons, (CancelReason.PRICE_BAND, CancelReason.COLLAR))
    return {
        "events": len(events),
        "fills": int((kinds == EventKind.TRADE).sum()),
        "icebergs": int((accepted & (events["peak"] > 0)).sum()),
        "stops_entered": int((accepted & waits).sum()),
        "stops_triggered": int((kinds == EventKind.TRIGGERED).sum()),
        "self_trades_prevented": int(own.sum()),
        "stopped_by_band_or_collar": int((cancelled & stopped).sum()),
        "refused": int((kinds == EventKind.REJECTED).sum()),
    }
