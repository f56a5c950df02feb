"""Numbers with names: what a command asks for and what an event says.

Compiled code compares plain integers, so each kernel module takes its constants from here with
`int(...)`; callers of the Python door use the enumerations.
"""

from enum import IntEnum


class Side(IntEnum):
    """Side of an order."""

    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    """Type of an order. A market order takes what rests, at any price, and never rests itself."""

    LIMIT = 0
    MARKET = 1


class TimeInForce(IntEnum):
    """How long an order lives: until cancelled, or only for the instant of its arrival."""

    GTC = 0
    IOC = 1


class CommandKind(IntEnum):
    """What a command asks of the book."""

    NEW = 0
    CANCEL = 1


class EventKind(IntEnum):
    """What happened."""

    ACCEPTED = 1
    TRADE = 2
    CANCELLED = 3
    REJECTED = 4


class CancelReason(IntEnum):
    """Why an order left the book, or its remainder never rested."""

    REQUESTED = 0
    IOC_REMAINDER = 1
    """An IOC or market order traded in part; the rest found no counterparty."""
    NO_LIQUIDITY = 2
    """An IOC or market order found nothing to trade with."""


class Reject(IntEnum):
    """Why a command was refused; the book is unchanged. 0 means accepted."""

    NONE = 0
    UNKNOWN_COMMAND = 1
    UNKNOWN_SIDE = 2
    UNKNOWN_ORDER_TYPE = 3
    UNKNOWN_TIME_IN_FORCE = 4
    QUANTITY_NOT_POSITIVE = 5
    QUANTITY_TOO_LARGE = 6
    """The lots resting on one side would no longer fit 64 bits."""
    DUPLICATE_ORDER = 7
    """An order of this id is in the book."""
    UNKNOWN_ORDER = 8
    """No order of this id is in the book: never entered, filled or cancelled."""
