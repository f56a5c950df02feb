"""A stream of commands together with the outcome that it must come to."""

from enum import IntEnum

import attrs
import numpy as np

from sim.bench import flow_kernel
from sim.bench.columns import ACCOUNTS, draw_columns
from sim.bench.errors import BenchError
from sim.bench.outcome import Ints, Outcome
from sim.bench.streams import STREAMS, Flow, Insertion
from sim.matching.batch import Commands
from sim.matching.codes import CommandKind, OrderType, Side, TimeInForce
from sim.matching.layout import COMMAND

Row = tuple[int, int, int, int, int]
"""Operation, order, side, price in ticks (0 for a market order), lots."""


class Operation(IntEnum):
    """What a command does, in words that every book has."""

    LIMIT = flow_kernel.LIMIT
    CANCEL = flow_kernel.CANCEL
    REPLACE = flow_kernel.REPLACE
    """A resting order gets a new price and new open lots and loses its place in the queue."""
    IMMEDIATE = flow_kernel.IMMEDIATE
    """A limit order whose rest is dropped."""
    MARKET = flow_kernel.MARKET
    REDUCE = flow_kernel.REDUCE
    """A resting order gets fewer open lots and keeps its place."""


@attrs.frozen(eq=False)
class Workload:
    """One stream of commands. Arrays are of shape (commands,)."""

    name: str
    seed: int
    operations: Ints
    open_lots: Ints
    """Lots a new or amended order asks to have open; 0 for a cancel."""
    executed_lots: Ints
    """Lots that an amended order has traded before."""
    commands: Commands
    """The same as commands of the matching core."""
    outcome: Outcome

    def __len__(self) -> int:
        """Count the commands."""
        return len(self.commands)

    def rows(self) -> list[Row]:
        """Return the commands in plain numbers, for books with one call a command."""
        columns = (
            self.operations,
            self.commands["order"],
            self.commands["side"],
            self.commands["price"],
            self.open_lots,
        )
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def uses(self) -> frozenset[Operation]:
        """Return the operations that occur."""
        return frozenset(map(Operation, np.unique(self.operations).tolist()))


def make_workload(name: str, seed: int, commands: int | None = None) -> Workload:
    """Make a stream, or the first so many commands of it; the same on every machine.

    Raises
    ------
    BenchError
        No stream has that name, or the commands are not positive.
    """
    if name not in STREAMS:
        raise BenchError(f"no stream {name!r}; expected one of {', '.join(STREAMS)}")
    if commands is not None and commands < 1:
        raise BenchError(f"a stream of {commands} commands; expected at least 1")
    stream = STREAMS[name]
    count = min(commands or stream.commands, stream.commands)
    if isinstance(stream, Insertion):
        return _insertions(name, seed, stream, count)
    return flow_workload(name, seed, stream, count)


def flow_workload(name: str, seed: int, flow: Flow, count: int) -> Workload:
    """Make the first commands of a flow, whether or not it is one of the streams."""
    columns = draw_columns(flow, seed)
    book = flow_kernel.new_book(count, _price_range(flow, int(columns.depth_ticks.max())))
    rows = flow_kernel.Rows(*np.zeros((len(flow_kernel.Rows._fields), count), np.int64))
    flow_kernel.run_flow(book, rows, columns, _shape(flow))
    return Workload(
        name=name,
        seed=seed,
        operations=rows.operation,
        open_lots=rows.lots,
        executed_lots=rows.executed,
        commands=_commands(rows, columns.account[:count]),
        outcome=_outcome(book),
    )


def _price_range(flow: Flow, deepest: int) -> int:
    """Bound the prices: wherever the middle can go, the deepest order there, and as much again to spare."""
    middle = flow.first_middle_ticks * (4 if flow.jump_chance else 1)
    steps = flow.commands // flow.commands_per_step
    return middle + steps + 2 * deepest + 100 * flow.most_ticks_through


def _shape(flow: Flow) -> flow_kernel.Shape:
    cancel = flow.limit_share + flow.cancel_share
    replace = cancel + flow.replace_share
    return flow_kernel.Shape(
        limit_share=flow.limit_share,
        cancel_bound=cancel,
        replace_bound=replace,
        aggressive_bound=replace + flow.aggressive_share,
        first_middle=flow.first_middle_ticks,
        commands_per_step=flow.commands_per_step,
        wanted_orders=flow.wanted_orders,
        filling_commands=flow.filling_commands,
    )


def _outcome(book: flow_kernel.Book) -> Outcome:
    fills, traded, notional = book.totals.tolist()
    bids, asks = book.levels.tolist()
    best_bid, best_ask = book.best.tolist()
    return Outcome(
        fills=fills,
        traded_lots=traded,
        notional=notional,
        checksum=int(book.checksum[0]),
        resting_orders=int(book.counts[flow_kernel.ALIVE]),
        bid_levels=bids,
        ask_levels=asks,
        best_bid=best_bid if bids else None,
        best_ask=best_ask if asks else None,
    )


def _commands(rows: flow_kernel.Rows, account: Ints) -> Commands:
    """Write the rows as commands of the matching core."""
    operation = rows.operation
    kinds = np.array(
        [
            CommandKind.NEW,
            CommandKind.CANCEL,
            CommandKind.AMEND,
            CommandKind.NEW,
            CommandKind.NEW,
            CommandKind.REDUCE,
        ]
    )
    commands = np.zeros(len(operation), COMMAND)
    commands["kind"] = kinds[operation]
    commands["side"] = rows.side
    commands["order_type"] = np.where(
        operation == Operation.MARKET, OrderType.MARKET, OrderType.LIMIT
    )
    immediate = (operation == Operation.IMMEDIATE) | (operation == Operation.MARKET)
    commands["time_in_force"] = np.where(immediate, TimeInForce.IOC, TimeInForce.GTC)
    commands["order"] = rows.order
    # Whoever asks may cancel and amend: 0 there, as the streams know no owners.
    commands["account"] = np.where(commands["kind"] == CommandKind.NEW, account, 0)
    commands["price"] = rows.price
    # An amend says the new total, what has been traded included; a reduction what it takes off.
    commands["quantity"] = np.select(
        [operation == Operation.REPLACE, operation == Operation.REDUCE],
        [rows.executed + rows.lots, rows.reduced_by],
        rows.lots,
    )
    return commands


def _insertions(name: str, seed: int, stream: Insertion, count: int) -> Workload:
    """Insert one order a price in random order, half of them below the middle and half above."""
    draw = np.random.default_rng(seed)
    total = stream.commands
    half = total // 2
    middle = half + 1_000
    below, above = middle - 1 - np.arange(half), middle + 1 + np.arange(total - half)
    order = draw.permutation(total)[:count]
    rows = flow_kernel.Rows(*np.zeros((len(flow_kernel.Rows._fields), count), np.int64))
    rows.operation[:] = Operation.LIMIT
    rows.order[:] = np.arange(1, count + 1)
    rows.side[:] = np.where(order < half, Side.BUY, Side.SELL)
    rows.price[:] = np.concatenate([below, above])[order]
    rows.lots[:] = draw.integers(1, 1_000, total)[:count]
    account = draw.integers(1, ACCOUNTS + 1, total)[:count]
    bids, asks = (rows.price[rows.side == side] for side in (Side.BUY, Side.SELL))
    outcome = Outcome(
        fills=0,
        traded_lots=0,
        notional=0,
        checksum=0,
        resting_orders=count,
        bid_levels=len(bids),
        ask_levels=len(asks),
        best_bid=int(bids.max()) if len(bids) else None,
        best_ask=int(asks.min()) if len(asks) else None,
    )
    return Workload(
        name=name,
        seed=seed,
        operations=rows.operation,
        open_lots=rows.lots,
        executed_lots=rows.executed,
        commands=_commands(rows, account),
        outcome=outcome,
    )
