"""What every promise is judged by: the log's control plane as tables, the law by date, the calendar."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

import polars as pl

from analysis.audit.terms import Terms
from sim.events.codes import ClientClass
from sim.units import Money

T = TypeVar("T")

HONG_KONG_US = 8 * 3_600_000_000


class Segment(Protocol):
    """A sealed range of the log."""

    @property
    def first_seq(self) -> int:
        """Seq of its first event."""

    @property
    def last_seq(self) -> int:
        """Seq of its last event."""

    @property
    def first_time_us(self) -> int:
        """Time of its first event."""

    @property
    def last_time_us(self) -> int:
        """Time of its last event."""


class Log(Protocol):
    """What an audit needs of a run's log; `sim.journal.RunLog` is one."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The run's header."""

    @property
    def segments(self) -> Sequence[Segment]:
        """The sealed segments, in order."""

    @property
    def state(self) -> str:
        """State of the run: running, complete, interrupted or quarantined."""

    def scan(
        self, kind: str, since_us: int | None = None, until_us: int | None = None
    ) -> pl.LazyFrame:
        """Return the events of a kind in order of seq, without reading them yet."""


class Evidence:
    """A log, its terms, and the tables read from it so far.

    Control events are read whole, each kind once; they are bounded by people and days. Order events are
    not here: see `analysis.audit.stretches`.
    """

    def __init__(self, log: Log, terms: Terms) -> None:
        self.log = log
        self.terms = terms
        self.level = str(log.header["log_level"])
        self.holidays: tuple[date, ...] = tuple(map(date.fromisoformat, log.header["holidays"]))
        self._tables: dict[str, pl.DataFrame] = {}
        self._known: dict[Callable[[Evidence], Any], Any] = {}

    @property
    def start_us(self) -> int:
        """First instant of the run."""
        return int(self.log.header["start_us"])

    @property
    def end_us(self) -> int:
        """Instant of the last event in the log, earlier than the horizon where the run was interrupted."""
        segments = self.log.segments
        return segments[-1].last_time_us if segments else self.start_us

    def table(self, kind: str) -> pl.DataFrame:
        """Return all control events of a kind, in order of seq."""
        if kind not in self._tables:
            self._tables[kind] = self.log.scan(kind).collect().sort("seq")
        return self._tables[kind]

    def once(self, build: "Callable[[Evidence], T]") -> T:
        """Return what a builder makes of this evidence, building it at most once."""
        if build not in self._known:
            self._known[build] = build(self)
        result: T = self._known[build]
        return result

    def with_law(
        self, rows: pl.DataFrame, rule: str, column: str, at: str = "time_us"
    ) -> pl.DataFrame:
        """Add a rule's value at each row's instant, null where it is not in force.

        A share is in ppm, money in minor units, a flag 0 or 1, a count itself. Rows come back by `seq`.
        """
        dated = self.dated(rule).rename({"value": column})
        return (
            rows.sort(at)
            .join_asof(dated, left_on=at, right_on="start_us", strategy="backward")
            .drop("start_us", strict=False)
            .sort("seq")
        )

    def dated(self, rule: str) -> pl.DataFrame:
        """Return the values of a rule by date: start_us, value (null from where it ends)."""
        known = self.terms.regime.rules.get(rule)
        steps: dict[int, int | None] = {}
        for value in known.values if known is not None else ():
            if value.end_us is not None:
                steps.setdefault(value.end_us, None)
            steps[value.start_us] = _number(value.value)
        return pl.DataFrame(
            {"start_us": list(steps), "value": list(steps.values())},
            schema={"start_us": pl.Int64, "value": pl.Int64},
        ).sort("start_us")

    def concerns(self, rule: str) -> tuple[str, ...]:
        """Return the classes of clients that a rule applies to; one that names none applies to all."""
        known = self.terms.regime.rules.get(rule)
        named = known.applies_to if known is not None else ()
        classes = tuple(member.name.lower() for member in ClientClass)
        return tuple(name for name in classes if name in named) if named else classes


def _number(value: object) -> int | None:
    """Return a rule's value as a whole number; text has none and counts as in force."""
    if isinstance(value, Money):
        return value.amount_minor
    return int(value) if isinstance(value, int) else 1


def business_day(time_us: pl.Expr) -> pl.Expr:
    """Return the Hong Kong date of an instant."""
    return pl.from_epoch(time_us + HONG_KONG_US, time_unit="us").dt.date()


def time_of_day_us(time_us: pl.Expr) -> pl.Expr:
    """Return the microseconds since Hong Kong midnight."""
    return (time_us + HONG_KONG_US) % 86_400_000_000


def midnight_us(day: pl.Expr) -> pl.Expr:
    """Return the instant at which a Hong Kong date begins."""
    return day.cast(pl.Int64) * 86_400_000_000 - HONG_KONG_US
