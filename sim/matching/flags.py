"""The small numbers of an order, packed into one word of its record below its arrival number.

A command brings them a byte each (`layout.py`); an order of the book keeps ten bits: type, time in force,
post-only, self-trade prevention, side. The rest is the number of its arrival.
"""

from sim.matching.arena import ARRIVALS
from sim.matching.bits import Memory, inlined
from sim.matching.layout import (
    BYTE,
    POST_ONLY_SHIFT,
    PREVENTION_SHIFT,
    SIDE_SHIFT,
    TIME_IN_FORCE_SHIFT,
    TYPE_SHIFT,
)

ARRIVAL_SHIFT = 10
_TYPE = 7
_TIME_IN_FORCE = 3
_PREVENTION = 7


@inlined
def side_in(packed: int) -> int:
    """Side in the packed word of a command."""
    return (packed >> SIDE_SHIFT) & BYTE


@inlined
def type_in(packed: int) -> int:
    """Order type in the packed word of a command."""
    return (packed >> TYPE_SHIFT) & BYTE


@inlined
def time_in_force_in(packed: int) -> int:
    """Time in force in the packed word of a command."""
    return (packed >> TIME_IN_FORCE_SHIFT) & BYTE


@inlined
def post_only_in(packed: int) -> int:
    """Post-only in the packed word of a command."""
    return (packed >> POST_ONLY_SHIFT) & BYTE


@inlined
def prevention_in(packed: int) -> int:
    """Self-trade prevention in the packed word of a command."""
    return (packed >> PREVENTION_SHIFT) & BYTE


@inlined
def flags_of(packed: int, arrival: int) -> int:
    """Pack the flags of an order from the packed word of a valid command."""
    small = type_in(packed) | (time_in_force_in(packed) << 3) | (post_only_in(packed) << 5)
    small |= (prevention_in(packed) << 6) | (side_in(packed) << 9)
    return small | (arrival << ARRIVAL_SHIFT)


@inlined
def packed_of(flags: int) -> int:
    """Packed word of a command, without its kind, from the flags of an order."""
    packed = (side_of(flags) << SIDE_SHIFT) | (type_of(flags) << TYPE_SHIFT)
    packed |= ((flags >> 3) & _TIME_IN_FORCE) << TIME_IN_FORCE_SHIFT
    packed |= ((flags >> 5) & 1) << POST_ONLY_SHIFT
    return packed | (prevention_of(flags) << PREVENTION_SHIFT)


@inlined
def type_of(flags: int) -> int:
    """Order type in the flags of an order."""
    return flags & _TYPE


@inlined
def prevention_of(flags: int) -> int:
    """Self-trade prevention in the flags of an order."""
    return (flags >> 6) & _PREVENTION


@inlined
def side_of(flags: int) -> int:
    """Side in the flags of an order."""
    return (flags >> 9) & 1


@inlined
def arrival_of(flags: int) -> int:
    """Arrival number in the flags of an order."""
    return flags >> ARRIVAL_SHIFT


@inlined
def next_arrival(book: Memory) -> int:
    """Hand out the next arrival number."""
    arrival = book[ARRIVALS] + 1
    book[ARRIVALS] = arrival
    return arrival
