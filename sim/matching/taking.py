"""An incoming order trades with what rests on the other side."""

from sim.matching.arena import (
    ACCOUNT,
    BEST,
    COUNT,
    CUT,
    FLAGS,
    HAS_LAST,
    HIDDEN,
    KEY,
    LAST_PRICE,
    LEVEL,
    LOT,
    LOTS,
    NEXT,
    ORDER_KIND,
    ORDERS,
    PREVIOUS,
    QUANTITY,
    RESERVE,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import CancelReason, OrderType, SelfTradePrevention
from sim.matching.flags import prevention_in, side_in, type_in, type_of
from sim.matching.ladder import next_level, price_of, remove_level, state_of
from sim.matching.queue import (
    append,
    drop_terms,
    level_of,
    open_lots,
    remove,
    show_next_slice,
    shrink,
)
from sim.matching.rows import write_amended, write_cancelled, write_trade
from sim.matching.table import erase, place_of, release

_BY_AMOUNT = int(OrderType.MARKET_BY_AMOUNT)
_NONE = int(SelfTradePrevention.NONE)
_CANCEL_NEWEST = int(SelfTradePrevention.CANCEL_NEWEST)
_CANCEL_OLDEST = int(SelfTradePrevention.CANCEL_OLDEST)
_CANCEL_BOTH = int(SelfTradePrevention.CANCEL_BOTH)
_SELF_TRADE = int(CancelReason.SELF_TRADE)
_UPPER = 32
_KEPT = 1


@inlined
def prevention_for(packed: int, account: int) -> int:
    """Self-trade prevention that acts for an order: none for orders without an account."""
    return prevention_in(packed) if account != 0 else _NONE


@compiled
def take_liquidity(
    book: Memory,
    out: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    worst_key: int,
    quantity: int,
) -> int:
    """Trade against the opposite ladder up to a key; return what is left of the quantity.

    The quantity is in lots, or an amount in ticks times lots. 0 is left too where self-trade prevention
    has cancelled the order, which is written then. `price` is only what the rows say.
    """
    opposite = 1 - side_in(packed)
    state = state_of(opposite)
    remaining = quantity
    level = book[state + BEST]
    while level != 0 and remaining > 0 and book[level + KEY] <= worst_key:
        at = price_of(opposite, book[level + KEY])
        remaining = _sweep(book, out, packed, order_id, account, level, remaining)
        if remaining > 0 and book[state + BEST] == level:
            # The head of the queue holds it up: it is too dear for the amount, or its own.
            dear = type_in(packed) == _BY_AMOUNT and affordable(book, remaining, at) == 0
            if dear or prevention_for(packed, account) == _NONE:
                break
            head = book[level + NEXT]
            remaining = _prevent(book, out, packed, order_id, account, price, head, remaining)
        level = book[state + BEST]
    return remaining


@inlined
def _sweep(
    book: Memory,
    out: Memory,
    packed: int,
    order_id: int,
    account: int,
    level: int,
    remaining: int,
) -> int:
    """Trade along the queue of a level; return what is left of the quantity."""
    side = side_in(packed)
    by_amount = type_in(packed) == _BY_AMOUNT
    prevention = prevention_for(packed, account)
    price = price_of(1 - side, book[level + KEY])
    traded = 0
    refilled = 0
    gone = 0
    maker = book[level + NEXT]
    while remaining > 0 and maker != level:
        maker_account = book[maker + ACCOUNT]
        if prevention != _NONE and maker_account == account:
            break
        shown = book[maker + QUANTITY]
        fill = min(shown, affordable(book, remaining, price) if by_amount else remaining)
        if fill == 0:
            break
        remaining -= fill * price if by_amount else fill
        traded += fill
        terms = book[maker + LEVEL] >> _UPPER
        reserve = 0 if terms == 0 else book[terms + RESERVE]
        maker_id = book[maker + KEY]
        left = shown - fill + reserve
        write_trade(out, order_id, account, side, price, fill, maker_id, maker_account, left)
        if fill < shown:
            book[maker + QUANTITY] = shown - fill
            break
        younger = book[maker + NEXT]
        if reserve != 0:
            refilled += _refill(book, level, maker, terms)
            if younger == level:
                younger = maker
        else:
            _remove_filled(book, maker, terms)
            gone += 1
        maker = younger
    book[level + NEXT] = maker
    book[maker + PREVIOUS] = level
    book[level + QUANTITY] += refilled - traded
    book[level + HIDDEN] -= refilled
    book[level + COUNT] -= gone
    state = state_of(1 - side)
    book[state + LOTS] -= traded
    book[state + ORDERS] -= gone
    if traded != 0:
        book[LAST_PRICE] = price
        book[HAS_LAST] = 1
    if maker == level:
        remove_level(book, level)
    return remaining


@inlined
def _remove_filled(book: Memory, order: int, terms: int) -> None:
    """Remove an order with no lots left; its queue and counts are put right by the caller."""
    erase(book, place_of(book, book[order + KEY], ORDER_KIND))
    if terms != 0:
        drop_terms(book, terms)
    release(book, order)


@inlined
def affordable(book: Memory, amount: int, price: int) -> int:
    """Lots that an amount buys at a price, on the lot; none at prices of zero and below."""
    if price <= 0:
        return 0
    lots = amount // price
    return lots - lots % book[LOT]


@compiled
def _refill(book: Memory, level: int, maker: int, terms: int) -> int:
    """Show the next slice of an iceberg that heads its queue, at the queue's end; return its lots."""
    shown = show_next_slice(book, maker, terms)
    if book[maker + NEXT] != level:
        append(book, level, maker)
    return shown


@compiled
def _prevent(
    book: Memory,
    out: Memory,
    packed: int,
    order_id: int,
    account: int,
    price: int,
    maker: int,
    remaining: int,
) -> int:
    """Keep an order from trading with one of its own account; return what is left of its lots."""
    mode = prevention_in(packed)
    side = side_in(packed)
    order_type = type_in(packed)
    maker_price = price_of(1 - side, book[level_of(book, maker) + KEY])
    maker_id = book[maker + KEY]
    maker_type = type_of(book[maker + FLAGS])
    lots = open_lots(book, maker)
    cut = lots
    if mode == _CANCEL_NEWEST:
        cut = 0
    elif mode not in (_CANCEL_OLDEST, _CANCEL_BOTH):
        cut = min(lots, remaining)
    if cut == lots:
        write_cancelled(
            out, maker_id, account, 1 - side, maker_type, maker_price, lots, _SELF_TRADE
        )
        remove(book, maker)
    elif cut > 0:
        shrink(book, maker, lots - cut)
        write_amended(
            out,
            maker_id,
            account,
            1 - side,
            maker_type,
            maker_price,
            lots - cut,
            _SELF_TRADE,
            _KEPT,
        )
    if mode == _CANCEL_OLDEST:
        return remaining
    if mode in (_CANCEL_NEWEST, _CANCEL_BOTH) or cut == remaining:
        write_cancelled(out, order_id, account, side, order_type, price, remaining, _SELF_TRADE)
        return 0
    remaining -= cut
    book[CUT] += cut
    write_amended(out, order_id, account, side, order_type, price, remaining, _SELF_TRADE, _KEPT)
    return remaining


@compiled
def fillable(book: Memory, packed: int, account: int, worst_key: int, quantity: int) -> bool:
    """Whether an order would trade in full up to a key, its self-trade prevention considered."""
    prevention = prevention_for(packed, account)
    lots = 0
    level = book[state_of(1 - side_in(packed)) + BEST]
    while level != 0 and lots < quantity and book[level + KEY] <= worst_key:
        if prevention == _NONE:
            lots += min(book[level + QUANTITY] + book[level + HIDDEN], quantity - lots)
        elif prevention == _CANCEL_OLDEST:
            lots += _lots_of_others(book, level, account)
        else:
            ahead = _lots_before_own(book, level, account)
            if ahead >= 0:
                return lots + ahead >= quantity
            lots += book[level + QUANTITY] + book[level + HIDDEN]
        level = next_level(book, level)
    return lots >= quantity


@compiled
def _lots_of_others(book: Memory, level: int, account: int) -> int:
    lots = 0
    order = book[level + NEXT]
    while order != level:
        if book[order + ACCOUNT] != account:
            lots += open_lots(book, order)
        order = book[order + NEXT]
    return lots


@compiled
def _lots_before_own(book: Memory, level: int, account: int) -> int:
    """Lots shown ahead of the account's first order in a queue; -1 if it has none there."""
    lots = 0
    order = book[level + NEXT]
    while order != level:
        if book[order + ACCOUNT] == account:
            return lots
        lots += book[order + QUANTITY]
        order = book[order + NEXT]
    return -1
