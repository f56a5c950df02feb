"""Orders in the queues of levels: joining, leaving, shrinking.

The orders of a level form a ring through their level, oldest first. Leaving takes an order out of
everything that counts it: its queue, its level, its ladder, the table, the expiries.
"""

from sim.matching.arena import (
    ACCOUNT,
    COUNT,
    ENTERED,
    EXPIRIES,
    EXPIRY,
    FLAGS,
    HIDDEN,
    ICEBERG_PEAK,
    KEY,
    LADDER,
    LEVEL,
    LIMIT_PRICE,
    LOTS,
    NEXT,
    ORDER_KIND,
    ORDERS,
    OWNER,
    PREVIOUS,
    QUANTITY,
    RESERVE,
    SELL_STOPS,
    SLICES,
    TRIGGERED_LADDER,
    WAITING,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.ladder import find_level, new_level, price_on, remove_level, state_of
from sim.matching.table import HANDLE, enter, erase, find, place_of, release, take

_UPPER = 32


@inlined
def order_of(book: Memory, order_id: int) -> int:
    """Handle of the resting or waiting order of this id, or 0."""
    return find(book, order_id, ORDER_KIND)


@inlined
def level_of(book: Memory, order: int) -> int:
    """Handle of an order's level."""
    return book[order + LEVEL] & HANDLE


@inlined
def terms_of(book: Memory, order: int) -> int:
    """Handle of an order's terms, or 0."""
    return book[order + LEVEL] >> _UPPER


@inlined
def price_at(book: Memory, level: int) -> int:
    """Price of a level of bids, asks or stops."""
    return price_on(book[level + LADDER], book[level + KEY])


@inlined
def waits(book: Memory, order: int) -> bool:
    """Whether this is a stop order that has not been triggered."""
    return book[level_of(book, order) + LADDER] >= SELL_STOPS


@inlined
def reserve_of(book: Memory, order: int) -> int:
    """Lots of an order that it does not show."""
    terms = terms_of(book, order)
    if terms == 0:
        return 0
    return book[terms + RESERVE]


@inlined
def open_lots(book: Memory, order: int) -> int:
    """Lots of an order that are open, shown or not."""
    return book[order + QUANTITY] + reserve_of(book, order)


@inlined
def limit_price_of(book: Memory, order: int) -> int:
    """Limit price of a resting or waiting order; 0 of a stop order without one."""
    level = level_of(book, order)
    if book[level + LADDER] >= SELL_STOPS:
        return book[terms_of(book, order) + LIMIT_PRICE]
    return price_at(book, level)


@inlined
def slices(reserve: int, peak: int) -> int:
    """Refills in a reserve."""
    if reserve == 0:
        return 0
    return (reserve - 1) // peak + 1


@inlined
def level_for(book: Memory, ladder: int, key: int) -> int:
    """Handle of the level of this key, which is made if need be."""
    level = find_level(book, ladder, key)
    if level == 0:
        level = new_level(book, ladder, key)
    return level


@inlined
def append(book: Memory, level: int, record: int) -> None:
    """Put a record at the end of a level's queue; counts nothing."""
    youngest = book[level + PREVIOUS]
    book[record + NEXT] = level
    book[record + PREVIOUS] = youngest
    book[youngest + NEXT] = record
    book[level + PREVIOUS] = record


@inlined
def detach(book: Memory, record: int) -> None:
    """Take a record out of its level's queue; counts nothing."""
    older = book[record + PREVIOUS]
    younger = book[record + NEXT]
    book[older + NEXT] = younger
    book[younger + PREVIOUS] = older


@inlined
def new_order(
    book: Memory, place: int, order_id: int, account: int, shown: int, entered: int, flags: int
) -> int:
    """Make the record of an order, in no queue yet; `place` is the empty one of its id in the table."""
    order = take(book)
    enter(book, place, order_id, ORDER_KIND, order)
    book[order + KEY] = order_id
    book[order + QUANTITY] = shown
    book[order + ACCOUNT] = account
    book[order + ENTERED] = entered
    book[order + FLAGS] = flags
    return order


@inlined
def join(book: Memory, level: int, order: int, terms: int, shown: int, reserve: int) -> None:
    """Put an order at the end of a level's queue and count it there and on its ladder."""
    append(book, level, order)
    book[order + LEVEL] = level | (terms << _UPPER)
    book[level + QUANTITY] += shown
    book[level + COUNT] += 1
    state = state_of(book[level + LADDER])
    book[state + LOTS] += shown + reserve
    book[state + ORDERS] += 1


@compiled
def new_terms(
    book: Memory, owner: int, reserve: int, fifth: int, limit_price: int, expires: int, dated: bool
) -> int:
    """Make the terms of an order; `fifth` is its peak or its stop price, `dated` whether it expires."""
    terms = take(book)
    book[terms + OWNER] = owner
    book[terms + LEVEL] = 0
    book[terms + RESERVE] = reserve
    book[terms + ICEBERG_PEAK] = fifth
    book[terms + LIMIT_PRICE] = limit_price
    book[terms + EXPIRY] = expires
    if dated:
        level = level_for(book, EXPIRIES, expires)
        append(book, level, terms)
        book[terms + LEVEL] = level
        book[level + COUNT] += 1
        book[state_of(EXPIRIES) + ORDERS] += 1
    return terms


@compiled
def drop_terms(book: Memory, terms: int) -> None:
    """Remove the terms of an order that leaves."""
    level = book[terms + LEVEL]
    if level != 0:
        detach(book, terms)
        book[level + COUNT] -= 1
        book[state_of(EXPIRIES) + ORDERS] -= 1
        if book[level + NEXT] == level:
            remove_level(book, level)
    release(book, terms)


@compiled
def leave_queue(book: Memory, order: int) -> None:
    """Take an order off its level and its ladder, and remove the level if it was the last."""
    level = level_of(book, order)
    terms = terms_of(book, order)
    shown = book[order + QUANTITY]
    detach(book, order)
    state = state_of(book[level + LADDER])
    if terms != 0:
        reserve = book[terms + RESERVE]
        if reserve != 0:
            book[level + HIDDEN] -= reserve
            book[state + LOTS] -= reserve
            book[SLICES] -= slices(reserve, book[terms + ICEBERG_PEAK])
    book[level + QUANTITY] -= shown
    book[level + COUNT] -= 1
    book[state + LOTS] -= shown
    book[state + ORDERS] -= 1
    if book[level + LADDER] >= SELL_STOPS:
        book[WAITING] -= 1
    if book[level + NEXT] == level and book[level + LADDER] != TRIGGERED_LADDER:
        remove_level(book, level)


@inlined
def withdraw(book: Memory, order: int, place: int) -> None:
    """Take an order out of the book; `place` is that of its id in the table."""
    erase(book, place)
    leave_queue(book, order)
    terms = terms_of(book, order)
    if terms != 0:
        drop_terms(book, terms)
    release(book, order)


@inlined
def remove(book: Memory, order: int) -> None:
    """Take an order out of the book."""
    withdraw(book, order, place_of(book, book[order + KEY], ORDER_KIND))


@inlined
def show_next_slice(book: Memory, order: int, terms: int) -> int:
    """Let an iceberg with nothing shown show its next slice; return its lots.

    Its place in the queue and its level's counts are the caller's.
    """
    reserve = book[terms + RESERVE]
    shown = min(book[terms + ICEBERG_PEAK], reserve)
    book[terms + RESERVE] = reserve - shown
    book[order + QUANTITY] = shown
    book[SLICES] -= 1
    return shown


@inlined
def special_terms(book: Memory, order: int) -> tuple[int, int]:
    """Peak of an iceberg or stop price of a waiting order, which share a word, and expiry; 0 for none."""
    terms = terms_of(book, order)
    if terms == 0:
        return 0, 0
    return book[terms + ICEBERG_PEAK], book[terms + EXPIRY]


@compiled
def shrink(book: Memory, order: int, lots: int) -> None:
    """Leave an order so many open lots, no more than it has, in its place; its reserve goes first.

    What it was entered with shrinks alike, so that what it has traded stays the same.
    """
    level = level_of(book, order)
    terms = terms_of(book, order)
    cut = open_lots(book, order) - lots
    book[order + ENTERED] -= cut
    book[state_of(book[level + LADDER]) + LOTS] -= cut
    if terms != 0 and book[terms + RESERVE] != 0:
        peak = book[terms + ICEBERG_PEAK]
        reserve = book[terms + RESERVE]
        hidden = min(cut, reserve)
        book[terms + RESERVE] = reserve - hidden
        book[level + HIDDEN] -= hidden
        book[SLICES] -= slices(reserve, peak) - slices(reserve - hidden, peak)
        cut -= hidden
    book[order + QUANTITY] -= cut
    book[level + QUANTITY] -= cut
