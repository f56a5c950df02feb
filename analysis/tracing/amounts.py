"""Amounts as sentences say them: money with its asset, prices, quantities, shares, spans of time."""

from decimal import Decimal

from sim.units import (
    ASSETS,
    DAY_US,
    HOUR_US,
    INSTRUMENTS,
    MINUTE_US,
    PPM,
    SECOND_US,
    Money,
    from_us,
)

_STEPS = ((DAY_US, "d"), (HOUR_US, "h"), (MINUTE_US, "min"), (SECOND_US, "s"))


def money(asset: str, amount_minor: int) -> str:
    """Write an exact amount with its asset first: HKD 1,909.07."""
    return str(Money(asset, amount_minor)) if asset in ASSETS else f"{amount_minor:,} {asset} minor"


def about(asset: str, amount_minor: int) -> str:
    """Write an amount to two decimals, for a value that is an estimate anyway: about HKD 1,909.07."""
    return f"about {asset} {ASSETS[asset].decimal(amount_minor):,.2f}"


def price(symbol: str, price_ticks: int) -> str:
    """Write the price of a whole coin: HKD 210,507."""
    pair = INSTRUMENTS[symbol]
    return f"{pair.quote} {plain(pair.price(price_ticks))}"


def quantity(symbol: str, lots: int) -> str:
    """Write a quantity: 0.00939 BTC."""
    pair = INSTRUMENTS[symbol]
    return f"{plain(pair.quantity(lots))} {pair.base}"


def plain(number: Decimal) -> str:
    """Write a number with thousands separated and no trailing zeros."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(share_ppm: int) -> str:
    """Write a share: 30 %."""
    return f"{plain(Decimal(share_ppm) * 100 / PPM)} %"


def span(duration_us: int) -> str:
    """Write a span of time in its two largest units: 2 d 3 h, 43 s."""
    for place, (unit_us, unit) in enumerate(_STEPS):
        if duration_us >= unit_us:
            whole, rest = divmod(duration_us, unit_us)
            smaller = _STEPS[place + 1] if place + 1 < len(_STEPS) else None
            if smaller is None or not rest // smaller[0]:
                return f"{whole:,} {unit}"
            return f"{whole:,} {unit} {rest // smaller[0]} {smaller[1]}"
    return "less than a second"


def clock(time_us: int) -> str:
    """Write an instant in Hong Kong time, to the second."""
    return from_us(time_us).strftime("%Y-%m-%d %H:%M:%S")


def day(time_us: int) -> str:
    """Write an instant's Hong Kong date."""
    return from_us(time_us).date().isoformat()
