"""Sealing: the rows of one segment become files on disk and one manifest entry."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import polars as pl

from sim.events import schema_of
from sim.journal.digest import row_sums, table_digest
from sim.journal.durable import FileDigest, discard, flush, partial, rename
from sim.journal.errors import JournalError, explained
from sim.journal.manifest import Part, Segment, next_chain, segment_digest
from sim.journal.order import first_disorder
from sim.journal.parquet import write_part

EVENTS_FOLDER = "events"


@attrs.frozen(eq=False)
class Unsealed:
    """The rows of one segment, in chunks by kind."""

    number: int
    first_seq: int
    last_seq: int
    chunks: Sequence[tuple[str, pl.DataFrame]]


@attrs.frozen
class Past:
    """What the segments before say: the chain and the time of the last event (None at the start)."""

    chain: str
    time_us: int | None = None


def tables_of(rows: Unsealed) -> dict[str, pl.DataFrame]:
    """Join the chunks of each kind, in seq order; kinds are sorted by name."""
    chunks: dict[str, list[pl.DataFrame]] = {}
    for kind, chunk in rows.chunks:
        if chunk.height:
            chunks.setdefault(kind, []).append(chunk)
    return {kind: _joined(chunks[kind]) for kind in sorted(chunks)}


def _joined(chunks: list[pl.DataFrame]) -> pl.DataFrame:
    table = pl.concat(chunks, rechunk=True)
    # Chunks of one source arrive in order; two sources of the same kind may interleave.
    return table if table["seq"].is_sorted() else table.sort("seq")


def describe(
    rows: Unsealed,
    tables: dict[str, pl.DataFrame],
    past: Past,
    versions: Mapping[str, int] | None = None,
) -> Segment:
    """Check and digest a segment's rows; the parts' files are not written yet.

    Parameters
    ----------
    rows
        The segment's place in the log.
    tables
        Its rows by kind.
    past
        What the segments before say.
    versions
        The version of each kind in which the tables are; None is today's.

    Raises
    ------
    JournalError
        The rows do not fill the range, go back in time or name a cause that lies ahead.
    """
    disorder = first_disorder(tables, rows.first_seq, rows.last_seq, past.time_us)
    if disorder:
        raise JournalError(
            f"segment {rows.number}: {disorder.kind} row {disorder.row}: {disorder.what}"
        )
    parts = tuple(
        _part(kind, schema_of(kind).version if versions is None else versions[kind], table, rows)
        for kind, table in tables.items()
    )
    digest = segment_digest(parts)
    return Segment(
        number=rows.number,
        first_seq=rows.first_seq,
        last_seq=rows.last_seq,
        first_time_us=min(int(table["time_us"][0]) for table in tables.values()),
        last_time_us=max(int(table["time_us"][-1]) for table in tables.values()),
        parts=parts,
        digest=digest,
        chain=next_chain(past.chain, rows.first_seq, rows.last_seq, digest),
    )


def part_path(kind: str, number: int) -> str:
    """Return where a kind's rows of a segment lie, relative to the run folder."""
    return f"{EVENTS_FOLDER}/{kind}/{number:08d}.parquet"


def _part(kind: str, version: int, table: pl.DataFrame, rows: Unsealed) -> Part:
    content = table_digest(kind, version, table)
    return Part(
        kind,
        version,
        table.height,
        part_path(kind, rows.number),
        FileDigest(0, ""),
        content,
        row_sums(table),
    )


def write_parts(run_dir: Path, segment: Segment, tables: dict[str, pl.DataFrame]) -> Segment:
    """Write a segment's part files beside their names; returns the segment with the files' own digests.

    Raises
    ------
    JournalError
        A file cannot be written; nothing of the segment is left.
    """
    written = []
    with _all_or_nothing(run_dir, segment) as paths:
        for part, path in zip(segment.parts, paths, strict=True):
            _ensure_folder(path.parent)
            file = write_part(part.kind, tables[part.kind], partial(path))
            written.append(attrs.evolve(part, file=file))
        for path in paths:
            flush(partial(path))
    return attrs.evolve(segment, parts=tuple(written))


def publish_parts(run_dir: Path, segment: Segment) -> None:
    """Give a segment's written files their names, durably; raises JournalError."""
    with _all_or_nothing(run_dir, segment) as paths:
        rename(paths)


@contextmanager
def _all_or_nothing(run_dir: Path, segment: Segment) -> Iterator[list[Path]]:
    paths = [run_dir / part.path for part in segment.parts]
    try:
        with explained(
            f"cannot write segment {segment.number} of {run_dir}",
            f"the run is valid up to seq {segment.first_seq - 1}",
        ):
            yield paths
    except JournalError:
        discard(paths)
        raise


def _ensure_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True)
        flush(folder.parent)
