"""A rule as data: what it is about, and each value it has had, with its source and standing."""

from collections.abc import Callable
from datetime import date
from typing import Literal, get_args

import attrs

from sim.problems import shown
from sim.quantities import QuantityError, parse_duration, parse_instant, parse_money, parse_share
from sim.units import INT64_MAX, PPM, YEAR_US, Money, from_us

Unit = Literal["share", "money", "duration", "flag", "count", "date", "text"]
Status = Literal["in_force", "expected", "hypothetical", "practice"]
"""The law as it stands, announced law, a supposition, or what operators do within the law."""
Confidence = Literal["V", "V2", "K(h)", "K(m)", "K(l)", "D", ""]
"""How sure the value is (see CONFIDENCES); empty for the changes of a scenario, which suppose rather than
report."""
Value = int | bool | str | Money
"""Parts per million (share), microseconds (duration, and date since the epoch), a whole number (count),
yes or no (flag), an exact amount (money), or text."""

UNITS: tuple[str, ...] = get_args(Unit)
STATUSES: tuple[str, ...] = get_args(Status)
CONFIDENCES: dict[str, str] = {
    "V": "seen in an official page, a law firm's note, a platform's help page or the press",
    "V2": "seen in a secondary or weaker page only",
    "K(h)": "from general knowledge, fairly sure; no page seen",
    "K(m)": "from general knowledge, moderately sure; no page seen",
    "K(l)": "from general knowledge, unsure; no page seen",
    "D": "derived by arithmetic from other values",
}
"""What each mark of confidence means."""
DEPARTMENTS = (
    "licence",
    "onboarding",
    "admission",
    "ramps",
    "custody",
    "trading_desk",
    "surveillance",
    "treasury",
    "products",
    "world",
)
SUBJECTS = (
    "retail",
    "individual_pi",
    "corporate_pi",
    "institution",
    "market_maker",
    "platform",
    "applicant",
    "unlicensed",
    "token",
    "bank",
    "broker",
    "custodian",
)
"""Whom a rule can apply to; PI is a professional investor (Cap. 571D)."""

_LARGEST_SHARE = 10 * PPM
_LONGEST_US = 100 * YEAR_US

ASSUMPTION = "assumption"
"""The document of a value for which no source was found."""
NOT_IN_FORCE = "not in force"
"""The text of a value that ended without a successor."""


@attrs.frozen
class Reference:
    """Where a value comes from."""

    document: str
    paragraph: str = ""
    url: str = ""
    read: date | None = None
    """The day on which the source was read; none where it was not seen."""
    also: tuple[str, ...] = ()
    """Further addresses that say the same."""

    def __str__(self) -> str:
        """Write document and paragraph: VATP Guidelines, para 9.7."""
        return f"{self.document}, {self.paragraph}" if self.paragraph else self.document


@attrs.frozen
class DatedValue:
    """One value of a rule, in force for start_us <= time < end_us."""

    start_us: int
    end_us: int | None
    """None while no end is known."""
    value: Value
    text: str
    """The value as people write it: 30 %, HKD 10,000, yes."""
    status: Status
    reference: Reference
    confidence: Confidence
    note: str = ""

    def holds(self, time_us: int) -> bool:
        """Whether this value is the one in force at an instant."""
        return self.start_us <= time_us and (self.end_us is None or time_us < self.end_us)


@attrs.frozen
class Rule:
    """A dated parameter; its values follow each other in time and never overlap."""

    id: str
    title: str
    unit: Unit
    applies_to: tuple[str, ...]
    department: str
    use: str
    """What a simulation does with it."""
    values: tuple[DatedValue, ...]

    def at(self, time_us: int) -> DatedValue | None:
        """Return the value in force at an instant, or None."""
        return next((value for value in self.values if value.holds(time_us)), None)

    @property
    def asset(self) -> str:
        """The one asset of a money rule's amounts, empty for other units."""
        first = self.values[0].value
        return first.asset if isinstance(first, Money) else ""


def parse_value(unit: Unit, raw: object, asset: str = "") -> tuple[Value, str]:
    """Read a value of a unit as it stands in a file; return it and its text.

    `asset`, where given, is the asset an amount must be in.

    Raises
    ------
    QuantityError
        The value is not of that unit.
    """
    value, text = _PARSERS[unit](raw)
    if asset and isinstance(value, Money) and value.asset != asset:
        raise QuantityError(
            f"expected an amount in {asset} like the rule's other values, got {shown(raw)}"
        )
    return value, text


def _share(raw: object) -> tuple[Value, str]:
    share = parse_share(raw)
    if abs(share) > _LARGEST_SHARE:
        raise QuantityError(f"expected a share from -1000 % to 1000 %, got {shown(raw)}")
    return share, str(raw)


def _duration(raw: object) -> tuple[Value, str]:
    duration = parse_duration(raw)
    if not 0 <= duration <= _LONGEST_US:
        raise QuantityError(f"expected a duration from 0 s to 100 y, got {shown(raw)}")
    return duration, str(raw)


def _money(raw: object) -> tuple[Value, str]:
    amount = parse_money(raw)
    return amount, str(amount)


def _date(raw: object) -> tuple[Value, str]:
    moment_us = parse_instant(raw)
    return moment_us, format_day(moment_us)


def _flag(raw: object) -> tuple[Value, str]:
    if not isinstance(raw, bool):
        raise QuantityError(f"expected true or false, got {shown(raw)}")
    return raw, "yes" if raw else "no"


def _count(raw: object) -> tuple[Value, str]:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise QuantityError(f"expected a whole number from 0, got {shown(raw)}")
    if raw > INT64_MAX:
        raise QuantityError(f"expected a whole number of at most 64 bits, got {shown(raw)}")
    return raw, f"{raw:,}"


def _text(raw: object) -> tuple[Value, str]:
    if not isinstance(raw, str) or not raw.strip():
        raise QuantityError(f"expected text, got {shown(raw)}")
    return raw, raw


_PARSERS: dict[Unit, Callable[[object], tuple[Value, str]]] = {
    "share": _share,
    "money": _money,
    "duration": _duration,
    "flag": _flag,
    "count": _count,
    "date": _date,
    "text": _text,
}


def format_day(time_us: int) -> str:
    """Write an instant as its Hong Kong date, with the time of day where it is not midnight."""
    moment = from_us(time_us)
    clock = moment.strftime(" %H:%M:%S") if moment.time() != moment.min.time() else ""
    fraction = f".{moment.microsecond:06d}" if moment.microsecond else ""
    return f"{moment.date().isoformat()}{clock}{fraction}"
