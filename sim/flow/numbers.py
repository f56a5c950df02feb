"""Enumerations as plain integers, which numba freezes into the machine code."""

from sim.events.codes import CancelReason, OrderType, PairStatus, RefusalReason, Side, TimeInForce
from sim.matching.codes import EventKind
from sim.units import ASSET_INDEX, SYMBOLS

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
