"""One book of one exchange as it was recorded: what was sent to it, and what the exchange made of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from sim.matching.batch import Commands
from sim.matching.codes import CommandKind, OrderType, TimeInForce
from sim.matching.layout import COMMAND
from sim.records.errors import Source
from sim.records.scale import Ints, Units

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]

TRADE: Final = np.dtype(
    [
        ("message", np.int64),
        ("command", np.int64),
        ("taker", np.int64),
        ("maker", np.int64),
        ("price", np.int64),
        ("quantity", np.int64),
    ]
)
"""One trade: message of the file, index of the command that made it, orders, ticks, lots."""

SIZE: Final = np.dtype([("message", np.int64), ("command", np.int64), ("quantity", np.int64)])
"""What the exchange said of one command: lots that rested of a new order, or lots that a cancel took off."""


@attrs.frozen(eq=False)
class BookRows:
    """Books as the exchange or the vendor recorded them."""

    after: Ints
    """Commands that had been executed when each was taken, shape (books,), ascending."""
    messages: Ints
    """Message of the file at which each stands, shape (books,)."""
    levels: Ints
    """Shape (books, 2, depth, 2 or 3): side, best level first, price, lots and perhaps orders; 0 lots where
    there is no level."""
    limits: Ints
    """Shape (books, 2): the worst price of each side down to which the commands can tell the content."""

    def __len__(self) -> int:
        """Count the books."""
        return len(self.after)


@attrs.frozen(eq=False)
class Record:
    """One book of one exchange: seed orders and commands in sequence, and what should come of them.

    Seed orders stand among the commands, because some formats reveal resting orders only as they go.
    """

    name: str
    """Exchange and product."""
    source: Source
    units: Units
    commands: Commands
    """Array of `layout.COMMAND`, shape (commands,)."""
    messages: Ints
    """Message of the file that each command comes from, counted from 0, shape (commands,)."""
    seeds: Bools
    """Whether the reader placed the command, because the file shows its order resting, shape (commands,)."""
    trades: Rows
    """Array of `TRADE`: what the exchange traded among visible orders."""
    trade_keys: tuple[str, ...]
    """Columns of `TRADE` that the file records and that should therefore be equal."""
    sizes: Rows = attrs.field(factory=lambda: np.zeros(0, SIZE))
    """Array of `SIZE`; a new order that did not rest has 0 lots."""
    books: BookRows | None = None
    names: Mapping[int, str] = attrs.field(factory=dict)
    """Names of orders whose number in the commands is not the file's own."""
    notes: tuple[str, ...] = ()
    """What the reader left out or assumed, for the user."""

    def order_name(self, order: int) -> str:
        """Return the name of an order in the file; negative numbers are orders that the file does not name."""
        return self.names.get(order) or (f"unnamed {-order}" if order < 0 else str(order))

    @property
    def client_commands(self) -> int:
        """Commands that clients sent."""
        return int(np.count_nonzero(~self.seeds))

    def first(self, commands: int) -> "Record":
        """Return the record cut after so many client commands."""
        sent = np.flatnonzero(~self.seeds)
        if commands >= len(sent):
            return self
        end = int(sent[commands])
        message = int(self.messages[end])
        books = self.books
        if books is not None:
            kept = books.after <= end
            books = BookRows(
                books.after[kept], books.messages[kept], books.levels[kept], books.limits[kept]
            )
        return attrs.evolve(
            self,
            commands=self.commands[:end],
            messages=self.messages[:end],
            seeds=self.seeds[:end],
            # A trade without a command stands in the file after the command that made it.
            trades=self.trades[
                np.where(
                    self.trades["command"] >= 0,
                    self.trades["command"] < end,
                    self.trades["message"] < message,
                )
            ],
            sizes=self.sizes[self.sizes["command"] < end],
            books=books,
        )


class CommandList:
    """Commands as a reader meets them, one after another."""

    def __init__(self) -> None:
        self._columns: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        """Count the commands."""
        return len(self._columns)

    def new(
        self,
        message: int,
        order: int,
        side: int,
        price: int,
        quantity: int,
        *,
        order_type: int = OrderType.LIMIT,
        time_in_force: int = TimeInForce.GTC,
        seed: bool = False,
    ) -> int:
        """Enter an order; return the index of the command."""
        kind = CommandKind.NEW
        self._columns.append(
            (kind, side, order_type, time_in_force, order, price, quantity, message, seed)
        )
        return len(self._columns) - 1

    def cancel(self, message: int, order: int, *, seed: bool = False) -> int:
        """Take an order off the book; return the index of the command."""
        self._columns.append((CommandKind.CANCEL, 0, 0, 0, order, 0, 0, message, seed))
        return len(self._columns) - 1

    def reduce(self, message: int, order: int, quantity: int) -> int:
        """Take so many lots off an order; return the index of the command."""
        self._columns.append((CommandKind.REDUCE, 0, 0, 0, order, 0, quantity, message, False))
        return len(self._columns) - 1

    def amend(self, message: int, order: int, price: int, quantity: int) -> int:
        """Give an order a price and a quantity, its executed part included; return the command's index."""
        self._columns.append((CommandKind.AMEND, 0, 0, 0, order, price, quantity, message, False))
        return len(self._columns) - 1

    def arrays(self) -> tuple[Commands, Ints, Bools]:
        """Return the commands, the messages they come from, and which of them are seeds."""
        columns = np.array(self._columns, np.int64).reshape(len(self._columns), 9)
        commands = np.zeros(len(columns), COMMAND)
        names = ("kind", "side", "order_type", "time_in_force", "order", "price", "quantity")
        for place, name in enumerate(names):
            commands[name] = columns[:, place]
        return commands, columns[:, 7].copy(), columns[:, 8] != 0


def rows_of(rows: Sequence[tuple[Any, ...]], dtype: np.dtype[np.void]) -> Rows:
    """Return rows of numbers as an array of the dtype."""
    return np.array(list(rows), dtype) if rows else np.zeros(0, dtype)
