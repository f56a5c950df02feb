"""bourse: Rust, one call a command, one list of all trades at the end."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _REDUCE = map(int, Operation)
_NOBODY = 2**32 - 1
"""Touch price of an empty ask side; that of an empty bid side is 0."""


class BourseRunner(Runner):
    """It numbers orders by itself from 0, in the order of their calls, as the streams do from 1.

    The clock must be set before every command: orders that rest at one price with the same time get lost.
    """

    def __init__(self, bourse: ModuleType, workload: Workload) -> None:
        self._make = bourse.core.OrderBook
        self._rows = [
            (operation, order - 1, side == 0, price, lots)
            for operation, order, side, price, lots in workload.rows()
        ]
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book with ticks of 1."""
        self._book = self._make(0, 1)

    def run(self, keep: Keep) -> None:  # noqa: ARG002 - its calls return no fills
        """Call the book once a command, and once for the clock."""
        set_time, place, cancel = (
            self._book.set_time,
            self._book.place_order,
            self._book.cancel_order,
        )
        modify = self._book.modify_order
        for now, (operation, order, is_bid, price, lots) in enumerate(self._rows, 1):
            set_time(now)
            if operation == _LIMIT:
                place(is_bid, lots, 0, price)
            elif operation == _CANCEL:
                cancel(order)
            elif operation == _IMMEDIATE:
                # Cancelling an order that was filled changes nothing.
                cancel(place(is_bid, lots, 0, price))
            elif operation == _MARKET:
                place(is_bid, lots, 0)
            elif operation == _REPLACE:
                modify(order, price, lots)
            else:
                modify(order, None, lots)

    def report(self, kept: Sequence[Any] | None) -> Reported:  # noqa: ARG002 - the trades are in the book
        """Tell all fills and the best prices; read off the clock."""
        fills = [
            (maker + 1, taker + 1, price, lots)
            for _, _, price, lots, taker, maker in self._book.get_trades()
        ]
        best_bid, best_ask = self._book.bid_ask()
        return fill_figures_of_rows(fills) | {
            "resting_orders": sum(status == 1 for _, status, *_ in self._book.get_orders()),
            "best_bid": best_bid or None,
            "best_ask": None if best_ask == _NOBODY else best_ask,
        }
