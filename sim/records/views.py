"""What a truncated feed shows of a book: the best levels only, so that resting orders come into view later.

A file of the ten best levels says nothing of what happens below them. When a level comes (back) into view,
its size is known from the book row; whose orders they are is known of those that later messages name, and
the rest is one order without a name behind them. `Mirror` keeps the book as the file tells it, and says
which orders to enter or to take off so that a level is what is shown.
"""

from bisect import bisect_left, insort
from collections.abc import Callable

import numpy as np

from sim.matching.codes import Side
from sim.records.scale import Ints

EVERYTHING = (-(2**63), 2**63 - 1)
"""Limits of bids and asks where all levels are in view."""

BUY, SELL = int(Side.BUY), int(Side.SELL)


def view_limits(levels: Ints) -> Ints:
    """Return the worst price of each side that each book row can show.

    Parameters
    ----------
    levels
        Shape (books, 2, depth, 2 or more): side, best first, price, lots; 0 lots where there is no level.

    Returns
    -------
    numpy.ndarray
        Shape (books, 2): the last level's price, or the end of all prices where a side is not full.
    """
    full = levels[:, :, -1, 1] > 0
    return np.where(full, levels[:, :, -1, 0], np.array(EVERYTHING))


def narrower(limits: Ints, others: Ints) -> Ints:
    """Return the better of two limits, side by side; both of shape (books, 2) or (2,)."""
    better = np.empty(np.broadcast_shapes(limits.shape, others.shape), np.int64)
    better[..., BUY] = np.maximum(limits[..., BUY], others[..., BUY])
    better[..., SELL] = np.minimum(limits[..., SELL], others[..., SELL])
    return better


def in_view(side: int, price: int, limit: int) -> bool:
    """Whether a price is at least as good as a limit."""
    return price >= limit if side == BUY else price <= limit


class Mirror:
    """The book as a file tells it: levels of orders in the order of their arrival."""

    def __init__(self) -> None:
        self.levels: tuple[dict[int, dict[int, int]], ...] = ({}, {})
        self._prices: tuple[list[int], ...] = ([], [])

    def level(self, side: int, price: int) -> dict[int, int]:
        """Return the lots of each order at a price, first come first."""
        found = self.levels[side].get(price)
        if found is None:
            found = self.levels[side][price] = {}
            insort(self._prices[side], price)
        return found

    def take(self, side: int, price: int, order: int, lots: int) -> None:
        """Take lots off an order, and the order off its level when nothing is left."""
        level = self.level(side, price)
        left = level.get(order, 0) - lots
        if left > 0:
            level[order] = left
        else:
            level.pop(order, None)

    def between(self, side: int, better: int, worse: int) -> list[int]:
        """Return the prices of levels worse than one price and not worse than another."""
        prices = self._prices[side]
        if side == BUY:
            return prices[bisect_left(prices, worse) : bisect_left(prices, better)]
        return prices[bisect_left(prices, better + 1) : bisect_left(prices, worse + 1)]


def arrange(
    level: dict[int, int], named: dict[int, int], lasting: Callable[[int], bool], shown: int
) -> tuple[list[int], list[tuple[int, int]]]:
    """Say which orders to take off a level and which to enter, so that it is what is shown now.

    Parameters
    ----------
    level
        Lots of each order as it was when it went out of view, first come first.
    named
        Lots of orders that were not known before and that later messages name.
    lasting
        Whether a later message names an order; one that none names may have gone unseen.
    shown
        Lots of the level now.

    Returns
    -------
    tuple
        Orders to take off, and orders to enter with their lots, in sequence; order 0 has no name.
    """
    if not named and sum(level.values()) == shown:
        return [], []
    kept = {order: lots for order, lots in level.items() if order > 0 and lasting(order)}
    # Exchanges number orders as they arrive, so the numbers say who stands before whom.
    wanted = dict(sorted((kept | named).items())) if named else kept
    staying = {order for order, expected in zip(kept, wanted, strict=False) if order == expected}
    if list(kept)[: len(staying)] != list(wanted)[: len(staying)]:
        staying = set()
    leaving = [order for order in level if order not in staying]
    entering = [(order, lots) for order, lots in wanted.items() if order not in staying]
    rest = shown - sum(wanted.values())
    return leaving, [*entering, (0, rest)] if rest > 0 else entering
