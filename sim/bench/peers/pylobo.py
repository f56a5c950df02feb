"""pylobo: Rust, one call a command, a report object with the fills from each."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any
from uuid import UUID

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _ = map(int, Operation)


class PyloboRunner(Runner):
    """It names orders by UUIDs of its own. An immediate order is an order and a cancel of its rest."""

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        self._module = module
        from importlib import import_module

        orders = import_module(f"{module.__name__}.orders")
        sides = (orders.Side.Buy, orders.Side.Sell)
        trader = UUID(int=1)
        self._rows = [
            (
                operation,
                order,
                None
                if operation == _CANCEL
                else orders.MarketOrder(lots, trader, sides[side])
                if operation == _MARKET
                else orders.LimitOrder(price, lots, trader, sides[side]),
            )
            for operation, order, side, price, lots in workload.rows()
        ]
        self._reports = module.Reports(include_fills=True)
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = self._module.Book(update_user_map=False)

    def run(self, keep: Keep) -> None:
        """Call the book once a command, twice for a replace or an immediate order that is left over."""
        fill, cancel, reports = self._book.fill, self._book.cancel, self._reports
        resting: dict[int, UUID] = {}
        for operation, order, request in self._rows:
            if operation == _CANCEL:
                cancel(resting.pop(order))
                continue
            if operation == _REPLACE:
                cancel(resting.pop(order))
            filled = fill(request, reports)
            keep((order, filled))
            left = filled.remaining_order_id
            if left is None:
                continue
            if operation == _IMMEDIATE:
                cancel(left)
            else:
                resting[order] = left

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the book, and the fills if they were kept."""
        book = self._book
        figures: dict[str, int | None] = {
            "resting_orders": book.orders.bids.order_count + book.orders.asks.order_count,
            "best_bid": book.best_bid,
            "best_ask": book.best_ask,
        }
        if kept is None:
            return figures
        names: dict[UUID, int] = {}
        fills = []
        for order, filled in kept:
            names[filled.remaining_order_id] = order
            fills += [
                (names[fill.maker_order_id], order, fill.price, fill.fill_quantity)
                for fill in filled.report.fills
            ]
        return figures | fill_figures_of_rows(fills)
