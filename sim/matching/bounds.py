"""How much room a command may need, at most: records in the arena, rows in the buffer.

Compiled code does not check each write; its callers make sure of room before each command.
"""

from sim.matching.arena import (
    ASKS,
    BIDS,
    COMMAND_RECORDS,
    COUNT,
    FLAGS,
    LOTS,
    NEXT,
    ORDERS,
    QUANTITY,
    SLICES,
    TRIGGERED,
    WAITING,
)
from sim.matching.bits import Memory, inlined
from sim.matching.codes import CommandKind
from sim.matching.flags import prevention_in, prevention_of
from sim.matching.ladder import state_of
from sim.matching.layout import BYTE, PACKED
from sim.matching.layout import ORDER as ORDER_WORD
from sim.matching.layout import QUANTITY as QUANTITY_WORD
from sim.matching.queue import open_lots, order_of
from sim.matching.table import has_room

_NEW = int(CommandKind.NEW)
_AMEND = int(CommandKind.AMEND)
_CANCEL = int(CommandKind.CANCEL)
_REDUCE = int(CommandKind.REDUCE)
_UNCROSS = int(CommandKind.UNCROSS)
_FEW = 6
"""Rows beside those of fills: accepted or amended or triggered, cancelled, session, uncrossed."""


@inlined
def room_for_commands(book: Memory, commands: int) -> bool:
    """Whether so many more commands fit in the arena, whatever they are; if not, `grow` it first."""
    return has_room(book, commands * COMMAND_RECORDS)


@inlined
def resting_orders(book: Memory) -> int:
    """Orders resting on both sides."""
    return book[state_of(BIDS) + ORDERS] + book[state_of(ASKS) + ORDERS]


@inlined
def events_bound(book: Memory) -> int:
    """Rows that any one command can write at most, before stop orders act on it."""
    return _FEW + 2 * resting_orders(book) + book[SLICES] + book[WAITING]


@inlined
def rows_of_order(book: Memory, quantity: int, prevention: int) -> int:
    """Rows that an order of so many lots can write at most.

    Without self-trade prevention every fill takes at least one lot of it. With it, orders are cancelled
    and cut without trading, two rows each.
    """
    fills = resting_orders(book) + book[SLICES]
    if prevention == 0:
        fills = min(max(quantity, 0), fills)
    else:
        fills *= 2
    return _FEW + fills


@inlined
def rows_of_command(book: Memory, commands: Memory, row: int) -> int:
    """Rows that the command at this offset can write at most."""
    packed = commands[row + PACKED]
    kind = packed & BYTE
    rows = _FEW
    if kind == _NEW:
        rows = rows_of_order(book, commands[row + QUANTITY_WORD], prevention_in(packed))
    elif kind == _AMEND:
        order = order_of(book, commands[row + ORDER_WORD])
        if order != 0:
            lots = max(open_lots(book, order), commands[row + QUANTITY_WORD])
            rows = rows_of_order(book, lots, prevention_of(book[order + FLAGS]))
    elif kind == _UNCROSS:
        lots = min(book[state_of(BIDS) + LOTS], book[state_of(ASKS) + LOTS])
        rows = rows_of_order(book, lots, 0)
    elif kind not in (_CANCEL, _REDUCE):
        rows += resting_orders(book) + book[WAITING]
    return rows


@inlined
def rows_of_step(book: Memory, commands: Memory, row: int) -> int:
    """Rows that the next step can write at most: a triggered stop order's turn, or else a command."""
    if book[TRIGGERED + COUNT] != 0:
        order = book[TRIGGERED + NEXT]
        return rows_of_order(book, book[order + QUANTITY], prevention_of(book[order + FLAGS]))
    return rows_of_command(book, commands, row)
