"""How a run that is not complete stands, in one phrase for every command that answers from its log."""

from collections.abc import Iterator
from contextlib import contextmanager

from sim.journal.errors import DamageError
from sim.journal.reader import RunLog
from sim.units import format_us


def unfinished(log: RunLog) -> str:
    """Say how far a run came that is not complete; empty for a complete one.

    The phrase goes on after "the run is": "interrupted after 16,384 events, at 2023-08-01 09:30:00+08:00",
    "quarantined: segment 3: … is gone", "still being written: 16,384 events so far, until …".
    """
    if log.state == "complete":
        return ""
    if log.state == "quarantined":
        return f"quarantined: {log.reason}"
    if not log.segments:
        if log.state == "running":
            return "still being written: nothing is sealed yet"
        return "interrupted before its first segment was sealed"
    until = format_us(log.segments[-1].last_time_us)
    if log.state == "running":
        return f"still being written: {log.events:,} events so far, until {until}"
    return f"interrupted after {log.events:,} events, at {until}"


@contextmanager
def known_damage(log: RunLog) -> Iterator[None]:
    """Add to damage that is found inside the block why the run was quarantined, where it was.

    Raises
    ------
    DamageError
        What the block raised, and on a line of its own the standing of the run.
    """
    try:
        yield
    except DamageError as error:
        if log.state != "quarantined":
            raise
        raise DamageError(f"{error}\nthe run is {unfinished(log)}") from error
