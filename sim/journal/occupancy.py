"""Whether a folder is free for a new run, and what is in its way."""

from pathlib import Path

from sim.journal import manifest
from sim.journal.errors import JournalError


def refuse_occupied(run_dir: Path) -> None:
    """Check that a folder is free for a new run; raises JournalError, or OSError where it cannot be read."""
    if run_dir.is_dir() and any(run_dir.iterdir()):
        raise JournalError(occupied(run_dir))


def occupied(run_dir: Path) -> str:
    """Say what is in the way of a new run in a folder that is not empty."""
    if not (run_dir / manifest.FILE_NAME).is_file():
        return f"the run folder {run_dir} is not empty; name a new one"
    try:
        found = manifest.read(run_dir)
    except JournalError as error:
        return f"the run folder {run_dir} is not empty ({error}); name a new one"
    if found.state == "running":
        return f"the run folder {run_dir} is being written by another process; name a new one"
    return f"the run folder {run_dir} holds a run already ({found.state}, {found.events:,} events); name a new one"
