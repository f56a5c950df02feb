"""liquibook: C++ through SWIG, one call a command, a callback a fill."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _ = map(int, Operation)


class LiquibookRunner(Runner):
    """It takes order objects that it numbers by itself, over all books of the process.

    A replace is a cancel and a new order, because its own goes wrong on partly filled orders; it also
    moves an order that only gets smaller to the back.
    """

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        self._module = module
        self._rows = [
            (operation, order, side == 0, price, lots)
            for operation, order, side, price, lots in workload.rows()
        ]
        makes = {_LIMIT, _IMMEDIATE, _MARKET, _REPLACE}
        self._names = [row[1] for row in self._rows if row[0] in makes]
        """Our ids in the order in which order objects are made."""
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = self._module.DepthOrderBook()
        self._first_id = self._module.SimpleOrder(True, 1, 1).order_id_ + 1

    def run(self, keep: Keep) -> None:
        """Call the book once a command, twice for a replace."""
        module, book = self._module, self._book
        self._listener = listener = _listener(module, keep)
        book.set_order_listener(listener)
        make, add, cancel = module.SimpleOrder, book.add, book.cancel
        immediate = module.oc_immediate_or_cancel
        orders: dict[int, Any] = {}
        for operation, order, is_buy, price, lots in self._rows:
            if operation == _LIMIT:
                made = orders[order] = make(is_buy, price, lots)
                add(made)
            elif operation == _CANCEL:
                cancel(orders[order])
            elif operation in (_IMMEDIATE, _MARKET):
                add(make(is_buy, price, lots), immediate)
            else:
                cancel(orders[order])
                made = orders[order] = make(is_buy, price, lots)
                add(made)
        self._orders = orders

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the book, and the fills if they were kept."""
        figures: dict[str, int | None] = {
            "resting_orders": self._book.bids().size() + self._book.asks().size(),
        }
        if kept is None:
            return figures
        fills = [
            (self._name(maker), self._name(taker), price, lots)
            for maker, taker, price, lots in kept
        ]
        return figures | fill_figures_of_rows(fills)

    def _name(self, order: Any) -> int:
        number: int = order.order_id_ - self._first_id
        return self._names[number]


def _listener(module: ModuleType, keep: Keep) -> Any:
    """Make a listener that hands over fills and lets everything else pass."""

    class Listener(module.OrderListener):  # type: ignore[name-defined, misc]  # known when imported
        """It calls every method there is, so every one must be there."""

        def on_accept(self, order: Any) -> None:
            pass

        def on_fill(self, taker: Any, maker: Any, lots: int, price: int) -> None:
            keep((maker, taker, price, lots))

        def on_cancel(self, order: Any) -> None:
            pass

    return Listener()
