"""After a kill: what the writer could not say any more is said by the next command that opens the run."""

from contextlib import suppress
from pathlib import Path

from sim.journal import manifest
from sim.journal.durable import append_durably, lock
from sim.journal.errors import JournalError, explained
from sim.journal.manifest import Closing, EndState, Manifest

KILLED = "killed: the process that wrote the run ended without closing it"


def settled(run_dir: Path) -> Manifest:
    """Read a run's manifest; a run that has no closing line and no living writer is marked first.

    It becomes `interrupted`, or `quarantined` where a file of a sealed segment is gone or has another
    length. That is looked up by name and length alone; `verify` reads every byte. Where the folder cannot
    be written (read-only, full) nothing is marked: readers conclude `interrupted` from the missing line.

    Raises
    ------
    JournalError
        The folder is no run, or not even its header can be read.
    """
    found = manifest.read(run_dir)
    if found.closing or found.damage or found.state == "running":
        return found
    lost = _first_loss(run_dir, found)
    with suppress(JournalError):
        mark(run_dir, "quarantined" if lost else "interrupted", lost or KILLED, unclosed_only=True)
        found = manifest.read(run_dir)
    return found


def _first_loss(run_dir: Path, found: Manifest) -> str:
    for segment in found.segments:
        for part in segment.parts:
            try:
                size_bytes = (run_dir / part.path).stat().st_size
            except OSError:
                return f"segment {segment.number}: {part.path} is gone"
            if size_bytes != part.file.size_bytes:
                return (
                    f"segment {segment.number}: {part.path} has {size_bytes} bytes; "
                    f"{part.file.size_bytes} were sealed"
                )
    return ""


def mark(run_dir: Path, state: EndState, reason: str, *, unclosed_only: bool = False) -> None:
    """Write a closing line behind all that is committed; a line that was never finished is cut off.

    Parameters
    ----------
    run_dir
        The run folder.
    state, reason
        What the line says.
    unclosed_only
        Do nothing where a closing line was written meanwhile.

    Raises
    ------
    JournalError
        The run is being written, its manifest is damaged, or the line cannot be written.
    """
    path = run_dir / manifest.FILE_NAME
    with explained(f"cannot mark {run_dir} as {state}"), path.open("r+b", buffering=0) as file:
        if not lock(file):
            raise JournalError(f"{run_dir} is being written by another process")
        found = manifest.read(run_dir)
        if found.damage:
            raise JournalError(f"{path}: {found.damage}")
        if found.closing and unclosed_only:
            return
        file.truncate(found.whole_bytes)
        closing = Closing(state, reason, found.events, found.head, {})
        append_durably(file, manifest.encode(closing, found.last_check)[0])
