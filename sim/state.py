"""The state of a run as plain tables, and its hash: live from the projections, or rebuilt from the log.

Balances, fees, the ledger and the register can be rebuilt at the log levels `trades` and `full`; resting
orders and held amounts only at `full`; the ledger and the register alone at `control`. Both sides leave
out the same parts.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from sim.flow.layout import AVAILABLE, HELD
from sim.flow.plane import OrderPlane
from sim.flow.rebuild import rebuild_balances, rebuild_fees, rebuild_held, rebuild_resting
from sim.journal import RunLog
from sim.ledger import Ledger
from sim.scenario.model import LogLevel
from sim.venue import Register

State = Mapping[str, Any]
"""Named parts: integer arrays, or plain JSON values."""


def live_state(level: LogLevel, plane: OrderPlane, ledger: Ledger, register: Register) -> State:
    """Read the state from the projections that the run itself used."""
    state: dict[str, Any] = {"ledger": ledger.state(), "register": register.state()}
    if level == "control":
        return state
    held = plane.arena.table(HELD)
    state |= {"balances": plane.arena.table(AVAILABLE) + held, "fees": plane.fees_collected()}
    if level == "full":
        state |= {f"book {symbol}": table for symbol, table in plane.resting().items()}
        state["held"] = held
    return state


def rebuilt_state(level: LogLevel, log: RunLog, accounts: int) -> State:
    """Fold the log into fresh projections and tables; nothing of the live state is read."""
    ledger, register = Ledger(), Register()
    for seq, event in log.control_events():
        ledger.apply(seq, event)
        register.apply(seq, event)
    state: dict[str, Any] = {"ledger": ledger.state(), "register": register.state()}
    if level == "control":
        return state
    state |= {"balances": rebuild_balances(log, accounts), "fees": rebuild_fees(log)}
    if level == "full":
        resting = rebuild_resting(log)
        state |= {f"book {symbol}": table for symbol, table in resting.items()}
        state["held"] = rebuild_held(log, resting, accounts)
    return state


def state_hash(state: State) -> str:
    """Digest of a state: parts in order of their names, arrays as little-endian int64 with their shape."""
    digest = blake2b(digest_size=16)
    for name in sorted(state):
        part = state[name]
        digest.update(name.encode())
        if isinstance(part, np.ndarray):
            digest.update(repr(part.shape).encode())
            digest.update(np.ascontiguousarray(part, dtype="<i8").tobytes())
        else:
            digest.update(json.dumps(part, sort_keys=True, separators=(",", ":")).encode())
    return digest.hexdigest()


def differing_parts(live: State, rebuilt: State) -> list[str]:
    """Name the parts in which two states differ."""
    names = sorted({*live, *rebuilt})
    return [
        name
        for name in names
        if name not in live
        or name not in rebuilt
        or state_hash({name: live[name]}) != state_hash({name: rebuilt[name]})
    ]
