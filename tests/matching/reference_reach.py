"""How far a taker of the oracle may go: its own limit, the bands, the collar, its own orders."""

from enum import Enum, auto

import attrs

from tests.matching.reference_book import Order, ReferenceBook, at_least_as_good
from tests.matching.reference_rules import (
    CANCEL_OLDEST,
    LIMIT,
    MARKET_BY_AMOUNT,
    NO_PREVENTION,
    STOP_LIMIT,
)


class End(Enum):
    """Why a taker stops with lots left."""

    NO_COUNTERPARTY = auto()
    """Nothing rests within its own limit."""
    AMOUNT_SPENT = auto()
    """What is left of the amount buys no lot at the next price."""
    STATIC_BAND = auto()
    COLLAR = auto()
    BREACH = auto()
    """Only the dynamic band is in the way of a trade at the next price."""


@attrs.frozen
class Reach:
    """What the dynamic band and the collar are measured from: prices at the taker's arrival."""

    last: int | None
    best: int | None


def obstacle(book: ReferenceBook, taker: Order, reach: Reach, price: int | None) -> End | None:
    """Tell what keeps a taker from trading at the other side's best price, if anything."""
    if price is None:
        return End.NO_COUNTERPARTY
    bands, collar = book.bands, book.rules.collar_ticks
    has_limit = taker.order_type in {LIMIT, STOP_LIMIT}
    from_last = 0 if reach.last is None else abs(price - reach.last)
    from_best = 0 if reach.best is None else abs(price - reach.best)
    obstacles = [
        (
            has_limit and not at_least_as_good(1 - taker.side, price, taker.price),
            End.NO_COUNTERPARTY,
        ),
        (lots_wanted(book, taker, price) == 0, End.AMOUNT_SPENT),
        (not has_limit and not bands.low <= price <= bands.high, End.STATIC_BAND),
        (not has_limit and collar is not None and from_best > collar, End.COLLAR),
        (bands.dynamic_ticks > 0 and from_last > bands.dynamic_ticks, End.BREACH),
    ]
    return next((end for in_the_way, end in obstacles if in_the_way), None)


def lots_wanted(book: ReferenceBook, taker: Order, price: int) -> int:
    """Lots the taker would trade at the price if there were enough."""
    if taker.order_type != MARKET_BY_AMOUNT:
        return taker.open
    if price <= 0:
        return 0
    lot = book.rules.lot
    return taker.open // price // lot * lot


def fillable(book: ReferenceBook, taker: Order, reach: Reach) -> bool:
    """Tell whether the whole order would trade, by going through the queues on paper."""
    wanted = taker.open
    for price in book.prices(1 - taker.side):
        if obstacle(book, taker, reach, price) is not None:
            return False
        queue = book.sides[1 - taker.side][price]
        own = [place for place, maker in enumerate(queue) if is_own(taker, maker)]
        if own and taker.self_trade_prevention != CANCEL_OLDEST:
            # Reserves come to the front only behind the own order, which would end it.
            return wanted <= sum(maker.shown for maker in queue[: own[0]])
        wanted -= sum(maker.open for maker in queue if not is_own(taker, maker))
        if wanted <= 0:
            return True
    return False


def is_own(taker: Order, maker: Order) -> bool:
    """Tell whether the taker must not trade with the maker."""
    return taker.self_trade_prevention != NO_PREVENTION and taker.account == maker.account != 0
