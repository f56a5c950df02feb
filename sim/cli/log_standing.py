"""How a run stands that is not complete: one note beside every answer from its log, and what helps."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.console import remark

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.state import WrongSnapshot


def note_unfinished(log: "RunLog") -> None:
    """Remark how a run stands that is not complete; nothing is said of a complete one."""
    if said := standing(log):
        remark(f"note: the run is {said}")


def standing(log: "RunLog") -> str:
    """Say how a run stands that is not complete, and what takes it on where something does."""
    from sim.journal import takes_on, unfinished

    said = unfinished(log)
    return f"{said}; {takes_on(log.run_dir)}" if log.state == "interrupted" else said


def kept_so_far(run_dir: Path) -> str:
    """Say what is left of a run that was stopped by Ctrl-C."""
    from sim.journal import takes_on

    return f"the log is kept up to its last segment in {run_dir}; {takes_on(run_dir)}"


def standing_document(log: "RunLog") -> dict[str, str]:
    """Return the run's state, and how it stands where it is not complete, for a JSON document."""
    from sim.journal import unfinished

    return {"state": log.state, "unfinished": unfinished(log)}


def snapshot_problem(snapshot: "WrongSnapshot") -> str:
    """Say of a kept snapshot that it is not the state it claims to be, and what was done."""
    done = (
        f"it cannot be replaced ({snapshot.refused}): remove it, or ask `vatp log state --afresh`"
        if snapshot.refused
        else "the right one has taken its place"
    )
    return (
        f"{snapshot.path} is not the state after event {snapshot.seq:,}, although its own digest fits: "
        f"somebody changed it; {done}"
    )
