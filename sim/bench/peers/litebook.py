"""litebook: Rust, one call a command, a list of fills from each."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _ = map(int, Operation)


class LitebookRunner(Runner):
    """It takes order objects with ids of its own; an immediate order is an order and a cancel.

    It has limit orders only, so a market order is one at the worst price there may be.
    """

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        self._module = module
        sides = (module.OrderType.Buy, module.OrderType.Sell)
        worst = (10 * int(workload.commands["price"].max()), 1)
        self._rows = [
            (operation, order, sides[side], worst[side] if operation == _MARKET else price, lots)
            for operation, order, side, price, lots in workload.rows()
        ]
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book with ticks of 1."""
        self._book = self._module.OrderBook(tick_size=1.0)

    def run(self, keep: Keep) -> None:
        """Call the book once a command, twice for a replace or an immediate order."""
        make, add, cancel = self._module.Order, self._book.add, self._book.cancel
        ids: dict[int, str] = {}
        for operation, order, side, price, lots in self._rows:
            if operation == _CANCEL:
                cancel(ids[order])
                continue
            if operation == _REPLACE:
                cancel(ids[order])
            made = make(side, price, lots)
            name = ids[order] = made.id
            keep((order, side, name, add(made)))
            if operation in (_IMMEDIATE, _MARKET):
                cancel(name)

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the book, and the fills if they were kept."""
        bids, asks = self._book.buy_orders, self._book.sell_orders
        figures: dict[str, int | None] = {
            "resting_orders": len(bids) + len(asks),
            "bid_levels": len({order.price_in_ticks for order in bids}),
            "ask_levels": len({order.price_in_ticks for order in asks}),
            "best_bid": max((order.price_in_ticks for order in bids), default=None),
            "best_ask": min((order.price_in_ticks for order in asks), default=None),
        }
        if kept is None:
            return figures
        names = {name: order for order, _, name, _ in kept}
        fills = [
            (
                names[fill.sell_id if side == self._module.OrderType.Buy else fill.buy_id],
                order,
                round(fill.price),
                round(fill.quantity),
            )
            for order, side, _, made in kept
            for fill in made
        ]
        return figures | fill_figures_of_rows(fills)
