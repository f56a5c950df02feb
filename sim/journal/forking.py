"""A run and its forks: how long their common past is, and that it is the same."""

from collections.abc import Mapping

import attrs
import polars as pl

from sim.journal.compare import (
    Difference,
    event_text,
    first_difference,
    read_as_of_today,
    read_tables,
)
from sim.journal.errors import JournalError, RecordMismatchError
from sim.journal.manifest import Segment
from sim.journal.reader import RunLog
from sim.journal.recovery import takes_on
from sim.journal.sealing import Past, Unsealed, describe
from sim.program import origin
from sim.units import format_us


def events_before(log: RunLog, time_us: int) -> int:
    """Count the committed events before an instant; raises JournalError where they cannot be read."""
    for segment in log.segments:
        if segment.last_time_us >= time_us:
            log.check_parts(segment)
            tables = read_tables(log.run_dir, segment)
            inside = sum(int((table["time_us"] < time_us).sum()) for table in tables.values())
            return segment.first_seq - 1 + inside
    return log.events


def chain_at(log: RunLog, last_seq: int) -> str:
    """Return the chain over the first events of a run, as if its log had ended there.

    Equal values for two runs that are cut alike prove that these events are equal, even where the runs part
    inside a segment. What is not the end of a segment is digested again from the part files.

    Parameters
    ----------
    log
        A run.
    last_seq
        From 0 to the last committed seq.

    Raises
    ------
    JournalError
        The log ends before, or its files cannot be read.
    """
    if not 0 <= last_seq <= log.events:
        raise JournalError(f"{log.run_dir} holds {log.events:,} events, not {last_seq:,}")
    past = Past(log.first_chain)
    for segment in log.segments:
        if segment.first_seq > last_seq:
            break
        if segment.last_seq > last_seq:
            log.check_parts(segment)
            kept = [
                (kind, table.filter(pl.col("seq") <= last_seq))
                for kind, table in read_tables(log.run_dir, segment).items()
            ]
            rows = Unsealed(segment.number, segment.first_seq, last_seq, kept)
            tables = {kind: table for kind, table in kept if table.height}
            versions = {part.kind: part.version for part in segment.parts}
            return describe(rows, tables, past, versions).chain
        past = Past(segment.chain, segment.last_time_us)
    return past.chain


def check_reach(log: RunLog, at_us: int) -> None:
    """Check that a run can be forked at an instant: nobody writes it, and it was sealed beyond.

    Raises
    ------
    JournalError
        It is being written, or its log ends before.
    """
    if log.state == "running":
        raise JournalError(f"{log.run_dir} is being written by another process")
    end_us = log.segments[-1].last_time_us if log.segments else None
    if log.state != "complete" and (end_us is None or end_us < at_us):
        end = "before its first event" if end_us is None else f"at {format_us(end_us)}"
        raise JournalError(
            f"the log of {log.run_dir} ends {end}, before the fork at {format_us(at_us)}; "
            f"{takes_on(log.run_dir)}"
        )


def past_problem(log: RunLog) -> str:
    """Say how a fork's log differs from the past it was begun with; empty where it does not, or is no fork.

    The header of a fork keeps how many events it shares with its parent, and the chain over them. A log that
    ends before says nothing yet.

    Raises
    ------
    JournalError
        A part file cannot be read.
    """
    fork = log.header.get("fork")
    if fork is None:
        return ""
    said = fork if isinstance(fork, Mapping) else {}
    events, chain = (said.get(key) for key in ("common_events", "common_chain"))
    if not isinstance(events, int) or not isinstance(chain, str) or events < 0:
        return "its header says that it is a fork, but not of which past"
    if log.events < events:
        return ""
    found = chain_at(log, events)
    if found == chain:
        return ""
    return (
        f"its first {events:,} events are not the past it was forked with: their chain is {found}, "
        f"and {chain} was noted when the fork began"
    )


@attrs.frozen
class Parent:
    """The run that a fork comes from: its first events are the fork's own past."""

    log: RunLog
    last_seq: int
    """Last event of the common past."""
    until_us: int
    """Instant of the fork: every later event of the fork happens then or after."""

    def check(self, segment: Segment, tables: Mapping[str, pl.DataFrame]) -> None:
        """Compare a segment of the fork with the parent's.

        Raises
        ------
        RecordMismatchError
            An event of the common past differs, or the fork has one more.
        """
        if segment.first_seq > self.last_seq + 1:
            return
        recorded = self._recorded(segment.number)
        if segment.last_seq <= self.last_seq and recorded and recorded.chain == segment.chain:
            return
        theirs = {}
        if recorded:
            self.log.check_parts(recorded)
            theirs = read_as_of_today(self.log.run_dir, recorded)
        difference = first_difference(theirs, tables, self.last_seq)
        if difference is None:
            difference = self._one_more(tables)
        if difference:
            raise RecordMismatchError(
                f"the fork differs from {self.log.run_dir} before the instant of the fork, "
                f"at seq {difference.seq}: {difference.first} on record, {difference.second} now; "
                f"{origin(self.log.program)}"
            )

    def _recorded(self, number: int) -> Segment | None:
        segments = self.log.segments
        return segments[number - 1] if number <= len(segments) else None

    def _one_more(self, tables: Mapping[str, pl.DataFrame]) -> Difference | None:
        """Find an event behind the common past that happens before the fork all the same."""
        seq = self.last_seq + 1
        early = (pl.col("seq") == seq) & (pl.col("time_us") < self.until_us)
        if not any(table.filter(early).height for table in tables.values()):
            return None
        return Difference(seq, "nothing", event_text(tables, seq))
