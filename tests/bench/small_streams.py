"""Streams small enough for slow readers, and a stream played with the plain book."""

import attrs

from sim.bench.outcome import Reported, fill_figures_of_rows
from sim.bench.plain import Fill, PlainBook
from sim.bench.streams import STREAMS, Flow
from sim.bench.workload import Operation, Workload, flow_workload


def small_flow(name: str, commands: int = 3_000, orders: int = 300) -> Workload:
    """Make a flow like one of the streams, with fewer commands around a smaller book."""
    flow = STREAMS[name]
    assert isinstance(flow, Flow)
    smaller = attrs.evolve(flow, commands=commands, wanted_orders=orders, filling_commands=orders)
    return flow_workload(f"small {name}", 1, smaller, commands)


def play(workload: Workload) -> Reported:
    """Return what a stream comes to in the plain book."""
    book = PlainBook()
    fills: list[Fill] = []
    for operation, order, side, price, lots in workload.rows():
        match Operation(operation):
            case Operation.LIMIT:
                fills += book.limit(order, side, price, lots)
            case Operation.IMMEDIATE:
                fills += book.immediate(order, side, price, lots)
            case Operation.MARKET:
                fills += book.immediate(order, side, None, lots)
            case Operation.CANCEL:
                book.cancel(order)
            case Operation.REPLACE:
                fills += book.replace(order, price, lots)
            case Operation.REDUCE:
                book.reduce(order, lots)
    return fill_figures_of_rows(fills) | {
        "resting_orders": len(book),
        "bid_levels": book.level_count(0),
        "ask_levels": book.level_count(1),
        "best_bid": book.best(0),
        "best_ask": book.best(1),
    }
