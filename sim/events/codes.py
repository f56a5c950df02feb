"""Enumerations that appear in events; in the log they read as lower-case names."""

from enum import IntEnum


class Code(IntEnum):
    """An enumeration whose members are numbered 0, 1, 2… without gaps, so that a number indexes names."""


class ClientClass(Code):
    """What kind of client, in the sense of VATP-G Part IX and Cap. 571D."""

    RETAIL = 0
    INDIVIDUAL_PI = 1
    MARKET_MAKER = 2
    ARBITRAGEUR = 3


class RiskClass(Code):
    """Five risk levels (facts row onb.risk_levels_hashkey)."""

    CONSERVATIVE = 0
    CAUTIOUS = 1
    MODERATE = 2
    ACTIVE = 3
    AGGRESSIVE = 4


class Side(Code):
    """Side of an order."""

    BUY = 0
    SELL = 1


class OrderType(Code):
    """Type of an order."""

    LIMIT = 0
    MARKET = 1


class TimeInForce(Code):
    """How long an order lives."""

    GTC = 0
    IOC = 1


class RefusalReason(Code):
    """Why the venue refused an order before it reached the book."""

    NOT_ACTIVE = 0
    NOT_LISTED = 1
    SELL_ONLY = 2
    BELOW_MINIMUM = 3
    SHORT_OF_FUNDS = 4
    EXPOSURE_LIMIT = 5
    BOOK = 6


class CancelReason(Code):
    """Why an order left the book without being filled."""

    CLIENT = 0
    IOC_REMAINDER = 1
    NO_LIQUIDITY = 2
    FEE_CHANGE = 3
    PAIR_CLOSED = 4
    EXPOSURE_LIMIT = 5


class Rail(Code):
    """How fiat moves between a bank and the platform."""

    FPS = 0
    USD_WIRE = 1
    CHATS = 2


class PairStatus(Code):
    """What a client class may do in a pair."""

    CLOSED = 0
    SELL_ONLY = 1
    OPEN = 2


class Step(Code):
    """Steps of the way to the first trade, in order."""

    APPLICATION = 0
    IDENTITY = 1
    KNOWLEDGE = 2
    RISK_PROFILE = 3
    FIRST_TRANSFER = 4
