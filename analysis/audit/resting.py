"""Which order comes first on a book at given moments: the books rebuilt from order events, at those moments.

An order rests from after its acceptance until the event that leaves it no lots; the moments of those two
events themselves do not count. So it covers a range of the moments of its book's side. What comes first at
each moment is the least of all ranges over it, by price and then by acceptance.
"""

from collections.abc import Callable
from itertools import pairwise

import attrs
import numpy as np
from numpy.typing import NDArray

from analysis.audit.columns import UNKNOWN, Ints
from analysis.audit.grids import BUY
from analysis.audit.orders import Lives
from analysis.audit.people import NEVER
from analysis.audit.stretches import Stretch
from sim.events.codes import TimeInForce

_NOTHING = np.iinfo(np.int64).max


@attrs.frozen(eq=False)
class Front:
    """The first order of a book's side at some moments, shape [moments]; birth is 0 where none rests."""

    price: Ints
    birth: Ints
    """Seq of its acceptance."""


@attrs.frozen(eq=False)
class Fronts:
    """What came first on the books of a stretch."""

    makers: Front
    """On the maker's side, at each trade."""
    bids: Front
    asks: Front
    """On both sides, at each sample."""


def fronts(stretch: Stretch) -> Fronts:
    """Find the first orders at every trade and every sample of a stretch."""
    trades, samples = stretch.trades, stretch.samples
    sides = [
        (trades.seq, trades["instrument"], 1 - trades["taker_side"]),
        (samples.seq, samples["instrument"], np.zeros(len(samples), np.uint8)),
        (samples.seq, samples["instrument"], np.ones(len(samples), np.uint8)),
    ]
    seq, instrument, side = (np.concatenate(column) for column in zip(*sides, strict=True))
    found = first_orders(stretch.lives, seq, 2 * instrument + side)
    ends = np.cumsum([0, len(trades), len(samples), len(samples)])
    parts = [
        Front(found.price[low:high], found.birth[low:high]) for low, high in pairwise(ends.tolist())
    ]
    return Fronts(*parts)


def first_orders(lives: Lives, seq: Ints, book_side: NDArray[np.integer]) -> Front:
    """Return the first order at each moment on its side of its book.

    Parameters
    ----------
    lives
        The orders.
    seq, book_side
        Places in the log, and twice the pair's place, plus one on the side that sells; shape [moments].
    """
    price, birth = np.zeros(len(seq), np.int64), np.zeros(len(seq), np.int64)
    order = np.argsort(seq, kind="stable")
    row = _resting(lives, seq[order])
    # By side of a book, and on each by seq.
    order = order[np.argsort(book_side[order], kind="stable")]
    row, begin, end = _ranges(lives, row, seq[order], book_side[order])
    if len(row):
        key, decoded = _keys(lives, row)
        least = _least(key, begin, end, len(seq))
        covered = np.flatnonzero(least != _NOTHING)
        place = order[covered]
        price[place], birth[place] = decoded(least[covered])
        bids = place[book_side[place] % 2 == BUY]
        price[bids] = -price[bids]
    return Front(price, birth)


def _resting(lives: Lives, seq: Ints) -> Ints:
    """Return the rows of orders that rest at any of the moments, which come by seq, whatever their book.

    Most orders come and go between two moments. Those that may not rest are left out.
    """
    if not len(seq):
        return np.empty(0, np.int64)
    before = int(seq[0]) - 1
    # The next moment after each place of the log, from the one before the first moment on.
    following = np.repeat(np.append(seq, NEVER), np.diff(seq, prepend=before, append=seq[-1] + 1))
    place = lives.birth - before
    np.clip(place, 0, len(following) - 1, out=place)
    rests = following[place] < lives.death
    rests &= (lives.life == TimeInForce.GTC) & (lives.instrument != UNKNOWN)
    return np.flatnonzero(rests)


def _ranges(
    lives: Lives, row: Ints, seq: Ints, book_side: NDArray[np.integer]
) -> tuple[Ints, Ints, Ints]:
    """Return the rows of orders that rest on their own side, each with its first moment and the one after its last.

    The moments come by side of a book and then by seq.
    """
    if not len(row):
        return row, row, row
    first = int(seq.min())
    span = int(seq.max()) - first + 2
    code = book_side * np.int64(span) + (seq - (first - 1))
    own = (2 * lives.instrument[row] + lives.side[row]) * np.int64(span)
    birth, death = lives.birth[row] - (first - 1), lives.death[row] - (first - 1)
    begin = np.searchsorted(code, own + np.maximum(birth, 0), side="right")
    end = np.searchsorted(code, own + np.minimum(death, span), side="left")
    there = np.flatnonzero(begin < end)
    return row[there], begin[there], end[there]


def _keys(lives: Lives, row: Ints) -> tuple[Ints, Callable[[Ints], tuple[Ints, Ints]]]:
    """Return numbers in which orders come by price and then by birth, and what reads both back.

    The price of a buy order comes back negative: the highest is first.
    """
    birth = lives.birth[row]
    price = np.where(lives.side[row] == BUY, -lives.price[row], lives.price[row])
    lowest, oldest = int(price.min()), int(birth.min())
    span = int(birth.max()) - oldest + 1
    if (int(price.max()) - lowest + 1) * span < _NOTHING:
        key = (price - lowest) * span + (birth - oldest)
        return key, lambda found: (found // span + lowest, found % span + oldest)
    order = np.lexsort((birth, price))
    rank = np.empty(len(row), np.int64)
    rank[order] = np.arange(len(row))
    return rank, lambda found: (price[order[found]], birth[order[found]])


def _least(key: Ints, begin: Ints, end: Ints, moments: int) -> Ints:
    """Return the least key of the ranges over each moment, `_NOTHING` where there is none.

    A range is noted twice, at the largest power of two that fits, from its begin and up to its end; each
    power is then handed down to both its halves.
    """
    level = np.frexp((end - begin).astype(np.float64))[1].astype(np.int64) - 1
    table = np.full((int(level.max()) + 1, moments), _NOTHING, np.int64)
    flat = table.reshape(-1)
    np.minimum.at(flat, level * moments + begin, key)
    np.minimum.at(flat, level * moments + end - (1 << level), key)
    for power in range(len(table) - 1, 0, -1):
        half = 1 << (power - 1)
        lower, upper = table[power - 1], table[power]
        np.minimum(lower, upper, out=lower)
        np.minimum(lower[half:], upper[:-half], out=lower[half:])
    least: Ints = table[0]
    return least
