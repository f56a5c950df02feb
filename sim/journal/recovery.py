"""After a kill: what the writer could not say any more is said by the next command that opens the run."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shlex import join, quote

from sim.journal import manifest
from sim.journal.durable import append_durably, lock, marking
from sim.journal.errors import JournalError, explained, is_gone
from sim.journal.files import sealed_problem
from sim.journal.manifest import Closing, EndState, Manifest

_SCENARIO, _PLACES = "scenario.toml", "places.toml"
"""What `vatp run` keeps in a run's folder."""
SAME_LIFE = (
    "lives the same events again, in the same chain; the head is another, because its scenario.toml "
    "names another origin"
)
KILLED = "killed: the process that wrote the run ended without closing it"


def settled(run_dir: Path) -> Manifest:
    """Read a run's manifest and settle it; raises as `settle` does, and where it cannot be read."""
    return settle(run_dir, manifest.read(run_dir))


def settle(run_dir: Path, found: Manifest) -> Manifest:
    """Mark a run that has no closing line and no living writer; returns its manifest as it is then.

    It becomes `interrupted`, or `quarantined` where a file of a sealed segment is gone or has another
    length. That is looked up by name and length alone; `verify` reads every byte. Where the folder cannot
    be written (read-only, full) nothing is marked: readers conclude `interrupted` from the missing line.

    Raises
    ------
    JournalError
        A file may not be looked at.
    """
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
            path = run_dir / part.path
            try:
                with explained(f"{path} cannot be read"):
                    size_bytes = path.stat().st_size
            except JournalError as error:
                if not is_gone(error):
                    raise
                return f"segment {segment.number}: {part.path} is gone"
            if size_bytes != part.file.size_bytes:
                return (
                    f"segment {segment.number}: {part.path} has {size_bytes} bytes; "
                    f"{part.file.size_bytes} were sealed"
                )
    return ""


def broken_off(run_dir: Path, found: Manifest) -> str:
    """Say of a run with a damaged line what is lost, and how to come by it again."""
    return (
        f"{run_dir / manifest.FILE_NAME}: {found.damage}; nothing from that line on can be believed, "
        f"however much there was; valid up to seq {found.events}; {remedy(run_dir, found)}"
    )


def remedy(run_dir: Path, found: Manifest | None = None) -> str:
    """Say how a run whose record cannot be taken on is made again: from its own scenario, law and seed.

    Parameters
    ----------
    run_dir
        The run folder.
    found
        Its manifest, where it was read already; only the header is used.
    """
    found = found or manifest.read(run_dir)
    seed = found.header.content.get("seed")
    if not isinstance(seed, int) or not found.header.attachments:
        return "`vatp log verify` says more"
    for name, file in found.header.attachments.items():
        if problem := sealed_problem(run_dir / name, file):
            return f"it cannot be made again from this folder ({problem})"
    return f"`{run_again(run_dir, seed)}` {SAME_LIFE}"


def run_again(run_dir: Path, seed: int, changes: Sequence[str] = ()) -> str:
    """Write the command that lives a run again, for a shell; NEW stands for the new folder.

    Parameters
    ----------
    run_dir, seed
        The run folder, and the run's seed.
    changes
        Further options, such as `--with FILE`; they lie over what the run keeps.
    """
    words = ["vatp", "run", str(run_dir / _SCENARIO)]
    if (run_dir / _PLACES).is_file():
        # A note of where the prices lie is an overlay (`sim.scenario.places`).
        words += ["--with", str(run_dir / _PLACES)]
    return join([*words, *changes, "--seed", str(seed), "--out", "NEW"])


def takes_on(run_dir: Path) -> str:
    """Name the command that takes an interrupted run to its horizon."""
    return f"`vatp log resume {quote(str(run_dir))}` takes it on"


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
    with (
        explained(f"cannot mark {run_dir} as {state}"),
        marking(run_dir),
        path.open("r+b", buffering=0) as file,
    ):
        if not lock(file, path, is_marking=True):
            raise JournalError(f"{run_dir} is being written by another process")
        found = manifest.read(run_dir, is_locked=True)
        if found.damage:
            raise JournalError(f"{path}: {found.damage}")
        if found.closing and unclosed_only:
            return
        file.truncate(found.whole_bytes)
        closing = Closing(state, reason, found.events, found.head, {})
        append_durably(file, manifest.encode(closing, found.last_check)[0])
