"""The matching core's own doors, and the plain book, as contenders."""

from collections.abc import Sequence
from typing import Any

from sim.bench.contender import Keep, Runner
from sim.bench.outcome import Reported, fill_figures, fill_figures_of_rows
from sim.bench.plain import PlainBook
from sim.bench.workload import Operation, Workload
from sim.matching import batch, core
from sim.matching.arena import Arena
from sim.matching.book import OrderBook
from sim.matching.codes import EventKind, Side, TimeInForce
from sim.matching.events import Event, Trade
from sim.matching.layout import Words, new_buffer
from sim.matching.rules import BookRules

_LIMIT, _CANCEL, _REPLACE, _IMMEDIATE, _MARKET, _REDUCE = map(int, Operation)
_IOC = int(TimeInForce.IOC)
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_ROWS_PER_COMMAND = 3


def book_figures(arena: Arena) -> dict[str, int | None]:
    """Return the figures of an outcome that the book itself shows."""
    resting = core.live_orders(arena)
    bids, asks = (core.price_levels(arena, side, resting) for side in (_BUY, _SELL))
    return {
        "resting_orders": resting,
        "bid_levels": len(bids),
        "ask_levels": len(asks),
        "best_bid": int(bids[0, 0]) if len(bids) else None,
        "best_ask": int(asks[0, 0]) if len(asks) else None,
    }


class BatchRunner(Runner):
    """The batch door: every event of every command comes out as a row.

    Parameters
    ----------
    commands
        The stream.
    reuse
        Write the events into one buffer again and again, as a caller of many batches does, instead of
        fresh memory each time.
    rules
        Of the book.
    """

    def __init__(
        self, commands: batch.Commands, *, reuse: bool, rules: BookRules | None = None
    ) -> None:
        self._commands = commands
        self._rules = rules
        self._buffer: Words | None = (
            new_buffer(_ROWS_PER_COMMAND * len(commands) + 1) if reuse else None
        )
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book and without the events of the last run."""
        self._arena = core.new_book(rules=self._rules)
        self._events: batch.Events | None = None

    def run(self, keep: Keep) -> None:
        """Execute the stream in one call."""
        self._arena, self._events = batch.process(self._arena, self._commands, self._buffer)
        keep(self._events)

    def report(self, kept: Sequence[Any] | None) -> Reported:  # noqa: ARG002 - the events are still here
        """Tell everything: the events hold every fill."""
        if self._events is None:
            raise RuntimeError("nothing has run yet")
        return event_figures(self._events) | book_figures(self._arena)

    def state_hash(self) -> str:
        """Return the digest of the book as it is."""
        book = OrderBook()
        book.restore(self._arena)
        return book.state_hash()

    @property
    def events(self) -> batch.Events:
        """Events of the last run."""
        if self._events is None:
            raise RuntimeError("nothing has run yet")
        return self._events


def event_figures(events: batch.Events) -> dict[str, int | None]:
    """Return the figures of an outcome that follow from event rows."""
    trades = events[events["kind"] == EventKind.TRADE]
    return fill_figures(trades["maker_order"], trades["order"], trades["price"], trades["quantity"])


class OrdersRunner(Runner):
    """The door with one Python call a command: a list of event objects comes back from each."""

    def __init__(self, workload: Workload) -> None:
        commands = workload.commands
        columns = (
            workload.operations,
            commands["order"],
            commands["account"],
            commands["side"],
            commands["price"],
            commands["quantity"],
        )
        self._rows = list(zip(*(column.tolist() for column in columns), strict=True))
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = OrderBook()

    def run(self, keep: Keep) -> None:
        """Call the book once a command."""
        limit, market, cancel = self._book.submit_limit, self._book.submit_market, self._book.cancel
        amend, reduce = self._book.amend, self._book.reduce
        for operation, order, account, side, price, quantity in self._rows:
            if operation == _LIMIT:
                keep(limit(order, account, side, price, quantity))
            elif operation == _CANCEL:
                keep(cancel(order))
            elif operation == _IMMEDIATE:
                keep(limit(order, account, side, price, quantity, _IOC))
            elif operation == _REPLACE:
                keep(amend(order, price=price, quantity=quantity))
            elif operation == _REDUCE:
                keep(reduce(order, quantity))
            else:
                keep(market(order, account, side, quantity))

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the final book, and the fills if the events were kept."""
        return typed_figures(self._book, kept)


def typed_figures(book: OrderBook, kept: Sequence[list[Event]] | None) -> Reported:
    """Return the figures of a book, and those of its fills if the lists of events were kept."""
    depth = book.depth(len(book))
    figures: dict[str, int | None] = {
        "resting_orders": len(book),
        "bid_levels": len(depth.bids),
        "ask_levels": len(depth.asks),
        "best_bid": book.best_bid,
        "best_ask": book.best_ask,
    }
    if kept is None:
        return figures
    fills = [
        (event.maker_order, event.taker_order, event.price, event.quantity)
        for events in kept
        for event in events
        if isinstance(event, Trade)
    ]
    return figures | fill_figures_of_rows(fills)


class PlainRunner(Runner):
    """The plain book, one call a command: fills come back as tuples."""

    def __init__(self, workload: Workload) -> None:
        self._rows = workload.rows()
        self.fresh()

    def fresh(self) -> None:
        """Begin with an empty book."""
        self._book = PlainBook()

    def run(self, keep: Keep) -> None:
        """Call the book once a command."""
        book = self._book
        limit, immediate, cancel = book.limit, book.immediate, book.cancel
        for operation, order, side, price, lots in self._rows:
            if operation == _LIMIT:
                keep(limit(order, side, price, lots))
            elif operation == _CANCEL:
                cancel(order)
            elif operation == _IMMEDIATE:
                keep(immediate(order, side, price, lots))
            elif operation == _REPLACE:
                keep(book.replace(order, price, lots))
            elif operation == _REDUCE:
                book.reduce(order, lots)
            else:
                keep(immediate(order, side, None, lots))

    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell the final book, and the fills if they were kept."""
        book = self._book
        figures: dict[str, int | None] = {
            "resting_orders": len(book),
            "bid_levels": book.level_count(_BUY),
            "ask_levels": book.level_count(_SELL),
            "best_bid": book.best(_BUY),
            "best_ask": book.best(_SELL),
        }
        if kept is None:
            return figures
        return figures | fill_figures_of_rows([fill for fills in kept for fill in fills])
