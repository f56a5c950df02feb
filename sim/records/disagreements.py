"""The first disagreement, with the command it follows from and the book that the command met."""

import attrs
import numpy as np

from sim.matching import core
from sim.matching.arena import Arena
from sim.matching.codes import CommandKind, OrderType, Side, TimeInForce
from sim.records.agreement import Finding
from sim.records.record import Record
from sim.records.replay import book_before
from sim.records.scale import Ints

_SHOWN_LEVELS = 5
_BETTER_LEVELS = 2
"""Levels shown before the one that a disagreement is about."""
_SHOWN_ORDERS = 5


@attrs.frozen
class BookLevel:
    """A level of the book that a command met."""

    price: str
    size: str
    orders: tuple[str, ...]
    """The orders that stand first with their sizes, first come first."""
    more_orders: int
    """Orders behind those."""


@attrs.frozen
class Disagreement:
    """The first thing that the core does otherwise than the exchange did, in the units of the file."""

    what: str
    place: str
    """File and line, or row, of the message that tells of it."""
    command: str
    """The command that it follows from."""
    recorded: tuple[str, ...]
    ours: tuple[str, ...]
    bids: tuple[BookLevel, ...]
    """The levels around it just before the command, best first."""
    asks: tuple[BookLevel, ...]


def explain(record: Record, finding: Finding, *, set_right: bool = False) -> Disagreement:
    """Say all that is needed to judge a finding of a record.

    Parameters
    ----------
    record, finding
        The record, and what was found in it.
    set_right
        Whether the replay was set right after disagreements.
    """
    arena = book_before(record, finding.command, set_right=set_right)
    rows = core.resting_orders(arena)
    bids, asks = (
        _levels(record, rows, _around(arena, side, len(rows), finding.price), side) for side in Side
    )
    return Disagreement(
        finding.what,
        record.source.place(finding.message),
        command_text(record, finding.command),
        finding.recorded,
        finding.ours,
        bids,
        asks,
    )


def command_text(record: Record, place: int) -> str:
    """Write a command in words, in the units of the file."""
    command = record.commands[place]
    kind, units = CommandKind(int(command["kind"])), record.units
    lots, ticks = int(command["quantity"]), int(command["price"])
    order = f"order {record.order_name(int(command['order']))}"
    if kind == CommandKind.NEW:
        return f"{order}: {_terms(record, place)}"
    if kind == CommandKind.AMEND:
        return f"{order}: amended to {units.size(lots)} in all at {units.price(ticks)}"
    if kind == CommandKind.REDUCE:
        return f"{order}: reduced by {units.size(lots)}"
    return f"{order}: {kind.name.lower().replace('_', ' ')}"


def _terms(record: Record, place: int) -> str:
    command, units = record.commands[place], record.units
    side = "buy" if command["side"] == Side.BUY else "sell"
    order_type = OrderType(int(command["order_type"]))
    if order_type == OrderType.MARKET_BY_AMOUNT:
        return f"{side} for {units.amount(int(command['quantity']))} at market"
    text = f"{side} {units.size(int(command['quantity']))}"
    if order_type == OrderType.MARKET:
        return f"{text} at market"
    text = f"{text} at {units.price(int(command['price']))}"
    immediate = command["time_in_force"] == TimeInForce.IOC
    return f"{text}, immediate or cancel" if immediate else text


def _around(arena: Arena, side: int, most: int, price: int | None) -> Ints:
    """Return some levels of a side: the best, or those around a price."""
    levels = core.price_levels(arena, side, most)
    begin = 0
    if price is not None:
        better = levels[:, 0] > price if side == Side.BUY else levels[:, 0] < price
        begin = max(int(np.count_nonzero(better)) - _BETTER_LEVELS, 0)
    return levels[begin : begin + _SHOWN_LEVELS]


def _levels(record: Record, rows: Ints, levels: Ints, side: int) -> tuple[BookLevel, ...]:
    found = []
    for price, lots, count in levels.tolist():
        at = rows[(rows[:, 0] == side) & (rows[:, 1] == price)]
        orders = tuple(
            f"{record.order_name(order)}: {record.units.size(open_lots)}"
            for order, open_lots in at[:_SHOWN_ORDERS, [2, 4]].tolist()
        )
        units = record.units
        found.append(BookLevel(units.price(price), units.size(lots), orders, count - len(orders)))
    return tuple(found)
