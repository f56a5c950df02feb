"""A bigger arena for a book that has run out of room."""

from sim.matching.arena import (
    CAPACITY,
    TABLE,
    TABLE_MASK,
    TABLE_SHIFT,
    Arena,
    allocate,
)
from sim.matching.bits import exported, memory_of
from sim.matching.table import refill

_FAST_BELOW = 2**20
"""Records up to which a book grows fourfold: what is not used yet costs addresses, not memory."""
_OF_THE_ARENA = (CAPACITY, TABLE, TABLE_MASK, TABLE_SHIFT)


@exported
def _refill(small: Arena, big: Arena) -> None:
    refill(memory_of(small), memory_of(big))


def grow(book: Arena) -> Arena:
    """Return a copy of the book with more room: four times while it is small, then twice.

    Records keep their places, so every handle stays valid; only the table is laid out anew.
    """
    capacity = int(book[CAPACITY])
    bigger = allocate((4 if capacity < _FAST_BELOW else 2) * capacity)
    own = {word: int(bigger[word]) for word in _OF_THE_ARENA}
    records_end = int(book[TABLE])
    bigger[:records_end] = book[:records_end]
    for word, value in own.items():
        bigger[word] = value
    _refill(book, bigger)
    return bigger
