"""Market makers and arbitrageurs, compiled.

A *market maker* quotes a ladder around a reservation price: the outside price, shifted against its
inventory (Avellaneda and Stoikov 2008, Quantitative Finance 8:217-224, with a linear shift). It replaces
the ladder when the reservation price has moved by a quarter of its half-spread or a quote was filled.

An *arbitrageur* takes what is better than the outside price by more than the fee and its edge. Both are
pre-funded and trade only with what is on the platform: when an account runs dry, their side of the market
goes, and a local premium or discount can stand until the bank rails refill it.
"""

from sim.draws import exponential, purpose, uniform
from sim.events.codes import CancelReason
from sim.flow.desk import cancel, submit
from sim.flow.heap import push
from sim.flow.layout import (
    ACCEPTED_SEQ,
    BASE,
    CENTRE,
    CLASS,
    COINS_TARGET_MINOR,
    EDGE_PPM,
    FEES,
    HALF_SPREAD_PPM,
    HKD_TWIN,
    INSTRUMENTS_N,
    INTERVAL_US,
    LADDER,
    LADDER_SEQ,
    LADDER_WIDTH,
    LEVEL_NOTIONAL_MINOR,
    LEVEL_STEP_PPM,
    LEVELS,
    LOT_MINOR,
    MAX_LEVELS,
    NOW,
    ORDER_NOTIONAL_MINOR,
    PAIR_STATUS,
    QUOTE,
    SEED,
    SKEW_PPM,
    TICK_LOT_MINOR,
    TYPE,
    TYPE_MAKER,
    WAKES,
)
from sim.flow.memory import (
    available,
    book_of,
    constant,
    parameter,
    reference_ticks,
    set_trait,
    trait,
)
from sim.flow.numbers import BUY, GTC, IOC, LIMIT, OPEN
from sim.flow.values import affordable_lots, coin_value
from sim.matching import views
from sim.matching.bits import Memory, compiled, inlined
from sim.units import PPM

CLOCK = purpose("participant.clock")
REQUOTE_SHARE = 4
"""A quote is replaced when its centre is off by one fourth of the half-spread."""
BY_PARTICIPANT = int(CancelReason.CLIENT)


@compiled
def next_look(plane: Memory, account: int) -> None:
    """Put the participant's next wake-up on the heap, an exponential time ahead."""
    wakes = trait(plane, account, WAKES)
    gap = exponential(
        uniform(plane[SEED], CLOCK, account, wakes), float(trait(plane, account, INTERVAL_US))
    )
    set_trait(plane, account, WAKES, wakes + 1)
    push(plane, plane[NOW] + int(gap) + 1, account)


@inlined
def _lot_value(plane: Memory, instrument: int) -> int:
    """HKD minor value of one lot at the reference price."""
    twin = constant(plane, instrument, HKD_TWIN)
    return max(reference_ticks(plane, twin) * constant(plane, twin, TICK_LOT_MINOR), 1)


@inlined
def _inventory_ppm(plane: Memory, account: int, instrument: int) -> int:
    """Coins above (positive) or below the target, as a share of the target, within -1 and 1."""
    twin = constant(plane, instrument, HKD_TWIN)
    value = coin_value(plane, account, constant(plane, instrument, BASE), twin)
    target = max(parameter(plane, account, COINS_TARGET_MINOR), 1)
    excess = (value - target) // (target // PPM + 1)
    return max(min(excess, PPM), -PPM)


@inlined
def _fundable_lots(plane: Memory, account: int, instrument: int, side: int, price: int) -> int:
    """Lots that the available balance pays for at a price, or holds."""
    if side == BUY:
        cash = available(plane, account, constant(plane, instrument, QUOTE))
        return affordable_lots(plane, account, instrument, price, cash)
    coins = available(plane, account, constant(plane, instrument, BASE))
    return coins // constant(plane, instrument, LOT_MINOR)


@inlined
def _filled(plane: Memory, ladder: int, instrument: int) -> bool:
    """Whether a quote of the ladder is gone from the book."""
    book = book_of(plane, instrument)
    for place in range(ladder, ladder + CENTRE):
        if plane[place] > 0 and views.resting_quantity(book, plane[place]) == 0:
            return True
    return False


@inlined
def _behind_touch(plane: Memory, instrument: int, side: int, price: int) -> int:
    """Step back a quote that would trade at once: a maker makes."""
    book = book_of(plane, instrument)
    if not views.has_level(book, 1 - side):
        return price
    touch = views.best_price(book, 1 - side)
    return min(price, touch - 1) if side == BUY else max(price, touch + 1)


@compiled
def _quote(plane: Memory, account: int, instrument: int) -> None:
    """Replace the ladder of one pair if the reservation price moved or a quote was filled."""
    ladder = plane[LADDER] + (account * INSTRUMENTS_N + instrument) * LADDER_WIDTH
    reference = reference_ticks(plane, instrument)
    half_spread = parameter(plane, account, HALF_SPREAD_PPM)
    skew = parameter(plane, account, SKEW_PPM) * _inventory_ppm(plane, account, instrument) // PPM
    centre = reference - reference * skew // PPM
    moved = abs(centre - plane[ladder + CENTRE])
    if moved * PPM * REQUOTE_SHARE < reference * half_spread and not _filled(
        plane, ladder, instrument
    ):
        return
    for quote in range(CENTRE):
        place = ladder + quote
        if plane[place] > 0:
            accepted = plane[ladder + LADDER_SEQ + quote]
            cancel(plane, account, instrument, plane[place], BY_PARTICIPANT, accepted)
            plane[place] = 0
    plane[ladder + CENTRE] = centre
    for quote in range(2 * parameter(plane, account, LEVELS)):
        level, side = quote >> 1, quote & 1
        offset = (
            reference * (half_spread + level * parameter(plane, account, LEVEL_STEP_PPM)) // PPM
        )
        price = centre - offset if side == BUY else centre + offset
        price = _behind_touch(plane, instrument, side, price)
        lots = (
            parameter(plane, account, LEVEL_NOTIONAL_MINOR)
            * (level + 1)
            // _lot_value(plane, instrument)
        )
        lots = min(lots, _fundable_lots(plane, account, instrument, side, price))
        if price > 0 and lots > 0:
            order = submit(plane, account, instrument, side, LIMIT, GTC, price, lots)
            plane[ladder + side * MAX_LEVELS + level] = max(order, 0)
            plane[ladder + LADDER_SEQ + side * MAX_LEVELS + level] = plane[ACCEPTED_SEQ]


@compiled
def _arbitrage(plane: Memory, account: int, instrument: int) -> None:
    """Take what is better than the outside price by more than the fee and the edge, on either side."""
    book = book_of(plane, instrument)
    reference = reference_ticks(plane, instrument)
    fee_ppm = plane[FEES + trait(plane, account, CLASS) * 2 + 1]
    margin = reference * (parameter(plane, account, EDGE_PPM) + fee_ppm) // PPM
    for side in range(2):
        limit_price = reference - margin if side == BUY else reference + margin
        lots = views.depth(book, 1 - side, limit_price)
        lots = min(
            lots, parameter(plane, account, ORDER_NOTIONAL_MINOR) // _lot_value(plane, instrument)
        )
        lots = min(lots, _fundable_lots(plane, account, instrument, side, limit_price))
        if lots > 0:
            submit(plane, account, instrument, side, LIMIT, IOC, limit_price, lots)


@compiled
def wake_participant(plane: Memory, account: int) -> None:
    """Let a market maker or an arbitrageur look at every pair that is open to it."""
    for instrument in range(INSTRUMENTS_N):
        if plane[PAIR_STATUS + trait(plane, account, CLASS) * INSTRUMENTS_N + instrument] == OPEN:
            if trait(plane, account, TYPE) == TYPE_MAKER:
                _quote(plane, account, instrument)
            else:
                _arbitrage(plane, account, instrument)
    next_look(plane, account)
