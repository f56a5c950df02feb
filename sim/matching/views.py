"""Reading a book: compiled questions that change nothing."""

from sim.matching.arena import (
    ACCOUNT,
    BEST,
    COUNT,
    ENTERED,
    FLAGS,
    KEY,
    NEXT,
    ORDER_KIND,
    ORDERS,
    QUANTITY,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import Side
from sim.matching.ladder import key_of, next_level, price_of, state_of
from sim.matching.table import find

BUY = int(Side.BUY)
SELL = int(Side.SELL)

LEVEL_COLUMNS = 3
"""Words of a row of `write_levels`: price, lots, orders."""
ORDER_COLUMNS = 7
"""Words of a row of `write_orders`: side, price, order id, account, open lots, entered lots, flags."""


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
    return book[state_of(BUY) + ORDERS] + book[state_of(SELL) + ORDERS]


@compiled
def depth(book: Memory, side: int, limit_price: int) -> int:
    """Lots resting on a side at prices at least as good as the limit price."""
    worst_key = key_of(side, limit_price)
    lots = 0
    level = book[state_of(side) + BEST]
    while level != 0 and book[level + KEY] <= worst_key:
        lots += book[level + QUANTITY]
        level = next_level(book, level)
    return lots


@compiled
def resting_quantity(book: Memory, order_id: int) -> int:
    """Open lots of a resting order; 0 if the id is not in the book."""
    order = find(book, order_id, ORDER_KIND)
    if order == 0:
        return 0
    return book[order + QUANTITY]


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
def write_orders(book: Memory, side: int, rows: Memory) -> int:
    """Write all orders of a side in order of priority; return the rows written.

    `rows` has room for every order of the side.
    """
    count = 0
    level = book[state_of(side) + BEST]
    while level != 0:
        price = price_of(side, book[level + KEY])
        order = book[level + NEXT]
        while order != level:
            row = count * ORDER_COLUMNS
            rows[row] = side
            rows[row + 1] = price
            rows[row + 2] = book[order + KEY]
            rows[row + 3] = book[order + ACCOUNT]
            rows[row + 4] = book[order + QUANTITY]
            rows[row + 5] = book[order + ENTERED]
            rows[row + 6] = book[order + FLAGS]
            count += 1
            order = book[order + NEXT]
        level = next_level(book, level)
    return count
