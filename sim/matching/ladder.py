"""Price levels in order: ladders, best level first.

Bids and asks have a ladder each, and so have the stop prices of waiting sell and buy orders and the
expiries. A ladder orders its levels by *key*: the price itself for asks, its bitwise complement for bids
(and so for any int64 price). The best level of either side is the one with the lowest key, and one piece
of code serves all: odd ladders and the expiries' are ordered like asks, those of bids and of sell stops
like bids.

The price index is a trie over the key, six bits a node. A node is one bitmap: its bit says that the key
range below is inhabited. Nodes have no child array; the child of a node is found in the table by its
own key (ladder, height, prefix). So a node costs one record however wide the gaps are, prices next to
each other share nodes, and the root stands only as high as the keys in use differ.
"""

from sim.matching.arena import (
    BEST,
    BITMAP,
    COUNT,
    HEIGHT,
    HIDDEN,
    KEY,
    LADDER,
    LADDER_WORDS,
    LADDERS,
    LEAF,
    LEVEL_KIND,
    LEVELS,
    MAX_HEIGHT,
    NEXT,
    NODE_HEIGHT,
    NODE_KIND,
    PARENT,
    PREVIOUS,
    QUANTITY,
    ROOT,
)
from sim.matching.bits import Memory, compiled, i64, inlined, leading_zeros, trailing_zeros, u64
from sim.matching.table import enter, erase, find, place_of, release, take

_SIGN = u64(1 << 63)
_CHILD = 63
_PREFIX_BITS = u64(58)
_PREFIX = (1 << 58) - 1
_HEIGHTS = u64(MAX_HEIGHT + 2)
_WORD_BITS = 64


@inlined
def key_of(side: int, price: int) -> int:
    """Ladder key of a price: the lower, the better for whoever trades against it."""
    return price ^ (side - 1)


@inlined
def price_of(side: int, key: int) -> int:
    """Price of a ladder key."""
    return key ^ (side - 1)


@inlined
def price_on(ladder: int, key: int) -> int:
    """Price of a key of any ladder of prices."""
    return price_of(ladder & 1, key)


@inlined
def state_of(ladder: int) -> int:
    """Offset of a ladder's state in the arena."""
    return LADDERS + ladder * LADDER_WORDS


@inlined
def _prefix(key: int, height: int) -> int:
    """Bits of a key above the six bits that a node of this height decides."""
    shift = 6 * (height + 1)
    if shift >= _WORD_BITS:
        return 0
    return i64((u64(key) ^ _SIGN) >> u64(shift))


@inlined
def _digit(key: int, height: int) -> int:
    """Six bits of a key that a node of this height decides."""
    return i64((u64(key) ^ _SIGN) >> u64(6 * height)) & _CHILD


@inlined
def _node_key(ladder: int, height: int, prefix: int) -> int:
    """Ladder and height in the upper six bits, prefix in the lower 58."""
    return i64(((u64(ladder) * _HEIGHTS + u64(height)) << _PREFIX_BITS) | u64(prefix))


@compiled
def _new_node(book: Memory, ladder: int, height: int, prefix: int, bitmap: int) -> int:
    key = _node_key(ladder, height, prefix)
    node = take(book)
    book[node + KEY] = key
    book[node + BITMAP] = bitmap
    book[node + PARENT] = 0
    book[node + NODE_HEIGHT] = height
    enter(book, place_of(book, key, NODE_KIND), key, NODE_KIND, node)
    return node


@compiled
def _raise_root(book: Memory, ladder: int, key: int) -> None:
    """Put roots on top until the root covers the key."""
    state = state_of(ladder)
    root = book[state + ROOT]
    height = book[state + HEIGHT]
    prefix = book[root + KEY] & _PREFIX
    while height < MAX_HEIGHT and _prefix(key, height) != prefix:
        height += 1
        digit = prefix & _CHILD
        prefix >>= 6
        taller = _new_node(book, ladder, height, prefix, 1 << digit)
        book[root + PARENT] = taller
        root = taller
    book[state + ROOT] = root
    book[state + HEIGHT] = height


@compiled
def _new_leaf(book: Memory, ladder: int, key: int) -> int:
    """Make the leaf of a key, and the nodes from it up to the first that exists."""
    state = state_of(ladder)
    leaf = _new_node(book, ladder, 0, _prefix(key, 0), 0)
    if book[state + ROOT] == 0:
        book[state + ROOT] = leaf
        book[state + HEIGHT] = 0
        return leaf
    _raise_root(book, ladder, key)
    child = leaf
    height = 1
    while True:
        digit = _digit(key, height)
        prefix = _prefix(key, height)
        node = find(book, _node_key(ladder, height, prefix), NODE_KIND)
        if node != 0:
            book[node + BITMAP] |= 1 << digit
            book[child + PARENT] = node
            return leaf
        node = _new_node(book, ladder, height, prefix, 1 << digit)
        book[child + PARENT] = node
        child = node
        height += 1


@inlined
def find_level(book: Memory, ladder: int, key: int) -> int:
    """Handle of the level of this key, or 0."""
    return find(book, key, LEVEL_KIND + ladder)


@compiled
def new_level(book: Memory, ladder: int, key: int) -> int:
    """Make an empty level where there is none, and return its handle."""
    level = take(book)
    book[level + KEY] = key
    book[level + NEXT] = level
    book[level + PREVIOUS] = level
    book[level + QUANTITY] = 0
    book[level + COUNT] = 0
    book[level + HIDDEN] = 0
    book[level + LADDER] = ladder
    kind = LEVEL_KIND + ladder
    enter(book, place_of(book, key, kind), key, kind, level)
    leaf = find(book, _node_key(ladder, 0, _prefix(key, 0)), NODE_KIND)
    if leaf == 0:
        leaf = _new_leaf(book, ladder, key)
    book[leaf + BITMAP] |= 1 << _digit(key, 0)
    book[level + LEAF] = leaf
    state = state_of(ladder)
    best = book[state + BEST]
    if best == 0 or key < book[best + KEY]:
        book[state + BEST] = level
    book[state + LEVELS] += 1
    return level


@compiled
def _lowest_level(book: Memory, ladder: int, node: int, bitmap: int) -> int:
    """Level of the lowest key below a node, among the children in `bitmap` (not 0)."""
    height = book[node + NODE_HEIGHT]
    prefix = ((book[node + KEY] & _PREFIX) << 6) | trailing_zeros(bitmap)
    while height > 0:
        height -= 1
        child = find(book, _node_key(ladder, height, prefix), NODE_KIND)
        prefix = (prefix << 6) | trailing_zeros(book[child + BITMAP])
    return find_level(book, ladder, i64(u64(prefix) ^ _SIGN))


@compiled
def next_level(book: Memory, level: int) -> int:
    """Handle of the next worse level of the same ladder, or 0."""
    ladder = book[level + LADDER]
    node = book[level + LEAF]
    digit = _digit(book[level + KEY], 0)
    while node != 0:
        above = book[node + BITMAP] & (-2 << digit)
        if above != 0:
            return _lowest_level(book, ladder, node, above)
        digit = book[node + KEY] & _CHILD
        node = book[node + PARENT]
    return 0


@compiled
def better_level(book: Memory, level: int) -> int:
    """Handle of the next better level of the same ladder, or 0."""
    ladder = book[level + LADDER]
    node = book[level + LEAF]
    digit = _digit(book[level + KEY], 0)
    while node != 0:
        below = book[node + BITMAP] & ((1 << digit) - 1)
        if below != 0:
            return _highest_level(book, ladder, node, below)
        digit = book[node + KEY] & _CHILD
        node = book[node + PARENT]
    return 0


@compiled
def _highest_level(book: Memory, ladder: int, node: int, bitmap: int) -> int:
    """Level of the highest key below a node, among the children in `bitmap` (not 0)."""
    height = book[node + NODE_HEIGHT]
    prefix = ((book[node + KEY] & _PREFIX) << 6) | (_CHILD - leading_zeros(bitmap))
    while height > 0:
        height -= 1
        child = find(book, _node_key(ladder, height, prefix), NODE_KIND)
        prefix = (prefix << 6) | (_CHILD - leading_zeros(book[child + BITMAP]))
    return find_level(book, ladder, i64(u64(prefix) ^ _SIGN))


@compiled
def remove_level(book: Memory, level: int) -> None:
    """Remove a level whose last order has gone, and every node that leads nowhere any more."""
    ladder = book[level + LADDER]
    key = book[level + KEY]
    state = state_of(ladder)
    node = book[level + LEAF]
    digit = _digit(key, 0)
    erase(book, place_of(book, key, LEVEL_KIND + ladder))
    release(book, level)
    book[state + LEVELS] -= 1
    bitmap = book[node + BITMAP] & ~(1 << digit)
    while bitmap == 0:
        node_key = book[node + KEY]
        parent = book[node + PARENT]
        erase(book, place_of(book, node_key, NODE_KIND))
        release(book, node)
        if parent == 0:
            book[state + ROOT] = 0
            book[state + HEIGHT] = 0
            book[state + BEST] = 0
            return
        node = parent
        bitmap = book[node + BITMAP] & ~(1 << (node_key & _CHILD))
    book[node + BITMAP] = bitmap
    if book[state + BEST] == level:
        book[state + BEST] = _lowest_level(book, ladder, node, bitmap)
