"""The friendly door: a limit order book with one method call a command."""

from hashlib import blake2b
from struct import Struct
from struct import error as StructError  # noqa: N812  # an exception, named as one
from typing import NamedTuple, NoReturn, SupportsIndex

import numpy as np

from sim.matching import batch, core
from sim.matching.arena import HEADER_WORDS, LAYOUT, LAYOUT_WORD, TABLE, TABLE_MASK, Arena, aligned
from sim.matching.bits import entry_point
from sim.matching.codes import CancelReason, OrderType, Side, TimeInForce
from sim.matching.events import Accepted, Cancelled, Event, decode
from sim.matching.layout import BUFFER_HEADER, EVENT_WIDTH, ORDER, Words, new_buffer
from sim.matching.single import COMMAND_FORMAT, COMMAND_OFFSET, cancel_one, submit_one

_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_IOC = int(TimeInForce.IOC)
_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_SIDES = tuple(Side)
_REQUESTED = CancelReason.REQUESTED

_ROWS = 64
_WORD_BYTES = 8
_ROW_BYTES = EVENT_WIDTH * _WORD_BYTES
_FIRST_BYTE = BUFFER_HEADER * _WORD_BYTES
_SUBJECT_BYTE = _FIRST_BYTE + ORDER * _WORD_BYTES
_unpack_subject = Struct(
    "=5q"
).unpack_from  # order, account, side, price, quantity of the first row
_unpack_rows = Struct(f"={EVENT_WIDTH}q").iter_unpack
_pack_command = Struct(COMMAND_FORMAT).pack_into
_pack_order = Struct("=q").pack_into
_HASH_BYTES = 16
_LEAST, _MOST = -(2**63), 2**63 - 1
_COMMAND_WORDS = ("order", "account", "side", "order_type", "time_in_force", "price", "quantity")


class CommandError(TypeError):
    """A word of a command is no 64-bit integer, so there is no command to refuse."""


class SnapshotError(ValueError):
    """What should be restored is not a snapshot of a book of this version."""


class Level(NamedTuple):
    """One price of one side."""

    price: int
    quantity: int
    """Lots of all orders at this price."""
    orders: int


class Depth(NamedTuple):
    """Best levels of both sides, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class RestingOrder(NamedTuple):
    """One order in the book."""

    side: Side
    price: int
    order: int
    account: int
    quantity: int
    """Lots still open."""


class OrderBook:
    """A limit order book with price-time priority.

    Prices are ticks and quantities lots, both int64; ids of orders and accounts are any int64. Every
    command returns the events it caused, in order. A refused command returns one `Rejected` and
    changes nothing; nothing raises for what a trader may do wrong. Only a value that is no 64-bit
    integer at all raises `CommandError`.

    Parameters
    ----------
    order_capacity
        Resting orders to make room for at first; the book grows as needed.

    Raises
    ------
    ValueError
        The capacity is not positive.

    Examples
    --------
    >>> book = OrderBook()
    >>> book.submit_limit(order=1, account=7, side=Side.SELL, price=101, quantity=5)
    [Accepted(order=1, account=7, side=<Side.SELL: 1>, price=101, quantity=5)]
    >>> book.submit_market(order=2, account=8, side=Side.BUY, quantity=2)[1].maker_remaining
    3
    >>> book.best_ask, book.best_bid
    (101, None)
    """

    def __init__(self, order_capacity: int = 1024) -> None:
        self._arena = core.new_book(order_capacity)
        self._use_buffer(_ROWS)
        self._submit_one = entry_point(submit_one, arrays=2)
        self._cancel_one = entry_point(cancel_one, arrays=2)

    # -- commands ----------------------------------------------------------------------------------

    def submit_limit(
        self,
        order: int,
        account: int,
        side: int,
        price: int,
        quantity: int,
        time_in_force: int = TimeInForce.GTC,
    ) -> list[Event]:
        """Enter a limit order: trade at the limit price or better, then rest (GTC) or leave (IOC)."""
        try:
            _pack_command(
                self._bytes,
                COMMAND_OFFSET,
                order,
                account,
                side,
                _LIMIT,
                time_in_force,
                price,
                quantity,
            )
        except StructError:
            self._refuse_to_pack(order, account, side, _LIMIT, time_in_force, price, quantity)
        rows = self._submit_one(self._arena, self._buffer)
        if rows == 1:
            return [Accepted(order, account, _SIDES[side], price, quantity)]
        return self._answer(rows)

    def submit_market(self, order: int, account: int, side: int, quantity: int) -> list[Event]:
        """Enter a market order: trade with whatever rests; what finds no counterparty is cancelled."""
        try:
            _pack_command(
                self._bytes, COMMAND_OFFSET, order, account, side, _MARKET, _IOC, 0, quantity
            )
        except StructError:
            self._refuse_to_pack(order, account, side, _MARKET, _IOC, 0, quantity)
        return self._answer(self._submit_one(self._arena, self._buffer))

    def cancel(self, order: int) -> list[Event]:
        """Take a resting order out of the book."""
        try:
            _pack_order(self._bytes, COMMAND_OFFSET, order)
        except StructError:
            self._refuse_to_pack(order)
        if self._cancel_one(self._arena, self._buffer):
            return self._answer(1)
        _, account, side, price, quantity = _unpack_subject(self._bytes, _SUBJECT_BYTE)
        return [Cancelled(order, account, _SIDES[side], price, quantity, _REQUESTED)]

    def process(self, commands: batch.Commands) -> batch.Events:
        """Execute a batch of commands in one compiled loop; the same events as one call a command.

        Parameters
        ----------
        commands
            One-dimensional array of dtype `sim.matching.layout.COMMAND`.

        Returns
        -------
        numpy.ndarray
            Dtype `sim.matching.layout.EVENT`; `events["price"]` is a column.

        Raises
        ------
        TypeError
            The commands are not a one-dimensional array of that dtype.
        """
        self._arena, events = batch.process(self._arena, commands)
        return events

    # -- views -------------------------------------------------------------------------------------

    @property
    def best_bid(self) -> int | None:
        """Highest price bid, if any."""
        return core.best_bid(self._arena) if core.has_bid(self._arena) else None

    @property
    def best_ask(self) -> int | None:
        """Lowest price asked, if any."""
        return core.best_ask(self._arena) if core.has_ask(self._arena) else None

    def __len__(self) -> int:
        """Count the resting orders."""
        return core.live_orders(self._arena)

    def resting_quantity(self, order: int) -> int:
        """Open lots of a resting order; 0 if it does not rest."""
        return core.resting_quantity(self._arena, order)

    def available(self, side: int, limit_price: int) -> int:
        """Lots resting on a side at prices at least as good as the limit price."""
        return core.depth(self._arena, int(side), limit_price)

    def depth(self, levels: int = 10) -> Depth:
        """Return the best price levels of both sides (L2)."""
        return Depth(self._levels(_BUY, levels), self._levels(_SELL, levels))

    def orders(self) -> list[RestingOrder]:
        """Return all resting orders in order of priority, bids first (L3)."""
        rows = core.resting_orders(self._arena).tolist()
        return [RestingOrder(Side(side), *rest) for side, *rest in rows]

    def state_hash(self) -> str:
        """Return a digest of all that decides what the book does next, queue order included.

        It depends on the resting orders and their priority alone, not on how the book came to be.
        """
        rows = core.order_rows(self._arena).astype("<i8", copy=False)
        return blake2b(rows.tobytes(), digest_size=_HASH_BYTES).hexdigest()

    # -- snapshots ---------------------------------------------------------------------------------

    def snapshot(self) -> Arena:
        """Return a copy of the whole book as one flat int64 array."""
        return self._arena.copy()

    def restore(self, snapshot: Arena) -> None:
        """Become the book of a snapshot; the snapshot itself stays as it is.

        Raises
        ------
        SnapshotError
            It is not a snapshot of a book of this version.
        """
        problem = _snapshot_problem(snapshot)
        if problem:
            raise SnapshotError(problem)
        self._arena = aligned(len(snapshot))
        self._arena[:] = snapshot

    # -- inside ------------------------------------------------------------------------------------

    def _answer(self, rows: int) -> list[Event]:
        """Events of the last command, which is run again with more room if it has not run yet."""
        while rows == 0:
            self._make_room()
            rows = self._submit_one(self._arena, self._buffer)
        end = _FIRST_BYTE + abs(rows) * _ROW_BYTES
        return decode(_unpack_rows(self._bytes[_FIRST_BYTE:end]))

    def _make_room(self) -> None:
        if not core.room_for_command(self._arena):
            self._arena = core.grow(self._arena)
        command = self._buffer[:BUFFER_HEADER]
        self._use_buffer(2 * core.events_bound(self._arena))
        self._buffer[:BUFFER_HEADER] = command

    def _use_buffer(self, rows: int) -> None:
        self._buffer: Words = new_buffer(rows)
        self._bytes = self._buffer.data.cast("B")

    @staticmethod
    def _refuse_to_pack(*command: object) -> NoReturn:
        for name, value in zip(_COMMAND_WORDS, command, strict=False):
            if not isinstance(value, SupportsIndex) or not _LEAST <= value.__index__() <= _MOST:
                raise CommandError(f"{name} is {value!r}; expected an integer of 64 bits") from None
        raise AssertionError("every word is an int64")

    def _levels(self, side: int, most: int) -> tuple[Level, ...]:
        return tuple(Level(*row) for row in core.price_levels(self._arena, side, most).tolist())


def _snapshot_problem(snapshot: Arena) -> str:
    if snapshot.dtype != np.int64 or snapshot.ndim != 1 or len(snapshot) < HEADER_WORDS:
        return (
            f"a snapshot is one flat int64 array; this has dtype {snapshot.dtype} and "
            f"shape {snapshot.shape}"
        )
    if snapshot[LAYOUT_WORD] != LAYOUT:
        return f"the snapshot has layout {int(snapshot[LAYOUT_WORD]):#x}; expected {LAYOUT:#x}"
    words = int(snapshot[TABLE]) + int(snapshot[TABLE_MASK]) + 1
    if len(snapshot) != words:
        return f"the snapshot has {len(snapshot)} words; its header says {words}"
    return ""
