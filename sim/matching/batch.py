"""The batch door: an array of commands in, an array of events out, one compiled loop."""

import numpy as np
import numpy.typing as npt

from sim.matching.arena import LEVEL_KIND, ORDER_KIND, Arena
from sim.matching.bits import Memory, compiled, inlined, memory_of, prefetch
from sim.matching.codes import CommandKind, EventKind, Reject
from sim.matching.core import events_bound, room_for_command
from sim.matching.growth import grow
from sim.matching.ladder import key_of
from sim.matching.layout import BUFFER_HEADER, COMMAND, EVENT, EVENT_WIDTH, Words, new_buffer
from sim.matching.matcher import cancel_order, room_for_commands, rows_bound, submit_order
from sim.matching.rows import write_row
from sim.matching.table import HANDLE, home

Commands = npt.NDArray[np.void]
"""Array of dtype `layout.COMMAND`."""
Events = npt.NDArray[np.void]
"""Array of dtype `layout.EVENT`."""

_NEW = int(CommandKind.NEW)
_CANCEL = int(CommandKind.CANCEL)
_REJECTED = int(EventKind.REJECTED)
_UNKNOWN_COMMAND = int(Reject.UNKNOWN_COMMAND)
_COMMAND_WORDS = COMMAND.itemsize // 8
_AHEAD = 8
_FAR = _AHEAD * _COMMAND_WORDS
_NEAR = _FAR // 2
_SPARE_ROWS = 1024


@inlined
def _home(book: Memory, commands: Memory, row: int) -> int:
    """Place in the table that a command will ask first: the level of a new order, or the order."""
    if commands[row] == _NEW:
        side = commands[row + 3] & 1
        return home(book, key_of(side, commands[row + 6]), LEVEL_KIND + side)
    return home(book, commands[row + 1], ORDER_KIND)


@compiled
def run_commands(arena: Arena, buffer: Words, batch: Words, first: int) -> int:
    """Execute commands from `first` on until all are done or there may be no room for the next.

    Returns
    -------
    int
        Index of the first command not executed.
    """
    book = memory_of(arena)
    out = memory_of(buffer)
    commands = memory_of(batch)
    count = len(batch) // _COMMAND_WORDS
    rows = (len(buffer) - BUFFER_HEADER) // EVENT_WIDTH
    far_end = count - _AHEAD
    index = first
    while index < count:
        row = index * _COMMAND_WORDS
        if not room_for_commands(book, 1) or out[0] + rows_bound(book, commands[row + 7]) > rows:
            break
        if index < far_end:
            # Hide the latency of memory behind the commands in between: the table's line first, then,
            # when that has come, the line of the record it names.
            prefetch(book, _home(book, commands, row + _FAR))
            prefetch(book, home(book, commands[row + _FAR + 1], ORDER_KIND))
            prefetch(book, book[_home(book, commands, row + _NEAR)] & HANDLE)
        kind = commands[row]
        order_id = commands[row + 1]
        if kind == _NEW:
            submit_order(
                book,
                out,
                order_id,
                commands[row + 2],
                commands[row + 3],
                commands[row + 4],
                commands[row + 5],
                commands[row + 6],
                commands[row + 7],
            )
        elif kind == _CANCEL:
            cancel_order(book, out, order_id)
        else:
            write_row(out, _REJECTED, order_id, 0, 0, 0, 0, 0, 0, 0, 0, _UNKNOWN_COMMAND)
        index += 1
    return index


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
    batch = _words_of(commands)
    if buffer is None:
        buffer = new_buffer(2 * len(commands) + _SPARE_ROWS)
    buffer[0] = 0
    done = run_commands(arena, buffer, batch, 0)
    while done < len(commands):
        if not room_for_command(arena):
            arena = grow(arena)
        else:
            buffer = _bigger(buffer, int(buffer[0]) + events_bound(arena))
        done = run_commands(arena, buffer, batch, done)
    end = BUFFER_HEADER + int(buffer[0]) * EVENT_WIDTH
    return arena, buffer[BUFFER_HEADER:end].view(EVENT)


def _words_of(commands: Commands) -> Words:
    if commands.dtype != COMMAND or commands.ndim != 1:
        raise TypeError(
            f"commands are {commands.ndim}-dimensional of dtype {commands.dtype}; "
            f"expected one dimension of sim.matching.layout.COMMAND"
        )
    # A read-only array would be another type to numba, and compiled for again.
    return np.require(commands, requirements=("C", "A", "W")).view(np.int64)


def _bigger(buffer: Words, needed: int) -> Words:
    rows = (len(buffer) - BUFFER_HEADER) // EVENT_WIDTH
    bigger = new_buffer(max(2 * rows, needed))
    used = BUFFER_HEADER + int(buffer[0]) * EVENT_WIDTH
    bigger[:used] = buffer[:used]
    return bigger
