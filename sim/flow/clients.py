"""How clients decide, compiled. Every draw is keyed by the client and the number of its wake-up.

A client wakes on its own clock, looks at the market, and trades as its type does. It wants an order; the
desk refuses what the rules forbid. After a refusal by the exposure limit it asks once more for what the
limit still allows, as the order form of a platform would propose.

Types and where they come from:

- *steady saver*: spends the cash it paid in, whatever the price (regular investment plan);
- *trend follower*: moves towards more tokens after a rise and fewer after a fall (the chartists of
  Chiarella and Iori 2002, Quantitative Finance 2:346-353);
- *contrarian*: the opposite, with patient limit orders away from the price (their fundamentalists, with the
  moving average as value);
- *random*: buys or sells a random share of what it has (zero intelligence: Gode and Sunder 1993, Journal of
  Political Economy 101:119-137; Farmer, Patelli and Zovko 2005, PNAS 102:2254-2259).

The look-back of a month, the strength of the response and the shares traded are assumptions.
"""

import math

from numba import carray  # type: ignore[attr-defined]  # not listed in numba's __all__

from sim.draws import exponential, purpose, uniform
from sim.events.codes import CancelReason
from sim.flow.desk import cancel, submit
from sim.flow.heap import push
from sim.flow.layout import (
    ACCEPTED_SEQ,
    BASE,
    BTC_WEIGHT_PPM,
    BUSINESS_ADDRESS,
    BUSINESS_US,
    GRID_POINTS,
    GRID_START,
    GRID_STEP,
    HKD_TWIN,
    INTERVAL_US,
    LOT_MINOR,
    MINIMUM_MINOR,
    NOW,
    PAYS_USD,
    QUOTE,
    RESTING_INSTRUMENT,
    RESTING_ORDER,
    RESTING_SEQ,
    RESTING_SIDE,
    SEED,
    TICK_LOT_MINOR,
    TYPE,
    TYPE_CONTRARIAN,
    TYPE_SAVER,
    TYPE_TREND,
    WAKES,
    WANT_LOTS,
    WANT_PATIENT,
    WANT_SIDE,
)
from sim.flow.memory import (
    available,
    book_of,
    constant,
    exposure_limit,
    floats_at,
    grid_place,
    held,
    reference_at,
    reference_ticks,
    set_trait,
    trait,
)
from sim.flow.numbers import (
    BTC,
    BTC_HKD,
    BUY,
    ETH,
    ETH_HKD,
    EXPOSURE_LIMIT,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    SELL,
)
from sim.flow.values import affordable_lots, coin_value, exposure, to_hkd
from sim.matching import views
from sim.matching.bits import Memory, compiled, inlined
from sim.units import DAY_US, HOUR_US, PPM, SYMBOLS
from sim.world.activity import business_to_wall

CLOCK = purpose("client.clock")
FIRST_LOOK = purpose("client.first_look")
COIN = purpose("client.coin")
SIDE = purpose("client.side")
SHARE = purpose("client.share")
DISTANCE = purpose("client.distance")
STYLE = purpose("client.style")

FIRST_LOOK_US = 6 * HOUR_US
"""Mean time from the first money on the account to the first look at the market; assumption."""
LOOK_BACK_US = 30 * DAY_US
RESPONSE = 2.5
"""A move of 20 % over the look-back moves the wanted share of a coin in the wealth on the platform from a
half to all of it."""
DEAD_BAND_PPM = 100_000
"""No trade for a change of position below a tenth of the wealth on the platform."""
SLIPPAGE_PPM = 10_000
"""An impatient buyer accepts the best ask plus one per cent."""
DISTANCE_PPM = 15_000
"""Mean distance of a patient limit order from the reference price."""
BY_CLIENT = int(CancelReason.CLIENT)
BTC_USD, ETH_USD = SYMBOLS.index("BTC/USD"), SYMBOLS.index("ETH/USD")
HALF = 0.5


@compiled
def _tick(plane: Memory, account: int) -> int:
    """Advance the client's business clock by one exponential gap; returns the instant in wall time."""
    wakes = trait(plane, account, WAKES)
    mean_us = float(trait(plane, account, INTERVAL_US))
    gap_us = exponential(uniform(plane[SEED], CLOCK, account, wakes), mean_us)
    business_us = trait(plane, account, BUSINESS_US) + int(gap_us) + 1
    set_trait(plane, account, BUSINESS_US, business_us)
    set_trait(plane, account, WAKES, wakes + 1)
    business = carray(floats_at(plane[BUSINESS_ADDRESS]), (plane[GRID_POINTS],))
    time_us: int = business_to_wall(
        business, plane[GRID_START], plane[GRID_STEP], float(business_us)
    )
    return time_us


@compiled
def wind_clock(plane: Memory, account: int, from_us: int) -> None:
    """Wind the client's clock, from its birth or its last wake-up, to the first one at or after an instant.

    The clock runs whether or not the client may trade, so that the same person looks at the market at the
    same instants under every policy.
    """
    time_us = _tick(plane, account)
    while time_us < from_us:
        time_us = _tick(plane, account)
    push(plane, time_us, account)


@compiled
def first_look(plane: Memory, account: int) -> None:
    """Let a client whose account has just become active look at the market soon; then its clock takes over."""
    delay_us = exponential(uniform(plane[SEED], FIRST_LOOK, account, 0), float(FIRST_LOOK_US))
    push(plane, plane[NOW] + int(delay_us) + 1, account)


@inlined
def _draw(plane: Memory, purpose_code: int, account: int) -> float:
    drawn: float = uniform(plane[SEED], purpose_code, account, trait(plane, account, WAKES))
    return drawn


@inlined
def _pair(plane: Memory, account: int) -> int:
    """Pair of this look: the coin by the client's preference, the currency by its bank account."""
    usd = trait(plane, account, PAYS_USD)
    if _draw(plane, COIN, account) * PPM < trait(plane, account, BTC_WEIGHT_PPM):
        return BTC_USD if usd else BTC_HKD
    return ETH_USD if usd else ETH_HKD


@inlined
def _cash(plane: Memory, account: int, instrument: int) -> int:
    """Available quote currency of a pair, in its own minor units."""
    return available(plane, account, constant(plane, instrument, QUOTE))


@inlined
def _owned_lots(plane: Memory, account: int, instrument: int) -> int:
    """Lots of the pair's coin that are free to sell."""
    owned = available(plane, account, constant(plane, instrument, BASE))
    return owned // constant(plane, instrument, LOT_MINOR)


@inlined
def _lot_price(plane: Memory, instrument: int) -> int:
    """Quote minor units of one lot at the reference price."""
    return reference_ticks(plane, instrument) * constant(plane, instrument, TICK_LOT_MINOR)


@inlined
def _want(plane: Memory, side: int, patient: int, lots: int) -> None:
    """Note what the client wants; `_send` makes an order of it."""
    plane[WANT_SIDE] = side
    plane[WANT_PATIENT] = patient
    plane[WANT_LOTS] = lots


@inlined
def _save(plane: Memory, account: int, instrument: int) -> None:
    """Spend all cash there is."""
    _want(plane, BUY, 0, _cash(plane, account, instrument) // _lot_price(plane, instrument))


@inlined
def _momentum(plane: Memory, instrument: int) -> float:
    """Log return of the reference price over the look-back, or since the start where that is nearer."""
    place = grid_place(plane)
    then = max(place - LOOK_BACK_US // plane[GRID_STEP], 0)
    now_ticks = reference_at(plane, instrument, place)
    return math.log(float(now_ticks)) - math.log(float(reference_at(plane, instrument, then)))


@inlined
def _rebalance(plane: Memory, account: int, instrument: int, sign: float, patient: int) -> None:
    """Move the coin's share of the wealth on the platform towards what the trend suggests."""
    quote = constant(plane, instrument, QUOTE)
    twin = constant(plane, instrument, HKD_TWIN)
    cash = available(plane, account, quote) + held(plane, account, quote)
    coins = coin_value(plane, account, BTC, BTC_HKD) + coin_value(plane, account, ETH, ETH_HKD)
    wealth = to_hkd(plane, quote, cash) + coins
    wanted = min(max(0.5 + sign * RESPONSE * _momentum(plane, instrument), 0.0), 1.0)
    mine = coin_value(plane, account, constant(plane, instrument, BASE), twin)
    gap = int(wanted * float(wealth)) - mine
    if abs(gap) > wealth // PPM * DEAD_BAND_PPM:
        # The gap is in HKD, so its lots follow from the HKD price of the same coin.
        lots = abs(gap) // max(_lot_price(plane, twin), 1)
        _want(plane, BUY if gap > 0 else SELL, patient, lots)


@inlined
def _at_random(plane: Memory, account: int, instrument: int) -> None:
    """Buy or sell a random share of cash or coins, half the time patiently."""
    share = _draw(plane, SHARE, account)
    patient = 1 if _draw(plane, STYLE, account) < HALF else 0
    if _draw(plane, SIDE, account) < HALF:
        lots = _cash(plane, account, instrument) // _lot_price(plane, instrument)
        _want(plane, BUY, patient, int(share * float(lots)))
    else:
        _want(plane, SELL, patient, int(share * float(_owned_lots(plane, account, instrument))))


@inlined
def _price(plane: Memory, account: int, instrument: int, side: int, patient: int) -> int:
    """Limit price in ticks: away from the reference for the patient, through the touch for the others.

    0 where an impatient buyer finds nobody to buy from. A market sell is valued at the reference price.
    """
    reference = reference_ticks(plane, instrument)
    if patient:
        mean = float(max(reference * DISTANCE_PPM // PPM, 1))
        offset = int(exponential(_draw(plane, DISTANCE, account), mean)) + 1
        return reference - offset if side == BUY else reference + offset
    if side == SELL:
        return reference
    book = book_of(plane, instrument)
    ask = views.best_price(book, SELL) if views.has_level(book, SELL) else 0
    return ask + ask * SLIPPAGE_PPM // PPM


@compiled
def _send(plane: Memory, account: int, instrument: int) -> None:
    """Make an order of what the client wants, within its funds, and remember what rests.

    When the exposure limit refuses the order, the client asks once more for what the limit still allows.
    """
    side, patient = plane[WANT_SIDE], plane[WANT_PATIENT]
    price = _price(plane, account, instrument, side, patient)
    tick_lot = constant(plane, instrument, TICK_LOT_MINOR)
    minimum = 2 * constant(plane, instrument, MINIMUM_MINOR)
    if side == BUY:
        funds = affordable_lots(
            plane, account, instrument, price, _cash(plane, account, instrument)
        )
    else:
        funds = _owned_lots(plane, account, instrument)
    lots = min(plane[WANT_LOTS], funds)
    kind = MARKET if side == SELL and not patient else LIMIT
    life = GTC if patient else IOC
    for _ in range(2):
        if price <= 0 or lots <= 0 or lots * price * tick_lot < minimum:
            return
        result = submit(plane, account, instrument, side, kind, life, price, lots)
        if result > 0:
            set_trait(plane, account, RESTING_ORDER, result)
            set_trait(plane, account, RESTING_INSTRUMENT, instrument)
            set_trait(plane, account, RESTING_SIDE, side)
            set_trait(plane, account, RESTING_SEQ, plane[ACCEPTED_SEQ])
        if result != -1 - EXPOSURE_LIMIT:
            return
        room = exposure_limit(plane, account) - exposure(plane, account)
        thousand_lots = to_hkd(plane, constant(plane, instrument, QUOTE), price * tick_lot * 1_000)
        lots = room // (thousand_lots // 1_000 + 1)


@compiled
def wake_client(plane: Memory, account: int) -> None:
    """Let one client look at the market and act."""
    resting = trait(plane, account, RESTING_ORDER)
    if resting > 0:
        rests_in = trait(plane, account, RESTING_INSTRUMENT)
        cancel(plane, account, rests_in, resting, BY_CLIENT, trait(plane, account, RESTING_SEQ))
        set_trait(plane, account, RESTING_ORDER, 0)
    instrument = _pair(plane, account)
    kind = trait(plane, account, TYPE)
    plane[WANT_LOTS] = 0
    if kind == TYPE_SAVER:
        _save(plane, account, instrument)
    elif kind == TYPE_TREND:
        _rebalance(plane, account, instrument, 1.0, 0)
    elif kind == TYPE_CONTRARIAN:
        _rebalance(plane, account, instrument, -1.0, 1)
    else:
        _at_random(plane, account, instrument)
    if plane[WANT_LOTS] > 0:
        _send(plane, account, instrument)
    wind_clock(plane, account, plane[NOW] + 1)
