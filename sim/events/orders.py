"""The order plane's kinds. The kernel writes them as rows in column buffers; nobody builds an object."""

from typing import ClassVar, Literal

from sim.events.base import Event, event
from sim.events.codes import CancelReason, OrderType, RefusalReason, Side, TimeInForce


class _Orders(Event):
    department: ClassVar[str] = "orders"
    plane: ClassVar[Literal["control", "order"]] = "order"


@event
class OrderAccepted(_Orders):
    """An order passed the pre-trade checks and reached the book."""

    order: int
    client: int
    instrument: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price_ticks: int
    """Limit price; 0 for a market order."""
    quantity_lots: int


@event
class OrderRefused(_Orders):
    """A pre-trade check refused the order; `rule` is the rule behind it."""

    client: int
    instrument: str
    side: Side
    price_ticks: int
    quantity_lots: int
    reason: RefusalReason


@event
class Trade(_Orders):
    """Two orders met at the resting order's price. `cause` is the taker's acceptance, where logged."""

    instrument: str
    price_ticks: int
    quantity_lots: int
    taker_side: Side
    taker_order: int
    maker_order: int
    taker: int
    maker: int
    taker_fee_minor: int
    """Fees in quote minor units; the buyer pays on top, the seller out of the proceeds."""
    maker_fee_minor: int


@event
class OrderCancelled(_Orders):
    """An order left the book, or its remainder never rested.

    `cause` is its acceptance, where logged, or the event of the platform that took it away.
    """

    order: int
    client: int
    instrument: str
    side: Side
    price_ticks: int
    remaining_lots: int
    reason: CancelReason


@event
class BookSampled(_Orders):
    """The top of a book at a regular instant; 0 where that side is empty."""

    instrument: str
    bid_ticks: int
    ask_ticks: int
    bid_depth_lots: int
    """Lots bid within the depth band below the reference price."""
    ask_depth_lots: int
    reference_ticks: int
