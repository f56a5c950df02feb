"""Reading a run: tables to scan, control events to fold, rows to show. Only committed segments count."""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

import attrs
import numpy as np
import polars as pl

from sim.events import KINDS, Event
from sim.journal.controls import events_of
from sim.journal.cuts import Cuts
from sim.journal.errors import JournalError, QuarantinedError, explained
from sim.journal.files import SealedFiles
from sim.journal.manifest import Manifest, Part, Segment, State
from sim.journal.recovery import broken_off, settled
from sim.journal.tables import table_schema
from sim.journal.upcasting import check_readable, older
from sim.program import Program

_CLIENT_COLUMNS = ("client", "taker", "maker")


Row = dict[str, int | str | bool]
"""One event to show: seq, time_us, kind, cause, rule, then its payload by column."""


@attrs.frozen
class RunLog:
    """A run's log, as far as it was committed when it was opened."""

    run_dir: Path
    _manifest: Manifest
    _files: SealedFiles = attrs.field(init=False, eq=False, repr=False)

    @_files.default
    def _find_files(self) -> SealedFiles:
        return SealedFiles(self.run_dir)

    @classmethod
    def open(cls, run_dir: Path | str) -> Self:
        """Open a run, whether it is complete, interrupted or still being written.

        A run whose writer was killed is marked first (`recovery.settled`).

        Raises
        ------
        JournalError
            The folder is no run, or holds what only a newer program can read.
        QuarantinedError
            Its manifest is damaged.
        """
        run_dir = Path(run_dir)
        found = settled(run_dir)
        if found.damage:
            raise QuarantinedError(broken_off(run_dir, found))
        check_readable(run_dir, found.segments, found.header.program)
        return cls(run_dir, found)

    @property
    def header(self) -> Mapping[str, Any]:
        """What the caller of `Journal.create` said about the run."""
        return self._manifest.header.content

    @property
    def footer(self) -> Mapping[str, Any]:
        """What the caller of `Journal.complete` said; empty while the run is not closed."""
        return self._manifest.closing.footer if self._manifest.closing else {}

    @property
    def program(self) -> Program | None:
        """The program that began the run; None where the log does not say."""
        return self._manifest.header.program

    @property
    def reason(self) -> str:
        """Why the run was interrupted or quarantined; empty otherwise, and after a kill."""
        return self._manifest.closing.reason if self._manifest.closing else ""

    @property
    def state(self) -> State:
        """State of the run when it was opened."""
        return self._manifest.state

    @property
    def head(self) -> str:
        """Head over all committed segments."""
        return self._manifest.head

    @property
    def first_chain(self) -> str:
        """Chain before the first event."""
        return self._manifest.header.first_chain

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The committed segments; equal `chain` of two runs' segments proves a common past up to there."""
        return self._manifest.segments

    @property
    def segment_events(self) -> int:
        """Rows over all kinds in a segment of full length."""
        return self.cuts.segment_events

    @property
    def cuts(self) -> Cuts:
        """Where the log is cut into segments."""
        return self._manifest.header.cuts

    @property
    def events(self) -> int:
        """Committed rows over all kinds; also the last committed seq."""
        return self._manifest.events

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds that have rows, by name."""
        return tuple(sorted({part.kind for segment in self.segments for part in segment.parts}))

    @property
    def upcast_kinds(self) -> frozenset[str]:
        """Kinds whose rows were written in an older version: their files are not as `scan` gives them."""
        return frozenset(kind for kind, _ in older(self.segments))

    def attachment(self, name: str) -> bytes:
        """Read a file that was kept beside the events.

        Raises
        ------
        JournalError
            The run kept no such file, or it cannot be read.
        DamageError
            It is gone, or is not what was kept.
        """
        kept = self._manifest.header.attachments
        if name not in kept:
            raise JournalError(f"{self.run_dir / name}: the run kept no such file")
        return self._files.attachment(name, kept[name])

    def check_parts(self, segment: Segment) -> None:
        """Check that a segment's files are what was sealed; raises DamageError, or JournalError as `scan` does."""
        for part in segment.parts:
            self._files.check(part)

    def check_access(self) -> None:
        """Check that every part file that is there may be read; raises JournalError."""
        self._files.check_access(part for segment in self.segments for part in segment.parts)

    def check_attachments(self) -> None:
        """Check every file that was kept beside the events; raises as `attachment` does."""
        for name in self.attachments:
            self.attachment(name)

    @property
    def attachments(self) -> tuple[str, ...]:
        """Names of the files that were kept beside the events."""
        return tuple(sorted(self._manifest.header.attachments))

    def rows(self, kind: str) -> int:
        """Count the rows of a kind, from the manifest alone."""
        return sum(part.rows for part in self._parts(kind))

    def scan(
        self, kind: str, since_us: int | None = None, until_us: int | None = None
    ) -> pl.LazyFrame:
        """Scan a kind's rows lazily, in seq order; an empty table of the right schema where there are none.

        Rows that were written in an older version of the kind come as rows of today's.

        Parameters
        ----------
        kind
            Name of a kind (`trade`).
        since_us, until_us
            Keep only rows with since_us <= time_us < until_us; segments outside are not opened.

        Raises
        ------
        JournalError
            No such kind, or a part file cannot be read.
        DamageError
            A part file is not what was sealed: each is checked before it is first believed.
        """
        parts = self._parts(kind, since_us, until_us)
        for part in parts:
            self._files.check(part)
        rows = self._files.rows(kind, parts)
        if since_us is not None:
            rows = rows.filter(pl.col("time_us") >= since_us)
        if until_us is not None:
            rows = rows.filter(pl.col("time_us") < until_us)
        return rows

    def sealed(self, kinds: Iterable[str], segments: Iterable[Segment]) -> dict[str, pl.LazyFrame]:
        """Scan some kinds' rows of some segments as `scan` does.

        Raises
        ------
        JournalError
            No such kind, or a part file is not what was sealed (DamageError) or cannot be read.
        """
        parts: dict[str, list[Part]] = {kind: [] for kind in kinds}
        for segment in segments:
            for part in segment.parts:
                if part.kind in parts:
                    self._files.check(part)
                    parts[part.kind].append(part)
        return {kind: self._files.rows(kind, found) for kind, found in parts.items()}

    def _parts(
        self, kind: str, since_us: int | None = None, until_us: int | None = None
    ) -> list[Part]:
        return [
            part
            for segment in self.segments
            if (since_us is None or segment.last_time_us >= since_us)
            and (until_us is None or segment.first_time_us < until_us)
            and (part := segment.part(kind))
        ]

    def tables(
        self, segment: Segment, kinds: Iterable[str], first_seq: int, last_seq: int
    ) -> dict[str, pl.DataFrame]:
        """Read the rows of some kinds of one segment between two seqs, both included; kinds without any are left out.

        Raises
        ------
        JournalError
            A part file is not what was sealed, or cannot be read.
        """
        wanted = frozenset(kinds)
        between = pl.col("seq").is_between(first_seq, last_seq)
        parts = [part for part in segment.parts if part.kind in wanted]
        scans = [self._files.scan(part).filter(between) for part in parts]
        with explained(
            f"cannot read segment {segment.number} of {self.run_dir}",
            "`vatp log verify` says what is still valid",
        ):
            # All at once: small files one after another would take twice as long.
            found = pl.collect_all(scans)
        pairs = zip(parts, found, strict=True)
        return {part.kind: table for part, table in pairs if table.height}

    def control_events(self) -> Iterator[tuple[int, Event]]:
        """Yield every control event with its seq, in seq order; memory is that of one segment."""
        control = [kind for kind, event_class in KINDS.items() if event_class.plane == "control"]
        return self.events_of(control)

    def events_of(self, kinds: Iterable[str]) -> Iterator[tuple[int, Event]]:
        """Yield the events of some kinds as objects, with their seq, in seq order."""
        wanted = frozenset(kinds)
        for segment in self.segments:
            seqs: list[int] = []
            events: list[Event] = []
            for part in segment.parts:
                if part.kind in wanted:
                    frame = self._read(part, pl.lit(value=True), None)
                    seqs += frame["seq"].to_list()
                    events += events_of(part.kind, frame)
            for place in np.argsort(np.array(seqs, np.int64)).tolist():
                yield seqs[place], events[place]

    def show(
        self,
        kinds: Iterable[str] | None = None,
        client: int | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Row]:
        """Yield rows in seq order.

        Parameters
        ----------
        kinds
            Names of kinds; None is all.
        client
            Keep rows that name this client, as client, taker or maker.
        since, until
            Keep rows with since <= time_us < until, both in microseconds.
        limit
            Stop after so many rows.

        Raises
        ------
        JournalError
            A kind has no such name, or a part file cannot be read.
        """
        wanted = frozenset(KINDS if kinds is None else kinds)
        left = limit
        for segment_rows in self._shown(wanted, client, since, until, limit):
            yield from segment_rows[:left]
            if left is not None and (left := left - len(segment_rows)) <= 0:
                return

    def _shown(
        self,
        wanted: frozenset[str],
        client: int | None,
        since: int | None,
        until: int | None,
        limit: int | None,
    ) -> Iterator[list[Row]]:
        keep = {kind: _condition(kind, client, since, until) for kind in wanted}
        for segment in self.segments:
            rows: list[Row] = []
            for part in segment.parts:
                condition = keep.get(part.kind)
                if condition is not None:
                    rows += _rows(part.kind, self._read(part, condition, limit))
            yield sorted(rows, key=itemgetter("seq"))

    def _read(self, part: Part, condition: pl.Expr, limit: int | None) -> pl.DataFrame:
        rows = self._files.scan(part).filter(condition)
        with explained(
            f"cannot read {self.run_dir / part.path}", "`vatp log verify` says what is still valid"
        ):
            return (rows if limit is None else rows.head(limit)).collect()


def _condition(
    kind: str, client: int | None, since: int | None, until: int | None
) -> pl.Expr | None:
    """Return what rows of a kind must fulfil; None when none of them can."""
    schema = table_schema(kind)
    condition = pl.lit(value=True)
    if client is not None:
        columns = [name for name in schema if name in _CLIENT_COLUMNS]
        if not columns:
            return None
        condition &= pl.any_horizontal(pl.col(name) == client for name in columns)
    if since is not None:
        condition &= pl.col("time_us") >= since
    if until is not None:
        condition &= pl.col("time_us") < until
    return condition


def _rows(kind: str, frame: pl.DataFrame) -> list[Row]:
    return frame.select(
        "seq", "time_us", pl.lit(kind).alias("kind"), pl.exclude("seq", "time_us")
    ).to_dicts()
