"""Matching: what a command does to the book and which events it causes.

Price-time priority: the best price trades first, at one price the older order, always at the price of
the resting order. Every command either changes the book and says so, or is refused with one REJECTED
row and changes nothing. Rows go to the event buffer (`new_buffer`); the caller has made sure of
room, in the arena (`room_for_command`) and in the buffer (`events_bound`).
"""

from sim.matching.arena import (
    ACCOUNT,
    BEST,
    COMMAND_RECORDS,
    COUNT,
    ENTERED,
    FLAGS,
    KEY,
    LADDER,
    LEVEL,
    LOTS,
    NEXT,
    ORDER_KIND,
    ORDERS,
    PREVIOUS,
    QUANTITY,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import CancelReason, EventKind, OrderType, Reject, Side, TimeInForce
from sim.matching.ladder import find_level, key_of, new_level, price_of, remove_level, state_of
from sim.matching.rows import write_row
from sim.matching.table import HANDLE, enter, erase, has_room, place_of, release, take
from sim.matching.views import live_orders

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_GTC = int(TimeInForce.GTC)
_IOC = int(TimeInForce.IOC)

_ACCEPTED = int(EventKind.ACCEPTED)
_TRADE = int(EventKind.TRADE)
_CANCELLED = int(EventKind.CANCELLED)
_REJECTED = int(EventKind.REJECTED)

_REQUESTED = int(CancelReason.REQUESTED)
_IOC_REMAINDER = int(CancelReason.IOC_REMAINDER)
_NO_LIQUIDITY = int(CancelReason.NO_LIQUIDITY)

_UNKNOWN_SIDE = int(Reject.UNKNOWN_SIDE)
_UNKNOWN_ORDER_TYPE = int(Reject.UNKNOWN_ORDER_TYPE)
_UNKNOWN_TIME_IN_FORCE = int(Reject.UNKNOWN_TIME_IN_FORCE)
_QUANTITY_NOT_POSITIVE = int(Reject.QUANTITY_NOT_POSITIVE)
_QUANTITY_TOO_LARGE = int(Reject.QUANTITY_TOO_LARGE)
_DUPLICATE_ORDER = int(Reject.DUPLICATE_ORDER)
_UNKNOWN_ORDER = int(Reject.UNKNOWN_ORDER)

_MOST = 2**63 - 1
_TIF_SHIFT = 8


@inlined
def _refusal(book: Memory, side: int, order_type: int, time_in_force: int, quantity: int) -> int:
    """Reason to refuse a new order for what it says, before the book is asked; 0 if there is none."""
    if side not in (_BUY, _SELL):
        return _UNKNOWN_SIDE
    if order_type not in (_LIMIT, _MARKET):
        return _UNKNOWN_ORDER_TYPE
    if time_in_force not in (_GTC, _IOC):
        return _UNKNOWN_TIME_IN_FORCE
    if quantity <= 0:
        return _QUANTITY_NOT_POSITIVE
    may_rest = order_type == _LIMIT and time_in_force == _GTC
    if may_rest and quantity > _MOST - book[state_of(side) + LOTS]:
        return _QUANTITY_TOO_LARGE
    return 0


@compiled
def _match(
    book: Memory, out: Memory, order_id: int, account: int, side: int, worst_key: int, quantity: int
) -> int:
    """Trade against the opposite ladder up to a key; return the lots left over."""
    opposite = 1 - side
    state = state_of(opposite)
    remaining = quantity
    level = book[state + BEST]
    while level != 0 and remaining > 0:
        key = book[level + KEY]
        if key > worst_key:
            break
        price = price_of(opposite, key)
        before = remaining
        gone = 0
        maker = book[level + NEXT]
        while remaining > 0 and maker != level:
            open_lots = book[maker + QUANTITY]
            fill = min(open_lots, remaining)
            remaining -= fill
            maker_id = book[maker + KEY]
            write_row(
                out,
                _TRADE,
                order_id,
                account,
                side,
                price,
                fill,
                maker_id,
                book[maker + ACCOUNT],
                remaining,
                open_lots - fill,
                0,
            )
            if fill < open_lots:
                book[maker + QUANTITY] = open_lots - fill
                break
            younger = book[maker + NEXT]
            erase(book, place_of(book, maker_id, ORDER_KIND))
            release(book, maker)
            maker = younger
            gone += 1
        book[level + NEXT] = maker
        book[maker + PREVIOUS] = level
        book[level + QUANTITY] -= before - remaining
        book[level + COUNT] -= gone
        book[state + LOTS] -= before - remaining
        book[state + ORDERS] -= gone
        if maker == level:
            remove_level(book, level)
        level = book[state + BEST]
    return remaining


@inlined
def _rest(
    book: Memory,
    place: int,
    order_id: int,
    account: int,
    side: int,
    key: int,
    quantity: int,
    entered: int,
) -> None:
    """Put an order at the end of the queue at its price."""
    order = take(book)
    enter(book, place, order_id, ORDER_KIND, order)
    level = find_level(book, side, key)
    if level == 0:
        level = new_level(book, side, key)
    youngest = book[level + PREVIOUS]
    book[order + KEY] = order_id
    book[order + NEXT] = level
    book[order + PREVIOUS] = youngest
    book[order + LEVEL] = level
    book[order + QUANTITY] = quantity
    book[order + ACCOUNT] = account
    book[order + ENTERED] = entered
    book[order + FLAGS] = _LIMIT | (_GTC << _TIF_SHIFT)
    book[youngest + NEXT] = order
    book[level + PREVIOUS] = order
    book[level + QUANTITY] += quantity
    book[level + COUNT] += 1
    state = state_of(side)
    book[state + LOTS] += quantity
    book[state + ORDERS] += 1


@inlined
def submit_order(
    book: Memory,
    out: Memory,
    order_id: int,
    account: int,
    side: int,
    order_type: int,
    time_in_force: int,
    price: int,
    quantity: int,
) -> int:
    """Enter a new order and match it; see `core.submit`."""
    refusal = _refusal(book, side, order_type, time_in_force, quantity)
    place = place_of(book, order_id, ORDER_KIND)
    if refusal == 0 and book[place] != 0:
        refusal = _DUPLICATE_ORDER
    if refusal != 0:
        write_row(out, _REJECTED, order_id, account, side, price, quantity, 0, 0, 0, 0, refusal)
        return refusal
    opposite = 1 - side
    worst_key = key_of(opposite, price)
    if order_type == _MARKET:
        price = 0
        worst_key = _MOST
    write_row(out, _ACCEPTED, order_id, account, side, price, quantity, 0, 0, quantity, 0, 0)
    remaining = quantity
    best = book[state_of(opposite) + BEST]
    if best != 0 and book[best + KEY] <= worst_key:
        remaining = _match(book, out, order_id, account, side, worst_key, quantity)
        if remaining == 0:
            return 0
        # Makers have left the table, so the taker's own place may have moved.
        place = place_of(book, order_id, ORDER_KIND)
    if order_type == _LIMIT and time_in_force == _GTC:
        _rest(book, place, order_id, account, side, key_of(side, price), remaining, quantity)
        return 0
    reason = _NO_LIQUIDITY if remaining == quantity else _IOC_REMAINDER
    write_row(
        out, _CANCELLED, order_id, account, side, price, remaining, 0, 0, remaining, 0, reason
    )
    return 0


@inlined
def cancel_order(book: Memory, out: Memory, order_id: int) -> int:
    """Take a resting order out of the book; see `core.cancel`."""
    place = place_of(book, order_id, ORDER_KIND)
    order = book[place] & HANDLE
    if order == 0:
        write_row(out, _REJECTED, order_id, 0, 0, 0, 0, 0, 0, 0, 0, _UNKNOWN_ORDER)
        return _UNKNOWN_ORDER
    level = book[order + LEVEL]
    lots = book[order + QUANTITY]
    side = book[level + LADDER]
    price = price_of(side, book[level + KEY])
    account = book[order + ACCOUNT]
    write_row(out, _CANCELLED, order_id, account, side, price, lots, 0, 0, lots, 0, _REQUESTED)
    older = book[order + PREVIOUS]
    younger = book[order + NEXT]
    book[older + NEXT] = younger
    book[younger + PREVIOUS] = older
    erase(book, place)
    release(book, order)
    state = state_of(side)
    book[level + QUANTITY] -= lots
    book[level + COUNT] -= 1
    book[state + LOTS] -= lots
    book[state + ORDERS] -= 1
    if book[level + NEXT] == level:
        remove_level(book, level)
    return 0


@inlined
def room_for_commands(book: Memory, commands: int) -> bool:
    """Whether so many more commands fit in the arena, whatever they are; if not, `grow` it first."""
    return has_room(book, commands * COMMAND_RECORDS)


@inlined
def events_bound(book: Memory) -> int:
    """Rows that one command can write at most: a fill for every resting order, and two more."""
    return 2 + live_orders(book)


@inlined
def rows_bound(book: Memory, quantity: int) -> int:
    """Rows that an order of so many lots can write at most, each fill taking a lot of it."""
    return 2 + min(max(quantity, 0), live_orders(book))
