"""What changed in a damaged part file, down to the row where that can be known."""

import json
import subprocess
import sys
from pathlib import Path

import attrs
import polars as pl

from sim.journal.digest import BLOCK_ROWS, TableDigest, row_sums, table_digest
from sim.journal.durable import FileDigest
from sim.journal.errors import JournalError, explained, is_gone
from sim.journal.manifest import Part, part_of
from sim.journal.parquet import read_part

_PATIENCE_S = 120


def file_problem(path: Path, expected: FileDigest) -> str:
    """Say what is wrong with a file's bytes; empty where they are those that were sealed."""
    try:
        with explained("cannot be read"):
            actual = FileDigest.of(path)
    except JournalError as error:
        return "is gone" if is_gone(error) else str(error)
    return difference(actual, expected)


def difference(actual: FileDigest, expected: FileDigest) -> str:
    """Say how a file's bytes are not those that were sealed; empty where they are."""
    if actual.size_bytes != expected.size_bytes:
        return f"has {actual.size_bytes} bytes; {expected.size_bytes} were sealed"
    return "" if actual == expected else "its bytes are not those that were sealed"


def examine(path: Path, part: Part) -> str:
    """Read a file whose bytes are damaged, in a process of its own, and say what changed in it.

    Damaged Parquet can make its reader panic, ask for any amount of memory or never end: none of that
    must reach the process that verifies.
    """
    try:
        process = subprocess.run(  # noqa: S603 - this interpreter and this module
            [sys.executable, "-m", __name__, str(path)],
            input=json.dumps(attrs.asdict(part)),
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it cannot be read"
    if process.returncode:
        return "it cannot be read"
    return process.stdout.strip() or "its values are unchanged"


def change(part: Part, table: pl.DataFrame) -> str:
    """Say what changed in a part's content, down to the row where that can be known."""
    actual = table_digest(part.kind, part.version, table)
    if actual.digest == part.content.digest:
        return ""
    if table.height != part.rows:
        return f"{table.height} rows; {part.rows} were sealed"
    return _changed_row(part, actual, table)


def _changed_row(part: Part, actual: TableDigest, table: pl.DataFrame) -> str:
    pairs = list(zip(part.content.leaves, actual.leaves, strict=True))
    block = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    if block is None:
        return "its columns are not those that were sealed"
    start = block * BLOCK_ROWS
    stop = min(start + BLOCK_ROWS, table.height)
    plain, placed = (
        new - old for new, old in zip(row_sums(table)[block], part.sums[block], strict=True)
    )
    if plain and placed % plain == 0 and 0 <= placed // plain < stop - start:
        row = start + placed // plain
        return f"row {row} (seq {table['seq'][row]}) was changed"
    return f"several rows were changed, the first between row {start} and row {stop - 1}"


def _main() -> None:
    """Print what changed in the file that the argument names, by the part that comes as JSON."""
    path, part = Path(sys.argv[1]), part_of(json.loads(sys.stdin.read()))
    try:
        sys.stdout.write(change(part, read_part(path)))
    except JournalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main()
