"""The trading desk in the kernel: pre-trade checks, the book, settlement and the log rows.

Client money never goes short: a buy order holds its notional at the limit price plus the taker's fee on
it, a sell order holds its coins, and each fill releases exactly what it had held (VATP-G Part VII,
pre-funding). The hold of a resting order follows from its price and remaining lots alone, so nothing has
to be remembered per order: `hold(remaining before) - hold(remaining after)` is what a fill frees.
"""

from sim.events.codes import CancelReason, OrderType, PairStatus, RefusalReason, Side, TimeInForce
from sim.flow.layout import (
    ACTIVE,
    BASE,
    CLASS,
    EVENTS,
    FEES,
    FEES_COLLECTED,
    HKD,
    INSTRUMENTS_N,
    KIND_ACCEPTED,
    KIND_CANCELLED,
    KIND_REFUSED,
    KIND_TRADE,
    LOG_CONTROL,
    LOG_FULL,
    LOG_LEVEL,
    LOT_MINOR,
    MINIMUM_MINOR,
    NEXT_ORDER,
    NOW,
    OUT_ADDRESS,
    PAIR_STATUS,
    QUOTE,
    ROW_CAUSE,
    ROW_KIND,
    ROW_PAYLOAD,
    ROW_SEQ,
    ROW_TABLE,
    ROW_TIME,
    ROW_WIDTH,
    ROWS,
    SEQ,
    TICK_LOT_MINOR,
    TRADES,
    USD,
)
from sim.flow.memory import (
    available,
    book_of,
    constant,
    credit,
    exposure_limit,
    held,
    hkd_per_usd_ppm,
    hold_back,
    reference_ticks,
    trait,
    words_at,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import EventKind
from sim.matching.layout import (
    BUFFER_HEADER,
    EVENT_WIDTH,
    KIND,
    MAKER_ACCOUNT,
    MAKER_ORDER,
    MAKER_REMAINING,
    PRICE,
    QUANTITY,
    REASON,
    REMAINING,
)
from sim.matching.layout import SIDE as EVENT_SIDE
from sim.matching.matcher import cancel_order, submit_order
from sim.units import ASSET_INDEX, PPM, SYMBOLS

# Plain integers: numba freezes them into the machine code.
BUY, SELL = int(Side.BUY), int(Side.SELL)
LIMIT, MARKET = int(OrderType.LIMIT), int(OrderType.MARKET)
GTC, IOC = int(TimeInForce.GTC), int(TimeInForce.IOC)
OPEN, SELL_ONLY = int(PairStatus.OPEN), int(PairStatus.SELL_ONLY)
NOT_ACTIVE = int(RefusalReason.NOT_ACTIVE)
NOT_LISTED = int(RefusalReason.NOT_LISTED)
REFUSED_SELL_ONLY = int(RefusalReason.SELL_ONLY)
BELOW_MINIMUM = int(RefusalReason.BELOW_MINIMUM)
SHORT_OF_FUNDS = int(RefusalReason.SHORT_OF_FUNDS)
EXPOSURE_LIMIT = int(RefusalReason.EXPOSURE_LIMIT)
REFUSED_BY_BOOK = int(RefusalReason.BOOK)
BY_CLIENT = int(CancelReason.CLIENT)
IOC_REMAINDER = int(CancelReason.IOC_REMAINDER)
TRADED = int(EventKind.TRADE)
CANCELLED = int(EventKind.CANCELLED)

ACCEPTED_BY_DESK = -1
FIRST_PARTICIPANT_CLASS = 2  # classes from here on are quoted out of the log below level `full`
BTC, ETH = ASSET_INDEX["BTC"], ASSET_INDEX["ETH"]
BTC_HKD, ETH_HKD = SYMBOLS.index("BTC/HKD"), SYMBOLS.index("ETH/HKD")


@inlined
def fee(notional_minor: int, rate_ppm: int) -> int:
    """Fee on a notional, rounded down to the minor unit; split so that it cannot overflow int64."""
    return notional_minor // PPM * rate_ppm + notional_minor % PPM * rate_ppm // PPM


@inlined
def hold(
    plane: Memory, instrument: int, account_class: int, side: int, price: int, lots: int
) -> int:
    """Minor units held behind so many resting lots: quote with the taker's fee for a buy, coins for a sell."""
    if side == SELL:
        return lots * constant(plane, instrument, LOT_MINOR)
    notional = price * lots * constant(plane, instrument, TICK_LOT_MINOR)
    return notional + fee(notional, plane[FEES + account_class * 2 + 1])


@inlined
def affordable_lots(
    plane: Memory, account: int, instrument: int, price: int, amount_minor: int
) -> int:
    """Most lots whose hold at a limit price, the taker's fee included, fits into an amount of quote currency."""
    spend = amount_minor - fee(amount_minor, plane[FEES + trait(plane, account, CLASS) * 2 + 1]) - 1
    return max(spend, 0) // max(price * constant(plane, instrument, TICK_LOT_MINOR), 1)


@inlined
def to_hkd(plane: Memory, asset: int, amount_minor: int) -> int:
    """Value a fiat amount in HKD minor units at the present rate."""
    if asset == USD:
        rate = hkd_per_usd_ppm(plane)
        return amount_minor // PPM * rate + amount_minor % PPM * rate // PPM
    return amount_minor


@inlined
def coin_value(plane: Memory, account: int, coin: int, instrument: int) -> int:
    """HKD minor value of an account's coins, held ones included, at the reference price."""
    owned = available(plane, account, coin) + held(plane, account, coin)
    lots = owned // constant(plane, instrument, LOT_MINOR)
    return lots * reference_ticks(plane, instrument) * constant(plane, instrument, TICK_LOT_MINOR)


@compiled
def exposure(plane: Memory, account: int) -> int:
    """HKD minor value of all tokens of a client plus what its open buy orders hold.

    Open buy orders count, as in the practice of facts row onb.exposure_tiger.
    """
    total = coin_value(plane, account, BTC, BTC_HKD) + coin_value(plane, account, ETH, ETH_HKD)
    total += to_hkd(plane, HKD, held(plane, account, HKD))
    return total + to_hkd(plane, USD, held(plane, account, USD))


@inlined
def new_row(plane: Memory, kind: int, cause: int) -> int:
    """Open the next log row and return the index of its payload."""
    start = plane[ROW_TABLE] + plane[ROWS] * ROW_WIDTH
    plane[ROWS] += 1
    plane[start + ROW_KIND] = kind
    plane[start + ROW_SEQ] = plane[SEQ]
    plane[start + ROW_TIME] = plane[NOW]
    plane[start + ROW_CAUSE] = cause
    plane[SEQ] += 1
    return start + ROW_PAYLOAD


@inlined
def _logged(plane: Memory, account_class: int) -> bool:
    level = plane[LOG_LEVEL]
    return level == LOG_FULL or (level != LOG_CONTROL and account_class < FIRST_PARTICIPANT_CLASS)


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
    accepted_seq: int,
) -> None:
    """Settle one fill for both sides and log it."""
    out = words_at(plane[OUT_ADDRESS])
    price = out[event + PRICE]
    lots = out[event + QUANTITY]
    maker = out[event + MAKER_ACCOUNT]
    maker_left = out[event + MAKER_REMAINING]
    taker_left = out[event + REMAINING]
    taker_rate = plane[FEES + trait(plane, taker, CLASS) * 2 + 1]
    maker_rate = plane[FEES + trait(plane, maker, CLASS) * 2]
    _unhold(plane, taker, instrument, side, cap, taker_left + lots, taker_left)
    _unhold(plane, maker, instrument, 1 - side, price, maker_left + lots, maker_left)
    taker_fee = _settle(plane, instrument, taker, side, price, lots, taker_rate)
    maker_fee = _settle(plane, instrument, maker, 1 - side, price, lots, maker_rate)
    plane[EVENTS] += 1
    plane[TRADES] += 1
    if plane[LOG_LEVEL] == LOG_CONTROL:
        return
    row = new_row(plane, KIND_TRADE, accepted_seq)
    plane[row] = instrument
    plane[row + 1] = price
    plane[row + 2] = lots
    plane[row + 3] = side
    plane[row + 4] = order
    plane[row + 5] = out[event + MAKER_ORDER]
    plane[row + 6] = taker
    plane[row + 7] = maker
    plane[row + 8] = taker_fee
    plane[row + 9] = maker_fee


@compiled
def _log_cancel(
    plane: Memory,
    account: int,
    instrument: int,
    order: int,
    side: int,
    price: int,
    left: int,
    reason: int,
    cause: int,
) -> None:
    plane[EVENTS] += 1
    if not _logged(plane, trait(plane, account, CLASS)):
        return
    row = new_row(plane, KIND_CANCELLED, cause)
    plane[row] = order
    plane[row + 1] = account
    plane[row + 2] = instrument
    plane[row + 3] = side
    plane[row + 4] = price
    plane[row + 5] = left
    plane[row + 6] = reason


@compiled
def _log_order(
    plane: Memory,
    kind: int,
    account: int,
    instrument: int,
    order: int,
    side: int,
    order_type: int,
    life: int,
    price: int,
    lots: int,
    reason: int,
) -> int:
    """Log an accepted or refused order; returns its seq, 0 where the log level leaves it out."""
    plane[EVENTS] += 1
    if not _logged(plane, trait(plane, account, CLASS)):
        return 0
    row = new_row(plane, kind, 0)
    if kind == KIND_ACCEPTED:
        plane[row] = order
        plane[row + 1] = account
        plane[row + 2] = instrument
        plane[row + 3] = side
        plane[row + 4] = order_type
        plane[row + 5] = life
        plane[row + 6] = price
        plane[row + 7] = lots
    else:
        plane[row] = account
        plane[row + 1] = instrument
        plane[row + 2] = side
        plane[row + 3] = price
        plane[row + 4] = lots
        plane[row + 5] = reason
    return plane[SEQ] - 1


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

    A market order carries the price its pre-trade value is checked at; the book ignores it, so only sells
    may be market orders here (a buy pays from a hold at its limit price).

    Returns
    -------
    int
        The order's id where lots rest on the book, 0 where nothing rests, or -1 - reason when refused.
    """
    reason = _refusal(plane, account, instrument, side, price, lots)
    if reason != ACCEPTED_BY_DESK:
        _log_order(
            plane, KIND_REFUSED, account, instrument, 0, side, order_type, life, price, lots, reason
        )
        return -1 - reason
    order = plane[NEXT_ORDER]
    out = words_at(plane[OUT_ADDRESS])
    out[0] = 0
    book = book_of(plane, instrument)
    if submit_order(book, out, order, account, side, order_type, life, price, lots) != 0:
        _log_order(
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
    seq = _log_order(
        plane, KIND_ACCEPTED, account, instrument, order, side, order_type, life, shown, lots, 0
    )
    left = lots
    for index in range(out[0]):
        event = BUFFER_HEADER + index * EVENT_WIDTH
        if out[event + KIND] == TRADED:
            left = out[event + REMAINING]
            _trade(plane, event, instrument, account, order, side, price, seq)
        elif out[event + KIND] == CANCELLED:
            _unhold(plane, account, instrument, side, price, left, 0)
            _log_cancel(
                plane, account, instrument, order, side, shown, left, out[event + REASON], seq
            )
            left = 0
    return order if left > 0 else 0


@compiled
def cancel(
    plane: Memory, account: int, instrument: int, order: int, reason: int, cause: int
) -> bool:
    """Take a resting order off the book and free its hold; False if it no longer rests."""
    out = words_at(plane[OUT_ADDRESS])
    out[0] = 0
    if cancel_order(book_of(plane, instrument), out, order) != 0:
        return False
    event = BUFFER_HEADER
    price = out[event + PRICE]
    left = out[event + REMAINING]
    side = out[event + EVENT_SIDE]
    _unhold(plane, account, instrument, side, price, left, 0)
    _log_cancel(plane, account, instrument, order, side, price, left, reason, cause)
    return True
