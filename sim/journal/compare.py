"""Two records of the same life: where they part."""

from collections.abc import Mapping
from pathlib import Path

import attrs
import polars as pl

from sim.journal.errors import JournalError
from sim.journal.manifest import Segment
from sim.journal.parquet import read_part
from sim.journal.reader import RunLog
from sim.journal.upcasting import upcast_table


@attrs.frozen
class Difference:
    """The first event that two records do not share."""

    seq: int
    first: str
    """The event in the first record, in words; `nothing` where it has none."""
    second: str


@attrs.frozen
class CommonPast:
    """How far two runs are the same."""

    segments: int
    """Leading segments with equal chains: equal chains prove equal events up to `last_seq`."""
    last_seq: int
    difference: Difference | None
    """The first event they do not share, looked up in the segment after; None where a run ends there."""


def common_past(first: RunLog, second: RunLog) -> CommonPast:
    """Find how far two runs, such as a run and its fork, share their past.

    Raises
    ------
    JournalError
        They are cut into segments of different lengths, or the segment in which they part cannot be read.
    """
    if first.cuts != second.cuts:
        raise JournalError(
            f"{first.run_dir} has segments of {_lengths(first)} events, "
            f"{second.run_dir} of {_lengths(second)}: their chains cannot be compared"
        )
    pairs = list(zip(first.segments, second.segments, strict=False))
    equal = next(
        (place for place, (one, other) in enumerate(pairs) if one.chain != other.chain), len(pairs)
    )
    difference = None
    if equal < len(pairs):
        one, other = pairs[equal]
        first.check_parts(one)
        second.check_parts(other)
        difference = first_difference(
            read_as_of_today(first.run_dir, one),
            read_as_of_today(second.run_dir, other),
            min(one.last_seq, other.last_seq),
        )
    return CommonPast(equal, pairs[equal - 1][0].last_seq if equal else 0, difference)


def _lengths(log: RunLog) -> str:
    cuts = log.cuts
    if cuts.first_events == cuts.segment_events:
        return f"{cuts.segment_events}"
    return f"{cuts.first_events} to {cuts.segment_events}"


def read_tables(run_dir: Path, segment: Segment) -> dict[str, pl.DataFrame]:
    """Read a segment's rows by kind, as they were written; raises JournalError."""
    return {part.kind: read_part(run_dir / part.path) for part in segment.parts}


def read_as_of_today(run_dir: Path, segment: Segment) -> dict[str, pl.DataFrame]:
    """Read a segment's rows by kind, as rows of today's versions; raises JournalError."""
    return {
        part.kind: upcast_table(part.kind, part.version, read_part(run_dir / part.path))
        for part in segment.parts
    }


def first_difference(
    first: Mapping[str, pl.DataFrame], second: Mapping[str, pl.DataFrame], last_seq: int
) -> Difference | None:
    """Find the first event, by seq and not behind last_seq, in which two sets of rows differ."""
    seqs = [
        seq
        for kind in {**first, **second}
        if (seq := _first_in_kind(first.get(kind), second.get(kind), last_seq)) is not None
    ]
    if not seqs:
        return None
    return Difference(min(seqs), event_text(first, min(seqs)), event_text(second, min(seqs)))


def _first_in_kind(
    first: pl.DataFrame | None, second: pl.DataFrame | None, last_seq: int
) -> int | None:
    found = [
        table.filter(pl.col("seq") <= last_seq) if table is not None else None
        for table in (first, second)
    ]
    one, other = found
    if one is None or other is None or one.schema != other.schema:
        return min(
            (int(table["seq"][0]) for table in found if table is not None and table.height),
            default=None,
        )
    common = min(one.height, other.height)
    unequal = pl.Series([False]).new_from_index(0, common)
    for name in one.columns:
        unequal |= one[name][:common] != other[name][:common]
    if unequal.any():
        row = int(unequal.arg_max() or 0)
        return min(int(one["seq"][row]), int(other["seq"][row]))
    rest = one[common:] if one.height > common else other[common:]
    return int(rest["seq"][0]) if rest.height else None


def event_text(tables: Mapping[str, pl.DataFrame], seq: int) -> str:
    """Write the event of a seq with all its values; `nothing` where there is none."""
    for kind, table in tables.items():
        row = table.filter(pl.col("seq") == seq)
        if row.height:
            values = ", ".join(f"{name}={value}" for name, value in row.row(0, named=True).items())
            return f"{kind}({values})"
    return "nothing"
