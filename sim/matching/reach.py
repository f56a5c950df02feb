"""How far an order may trade: its own limit, the static band, the collar, the dynamic band.

Every reach is a ladder key of the opposite side: prices up to it may trade, worse ones not. A band has a near
end too: a price that is too good is outside as well. An order begins at the best price and goes on to worse
ones, so the near end matters only at its beginning.
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
from sim.matching.ladder import key_of, price_of, state_of
from sim.matching.taking import affordable

_BUY = int(Side.BUY)
_LIMIT = int(OrderType.LIMIT)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_BY_AMOUNT = int(OrderType.MARKET_BY_AMOUNT)
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
def reach_of(book: Memory, packed: int, price: int) -> tuple[int, int, int, int, int, int]:
    """Reaches of an order as it arrives.

    Returns
    -------
    tuple
        Its own limit; nearest and furthest key within the static band, which limit prices have been held
        against before; the collar; nearest and furthest key within the dynamic band.
    """
    side = side_in(packed)
    opposite = 1 - side
    own = _MOST
    near, far = _LEAST, _MOST
    collar = _MOST
    if type_in(packed) in (_LIMIT, _STOP_LIMIT):
        own = key_of(opposite, price)
    else:
        near, far = _keys_between(side, book[BAND_LOW], book[BAND_HIGH])
        best = book[state_of(opposite) + BEST]
        if book[COLLAR_TICKS] >= 0 and best != 0:
            collar = _plus(book[best + KEY], book[COLLAR_TICKS])
    dynamic_near, dynamic_far = _LEAST, _MOST
    if book[BAND_TICKS] != 0 and book[HAS_LAST] != 0:
        last, width = book[LAST_PRICE], book[BAND_TICKS]
        dynamic_near, dynamic_far = _keys_between(side, _minus(last, width), _plus(last, width))
    return own, near, far, collar, dynamic_near, dynamic_far


@inlined
def _keys_between(side: int, low: int, high: int) -> tuple[int, int]:
    """Nearest and furthest key that an order of a side may meet between two prices."""
    if side == _BUY:
        return key_of(1 - side, low), key_of(1 - side, high)
    return key_of(1 - side, high), key_of(1 - side, low)


@compiled
def obstacle(
    book: Memory, packed: int, quantity: int, reach: tuple[int, int, int, int, int, int]
) -> int:
    """Why an order with so much left may not trade at the best price of the other side.

    Returns
    -------
    int
        0 if it may, or if nothing is there within its own limit; BREACHED when the dynamic band alone holds
        it back; otherwise a `CancelReason`.
    """
    own, near, far, collar, dynamic_near, dynamic_far = reach
    opposite = 1 - side_in(packed)
    best = book[state_of(opposite) + BEST]
    reason = 0
    if best != 0 and book[best + KEY] <= own:
        key = book[best + KEY]
        by_amount = type_in(packed) == _BY_AMOUNT
        if by_amount and affordable(book, quantity, price_of(opposite, key)) == 0:
            reason = _AMOUNT_SPENT
        elif not near <= key <= far:
            reason = _PRICE_BAND
        elif key > collar:
            reason = _COLLAR
        elif not dynamic_near <= key <= dynamic_far:
            reason = BREACHED
    return reason
