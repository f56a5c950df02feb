"""Compare books: best prices, levels and whole rows, as far down as the record can know them."""

import numpy as np

from sim.records.agreement import NOTHING, Agreement, Finding, Measured
from sim.records.record import BookRows, Bools, Record
from sim.records.replay import Replay
from sim.records.scale import Ints
from sim.records.views import BUY, SELL, narrower, view_limits

_PIECE = 16_384
_SHOWN_LEVELS = 5
_SIDE_NAMES = {BUY: "bids", SELL: "asks"}


def compare_books(record: Record, replay: Replay) -> Measured:
    """Count the rows whose best levels agree, the levels that agree, and the rows that agree entirely.

    A level counts if both the recorded row and the commands before it can tell its size.
    """
    if record.books is None or replay.levels is None or not len(record.books):
        return NOTHING
    books, made = record.books, replay.levels
    limits = narrower(books.limits, view_limits(books.levels))
    theirs, ours = (known_levels(levels, limits) for levels in (books.levels, made))
    same_best = (theirs[:, :, 0] == ours[:, :, 0]).all(axis=(1, 2))
    same_row = (theirs == ours).all(axis=(1, 2, 3))
    count = len(books)
    differing = np.flatnonzero(~same_row)
    agreements = (
        Agreement("best bid and ask", int(same_best.sum()), count, count),
        _levels(theirs, ours, same_row),
        Agreement("whole books", int(same_row.sum()), count, count),
    )
    findings = [_row(record, books, theirs, ours, int(place)) for place in differing[:1]]
    return agreements, tuple(findings)


def known_levels(levels: Ints, limits: Ints) -> Ints:
    """Return the levels with zeros where they lie beyond the limits.

    Parameters
    ----------
    levels
        Shape (books, 2, depth, columns): side, best first, price, lots and perhaps orders.
    limits
        Shape (books, 2): the worst price of each side that counts.
    """
    prices, lots = levels[..., 0], levels[..., 1]
    worst = limits[:, :, None]
    known = np.empty(prices.shape, np.bool_)
    known[:, BUY] = prices[:, BUY] >= worst[:, BUY]
    known[:, SELL] = prices[:, SELL] <= worst[:, SELL]
    return np.where((known & (lots > 0))[..., None], levels, 0)


def _levels(theirs: Ints, ours: Ints, same_row: Bools) -> Agreement:
    """Count the levels that have an equal one on the other side, wherever in its row it stands."""
    recorded, made = (int(np.count_nonzero(levels[..., 1])) for levels in (theirs, ours))
    agreed = int(np.count_nonzero(theirs[same_row][..., 1]))
    rows = np.flatnonzero(~same_row)
    for begin in range(0, len(rows), _PIECE):
        piece = rows[begin : begin + _PIECE]
        left, right = theirs[piece][:, :, :, None, :], ours[piece][:, :, None, :, :]
        equal = (left == right).all(axis=-1) & (left[..., 1] > 0)
        agreed += int(np.count_nonzero(equal.any(axis=-1)))
    return Agreement("level sizes", agreed, recorded, made)


def _row(record: Record, books: BookRows, theirs: Ints, ours: Ints, place: int) -> Finding:
    """Describe the first side and level that differ in a row."""
    side = next(side for side in (BUY, SELL) if (theirs[place, side] != ours[place, side]).any())
    differing = np.flatnonzero((theirs[place, side] != ours[place, side]).any(axis=-1))
    first = int(differing[0])
    recorded, made = (
        tuple(
            level_text(record, level)
            for level in levels[place, side, max(first - 1, 0) : first + _SHOWN_LEVELS].tolist()
            if level[1]
        )
        for levels in (theirs, ours)
    )
    command = max(int(books.after[place]) - 1, 0)
    prices = [
        int(row[place, side, first, 0]) for row in (theirs, ours) if row[place, side, first, 1]
    ]
    price, what = (max if side == BUY else min)(prices), f"whole books, {_SIDE_NAMES[side]}"
    return Finding(command, int(books.messages[place]), what, recorded, made, price)


def level_text(record: Record, level: list[int]) -> str:
    """Write a level: lots at a price, and how many orders where the record knows."""
    price, lots, *orders = level
    text = f"{record.units.size(lots)} at {record.units.price(price)}"
    return f"{text} ({orders[0]:,} orders)" if orders else text
