"""What the oracle is made of: the numbers of the wire, the words of a command, the rules of a book.

The numbers are written out here a second time on purpose: a code that changes in `sim.matching.codes`
alone would otherwise pass every comparison.
"""

from enum import IntEnum
from typing import NamedTuple

import attrs

LEAST, MOST = -(2**63), 2**63 - 1
KEEP = LEAST
"""In an amend: leave this word as it is."""

Command = tuple[int, ...]
"""The fifteen fields of `COMMAND`, in order; see `Words`."""
Row = tuple[int, ...]
"""kind, side, order type, time in force, post-only, self-trade prevention, reason, detail, order,
account, price, quantity, word 5, word 6, word 7"""

BUY, SELL = 0, 1
LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_BY_AMOUNT = range(5)
GTC, IOC, FOK, GTD = range(4)
NO_PREVENTION, CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH, DECREMENT = range(5)
NEW, CANCEL, AMEND, REDUCE, MASS_CANCEL, SESSION, UNCROSS, BANDS, CLOCK = range(9)
CONTINUOUS, HALTED, AUCTION, CLOSED = range(4)
BREACH_CANCELS, BREACH_HALTS, BREACH_CALLS_AUCTION = range(3)
ACCEPTED, TRADE, CANCELLED, REJECTED, AMENDED, TRIGGERED = range(1, 7)
PHASE_SET, UNCROSSED, BANDS_SET, CLOCK_SET = range(7, 11)


class Why(IntEnum):
    """Reason of a cancellation."""

    REQUESTED = 0
    IOC_REMAINDER = 1
    NO_LIQUIDITY = 2
    FOK_UNFILLABLE = 32
    SELF_TRADE = 33
    PRICE_BAND = 34
    COLLAR = 35
    EXPIRED = 36
    MASS_CANCEL = 37
    AMENDED_AWAY = 38
    POST_ONLY = 39
    AMOUNT_SPENT = 40


class Refusal(IntEnum):
    """Reason of a rejection; 0 means the command is good."""

    NONE = 0
    UNKNOWN_COMMAND = 1
    UNKNOWN_SIDE = 2
    UNKNOWN_ORDER_TYPE = 3
    UNKNOWN_TIME_IN_FORCE = 4
    QUANTITY_NOT_POSITIVE = 5
    QUANTITY_TOO_LARGE = 6
    DUPLICATE_ORDER = 7
    UNKNOWN_ORDER = 8
    UNKNOWN_FLAG = 9
    UNKNOWN_SELF_TRADE_PREVENTION = 10
    BAD_COMBINATION = 11
    HALTED = 12
    CLOSED = 13
    NOT_IN_AUCTION = 14
    QUANTITY_BELOW_MINIMUM = 15
    QUANTITY_ABOVE_MAXIMUM = 16
    QUANTITY_OFF_LOT = 17
    PRICE_NOT_POSITIVE = 18
    PRICE_OFF_TICK = 19
    PRICE_BAND = 20
    BAD_PEAK = 21
    EXPIRED = 22
    POST_ONLY = 23
    NOT_OWNER = 24
    UNKNOWN_PHASE = 25
    CROSSED_BOOK = 26
    BAD_BANDS = 27
    CLOCK_BACKWARDS = 28


class Words(NamedTuple):
    """One command, by name."""

    kind: int
    side: int = 0
    order_type: int = 0
    time_in_force: int = 0
    post_only: int = 0
    self_trade_prevention: int = 0
    reserved: int = 0
    detail: int = 0
    order: int = 0
    account: int = 0
    price: int = 0
    quantity: int = 0
    stop_price: int = 0
    peak: int = 0
    expires: int = 0


@attrs.frozen
class ReferenceRules:
    """Rules of a book, fixed at its creation; the fields of `sim.matching.rules.BookRules`."""

    tick: int = 1
    lot: int = 1
    min_quantity: int = 1
    max_quantity: int | None = None
    collar_ticks: int | None = None
    unique_ids: bool = False
    nonpositive_prices: bool = False
    market_pressure: bool = True
