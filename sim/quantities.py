"""Quantities as people write them: `"HKD 8,000,000"`, `"2 h"`, `"30 bps"`, `"98 %"`.

Every quantity in a scenario or a rule file is text with its unit, parsed once into an integer. A bare
number where a unit is needed is an error, and so is a unit of another dimension.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NewType

from sim.problems import shown
from sim.units import (
    ASSETS,
    DAY_US,
    HOUR_US,
    INT64_MAX,
    MINUTE_US,
    PPM,
    SECOND_US,
    YEAR_US,
    Money,
    OffGridError,
    to_us,
)

DurationUs = NewType("DurationUs", int)
"""A span of time in microseconds, written `"2 h"`, `"30 min"`, `"1 d"`."""
Ppm = NewType("Ppm", int)
"""A share or a rate in parts per million, written `"98 %"`, `"30 bps"` or `"250 ppm"`."""
InstantUs = NewType("InstantUs", int)
"""A point in time in microseconds since the epoch; a TOML date (midnight in Hong Kong) or offset date-time."""
DayTimeUs = NewType("DayTimeUs", int)
"""A time of day in Hong Kong as microseconds since midnight, written `"09:30"`."""

DURATION_UNITS: dict[str, int] = {
    "us": 1,
    "ms": 1_000,
    "s": SECOND_US,
    "min": MINUTE_US,
    "h": HOUR_US,
    "d": DAY_US,
    "w": 7 * DAY_US,
    "y": YEAR_US,
}
SHARE_UNITS: dict[str, int] = {"%": PPM // 100, "bps": PPM // 10_000, "ppm": 1}

_EARLIEST_US, _LATEST_US = to_us(date(1900, 1, 1)), to_us(date(2200, 1, 1))
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMBER_UNIT = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z%]+)\s*", re.ASCII)
_ASSET_NUMBER = re.compile(rf"\s*([A-Z]{{3,5}})\s+({_NUMBER})\s*", re.ASCII)
_CLOCK = re.compile(r"\s*(\d{2}):(\d{2})\s*", re.ASCII)


class QuantityError(ValueError):
    """Text that is not a quantity of the wanted dimension; the message says what was expected."""


def _scaled(text: object, units: dict[str, int], what: str, example: str) -> int:
    if not isinstance(text, str):
        raise QuantityError(
            f"expected {what} with its unit, such as {example!r}, got {shown(text)}"
        )
    match = _NUMBER_UNIT.fullmatch(text)
    if match is None or match[2] not in units:
        raise QuantityError(
            f"expected {what} such as {example!r} (units: {', '.join(units)}), got {shown(text)}"
        )
    scaled = Fraction(_decimal(match[1])) * units[match[2]]
    if scaled.denominator != 1:
        raise QuantityError(f"{shown(text)} is finer than the smallest unit of {what}")
    if abs(scaled) > INT64_MAX:
        raise QuantityError(f"{shown(text)} is too large for {what}")
    return int(scaled)


def _decimal(text: str) -> Decimal:
    """Convert a number the patterns have matched."""
    return Decimal(text.replace(",", ""))


def parse_duration(text: object) -> DurationUs:
    """Parse `"2 h"` into microseconds."""
    return DurationUs(_scaled(text, DURATION_UNITS, "a duration", "2 h"))


def parse_share(text: object) -> Ppm:
    """Parse `"98 %"` or `"30 bps"` into parts per million."""
    return Ppm(_scaled(text, SHARE_UNITS, "a share", "98 %"))


def parse_money(text: object) -> Money:
    """Parse `"HKD 8,000,000"` into an exact amount."""
    if not isinstance(text, str):
        raise QuantityError(f"expected an amount such as 'HKD 8,000,000', got {shown(text)}")
    match = _ASSET_NUMBER.fullmatch(text)
    if match is None:
        raise QuantityError(f"expected an amount such as 'HKD 8,000,000', got {shown(text)}")
    if match[1] not in ASSETS:
        raise QuantityError(
            f"unknown asset {match[1]!r} in {shown(text)} (assets: {', '.join(ASSETS)})"
        )
    try:
        return Money(match[1], ASSETS[match[1]].minor(_decimal(match[2])))
    except OffGridError as error:
        raise QuantityError(f"{shown(text)}: {str(error).partition(': ')[2]}") from error


def parse_instant(value: object) -> InstantUs:
    """Parse a TOML date or offset date-time into microseconds since the epoch; it lies in 1900 to 2199."""
    if isinstance(value, str):
        try:
            value = (
                datetime.fromisoformat(value)
                if len(value) > len("2023-06-01")
                else date.fromisoformat(value)
            )
        except ValueError as error:
            # "day is out of range for month" helps; that the text is not ISO is said already.
            reason = "" if "isoformat" in str(error) else f" ({error})"
            raise QuantityError(
                f"expected a date such as 2023-06-01, got {shown(value)}{reason}"
            ) from error
    if not isinstance(value, date):
        raise QuantityError(f"expected a date such as 2023-06-01, got {shown(value)}")
    try:
        instant_us = to_us(value)
    except ValueError as error:
        raise QuantityError(str(error)) from error
    if not _EARLIEST_US <= instant_us < _LATEST_US:
        raise QuantityError(f"expected a date from 1900 to 2199, got {shown(value)}")
    return InstantUs(instant_us)


def parse_day_time(text: object) -> DayTimeUs:
    """Parse `"09:30"` into microseconds since midnight; `"24:00"` is the end of the day."""
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise QuantityError(f"expected a time of day such as '09:30', got {shown(text)}")
    minutes = int(match[1]) * 60 + int(match[2])
    if int(match[2]) > 59 or minutes > 24 * 60:
        raise QuantityError(f"{shown(text)} is not a time of day")
    return DayTimeUs(minutes * MINUTE_US)


def format_duration(duration_us: int) -> str:
    """Write a duration in its largest whole unit: 7,200,000,000 is `2 h`."""
    for name, size in sorted(DURATION_UNITS.items(), key=lambda unit: -unit[1]):
        if duration_us % size == 0 and abs(duration_us) >= size:
            return f"{duration_us // size} {name}"
    return f"{duration_us} us"


def format_share(share_ppm: int) -> str:
    """Write a share as a percentage: 980,000 is `98 %`."""
    return (
        f"{Decimal(share_ppm) * 100 / PPM:f}".rstrip("0").rstrip(".") + " %"
        if share_ppm % 10_000
        else f"{share_ppm // 10_000} %"
    )
