"""Writing event rows."""

from sim.matching.bits import Memory, inlined
from sim.matching.codes import EventKind
from sim.matching.layout import (
    ACCOUNT,
    BUFFER_HEADER,
    BYTE,
    DETAIL_SHIFT,
    EVENT_WIDTH,
    ORDER,
    PACKED,
    PRICE,
    QUANTITY,
    REASON_SHIFT,
    SIDE_SHIFT,
    TYPE_SHIFT,
)

_TRADE = int(EventKind.TRADE)
_CANCELLED = int(EventKind.CANCELLED)
_REJECTED = int(EventKind.REJECTED)
_AMENDED = int(EventKind.AMENDED)
_SESSION = int(EventKind.SESSION)
_TERMS = 0x0000_FFFF_FFFF_FF00
"""The bytes of a packed command that its order keeps."""


@inlined
def write_row(
    out: Memory,
    packed: int,
    order: int,
    account: int,
    price: int,
    quantity: int,
    fifth: int,
    sixth: int,
    seventh: int,
) -> None:
    """Append one event to the buffer."""
    row = BUFFER_HEADER + out[0] * EVENT_WIDTH
    out[row + PACKED] = packed
    out[row + ORDER] = order
    out[row + ACCOUNT] = account
    out[row + PRICE] = price
    out[row + QUANTITY] = quantity
    out[row + 5] = fifth
    out[row + 6] = sixth
    out[row + 7] = seventh
    out[0] += 1


@inlined
def as_event(kind: int, packed: int) -> int:
    """Packed word of an event that repeats the terms of a command."""
    return (packed & _TERMS) | kind


@inlined
def write_trade(
    out: Memory,
    order: int,
    account: int,
    side: int,
    price: int,
    quantity: int,
    maker: int,
    maker_account: int,
    maker_remaining: int,
) -> None:
    """Append a TRADE."""
    packed = _TRADE | (side << SIDE_SHIFT)
    write_row(out, packed, order, account, price, quantity, maker, maker_account, maker_remaining)


@inlined
def write_cancelled(
    out: Memory,
    order: int,
    account: int,
    side: int,
    order_type: int,
    price: int,
    quantity: int,
    reason: int,
) -> None:
    """Append a CANCELLED."""
    packed = _CANCELLED | (side << SIDE_SHIFT) | (order_type << TYPE_SHIFT)
    packed |= reason << REASON_SHIFT
    write_row(out, packed, order, account, price, quantity, 0, 0, 0)


@inlined
def write_amended(
    out: Memory,
    order: int,
    account: int,
    side: int,
    order_type: int,
    price: int,
    quantity: int,
    reason: int,
    kept: int,
) -> None:
    """Append an AMENDED with the lots now open; `kept` is 1 if the order kept its place."""
    packed = _AMENDED | (side << SIDE_SHIFT) | (order_type << TYPE_SHIFT)
    packed |= (reason << REASON_SHIFT) | (kept << DETAIL_SHIFT)
    write_row(out, packed, order, account, price, quantity, 0, 0, 0)


@inlined
def write_session(out: Memory, phase: int, reason: int) -> None:
    """Append a SESSION with the phase that begins."""
    write_row(
        out, _SESSION | (reason << REASON_SHIFT) | (phase << DETAIL_SHIFT), 0, 0, 0, 0, 0, 0, 0
    )


@inlined
def write_rejected(
    out: Memory,
    packed: int,
    order: int,
    account: int,
    price: int,
    quantity: int,
    stop_price: int,
    peak: int,
    expires: int,
    reason: int,
) -> None:
    """Append a REJECTED: the command as it came, its kind in the detail."""
    detail = (packed & BYTE) << DETAIL_SHIFT
    packed = as_event(_REJECTED, packed) | (reason << REASON_SHIFT) | detail
    write_row(out, packed, order, account, price, quantity, stop_price, peak, expires)
