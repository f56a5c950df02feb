"""A binary heap of wake-ups, ordered by time and then by agent, so that ties never depend on history."""

from sim.flow.layout import HEAP, HEAP_AGENT, HEAP_TIME
from sim.matching.bits import Memory, compiled, inlined


@inlined
def _earlier(plane: Memory, left: int, right: int) -> bool:
    times = plane[HEAP_TIME]
    if plane[times + left] != plane[times + right]:
        return plane[times + left] < plane[times + right]
    agents = plane[HEAP_AGENT]
    return plane[agents + left] < plane[agents + right]


@inlined
def _swap(plane: Memory, left: int, right: int) -> None:
    for section in (plane[HEAP_TIME], plane[HEAP_AGENT]):
        kept = plane[section + left]
        plane[section + left] = plane[section + right]
        plane[section + right] = kept


@compiled
def push(plane: Memory, time_us: int, agent: int) -> None:
    """Wake the agent at a time. An agent has at most one wake-up waiting, so the heap never overflows."""
    place = plane[HEAP]
    plane[HEAP] = place + 1
    plane[plane[HEAP_TIME] + place] = time_us
    plane[plane[HEAP_AGENT] + place] = agent
    while place > 0:
        parent = (place - 1) >> 1
        if not _earlier(plane, place, parent):
            break
        _swap(plane, place, parent)
        place = parent


@compiled
def pop(plane: Memory) -> int:
    """Take the agent of the earliest wake-up off the heap, which must not be empty."""
    times, agents = plane[HEAP_TIME], plane[HEAP_AGENT]
    agent = plane[agents]
    size = plane[HEAP] - 1
    plane[HEAP] = size
    plane[times] = plane[times + size]
    plane[agents] = plane[agents + size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            return agent
        if child + 1 < size and _earlier(plane, child + 1, child):
            child += 1
        if not _earlier(plane, child, place):
            return agent
        _swap(plane, place, child)
        place = child
