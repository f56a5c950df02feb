"""Numbers with names: what a command asks for and what an event says.

Compiled code compares plain integers, so each kernel module takes its constants from here with
`int(...)`; callers of the Python door use the enumerations.
"""

from enum import IntEnum
from typing import Final

KEEP: Final = -(2**63)
"""In an AMEND, for the price or the quantity: leave it as it is."""


class Side(IntEnum):
    """Side of an order."""

    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    """Type of an order. The market types take what rests and never rest themselves."""

    LIMIT = 0
    MARKET = 1
    STOP = 2
    """Waits until a trade reaches its stop price, then acts as a market order."""
    STOP_LIMIT = 3
    """Waits until a trade reaches its stop price, then acts as a limit order."""
    MARKET_BY_AMOUNT = 4
    """A market order whose quantity is an amount of the quote currency, in ticks times lots."""


class TimeInForce(IntEnum):
    """How long an order lives."""

    GTC = 0
    """Good till cancelled."""
    IOC = 1
    """Immediate or cancel: what does not trade at once is cancelled."""
    FOK = 2
    """Fill or kill: trades in full at once or not at all."""
    GTD = 3
    """Good till date: leaves when the book's clock reaches its expiry."""


class SelfTradePrevention(IntEnum):
    """What happens when an order meets one of the same account; the incoming order's mode counts."""

    NONE = 0
    CANCEL_NEWEST = 1
    """The incoming order is cancelled."""
    CANCEL_OLDEST = 2
    """The resting order is cancelled and the incoming one goes on."""
    CANCEL_BOTH = 3
    DECREMENT = 4
    """Both lose the smaller of their quantities without a trade; what reaches zero is cancelled."""


class CommandKind(IntEnum):
    """What a command asks of the book."""

    NEW = 0
    CANCEL = 1
    AMEND = 2
    REDUCE = 3
    MASS_CANCEL = 4
    SESSION = 5
    UNCROSS = 6
    BANDS = 7
    CLOCK = 8


class Phase(IntEnum):
    """Phase of the trading session."""

    CONTINUOUS = 0
    HALTED = 1
    """Only cancels and reductions."""
    AUCTION = 2
    """Call auction: orders collect without trading until the uncross."""
    CLOSED = 3
    """Only cancels and reductions."""


class BreachAction(IntEnum):
    """What follows when an order would trade outside the dynamic band."""

    CANCEL = 0
    """The rest of that order is cancelled."""
    HALT = 1
    """The same, and trading halts."""
    AUCTION = 2
    """A call auction begins, which the rest of a limit order joins."""


class EventKind(IntEnum):
    """What happened."""

    ACCEPTED = 1
    TRADE = 2
    CANCELLED = 3
    REJECTED = 4
    AMENDED = 5
    TRIGGERED = 6
    SESSION = 7
    UNCROSSED = 8
    BANDS = 9
    CLOCK = 10


class CancelReason(IntEnum):
    """Why an order left the book, or its remainder never rested."""

    REQUESTED = 0
    IOC_REMAINDER = 1
    """An IOC or market order traded in part; the rest found no counterparty."""
    NO_LIQUIDITY = 2
    """An IOC or market order found nothing to trade with."""
    FOK_UNFILLABLE = 32
    SELF_TRADE = 33
    PRICE_BAND = 34
    """The next trade would have been outside the static or the dynamic band."""
    COLLAR = 35
    """The next trade would have been too far from the best price at the market order's arrival."""
    EXPIRED = 36
    MASS_CANCEL = 37
    AMENDED_AWAY = 38
    """The new total quantity was no more than what had traded already."""
    POST_ONLY = 39
    """A post-only stop-limit order would have traded when it was triggered."""
    AMOUNT_SPENT = 40
    """What is left of the amount buys not even one lot at the next price."""


class Reject(IntEnum):
    """Why a command was refused; the book is unchanged. 0 means accepted."""

    NONE = 0
    UNKNOWN_COMMAND = 1
    UNKNOWN_SIDE = 2
    UNKNOWN_ORDER_TYPE = 3
    UNKNOWN_TIME_IN_FORCE = 4
    QUANTITY_NOT_POSITIVE = 5
    QUANTITY_TOO_LARGE = 6
    """The lots of one side would no longer fit 64 bits."""
    DUPLICATE_ORDER = 7
    """An order of this id is in the book; or has been, where the book's rules ask for unique ids."""
    UNKNOWN_ORDER = 8
    """No order of this id is in the book: never entered, filled or cancelled."""
    UNKNOWN_FLAG = 9
    UNKNOWN_SELF_TRADE_PREVENTION = 10
    BAD_COMBINATION = 11
    """Type, time in force, post-only, peak or prevention exclude each other."""
    HALTED = 12
    CLOSED = 13
    NOT_IN_AUCTION = 14
    """A market, immediate or post-only order in a call auction; or an uncross outside of one."""
    QUANTITY_BELOW_MINIMUM = 15
    QUANTITY_ABOVE_MAXIMUM = 16
    QUANTITY_OFF_LOT = 17
    PRICE_NOT_POSITIVE = 18
    PRICE_OFF_TICK = 19
    PRICE_BAND = 20
    """The limit price is outside the static band."""
    BAD_PEAK = 21
    """An iceberg's peak is not positive, larger than the order, or off the lot."""
    EXPIRED = 22
    """The expiry of a GTD order is not after the book's clock."""
    POST_ONLY = 23
    """A post-only order would have traded."""
    NOT_OWNER = 24
    UNKNOWN_PHASE = 25
    CROSSED_BOOK = 26
    """Continuous trading cannot begin while bids and asks cross; uncross first."""
    BAD_BANDS = 27
    CLOCK_BACKWARDS = 28
