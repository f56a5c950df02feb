"""cython-orderbook: Cython, one call a command, a log of trades at the end."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _ = map(int, Operation)


class CythonOrderbookRunner(Runner):
    """It takes order objects that it numbers by itself; an immediate order is an order and a cancel."""

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        self._module = module
        sides = (module.OrderSide.BID, module.OrderSide.ASK)
        self._rows = [
            (operation, order, sides[side], price, lots)
            for operation, order, side, price, lots in workload.rows()
        ]
        self._names = [row[1] for row in self._rows if row[0] != _CANCEL]
        """Our ids in the order in which order objects are made."""
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = self._module.OrderBook()
        # The numbering goes on over all books of the process.
        first = self._module.Order(self._module.OrderSide.BID, 1, 1)
        self._first_id = int(first.order_id) + 1

    def run(self, keep: Keep) -> None:  # noqa: ARG002 - its calls return nothing
        """Call the book once a command, twice for a replace or an immediate order."""
        make, book = self._module.Order, self._book
        limit, market, cancel = book.add_limit_order, book.add_market_order, book.cancel_order
        ids: dict[int, Any] = {}
        for operation, order, side, price, lots in self._rows:
            if operation == _LIMIT:
                made = make(side, lots, price)
                ids[order] = made.order_id
                limit(made)
            elif operation == _CANCEL:
                cancel(ids[order])
            elif operation == _IMMEDIATE:
                made = make(side, lots, price)
                limit(made)
                cancel(made.order_id)
            elif operation == _MARKET:
                market(make(side, lots))
            else:
                cancel(ids[order])
                made = make(side, lots, price)
                ids[order] = made.order_id
                limit(made)

    def report(self, kept: Sequence[Any] | None) -> Reported:  # noqa: ARG002 - the trades are in the book
        """Tell all fills and the best prices; read off the clock.

        Its levels are not counted: some stay behind empty, though no trade or best price shows it.
        """
        book = self._book
        fills = [
            (self._name(trade.filler_id), self._name(trade.aggressor_id), trade.price, lots)
            for trade in book.trade_log
            for lots in [trade.quantity_filled]
        ]
        return fill_figures_of_rows(fills) | {
            "resting_orders": len(book.orders),
            "best_bid": book.best_bid(),
            "best_ask": book.best_ask(),
        }

    def _name(self, order_id: Any) -> int:
        return self._names[int(order_id) - self._first_id]
