"""Reading a book: compiled questions that change nothing."""

from sim.matching.arena import (
    ACCOUNT,
    ASKS,
    BEST,
    BIDS,
    COUNT,
    ENTERED,
    EXPIRY,
    FLAGS,
    ICEBERG_PEAK,
    KEY,
    LADDER,
    LIMIT_PRICE,
    NEXT,
    ORDERS,
    QUANTITY,
    RESERVE,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import Side
from sim.matching.ladder import key_of, next_level, price_of, state_of
from sim.matching.queue import open_lots, order_of, price_at, terms_of, waits

BUY = int(Side.BUY)
SELL = int(Side.SELL)

LEVEL_COLUMNS = 3
"""Words of a row of `write_levels`: price, lots shown, orders."""
ORDER_COLUMNS = 11
"""Words of a row of `write_orders`: ladder; price of its level, which of a waiting order is its stop price;
order id; account; lots shown; lots in reserve; lots entered; flags; peak or stop price; limit price of a
waiting order; expiry."""


@inlined
def has_level(book: Memory, side: int) -> bool:
    """Whether any order of the side rests."""
    return book[state_of(side) + BEST] != 0


@inlined
def best_price(book: Memory, side: int) -> int:
    """Best price of a side; 0 when nothing rests there."""
    level = book[state_of(side) + BEST]
    if level == 0:
        return 0
    return price_of(side, book[level + KEY])


@inlined
def live_orders(book: Memory) -> int:
    """Orders resting on both sides."""
    return book[state_of(BIDS) + ORDERS] + book[state_of(ASKS) + ORDERS]


@inlined
def orders_on(book: Memory, ladder: int) -> int:
    """Orders on a ladder."""
    return book[state_of(ladder) + ORDERS]


@compiled
def depth(book: Memory, side: int, limit_price: int) -> int:
    """Lots shown on a side at prices at least as good as the limit price."""
    worst_key = key_of(side, limit_price)
    lots = 0
    level = book[state_of(side) + BEST]
    while level != 0 and book[level + KEY] <= worst_key:
        lots += book[level + QUANTITY]
        level = next_level(book, level)
    return lots


@compiled
def resting_quantity(book: Memory, order_id: int) -> int:
    """Open lots of a resting order, its reserve included; 0 if the id does not rest."""
    order = order_of(book, order_id)
    if order == 0 or waits(book, order):
        return 0
    return open_lots(book, order)


@compiled
def write_levels(book: Memory, side: int, rows: Memory, most: int) -> int:
    """Write the best levels of a side, best first, at most so many; return how many there were."""
    count = 0
    level = book[state_of(side) + BEST]
    while level != 0 and count < most:
        row = count * LEVEL_COLUMNS
        rows[row] = price_of(side, book[level + KEY])
        rows[row + 1] = book[level + QUANTITY]
        rows[row + 2] = book[level + COUNT]
        count += 1
        level = next_level(book, level)
    return count


@compiled
def write_orders(book: Memory, ladder: int, rows: Memory) -> int:
    """Write all orders of a ladder, best level first, in the order of their queues; return the rows written.

    `rows` has room for every order of the ladder.
    """
    count = 0
    level = book[state_of(ladder) + BEST]
    while level != 0:
        order = book[level + NEXT]
        while order != level:
            _write_order(book, level, order, rows, count * ORDER_COLUMNS)
            count += 1
            order = book[order + NEXT]
        level = next_level(book, level)
    return count


@inlined
def _write_order(book: Memory, level: int, order: int, rows: Memory, row: int) -> None:
    terms = terms_of(book, order)
    rows[row] = book[level + LADDER]
    rows[row + 1] = price_at(book, level)
    rows[row + 2] = book[order + KEY]
    rows[row + 3] = book[order + ACCOUNT]
    rows[row + 4] = book[order + QUANTITY]
    rows[row + 5] = 0 if terms == 0 else book[terms + RESERVE]
    rows[row + 6] = book[order + ENTERED]
    rows[row + 7] = book[order + FLAGS]
    rows[row + 8] = 0 if terms == 0 else book[terms + ICEBERG_PEAK]
    rows[row + 9] = 0 if terms == 0 else book[terms + LIMIT_PRICE]
    rows[row + 10] = 0 if terms == 0 else book[terms + EXPIRY]
