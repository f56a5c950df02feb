"""Any command: what kind it is decides who carries it out."""

from sim.matching import amending, auction, entry, session
from sim.matching.bits import Memory, inlined
from sim.matching.codes import CommandKind, Reject
from sim.matching.layout import (
    ACCOUNT,
    BYTE,
    DETAIL_SHIFT,
    EXPIRES,
    ORDER,
    PACKED,
    PEAK,
    PRICE,
    QUANTITY,
    STOP_PRICE,
)
from sim.matching.rows import write_rejected

_NEW = int(CommandKind.NEW)
_CANCEL = int(CommandKind.CANCEL)
_AMEND = int(CommandKind.AMEND)
_REDUCE = int(CommandKind.REDUCE)
_MASS_CANCEL = int(CommandKind.MASS_CANCEL)
_SESSION = int(CommandKind.SESSION)
_UNCROSS = int(CommandKind.UNCROSS)
_BANDS = int(CommandKind.BANDS)
_CLOCK = int(CommandKind.CLOCK)
_UNKNOWN_COMMAND = int(Reject.UNKNOWN_COMMAND)


@inlined
def execute(book: Memory, out: Memory, commands: Memory, row: int) -> int:
    """Carry out the command at an offset; return the reason to refuse it, or 0.

    The caller has made sure of room (`bounds.py`). Stop orders that it sets off act in `settle`.
    """
    packed = commands[row + PACKED]
    kind = packed & BYTE
    if kind == _NEW:
        return entry.submit(
            book,
            out,
            packed,
            commands[row + ORDER],
            commands[row + ACCOUNT],
            commands[row + PRICE],
            commands[row + QUANTITY],
            commands[row + STOP_PRICE],
            commands[row + PEAK],
            commands[row + EXPIRES],
        )
    refusal = 0
    if kind == _CANCEL:
        refusal = amending.cancel(book, out, commands[row + ORDER], commands[row + ACCOUNT])
    else:
        refusal = _execute_other(book, out, commands, row)
    if refusal != 0:
        write_rejected(
            out,
            packed,
            commands[row + ORDER],
            commands[row + ACCOUNT],
            commands[row + PRICE],
            commands[row + QUANTITY],
            commands[row + STOP_PRICE],
            commands[row + PEAK],
            commands[row + EXPIRES],
            refusal,
        )
    return refusal


@inlined
def _execute_other(book: Memory, out: Memory, commands: Memory, row: int) -> int:
    packed = commands[row + PACKED]
    kind = packed & BYTE
    detail = (packed >> DETAIL_SHIFT) & BYTE
    order_id = commands[row + ORDER]
    account = commands[row + ACCOUNT]
    price = commands[row + PRICE]
    quantity = commands[row + QUANTITY]
    refusal = 0
    if kind == _AMEND:
        refusal = amending.amend(book, out, order_id, account, price, quantity)
    elif kind == _REDUCE:
        refusal = amending.reduce(book, out, order_id, account, quantity)
    elif kind == _MASS_CANCEL:
        amending.mass_cancel(book, out, account)
    elif kind == _SESSION:
        refusal = session.set_phase(book, out, detail)
    elif kind == _UNCROSS:
        refusal = auction.uncross(book, out, price)
    elif kind == _BANDS:
        refusal = session.set_bands(book, out, price, commands[row + STOP_PRICE], quantity, detail)
    elif kind == _CLOCK:
        refusal = session.set_clock(book, out, commands[row + EXPIRES])
    else:
        refusal = _UNKNOWN_COMMAND
    return refusal
