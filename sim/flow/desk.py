"""The trading desk in the kernel: pre-trade checks, the book, settlement.

An order is checked, its hold taken, matched, and each of its fills settled on both sides at once; what
happened is written as log rows.
"""

from sim.flow.layout import (
    ACCEPTED_SEQ,
    ACTIVE,
    BASE,
    CLASS,
    FEES,
    FEES_COLLECTED,
    INSTRUMENTS_N,
    KIND_ACCEPTED,
    KIND_REFUSED,
    LOT_MINOR,
    MINIMUM_MINOR,
    NEXT_ORDER,
    OUT_ADDRESS,
    PAIR_STATUS,
    QUOTE,
    TICK_LOT_MINOR,
)
from sim.flow.log_rows import log_cancel, log_order, log_trade
from sim.flow.memory import (
    available,
    book_of,
    constant,
    credit,
    exposure_limit,
    hold_back,
    trait,
    words_at,
)
from sim.flow.numbers import (
    ACCEPTED_BY_DESK,
    BELOW_MINIMUM,
    BUY,
    CANCELLED,
    EXPOSURE_LIMIT,
    MARKET,
    NOT_ACTIVE,
    NOT_LISTED,
    OPEN,
    REFUSED_BY_BOOK,
    REFUSED_SELL_ONLY,
    SELL_ONLY,
    SHORT_OF_FUNDS,
    TRADED,
)
from sim.flow.values import exposure, fee, hold, to_hkd
from sim.matching import amending, entry
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.layout import (
    BUFFER_HEADER,
    BYTE,
    EVENT_WIDTH,
    MAKER_ACCOUNT,
    MAKER_REMAINING,
    PRICE,
    QUANTITY,
    REASON_SHIFT,
    SIDE_SHIFT,
    TIME_IN_FORCE_SHIFT,
    TYPE_SHIFT,
)


@compiled
def _refusal(  # noqa: PLR0911 - one return per check reads as the list it is
    plane: Memory, account: int, instrument: int, side: int, price: int, lots: int
) -> int:
    """Reason to refuse an order, or ACCEPTED_BY_DESK."""
    account_class = trait(plane, account, CLASS)
    if trait(plane, account, ACTIVE) == 0:
        return NOT_ACTIVE
    status = plane[PAIR_STATUS + account_class * INSTRUMENTS_N + instrument]
    if status != OPEN:
        if status != SELL_ONLY:
            return NOT_LISTED
        if side == BUY:
            return REFUSED_SELL_ONLY
    notional = price * lots * constant(plane, instrument, TICK_LOT_MINOR)
    if notional < constant(plane, instrument, MINIMUM_MINOR):
        return BELOW_MINIMUM
    asset = constant(plane, instrument, QUOTE) if side == BUY else constant(plane, instrument, BASE)
    needed = hold(plane, instrument, account_class, side, price, lots)
    if needed > available(plane, account, asset):
        return SHORT_OF_FUNDS
    if side == BUY and exposure_limit(plane, account) >= 0:
        value = to_hkd(plane, asset, notional)
        if exposure(plane, account) + value > exposure_limit(plane, account):
            return EXPOSURE_LIMIT
    return ACCEPTED_BY_DESK


@inlined
def _unhold(
    plane: Memory, account: int, instrument: int, side: int, price: int, before: int, after: int
) -> None:
    """Free the hold of filled or cancelled lots back into the available balance."""
    account_class = trait(plane, account, CLASS)
    asset = constant(plane, instrument, QUOTE) if side == BUY else constant(plane, instrument, BASE)
    freed = hold(plane, instrument, account_class, side, price, before)
    freed -= hold(plane, instrument, account_class, side, price, after)
    hold_back(plane, account, asset, -freed)


@compiled
def _settle(
    plane: Memory, instrument: int, account: int, side: int, price: int, lots: int, rate_ppm: int
) -> int:
    """Exchange coins for money in one account after its hold was freed; returns the fee paid."""
    base = constant(plane, instrument, BASE)
    quote = constant(plane, instrument, QUOTE)
    notional = price * lots * constant(plane, instrument, TICK_LOT_MINOR)
    coins = lots * constant(plane, instrument, LOT_MINOR)
    paid = fee(notional, rate_ppm)
    if side == BUY:
        credit(plane, account, quote, -notional - paid)
        credit(plane, account, base, coins)
    else:
        credit(plane, account, base, -coins)
        credit(plane, account, quote, notional - paid)
    plane[FEES_COLLECTED + quote] += paid
    return paid


@compiled
def _trade(
    plane: Memory,
    event: int,
    instrument: int,
    taker: int,
    order: int,
    side: int,
    cap: int,
    taker_left: int,
    accepted_seq: int,
) -> None:
    """Settle one fill for both sides and log it; `taker_left` is what the taker has left after it."""
    out = words_at(plane[OUT_ADDRESS])
    price = out[event + PRICE]
    lots = out[event + QUANTITY]
    maker = out[event + MAKER_ACCOUNT]
    maker_left = out[event + MAKER_REMAINING]
    taker_rate = plane[FEES + trait(plane, taker, CLASS) * 2 + 1]
    maker_rate = plane[FEES + trait(plane, maker, CLASS) * 2]
    _unhold(plane, taker, instrument, side, cap, taker_left + lots, taker_left)
    _unhold(plane, maker, instrument, 1 - side, price, maker_left + lots, maker_left)
    taker_fee = _settle(plane, instrument, taker, side, price, lots, taker_rate)
    maker_fee = _settle(plane, instrument, maker, 1 - side, price, lots, maker_rate)
    log_trade(plane, event, instrument, taker, order, side, taker_fee, maker_fee, accepted_seq)


@compiled
def submit(
    plane: Memory,
    account: int,
    instrument: int,
    side: int,
    order_type: int,
    life: int,
    price: int,
    lots: int,
) -> int:
    """Check, match, settle and log one order.

    The seq of its acceptance is left in ACCEPTED_SEQ, so that a later cancellation can name it as its cause.
    A market order carries the price its pre-trade value is checked at; the book ignores it, so only sells
    may be market orders here (a buy pays from a hold at its limit price).

    Returns
    -------
    int
        The order's id where lots rest on the book, 0 where nothing rests, or -1 - reason when refused.
    """
    reason = _refusal(plane, account, instrument, side, price, lots)
    if reason != ACCEPTED_BY_DESK:
        log_order(
            plane, KIND_REFUSED, account, instrument, 0, side, order_type, life, price, lots, reason
        )
        return -1 - reason
    order = plane[NEXT_ORDER]
    out = words_at(plane[OUT_ADDRESS])
    out[0] = 0
    book = book_of(plane, instrument)
    packed = (side << SIDE_SHIFT) | (order_type << TYPE_SHIFT) | (life << TIME_IN_FORCE_SHIFT)
    if entry.submit(book, out, packed, order, account, price, lots, 0, 0, 0) != 0:
        log_order(
            plane,
            KIND_REFUSED,
            account,
            instrument,
            0,
            side,
            order_type,
            life,
            price,
            lots,
            REFUSED_BY_BOOK,
        )
        return -1 - REFUSED_BY_BOOK
    plane[NEXT_ORDER] = order + 1
    account_class = trait(plane, account, CLASS)
    asset = constant(plane, instrument, QUOTE) if side == BUY else constant(plane, instrument, BASE)
    needed = hold(plane, instrument, account_class, side, price, lots)
    hold_back(plane, account, asset, needed)
    shown = 0 if order_type == MARKET else price
    seq = log_order(
        plane, KIND_ACCEPTED, account, instrument, order, side, order_type, life, shown, lots, 0
    )
    plane[ACCEPTED_SEQ] = seq
    left = lots
    for index in range(out[0]):
        event = BUFFER_HEADER + index * EVENT_WIDTH
        kind = out[event] & BYTE
        if kind == TRADED:
            left -= out[event + QUANTITY]
            _trade(plane, event, instrument, account, order, side, price, left, seq)
        elif kind == CANCELLED:
            _unhold(plane, account, instrument, side, price, left, 0)
            reason = (out[event] >> REASON_SHIFT) & BYTE
            log_cancel(plane, account, instrument, order, side, shown, left, reason, seq)
            left = 0
    return order if left > 0 else 0


@compiled
def cancel(
    plane: Memory, account: int, instrument: int, order: int, reason: int, cause: int
) -> bool:
    """Take a resting order off the book and free its hold; False if it no longer rests."""
    out = words_at(plane[OUT_ADDRESS])
    out[0] = 0
    if amending.cancel(book_of(plane, instrument), out, order, 0) != 0:
        return False
    event = BUFFER_HEADER
    price = out[event + PRICE]
    left = out[event + QUANTITY]
    side = (out[event] >> SIDE_SHIFT) & BYTE
    _unhold(plane, account, instrument, side, price, left, 0)
    log_cancel(plane, account, instrument, order, side, price, left, reason, cause)
    return True
