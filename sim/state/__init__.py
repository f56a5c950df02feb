"""The state of a run: live, folded from the log up to any event, kept in snapshots, compared by hash."""

from sim.state.fold import Fold, FoldError, Level
from sim.state.hashing import State, differing_parts, state_hash
from sim.state.live import checkpoints, live_state, rebuilt_state
from sim.state.moment import WrongSnapshot, last_seq_at, state_afresh, state_after
from sim.state.replay import Comparison, Replay, replay

__all__ = [
    "Comparison",
    "Fold",
    "FoldError",
    "Level",
    "Replay",
    "State",
    "WrongSnapshot",
    "checkpoints",
    "differing_parts",
    "last_seq_at",
    "live_state",
    "rebuilt_state",
    "replay",
    "state_afresh",
    "state_after",
    "state_hash",
]
