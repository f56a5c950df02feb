"""Records by key: an open-addressing table with linear probing and backward-shift deletion.

A place holds one word, the 31-bit hash of a record's key above its 32-bit handle, or 0. The hash says
where the entry belongs for any table size, so deleting and growing never touch the records; finding
touches a record only when all 31 bits agree.

Hashing keeps neighbours together: eight consecutive keys share one cache line of the table and only
the number of their block is scrambled. Ids handed out in sequence and prices side by side therefore
cost few cache misses, and a golden-ratio multiplier spreads consecutive blocks evenly. The kind of the
record enters the lowest three bits reversibly: equal keys of different kinds have different hashes.
"""

from sim.matching.arena import (
    CAPACITY,
    FREE,
    KEY,
    LIVE,
    RECORD_WORDS,
    TABLE,
    TABLE_MASK,
    TABLE_SHIFT,
    TOP,
)
from sim.matching.bits import Memory, compiled, i64, inlined, u64

_GOLDEN = u64(0x9E3779B97F4A7C15)
_KIND_SALT = u64(0xD6E8FEB86659FD93)
_THREE = u64(3)
_SEVEN = u64(7)
_HALF = u64(32)
_PREFIX_SHIFT = u64(36)
_HASH_SHIFT = 32
HANDLE = 0xFFFF_FFFF


@inlined
def hash_of(key: int, kind: int) -> int:
    """Hash a key to 31 bits: 28 scrambled bits of its block, then its place in the block."""
    block = (u64(key) >> _THREE) ^ (u64(kind) * _KIND_SALT)
    mixed = (block ^ (block >> _HALF)) * _GOLDEN
    return i64(((mixed >> _PREFIX_SHIFT) << _THREE) | ((u64(key) ^ u64(kind)) & _SEVEN))


@inlined
def home_of(book: Memory, hashed: int) -> int:
    """Place in the table where an entry of this hash belongs."""
    return ((hashed >> book[TABLE_SHIFT]) << 3) | (hashed & 7)


@inlined
def home(book: Memory, key: int, kind: int) -> int:
    """Offset in the arena of the place where a search for this key begins."""
    return book[TABLE] + home_of(book, hash_of(key, kind))


@inlined
def place_of(book: Memory, key: int, kind: int) -> int:
    """Offset in the arena of the table place with the entry of this key, or of the empty place for it."""
    hashed = hash_of(key, kind)
    table = book[TABLE]
    mask = book[TABLE_MASK]
    place = home_of(book, hashed)
    while True:
        entry = book[table + place]
        if entry == 0:
            return table + place
        if (entry >> _HASH_SHIFT) == hashed and book[(entry & HANDLE) + KEY] == key:
            return table + place
        place = (place + 1) & mask


@inlined
def find(book: Memory, key: int, kind: int) -> int:
    """Handle of the record of this key and kind, or 0."""
    return book[place_of(book, key, kind)] & HANDLE


@inlined
def enter(book: Memory, place: int, key: int, kind: int, record: int) -> None:
    """Put a record into the empty place that `place_of` returned for its key."""
    book[place] = (hash_of(key, kind) << _HASH_SHIFT) | record


@compiled
def erase(book: Memory, place: int) -> None:
    """Empty a place and move later entries of its run back, so that no search ends too early."""
    table = book[TABLE]
    mask = book[TABLE_MASK]
    hole = place - table
    probe = hole
    while True:
        probe = (probe + 1) & mask
        entry = book[table + probe]
        if entry == 0:
            break
        home = home_of(book, entry >> _HASH_SHIFT)
        if ((probe - home) & mask) >= ((probe - hole) & mask):
            book[table + hole] = entry
            hole = probe
    book[table + hole] = 0


@inlined
def take(book: Memory) -> int:
    """Take a record from the pool; the caller has seen to it that there is room."""
    record = book[FREE]
    if record != 0:
        book[FREE] = book[record + KEY]
    else:
        record = book[TOP]
        book[TOP] = record + RECORD_WORDS
    book[LIVE] += 1
    return record


@inlined
def release(book: Memory, record: int) -> None:
    """Give a record back to the pool."""
    book[record + KEY] = book[FREE]
    book[FREE] = record
    book[LIVE] -= 1


@compiled
def refill(small: Memory, big: Memory) -> None:
    """Enter every entry of one arena's table into the empty table of a bigger arena."""
    first = small[TABLE]
    table = big[TABLE]
    mask = big[TABLE_MASK]
    for offset in range(small[TABLE_MASK] + 1):
        entry = small[first + offset]
        if entry != 0:
            place = home_of(big, entry >> _HASH_SHIFT)
            while big[table + place] != 0:
                place = (place + 1) & mask
            big[table + place] = entry


@inlined
def has_room(book: Memory, records: int) -> bool:
    """Whether so many more records fit."""
    return book[LIVE] + records <= book[CAPACITY]
