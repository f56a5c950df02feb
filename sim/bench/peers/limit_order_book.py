"""limit-order-book: C++, one call a command; nothing tells what traded."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _ = map(int, Operation)


class LimitOrderBookRunner(Runner):
    """It has no time in force and no amend: those are two calls.

    Cancelling what is not there does nothing from version 3 on; before, it ended the process.
    """

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        self._make = module.LimitOrderBook
        self._cancels_anything = int(version("limit-order-book").split(".")[0]) >= 3
        self._rows = workload.rows()
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = self._make()

    def run(self, keep: Keep) -> None:  # noqa: ARG002 - its calls return nothing
        """Call the book once a command, twice for an immediate order or an amend."""
        book = self._book
        enter = (book.limit_buy, book.limit_sell)
        take = (book.market_buy, book.market_sell)
        cancel = book.cancel
        rests: Callable[[int], bool] = bool if self._cancels_anything else book.has
        for operation, order, side, price, lots in self._rows:
            if operation == _LIMIT:
                enter[side](order, lots, price)
            elif operation == _CANCEL:
                cancel(order)
            elif operation == _MARKET:
                take[side](order, lots)
            elif operation == _REPLACE:
                cancel(order)
                enter[side](order, lots, price)
            else:
                enter[side](order, lots, price)
                if rests(order):
                    cancel(order)

    def report(self, kept: Sequence[Any] | None) -> Reported:  # noqa: ARG002 - nothing was
        """Tell the number of resting orders and the best prices."""
        return {
            "resting_orders": self._book.count(),
            "best_bid": self._book.best_buy() or None,
            "best_ask": self._book.best_sell() or None,
        }
