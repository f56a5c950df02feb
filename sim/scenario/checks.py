"""What must hold between the values of a scenario, beyond each value on its own.

Each check reads the values it compares straight from the document, so that it works although something
else is wrong. In an overlay alone, values that it does not give are unknown and nothing is said of them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from sim.problems import dotted, shown
from sim.quantities import format_share
from sim.scenario.fields import ABSENT
from sim.scenario.model import PARTICIPANTS_MAX
from sim.scenario.structure import Issue, field_value
from sim.toml_lines import KeyPath
from sim.units import INSTRUMENTS, PPM

_HOURS: tuple[KeyPath, ...] = (
    ("world", "review_staff"),
    ("world", "custody_staff"),
)
_WINDOWS: tuple[tuple[KeyPath, str, str], ...] = (
    *((path, "opens", "closes") for path in _HOURS),
    (("world", "banks"), "wire_opens", "wire_closes"),
    (("world", "banks"), "chats_opens", "chats_closes"),
)
_TRADER_SHARES = ("saver_share", "trend_share", "contrarian_share")


@attrs.frozen
class Document:
    """A document whose values are read one by one."""

    values: dict[str, Any]
    partial: bool = False
    """An overlay alone: defaults do not stand in for what it does not say."""

    def value(self, *path: str | int) -> Any:
        """Return a value as the scenario would hold it, or ABSENT."""
        return field_value(self.values, path, default=not self.partial)

    def entries(self, *path: str) -> list[Any]:
        """Return a list as it is written; empty where it is not a list."""
        found: Any = self.values
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, list) else []

    def written(self, *path: str) -> bool:
        """Whether the document itself gives a value."""
        return field_value(self.values, path, default=False) is not ABSENT


def check_document(values: dict[str, Any], *, partial: bool = False) -> list[Issue]:
    """Return everything that is wrong between values."""
    document = Document(values, partial)
    return [issue for check in _CHECKS for issue in check(document)]


def _horizon(document: Document) -> Iterator[Issue]:
    start, end = document.value("horizon", "start"), document.value("horizon", "end")
    if ABSENT not in (start, end) and end <= start:
        raw = document.values["horizon"]
        yield Issue(
            ("horizon", "end"), f"{shown(raw['end'])} is not after the start, {shown(raw['start'])}"
        )


def _trader_shares(document: Document) -> Iterator[Issue]:
    table = ("world", "population")
    shares = [document.value(*table, name) for name in _TRADER_SHARES]
    if ABSENT in shares or sum(shares) <= PPM:
        return
    written = [name for name in _TRADER_SHARES if document.written(*table, name)]
    parts = " + ".join(
        f"{name} {format_share(share)}" for name, share in zip(_TRADER_SHARES, shares, strict=True)
    )
    yield Issue((*table, written[-1]), f"{parts} = {format_share(sum(shares))}, above 100 %")


def _hours(document: Document) -> Iterator[Issue]:
    for table, opens, closes in _WINDOWS:
        start, end = document.value(*table, opens), document.value(*table, closes)
        if ABSENT not in (start, end) and end <= start:
            key = closes if document.written(*table[:], closes) else opens  # type: ignore[arg-type]
            yield Issue((*table, key), f"{closes} must be later than {opens}")


def _names(document: Document) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for group in ("market_makers", "arbitrageurs"):
        for index, entry in enumerate(document.entries("world", group)):
            name = entry.get("name") if isinstance(entry, dict) else None
            path: KeyPath = ("world", group, index, "name")
            if name == "":
                yield Issue(path, "a participant needs a name")
            elif isinstance(name, str):
                if name in seen:
                    yield Issue(path, f"{shown(name)} is also the name of {seen[name]}")
                seen.setdefault(name, dotted(path[:-1]))
    if document.value("name") == "":
        yield Issue(("name",), "the scenario needs a name")


def _participants(document: Document) -> Iterator[Issue]:
    counts = [len(document.entries("world", group)) for group in ("market_makers", "arbitrageurs")]
    if sum(counts) > PARTICIPANTS_MAX:
        group = "market_makers" if counts[0] > PARTICIPANTS_MAX else "arbitrageurs"
        message = f"{sum(counts)} participants; expected at most {PARTICIPANTS_MAX} in all"
        yield Issue(("world", group), message)


def _pairs(document: Document) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for index, entry in enumerate(document.entries("world", "listings")):
        pair = entry.get("pair") if isinstance(entry, dict) else None
        path: KeyPath = ("world", "listings", index, "pair")
        if isinstance(pair, str):
            if pair in seen:
                yield Issue(path, f"{pair} is listed twice, see {seen[pair]}")
            seen.setdefault(pair, dotted(path[:-1]))


def _volatilities(document: Document) -> Iterator[Issue]:
    known = document.value("world", "reference", "annual_volatility")
    if known is ABSENT:
        return
    for index, entry in enumerate(document.entries("world", "listings")):
        pair = entry.get("pair") if isinstance(entry, dict) else None
        instrument = INSTRUMENTS.get(pair) if isinstance(pair, str) else None
        if instrument is not None and instrument.base not in known:
            message = f"{pair} needs world.reference.annual_volatility.{instrument.base}"
            yield Issue(("world", "listings", index, "pair"), message)


def _holidays(document: Document) -> Iterator[Issue]:
    days = document.value("world", "holidays")
    for index, day in enumerate(() if days is ABSENT else days):
        if day in days[:index]:
            yield Issue(("world", "holidays", index), f"{day} is given twice")


_CHECKS: tuple[Callable[[Document], Iterator[Issue]], ...] = (
    _horizon,
    _trader_shares,
    _hours,
    _names,
    _participants,
    _pairs,
    _volatilities,
    _holidays,
)
