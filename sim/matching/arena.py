"""The memory of one book: where everything lies in one flat int64 array, the *arena*.

    header | records (one of 8 words each) | table (a power of two of words)

Everything that can be counted is a record of eight words, one cache line: a resting order, a price
level, a node of the price index. All records share one pool and one free list, so the memory of a book
is bounded by what lives in it, whatever the mix. A record is named by its *handle*, its offset in the
arena; 0 names none. Handles survive growth: the records keep their place and only the table moves.

The table finds records by key (`table.py`); the ladders put levels in order of price (`ladder.py`).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Arena = npt.NDArray[np.int64]
"""One book. One dimension, C-contiguous."""

LAYOUT: Final = 0x56415450_0001
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
LADDERS: Final = 16
"""Offset of the ladders' state: bids, asks, and room for three more, in order of trigger or expiry."""
LADDER_WORDS: Final = 8
HEADER_WORDS: Final = 128
"""The rest of the header is reserved: session, bands, last trade."""

# Words of a ladder's state.
BEST: Final = 0
"""Handle of the best level; 0 when the ladder is empty."""
ROOT: Final = 1
"""Handle of the root node of the price index."""
HEIGHT: Final = 2
"""Height of the root; a leaf has height 0."""
LOTS: Final = 3
"""Lots resting on the ladder."""
ORDERS: Final = 4
"""Orders resting on the ladder."""
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
"""Lots still open: of the order, or of all orders of the level."""

# Words of an order.
LEVEL: Final = 3
ACCOUNT: Final = 5
ENTERED: Final = 6
"""Lots the order was entered with."""
FLAGS: Final = 7
"""Order type in bits 0-7, time in force in bits 8-15; bits 16-31 are reserved for post-only and
self-trade prevention, bits 32-62 for the handle of a second record (peak, expiry, trigger)."""

# Words of a level.
LEAF: Final = 3
"""Node of the price index that has this level's bit."""
COUNT: Final = 5
"""Orders in the queue."""
HIDDEN: Final = 6
"""Reserved: lots of icebergs not shown."""
LADDER: Final = 7
"""Which ladder the level stands on: 0 bids, 1 asks."""

# Words of a node.
BITMAP: Final = 1
PARENT: Final = 2
NODE_HEIGHT: Final = 3

# What a record is, in three bits of its hash, so that equal keys of different kinds differ. The kind of
# a level is LEVEL_KIND + ladder; 7 is free.
ORDER_KIND: Final = 0
NODE_KIND: Final = 1
LEVEL_KIND: Final = 2

MAX_HEIGHT: Final = 10
"""Six bits of price a level of the index: eleven node levels, 0 to 10, cover 64 bits."""
COMMAND_RECORDS: Final = 2 + 2 * (MAX_HEIGHT + 1)
"""Records one command can take at most: an order, a level, a path of nodes, a taller root."""

MOST_RECORDS: Final = 2**28 - HEADER_WORDS // RECORD_WORDS
"""A handle takes 31 bits."""

_LINE_BYTES: Final = 64
_WORD_BYTES: Final = 8
_FEWEST_RECORDS: Final = 32
_HASH_BITS: Final = 31
_BLOCK_BITS: Final = 3


def aligned(words: int) -> Arena:
    """Return `words` zeros that begin on a cache line, so that a record lies on one line."""
    spare = _LINE_BYTES // _WORD_BYTES
    raw = np.zeros(words + spare, np.int64)
    first = -raw.ctypes.data % _LINE_BYTES // _WORD_BYTES
    return raw[first : first + words]


def allocate(capacity: int) -> Arena:
    """Return an empty arena with room for `capacity` records; the table is at most half full.

    Raises
    ------
    MemoryError
        More than MOST_RECORDS, 17 GB, are asked for.
    """
    if capacity > MOST_RECORDS:
        raise MemoryError(f"a book holds at most {MOST_RECORDS:,} records; asked for {capacity:,}")
    bits = max(_BLOCK_BITS, (2 * capacity - 1).bit_length())
    table = HEADER_WORDS + capacity * RECORD_WORDS
    arena = aligned(table + (1 << bits))
    arena[LAYOUT_WORD] = LAYOUT
    arena[CAPACITY] = capacity
    arena[TOP] = HEADER_WORDS
    arena[TABLE] = table
    arena[TABLE_MASK] = (1 << bits) - 1
    arena[TABLE_SHIFT] = _HASH_BITS + _BLOCK_BITS - bits
    return arena


def new_book(order_capacity: int = 1024) -> Arena:
    """Return the arena of an empty book.

    Parameters
    ----------
    order_capacity
        Resting orders to make room for at first, at few prices; the book grows as needed.

    Raises
    ------
    ValueError
        The capacity is not positive.
    """
    if order_capacity <= 0:
        raise ValueError(f"order_capacity is {order_capacity}; expected at least 1")
    return allocate(max(_FEWEST_RECORDS, order_capacity + COMMAND_RECORDS))
