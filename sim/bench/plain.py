"""Price-time priority in plain Python: a contender, and the truth that no compiled code takes part in.

A side is a dictionary from price to a level, a level a dictionary from order to open lots, which keeps
the order of arrival. A heap of prices finds the best one; prices that are no longer used leave the heap
when they come to its top.
"""

from heapq import heappop, heappush

from sim.matching.codes import Side

Fill = tuple[int, int, int, int]
"""Maker, taker, price in ticks, lots."""

_BUY = int(Side.BUY)


class PlainBook:
    """A book of limit orders with integer sides (`Side`), prices in ticks and quantities in lots."""

    def __init__(self) -> None:
        self._levels: tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]] = ({}, {})
        # A heap has its least entry on top: prices of bids are negated.
        self._heaps: tuple[list[int], list[int]] = ([], [])
        self._place: dict[int, tuple[int, int]] = {}

    def __len__(self) -> int:
        """Count the resting orders."""
        return len(self._place)

    def best(self, side: int) -> int | None:
        """Return the best price of a side, if any."""
        heap, levels = self._heaps[side], self._levels[side]
        while heap:
            price = -heap[0] if side == _BUY else heap[0]
            if price in levels:
                return price
            heappop(heap)
        return None

    def level_count(self, side: int) -> int:
        """Count the prices of a side."""
        return len(self._levels[side])

    def limit(self, order: int, side: int, price: int, lots: int) -> list[Fill]:
        """Trade at the limit or better, then rest."""
        fills, left = self._take(order, side, price, lots)
        if left:
            self._rest(order, side, price, left)
        return fills

    def immediate(self, order: int, side: int, price: int | None, lots: int) -> list[Fill]:
        """Trade at the limit or better, at any price if there is none; drop what is left."""
        return self._take(order, side, price, lots)[0]

    def cancel(self, order: int) -> int:
        """Take a resting order out; returns its open lots.

        Raises
        ------
        KeyError
            It does not rest.
        """
        side, price = self._place.pop(order)
        level = self._levels[side][price]
        lots = level.pop(order)
        if not level:
            del self._levels[side][price]
        return lots

    def replace(self, order: int, price: int, lots: int) -> list[Fill]:
        """Give a resting order a new price and new open lots; it trades or goes to the back."""
        side, _ = self._place[order]
        self.cancel(order)
        return self.limit(order, side, price, lots)

    def reduce(self, order: int, lots: int) -> None:
        """Give a resting order fewer open lots; it keeps its place."""
        side, price = self._place[order]
        self._levels[side][price][order] = lots

    def _take(self, order: int, side: int, price: int | None, lots: int) -> tuple[list[Fill], int]:
        """Trade with the other side; returns the fills and the lots that are left."""
        other = 1 - side
        levels = self._levels[other]
        fills: list[Fill] = []
        while lots:
            best = self.best(other)
            if best is None or (
                price is not None and (best > price if side == _BUY else best < price)
            ):
                break
            level = levels[best]
            while lots and level:
                maker, resting = next(iter(level.items()))
                if lots < resting:
                    level[maker] = resting - lots
                    fills.append((maker, order, best, lots))
                    return fills, 0
                lots -= resting
                fills.append((maker, order, best, resting))
                del level[maker], self._place[maker]
            if not level:
                del levels[best]
        return fills, lots

    def _rest(self, order: int, side: int, price: int, lots: int) -> None:
        level = self._levels[side].get(price)
        if level is None:
            level = self._levels[side][price] = {}
            heappush(self._heaps[side], -price if side == _BUY else price)
        level[order] = lots
        self._place[order] = (side, price)
