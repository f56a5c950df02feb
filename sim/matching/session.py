"""Phase of the session, price bands and clock."""

from sim.matching.arena import (
    ACCOUNT,
    BAND_HIGH,
    BAND_LOW,
    BAND_TICKS,
    BEST,
    BREACH_ACTION,
    CLOCK,
    EXPIRIES,
    FLAGS,
    GATES,
    KEY,
    NEXT,
    OWNER,
    PHASE,
    RULE_GATES,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.codes import BreachAction, CancelReason, EventKind, Phase, Reject, Side
from sim.matching.flags import side_of, type_of
from sim.matching.ladder import price_of, state_of
from sim.matching.layout import DETAIL_SHIFT
from sim.matching.queue import limit_price_of, open_lots, remove
from sim.matching.rows import write_cancelled, write_row, write_session

_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_CONTINUOUS = int(Phase.CONTINUOUS)
_HALTED = int(Phase.HALTED)
_AUCTION = int(Phase.AUCTION)
_LAST_PHASE = max(map(int, Phase))
_HALT = int(BreachAction.HALT)
_START_AUCTION = int(BreachAction.AUCTION)
_LAST_ACTION = max(map(int, BreachAction))
_BANDS = int(EventKind.BANDS)
_CLOCK = int(EventKind.CLOCK)
_EXPIRED = int(CancelReason.EXPIRED)
_UNKNOWN_PHASE = int(Reject.UNKNOWN_PHASE)
_CROSSED_BOOK = int(Reject.CROSSED_BOOK)
_BAD_BANDS = int(Reject.BAD_BANDS)
_CLOCK_BACKWARDS = int(Reject.CLOCK_BACKWARDS)


@inlined
def set_gates(book: Memory) -> None:
    """Say whether orders have to pass more than the plain checks."""
    book[GATES] = 0 if book[RULE_GATES] == 0 and book[PHASE] == _CONTINUOUS else 1


@compiled
def change_phase(book: Memory, out: Memory, phase: int, reason: int) -> None:
    """Begin a phase and say so."""
    book[PHASE] = phase
    set_gates(book)
    write_session(out, phase, reason)


@inlined
def phase_after_breach(book: Memory) -> int:
    """Phase that follows when an order would trade outside the dynamic band."""
    action = book[BREACH_ACTION]
    phase = book[PHASE]
    if action == _HALT:
        phase = _HALTED
    elif action == _START_AUCTION:
        phase = _AUCTION
    return phase


@inlined
def crossed(book: Memory) -> bool:
    """Whether the best bid is not below the best ask."""
    bid = book[state_of(_BUY) + BEST]
    ask = book[state_of(_SELL) + BEST]
    if bid == 0 or ask == 0:
        return False
    return price_of(_BUY, book[bid + KEY]) >= book[ask + KEY]


@compiled
def set_phase(book: Memory, out: Memory, phase: int) -> int:
    """Carry out a SESSION command; return the reason to refuse it, or 0."""
    if phase > _LAST_PHASE:
        return _UNKNOWN_PHASE
    if phase == _CONTINUOUS and crossed(book):
        return _CROSSED_BOOK
    change_phase(book, out, phase, 0)
    return 0


@compiled
def set_bands(book: Memory, out: Memory, low: int, high: int, ticks: int, action: int) -> int:
    """Carry out a BANDS command; return the reason to refuse it, or 0."""
    if low > high or ticks < 0 or action > _LAST_ACTION:
        return _BAD_BANDS
    book[BAND_LOW] = low
    book[BAND_HIGH] = high
    book[BAND_TICKS] = ticks
    book[BREACH_ACTION] = action
    write_row(out, _BANDS | (action << DETAIL_SHIFT), 0, 0, low, ticks, high, 0, 0)
    return 0


@compiled
def set_clock(book: Memory, out: Memory, now: int) -> int:
    """Carry out a CLOCK command: expire GTD orders; return the reason to refuse it, or 0."""
    if now < book[CLOCK]:
        return _CLOCK_BACKWARDS
    book[CLOCK] = now
    write_row(out, _CLOCK, 0, 0, 0, 0, 0, 0, now)
    level = book[state_of(EXPIRIES) + BEST]
    while level != 0 and book[level + KEY] <= now:
        remove_order(book, out, book[book[level + NEXT] + OWNER], _EXPIRED)
        level = book[state_of(EXPIRIES) + BEST]
    return 0


@inlined
def remove_order(book: Memory, out: Memory, order: int, reason: int) -> None:
    """Write an order's CANCELLED and take it out of the book."""
    flags = book[order + FLAGS]
    order_id = book[order + KEY]
    write_cancelled(
        out,
        order_id,
        book[order + ACCOUNT],
        side_of(flags),
        type_of(flags),
        limit_price_of(book, order),
        open_lots(book, order),
        reason,
    )
    remove(book, order)
