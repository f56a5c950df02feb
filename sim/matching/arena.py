"""The memory of one book: where everything lies in one flat int64 array, the *arena*.

    header | records (one of 8 words each) | table (a power of two of words)

Everything that can be counted is a record of eight words, one cache line: an order, the terms of an
unusual order, a price level, a node of the price index. All records share one pool and one free list,
so the memory of a book is bounded by what lives in it, whatever the mix. A record is named by its
*handle*, its offset in the arena; 0 names none. Handles survive growth: the records keep their place
and only the table moves.

The table finds records by key (`table.py`); the ladders put levels in order of price (`ladder.py`).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.matching.aligned import aligned_zeros
from sim.matching.rules import BookRules

Arena = npt.NDArray[np.int64]
"""One book. One dimension, C-contiguous."""

LAYOUT: Final = 0x56415450_0002
"""First word of every arena: what this is and the version of the layout."""

# Header words.
LAYOUT_WORD: Final = 0
CAPACITY: Final = 1
"""Records the arena has room for."""
LIVE: Final = 2
"""Records in use."""
TOP: Final = 3
"""Handle of the first record never used so far."""
FREE: Final = 4
"""First record of the free list, which is chained through word 0."""
TABLE: Final = 5
"""Offset of the table."""
TABLE_MASK: Final = 6
"""Places in the table, less one."""
TABLE_SHIFT: Final = 7
"""Right shift that turns a hash into its block of places."""
GATES: Final = 8
"""Not 0 when an order has to pass more than the plain checks: another phase or an unusual rule."""
WAITING: Final = 9
"""Stop orders waiting."""
SLICES: Final = 10
"""Refills that the icebergs of the book can still make."""
RULE_GATES: Final = 12
"""Not 0 when one of the book's rules is such a gate."""
ARRIVALS: Final = 11
"""Arrival number handed out last."""
CUT: Final = 13
"""Lots that self-trade prevention has taken off the order that is acting."""
LADDERS: Final = 16
"""Offset of the ladders' state, in the order of the numbers below."""
LADDER_WORDS: Final = 8
STATE: Final = 64
"""What the session has come to, from here to `STATE_END`."""
PHASE: Final = 64
CLOCK: Final = 65
LAST_PRICE: Final = 66
HAS_LAST: Final = 67
BAND_LOW: Final = 68
BAND_HIGH: Final = 69
BAND_TICKS: Final = 70
"""Half-width of the dynamic band; 0 for none."""
BREACH_ACTION: Final = 71
STATE_END: Final = 72
RULES: Final = 80
"""`BookRules`, from here to `RULES_END`."""
TICK: Final = 80
LOT: Final = 81
MIN_QUANTITY: Final = 82
MAX_QUANTITY: Final = 83
COLLAR_TICKS: Final = 84
"""-1 for none."""
UNIQUE_IDS: Final = 85
NONPOSITIVE_PRICES: Final = 86
MARKET_PRESSURE: Final = 87
RULES_END: Final = 88
TRIGGERED: Final = 96
"""A record in the header: the level on which triggered stop orders stand until their turn."""
SORT: Final = 128
"""Lists that are being merged in order of arrival; 0 between commands."""
SORT_LISTS: Final = 32
HEADER_WORDS: Final = 160

# Ladders. The lowest bit says how a price becomes a key (`ladder.py`).
BIDS: Final = 0
ASKS: Final = 1
SELL_STOPS: Final = 2
BUY_STOPS: Final = 3
EXPIRIES: Final = 4
"""Levels are times, and their queues hold terms instead of orders."""
TRIGGERED_LADDER: Final = 5
"""No ladder: only counts, of the orders on the level in the header."""

# Words of a ladder's state.
BEST: Final = 0
"""Handle of the best level; 0 when the ladder is empty."""
ROOT: Final = 1
"""Handle of the root node of the price index."""
HEIGHT: Final = 2
"""Height of the root; a leaf has height 0."""
LOTS: Final = 3
"""Open lots of all orders on the ladder, reserves included."""
ORDERS: Final = 4
"""Orders on the ladder."""
LEVELS: Final = 5
"""Prices with at least one order."""

# Words of every record.
RECORD_WORDS: Final = 8
KEY: Final = 0
"""Order id, ladder key of a level, or key of a node."""
NEXT: Final = 1
"""Orders of a level form a ring through its level: next younger order, or the level after the last.
In a level: its oldest order."""
PREVIOUS: Final = 2
"""Next older order, or the level before the first. In a level: its youngest order."""
QUANTITY: Final = 4
"""Lots: of an order, those it shows; of a level, those that all its orders show."""

# Words of an order.
LEVEL: Final = 3
"""Its level in the lower half; in the upper half the record of its terms, or 0."""
ACCOUNT: Final = 5
ENTERED: Final = 6
"""Lots the order was entered or amended to; less those still open, they are what has traded."""
FLAGS: Final = 7
"""Small numbers (`flags.py`) below the order's arrival number."""

# Words of the terms of an iceberg, a GTD or a stop order. Next, previous and level are those of its
# expiry; an order without one has level 0.
OWNER: Final = 0
"""The order."""
RESERVE: Final = 4
"""Lots of an iceberg not shown."""
ICEBERG_PEAK: Final = 5
TRIGGER: Final = 5
"""Stop price: a stop order is no iceberg."""
LIMIT_PRICE: Final = 6
"""Of a waiting stop-limit order."""
EXPIRY: Final = 7

# Words of a level.
LEAF: Final = 3
"""Node of the price index that has this level's bit."""
COUNT: Final = 5
"""Orders in the queue."""
HIDDEN: Final = 6
"""Lots in the reserves of its icebergs."""
LADDER: Final = 7
"""Which ladder the level stands on."""

# Words of a node.
BITMAP: Final = 1
PARENT: Final = 2
NODE_HEIGHT: Final = 3

# What a record is, in three bits of its hash, so that equal keys of different kinds differ. The kind of
# a level is LEVEL_KIND + ladder. Terms are not in the table.
ORDER_KIND: Final = 0
NODE_KIND: Final = 1
LEVEL_KIND: Final = 2
RETIRED_KIND: Final = 7
"""An id once used, where ids are unique."""

MAX_HEIGHT: Final = 10
"""Six bits of price a level of the index: eleven node levels, 0 to 10, cover 64 bits."""
COMMAND_RECORDS: Final = 3 + 2 * (2 + 2 * (MAX_HEIGHT + 1))
"""Records one step can take at most: an order, its terms, its id retired; and twice, for its price and
its expiry, a level, a path of nodes and a taller root."""

MOST_SLICES: Final = 1_000
"""An iceberg shows its lots in at most so many slices, each of which may be a fill of one order."""

MOST_RECORDS: Final = 2**28 - HEADER_WORDS // RECORD_WORDS
"""A handle takes 31 bits."""

_FEWEST_RECORDS: Final = 64
_HASH_BITS: Final = 31
_BLOCK_BITS: Final = 3
_LEAST, _MOST = -(2**63), 2**63 - 1


def allocate(records: int) -> Arena:
    """Return an empty arena with room for at least so many records.

    Their number is a power of two and half the places of the table, which so is never more than half full.

    Raises
    ------
    MemoryError
        More than MOST_RECORDS, 17 GB, are asked for.
    """
    if records > MOST_RECORDS:
        raise MemoryError(f"a book holds at most {MOST_RECORDS:,} records; asked for {records:,}")
    bits = max(_BLOCK_BITS, (2 * records - 1).bit_length())
    capacity = min(1 << (bits - 1), MOST_RECORDS)
    table = HEADER_WORDS + capacity * RECORD_WORDS
    arena = aligned_zeros(table + (1 << bits))
    arena[LAYOUT_WORD] = LAYOUT
    arena[CAPACITY] = capacity
    arena[TOP] = HEADER_WORDS
    arena[TABLE] = table
    arena[TABLE_MASK] = (1 << bits) - 1
    arena[TABLE_SHIFT] = _HASH_BITS + _BLOCK_BITS - bits
    return arena


def new_book(order_capacity: int = 1024, rules: BookRules | None = None) -> Arena:
    """Return the arena of an empty book in continuous trading, without bands, its clock at the beginning.

    Parameters
    ----------
    order_capacity
        Resting orders to make room for at first, at few prices; the book grows as needed.
    rules
        By default `BookRules()`: every positive price and quantity.

    Raises
    ------
    ValueError
        The capacity is not positive.
    """
    if order_capacity <= 0:
        raise ValueError(f"order_capacity is {order_capacity}; expected at least 1")
    arena = allocate(max(_FEWEST_RECORDS, order_capacity + COMMAND_RECORDS))
    rules = rules or BookRules()
    arena[TICK] = rules.tick
    arena[LOT] = rules.lot
    arena[MIN_QUANTITY] = rules.min_quantity
    arena[MAX_QUANTITY] = _MOST if rules.max_quantity is None else rules.max_quantity
    arena[COLLAR_TICKS] = -1 if rules.collar_ticks is None else rules.collar_ticks
    arena[UNIQUE_IDS] = rules.unique_ids
    arena[NONPOSITIVE_PRICES] = rules.nonpositive_prices
    arena[MARKET_PRESSURE] = rules.market_pressure
    arena[CLOCK] = _LEAST
    arena[BAND_LOW] = _LEAST
    arena[BAND_HIGH] = _MOST
    arena[TRIGGERED + NEXT] = arena[TRIGGERED + PREVIOUS] = TRIGGERED
    arena[TRIGGERED + LADDER] = TRIGGERED_LADDER
    gates = rules.tick != 1 or rules.lot != 1 or rules.unique_ids or rules.nonpositive_prices
    arena[RULE_GATES] = arena[GATES] = gates
    return arena
