"""The batch door: an array of commands in, an array of events out, one compiled loop."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.matching.arena import LEVEL_KIND, ORDER_KIND, WAITING, Arena
from sim.matching.bits import Memory, exported, inlined, memory_of, prefetch
from sim.matching.bounds import events_bound, room_for_commands, rows_of_command, rows_of_step
from sim.matching.codes import CommandKind
from sim.matching.commands import execute
from sim.matching.flags import side_in
from sim.matching.growth import grow
from sim.matching.ladder import key_of
from sim.matching.layout import (
    BUFFER_HEADER,
    BYTE,
    COMMAND,
    COMMAND_WIDTH,
    EVENT,
    EVENT_WIDTH,
    ORDER,
    PRICE,
    Words,
    new_buffer,
)
from sim.matching.table import HANDLE, home
from sim.matching.triggering import settle

Commands = npt.NDArray[np.void]
"""Array of dtype `layout.COMMAND`."""
Events = npt.NDArray[np.void]
"""Array of dtype `layout.EVENT`."""

_NEW = int(CommandKind.NEW)
_AHEAD = 8
_FAR = _AHEAD * COMMAND_WIDTH
_NEAR = _FAR // 2
_SPARE_ROWS = 1024


@inlined
def _home(book: Memory, commands: Memory, row: int) -> int:
    """Place in the table that a command will ask first: the level of a new order, or the order."""
    packed = commands[row]
    if (packed & BYTE) == _NEW:
        side = side_in(packed) & 1
        return home(book, key_of(side, commands[row + PRICE]), LEVEL_KIND + side)
    return home(book, commands[row + ORDER], ORDER_KIND)


@exported
def run_commands(arena: Arena, buffer: Words, batch: Words, first: int) -> int:
    """Execute commands from `first` on until all are done or there may be no room to go on.

    Returns
    -------
    int
        Index of the first command not executed; -1 less it if stop orders have turns to take before,
        which the next call begins with.
    """
    book = memory_of(arena)
    out = memory_of(buffer)
    commands = memory_of(batch)
    count = len(batch) // COMMAND_WIDTH
    rows = (len(buffer) - BUFFER_HEADER) // EVENT_WIDTH
    far_end = count - _AHEAD
    index = first
    while True:
        if book[WAITING] != 0 and not settle(book, out, rows):
            return -1 - index
        if index == count:
            break
        row = index * COMMAND_WIDTH
        if not room_for_commands(book, 1) or (
            out[0] + events_bound(book) > rows
            and out[0] + rows_of_command(book, commands, row) > rows
        ):
            break
        if index < far_end:
            # Hide the latency of memory behind the commands in between: the table's line first, then,
            # when that has come, the line of the record it names.
            prefetch(book, _home(book, commands, row + _FAR))
            prefetch(book, home(book, commands[row + _FAR + ORDER], ORDER_KIND))
            prefetch(book, book[_home(book, commands, row + _NEAR)] & HANDLE)
        execute(book, out, commands, row)
        index += 1
    return index


@exported
def has_room(arena: Arena) -> bool:
    """Whether any one more command fits in the arena."""
    return room_for_commands(memory_of(arena), 1)


@exported
def most_rows(arena: Arena, batch: Words, index: int) -> int:
    """Rows that the next step can write at most: of the stop orders that have turns, or of a command."""
    return rows_of_step(memory_of(arena), memory_of(batch), index * COMMAND_WIDTH)


def process(arena: Arena, commands: Commands, buffer: Words | None = None) -> tuple[Arena, Events]:
    """Execute a batch of commands in order, growing the arena as needed.

    Parameters
    ----------
    arena
        The book. It is changed in place unless it had to grow.
    commands
        One-dimensional array of dtype `layout.COMMAND`.
    buffer
        Event buffer to use (`layout.new_buffer`); the events are then a view of it, good until its next
        use, unless it was too small. Fresh memory for the events of a large batch can cost as much as
        the matching. By default a new buffer of two rows a command.

    Returns
    -------
    tuple
        The arena of the book afterwards, and its events: an array of dtype `layout.EVENT` in which
        `events["price"]` is a column. The same rows that single commands would have written.

    Raises
    ------
    TypeError
        The commands are not a one-dimensional array of that dtype.
    """
    batch = words_of(commands, COMMAND)
    if buffer is None:
        buffer = new_buffer(2 * len(commands) + _SPARE_ROWS)
    buffer[0] = 0
    done = run_commands(arena, buffer, batch, 0)
    while done != len(commands):
        if not has_room(arena):
            arena = grow(arena)
        else:
            needed = int(buffer[0]) + most_rows(arena, batch, max(done, -1 - done))
            buffer = bigger_buffer(buffer, needed)
        done = run_commands(arena, buffer, batch, max(done, -1 - done))
    end = BUFFER_HEADER + int(buffer[0]) * EVENT_WIDTH
    return arena, buffer[BUFFER_HEADER:end].view(EVENT)


def words_of(rows: Commands, dtype: np.dtype[Any]) -> Words:
    """Return an array of commands or events as flat words.

    Raises
    ------
    TypeError
        The array has another dtype or more than one dimension.
    """
    if rows.dtype != dtype or rows.ndim != 1:
        name = "COMMAND" if dtype == COMMAND else "EVENT"
        raise TypeError(
            f"the array is {rows.ndim}-dimensional of dtype {rows.dtype}; "
            f"expected one dimension of sim.matching.layout.{name}"
        )
    # A read-only array would be another type to numba, and compiled for again.
    return np.require(rows, requirements=("C", "A", "W")).view(np.int64)


def bigger_buffer(buffer: Words, needed: int) -> Words:
    """Return a buffer of at least twice the rows, and as many as needed, with the same rows in it."""
    rows = (len(buffer) - BUFFER_HEADER) // EVENT_WIDTH
    bigger = new_buffer(max(2 * rows, needed))
    used = BUFFER_HEADER + int(buffer[0]) * EVENT_WIDTH
    bigger[:used] = buffer[:used]
    return bigger
