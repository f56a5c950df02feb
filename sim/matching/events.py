"""What the friendly door returns: one small immutable object an event.

Named tuples, because making an object costs more than the matching: a frozen attrs class takes three
times as long.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sim.matching.codes import CancelReason, EventKind, Reject, Side


class Accepted(NamedTuple):
    """A new order entered the book; what it does next follows in later events."""

    order: int
    account: int
    side: Side
    price: int
    """Limit in ticks; 0 for a market order."""
    quantity: int
    """Lots."""


class Trade(NamedTuple):
    """Two orders met, at the resting order's price."""

    taker_order: int
    taker_account: int
    taker_side: Side
    price: int
    quantity: int
    maker_order: int
    maker_account: int
    taker_remaining: int
    """Lots the incoming order still has after this trade."""
    maker_remaining: int
    """Lots the resting order still has; at 0 it has left the book."""


class Cancelled(NamedTuple):
    """An order left the book, or its remainder never rested."""

    order: int
    account: int
    side: Side
    price: int
    quantity: int
    """Lots that were still open."""
    reason: CancelReason


class Rejected(NamedTuple):
    """A command was refused and the book is unchanged; the fields are those of the command."""

    order: int
    account: int
    side: int
    """As it came, which may be no side at all."""
    price: int
    quantity: int
    reason: Reject


Event = Accepted | Trade | Cancelled | Rejected

_SIDES = tuple(Side)
_CANCEL_REASONS = tuple(CancelReason)
_REJECTS = tuple(Reject)
_ACCEPTED = int(EventKind.ACCEPTED)
_TRADE = int(EventKind.TRADE)
_CANCELLED = int(EventKind.CANCELLED)


def decode(rows: Iterable[tuple[int, ...]]) -> list[Event]:
    """Turn event rows into events; the names below are the words of a row in order (`layout.py`)."""
    events: list[Event] = []
    for kind, order, account, side, price, quantity, maker, owner, left, maker_left, why, _ in rows:
        if kind == _ACCEPTED:
            events.append(Accepted(order, account, _SIDES[side], price, quantity))
        elif kind == _TRADE:
            taking = _SIDES[side]
            events.append(
                Trade(order, account, taking, price, quantity, maker, owner, left, maker_left)
            )
        elif kind == _CANCELLED:
            reason = _CANCEL_REASONS[why]
            events.append(Cancelled(order, account, _SIDES[side], price, quantity, reason))
        else:
            events.append(Rejected(order, account, side, price, quantity, _REJECTS[why]))
    return events
