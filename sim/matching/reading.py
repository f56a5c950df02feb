"""What a book shows: best prices, levels, orders, waiting stops, phase."""

from typing import NamedTuple

from sim.matching import core
from sim.matching.arena import CLOCK, HAS_LAST, LAST_PRICE, PHASE, SELL_STOPS, Arena
from sim.matching.codes import OrderType, Phase, Side, TimeInForce

_BUY = int(Side.BUY)
_SELL = int(Side.SELL)
_TYPE = 7
_TIME_IN_FORCE = 3


class Level(NamedTuple):
    """One price of one side."""

    price: int
    quantity: int
    """Lots that all orders at this price show."""
    orders: int


class Depth(NamedTuple):
    """Best levels of both sides, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class RestingOrder(NamedTuple):
    """One order in the book."""

    side: Side
    price: int
    order: int
    account: int
    quantity: int
    """Lots still open, an iceberg's reserve included."""
    shown: int
    """Lots that others see."""


class WaitingStop(NamedTuple):
    """One stop order that has not been triggered."""

    side: Side
    stop_price: int
    price: int
    """Limit of a stop-limit order, otherwise 0."""
    order: int
    account: int
    quantity: int
    order_type: OrderType
    time_in_force: TimeInForce
    expires: int


class Indication(NamedTuple):
    """What an uncross would do now."""

    price: int
    quantity: int
    """Lots that would trade."""
    surplus: int
    """Lots bid less lots asked at that price."""


class BookView:
    """The reading half of `OrderBook`."""

    _arena: Arena

    @property
    def best_bid(self) -> int | None:
        """Highest price bid, if any."""
        return core.best_bid(self._arena) if core.has_bid(self._arena) else None

    @property
    def best_ask(self) -> int | None:
        """Lowest price asked, if any."""
        return core.best_ask(self._arena) if core.has_ask(self._arena) else None

    @property
    def last_price(self) -> int | None:
        """Price of the last trade, if any."""
        return int(self._arena[LAST_PRICE]) if self._arena[HAS_LAST] else None

    @property
    def phase(self) -> Phase:
        """Phase of the session."""
        return Phase(self._arena[PHASE])

    @property
    def clock(self) -> int:
        """The book's clock; the lowest int64 before it is set."""
        return int(self._arena[CLOCK])

    def __len__(self) -> int:
        """Count the resting orders."""
        return core.live_orders(self._arena)

    def resting_quantity(self, order: int) -> int:
        """Open lots of a resting order, its reserve included; 0 if it does not rest."""
        return core.resting_quantity(self._arena, order)

    def available(self, side: int, limit_price: int) -> int:
        """Lots shown on a side at prices at least as good as the limit price."""
        return core.depth(self._arena, int(Side(side)), limit_price)

    def depth(self, levels: int = 10) -> Depth:
        """Return the best price levels of both sides (L2), with the lots they show.

        Raises
        ------
        ValueError
            The number of levels is negative.
        """
        if levels < 0:
            raise ValueError(f"levels is {levels}; expected 0 or more")
        return Depth(self._levels(_BUY, levels), self._levels(_SELL, levels))

    def orders(self) -> list[RestingOrder]:
        """Return all resting orders in order of priority, bids first (L3)."""
        return [
            RestingOrder(Side(side), price, order, account, shown + reserve, shown)
            for side, price, order, account, shown, reserve, *_ in core.order_rows(
                self._arena
            ).tolist()
        ]

    def waiting_stops(self) -> list[WaitingStop]:
        """Return all waiting stop orders, sells first, those that are reached first before others."""
        return [
            WaitingStop(
                Side.SELL if ladder == SELL_STOPS else Side.BUY,
                stop_price,
                price,
                order,
                account,
                lots,
                OrderType(flags & _TYPE),
                TimeInForce((flags >> 3) & _TIME_IN_FORCE),
                expires,
            )
            for ladder, stop_price, order, account, lots, _, _, flags, _, price, expires in (
                core.stop_rows(self._arena).tolist()
            )
        ]

    def indicative(self, reference: int | None = None) -> Indication | None:
        """Price, lots and surplus at which an uncross would trade now; None if nothing crosses.

        Parameters
        ----------
        reference
            Price in ticks that decides between equals; see `sim.matching.auction`.
        """
        price, quantity, surplus = core.equilibrium(self._arena, reference or 0)
        return Indication(price, quantity, surplus) if quantity else None

    def _levels(self, side: int, most: int) -> tuple[Level, ...]:
        return tuple(Level(*row) for row in core.price_levels(self._arena, side, most).tolist())
