"""The registry of measures: what each is called, in which unit, and how it is computed from a log.

A measure is a function from the log's tables to an `Estimate`, registered with `@measure`. Its name ends
in its unit. Measures read the log and nothing else, so a figure can always be computed again.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar

import attrs
import polars as pl

from analysis.estimates import UNDEFINED, Estimate

FAMILIES: dict[str, str] = {
    "access": "who becomes a client, and how long it takes",
    "market_quality": "what the order books offer",
    "client_outcome": "what happens to the clients' money",
    "ramps": "how fast money goes in and out",
    "platform": "what the platform earns and keeps",
}
"""Families of measures in the order of the tables, with what each is about."""

T = TypeVar("T")


class MeasureError(ValueError):
    """A name that is neither a measure nor a family; the message lists the nearest names."""


class Log(Protocol):
    """What a measure needs of a run's log; `sim.journal.RunLog` is one."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The run's header; `log_level` says what the log leaves out."""

    def scan(self, kind: str) -> pl.LazyFrame:
        """Return the events of a kind in order of seq, without reading them yet."""


class Tables:
    """A log and the small tables computed from it so far.

    Several measures share a table (each client's trades, each day's book samples). `once` computes a
    table when it is first needed and keeps it; tables are bounded by clients, days and pairs, never by
    events.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self._known: dict[Callable[[Tables], Any], Any] = {}

    def scan(self, kind: str) -> pl.LazyFrame:
        """Return the events of a kind, lazily."""
        return self.log.scan(kind)

    def once(self, build: "Callable[[Tables], T]") -> T:
        """Return what a builder makes of this log, building it at most once."""
        if build not in self._known:
            self._known[build] = build(self)
        result: T = self._known[build]
        return result

    @property
    def has_orders(self) -> bool:
        """Whether the log holds the order plane (log level `control` leaves it out)."""
        return self.log.header.get("log_level") != "control"


@attrs.frozen
class Outcome:
    """A measure's figure in one run.

    `low` and `high` bound the spread within the run (see `analysis.estimates`); they are None for counts
    and totals, which have none, and `value` is None where the run holds nothing to measure.
    """

    name: str
    family: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    description: str


@attrs.frozen
class Measure:
    """A registered measure."""

    name: str
    family: str
    unit: str
    description: str
    needs_orders: bool
    """Whether it reads the order plane; undefined where the log leaves that out."""
    estimate: Callable[[Tables], Estimate]

    def outcome(self, tables: Tables) -> Outcome:
        """Compute the measure."""
        left_out = self.needs_orders and not tables.has_orders
        found = UNDEFINED if left_out else self.estimate(tables)
        return Outcome(
            self.name, self.family, self.unit, found.value, found.low, found.high, self.description
        )


MEASURES: dict[str, Measure] = {}
"""Every measure by name, in the order of the tables."""


def register(entry: Measure) -> None:
    """Add a measure; a second one of the same name, or an unknown family, is refused."""
    if entry.name in MEASURES:
        raise ValueError(f"measure {entry.name} is defined twice")
    if entry.family not in FAMILIES:
        raise ValueError(f"measure {entry.name}: no family {entry.family}")
    MEASURES[entry.name] = entry


def measure(
    family: str, unit: str, *, orders: bool = False
) -> Callable[[Callable[[Tables], Estimate]], Callable[[Tables], Estimate]]:
    """Register the decorated function: its name is the measure's, its docstring the description."""

    def add(function: Callable[[Tables], Estimate]) -> Callable[[Tables], Estimate]:
        description = " ".join((function.__doc__ or "").split())
        register(Measure(function.__name__, family, unit, description, orders, function))
        return function

    return add


def check_names(names: Iterable[str]) -> None:
    """Refuse names that are neither a measure nor a family.

    Raises
    ------
    MeasureError
        Lists every unknown name, each with the nearest known one.
    """
    problems = [_unknown(name) for name in names if name not in MEASURES and name not in FAMILIES]
    if problems:
        raise MeasureError("\n".join(problems))


def select(names: Iterable[str] = ()) -> tuple[Measure, ...]:
    """Return the measures of these names and families, in the order of the tables; none means all.

    Raises
    ------
    MeasureError
        A name is unknown; see `check_names`.
    """
    wanted = tuple(names)
    check_names(wanted)
    return tuple(
        entry
        for entry in MEASURES.values()
        if not wanted or entry.name in wanted or entry.family in wanted
    )


def _unknown(name: str) -> str:
    near = get_close_matches(name, [*FAMILIES, *MEASURES], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"families: {', '.join(FAMILIES)}"
    return f"no measure or family {name!r}; {hint}"


def outcomes(log: Log, names: Iterable[str] = ()) -> tuple[Outcome, ...]:
    """Compute measures of one run from its log.

    Parameters
    ----------
    log
        The run, for example `sim.journal.RunLog.open(run_dir)`.
    names
        Measures or families; none means all.

    Raises
    ------
    MeasureError
        A name is unknown.
    """
    chosen = select(names)
    tables = Tables(log)
    return tuple(entry.outcome(tables) for entry in chosen)
