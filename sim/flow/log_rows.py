"""The kernel's log rows: one event a row, in the order in which things happened."""

from sim.flow.layout import (
    CLASS,
    EVENTS,
    INSTRUMENTS_N,
    KIND_ACCEPTED,
    KIND_CANCELLED,
    KIND_TRADE,
    LOG_CONTROL,
    LOG_FULL,
    LOG_LEVEL,
    NOW,
    OUT_ADDRESS,
    PAIR_RULE,
    ROW_CAUSE,
    ROW_KIND,
    ROW_PAYLOAD,
    ROW_SEQ,
    ROW_TABLE,
    ROW_TIME,
    ROW_WIDTH,
    ROWS,
    SEQ,
    TRADES,
)
from sim.flow.memory import (
    trait,
    words_at,
)
from sim.flow.numbers import (
    FIRST_PARTICIPANT_CLASS,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.matching.layout import (
    MAKER_ACCOUNT,
    MAKER_ORDER,
    PRICE,
    QUANTITY,
)


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
def log_order(
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
        plane[row + 6] = plane[
            PAIR_RULE + trait(plane, account, CLASS) * INSTRUMENTS_N + instrument
        ]
    return plane[SEQ] - 1


@compiled
def log_cancel(
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
    """Log that an order left the book, or that its remainder never rested."""
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


@inlined
def log_trade(
    plane: Memory,
    event: int,
    instrument: int,
    taker: int,
    order: int,
    side: int,
    taker_fee: int,
    maker_fee: int,
    cause: int,
) -> None:
    """Log one fill; `event` is the offset of the matching core's row."""
    plane[EVENTS] += 1
    plane[TRADES] += 1
    if plane[LOG_LEVEL] == LOG_CONTROL:
        return
    out = words_at(plane[OUT_ADDRESS])
    row = new_row(plane, KIND_TRADE, cause)
    plane[row] = instrument
    plane[row + 1] = out[event + PRICE]
    plane[row + 2] = out[event + QUANTITY]
    plane[row + 3] = side
    plane[row + 4] = order
    plane[row + 5] = out[event + MAKER_ORDER]
    plane[row + 6] = taker
    plane[row + 7] = out[event + MAKER_ACCOUNT]
    plane[row + 8] = taker_fee
    plane[row + 9] = maker_fee
