"""Old rows for today's readers: which versions can be read, and the way from each to today's.

Digests are those of the rows as they were written; nothing here is ever digested.
"""

from collections.abc import Iterable

import polars as pl

from sim.events import KINDS, history, schema_of
from sim.journal.errors import JournalError
from sim.journal.manifest import Part, Segment
from sim.journal.tables import differences, fits, polars_schema
from sim.program import Program, this_program


def version_schema(kind: str, version: int) -> pl.Schema:
    """Return the Polars schema of a version of a kind, `seq` first.

    Raises
    ------
    JournalError
        This program does not know that version.
    """
    if problem := unreadable(kind, version):
        raise JournalError(problem)
    return polars_schema(history.columns_of(kind, version))


def unreadable(kind: str, version: int) -> str:
    """Say why rows of a version of a kind cannot be read; empty where they can."""
    if kind not in KINDS:
        return f"kind {kind}, which this program does not know"
    today = schema_of(kind).version
    if version > today:
        return f"kind {kind} version {version}, this program reads up to {today}"
    lacking = [step for step in range(version, today) if (kind, step) not in history.UPCASTS]
    if lacking:
        return f"kind {kind} version {version}, of which this program has lost the way to {today}"
    return ""


def check_readable(run_dir: object, segments: Iterable[Segment], writer: Program | None) -> None:
    """Check that every row of a log can be read by this program.

    A log that tells of things this program does not know is refused as a whole: a state or a measure from
    the rest of it would be wrong without saying so.

    Raises
    ------
    JournalError
        A kind is unknown, or newer than this program; names all such.
    """
    found = sorted({(part.kind, part.version) for part in _parts(segments)})
    problems = [problem for kind, version in found if (problem := unreadable(kind, version))]
    if problems:
        by = f" ({writer}; this is {this_program()})" if writer else ""
        newer = any(
            kind not in KINDS or version > schema_of(kind).version for kind, version in found
        )
        what = "was written by a newer vatp" if newer else "holds what this vatp cannot read"
        raise JournalError(
            f"{run_dir} {what}{by}: {'; '.join(problems)}; "
            f"`vatp log verify` can still check that nobody changed it"
        )


def older(segments: Iterable[Segment]) -> list[tuple[str, int]]:
    """List the kinds that a log holds in a version before today's, with that version, by name."""
    return sorted(
        {
            (part.kind, part.version)
            for part in _parts(segments)
            if part.kind in KINDS and part.version < schema_of(part.kind).version
        }
    )


def _parts(segments: Iterable[Segment]) -> Iterable[Part]:
    return (part for segment in segments for part in segment.parts)


def upcast(kind: str, version: int, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Turn rows of a version of a kind into rows of today's, lazily; today's pass by untouched.

    Raises
    ------
    JournalError
        This program does not know that version.
    """
    for step in range(version, schema_of(kind).version):
        version_schema(kind, step)
        after = version_schema(kind, step + 1)
        rows = _as(after, history.UPCASTS[kind, step].step(rows))
    return rows


def upcast_table(kind: str, version: int, table: pl.DataFrame) -> pl.DataFrame:
    """Do the same to a table in memory; raises JournalError."""
    if version == schema_of(kind).version:
        return table
    return upcast(kind, version, table.lazy()).collect()


def _as(schema: pl.Schema, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Put columns in their order, and names into the enumerations of today."""
    return rows.select(
        # By way of strings: of two enumerations with other names Polars compares the codes.
        pl.col(name).cast(pl.String).cast(dtype) if isinstance(dtype, pl.Enum) else pl.col(name)
        for name, dtype in schema.items()
    )


def misfit(kind: str, version: int, table: pl.DataFrame) -> str:
    """Say how a table differs from that version of its kind; empty where it does not, or none is known."""
    if unreadable(kind, version):
        return ""
    expected = version_schema(kind, version)
    if fits(table, expected):
        return ""
    return (
        f"its columns are not those of version {version} of {kind} ({differences(table.schema, expected)}): "
        f"the program that wrote it changed the kind without raising its version"
    )
