"""The files of a sealed run, each checked before it is first believed.

Damaged Parquet can make its reader panic, ask for any amount of memory or never end, and changed rows would be
counted without a word: so the bytes of a file come first, its rows after.
"""

from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import attrs
import polars as pl

from sim.journal.damage import difference
from sim.journal.durable import FileDigest
from sim.journal.entries import Part
from sim.journal.errors import DamageError, JournalError, explained, is_gone
from sim.journal.parquet import scan_parts
from sim.journal.tables import table_schema
from sim.journal.upcasting import upcast

_KEPT = {
    "rules.toml": "the law the run was made under",
    "scenario.toml": "the scenario the run was made of",
}
"""What a run keeps beside its events, by name."""
_ADVICE = "`vatp log verify` says what is still valid"


@attrs.frozen
class SealedFiles:
    """Part files and attachments of one run."""

    run_dir: Path
    _trusted: set[str] = attrs.field(init=False, factory=set, eq=False, repr=False)
    """Paths of part files whose bytes are known to be those that were sealed."""

    def check(self, part: Part) -> None:
        """Compare a part file with its digest, once.

        Raises
        ------
        DamageError
            It is gone, or is not what was sealed.
        JournalError
            It cannot be read: nobody knows whether it is damaged.
        """
        if part.path in self._trusted:
            return
        path = self.run_dir / part.path
        if problem := sealed_problem(path, part.file):
            raise DamageError(f"{problem}; {_ADVICE}")
        self._trusted.add(part.path)

    def check_access(self, parts: Iterable[Part]) -> None:
        """Check that part files may be read, where they are there; raises JournalError."""
        for path in (self.run_dir / part.path for part in parts):
            with explained(f"{path} cannot be read"), suppress(FileNotFoundError), path.open("rb"):
                pass

    def attachment(self, name: str, expected: FileDigest) -> bytes:
        """Read a file that was kept beside the events; raises as `check` does."""
        path = self.run_dir / name
        if problem := sealed_problem(path, expected):
            what = f"; it is {_KEPT[name]}" if name in _KEPT else ""
            raise DamageError(
                f"{problem}{what}; expected are the {expected.size_bytes:,} bytes that were sealed with "
                f"the run, SHA-256 {expected.sha256}: put that file back"
            )
        with explained(f"{path} cannot be read"):
            return path.read_bytes()

    def scan(self, part: Part) -> pl.LazyFrame:
        """Scan a part, once its bytes are known to be those that were sealed; raises as `check` does."""
        self.check(part)
        return self._scan([part])

    def rows(self, kind: str, parts: list[Part]) -> pl.LazyFrame:
        """Scan parts of a kind that were checked, as rows of today's; an empty table where there are none."""
        # Parts of one version are one scan: a run has a single version of a kind, but for one taken on later.
        scans = [self._scan(list(same)) for _, same in groupby(parts, attrgetter("version"))]
        schema = table_schema(kind)
        return scans[0] if len(scans) == 1 else pl.concat(scans or [pl.LazyFrame(schema=schema)])

    def _scan(self, parts: list[Part]) -> pl.LazyFrame:
        """Scan parts of one kind and version, as rows of today's."""
        kind, version = parts[0].kind, parts[0].version
        paths = [self.run_dir / part.path for part in parts]
        for path in paths:
            if not path.is_file():
                raise DamageError(f"{path} is gone; {_ADVICE}")
        return upcast(kind, version, scan_parts(kind, version, paths))


def sealed_problem(path: Path, expected: FileDigest) -> str:
    """Say, with its path, that a file is gone or is not what was sealed; empty where it is.

    Raises
    ------
    JournalError
        It is there and cannot be read: whether it is damaged, nobody can say.
    """
    try:
        with explained(f"{path} cannot be read"):
            actual = FileDigest.of(path)
    except JournalError as error:
        if is_gone(error):
            return f"{path} is gone"
        raise
    problem = difference(actual, expected)
    return f"{path}: {problem}" if problem else ""
