"""Random columns of a flow: everything drawn before the first command, a value a command."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.bench.outcome import Ints
from sim.bench.streams import Flow

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ACCOUNTS = 2_000


class Columns(NamedTuple):
    """Draws of a flow, each of shape (commands,); a named tuple, because compiled code takes no other."""

    kind: Floats
    """Which of the shares the command belongs to, in [0, 1)."""
    depth_ticks: Ints
    passive_lots: Ints
    aggressive_lots: Ints
    market_lots: Ints
    side: Ints
    pick: Floats
    """Which order is cancelled or amended, and to how much it is reduced, in [0, 1)."""
    recent: Flags
    ticks_through: Ints
    immediate: Flags
    reduces: Flags
    step_ticks: Ints
    jumps: Flags
    jump: Floats
    account: Ints


def draw_columns(flow: Flow, seed: int) -> Columns:
    """Draw the columns of a flow; the order of the draws is part of the stream."""
    draw = np.random.default_rng(seed)
    count = flow.commands

    def lots(median: float, deviation: float) -> Ints:
        sizes = draw.lognormal(np.log(median), deviation, count)
        return np.maximum(1, sizes).astype(np.int64)

    return Columns(
        kind=draw.random(count),
        depth_ticks=draw.geometric(flow.mean_depth_inverse, count),
        passive_lots=lots(flow.passive_lots, 0.9),
        aggressive_lots=lots(flow.aggressive_lots, 1.0),
        market_lots=lots(flow.market_lots, 0.8),
        side=draw.integers(0, 2, count),
        pick=draw.random(count),
        recent=draw.random(count) < flow.recent_share,
        ticks_through=draw.integers(0, flow.most_ticks_through + 1, count),
        immediate=draw.random(count) < 0.5,
        reduces=draw.random(count) < flow.reduce_share,
        step_ticks=draw.integers(-1, 2, count),
        jumps=draw.random(count) < flow.jump_chance,
        jump=draw.normal(0.0, flow.jump_deviation, count),
        account=draw.integers(1, ACCOUNTS + 1, count),
    )
