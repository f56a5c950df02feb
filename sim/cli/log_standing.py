"""How a run stands that is not complete: one note beside every answer from its log."""

from typing import TYPE_CHECKING

from sim.cli.console import remark

if TYPE_CHECKING:
    from sim.journal import RunLog


def note_unfinished(log: "RunLog") -> None:
    """Remark how a run stands that is not complete; nothing is said of a complete one."""
    from sim.journal import unfinished

    if said := unfinished(log):
        remark(f"note: the run is {said}")


def standing_document(log: "RunLog") -> dict[str, str]:
    """Return the run's state, and how it stands where it is not complete, for a JSON document."""
    from sim.journal import unfinished

    return {"state": log.state, "unfinished": unfinished(log)}
