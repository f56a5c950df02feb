"""lumina-lob: C++, one call a command, one list of taker, maker and lots at the end."""

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported
from sim.bench.workload import Operation, Row, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _REDUCE = map(int, Operation)


class LuminaRunner(Runner):
    """Its matching engine takes every order; an order may be made smaller in place."""

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        self._module = module
        types, sides = module.OrderType, (module.Side.BID, module.Side.ASK)
        kinds = {_IMMEDIATE: types.IOC, _MARKET: types.MARKET}
        self._rows = [
            (
                operation,
                order,
                sides[side],
                None if operation == _MARKET else price,
                lots,
                kinds.get(operation, types.LIMIT),
            )
            for operation, order, side, price, lots in _with_totals(workload)
        ]
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = self._module.OrderBook()
        self._engine = self._module.MatchingEngine(self._book)

    def run(self, keep: Keep) -> None:  # noqa: ARG002 - its calls return no fills
        """Call the engine once a command, twice for an amend."""
        process, cancel, modify = self._engine.process, self._book.cancel, self._book.modify
        for operation, order, side, price, lots, kind in self._rows:
            if operation == _CANCEL:
                cancel(order)
            elif operation == _REDUCE:
                modify(order, lots)
            else:
                if operation == _REPLACE:
                    cancel(order)
                process(order, side, price, lots, kind)

    def report(self, kept: Sequence[Any] | None) -> Reported:  # noqa: ARG002 - the trades are in the book
        """Tell number and lots of the fills, and the book; read off the clock."""
        trades = np.array(self._book.trades(), np.int64).reshape(-1, 3)
        bids, asks = self._book.full_snapshot()
        return {
            "fills": len(trades),
            "traded_lots": int(trades[:, 2].sum()),
            "bid_levels": len(bids),
            "ask_levels": len(asks),
            "best_bid": self._book.best_bid(),
            "best_ask": self._book.best_ask(),
        }


def _with_totals(workload: Workload) -> Iterator[Row]:
    """Say in a reduction the new total: what has been traded since the order was entered is part of it."""
    executed_before: dict[int, int] = {}
    for row, executed in zip(workload.rows(), workload.executed_lots.tolist(), strict=True):
        operation, order, side, price, lots = row
        if operation == _REPLACE:
            executed_before[order] = executed
        elif operation == _REDUCE:
            lots += executed - executed_before.get(order, 0)
        yield operation, order, side, price, lots
