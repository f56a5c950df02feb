"""The live state, read from the projections that a run itself uses, and its hash in the log on the way.

Balances, fees, the ledger and the register can be rebuilt at the log levels `trades` and `full`; resting
orders and held amounts only at `full`; the ledger and the register alone at `control`. Both sides leave
out the same parts.
"""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sim.events import StateCheckpointed
from sim.journal import RunLog
from sim.ledger import Ledger
from sim.state.fold import Fold, Level
from sim.state.hashing import State, state_hash, trimmed
from sim.state.snapshots import Snapshots
from sim.units import HKT, from_us, to_us
from sim.venue.register import Register

if TYPE_CHECKING:
    import simpy

    from sim.flow.plane import OrderPlane
    from sim.journal import Journal


def live_state(
    level: Level, plane: "OrderPlane", ledger: Ledger, register: Register
) -> dict[str, Any]:
    """Read the state from the projections that the run itself used; the next event may change it."""
    # Imported here: what only reads logs shall not wait for the compiler.
    from sim.flow.layout import AVAILABLE, HELD

    state: dict[str, Any] = {"ledger": ledger.state(), "register": register.state()}
    if level == "control":
        return state
    held = plane.arena.table(HELD)
    state["balances"] = trimmed(plane.arena.table(AVAILABLE) + held)
    state["fees"] = plane.fees_collected()
    if level == "full":
        state |= {f"book {symbol}": table for symbol, table in plane.resting().items()}
        state["held"] = trimmed(held)
    return state


def rebuilt_state(log: RunLog, *, snapshots: bool = False) -> State:
    """Fold the whole log into fresh projections and tables; nothing of the live state is read.

    Parameters
    ----------
    log
        The log.
    snapshots
        Leave snapshots in the run folder on the way, so that `state_after` need not fold anew. None is
        read, and a folder that takes none is no error: they only save time.
    """
    fold = Fold(log)
    if snapshots:
        kept = Snapshots(log)
        for place in kept.places(0, log.events):
            fold.advance(place)
            kept.keep(fold)
            if kept.refused:
                break
    fold.advance(log.events)
    return fold.state()


def month_starts(start_us: int, end_us: int) -> Iterator[int]:
    """Yield the first instant of each month in Hong Kong that lies between two instants."""
    first = from_us(start_us)
    year, month = first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        instant_us = to_us(datetime(year, month, 1, tzinfo=HKT))
        if instant_us >= end_us:
            return
        yield instant_us


def checkpoints(
    env: "simpy.Environment", journal: "Journal", live: Callable[[], State], end_us: int
) -> "Generator[simpy.Event, Any, None]":
    """Write the hash of the live state into the log at the start of every month.

    The order plane has been advanced to exactly this instant, and the event's own seq says which events the
    hash covers: all before it. So the same cut can be made in the log.
    """
    for instant_us in month_starts(int(env.now), end_us):
        yield env.timeout(instant_us - int(env.now))
        journal.append(StateCheckpointed(time_us=instant_us, state_hash=state_hash(live())))
