"""The kinds of value a file may hold: how each is read, checked, written and described.

A leaf is a value without keys of its own. This table is the only place that knows how a duration or a
share looks in a file: reading (`structure`), writing (`resolved`) and the JSON Schema all use it.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import attrs

from sim.problems import shown
from sim.quantities import (
    DURATION_UNITS,
    SHARE_UNITS,
    DayTimeUs,
    DurationUs,
    InstantUs,
    Ppm,
    format_duration,
    format_share,
    parse_day_time,
    parse_duration,
    parse_instant,
    parse_money,
    parse_share,
)
from sim.units import ASSETS, HOUR_US, MINUTE_US, PPM, YEAR_US, Money, from_us, to_us

INT64_MAX = (1 << 63) - 1
EARLIEST_US = to_us(date(2000, 1, 1))
LATEST_US = to_us(date(2100, 1, 1))
LONGEST_US = 100 * YEAR_US
"""Forty times a mean of this length, which a draw may reach, still fits 64 bits."""
_LONGEST_QUANTITY = 100
_NUMBER = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"


class WrongValue(ValueError):  # noqa: N818 - caught and turned into a problem with its place
    """A value that a field cannot take; the message says what was expected."""


@attrs.frozen
class Leaf:
    """One kind of value."""

    name: str
    """What a person calls it, for messages: `a duration`."""
    read: Callable[[object], Any]
    """From a TOML value; raises ValueError."""
    write: Callable[[Any], Any]
    """To a TOML value that reads back as the same."""
    schema: dict[str, Any]
    """JSON Schema of the TOML value, dates being strings."""
    example: str = ""
    minimum: int | None = None
    maximum: int | None = None
    above: int | None = None
    """The value must be greater than this."""


def same(value: Any) -> Any:
    """Return the value: it is the same in a file and in memory."""
    return value


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValue(f"expected text in quotes, got {shown(value)}")
    return value


def _read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(f"expected a whole number without quotes, got {shown(value)}")
    if abs(value) > INT64_MAX:
        raise WrongValue("expected a whole number of at most 64 bits")
    return value


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(f"expected true or false, got {shown(value)}")
    return value


def _read_date(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise WrongValue(f"expected a date such as 2023-06-01, got {shown(value)}") from error
    if isinstance(value, datetime) or not isinstance(value, date):
        raise WrongValue(f"expected a date such as 2023-06-01, got {shown(value)}")
    return value


def _read_rule_value(value: object) -> str | bool | int:
    """Read a rule's value as it stands; the rule's unit is checked against the regime later."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return _read_count(value)
    raise WrongValue(
        f"expected text with its unit, true or false, or a whole number, got {shown(value)}"
    )


def _refuse_bare(value: object, what: str, example: str) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise WrongValue(f"expected {what} such as {example!r}, got the bare number {shown(value)}")
    if isinstance(value, str) and len(value) > _LONGEST_QUANTITY:
        raise WrongValue(f"expected {what} such as {example!r}, got {shown(value)}")


def _with_unit(read: Callable[[object], int], what: str, example: str) -> Callable[[object], int]:
    """Wrap a quantity's parser: bare numbers are refused in words, and so is what int64 cannot hold."""

    def reader(value: object) -> int:
        _refuse_bare(value, what, example)
        amount = read(value)
        if abs(amount) > INT64_MAX:
            raise WrongValue(f"{shown(value)} is too large")
        return amount

    return reader


def _read_money(value: object) -> Money:
    _refuse_bare(value, "an amount", "HKD 8,000,000")
    amount = parse_money(value)
    if abs(amount.amount_minor) > INT64_MAX:
        raise WrongValue(f"{shown(value)} is too large")
    return amount


def _read_instant(value: object) -> InstantUs:
    instant = parse_instant(value)
    if not EARLIEST_US <= instant < LATEST_US:
        raise WrongValue(f"expected a date from 2000 to 2099, got {shown(value)}")
    return instant


def _write_instant(instant: InstantUs) -> date:
    moment = from_us(instant)
    return moment.date() if to_us(moment.date()) == instant else moment


def _write_day_time(time_us: DayTimeUs) -> str:
    return f"{time_us // HOUR_US:02d}:{time_us % HOUR_US // MINUTE_US:02d}"


def money_pattern(assets: str) -> str:
    """Return the regular expression of an amount in one of the assets, joined by `|`."""
    return rf"^\s*({assets})\s+{_NUMBER}\s*$"


LEAVES: dict[Any, Leaf] = {
    str: Leaf("text", _read_text, same, {"type": "string"}),
    int: Leaf("a whole number", _read_count, same, {"type": "integer"}, minimum=1),
    bool: Leaf("true or false", _read_flag, same, {"type": "boolean"}),
    date: Leaf("a date", _read_date, same, {"type": "string", "format": "date"}, "2023-12-25"),
    str | bool | int: Leaf(
        "a rule's value",
        _read_rule_value,
        same,
        {"type": ["string", "boolean", "integer"]},
    ),
    DurationUs: Leaf(
        "a duration",
        _with_unit(parse_duration, "a duration", "2 h"),
        format_duration,
        {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({'|'.join(DURATION_UNITS)})\s*$"},
        "2 h",
        above=0,
        maximum=LONGEST_US,
    ),
    Ppm: Leaf(
        "a share",
        _with_unit(parse_share, "a share", "98 %"),
        format_share,
        {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({'|'.join(SHARE_UNITS)})\s*$"},
        "98 %",
        minimum=0,
        maximum=PPM,
    ),
    Money: Leaf(
        "an amount of money",
        _read_money,
        str,
        {"type": "string", "pattern": money_pattern("|".join(ASSETS))},
        "HKD 8,000,000",
        minimum=0,
    ),
    InstantUs: Leaf(
        "a date or a date-time with its offset",
        _read_instant,
        _write_instant,
        {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
        "2023-06-01",
    ),
    DayTimeUs: Leaf(
        "a time of day in Hong Kong",
        parse_day_time,
        _write_day_time,
        {"type": "string", "pattern": r"^\s*([01]\d|2[0-4]):[0-5]\d\s*$"},
        "09:30",
    ),
}
"""Every kind of value by the type its field is annotated with."""
