"""The call auction: one price for all that crosses.

The price is that of a resting level between best ask and best bid that trades the most lots; then the one
with the least surplus; then, by market pressure, the highest if buyers are left over at all of them, the
lowest if sellers are; then the nearest to the reference price, and without one the lowest.
"""

from sim.matching.arena import (
    ACCOUNT,
    BEST,
    FLAGS,
    HAS_LAST,
    HIDDEN,
    KEY,
    LAST_PRICE,
    LOTS,
    MARKET_PRESSURE,
    NEXT,
    PHASE,
    QUANTITY,
)
from sim.matching.bits import Memory, compiled, inlined, u64
from sim.matching.codes import EventKind, Phase, Reject, Side
from sim.matching.flags import arrival_of, side_of
from sim.matching.ladder import better_level, next_level, state_of
from sim.matching.layout import DETAIL_SHIFT, SIDE_SHIFT
from sim.matching.queue import (
    append,
    detach,
    level_of,
    open_lots,
    price_at,
    remove,
    reserve_of,
    show_next_slice,
    terms_of,
)
from sim.matching.rows import write_row
from sim.matching.session import change_phase, crossed

_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_CONTINUOUS = int(Phase.CONTINUOUS)
_AUCTION = int(Phase.AUCTION)
_TRADE = int(EventKind.TRADE)
_UNCROSSED = int(EventKind.UNCROSSED)
_NOT_IN_AUCTION = int(Reject.NOT_IN_AUCTION)
_IN_AN_UNCROSS = 1


@inlined
def _lots_at(book: Memory, level: int) -> int:
    return book[level + QUANTITY] + book[level + HIDDEN]


@inlined
def _nearer(price: int, other: int, reference: int) -> bool:
    """Whether a price is nearer to the reference than another, lower one."""
    if price <= reference:
        return True
    return other < reference and u64(price) - u64(reference) < u64(reference) - u64(other)


@compiled
def equilibrium(book: Memory, reference: int) -> tuple[int, int, int]:
    """Price, lots and surplus of bids over asks at which an uncross would trade now; zeros if none.

    A reference of 0 is none.
    """
    if not crossed(book):
        return 0, 0, 0
    bid = book[state_of(_BUY) + BEST]
    ask = book[state_of(_SELL) + BEST]
    demand, bid = _bids_from(book, price_at(book, ask))
    supply = 0
    low, high, nearest = 0, 0, 0
    low_surplus, high_surplus, near_surplus = 0, 0, 0
    volume = 0
    # Upwards through all prices of both sides: bids fall out of the demand, asks join the supply.
    while bid != 0:
        price = price_at(book, bid)
        if ask != 0 and price_at(book, ask) <= price:
            price = price_at(book, ask)
            supply += _lots_at(book, ask)
            ask = next_level(book, ask)
        trading = min(demand, supply)
        over = demand - supply
        if trading > volume or (trading == volume and abs(over) < abs(high_surplus)):
            volume = trading
            low, high, nearest = price, price, price
            low_surplus, high_surplus, near_surplus = over, over, over
        elif trading == volume and abs(over) == abs(high_surplus):
            high, high_surplus = price, over
            if _nearer(price, nearest, reference):
                nearest, near_surplus = price, over
        if price_at(book, bid) == price:
            demand -= _lots_at(book, bid)
            bid = better_level(book, bid)
    pressure = _pressure(book, low_surplus, high_surplus)
    if pressure > 0:
        return high, volume, high_surplus
    if pressure == 0 and reference != 0:
        return nearest, volume, near_surplus
    return low, volume, low_surplus


@inlined
def _pressure(book: Memory, low_surplus: int, high_surplus: int) -> int:
    """1 if buyers press the price up, -1 if sellers press it down, 0 if neither or if it does not count.

    The surplus falls as the price rises, so its sign is the same everywhere if it is at both ends.
    """
    pressure = 0
    if book[MARKET_PRESSURE] != 0:
        if low_surplus > 0 and high_surplus > 0:
            pressure = 1
        elif low_surplus < 0 and high_surplus < 0:
            pressure = -1
    return pressure


@inlined
def _bids_from(book: Memory, lowest: int) -> tuple[int, int]:
    """Lots bid at a price or better, and the worst level among them."""
    lots = 0
    worst = 0
    level = book[state_of(_BUY) + BEST]
    while level != 0 and price_at(book, level) >= lowest:
        lots += _lots_at(book, level)
        worst = level
        level = next_level(book, level)
    return lots, worst


@compiled
def uncross(book: Memory, out: Memory, reference: int) -> int:
    """Carry out an UNCROSS and go on to continuous trading; return the reason to refuse it, or 0."""
    if book[PHASE] != _AUCTION:
        return _NOT_IN_AUCTION
    price, volume, surplus = equilibrium(book, reference)
    write_row(out, _UNCROSSED, 0, 0, price, volume, surplus, 0, 0)
    if volume != 0:
        book[LAST_PRICE] = price
        book[HAS_LAST] = 1
    while volume > 0:
        bid = book[book[state_of(_BUY) + BEST] + NEXT]
        ask = book[book[state_of(_SELL) + BEST] + NEXT]
        lots = min(volume, book[bid + QUANTITY], book[ask + QUANTITY])
        volume -= lots
        _write_meeting(book, out, bid, ask, price, lots)
        fill(book, bid, lots)
        fill(book, ask, lots)
    change_phase(book, out, _CONTINUOUS, 0)
    return 0


@inlined
def _write_meeting(book: Memory, out: Memory, bid: int, ask: int, price: int, lots: int) -> None:
    """Write the trade of two resting orders: the later to arrive is the taker."""
    taker, maker = bid, ask
    if arrival_of(book[bid + FLAGS]) < arrival_of(book[ask + FLAGS]):
        taker, maker = ask, bid
    side = side_of(book[taker + FLAGS])
    packed = _TRADE | (side << SIDE_SHIFT) | (_IN_AN_UNCROSS << DETAIL_SHIFT)
    left = open_lots(book, maker) - lots
    write_row(
        out,
        packed,
        book[taker + KEY],
        book[taker + ACCOUNT],
        price,
        lots,
        book[maker + KEY],
        book[maker + ACCOUNT],
        left,
    )


@compiled
def fill(book: Memory, order: int, lots: int) -> None:
    """Take traded lots off what a resting order shows; it refills or leaves when none are left."""
    level = level_of(book, order)
    book[order + QUANTITY] -= lots
    book[level + QUANTITY] -= lots
    book[state_of(side_of(book[order + FLAGS])) + LOTS] -= lots
    if book[order + QUANTITY] != 0:
        return
    if reserve_of(book, order) == 0:
        remove(book, order)
        return
    shown = show_next_slice(book, order, terms_of(book, order))
    book[level + QUANTITY] += shown
    book[level + HIDDEN] -= shown
    detach(book, order)
    append(book, level, order)
