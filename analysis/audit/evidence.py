"""What every promise is judged by: the log's control plane as tables, the law by date, the calendar."""

from collections.abc import Callable
from datetime import date
from threading import RLock
from typing import Any, TypeVar

import numpy as np
import polars as pl

from analysis.audit.reading import Reader
from analysis.audit.terms import Terms
from sim.events.codes import ClientClass
from sim.units import Money

T = TypeVar("T")

_NEVER_US = np.iinfo(np.int64).min
"""Before every law."""
HONG_KONG_US = 8 * 3_600_000_000


class Evidence:
    """A log, its terms, and the tables read from it so far.

    Control events are read whole, each kind once; they are bounded by people and days. Order events are
    not here: see `analysis.audit.stretches`. Several threads may ask at a time.
    """

    def __init__(self, reader: Reader, terms: Terms) -> None:
        self.reader = reader
        self.log = log = reader.log
        self.terms = terms
        self.level = str(log.header["log_level"])
        self.holidays: tuple[date, ...] = tuple(map(date.fromisoformat, log.header["holidays"]))
        self._known: dict[Callable[[Evidence], Any], Any] = {}
        self._lock = RLock()

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
        return self.reader.control()[kind]

    def scan(self, kind: str) -> pl.LazyFrame:
        """Return all events of a kind in order of seq, without reading them yet."""
        return self.log.sealed([kind], self.log.segments)[kind]

    def once(self, build: "Callable[[Evidence], T]") -> T:
        """Return what a builder makes of this evidence, building it at most once."""
        with self._lock:
            if build not in self._known:
                self._known[build] = build(self)
            result: T = self._known[build]
        return result

    def with_law(
        self, rows: pl.DataFrame, rule: str, column: str, at: str = "time_us"
    ) -> pl.DataFrame:
        """Add a rule's value at each row's instant, null where it is not in force.

        A share is in ppm, money in minor units, a flag 0 or 1, a count itself. `at` may be null: then the
        value is, too.
        """
        starts, values = self.dated(rule)
        moment = rows[at].fill_null(_NEVER_US).to_numpy()
        place = np.searchsorted(np.array(starts, np.int64), moment, side="right")
        # Before the first value there is none.
        return rows.hstack([pl.Series(column, [None, *values], pl.Int64).gather(place)])

    def dated(self, rule: str) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
        """Return the instants from which a rule has other values, in order, and these; None where it ends."""
        known = self.terms.regime.rules.get(rule)
        steps: dict[int, int | None] = {}
        for value in known.values if known is not None else ():
            if value.end_us is not None:
                steps.setdefault(value.end_us, None)
            steps[value.start_us] = _number(value.value)
        starts = tuple(sorted(steps))
        return starts, tuple(steps[start] for start in starts)

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
