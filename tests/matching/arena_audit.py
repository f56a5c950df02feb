"""Look behind the door: is every word of an arena where it belongs?"""

from sim.matching.arena import (
    BEST,
    BITMAP,
    CAPACITY,
    COUNT,
    FREE,
    HEADER_WORDS,
    HEIGHT,
    KEY,
    LADDER,
    LADDER_WORDS,
    LADDERS,
    LEAF,
    LEVEL,
    LEVEL_KIND,
    LEVELS,
    LIVE,
    LOTS,
    NEXT,
    NODE_KIND,
    ORDER_KIND,
    ORDERS,
    PARENT,
    PREVIOUS,
    QUANTITY,
    RECORD_WORDS,
    ROOT,
    TABLE,
    TABLE_MASK,
    TABLE_SHIFT,
    TOP,
    Arena,
)

_SIGN = 1 << 63
_WORD = (1 << 64) - 1
_HANDLE = (1 << 32) - 1


def audit(arena: Arena) -> None:
    """Assert that records, queues, counts, price index, free list and table agree with each other."""
    words: list[int] = arena.tolist()
    kinds = _audit_table(words)
    records = {record for record, kind in kinds.items() if kind == ORDER_KIND}
    for side in (0, 1):
        levels = {record for record, kind in kinds.items() if kind == LEVEL_KIND + side}
        orders, nodes = _audit_ladder(words, side, levels)
        assert orders <= records
        assert all(kinds[node] == NODE_KIND for node in nodes)
        records = (records - orders) | levels | nodes
    assert len(kinds) == words[LIVE] <= words[CAPACITY]
    # Every order was in a queue, so only levels and nodes are left, and they are all the rest.
    assert records == {record for record, kind in kinds.items() if kind != ORDER_KIND}
    _audit_pool(words, set(kinds))


def _audit_table(words: list[int]) -> dict[int, int]:
    """Check that every entry can be found from its home, and return the kind of every record."""
    table, mask, shift = words[TABLE], words[TABLE_MASK], words[TABLE_SHIFT]
    assert len(words) == table + mask + 1
    kinds: dict[int, int] = {}
    for place, entry in enumerate(words[table:]):
        if entry:
            hashed, record = entry >> 32, entry & _HANDLE
            probe = hashed >> shift << 3 | hashed & 7
            while probe != place:
                assert words[table + probe]
                probe = probe + 1 & mask
            assert record not in kinds
            kinds[record] = (hashed ^ words[record + KEY]) & 7
    return kinds


def _audit_pool(words: list[int], used: set[int]) -> None:
    """Check that every record below the top is either in use or on the free list."""
    free = set[int]()
    record = words[FREE]
    while record:
        assert record not in free
        free.add(record)
        record = words[record + KEY]
    assert not free & used
    assert free | used == set(range(HEADER_WORDS, words[TOP], RECORD_WORDS))


def _audit_ladder(words: list[int], side: int, levels: set[int]) -> tuple[set[int], set[int]]:
    """Check a side's state and queues; return the orders and nodes that belong to it."""
    state = LADDERS + side * LADDER_WORDS
    if not levels:
        assert words[state : state + LADDER_WORDS] == [0] * LADDER_WORDS
        return set(), set()
    by_key = {words[level + KEY]: level for level in levels}
    assert len(by_key) == len(levels) == words[state + LEVELS]
    assert words[state + BEST] == by_key[min(by_key)]
    orders: list[int] = []
    for level in levels:
        queue = _queue(words, level)
        assert words[level + LADDER] == side
        assert words[level + COUNT] == len(queue) > 0
        assert words[level + QUANTITY] == sum(words[order + QUANTITY] for order in queue)
        orders += queue
    assert words[state + ORDERS] == len(orders) == len(set(orders))
    assert words[state + LOTS] == sum(words[order + QUANTITY] for order in orders)
    return set(orders), _audit_nodes(words, side, by_key)


def _queue(words: list[int], level: int) -> list[int]:
    queue = []
    before, order = level, words[level + NEXT]
    while order != level:
        assert words[order + PREVIOUS] == before
        assert words[order + LEVEL] == level
        assert words[order + QUANTITY] > 0
        queue.append(order)
        before, order = order, words[order + NEXT]
    assert words[level + PREVIOUS] == before
    return queue


def _audit_nodes(words: list[int], side: int, levels: dict[int, int]) -> set[int]:
    """Check that the nodes are exactly those that the keys in use call for, each with the right bits."""
    height = words[LADDERS + side * LADDER_WORDS + HEIGHT]
    bits: dict[tuple[int, int], int] = {}
    for key in levels:
        unsigned = (key & _WORD) ^ _SIGN
        for step in range(height + 1):
            prefix, digit = unsigned >> 6 * (step + 1), unsigned >> 6 * step & 63
            bits[step, prefix] = bits.get((step, prefix), 0) | 1 << digit
    assert sum(step == height for step, _ in bits) == 1  # one root covers all
    nodes: dict[tuple[int, int], int] = {}
    for key, level in levels.items():
        unsigned = (key & _WORD) ^ _SIGN
        node = words[level + LEAF]
        for step in range(height + 1):
            prefix = unsigned >> 6 * (step + 1)
            assert words[node + KEY] & _WORD == (side * 12 + step) << 58 | prefix
            assert words[node + BITMAP] & _WORD == bits[step, prefix]
            assert nodes.setdefault((step, prefix), node) == node
            node = words[node + PARENT]
        assert node == 0
    root_prefix = max(nodes)[1]
    assert words[LADDERS + side * LADDER_WORDS + ROOT] == nodes[height, root_prefix]
    return set(nodes.values())
