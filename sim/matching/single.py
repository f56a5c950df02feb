"""The plainest commands one at a time, called from Python: few arguments cross the border, as each costs.

All other commands are batches of one (`batch.run_commands`).
"""

from sim.matching.amending import cancel
from sim.matching.arena import WAITING, Arena
from sim.matching.bits import exported, memory_of
from sim.matching.bounds import room_for_commands, rows_of_order
from sim.matching.entry import submit
from sim.matching.flags import prevention_in
from sim.matching.layout import BUFFER_HEADER, EVENT_WIDTH, Words
from sim.matching.triggering import settle

NO_ROOM = 0
REFUSED = -1
UNSETTLED = -2


@exported
def submit_one(
    arena: Arena, buffer: Words, packed: int, order_id: int, account: int, price: int, quantity: int
) -> int:
    """Enter an order without stop price, peak and expiry.

    Returns
    -------
    int
        The rows written: 1 if the order was accepted and did nothing but rest. REFUSED if the one row is
        a refusal; NO_ROOM if nothing was done, because there may be no room; UNSETTLED if the order is
        done with but there may be no room for a stop order that it set off (`batch.run_commands` goes on).
    """
    book = memory_of(arena)
    out = memory_of(buffer)
    rows = (len(buffer) - BUFFER_HEADER) // EVENT_WIDTH
    bound = rows_of_order(book, quantity, prevention_in(packed))
    if not room_for_commands(book, 1) or bound > rows:
        return NO_ROOM
    out[0] = 0
    refusal = submit(book, out, packed, order_id, account, price, quantity, 0, 0, 0)
    if refusal != 0:
        return REFUSED
    if book[WAITING] != 0 and not settle(book, out, rows):
        return UNSETTLED
    return out[0]


@exported
def cancel_one(arena: Arena, buffer: Words, order_id: int) -> int:
    """Cancel an order, whoever owns it; return 0, or the reason to refuse it, with no row then."""
    out = memory_of(buffer)
    out[0] = 0
    return cancel(memory_of(arena), out, order_id, 0)
