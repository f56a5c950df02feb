"""Stop orders that wait, and the call to those that a trade has reached.

They wait on two ladders by stop price, in the order in which prices would reach them. Once reached, they
stand on the level in the arena's header, in order of arrival, until each has had its turn.
"""

from sim.matching.arena import (
    BEST,
    BUY_STOPS,
    COUNT,
    FLAGS,
    HAS_LAST,
    KEY,
    LAST_PRICE,
    LOTS,
    NEXT,
    ORDER_KIND,
    ORDERS,
    PHASE,
    QUANTITY,
    SELL_STOPS,
    SORT,
    SORT_LISTS,
    TRIGGER,
    TRIGGERED,
    TRIGGERED_LADDER,
    WAITING,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.checks import stops_of
from sim.matching.codes import Phase, TimeInForce
from sim.matching.flags import arrival_of, flags_of, side_in, side_of, time_in_force_in
from sim.matching.ladder import key_of, remove_level, state_of
from sim.matching.queue import detach, join, level_for, new_order, new_terms, terms_of
from sim.matching.table import place_of

_GTD = int(TimeInForce.GTD)
_CONTINUOUS = int(Phase.CONTINUOUS)


@compiled
def wait(
    book: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    lots: int,
    entered: int,
    stop_price: int,
    expires: int,
    arrival: int,
) -> None:
    """Let a stop order wait, behind those at its stop price."""
    place = place_of(book, order_id, ORDER_KIND)
    order = new_order(book, place, order_id, account, lots, entered, flags_of(packed, arrival))
    dated = time_in_force_in(packed) == _GTD
    terms = new_terms(book, order, 0, stop_price, price, expires, dated)
    side = side_in(packed)
    join(book, level_for(book, stops_of(side), key_of(1 - side, stop_price)), order, terms, lots, 0)
    book[WAITING] += 1


@inlined
def _due_level(book: Memory, ladder: int, key: int) -> int:
    """Best level of a ladder of stops if the last price has reached it, or 0."""
    level = book[state_of(ladder) + BEST]
    if level != 0 and book[level + KEY] <= key:
        return level
    return 0


@inlined
def stops_due(book: Memory) -> bool:
    """Whether a trade has reached the stop price of an order that still waits."""
    if book[PHASE] != _CONTINUOUS or book[HAS_LAST] == 0:
        return False
    last = book[LAST_PRICE]
    return (
        _due_level(book, SELL_STOPS, key_of(SELL_STOPS & 1, last)) != 0
        or _due_level(book, BUY_STOPS, key_of(BUY_STOPS & 1, last)) != 0
    )


@compiled
def call_stops(book: Memory) -> None:
    """Move every stop order that the last price has reached to the triggered ones, by arrival."""
    last = book[LAST_PRICE]
    for ladder in (SELL_STOPS, BUY_STOPS):
        key = key_of(ladder & 1, last)
        level = _due_level(book, ladder, key)
        while level != 0:
            state = state_of(ladder)
            book[state + LOTS] -= book[level + QUANTITY]
            book[state + ORDERS] -= book[level + COUNT]
            order = book[level + NEXT]
            while order != level:
                younger = book[order + NEXT]
                _sort_in(book, order)
                order = younger
            book[level + NEXT] = level
            remove_level(book, level)
            level = _due_level(book, ladder, key)
    order = _sorted(book)
    while order != 0:
        younger = book[order + NEXT]
        lots = book[order + QUANTITY]
        join(book, TRIGGERED, order, terms_of(book, order), lots, 0)
        order = younger


@inlined
def _sort_in(book: Memory, order: int) -> None:
    """Merge sort, bottom up: list i of the header is empty or has 2**i orders, chained by `NEXT`."""
    book[order + NEXT] = 0
    run = order
    place = SORT
    while book[place] != 0:
        run = _merged(book, book[place], run)
        book[place] = 0
        place += 1
    book[place] = run


@compiled
def _sorted(book: Memory) -> int:
    """Return all orders sorted in, as one list."""
    run = 0
    for place in range(SORT, SORT + SORT_LISTS):
        if book[place] != 0:
            run = _merged(book, book[place], run)
            book[place] = 0
    return run


@compiled
def _merged(book: Memory, first: int, second: int) -> int:
    """Merge two lists of orders, each in order of arrival."""
    head = 0
    tail = 0
    while first != 0 or second != 0:
        if second == 0 or (
            first != 0 and arrival_of(book[first + FLAGS]) < arrival_of(book[second + FLAGS])
        ):
            order = first
            first = book[order + NEXT]
        else:
            order = second
            second = book[order + NEXT]
        if head == 0:
            head = order
        else:
            book[tail + NEXT] = order
        tail = order
    if tail != 0:
        book[tail + NEXT] = 0
    return head


@compiled
def call_off(book: Memory) -> None:
    """Put the first triggered order back to waiting, where it stood."""
    order = book[TRIGGERED + NEXT]
    terms = terms_of(book, order)
    lots = book[order + QUANTITY]
    state = state_of(TRIGGERED_LADDER)
    detach(book, order)
    book[TRIGGERED + QUANTITY] -= lots
    book[TRIGGERED + COUNT] -= 1
    book[state + LOTS] -= lots
    book[state + ORDERS] -= 1
    side = side_of(book[order + FLAGS])
    key = key_of(1 - side, book[terms + TRIGGER])
    join(book, level_for(book, stops_of(side), key), order, terms, lots, 0)
