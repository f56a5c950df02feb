"""matching-engine: Python, one call a command, a list of event structs from each."""

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.workload import Operation, Workload

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _ = map(int, Operation)
_ACCOUNT = 1


class MatchingEngineRunner(Runner):
    """Its commands are immutable structs with a sequence number; a replace is a cancel and a new order."""

    def __init__(self, module: ModuleType, workload: Workload) -> None:
        engine = import_module(f"{module.__name__}.engine")
        self._make = engine.MatchingEngine
        self._trade = engine.Trade
        self._commands = [
            module.SequencedCommand(number, number, command)
            for number, command in enumerate(_commands(module, workload), 1)
        ]
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._engine = self._make()

    def run(self, keep: Keep) -> None:
        """Call the engine once a command, twice for a replace."""
        process = self._engine.process
        for command in self._commands:
            keep(process(command))

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the book, and the fills if the events were kept."""
        book = self._engine.book
        depth = book.depth()
        figures: dict[str, int | None] = {
            "resting_orders": len(book),
            "bid_levels": len(depth.bids),
            "ask_levels": len(depth.asks),
            "best_bid": book.best_bid(),
            "best_ask": book.best_ask(),
        }
        if kept is None:
            return figures
        fills = [
            (event.maker_order_id, event.taker_order_id, event.price, event.qty)
            for events in kept
            for event in events
            if isinstance(event, self._trade)
        ]
        return figures | fill_figures_of_rows(fills)


def _commands(module: ModuleType, workload: Workload) -> list[Any]:
    sides = (module.Side.BUY, module.Side.SELL)
    limit, market = module.OrderType.LIMIT, module.OrderType.MARKET
    resting, immediate = module.TimeInForce.GTC, module.TimeInForce.IOC
    nothing = module.SelfTradePrevention.NONE
    commands = []
    for operation, order, side, price, lots in workload.rows():
        if operation in (_CANCEL, _REPLACE):
            commands.append(module.CancelOrder(order, _ACCOUNT))
        if operation == _CANCEL:
            continue
        commands.append(
            module.NewOrder(
                order_id=order,
                account=_ACCOUNT,
                side=sides[side],
                price=price,
                qty=lots,
                order_type=market if operation == _MARKET else limit,
                tif=immediate if operation in (_IMMEDIATE, _MARKET) else resting,
                stp=nothing,
            )
        )
    return commands
