"""Memory of the order plane: one flat int64 array, and where everything in it lies.

    header | small tables of fixed size | sections whose size depends on the scenario

The header holds the plane's scalars, the offset of each section and the addresses of the arrays that live
outside (the books, which grow, and the business time, which is float64). Accounts are client ids used
directly as row numbers; assets and instruments are numbered as in `sim.units`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.units import ASSET_CODES, ASSET_INDEX, SYMBOLS
from sim.world.people import CONTRARIAN, RANDOM, SAVER, TREND

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ASSETS_N: Final = len(ASSET_CODES)
INSTRUMENTS_N: Final = len(SYMBOLS)
CLASSES_N: Final = 4
HKD: Final = ASSET_INDEX["HKD"]
USD: Final = ASSET_INDEX["USD"]

# Header: scalars of the plane.
NOW: Final = 0
SEQ: Final = 1
"""Seq of the next logged row."""
NEXT_ORDER: Final = 2
ROWS: Final = 3
"""Rows in use."""
HEAP: Final = 4
"""Wake-ups waiting."""
EVENTS: Final = 5
"""Order events so far, logged or not."""
TRADES: Final = 6
LOG_LEVEL: Final = 7
SEED: Final = 8
ROWS_CAPACITY: Final = 9
OUT_ROWS: Final = 10
"""Rows that the matching core's event buffer has room for."""
WORDS: Final = 11
"""Length of the array."""
GRID_START: Final = 16
GRID_STEP: Final = 17
GRID_POINTS: Final = 18
SAMPLE_INTERVAL: Final = 19
DEPTH_BAND_PPM: Final = 20

# Header: offsets of the sections, in words.
AVAILABLE: Final = 32
"""[accounts, assets] minor units."""
HELD: Final = 33
"""[accounts, assets] minor units behind resting orders."""
LIMIT: Final = 34
"""[accounts] exposure limit in HKD minor units, -1 for none."""
TRADER: Final = 35
"""[accounts, TRADER_WIDTH]."""
PARTICIPANT: Final = 36
"""[participants + 1, PARTICIPANT_WIDTH]."""
LADDER: Final = 37
"""[participants + 1, instruments, LADDER_WIDTH]."""
TICKS: Final = 38
"""[instruments, grid points] reference price in ticks."""
HKD_PER_USD: Final = 39
"""[grid points] in parts per million."""
HEAP_TIME: Final = 40
HEAP_AGENT: Final = 41
ROW_TABLE: Final = 42
"""[ROWS_CAPACITY, ROW_WIDTH] events ready for the log."""

# Header: addresses of other arrays.
OUT_ADDRESS: Final = 48
BUSINESS_ADDRESS: Final = 49
BOOK_ADDRESS: Final = 50
"""One word per instrument."""

# Header: what the waking client wants.
WANT_SIDE: Final = 64
WANT_PATIENT: Final = 65
WANT_LOTS: Final = 66

# Header: what the desk said last.
ACCEPTED_SEQ: Final = 67
"""Seq of the acceptance of the last order, 0 where the log level leaves it out."""

# Small tables.
PAIR_STATUS: Final = 80
"""[classes, instruments]."""
FEES: Final = PAIR_STATUS + CLASSES_N * INSTRUMENTS_N
"""[classes, 2] maker and taker rate in ppm."""
PAIR_RULE: Final = FEES + 2 * CLASSES_N
"""[classes, instruments] number of the rule that keeps a class out of a pair; see `frames`."""
FEES_COLLECTED: Final = PAIR_RULE + CLASSES_N * INSTRUMENTS_N
"""[assets] minor units."""
INSTRUMENT: Final = FEES_COLLECTED + ASSETS_N
INSTRUMENT_WIDTH: Final = 6
BASE, QUOTE, TICK_LOT_MINOR, LOT_MINOR, MINIMUM_MINOR, HKD_TWIN = range(INSTRUMENT_WIDTH)
HEADER_WORDS: Final = INSTRUMENT + INSTRUMENTS_N * INSTRUMENT_WIDTH

# A row of TRADER: traits and memory of an account.
TRADER_WIDTH: Final = 12
(
    TYPE,
    PAYS_USD,
    BTC_WEIGHT_PPM,
    INTERVAL_US,
    BUSINESS_US,
    WAKES,
    RESTING_ORDER,
    RESTING_INSTRUMENT,
    RESTING_SIDE,
    RESTING_SEQ,
    CLASS,
    ACTIVE,
) = range(TRADER_WIDTH)

# The TYPE of an account: clients as `sim.world.people` numbers them, then everybody else.
TYPE_SAVER: Final = SAVER
TYPE_TREND: Final = TREND
TYPE_CONTRARIAN: Final = CONTRARIAN
TYPE_RANDOM: Final = RANDOM
TYPE_MAKER: Final = RANDOM + 1
TYPE_ARBITRAGEUR: Final = RANDOM + 2
TYPE_SAMPLER: Final = RANDOM + 3

# A row of PARTICIPANT: parameters of a market maker or an arbitrageur (row = account).
PARTICIPANT_WIDTH: Final = 8
(
    HALF_SPREAD_PPM,
    LEVEL_STEP_PPM,
    LEVELS,
    LEVEL_NOTIONAL_MINOR,
    SKEW_PPM,
    EDGE_PPM,
    ORDER_NOTIONAL_MINOR,
    COINS_TARGET_MINOR,
) = range(PARTICIPANT_WIDTH)

# A row of LADDER: order ids of bids, then of asks, then the centre last quoted, then the seqs of the
# orders' acceptances in the order of the ids.
MAX_LEVELS: Final = 16
CENTRE: Final = 2 * MAX_LEVELS
LADDER_SEQ: Final = CENTRE + 1
LADDER_WIDTH: Final = LADDER_SEQ + 2 * MAX_LEVELS

# A row of the log.
ROW_WIDTH: Final = 14
ROW_KIND, ROW_SEQ, ROW_TIME, ROW_CAUSE, ROW_PAYLOAD = range(5)
KIND_ACCEPTED, KIND_REFUSED, KIND_TRADE, KIND_CANCELLED, KIND_SAMPLED = range(5)

LOG_CONTROL, LOG_TRADES, LOG_FULL = range(3)

# Why `advance` came back.
STOP_UNTIL, STOP_ROWS_FULL, STOP_BOOK_FULL, STOP_BUFFER_FULL = range(4)
