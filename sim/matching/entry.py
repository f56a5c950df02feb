"""New orders: accepted, matched, put in the book.

Most orders are plain limit orders, which `submit` enters along a short path. All others, and every refusal,
go the long one. What an order does once it is let in, `act`, serves
amended and triggered orders too.
"""

from sim.matching.arena import (
    BAND_HIGH,
    BAND_LOW,
    BAND_TICKS,
    CUT,
    GATES,
    HIDDEN,
    KEY,
    MAX_QUANTITY,
    MIN_QUANTITY,
    ORDER_KIND,
    PHASE,
    RETIRED_KIND,
    SLICES,
    UNIQUE_IDS,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.checks import (
    post_only_crosses,
    refusal_of_new,
    rests,
    room_for_lots,
    would_cross,
)
from sim.matching.codes import (
    CancelReason,
    EventKind,
    OrderType,
    Phase,
    SelfTradePrevention,
    TimeInForce,
)
from sim.matching.flags import flags_of, next_arrival, side_in, time_in_force_in, type_in
from sim.matching.ladder import key_of
from sim.matching.layout import PREVENTION_SHIFT, SIDE_SHIFT
from sim.matching.queue import join, level_for, new_order, new_terms, slices
from sim.matching.reach import BREACHED, obstacle, reach_of
from sim.matching.rows import as_event, write_cancelled, write_rejected, write_row
from sim.matching.session import change_phase, phase_after_breach
from sim.matching.table import enter, place_of, take
from sim.matching.taking import fillable, take_liquidity
from sim.matching.waiting import wait

_LIMIT = int(OrderType.LIMIT)
_MARKET = int(OrderType.MARKET)
_STOP = int(OrderType.STOP)
_STOP_LIMIT = int(OrderType.STOP_LIMIT)
_FOK = int(TimeInForce.FOK)
_GTD = int(TimeInForce.GTD)
_AUCTION = int(Phase.AUCTION)
_ACCEPTED = int(EventKind.ACCEPTED)
_FOK_UNFILLABLE = int(CancelReason.FOK_UNFILLABLE)
_IOC_REMAINDER = int(CancelReason.IOC_REMAINDER)
_NO_LIQUIDITY = int(CancelReason.NO_LIQUIDITY)
_POST_ONLY = int(CancelReason.POST_ONLY)
_PRICE_BAND = int(CancelReason.PRICE_BAND)

_SIDE_BIT = 1 << SIDE_SHIFT
_UNUSUAL = ~(_SIDE_BIT | (7 << PREVENTION_SHIFT))
"""Bits of a packed command that a plain limit order does not use."""
_TOO_HIGH = (max(map(int, SelfTradePrevention)) + 1) << PREVENTION_SHIFT


@inlined
def submit(
    book: Memory,
    out: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    quantity: int,
    stop_price: int,
    peak: int,
    expires: int,
) -> int:
    """Enter a new order and match it; see `core.submit`."""
    if (
        (packed & _UNUSUAL) == 0
        and packed < _TOO_HIGH
        and peak == 0
        and book[GATES] == 0
        and price > 0
        and book[BAND_LOW] <= price <= book[BAND_HIGH]
        and book[MIN_QUANTITY] <= quantity <= book[MAX_QUANTITY]
    ):
        side = side_in(packed)
        place = place_of(book, order_id, ORDER_KIND)
        if book[place] == 0 and quantity <= room_for_lots(book, side):
            write_row(out, packed | _ACCEPTED, order_id, account, price, quantity, 0, 0, 0)
            arrival = next_arrival(book)
            remaining = quantity
            if would_cross(book, side, price):
                if packed > _SIDE_BIT or book[BAND_TICKS] != 0:
                    act(
                        book, out, packed, order_id, account, price, quantity, 0, 0, quantity,
                        arrival,
                    )  # fmt: skip
                    return 0
                worst_key = key_of(1 - side, price)
                remaining = take_liquidity(
                    book, out, packed, order_id, account, price, worst_key, quantity
                )
                if remaining == 0:
                    return 0
                # Makers have left the table, so the taker's own place may have moved.
                place = place_of(book, order_id, ORDER_KIND)
            flags = flags_of(packed, arrival)
            order = new_order(book, place, order_id, account, remaining, quantity, flags)
            level = level_for(book, side, key_of(side, price))
            join(book, level, order, 0, remaining, 0)
            return 0
    return _submit_any(
        book, out, packed, order_id, account, price, quantity, stop_price, peak, expires
    )


@compiled
def _submit_any(
    book: Memory,
    out: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    quantity: int,
    stop_price: int,
    peak: int,
    expires: int,
) -> int:
    refusal = refusal_of_new(book, packed, order_id, price, quantity, stop_price, peak, expires)
    if refusal != 0:
        write_rejected(
            out, packed, order_id, account, price, quantity, stop_price, peak, expires, refusal
        )
        return refusal
    order_type = type_in(packed)
    if order_type not in (_LIMIT, _STOP_LIMIT):
        price = 0
    if order_type not in (_STOP, _STOP_LIMIT):
        stop_price = 0
    if time_in_force_in(packed) != _GTD:
        expires = 0
    accepted = as_event(_ACCEPTED, packed)
    write_row(out, accepted, order_id, account, price, quantity, stop_price, peak, expires)
    if book[UNIQUE_IDS] != 0:
        retire(book, order_id)
    arrival = next_arrival(book)
    if order_type in (_STOP, _STOP_LIMIT):
        wait(
            book, packed, order_id, account, price, quantity, quantity, stop_price, expires, arrival
        )
    else:
        act(book, out, packed, order_id, account, price, quantity, peak, expires, quantity, arrival)
    return 0


@compiled
def retire(book: Memory, order_id: int) -> None:
    """Remember an id for ever."""
    record = take(book)
    book[record + KEY] = order_id
    enter(book, place_of(book, order_id, RETIRED_KIND), order_id, RETIRED_KIND, record)


@compiled
def act(
    book: Memory,
    out: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    quantity: int,
    peak: int,
    expires: int,
    entered: int,
    arrival: int,
) -> None:
    """Let an order trade as far as it may, and rest or cancel what is left.

    `quantity` is what is open of it, `entered` what it was entered or amended to.
    """
    remaining = quantity
    reason = 0
    book[CUT] = 0
    if book[PHASE] != _AUCTION:
        remaining, reason = _trade(book, out, packed, order_id, account, price, quantity)
    if remaining == 0:
        return
    entered -= book[CUT]
    phase = book[PHASE]
    if reason == BREACHED:
        reason = _PRICE_BAND
        phase = phase_after_breach(book)
        if phase == _AUCTION:
            change_phase(book, out, phase, _PRICE_BAND)
            if rests(packed):
                reason = 0
    if reason == 0 and rests(packed):
        rest(book, packed, order_id, account, price, remaining, peak, expires, entered, arrival)
        return
    if reason == 0:
        reason = _NO_LIQUIDITY if remaining == quantity else _IOC_REMAINDER
    write_cancelled(
        out, order_id, account, side_in(packed), type_in(packed), price, remaining, reason
    )
    if phase != book[PHASE]:
        change_phase(book, out, phase, _PRICE_BAND)


@inlined
def _trade(
    book: Memory, out: Memory, packed: int, order_id: int, account: int, price: int, quantity: int
) -> tuple[int, int]:
    """Trade as far as the order's reach goes; return what is left and why it may not go on."""
    if post_only_crosses(book, packed, price):
        return quantity, _POST_ONLY
    reach = reach_of(book, packed, price)
    own, _, far, collar, _, dynamic_far = reach
    worst = min(own, far, collar, dynamic_far)
    reason = obstacle(book, packed, quantity, reach)
    if time_in_force_in(packed) == _FOK and (
        reason != 0 or not fillable(book, packed, account, worst, quantity)
    ):
        return quantity, _FOK_UNFILLABLE
    if reason != 0:
        return quantity, reason
    left = take_liquidity(book, out, packed, order_id, account, price, worst, quantity)
    return left, obstacle(book, packed, left, reach)


@compiled
def rest(
    book: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    lots: int,
    peak: int,
    expires: int,
    entered: int,
    arrival: int,
) -> None:
    """Put an order into the book, behind those at its price."""
    side = side_in(packed)
    reserve = max(0, lots - peak) if peak != 0 else 0
    flags = flags_of(packed, arrival)
    place = place_of(book, order_id, ORDER_KIND)
    order = new_order(book, place, order_id, account, lots - reserve, entered, flags)
    level = level_for(book, side, key_of(side, price))
    dated = time_in_force_in(packed) == _GTD
    terms = 0
    if dated or peak != 0:
        terms = new_terms(book, order, reserve, peak, 0, expires, dated)
        book[level + HIDDEN] += reserve
        book[SLICES] += slices(reserve, peak)
    join(book, level, order, terms, lots - reserve, reserve)
