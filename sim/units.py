"""Time, assets, money and instruments as integers.

Time is int64 microseconds since the Unix epoch, UTC. Prices are ticks, quantities are lots, money is
counted in minor units. A conversion from text or decimals happens once, at the boundary, and whatever
does not lie on the grid is refused: nothing is ever rounded in silence.

A *minor unit* here is the smallest amount the ledger keeps. For HKD and USD it is a millionth of a
dollar, not a cent, because a trade's notional (tick times lot) must be a whole number of minor units;
banks move whole cents only, which `Asset.bank_minor` states. Ether is kept in gwei: wei would leave
int64 room for nine coins.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import attrs

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
YEAR_US = 365 * DAY_US

PPM = 1_000_000
"""Shares and rates are integers in parts per million: 98 % is 980,000 and 30 bps is 3,000."""

INT64_MAX = 2**63 - 1

HKT = timezone(timedelta(hours=8), "HKT")
"""Hong Kong time; no daylight saving since 1979."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OffGridError(ValueError):
    """A price, quantity or amount does not lie on its grid."""


def to_us(moment: datetime | date) -> int:
    """Microseconds since the epoch of an instant; a bare date is its midnight in Hong Kong.

    Raises
    ------
    ValueError
        The instant carries no time zone.
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), HKT)
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; write for example +08:00")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(time_us: int, zone: timezone = HKT) -> datetime:
    """Return the instant as a datetime, in Hong Kong time unless told otherwise."""
    return (_EPOCH + timedelta(microseconds=time_us)).astimezone(zone)


def format_us(time_us: int) -> str:
    """Write an instant in Hong Kong time, ISO 8601, to the second (microseconds where there are any)."""
    moment = from_us(time_us)
    return moment.isoformat(sep=" ", timespec="microseconds" if moment.microsecond else "seconds")


@attrs.frozen
class Asset:
    """A currency or token and its smallest units."""

    code: str
    kind: Literal["fiat", "coin"]
    decimals: int
    """Decimal places the ledger keeps: one minor unit is 10**-decimals of the asset."""
    bank_minor: int = 1
    """Outside movements (bank or chain) are multiples of this many minor units."""

    @property
    def unit_minor(self) -> int:
        """Minor units in one whole unit of the asset."""
        return int(10**self.decimals)

    def minor(self, amount: Decimal | str | int) -> int:
        """Convert a whole-unit amount to minor units.

        Raises
        ------
        OffGridError
            The amount has more decimal places than the ledger keeps, or does not fit 64 bits.
        """
        # Fractions are exact; Decimal arithmetic would round at 28 digits.
        scaled = Fraction(Decimal(amount)) * self.unit_minor
        if scaled.denominator != 1:
            raise OffGridError(
                f"{self.code} {amount}: the ledger keeps {self.decimals} decimal places"
            )
        if abs(scaled) > INT64_MAX:
            raise OffGridError(f"{self.code} {amount}: more than the ledger can count")
        return int(scaled)

    def decimal(self, amount_minor: int) -> Decimal:
        """Convert minor units to a whole-unit amount, exactly."""
        return Decimal(amount_minor) / self.unit_minor

    def to_bank_grid(self, amount_minor: int) -> int:
        """Largest amount not above the given one that a bank or a chain can move."""
        return amount_minor - amount_minor % self.bank_minor


ASSETS: dict[str, Asset] = {
    asset.code: asset
    for asset in (
        Asset("HKD", "fiat", decimals=6, bank_minor=10_000),
        Asset("USD", "fiat", decimals=6, bank_minor=10_000),
        Asset("BTC", "coin", decimals=8),
        Asset("ETH", "coin", decimals=9),
        Asset("SOL", "coin", decimals=9),
        Asset("XRP", "coin", decimals=6),
    )
}
ASSET_CODES: tuple[str, ...] = tuple(ASSETS)
"""Order of assets in every array: an asset's index is its place here."""
ASSET_INDEX: dict[str, int] = {code: index for index, code in enumerate(ASSET_CODES)}


@attrs.frozen
class Money:
    """An exact amount of one asset."""

    asset: str
    amount_minor: int

    def __str__(self) -> str:
        """Write the amount with its asset first: HKD 8,000,000."""
        return f"{self.asset} {ASSETS[self.asset].decimal(self.amount_minor):,f}"


@attrs.frozen
class Instrument:
    """A trading pair and its grid.

    One tick of price times one lot of quantity is a whole number of quote minor units, so that every
    notional is exact.
    """

    symbol: str
    base: str
    quote: str
    tick_minor: int
    """Price step: quote minor units for one whole base unit."""
    lot_minor: int
    """Quantity step in base minor units."""

    def __attrs_post_init__(self) -> None:
        """Refuse a grid on which a notional could be inexact."""
        if self.tick_minor <= 0 or self.lot_minor <= 0:
            raise ValueError(f"{self.symbol}: tick and lot must be positive")
        if self.tick_minor * self.lot_minor % ASSETS[self.base].unit_minor:
            raise OffGridError(
                f"{self.symbol}: tick {self.tick_minor} x lot {self.lot_minor} is not a whole number "
                f"of {self.quote} minor units"
            )

    @property
    def tick_lot_minor(self) -> int:
        """Quote minor units of one lot at a price of one tick."""
        return self.tick_minor * self.lot_minor // ASSETS[self.base].unit_minor

    def price_ticks(self, price: Decimal | str) -> int:
        """Convert a price (quote per whole base unit) to ticks; off-grid prices are refused."""
        minor = ASSETS[self.quote].minor(price)
        if minor % self.tick_minor:
            raise OffGridError(f"{self.symbol} price {price} is not a multiple of the tick")
        return minor // self.tick_minor

    def price(self, price_ticks: int) -> Decimal:
        """Convert ticks to a price, exactly."""
        return ASSETS[self.quote].decimal(price_ticks * self.tick_minor)

    def quantity_lots(self, quantity: Decimal | str) -> int:
        """Convert a quantity of the base asset to lots; off-grid quantities are refused."""
        minor = ASSETS[self.base].minor(quantity)
        if minor % self.lot_minor:
            raise OffGridError(f"{self.symbol} quantity {quantity} is not a multiple of the lot")
        return minor // self.lot_minor

    def quantity(self, lots: int) -> Decimal:
        """Convert lots to a quantity of the base asset, exactly."""
        return ASSETS[self.base].decimal(lots * self.lot_minor)

    def notional_minor(self, price_ticks: int, lots: int) -> int:
        """Quote minor units paid for so many lots at a price; exact."""
        return price_ticks * lots * self.tick_lot_minor


INSTRUMENTS: dict[str, Instrument] = {
    instrument.symbol: instrument
    for instrument in (
        # No tick table of the Hong Kong venue was found; these grids are an assumption.
        Instrument("BTC/HKD", "BTC", "HKD", tick_minor=1_000_000, lot_minor=1_000),
        Instrument("BTC/USD", "BTC", "USD", tick_minor=100_000, lot_minor=1_000),
        Instrument("ETH/HKD", "ETH", "HKD", tick_minor=100_000, lot_minor=100_000),
        Instrument("ETH/USD", "ETH", "USD", tick_minor=10_000, lot_minor=100_000),
    )
}
SYMBOLS: tuple[str, ...] = tuple(INSTRUMENTS)
"""Order of instruments in every array: an instrument's index is its place here."""
INSTRUMENT_INDEX: dict[str, int] = {symbol: index for index, symbol in enumerate(SYMBOLS)}
