"""The oracle's book: who rests, who waits, in which order, and what can be seen of it.

A side is a dictionary from price to a list of orders, first in the queue first. Nothing else is kept in
order: the best price, the next stop and the ranks are looked for every time.
"""

from collections.abc import Iterator
from itertools import count

import attrs

from tests.matching.reference_rules import (
    BREACH_CANCELS,
    BUY,
    CONTINUOUS,
    LEAST,
    MOST,
    SELL,
    ReferenceRules,
)

State = tuple[object, ...]


@attrs.define(eq=False)
class Order:
    """An order that trades, rests or waits, with all its terms."""

    order: int
    account: int
    side: int
    order_type: int
    time_in_force: int
    post_only: int
    self_trade_prevention: int
    price: int
    stop_price: int
    peak: int
    expires: int
    entered: int
    """Lots asked for in all (quote amount of a market order by amount)."""
    open: int
    """Lots not traded yet, reserve included (amount unspent)."""
    arrival: int
    """Number in time: of its NEW, taken anew when an amend loses the place and at a trigger."""
    shown: int = 0
    """Lots that others see, while it rests."""

    @property
    def executed(self) -> int:
        """Lots traded so far."""
        return self.entered - self.open


@attrs.define
class Bands:
    """Where limit prices may lie and how far a trade may be from the last one."""

    low: int = LEAST
    high: int = MOST
    dynamic_ticks: int = 0
    on_breach: int = BREACH_CANCELS


class ReferenceBook:
    """Everything that decides what the oracle does next."""

    def __init__(self, rules: ReferenceRules) -> None:
        self.rules = rules
        self.phase = CONTINUOUS
        self.clock = LEAST
        self.bands = Bands()
        self.last: int | None = None
        self.sides: dict[int, dict[int, list[Order]]] = {BUY: {}, SELL: {}}
        self.waiting: dict[int, Order] = {}
        self.resting: dict[int, Order] = {}
        self.used_ids: set[int] = set()
        self.lots = {BUY: 0, SELL: 0}
        """Open lots of each side, resting and waiting."""
        self._numbers = count()

    # -- changes -----------------------------------------------------------------------------------

    def next_number(self) -> int:
        return next(self._numbers)

    def find(self, order: int) -> Order | None:
        """Return a resting or waiting order."""
        return self.resting.get(order) or self.waiting.get(order)

    def rest(self, order: Order) -> None:
        """Put an order at the back of its price; an iceberg shows a slice only."""
        order.shown = min(order.peak, order.open) if order.peak else order.open
        self.sides[order.side].setdefault(order.price, []).append(order)
        self.resting[order.order] = order
        self.lots[order.side] += order.open

    def wait(self, order: Order) -> None:
        """Keep a stop until its trigger."""
        self.waiting[order.order] = order
        self.lots[order.side] += order.open

    def remove(self, order: Order) -> None:
        """Take an order out, wherever it is."""
        self.lots[order.side] -= order.open
        if self.waiting.pop(order.order, None):
            return
        del self.resting[order.order]
        queue = self.sides[order.side][order.price]
        queue.remove(order)
        if not queue:
            del self.sides[order.side][order.price]

    def fill(self, order: Order, lots: int) -> None:
        """Trade lots of a resting order's slice; a used-up slice is refilled behind the others."""
        order.open -= lots
        order.shown -= lots
        self.lots[order.side] -= lots
        if order.open == 0:
            self.remove(order)
        elif order.shown == 0:
            queue = self.sides[order.side][order.price]
            queue.remove(order)
            queue.append(order)
            order.shown = min(order.peak, order.open)

    def shrink(self, order: Order, lots: int) -> None:
        """Take lots off in place, from the reserve first; they were not executed."""
        order.entered -= lots
        order.open -= lots
        order.shown = min(order.shown, order.open)
        self.lots[order.side] -= lots

    # -- views -------------------------------------------------------------------------------------

    def best(self, side: int) -> int | None:
        prices = self.sides[side]
        if not prices:
            return None
        return max(prices) if side == BUY else min(prices)

    def prices(self, side: int) -> list[int]:
        """Prices of a side, best first."""
        return sorted(self.sides[side], reverse=side == BUY)

    def crossed(self) -> bool:
        bid, ask = self.best(BUY), self.best(SELL)
        return bid is not None and ask is not None and bid >= ask

    def would_cross(self, side: int, price: int) -> bool:
        """Tell whether an order at this price would meet the other side."""
        best = self.best(1 - side)
        return best is not None and at_least_as_good(1 - side, best, price)

    def in_priority(self) -> Iterator[Order]:
        """All resting orders: bids, then asks, best price first, queue order."""
        for side in (BUY, SELL):
            for price in self.prices(side):
                yield from self.sides[side][price]

    def waiting_in_order(self) -> list[Order]:
        """Waiting stops: sells from the highest trigger down, buys from the lowest up, then in time."""
        sells = [stop for stop in self.waiting.values() if stop.side == SELL]
        buys = [stop for stop in self.waiting.values() if stop.side == BUY]
        return [
            *sorted(sells, key=lambda stop: (-stop.stop_price, stop.arrival)),
            *sorted(buys, key=lambda stop: (stop.stop_price, stop.arrival)),
        ]

    def levels(self, side: int) -> list[tuple[int, int, int]]:
        """Price, lots shown and orders of every level of a side, best first."""
        return [
            (price, sum(order.shown for order in queue), len(queue))
            for price in self.prices(side)
            for queue in [self.sides[side][price]]
        ]

    def available(self, side: int, limit_price: int) -> int:
        """Lots shown at prices at least as good as the limit price."""
        return sum(
            lots
            for price, lots, _ in self.levels(side)
            if at_least_as_good(side, price, limit_price)
        )

    def open_lots(self, side: int, limit_price: int) -> int:
        """Open lots at prices at least as good as the limit, reserves included."""
        return sum(
            order.open
            for price, queue in self.sides[side].items()
            if at_least_as_good(side, price, limit_price)
            for order in queue
        )

    def indicative(self, reference: int | None = None) -> tuple[int, int, int] | None:
        """Price, lots and surplus of an uncross now, or None where nothing crosses."""
        bid, ask = self.best(BUY), self.best(SELL)
        if bid is None or ask is None or bid < ask:
            return None
        candidates = {
            price: (self.open_lots(BUY, price), self.open_lots(SELL, price))
            for side in (BUY, SELL)
            for price in self.sides[side]
            if ask <= price <= bid
        }
        volume = max(min(lots) for lots in candidates.values())
        surplus = {
            price: bids - asks
            for price, (bids, asks) in candidates.items()
            if min(bids, asks) == volume
        }
        least = min(abs(lots) for lots in surplus.values())
        tied = [price for price in surplus if abs(surplus[price]) == least]
        price = self._uncross_price(tied, [surplus[price] for price in tied], reference)
        return price, volume, surplus[price]

    def _uncross_price(self, tied: list[int], surplus: list[int], reference: int | None) -> int:
        if self.rules.market_pressure and all(lots > 0 for lots in surplus):
            return max(tied)
        if self.rules.market_pressure and all(lots < 0 for lots in surplus):
            return min(tied)
        if reference is None:
            return min(tied)
        return min(tied, key=lambda price: (abs(price - reference), price))

    def state(self) -> State:
        """Return all that decides the future, in a form in which equal futures are equal tuples.

        Of the numbers of arrival only their order counts.
        """
        live = [*self.in_priority(), *self.waiting_in_order()]
        arrivals = sorted(order.arrival for order in live)
        terms = tuple(
            (*attrs.astuple(order)[:-2], order.shown, arrivals.index(order.arrival))
            for order in live
        )
        dead = tuple(sorted(self.used_ids)) if self.rules.unique_ids else ()
        bands = attrs.astuple(self.bands)
        rules = attrs.astuple(self.rules)
        return rules, self.phase, self.clock, bands, self.last, len(self.resting), terms, dead


def at_least_as_good(side: int, price: int, limit_price: int) -> bool:
    """Tell whether a resting price of a side is the limit price or better for the taker's purpose."""
    return price >= limit_price if side == BUY else price <= limit_price
