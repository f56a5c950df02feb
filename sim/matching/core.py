"""The compiled interface: books are int64 arenas, events are rows of an int64 buffer.

    book, out = new_book(), new_buffer(1000)
    if not room_for_command(book): book = grow(book)
    out[0] = 0
    status = submit(book, out, order_id, account, side, order_type, time_in_force, price, quantity)

All functions but `new_book`, `new_buffer`, `grow`, `price_levels` and those that return order rows may be
called from other compiled code. The words of a row are in `layout.py`, the numbers in `codes.py`. Before a
command the caller sees to room in the arena (`room_for_command`) and in the buffer (`events_bound`);
nothing checks it again. A book with stop orders asks for `settle` after every command.
"""

import numpy as np

from sim.matching import amending, auction, bounds, entry, triggering, views
from sim.matching.arena import BUY_STOPS, SELL_STOPS, Arena, new_book
from sim.matching.bits import exported, memory_of
from sim.matching.codes import Side
from sim.matching.growth import grow
from sim.matching.layout import (
    BUFFER_HEADER,
    EVENT_WIDTH,
    SIDE_SHIFT,
    TIME_IN_FORCE_SHIFT,
    TYPE_SHIFT,
    Words,
    new_buffer,
)

__all__ = [
    "best_ask",
    "best_bid",
    "cancel",
    "depth",
    "equilibrium",
    "events_bound",
    "grow",
    "has_ask",
    "has_bid",
    "live_orders",
    "new_book",
    "new_buffer",
    "order_rows",
    "price_levels",
    "resting_orders",
    "resting_quantity",
    "room_for_command",
    "room_for_commands",
    "settle",
    "stop_rows",
    "submit",
]


@exported
def submit(
    book: Arena,
    out: Words,
    order_id: int,
    account: int,
    side: int,
    order_type: int,
    time_in_force: int,
    price: int,
    quantity: int,
) -> int:
    """Enter a new limit or market order and match it.

    Writes ACCEPTED, then one TRADE a fill, then CANCELLED with what is left of an IOC or market order;
    or REJECTED alone. A market order ignores its price, and its rows say price 0. All other orders go
    through `commands.execute`, which takes whole commands.

    Parameters
    ----------
    order_id, account
        Any int64; the id must not be that of an order in the book.
    side, order_type, time_in_force
        Numbers of `codes.Side`, `codes.OrderType` and `codes.TimeInForce`, 0 to 255.
    price
        Ticks.
    quantity
        Lots, positive.

    Returns
    -------
    int
        0 if accepted, otherwise a `Reject` code; the book is then unchanged.
    """
    packed = (side << SIDE_SHIFT) | (order_type << TYPE_SHIFT)
    packed |= time_in_force << TIME_IN_FORCE_SHIFT
    return entry.submit(
        memory_of(book), memory_of(out), packed, order_id, account, price, quantity, 0, 0, 0
    )


@exported
def cancel(book: Arena, out: Words, order_id: int) -> int:
    """Take an order out of the book; writes CANCELLED, or nothing if the id is not in the book.

    Returns
    -------
    int
        0 if cancelled, otherwise a `Reject` code.
    """
    return amending.cancel(memory_of(book), memory_of(out), order_id, 0)


@exported
def settle(book: Arena, out: Words) -> bool:
    """Let the stop orders act that a trade has reached; False if there may be no room to go on.

    Make room then, in the arena and in the buffer, and call it again.
    """
    rows = (len(out) - BUFFER_HEADER) // EVENT_WIDTH
    return triggering.settle(memory_of(book), memory_of(out), rows)


@exported
def room_for_command(book: Arena) -> bool:
    """Whether any one more command fits in the arena; if not, `grow` it first."""
    return bounds.room_for_commands(memory_of(book), 1)


@exported
def room_for_commands(book: Arena, commands: int) -> bool:
    """Whether so many more commands fit in the arena, whatever they are; if not, `grow` it first."""
    return bounds.room_for_commands(memory_of(book), commands)


@exported
def events_bound(book: Arena) -> int:
    """Rows that one command can write at most."""
    return bounds.events_bound(memory_of(book))


@exported
def has_bid(book: Arena) -> bool:
    """Whether any buy order rests."""
    return views.has_level(memory_of(book), views.BUY)


@exported
def has_ask(book: Arena) -> bool:
    """Whether any sell order rests."""
    return views.has_level(memory_of(book), views.SELL)


@exported
def best_bid(book: Arena) -> int:
    """Highest price bid; 0 when there is none, which `has_bid` tells from a price of 0."""
    return views.best_price(memory_of(book), views.BUY)


@exported
def best_ask(book: Arena) -> int:
    """Lowest price asked; 0 when there is none, which `has_ask` tells from a price of 0."""
    return views.best_price(memory_of(book), views.SELL)


@exported
def live_orders(book: Arena) -> int:
    """Orders resting on both sides."""
    return views.live_orders(memory_of(book))


@exported
def depth(book: Arena, side: int, limit_price: int) -> int:
    """Lots shown on a side at prices at least as good as the limit price."""
    return views.depth(memory_of(book), side, limit_price)


@exported
def resting_quantity(book: Arena, order_id: int) -> int:
    """Open lots of a resting order, its reserve included; 0 if the id does not rest."""
    return views.resting_quantity(memory_of(book), order_id)


@exported
def equilibrium(book: Arena, reference: int) -> tuple[int, int, int]:
    """Price, lots and surplus at which an uncross would trade now; see `auction.equilibrium`."""
    return auction.equilibrium(memory_of(book), reference)


@exported
def _orders_on(book: Arena, ladder: int) -> int:
    return views.orders_on(memory_of(book), ladder)


@exported
def _write_levels(book: Arena, side: int, rows: Words) -> int:
    return views.write_levels(
        memory_of(book), side, memory_of(rows), len(rows) // views.LEVEL_COLUMNS
    )


@exported
def _write_orders(book: Arena, ladder: int, rows: Words) -> int:
    return views.write_orders(memory_of(book), ladder, memory_of(rows))


def price_levels(book: Arena, side: int, most: int) -> Words:
    """Return the best price levels of a side, best first, at most so many.

    Returns
    -------
    numpy.ndarray
        Shape (levels, 3), int64: price in ticks, lots shown, orders.
    """
    rows = np.empty(min(most, live_orders(book)) * views.LEVEL_COLUMNS, np.int64)
    written = _write_levels(book, side, rows)
    return rows.reshape(-1, views.LEVEL_COLUMNS)[:written]


def _rows_of(book: Arena, ladders: tuple[int, int]) -> Words:
    first, second = (_orders_on(book, ladder) * views.ORDER_COLUMNS for ladder in ladders)
    rows = np.empty(first + second, np.int64)
    _write_orders(book, ladders[0], rows[:first])
    _write_orders(book, ladders[1], rows[first:])
    return rows.reshape(-1, views.ORDER_COLUMNS)


def order_rows(book: Arena) -> Words:
    """Return all there is to know of the resting orders, in order of priority, bids first.

    Returns
    -------
    numpy.ndarray
        Shape (orders, `views.ORDER_COLUMNS`), int64.
    """
    return _rows_of(book, (int(Side.BUY), int(Side.SELL)))


def stop_rows(book: Arena) -> Words:
    """Return all there is to know of the waiting stop orders, sells first, next to be reached first.

    Returns
    -------
    numpy.ndarray
        Shape (orders, `views.ORDER_COLUMNS`), int64.
    """
    return _rows_of(book, (SELL_STOPS, BUY_STOPS))


def resting_orders(book: Arena) -> Words:
    """Return the resting orders in order of priority, bids first.

    Returns
    -------
    numpy.ndarray
        Shape (orders, 5), int64: side, price in ticks, order id, account, open lots.
    """
    rows = order_rows(book)
    resting = rows[:, :5].copy()
    resting[:, 4] += rows[:, 5]
    return resting
