"""The compiled interface: books are int64 arenas, events are rows of an int64 buffer.

    book, out = new_book(), new_buffer(1000)
    if not room_for_command(book): book = grow(book)
    out[0] = 0
    status = submit(book, out, order_id, account, side, order_type, time_in_force, price, quantity)

All functions but `new_book`, `new_buffer`, `grow`, `price_levels` and `resting_orders` may be called
from other compiled code. The words of a row are in `layout.py`, the numbers in `codes.py`. Before a
command the caller sees to room in the arena (`room_for_command`) and in the buffer (`events_bound`);
nothing checks it again.
"""

import numpy as np

from sim.matching import matcher, views
from sim.matching.arena import Arena, new_book
from sim.matching.bits import compiled, memory_of
from sim.matching.codes import Side
from sim.matching.growth import grow
from sim.matching.layout import Words, new_buffer

__all__ = [
    "best_ask",
    "best_bid",
    "cancel",
    "depth",
    "events_bound",
    "grow",
    "has_ask",
    "has_bid",
    "live_orders",
    "new_book",
    "new_buffer",
    "price_levels",
    "resting_orders",
    "resting_quantity",
    "room_for_command",
    "room_for_commands",
    "submit",
]


@compiled
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
    """Enter a new order and match it.

    Writes ACCEPTED, then one TRADE a fill, then CANCELLED with what is left of an IOC or market order;
    or REJECTED alone. A market order ignores price and time in force, and its rows say price 0.

    Parameters
    ----------
    order_id, account
        Any int64; the id must not be that of a resting order.
    side, order_type, time_in_force
        Numbers of `codes.Side`, `codes.OrderType` and `codes.TimeInForce`.
    price
        Ticks, any int64.
    quantity
        Lots, positive.

    Returns
    -------
    int
        0 if accepted, otherwise a `Reject` code; the book is then unchanged.
    """
    return matcher.submit_order(
        memory_of(book),
        memory_of(out),
        order_id,
        account,
        side,
        order_type,
        time_in_force,
        price,
        quantity,
    )


@compiled
def cancel(book: Arena, out: Words, order_id: int) -> int:
    """Take a resting order out of the book; writes CANCELLED, or REJECTED if the id is not resting.

    Returns
    -------
    int
        0 if cancelled, otherwise a `Reject` code.
    """
    return matcher.cancel_order(memory_of(book), memory_of(out), order_id)


@compiled
def room_for_command(book: Arena) -> bool:
    """Whether any one more command fits in the arena; if not, `grow` it first."""
    return matcher.room_for_commands(memory_of(book), 1)


@compiled
def room_for_commands(book: Arena, commands: int) -> bool:
    """Whether so many more commands fit in the arena, whatever they are; if not, `grow` it first."""
    return matcher.room_for_commands(memory_of(book), commands)


@compiled
def events_bound(book: Arena) -> int:
    """Rows that one command can write at most: a fill for every resting order, and two more."""
    return matcher.events_bound(memory_of(book))


@compiled
def has_bid(book: Arena) -> bool:
    """Whether any buy order rests."""
    return views.has_level(memory_of(book), views.BUY)


@compiled
def has_ask(book: Arena) -> bool:
    """Whether any sell order rests."""
    return views.has_level(memory_of(book), views.SELL)


@compiled
def best_bid(book: Arena) -> int:
    """Highest price bid; 0 when there is none, which `has_bid` tells from a price of 0."""
    return views.best_price(memory_of(book), views.BUY)


@compiled
def best_ask(book: Arena) -> int:
    """Lowest price asked; 0 when there is none, which `has_ask` tells from a price of 0."""
    return views.best_price(memory_of(book), views.SELL)


@compiled
def live_orders(book: Arena) -> int:
    """Orders resting on both sides."""
    return views.live_orders(memory_of(book))


@compiled
def depth(book: Arena, side: int, limit_price: int) -> int:
    """Lots resting on a side at prices at least as good as the limit price."""
    return views.depth(memory_of(book), side, limit_price)


@compiled
def resting_quantity(book: Arena, order_id: int) -> int:
    """Open lots of a resting order; 0 if the id is not in the book."""
    return views.resting_quantity(memory_of(book), order_id)


@compiled
def _write_levels(book: Arena, side: int, rows: Words) -> int:
    return views.write_levels(
        memory_of(book), side, memory_of(rows), len(rows) // views.LEVEL_COLUMNS
    )


@compiled
def _write_orders(book: Arena, side: int, rows: Words) -> int:
    return views.write_orders(memory_of(book), side, memory_of(rows))


def price_levels(book: Arena, side: int, most: int) -> Words:
    """Return the best price levels of a side, best first, at most so many.

    Returns
    -------
    numpy.ndarray
        Shape (levels, 3), int64: price in ticks, lots, orders.
    """
    rows = np.empty(min(most, live_orders(book)) * views.LEVEL_COLUMNS, np.int64)
    written = _write_levels(book, side, rows)
    return rows.reshape(-1, views.LEVEL_COLUMNS)[:written]


def order_rows(book: Arena) -> Words:
    """Return all there is to know of the resting orders, in order of priority, bids first.

    Returns
    -------
    numpy.ndarray
        Shape (orders, 7), int64: side, price in ticks, order id, account, open lots, entered lots, flags.
    """
    rows = np.empty(live_orders(book) * views.ORDER_COLUMNS, np.int64)
    bids = _write_orders(book, int(Side.BUY), rows)
    _write_orders(book, int(Side.SELL), rows[bids * views.ORDER_COLUMNS :])
    return rows.reshape(-1, views.ORDER_COLUMNS)


def resting_orders(book: Arena) -> Words:
    """Return the resting orders in order of priority, bids first.

    Returns
    -------
    numpy.ndarray
        Shape (orders, 5), int64: side, price in ticks, order id, account, open lots.
    """
    return order_rows(book)[:, :5]
