"""Price-time priority in plain Python, written to be obviously right: the oracle of the compiled core.

A side is a dictionary from price to a list of orders, oldest first. Nothing is kept in order; the best
price is looked for every time.
"""

from hashlib import blake2b
from struct import pack

import attrs

BUY, SELL = 0, 1
LIMIT, MARKET = 0, 1
GTC, IOC = 0, 1
NEW, CANCEL = 0, 1
ACCEPTED, TRADE, CANCELLED, REJECTED = 1, 2, 3, 4
REQUESTED, IOC_REMAINDER, NO_LIQUIDITY = 0, 1, 2
(
    UNKNOWN_COMMAND,
    UNKNOWN_SIDE,
    UNKNOWN_ORDER_TYPE,
    UNKNOWN_TIME_IN_FORCE,
    QUANTITY_NOT_POSITIVE,
    QUANTITY_TOO_LARGE,
    DUPLICATE_ORDER,
    UNKNOWN_ORDER,
) = range(1, 9)

MOST = 2**63 - 1

Row = tuple[int, ...]
"""kind, order, account, side, price, quantity, maker order, maker account, remaining, maker remaining,
reason, 0"""
Command = tuple[int, ...]
"""kind, order, account, side, order type, time in force, price, quantity"""


@attrs.define(eq=False)
class Resting:
    """An order in the book."""

    order: int
    account: int
    side: int
    price: int
    remaining: int
    entered: int


class ReferenceMatcher:
    """The oracle."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, list[Resting]]] = {BUY: {}, SELL: {}}
        self.live: dict[int, Resting] = {}
        self.lots = {BUY: 0, SELL: 0}

    def execute(self, command: Command) -> list[Row]:
        """Execute one command and return its event rows."""
        kind, order, account, side, order_type, time_in_force, price, quantity = command
        if kind == NEW:
            return self.submit(order, account, side, order_type, time_in_force, price, quantity)
        if kind == CANCEL:
            return self.cancel(order)
        return [(REJECTED, order, 0, 0, 0, 0, 0, 0, 0, 0, UNKNOWN_COMMAND, 0)]

    def submit(
        self,
        order: int,
        account: int,
        side: int,
        order_type: int,
        time_in_force: int,
        price: int,
        quantity: int,
    ) -> list[Row]:
        refusal = self._refusal(order, side, order_type, time_in_force, quantity)
        if refusal:
            return [(REJECTED, order, account, side, price, quantity, 0, 0, 0, 0, refusal, 0)]
        if order_type == MARKET:
            price = 0
        rows: list[Row] = [
            (ACCEPTED, order, account, side, price, quantity, 0, 0, quantity, 0, 0, 0)
        ]
        remaining = quantity
        while remaining:
            best = self.best(1 - side)
            if best is None:
                break
            if order_type == LIMIT and (best > price if side == BUY else best < price):
                break
            maker = self.sides[1 - side][best][0]
            fill = min(remaining, maker.remaining)
            remaining -= fill
            maker.remaining -= fill
            self.lots[maker.side] -= fill
            rows.append(
                (
                    TRADE,
                    order,
                    account,
                    side,
                    best,
                    fill,
                    maker.order,
                    maker.account,
                    remaining,
                    maker.remaining,
                    0,
                    0,
                )
            )
            if maker.remaining == 0:
                self._remove(maker)
        if remaining and order_type == LIMIT and time_in_force == GTC:
            resting = Resting(order, account, side, price, remaining, quantity)
            self.sides[side].setdefault(price, []).append(resting)
            self.live[order] = resting
            self.lots[side] += remaining
        elif remaining:
            reason = NO_LIQUIDITY if remaining == quantity else IOC_REMAINDER
            rows.append(
                (CANCELLED, order, account, side, price, remaining, 0, 0, remaining, 0, reason, 0)
            )
        return rows

    def cancel(self, order: int) -> list[Row]:
        if order not in self.live:
            return [(REJECTED, order, 0, 0, 0, 0, 0, 0, 0, 0, UNKNOWN_ORDER, 0)]
        resting = self.live[order]
        lots = resting.remaining
        self._remove(resting)
        self.lots[resting.side] -= lots
        account, side, price = resting.account, resting.side, resting.price
        return [(CANCELLED, order, account, side, price, lots, 0, 0, lots, 0, REQUESTED, 0)]

    def best(self, side: int) -> int | None:
        prices = self.sides[side]
        if not prices:
            return None
        return max(prices) if side == BUY else min(prices)

    def prices(self, side: int) -> list[int]:
        """Prices of a side, best first."""
        return sorted(self.sides[side], reverse=side == BUY)

    def levels(self, side: int) -> list[tuple[int, int, int]]:
        """Price, lots and orders of every level of a side, best first."""
        return [
            (price, sum(resting.remaining for resting in queue), len(queue))
            for price in self.prices(side)
            for queue in [self.sides[side][price]]
        ]

    def orders(self) -> list[tuple[int, int, int, int, int]]:
        """Side, price, order, account, lots of every resting order in priority, bids first."""
        return [
            (side, price, resting.order, resting.account, resting.remaining)
            for side in (BUY, SELL)
            for price in self.prices(side)
            for resting in self.sides[side][price]
        ]

    def available(self, side: int, limit_price: int) -> int:
        """Lots resting at prices at least as good as the limit."""
        return sum(
            lots
            for price, lots, _ in self.levels(side)
            if (price >= limit_price if side == BUY else price <= limit_price)
        )

    def state_hash(self) -> str:
        digest = blake2b(digest_size=16)
        for side in (BUY, SELL):
            for price in self.prices(side):
                for resting in self.sides[side][price]:
                    words = (resting.order, resting.account, resting.remaining, resting.entered)
                    digest.update(pack("<7q", side, price, *words, 0))
        return digest.hexdigest()

    def _refusal(
        self, order: int, side: int, order_type: int, time_in_force: int, quantity: int
    ) -> int:
        may_rest = order_type == LIMIT and time_in_force == GTC
        problems = [
            (side not in {BUY, SELL}, UNKNOWN_SIDE),
            (order_type not in {LIMIT, MARKET}, UNKNOWN_ORDER_TYPE),
            (time_in_force not in {GTC, IOC}, UNKNOWN_TIME_IN_FORCE),
            (quantity <= 0, QUANTITY_NOT_POSITIVE),
            (may_rest and self.lots.get(side, 0) + quantity > MOST, QUANTITY_TOO_LARGE),
            (order in self.live, DUPLICATE_ORDER),
        ]
        return next((reason for wrong, reason in problems if wrong), 0)

    def _remove(self, resting: Resting) -> None:
        queue = self.sides[resting.side][resting.price]
        queue.remove(resting)
        if not queue:
            del self.sides[resting.side][resting.price]
        del self.live[resting.order]
