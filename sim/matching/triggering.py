"""After a command: triggered stop orders take their turns, one step at a time.

A step needs no more room than a command, in the arena and in the buffer, so that a long cascade can
stop in between for the caller to make room.
"""

from sim.matching.arena import (
    ACCOUNT,
    COUNT,
    ENTERED,
    EXPIRY,
    FLAGS,
    KEY,
    LIMIT_PRICE,
    NEXT,
    PHASE,
    QUANTITY,
    TRIGGER,
    TRIGGERED,
    WAITING,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.bounds import room_for_commands, rows_of_order
from sim.matching.codes import EventKind, Phase
from sim.matching.entry import act
from sim.matching.flags import next_arrival, packed_of, prevention_of
from sim.matching.queue import remove, terms_of
from sim.matching.rows import write_row
from sim.matching.waiting import call_off, call_stops, stops_due

_CONTINUOUS = int(Phase.CONTINUOUS)
_TRIGGERED = int(EventKind.TRIGGERED)


@inlined
def settled(book: Memory) -> bool:
    """Whether no stop order has a turn to take."""
    return book[WAITING] == 0 or (book[TRIGGERED + COUNT] == 0 and not stops_due(book))


@compiled
def settle(book: Memory, out: Memory, rows: int) -> bool:
    """Give all triggered stop orders their turns; False if there may be no room for the next one.

    `rows` is what the buffer has room for. Call it again once there is more room.
    """
    while not settled(book):
        if book[TRIGGERED + COUNT] == 0:
            call_stops(book)
            continue
        if not room_for_commands(book, 1):
            return False
        order = book[TRIGGERED + NEXT]
        if book[PHASE] != _CONTINUOUS:
            call_off(book)
            continue
        prevention = prevention_of(book[order + FLAGS])
        if out[0] + rows_of_order(book, book[order + QUANTITY], prevention) > rows:
            return False
        _trigger(book, out, order)
    return True


@compiled
def _trigger(book: Memory, out: Memory, order: int) -> None:
    """Let a stop order act."""
    packed = packed_of(book[order + FLAGS])
    terms = terms_of(book, order)
    order_id = book[order + KEY]
    account = book[order + ACCOUNT]
    lots = book[order + QUANTITY]
    entered = book[order + ENTERED]
    price = book[terms + LIMIT_PRICE]
    stop_price = book[terms + TRIGGER]
    expires = book[terms + EXPIRY]
    remove(book, order)
    write_row(out, packed | _TRIGGERED, order_id, account, price, lots, stop_price, 0, expires)
    arrival = next_arrival(book)
    act(book, out, packed, order_id, account, price, lots, 0, expires, entered, arrival)
