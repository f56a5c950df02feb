"""Which orders rest on a book at given moments: the book rebuilt from order events, at those moments only."""

from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from analysis.audit.orders import Lives
from analysis.audit.stretches import UNKNOWN, Ints
from sim.events.codes import TimeInForce

_MOST_PAIRS = 1 << 22
"""Pairs of an order and a moment that are laid out at a time: bounds the memory of busy books."""


@attrs.frozen(eq=False)
class Moments:
    """Moments in a log: seq (in order) and the pair whose book is asked for, shape [moments] each."""

    seq: Ints
    instrument: NDArray[np.integer]


def pairs_of(lives: Lives, moments: Moments) -> Iterator[tuple[Ints, Ints]]:
    """Yield (row of an order, index of a moment) for every moment at which an order rests on that book.

    An order rests from after its acceptance until the event that leaves it no lots; the moments of those
    two events themselves do not count. Orders that may not rest are left out.
    """
    if not len(moments.seq):
        return
    # Most orders come and go between two moments: count the moments up to each place of the log.
    first = int(moments.seq[0])
    passed = np.cumsum(np.bincount(moments.seq - first))
    birth = np.clip(lives.birth - first, -1, len(passed) - 1)
    death = np.clip(lives.death - first - 1, -1, len(passed) - 1)
    count = np.r_[passed, 0]
    seen = np.flatnonzero((count[death] > count[birth]) & (lives.life == TimeInForce.GTC))
    for instrument in range(UNKNOWN):
        mine = np.flatnonzero(moments.instrument == instrument)
        rows = seen[lives.instrument[seen] == instrument]
        seq = moments.seq[mine]
        start = np.searchsorted(seq, lives.birth[rows], side="right")
        count = np.maximum(np.searchsorted(seq, lives.death[rows], side="left") - start, 0)
        for part in _parts(count):
            many = count[part]
            place = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
            yield np.repeat(rows[part], many), mine[np.repeat(start[part], many) + place]


def _parts(count: Ints) -> Iterator[slice]:
    """Cut orders into slices of about `_MOST_PAIRS` pairs, at least one order each."""
    total = np.cumsum(count)
    begin = 0
    while begin < len(count):
        done = int(total[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(total, done + _MOST_PAIRS)), begin + 1)
        yield slice(begin, end)
        begin = end
