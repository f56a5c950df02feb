"""What an audit finds: a verdict per promise, how much was looked at, and the first event that offends."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

Verdict = Literal["kept", "broken", "not checkable"]

Row = Mapping[str, Any]
Words = Callable[[Row], str]
"""Says something about one row of a table."""


@attrs.frozen
class Offence:
    """One event that breaks a promise."""

    seq: int
    """Place in the log; 0 where the offence is that an event is missing."""
    time_us: int
    kind: str
    what: str
    """What the log says."""
    expected: str
    """What the promise asks for."""


@attrs.frozen
class Finding:
    """The verdict on one promise."""

    name: str
    title: str
    rules: tuple[str, ...]
    """Rule ids; empty for a promise of the platform's own books."""
    verdict: Verdict
    cases: int
    """How many events (or moments) were judged."""
    broken: int
    """How many of them break the promise."""
    first: Offence | None
    """The first offence in order of the log."""
    why: str
    """Why it cannot be checked, or what the verdict leaves out; empty where nothing is."""


@attrs.define
class Tally:
    """Counts cases and keeps the first offence while a promise is judged."""

    cases: int = 0
    broken: int = 0
    first: Offence | None = None
    why: str = ""

    def offend(self, offence: Offence) -> None:
        """Add an offence; missing events (seq 0) come by their time after all that are in the log."""
        self.broken += 1
        if self.first is None or _place(offence) < _place(self.first):
            self.first = offence

    def table(
        self, kind: str, rows: pl.DataFrame, broken: pl.Expr, what: Words, expected: Words
    ) -> None:
        """Judge the rows of a table that has `seq` and `time_us`; a condition that is null is broken."""
        self.cases += rows.height
        bad = rows.filter(broken.fill_null(value=True))
        if bad.height:
            row = bad.sort("seq").row(0, named=True)
            self.offend(Offence(row["seq"], row["time_us"], kind, what(row), expected(row)))
            self.broken += bad.height - 1

    def rows(
        self,
        kind: str,
        seq: NDArray[np.int64],
        time_us: NDArray[np.int64],
        broken: NDArray[np.bool_],
        what: Callable[[int], str],
        expected: Callable[[int], str],
    ) -> None:
        """Judge rows of columns, all of shape [rows]; `what` and `expected` are told a row's index."""
        self.cases += len(seq)
        bad = np.flatnonzero(broken)
        if len(bad):
            place = int(bad[np.argmin(seq[bad])])
            found = Offence(
                int(seq[place]), int(time_us[place]), kind, what(place), expected(place)
            )
            self.offend(found)
            self.broken += len(bad) - 1


def _place(offence: Offence) -> tuple[bool, int, int]:
    return (offence.seq == 0, offence.seq, offence.time_us)
