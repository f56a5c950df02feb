"""The third door: a book from its events alone.

Nothing is matched again. An order that may rest stands in the book from its acceptance on; its own trades
then take lots off it, first off what it would not show, and so it ends up as it did when they came first.
"""

from sim.matching.arena import (
    BAND_HIGH,
    BAND_LOW,
    BAND_TICKS,
    BREACH_ACTION,
    CLOCK,
    ENTERED,
    FLAGS,
    HAS_LAST,
    LAST_PRICE,
    PHASE,
    UNIQUE_IDS,
    Arena,
)
from sim.matching.auction import fill
from sim.matching.batch import Events, words_of
from sim.matching.bits import Memory, compiled, exported, inlined, memory_of
from sim.matching.bounds import room_for_commands
from sim.matching.checks import rests
from sim.matching.codes import BreachAction, EventKind, OrderType, Phase, TimeInForce
from sim.matching.entry import rest, retire
from sim.matching.flags import (
    next_arrival,
    packed_of,
    side_in,
    time_in_force_in,
    type_in,
)
from sim.matching.growth import grow
from sim.matching.layout import (
    ACCOUNT,
    BYTE,
    DETAIL_SHIFT,
    EVENT,
    EVENT_WIDTH,
    EXPIRES,
    MAKER_ORDER,
    ORDER,
    PACKED,
    PEAK,
    PRICE,
    QUANTITY,
    STOP_PRICE,
    Words,
)
from sim.matching.queue import open_lots, order_of, remove, shrink, special_terms, waits
from sim.matching.session import set_gates
from sim.matching.waiting import wait

_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_ACCEPTED = int(EventKind.ACCEPTED)
_TRADE = int(EventKind.TRADE)
_CANCELLED = int(EventKind.CANCELLED)
_AMENDED = int(EventKind.AMENDED)
_TRIGGERED = int(EventKind.TRIGGERED)
_SESSION = int(EventKind.SESSION)
_BANDS = int(EventKind.BANDS)
_CLOCK = int(EventKind.CLOCK)
_REJECTED = int(EventKind.REJECTED)
_UNCROSSED = int(EventKind.UNCROSSED)
_LAST_TYPE = max(map(int, OrderType))
_LAST_TIME_IN_FORCE = max(map(int, TimeInForce))
_LAST_PHASE = max(map(int, Phase))
_LAST_ACTION = max(map(int, BreachAction))
_KINDS = tuple(EventKind)


class ReplayError(ValueError):
    """Events that do not follow from each other: they are not the whole story of a book."""


@compiled
def _accept(book: Memory, rows: Memory, row: int) -> bool:
    packed = rows[row + PACKED]
    order_id = rows[row + ORDER]
    account = rows[row + ACCOUNT]
    price = rows[row + PRICE]
    lots = rows[row + QUANTITY]
    expires = rows[row + EXPIRES]
    valid = side_in(packed) <= 1 and lots > 0 and rows[row + PEAK] >= 0
    valid = valid and type_in(packed) <= _LAST_TYPE
    valid = valid and time_in_force_in(packed) <= _LAST_TIME_IN_FORCE
    if not valid or order_of(book, order_id) != 0:
        return False
    if book[UNIQUE_IDS] != 0:
        retire(book, order_id)
    arrival = next_arrival(book)
    if type_in(packed) in (_STOP, _STOP_LIMIT):
        stop_price = rows[row + STOP_PRICE]
        wait(book, packed, order_id, account, price, lots, lots, stop_price, expires, arrival)
    elif rests(packed):
        peak = rows[row + PEAK]
        rest(book, packed, order_id, account, price, lots, peak, expires, lots, arrival)
    return True


@compiled
def _trade(book: Memory, rows: Memory, row: int) -> bool:
    lots = rows[row + QUANTITY]
    taker = order_of(book, rows[row + ORDER])
    maker = order_of(book, rows[row + MAKER_ORDER])
    if maker == 0 or not 0 < lots <= open_lots(book, maker):
        return False
    in_an_uncross = ((rows[row + PACKED] >> DETAIL_SHIFT) & BYTE) != 0
    if taker != 0 and open_lots(book, taker) < lots:
        return False
    fill(book, maker, lots)
    if in_an_uncross:
        if taker == 0:
            return False
        fill(book, taker, lots)
    elif taker != 0:
        left = open_lots(book, taker) - lots
        if left == 0:
            remove(book, taker)
        else:
            shrink(book, taker, left)
            book[taker + ENTERED] += lots
    book[LAST_PRICE] = rows[row + PRICE]
    book[HAS_LAST] = 1
    return True


@compiled
def _amend(book: Memory, rows: Memory, row: int) -> bool:
    order = order_of(book, rows[row + ORDER])
    if order == 0:
        return True  # an order that never rests, cut by self-trade prevention
    lots = rows[row + QUANTITY]
    if lots <= 0:
        return False
    if ((rows[row + PACKED] >> DETAIL_SHIFT) & BYTE) != 0:
        if lots > open_lots(book, order):
            return False
        shrink(book, order, lots)
        return True
    packed = packed_of(book[order + FLAGS])
    entered = book[order + ENTERED] - open_lots(book, order) + lots
    waiting = waits(book, order)
    fifth, expires = special_terms(book, order)
    remove(book, order)
    order_id, account, price = rows[row + ORDER], rows[row + ACCOUNT], rows[row + PRICE]
    arrival = next_arrival(book)
    if waiting:
        wait(book, packed, order_id, account, price, lots, entered, fifth, expires, arrival)
    else:
        rest(book, packed, order_id, account, price, lots, fifth, expires, entered, arrival)
    return True


@compiled
def _trigger(book: Memory, rows: Memory, row: int) -> bool:
    order = order_of(book, rows[row + ORDER])
    if order == 0 or not waits(book, order):
        return False
    packed = rows[row + PACKED]
    entered = book[order + ENTERED]
    remove(book, order)
    arrival = next_arrival(book)
    if rests(packed):
        rest(
            book,
            packed,
            rows[row + ORDER],
            rows[row + ACCOUNT],
            rows[row + PRICE],
            rows[row + QUANTITY],
            0,
            rows[row + EXPIRES],
            entered,
            arrival,
        )
    return True


@inlined
def _apply(book: Memory, rows: Memory, row: int) -> bool:
    """Let one event have happened; False if it cannot have."""
    packed = rows[row + PACKED]
    kind = packed & BYTE
    detail = (packed >> DETAIL_SHIFT) & BYTE
    possible = True
    if kind == _ACCEPTED:
        possible = _accept(book, rows, row)
    elif kind == _TRADE:
        possible = _trade(book, rows, row)
    elif kind == _CANCELLED:
        order = order_of(book, rows[row + ORDER])
        if order != 0:
            remove(book, order)
    elif kind == _AMENDED:
        possible = _amend(book, rows, row)
    elif kind == _TRIGGERED:
        possible = _trigger(book, rows, row)
    elif kind == _SESSION and detail <= _LAST_PHASE:
        book[PHASE] = detail
        set_gates(book)
    elif kind == _BANDS and detail <= _LAST_ACTION:
        book[BAND_LOW] = rows[row + PRICE]
        book[BAND_HIGH] = rows[row + STOP_PRICE]
        book[BAND_TICKS] = rows[row + QUANTITY]
        book[BREACH_ACTION] = detail
    elif kind == _CLOCK:
        book[CLOCK] = rows[row + EXPIRES]
    else:
        possible = kind in (_REJECTED, _UNCROSSED)
    return possible


@exported
def _apply_events(arena: Arena, events: Words, first: int) -> int:
    """Apply events from `first` on; return the next one to apply, or -1 - that of an impossible one."""
    book = memory_of(arena)
    rows = memory_of(events)
    index = first
    while index < len(events) // EVENT_WIDTH and room_for_commands(book, 1):
        if not _apply(book, rows, index * EVENT_WIDTH):
            return -1 - index
        index += 1
    return index


def replay(arena: Arena, events: Events) -> Arena:
    """Bring a book to where its events led, growing the arena as needed.

    Parameters
    ----------
    arena
        The book as it was before the events: new, with the same rules, or any snapshot. Changed in place
        unless it had to grow.
    events
        Array of dtype `layout.EVENT`: all events of some commands, in order.

    Returns
    -------
    numpy.ndarray
        The arena of the book afterwards; its state hash is that of the book that wrote the events.

    Raises
    ------
    TypeError
        The events are not a one-dimensional array of that dtype.
    ReplayError
        An event cannot have followed from those before it.
    """
    rows = words_of(events, EVENT)
    done = _apply_events(arena, rows, 0)
    while 0 <= done < len(events):
        arena = grow(arena)
        done = _apply_events(arena, rows, done)
    if done < 0:
        row = events[-1 - done]
        kind = next((kind.name for kind in _KINDS if kind == row["kind"]), f"kind {row['kind']}")
        raise ReplayError(
            f"event {-1 - done:,} ({kind} of order {row['order']}) cannot have followed from those "
            f"before it"
        )
    return arena
