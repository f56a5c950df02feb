"""How far an order may trade: its own limit, the static band, the collar, the dynamic band.

Every reach is a ladder key of the opposite side: prices up to it may trade, worse ones not.
"""

from sim.matching.arena import (
    BAND_HIGH,
    BAND_LOW,
    BAND_TICKS,
    BEST,
    COLLAR_TICKS,
    HAS_LAST,
    KEY,
    LAST_PRICE,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import CancelReason, OrderType, Side
from sim.matching.flags import side_in, type_in
from sim.matching.ladder import key_of, state_of

_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_PRICE_BAND = int(CancelReason.PRICE_BAND)
_COLLAR = int(CancelReason.COLLAR)
_AMOUNT_SPENT = int(CancelReason.AMOUNT_SPENT)

_LEAST, _MOST = -(2**63), 2**63 - 1
BREACHED = -1


@inlined
def _plus(number: int, distance: int) -> int:
    """Sum with a distance of at least 0, no further than int64 goes."""
    return number + distance if number <= _MOST - distance else _MOST


@inlined
def _minus(number: int, distance: int) -> int:
    """Difference by a distance of at least 0, no further than int64 goes."""
    return number - distance if number >= _LEAST + distance else _LEAST


@compiled
def reach_of(book: Memory, packed: int, price: int) -> tuple[int, int, int]:
    """Reaches of an order: its own limit; the same within static band and collar; the dynamic band's."""
    side = side_in(packed)
    opposite = 1 - side
    own = _MOST
    allowed = _MOST
    if type_in(packed) in (_LIMIT, _STOP_LIMIT):
        own = key_of(opposite, price)
        allowed = own
    else:
        allowed = key_of(opposite, book[BAND_HIGH] if side == _BUY else book[BAND_LOW])
        best = book[state_of(opposite) + BEST]
        if book[COLLAR_TICKS] >= 0 and best != 0:
            allowed = min(allowed, _plus(book[best + KEY], book[COLLAR_TICKS]))
    dynamic = _MOST
    if book[BAND_TICKS] != 0 and book[HAS_LAST] != 0:
        last, width = book[LAST_PRICE], book[BAND_TICKS]
        dynamic = key_of(opposite, _plus(last, width) if side == _BUY else _minus(last, width))
    return own, allowed, dynamic


@compiled
def reason_to_stop(book: Memory, side: int, own: int, allowed: int, dynamic: int) -> int:
    """Why an order that has taken what it may does not go on.

    Returns
    -------
    int
        0 when nothing is left within its own limit; BREACHED when the dynamic band alone holds it back;
        otherwise a `CancelReason`.
    """
    best = book[state_of(1 - side) + BEST]
    reason = 0
    if best != 0 and book[best + KEY] <= own:
        key = book[best + KEY]
        static = key_of(1 - side, book[BAND_HIGH] if side == _BUY else book[BAND_LOW])
        if key > allowed:
            reason = _PRICE_BAND if key > static else _COLLAR
        elif key > dynamic:
            reason = BREACHED
        else:
            reason = _AMOUNT_SPENT
    return reason
