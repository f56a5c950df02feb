"""Changes to orders in the book: amend, reduce, cancel, mass cancel."""

from sim.matching.arena import (
    ACCOUNT,
    ASKS,
    BEST,
    BIDS,
    BUY_STOPS,
    ENTERED,
    FLAGS,
    KEY,
    LOT,
    NEXT,
    PHASE,
    SELL_STOPS,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.checks import bad_peak, bad_price, bad_quantity, post_only_crosses, room_for_lots
from sim.matching.codes import KEEP, CancelReason, OrderType, Phase, Reject
from sim.matching.entry import act
from sim.matching.flags import next_arrival, packed_of, side_of, type_of
from sim.matching.ladder import next_level, state_of
from sim.matching.queue import (
    limit_price_of,
    open_lots,
    order_of,
    remove,
    shrink,
    special_terms,
    waits,
)
from sim.matching.rows import write_amended
from sim.matching.session import remove_order
from sim.matching.waiting import wait

_STOP = int(OrderType.STOP)
_HALTED_PHASE = int(Phase.HALTED)
_CLOSED_PHASE = int(Phase.CLOSED)
_REQUESTED = int(CancelReason.REQUESTED)
_MASS_CANCEL = int(CancelReason.MASS_CANCEL)
_AMENDED_AWAY = int(CancelReason.AMENDED_AWAY)
_UNKNOWN_ORDER = int(Reject.UNKNOWN_ORDER)
_NOT_OWNER = int(Reject.NOT_OWNER)
_HALTED = int(Reject.HALTED)
_CLOSED = int(Reject.CLOSED)
_BAD_COMBINATION = int(Reject.BAD_COMBINATION)
_BAD_PEAK = int(Reject.BAD_PEAK)
_NOT_POSITIVE = int(Reject.QUANTITY_NOT_POSITIVE)
_OFF_LOT = int(Reject.QUANTITY_OFF_LOT)
_TOO_LARGE = int(Reject.QUANTITY_TOO_LARGE)
_POST_ONLY = int(Reject.POST_ONLY)
_KEPT = 1


@inlined
def _stranger(book: Memory, order: int, account: int) -> int:
    """Reason why an account may not touch an order, or 0; account 0 may touch any."""
    refusal = 0
    if order == 0:
        refusal = _UNKNOWN_ORDER
    elif account not in (0, book[order + ACCOUNT]):
        refusal = _NOT_OWNER
    return refusal


@inlined
def cancel(book: Memory, out: Memory, order_id: int, account: int) -> int:
    """Carry out a CANCEL; return the reason to refuse it, or 0."""
    order = order_of(book, order_id)
    refusal = _stranger(book, order, account)
    if refusal == 0:
        remove_order(book, out, order, _REQUESTED)
    return refusal


@compiled
def reduce(book: Memory, out: Memory, order_id: int, account: int, lots: int) -> int:
    """Carry out a REDUCE by so many lots; return the reason to refuse it, or 0."""
    order = order_of(book, order_id)
    refusal = _stranger(book, order, account)
    if refusal == 0 and lots <= 0:
        refusal = _NOT_POSITIVE
    if refusal == 0 and lots % book[LOT] != 0:
        refusal = _OFF_LOT
    if refusal != 0:
        return refusal
    left = open_lots(book, order) - lots
    if left <= 0:
        remove_order(book, out, order, _REQUESTED)
    else:
        _shrink_to(book, out, order, left)
    return 0


@inlined
def _shrink_to(book: Memory, out: Memory, order: int, lots: int) -> None:
    """Leave an order so many lots in its place, and say so."""
    shrink(book, order, lots)
    flags = book[order + FLAGS]
    price = limit_price_of(book, order)
    account = book[order + ACCOUNT]
    order_id = book[order + KEY]
    write_amended(out, order_id, account, side_of(flags), type_of(flags), price, lots, 0, _KEPT)


@compiled
def amend(book: Memory, out: Memory, order_id: int, account: int, price: int, total: int) -> int:
    """Carry out an AMEND to a new price and total quantity; return the reason to refuse it, or 0."""
    order = order_of(book, order_id)
    refusal = _stranger(book, order, account)
    if refusal == 0:
        refusal = _refusal_of_amendment(book, order, price, total)
    if refusal != 0:
        return refusal
    standing = limit_price_of(book, order)
    lots = open_lots(book, order)
    after = lots if total == KEEP else total - (book[order + ENTERED] - lots)
    limit = standing if price == KEEP else price
    if after <= 0:
        remove_order(book, out, order, _AMENDED_AWAY)
    elif limit == standing and after <= lots:
        _shrink_to(book, out, order, after)
    else:
        _enter_again(book, out, order, limit, after)
    return 0


@inlined
def _refusal_of_amendment(book: Memory, order: int, price: int, total: int) -> int:
    flags = book[order + FLAGS]
    lots = open_lots(book, order)
    refusal = 0
    if book[PHASE] == _HALTED_PHASE:
        refusal = _HALTED
    elif book[PHASE] == _CLOSED_PHASE:
        refusal = _CLOSED
    if refusal == 0 and total != KEEP:
        refusal = bad_quantity(book, total, 1)
    if refusal == 0 and price != KEEP:
        stop = type_of(flags) == _STOP
        refusal = _BAD_COMBINATION if stop else bad_price(book, price, True)
    if refusal == 0 and total != KEEP:
        more = total - book[order + ENTERED]
        if more > room_for_lots(book, side_of(flags)):
            refusal = _TOO_LARGE
    if refusal == 0 and not waits(book, order):
        limit = limit_price_of(book, order) if price == KEEP else price
        after = lots if total == KEEP else total - (book[order + ENTERED] - lots)
        peak, _ = special_terms(book, order)
        if peak != 0 and after > peak and bad_peak(book, peak, after):
            refusal = _BAD_PEAK
        elif after > 0 and post_only_crosses(book, packed_of(flags), limit):
            refusal = _POST_ONLY
    return refusal


@compiled
def _enter_again(book: Memory, out: Memory, order: int, price: int, lots: int) -> None:
    """Let an order lose its place: it leaves, and enters with another price or more lots."""
    flags = book[order + FLAGS]
    packed = packed_of(flags)
    order_id = book[order + KEY]
    account = book[order + ACCOUNT]
    entered = book[order + ENTERED] - open_lots(book, order) + lots
    waiting = waits(book, order)
    fifth, expires = special_terms(book, order)
    remove(book, order)
    write_amended(out, order_id, account, side_of(flags), type_of(flags), price, lots, 0, 0)
    arrival = next_arrival(book)
    if waiting:
        wait(book, packed, order_id, account, price, lots, entered, fifth, expires, arrival)
    else:
        act(book, out, packed, order_id, account, price, lots, fifth, expires, entered, arrival)


@compiled
def mass_cancel(book: Memory, out: Memory, account: int) -> None:
    """Carry out a MASS_CANCEL of an account's orders, or of all for account 0."""
    for ladder in (BIDS, ASKS, SELL_STOPS, BUY_STOPS):
        level = book[state_of(ladder) + BEST]
        while level != 0:
            below = next_level(book, level)
            order = book[level + NEXT]
            while order != level:
                younger = book[order + NEXT]
                if account in (0, book[order + ACCOUNT]):
                    remove_order(book, out, order, _MASS_CANCEL)
                order = younger
            level = below
