"""Files of a segment that took a shorter one's place: they wait beside their names for the segment's line.

The shorter segment has the same names of files and counts until that line is on disk. The writer gives the
files their names then or, after a kill, whoever reads the line first; where the folder cannot be written they
are read where they wait.
"""

import time
from contextlib import suppress
from pathlib import Path

import attrs

from sim.journal.durable import PARTIAL_SUFFIX, FileDigest, partial, rename
from sim.journal.entries import Part, Segment

_TRIES = 100
_PAUSE_S = 0.02


def put_in_place(run_dir: Path, segment: Segment) -> None:
    """Give the waiting files of a segment their names, durably; raises OSError.

    Only for a process that keeps other writers away: the next writer's files wait under the same names.
    """
    for part in segment.parts:
        path = run_dir / name_of(part)
        # Another reader may have come first.
        with suppress(FileNotFoundError):
            if FileDigest.of(partial(path)) == part.file:
                rename([path])


def as_it_lies(run_dir: Path, segment: Segment, *, is_written: bool) -> Segment:
    """Return a segment with the paths under which its files lie, waiting or not.

    Parameters
    ----------
    run_dir
        The run folder.
    segment
        The last segment, which took the place of a shorter one.
    is_written
        A writer is alive: it gives the files their names in a moment, and that is waited for.
    """
    for _ in range(_TRIES if is_written else 0):
        if not any(_waits(run_dir, part) for part in segment.parts):
            return segment
        time.sleep(_PAUSE_S)
    parts = tuple(
        attrs.evolve(part, path=waiting_name_of(part)) if _waits(run_dir, part) else part
        for part in segment.parts
    )
    return attrs.evolve(segment, parts=parts)


def name_of(part: Part) -> str:
    """Return the path that a part's file has in the end, relative to the run folder."""
    return part.path.removesuffix(PARTIAL_SUFFIX)


def waiting_name_of(part: Part) -> str:
    """Return the path under which a part's file may wait, relative to the run folder."""
    return name_of(part) + PARTIAL_SUFFIX


def _waits(run_dir: Path, part: Part) -> bool:
    """Whether the bytes that were sealed lie under the waiting name alone."""
    path = run_dir / part.path
    # In this order: a file that is given its name meanwhile is found under it.
    return _fits(partial(path), part.file) and not _fits(path, part.file)


def _fits(path: Path, expected: FileDigest) -> bool:
    with suppress(OSError):
        return FileDigest.of(path) == expected
    return False
