"""Grids and assets of the trading pairs as arrays, by the pair's place; the last entry is no pair's."""

import numpy as np

from sim.events.codes import Side
from sim.units import ASSET_CODES, ASSET_INDEX, INSTRUMENTS

BUY = int(Side.BUY)
ASSETS_N = len(ASSET_CODES)
_PAIRS = INSTRUMENTS.values()

# An unknown pair moves nothing.
BASE = np.array([*(ASSET_INDEX[pair.base] for pair in _PAIRS), 0], np.int64)
QUOTE = np.array([*(ASSET_INDEX[pair.quote] for pair in _PAIRS), 0], np.int64)
TICK_LOT = np.array([*(pair.tick_lot_minor for pair in _PAIRS), 0], np.int64)
"""Quote minor units of one lot at a price of one tick."""
LOT = np.array([*(pair.lot_minor for pair in _PAIRS), 0], np.int64)
"""Base minor units of one lot."""
PAYS = np.array([QUOTE, BASE])
"""Asset that an order pays with, by side and pair."""
