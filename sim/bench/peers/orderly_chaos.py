"""orderly-chaos: C++ through ctypes, one call a command, filled lots back or a callback a trade."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _REDUCE = map(int, Operation)


class OrderlyChaosRunner(Runner):
    """It has no time in force and no replace: those are two calls.

    Parameters
    ----------
    module
        Its package.
    workload
        The stream.
    callback
        Have it call back for every trade; otherwise its calls return the lots that were filled.
    """

    def __init__(self, module: ModuleType, workload: Workload, *, callback: bool) -> None:
        self._make = module.LimitOrderBook
        self._callback = callback
        sides = (module.Side.BUY, module.Side.SELL)
        taken_off = workload.commands["quantity"].tolist()
        self._rows = [
            (
                operation,
                order,
                sides[side],
                price,
                taken_off[index] if operation == _REDUCE else lots,
            )
            for index, (operation, order, side, price, lots) in enumerate(workload.rows())
        ]
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = self._make()

    def run(self, keep: Keep) -> None:
        """Call the book once a command, twice for a replace or an immediate order that is left over."""
        book = self._book
        if self._callback:
            book.on_trade = keep
            hand_over: Keep = int
        else:
            hand_over = keep
        limit, market, cancel = book.limit, book.market, book.cancel
        for operation, order, side, price, lots in self._rows:
            if operation == _LIMIT:
                hand_over(limit(side, order, lots, price))
            elif operation == _CANCEL:
                cancel(order)
            elif operation == _IMMEDIATE:
                filled = limit(side, order, lots, price)
                if filled < lots:
                    cancel(order)
                hand_over(filled)
            elif operation == _MARKET:
                hand_over(market(side, order, lots))
            elif operation == _REPLACE:
                cancel(order)
                hand_over(limit(side, order, lots, price))
            else:
                book.reduce(order, lots)
        book.on_trade = None

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the book, and the fills or at least their lots if they were kept."""
        figures: dict[str, int | None] = {
            "resting_orders": len(self._book),
            "best_bid": self._book.best_buy(),
            "best_ask": self._book.best_sell(),
        }
        if kept is None:
            return figures
        if not self._callback:
            return figures | {"traded_lots": sum(kept)}
        fills = [(trade.maker_id, trade.taker_id, trade.price, trade.quantity) for trade in kept]
        return figures | fill_figures_of_rows(fills)
