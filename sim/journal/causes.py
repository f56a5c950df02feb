"""Following causes: events by their seq, back to where they began, and on to what followed from them.

Every event names the seq of the event that led to it, or 0 where nothing in the log did. So the events
behind one are a chain with a single beginning, and the events that followed are a tree.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter

import attrs
import polars as pl
from polars.exceptions import PanicException, PolarsError

from sim.events import KINDS
from sim.journal.errors import JournalError, explained
from sim.journal.manifest import Segment
from sim.journal.reader import Row, RunLog
from sim.journal.tables import table_schema

NOTHING = 0
"""The cause of an event that nothing in the log led to."""


@attrs.frozen
class Followers:
    """What followed directly from one event."""

    first: tuple[Row, ...]
    """The earliest of them, in seq order."""
    kinds: Counter[str]
    """How many there are of each kind."""

    @property
    def total(self) -> int:
        """How many there are."""
        return self.kinds.total()


def event_at(log: RunLog, seq: int) -> Row:
    """Return the event with a seq.

    Raises
    ------
    JournalError
        The log has no such event, or a part file cannot be read.
    """
    if not 1 <= seq <= log.events:
        raise JournalError(
            f"{log.run_dir} has no event {seq:,}; its events are numbered from 1 to {log.events:,}"
        )
    return events_at(log, [seq])[seq]


def events_at(log: RunLog, seqs: Iterable[int]) -> dict[int, Row]:
    """Return events by their seq; only the segments that hold one of them are opened.

    Raises
    ------
    JournalError
        An event is not where the manifest says, or a part file cannot be read.
    """
    wanted = sorted(set(seqs))
    found: dict[int, Row] = {}
    for segment in log.segments:
        first = bisect_left(wanted, segment.first_seq)
        inside = wanted[first : bisect_left(wanted, segment.last_seq + 1)]
        if inside:
            found |= {int(row["seq"]): row for row in _rows_of(log, segment, inside)}
    lacking = [seq for seq in wanted if seq not in found]
    if lacking:
        raise JournalError(
            f"{log.run_dir} has no event {lacking[0]:,}; `vatp log verify` says what is still valid"
        )
    return found


def _rows_of(log: RunLog, segment: Segment, seqs: Sequence[int]) -> list[Row]:
    since_us, until_us = segment.first_time_us, segment.last_time_us + 1
    condition = pl.col("seq").is_in(seqs) & pl.col("seq").is_between(seqs[0], seqs[-1])
    return _collect(
        log,
        {
            part.kind: log.scan(part.kind, since_us, until_us).filter(condition)
            for part in segment.parts
        },
    )


def chain(log: RunLog, seq: int) -> tuple[Row, ...]:
    """Return an event and what led to it: the beginning first, the event itself last.

    Raises
    ------
    JournalError
        The log has no such event, or a part file cannot be read.
    """
    found = [event_at(log, seq)]
    while cause := int(found[-1]["cause"]):
        if cause >= int(found[-1]["seq"]):
            raise JournalError(
                f"{log.run_dir}: event {found[-1]['seq']} names event {cause} as its cause, which is "
                f"not before it; `vatp log verify` says what is still valid"
            )
        found.append(event_at(log, cause))
    return tuple(reversed(found))


def ancestors(log: RunLog, rows: Collection[Row]) -> dict[int, Row]:
    """Return every event that led to some events, by seq; the events themselves are left out.

    One step back is taken for all of them at once, so that many events cost as little as one.
    """
    own = {int(row["seq"]) for row in rows}
    found: dict[int, Row] = {}
    step: Collection[Row] = rows
    while wanted := {int(row["cause"]) for row in step} - own - found.keys() - {NOTHING}:
        behind = events_at(log, wanted)
        found |= behind
        step = behind.values()
    return found


def followers(
    log: RunLog, seqs: Collection[int], most: int, without: Collection[int] = ()
) -> dict[int, Followers]:
    """Return what followed directly from events; those that nothing followed are left out.

    Parameters
    ----------
    log
        The run.
    seqs
        The events; only the log from the first of them on is read.
    most
        How many followers of each event to return as rows; all are counted.
    without
        Events, by seq, that are neither returned nor counted.

    Raises
    ------
    JournalError
        A part file cannot be read.
    """
    if not seqs:
        return {}
    place = bisect_left(log.segments, min(seqs), key=lambda segment: segment.last_seq)
    since_us = log.segments[place].first_time_us if place < len(log.segments) else None
    follows = pl.col("cause").is_in(list(seqs)) & ~pl.col("seq").is_in(list(without))
    caused = {kind: log.scan(kind, since_us).filter(follows) for kind in KINDS if kind in log.kinds}
    counted = _counts(log, caused)
    earliest = {
        kind: rows.group_by("cause", maintain_order=True).head(most).select(_columns_of(kind))
        for kind, rows in caused.items()
    }
    found: dict[int, list[Row]] = {}
    for row in _collect(log, earliest) if most else []:
        found.setdefault(int(row["cause"]), []).append(row)
    return {
        seq: Followers(tuple(found.get(seq, ())[:most]), kinds) for seq, kinds in counted.items()
    }


def _columns_of(kind: str) -> list[str]:
    """Return the columns of a kind's table in their own order, which grouping changes."""
    return list(table_schema(kind))


def _counts(log: RunLog, rows: dict[str, pl.LazyFrame]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {}
    counted = {kind: frame.group_by("cause").len() for kind, frame in rows.items()}
    for kind, frame in _read(log, counted).items():
        for cause, count in frame.iter_rows():
            found.setdefault(cause, Counter())[kind] = count
    return dict(sorted(found.items()))


def _collect(log: RunLog, rows: dict[str, pl.LazyFrame]) -> list[Row]:
    """Read rows of several kinds at once; in seq order, in the form of `RunLog.show`."""
    found: list[Row] = []
    for kind, frame in _read(log, rows).items():
        named = pl.lit(kind).alias("kind")
        found += frame.select("seq", "time_us", named, pl.exclude("seq", "time_us")).to_dicts()
    return sorted(found, key=itemgetter("seq"))


def _read(log: RunLog, rows: dict[str, pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """Collect the rows of several kinds at once; where that fails, one by one, to name the kind."""
    try:
        return dict(zip(rows, pl.collect_all(list(rows.values())), strict=True))
    except (OSError, PolarsError, PanicException):
        found = {}
        for kind, frame in rows.items():
            with explained(
                f"cannot read the {kind} events of {log.run_dir}",
                "`vatp log verify` says what is still valid",
            ):
                found[kind] = frame.collect()
        return found
