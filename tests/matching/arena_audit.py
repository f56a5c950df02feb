"""Look behind the door: is every word of an arena where it belongs?

`audit` holds between commands. It knows the layout and the rules of the book, and shares no code with what
writes them. What orders, queues and terms must look like is in `queue_audit.py`.
"""

import numpy as np

from sim.matching.arena import (
    ARRIVALS,
    BAND_HIGH,
    BAND_LOW,
    BAND_TICKS,
    BITMAP,
    BREACH_ACTION,
    CAPACITY,
    COLLAR_TICKS,
    CUT,
    FREE,
    GATES,
    HAS_LAST,
    HEADER_WORDS,
    HEIGHT,
    KEY,
    LADDER,
    LADDER_WORDS,
    LADDERS,
    LAST_PRICE,
    LAYOUT,
    LAYOUT_WORD,
    LEAF,
    LEVEL_KIND,
    LIVE,
    LOT,
    MARKET_PRESSURE,
    MAX_HEIGHT,
    MAX_QUANTITY,
    MIN_QUANTITY,
    NEXT,
    NODE_HEIGHT,
    NODE_KIND,
    NONPOSITIVE_PRICES,
    ORDER_KIND,
    PARENT,
    PHASE,
    PREVIOUS,
    RECORD_WORDS,
    RETIRED_KIND,
    ROOT,
    RULE_GATES,
    RULES_END,
    SORT,
    SORT_LISTS,
    STATE_END,
    TABLE,
    TABLE_MASK,
    TABLE_SHIFT,
    TICK,
    TOP,
    TRIGGERED,
    TRIGGERED_LADDER,
    UNIQUE_IDS,
    Arena,
)
from tests.matching.queue_audit import audit_queues, price_is_allowed

_SIGN = 1 << 63
_WORD = (1 << 64) - 1
_HANDLE = (1 << 32) - 1
_UPPER = 32
_LADDERS = range(TRIGGERED_LADDER)
_PHASES = range(4)
_ACTIONS = range(3)
_SPARE = (14, 15, *range(STATE_END, 80), *range(RULES_END, TRIGGERED), *range(104, SORT))


def audit(arena: Arena) -> None:
    """Assert that header, records, queues, counts, price index, free list and table agree."""
    words: list[int] = arena.tolist()
    _audit_header(words)
    kinds = _audit_table(arena, words)
    levels = {
        ladder: [record for record, kind in kinds.items() if kind == LEVEL_KIND + ladder]
        for ladder in _LADDERS
    }
    orders, terms = audit_queues(words, kinds, levels)
    nodes = set[int]()
    for ladder, standing in levels.items():
        nodes |= _audit_nodes(words, ladder, standing, kinds)
    # Whatever the table knows is in its place on a ladder, or an id in use for ever.
    assert orders == {record for record, kind in kinds.items() if kind == ORDER_KIND}
    assert nodes == {record for record, kind in kinds.items() if kind == NODE_KIND}
    _audit_retired(words, kinds, orders)
    assert not terms & kinds.keys()
    assert len(kinds) + len(terms) == words[LIVE] <= words[CAPACITY]
    _audit_pool(words, kinds.keys() | terms)
    assert not arena[words[TOP] : words[TABLE]].any()


def _audit_header(words: list[int]) -> None:
    """Check what the header says of the arena, the rules, the session and the time between commands."""
    assert words[LAYOUT_WORD] == LAYOUT
    places = words[TABLE_MASK] + 1
    assert words[TABLE] == HEADER_WORDS + words[CAPACITY] * RECORD_WORDS
    assert len(words) == words[TABLE] + places
    assert words[TABLE_SHIFT] in range(32)
    assert places == 1 << 34 - words[TABLE_SHIFT] >= 2 * words[CAPACITY]
    assert words[TOP] in range(HEADER_WORDS, words[TABLE] + 1, RECORD_WORDS)
    assert words[ARRIVALS] >= 0 <= words[CUT]
    assert not any(words[place] for place in _SPARE)

    ruled = [words[TICK], words[LOT], words[MIN_QUANTITY], words[MAX_QUANTITY]]
    switches = [words[UNIQUE_IDS], words[NONPOSITIVE_PRICES], words[MARKET_PRESSURE]]
    assert min(ruled) > 0 <= words[COLLAR_TICKS] + 1
    assert words[MIN_QUANTITY] <= words[MAX_QUANTITY]
    assert {*switches, words[HAS_LAST]} <= {0, 1}
    assert words[PHASE] in _PHASES
    assert words[BREACH_ACTION] in _ACTIONS
    assert words[BAND_LOW] <= words[BAND_HIGH]
    assert words[BAND_TICKS] >= 0
    assert price_is_allowed(words, words[LAST_PRICE]) if words[HAS_LAST] else not words[LAST_PRICE]

    gated = ruled[:2] != [1, 1] or any(switches[:2])
    assert words[RULE_GATES] == gated
    assert words[GATES] == max(gated, words[PHASE] != 0)

    level = words[TRIGGERED : TRIGGERED + RECORD_WORDS]
    assert (level[NEXT], level[PREVIOUS], level[LADDER]) == (TRIGGERED, TRIGGERED, TRIGGERED_LADDER)
    assert sum(map(abs, level)) == 2 * TRIGGERED + TRIGGERED_LADDER
    assert not any(words[state_of(TRIGGERED_LADDER) : state_of(TRIGGERED_LADDER + 1)])
    assert not any(words[SORT : SORT + SORT_LISTS])


def state_of(ladder: int) -> int:
    """Offset of a ladder's state."""
    return LADDERS + ladder * LADDER_WORDS


def _audit_table(arena: Arena, words: list[int]) -> dict[int, int]:
    """Check that every entry has its record's hash and can be found; return the kind of every record."""
    table, mask, shift = words[TABLE], words[TABLE_MASK], words[TABLE_SHIFT]
    pool = range(HEADER_WORDS, words[TOP], RECORD_WORDS)
    places = np.flatnonzero(arena[table:])
    entries = arena[table:][places]
    records, hashes = (entries & _HANDLE).tolist(), (entries >> _UPPER).tolist()
    assert all(record in pool for record in records)
    assert len(set(records)) == len(records)
    keys = arena[np.array(records, np.int64) + KEY]
    kinds = ((entries >> _UPPER) ^ keys) & 7
    assert _hashes(keys, kinds) == hashes
    assert len(set(zip(keys.tolist(), kinds.tolist(), strict=True))) == len(records)
    for place, hashed in zip(places.tolist(), hashes, strict=True):
        probe = hashed >> shift << 3 | hashed & 7
        while probe != place:
            assert words[table + probe]
            probe = probe + 1 & mask
    return dict(zip(records, kinds.tolist(), strict=True))


def _hashes(keys: Arena, kinds: Arena) -> list[int]:
    """Hash keys of these kinds as the layout says: 28 mixed bits of the block, three bits of the place."""
    unsigned = keys.view(np.uint64)
    block = (unsigned >> 3) ^ (kinds.astype(np.uint64) * 0xD6E8FEB86659FD93)
    mixed = (block ^ (block >> 32)) * 0x9E3779B97F4A7C15
    hashes: list[int] = (mixed >> 36 << 3 | (unsigned ^ kinds.astype(np.uint64)) & 7).tolist()
    return hashes


def _audit_pool(words: list[int], used: set[int]) -> None:
    """Check that every record below the top is either in use or on the free list."""
    pool = range(HEADER_WORDS, words[TOP], RECORD_WORDS)
    free = set[int]()
    record = words[FREE]
    while record:
        assert record in pool
        assert record not in free
        free.add(record)
        record = words[record + KEY]
    assert not free & used
    assert free | used == set(pool)


def _audit_retired(words: list[int], kinds: dict[int, int], orders: set[int]) -> None:
    """Check that ids are kept for ever where they are unique, and nowhere else."""
    retired = {words[record + KEY] for record, kind in kinds.items() if kind == RETIRED_KIND}
    if words[UNIQUE_IDS]:
        assert retired >= {words[order + KEY] for order in orders}
        assert len(retired) <= words[ARRIVALS]
    else:
        assert not retired


def _audit_nodes(
    words: list[int], ladder: int, standing: list[int], kinds: dict[int, int]
) -> set[int]:
    """Check that the nodes are exactly those that the keys in use call for, each with the right bits."""
    if not standing:
        return set()
    height = words[state_of(ladder) + HEIGHT]
    assert height in range(MAX_HEIGHT + 1)
    bits: dict[tuple[int, int], int] = {}
    for level in standing:
        unsigned = (words[level + KEY] & _WORD) ^ _SIGN
        for step in range(height + 1):
            prefix, digit = unsigned >> 6 * (step + 1), unsigned >> 6 * step & 63
            bits[step, prefix] = bits.get((step, prefix), 0) | 1 << digit
    assert sum(step == height for step, _ in bits) == 1  # one root covers all
    nodes: dict[tuple[int, int], int] = {}
    for level in standing:
        unsigned = (words[level + KEY] & _WORD) ^ _SIGN
        node = words[level + LEAF]
        for step in range(height + 1):
            prefix = unsigned >> 6 * (step + 1)
            assert kinds.get(node) == NODE_KIND
            assert words[node + KEY] & _WORD == (ladder * 12 + step) << 58 | prefix
            assert words[node + BITMAP] & _WORD == bits[step, prefix]
            assert words[node + NODE_HEIGHT] == step
            assert nodes.setdefault((step, prefix), node) == node
            node = words[node + PARENT]
        assert node == 0
    root_prefix = max(nodes)[1]
    assert words[state_of(ladder) + ROOT] == nodes[height, root_prefix]
    return set(nodes.values())
