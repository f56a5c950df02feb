"""What orders cost: fees, holds, exposure, and the codes that checks compare with.

Client money never goes short: a buy order holds its notional at the limit price plus the higher of the
maker's and the taker's fee on it, a sell order holds its coins, and each fill releases exactly what it had held (VATP-G Part VII,
pre-funding). The hold of a resting order follows from its price and remaining lots alone, so nothing has
to be remembered per order: `hold(remaining before) - hold(remaining after)` is what a fill frees.
"""

from sim.flow.layout import (
    CLASS,
    FEES,
    HKD,
    LOT_MINOR,
    TICK_LOT_MINOR,
    USD,
)
from sim.flow.memory import (
    available,
    constant,
    held,
    hkd_per_usd_ppm,
    reference_ticks,
    trait,
)
from sim.flow.numbers import (
    BTC,
    BTC_HKD,
    ETH,
    ETH_HKD,
    SELL,
)
from sim.matching.bits import Memory, compiled, inlined
from sim.units import PPM


@inlined
def fee(notional_minor: int, rate_ppm: int) -> int:
    """Fee on a notional, rounded down to the minor unit; split so that it cannot overflow int64."""
    return notional_minor // PPM * rate_ppm + notional_minor % PPM * rate_ppm // PPM


@inlined
def hold_rate_ppm(plane: Memory, account_class: int) -> int:
    """Fee rate that a hold includes: the higher of maker and taker, since a resting buyer pays as maker."""
    return max(plane[FEES + account_class * 2], plane[FEES + account_class * 2 + 1])


@inlined
def hold(
    plane: Memory, instrument: int, account_class: int, side: int, price: int, lots: int
) -> int:
    """Minor units held behind so many resting lots: quote with the higher fee for a buy, coins for a sell."""
    if side == SELL:
        return lots * constant(plane, instrument, LOT_MINOR)
    notional = price * lots * constant(plane, instrument, TICK_LOT_MINOR)
    return notional + fee(notional, hold_rate_ppm(plane, account_class))


@inlined
def affordable_lots(
    plane: Memory, account: int, instrument: int, price: int, amount_minor: int
) -> int:
    """Most lots whose hold at a limit price, the higher fee included, fits into an amount of quote currency."""
    rate_ppm = hold_rate_ppm(plane, trait(plane, account, CLASS))
    spend = amount_minor - fee(amount_minor, rate_ppm) - 1
    return max(spend, 0) // max(price * constant(plane, instrument, TICK_LOT_MINOR), 1)


@inlined
def to_hkd(plane: Memory, asset: int, amount_minor: int) -> int:
    """Value a fiat amount in HKD minor units at the present rate."""
    if asset == USD:
        rate = hkd_per_usd_ppm(plane)
        return amount_minor // PPM * rate + amount_minor % PPM * rate // PPM
    return amount_minor


@inlined
def coin_value(plane: Memory, account: int, coin: int, instrument: int) -> int:
    """HKD minor value of an account's coins, held ones included, at the reference price."""
    owned = available(plane, account, coin) + held(plane, account, coin)
    lots = owned // constant(plane, instrument, LOT_MINOR)
    return lots * reference_ticks(plane, instrument) * constant(plane, instrument, TICK_LOT_MINOR)


@compiled
def exposure(plane: Memory, account: int) -> int:
    """HKD minor value of all tokens of a client plus what its open buy orders hold.

    Open buy orders count, as in the practice of facts row onb.exposure_tiger.
    """
    total = coin_value(plane, account, BTC, BTC_HKD) + coin_value(plane, account, ETH, ETH_HKD)
    total += to_hkd(plane, HKD, held(plane, account, HKD))
    return total + to_hkd(plane, USD, held(plane, account, USD))
