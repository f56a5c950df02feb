"""The loop of the order plane: wake-ups in order of time, up to but not including an instant.

The loop comes back early, before the next wake-up, when a buffer could overflow within it. It changes
nothing by stopping: called again with the same instant it goes on where it was.
"""

from sim.flow.clients import first_look as first_look_of
from sim.flow.clients import wake_client
from sim.flow.desk import cancel as cancel_at_desk
from sim.flow.desk import submit as submit_at_desk
from sim.flow.heap import pop
from sim.flow.heap import push as push_wake
from sim.flow.layout import (
    DEPTH_BAND_PPM,
    HEAP,
    HEAP_TIME,
    INSTRUMENTS_N,
    KIND_SAMPLED,
    LOG_CONTROL,
    LOG_LEVEL,
    MAX_LEVELS,
    NOW,
    OUT_ROWS,
    ROWS,
    ROWS_CAPACITY,
    SAMPLE_INTERVAL,
    STOP_BOOK_FULL,
    STOP_BUFFER_FULL,
    STOP_ROWS_FULL,
    STOP_UNTIL,
    TYPE,
    TYPE_ARBITRAGEUR,
    TYPE_MAKER,
    Ints,
)
from sim.flow.log_rows import new_row
from sim.flow.memory import book_of, reference_ticks, trait, unlocked
from sim.flow.numbers import BUY, SELL
from sim.flow.participants import next_look as next_look_of
from sim.flow.participants import wake_participant
from sim.matching import bounds, views
from sim.matching.bits import Memory, compiled, exported, inlined, memory_of
from sim.units import PPM

SAMPLER = 0
"""Account 0 belongs to nobody: its wake-up samples the books."""
COMMANDS_PER_WAKE = 4 * MAX_LEVELS
"""Most commands one wake-up sends to one book: a whole ladder pulled and quoted again."""


@inlined
def _best(book: Memory, side: int) -> int:
    return views.best_price(book, side) if views.has_level(book, side) else 0


@compiled
def _sample(plane: Memory, instrument: int) -> None:
    """Log the top of a book and the depth within the band around the reference price."""
    book = book_of(plane, instrument)
    reference = reference_ticks(plane, instrument)
    band = reference * plane[DEPTH_BAND_PPM] // PPM
    row = new_row(plane, KIND_SAMPLED, 0)
    plane[row] = instrument
    plane[row + 1] = _best(book, BUY)
    plane[row + 2] = _best(book, SELL)
    plane[row + 3] = views.depth(book, BUY, reference - band)
    plane[row + 4] = views.depth(book, SELL, reference + band)
    plane[row + 5] = reference


@inlined
def _wake_sampler(plane: Memory) -> None:
    if plane[LOG_LEVEL] != LOG_CONTROL:
        for instrument in range(INSTRUMENTS_N):
            _sample(plane, instrument)
    push_wake(plane, plane[NOW] + plane[SAMPLE_INTERVAL], SAMPLER)


@inlined
def _lack_of_room(plane: Memory) -> int:
    """Reason to stop before the next wake-up, or STOP_UNTIL when everything it may need fits.

    Within one wake-up every order on the books is filled or cancelled at most once, and each command adds
    at most one order and two rows of its own.
    """
    resting = 0
    for instrument in range(INSTRUMENTS_N):
        book = book_of(plane, instrument)
        if not bounds.room_for_commands(book, COMMANDS_PER_WAKE):
            return STOP_BOOK_FULL
        if bounds.events_bound(book) + COMMANDS_PER_WAKE > plane[OUT_ROWS]:
            return STOP_BUFFER_FULL
        resting += views.live_orders(book)
    needed = resting + 3 * COMMANDS_PER_WAKE * INSTRUMENTS_N
    if plane[ROWS] + needed > plane[ROWS_CAPACITY]:
        return STOP_ROWS_FULL
    return STOP_UNTIL


@unlocked
def advance(words: Ints, until_us: int) -> int:
    """Run every wake-up before an instant; returns STOP_UNTIL, or why it had to come back earlier."""
    plane = memory_of(words)
    while plane[HEAP] > 0 and plane[plane[HEAP_TIME]] < until_us:
        lack = _lack_of_room(plane)
        if lack != STOP_UNTIL:
            return lack
        plane[NOW] = plane[plane[HEAP_TIME]]
        agent = pop(plane)
        kind = trait(plane, agent, TYPE)
        if agent == SAMPLER:
            _wake_sampler(plane)
        elif kind in (TYPE_MAKER, TYPE_ARBITRAGEUR):
            wake_participant(plane, agent)
        else:
            wake_client(plane, agent)
    return STOP_UNTIL


@exported
def first_look(words: Ints, account: int) -> None:
    """Put a client's first wake-up on the heap."""
    first_look_of(memory_of(words), account)


@exported
def next_look(words: Ints, account: int) -> None:
    """Put a participant's first wake-up on the heap."""
    next_look_of(memory_of(words), account)


@exported
def push(words: Ints, time_us: int, agent: int) -> None:
    """Put a wake-up on the heap."""
    push_wake(memory_of(words), time_us, agent)


@exported
def cancel(words: Ints, account: int, instrument: int, order: int, reason: int, cause: int) -> bool:
    """Take a resting order off its book; see `desk.cancel`."""
    return cancel_at_desk(memory_of(words), account, instrument, order, reason, cause)


@exported
def submit(
    words: Ints,
    account: int,
    instrument: int,
    side: int,
    order_type: int,
    life: int,
    price: int,
    lots: int,
) -> int:
    """Send one order to the desk from outside the kernel; see `desk.submit`."""
    return submit_at_desk(
        memory_of(words), account, instrument, side, order_type, life, price, lots
    )
