"""One command at a time, called from Python: the command comes in the header of the event buffer.

The words order, account, side, order type, time in force, price and quantity lie in words 1 to 7 of the
buffer. Two arrays are all that crosses the border then, which costs less than nine arguments, and packing
the words has already refused whatever is no int64.
"""

from sim.matching.arena import Arena
from sim.matching.bits import compiled, memory_of
from sim.matching.layout import BUFFER_HEADER, EVENT_WIDTH, Words
from sim.matching.matcher import cancel_order, room_for_commands, rows_bound, submit_order

COMMAND_FORMAT = "=7q"
COMMAND_OFFSET = 8
"""Byte of the buffer at which the packed command begins."""


@compiled
def submit_one(arena: Arena, buffer: Words) -> int:
    """Enter the order in the buffer's header.

    Returns
    -------
    int
        The rows written: 1 if the order was accepted and did nothing but rest. -1 if the one row is a
        refusal; 0 if nothing was done, because there may be no room.
    """
    book = memory_of(arena)
    out = memory_of(buffer)
    bound = rows_bound(book, out[7])
    if not room_for_commands(book, 1) or BUFFER_HEADER + bound * EVENT_WIDTH > len(buffer):
        return 0
    out[0] = 0
    refused = submit_order(book, out, out[1], out[2], out[3], out[4], out[5], out[6], out[7])
    return -1 if refused else out[0]


@compiled
def cancel_one(arena: Arena, buffer: Words) -> int:
    """Cancel the order whose id is in word 1 of the buffer; return 0, or the code of the refusal."""
    out = memory_of(buffer)
    out[0] = 0
    return cancel_order(memory_of(arena), out, out[1])
