"""Reasons to refuse a new order; the first that applies is given."""

from sim.matching.arena import (
    BAND_HIGH,
    BAND_LOW,
    BEST,
    CLOCK,
    KEY,
    LOT,
    LOTS,
    MAX_QUANTITY,
    MIN_QUANTITY,
    MOST_SLICES,
    NONPOSITIVE_PRICES,
    ORDER_KIND,
    PHASE,
    RETIRED_KIND,
    TICK,
    UNIQUE_IDS,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import OrderType, Phase, Reject, SelfTradePrevention, TimeInForce
from sim.matching.flags import post_only_in, prevention_in, side_in, time_in_force_in, type_in
from sim.matching.ladder import key_of, state_of
from sim.matching.table import find

_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_BY_AMOUNT = int(OrderType.MARKET_BY_AMOUNT)
_LAST_TYPE = max(map(int, OrderType))
_GTC = int(TimeInForce.GTC)
_IOC = int(TimeInForce.IOC)
_FOK = int(TimeInForce.FOK)
_GTD = int(TimeInForce.GTD)
_LAST_TIME_IN_FORCE = max(map(int, TimeInForce))
_DECREMENT = int(SelfTradePrevention.DECREMENT)
_LAST_PREVENTION = max(map(int, SelfTradePrevention))
_CONTINUOUS = int(Phase.CONTINUOUS)
_HALTED_PHASE = int(Phase.HALTED)
_AUCTION = int(Phase.AUCTION)
_CLOSED_PHASE = int(Phase.CLOSED)

_UNKNOWN_SIDE = int(Reject.UNKNOWN_SIDE)
_UNKNOWN_ORDER_TYPE = int(Reject.UNKNOWN_ORDER_TYPE)
_UNKNOWN_TIME_IN_FORCE = int(Reject.UNKNOWN_TIME_IN_FORCE)
_UNKNOWN_FLAG = int(Reject.UNKNOWN_FLAG)
_UNKNOWN_PREVENTION = int(Reject.UNKNOWN_SELF_TRADE_PREVENTION)
_BAD_COMBINATION = int(Reject.BAD_COMBINATION)
_HALTED = int(Reject.HALTED)
_CLOSED = int(Reject.CLOSED)
_NOT_IN_AUCTION = int(Reject.NOT_IN_AUCTION)
_NOT_POSITIVE = int(Reject.QUANTITY_NOT_POSITIVE)
_BELOW_MINIMUM = int(Reject.QUANTITY_BELOW_MINIMUM)
_ABOVE_MAXIMUM = int(Reject.QUANTITY_ABOVE_MAXIMUM)
_OFF_LOT = int(Reject.QUANTITY_OFF_LOT)
_TOO_LARGE = int(Reject.QUANTITY_TOO_LARGE)
_PRICE_NOT_POSITIVE = int(Reject.PRICE_NOT_POSITIVE)
_PRICE_OFF_TICK = int(Reject.PRICE_OFF_TICK)
_PRICE_BAND = int(Reject.PRICE_BAND)
_BAD_PEAK = int(Reject.BAD_PEAK)
_EXPIRED = int(Reject.EXPIRED)
_POST_ONLY = int(Reject.POST_ONLY)
_DUPLICATE_ORDER = int(Reject.DUPLICATE_ORDER)

_MOST = 2**63 - 1


@inlined
def stops_of(side: int) -> int:
    """Ladder on which the stop orders of a side wait."""
    return 3 - side


@inlined
def room_for_lots(book: Memory, side: int) -> int:
    """Lots that still fit beside those of a side that rest and wait."""
    return _MOST - book[state_of(side) + LOTS] - book[state_of(stops_of(side)) + LOTS]


@inlined
def rests(packed: int) -> bool:
    """Whether what does not trade of such an order stays in the book."""
    order_type = type_in(packed)
    time_in_force = time_in_force_in(packed)
    limited = order_type in (_LIMIT, _STOP_LIMIT)
    return limited and time_in_force in (_GTC, _GTD)


@compiled
def _malformed(packed: int, peak: int) -> int:
    order_type = type_in(packed)
    time_in_force = time_in_force_in(packed)
    post_only = post_only_in(packed)
    prevention = prevention_in(packed)
    refusal = 0
    if side_in(packed) > 1:
        refusal = _UNKNOWN_SIDE
    elif order_type > _LAST_TYPE:
        refusal = _UNKNOWN_ORDER_TYPE
    elif time_in_force > _LAST_TIME_IN_FORCE:
        refusal = _UNKNOWN_TIME_IN_FORCE
    elif post_only > 1:
        refusal = _UNKNOWN_FLAG
    elif prevention > _LAST_PREVENTION:
        refusal = _UNKNOWN_PREVENTION
    elif (
        (post_only == 1 and not rests(packed))
        or (peak != 0 and not (order_type == _LIMIT and rests(packed)))
        or (time_in_force == _GTD and order_type in (_MARKET, _BY_AMOUNT))
        or (order_type == _BY_AMOUNT and (time_in_force == _FOK or prevention == _DECREMENT))
    ):
        refusal = _BAD_COMBINATION
    return refusal


@inlined
def _out_of_phase(book: Memory, packed: int) -> int:
    phase = book[PHASE]
    refusal = 0
    if phase == _HALTED_PHASE:
        refusal = _HALTED
    elif phase == _CLOSED_PHASE:
        refusal = _CLOSED
    elif phase == _AUCTION:
        order_type = type_in(packed)
        immediate = order_type == _LIMIT and (not rests(packed) or post_only_in(packed) == 1)
        if order_type in (_MARKET, _BY_AMOUNT) or immediate:
            refusal = _NOT_IN_AUCTION
    return refusal


@compiled
def bad_quantity(book: Memory, quantity: int, minimum: int) -> int:
    """Reason to refuse a quantity in lots, or 0."""
    refusal = 0
    if quantity <= 0:
        refusal = _NOT_POSITIVE
    elif quantity < minimum:
        refusal = _BELOW_MINIMUM
    elif quantity > book[MAX_QUANTITY]:
        refusal = _ABOVE_MAXIMUM
    elif quantity % book[LOT] != 0:
        refusal = _OFF_LOT
    return refusal


@compiled
def bad_price(book: Memory, price: int, banded: bool) -> int:
    """Reason to refuse a limit price, which a static band holds for, or a stop price; or 0."""
    refusal = 0
    if price <= 0 and book[NONPOSITIVE_PRICES] == 0:
        refusal = _PRICE_NOT_POSITIVE
    elif price % book[TICK] != 0:
        refusal = _PRICE_OFF_TICK
    elif banded and not book[BAND_LOW] <= price <= book[BAND_HIGH]:
        refusal = _PRICE_BAND
    return refusal


@inlined
def would_cross(book: Memory, side: int, price: int) -> bool:
    """Whether an order of this side and limit would trade at once."""
    best = book[state_of(1 - side) + BEST]
    return best != 0 and book[best + KEY] <= key_of(1 - side, price)


@inlined
def post_only_crosses(book: Memory, packed: int, price: int) -> bool:
    """Whether a post-only order would trade on its arrival."""
    at_once = post_only_in(packed) == 1 and book[PHASE] == _CONTINUOUS
    return at_once and would_cross(book, side_in(packed), price)


@compiled
def refusal_of_new(
    book: Memory,
    packed: int,
    order_id: int,
    price: int,
    quantity: int,
    stop_price: int,
    peak: int,
    expires: int,
) -> int:
    """Reason to refuse a new order, or 0."""
    refusal = _malformed(packed, peak)
    if refusal == 0:
        refusal = _out_of_phase(book, packed)
    order_type = type_in(packed)
    if refusal == 0:
        if order_type == _BY_AMOUNT:
            refusal = _NOT_POSITIVE if quantity <= 0 else 0
        else:
            refusal = bad_quantity(book, quantity, book[MIN_QUANTITY])
    if refusal == 0 and order_type in (_LIMIT, _STOP_LIMIT):
        refusal = bad_price(book, price, True)
    if refusal == 0 and order_type in (_STOP, _STOP_LIMIT):
        refusal = bad_price(book, stop_price, False)
    if refusal == 0:
        refusal = _unfit(book, packed, order_id, price, quantity, peak, expires)
    return refusal


@inlined
def bad_peak(book: Memory, peak: int, quantity: int) -> bool:
    """Whether an iceberg of so many lots may not have this peak."""
    if not 0 < peak <= quantity or peak % book[LOT] != 0:
        return True
    return (quantity - 1) // peak >= MOST_SLICES


@compiled
def _unfit(
    book: Memory,
    packed: int,
    order_id: int,
    price: int,
    quantity: int,
    peak: int,
    expires: int,
) -> int:
    """Reason to refuse an order that is valid in itself for what the book is like now, or 0."""
    order_type = type_in(packed)
    refusal = 0
    if peak != 0 and bad_peak(book, peak, quantity):
        refusal = _BAD_PEAK
    elif time_in_force_in(packed) == _GTD and expires <= book[CLOCK]:
        refusal = _EXPIRED
    elif (rests(packed) or order_type in (_STOP, _STOP_LIMIT)) and quantity > room_for_lots(
        book, side_in(packed)
    ):
        refusal = _TOO_LARGE
    elif find(book, order_id, ORDER_KIND) != 0 or (
        book[UNIQUE_IDS] != 0 and find(book, order_id, RETIRED_KIND) != 0
    ):
        refusal = _DUPLICATE_ORDER
    elif order_type == _LIMIT and post_only_crosses(book, packed, price):
        refusal = _POST_ONLY
    return refusal
