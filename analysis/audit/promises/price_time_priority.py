"""The best price trades first, and at one price who came first."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.resting import Moments, pairs_of
from analysis.audit.stretches import Stretch
from sim.events.codes import Side


@promise(
    title="A trade takes the resting order with the best price, and of those the earliest",
    rules=("trd.priority",),
    needs="full",
)
class PriceTimePriority:
    """Hold every trade against all orders that rest on the maker's side at that moment."""

    def __init__(self, evidence: Evidence) -> None:  # noqa: ARG002 - every check begins alike
        self._found = Tally()

    def look(self, stretch: Stretch) -> None:
        """Find, for each trade, a resting order that should have gone before its maker's."""
        trades, lives = stretch.trades, stretch.lives
        size = len(trades)
        passed = np.full(size, -1, np.int64)
        maker = lives.maker_row
        known = np.flatnonzero(maker >= 0)
        moments = Moments(trades.seq[known], trades["instrument"][known])
        for resting, places in pairs_of(lives, moments):
            on_side = lives.side[resting] != trades["taker_side"][known[places]]
            rows, trade = resting[on_side], known[places[on_side]]
            price, level = lives.price[rows], trades["price_ticks"][trade]
            better = np.where(lives.side[rows] == Side.BUY, price > level, price < level)
            earlier = (price == level) & (lives.birth[rows] < lives.birth[maker[trade]])
            ahead = better | earlier
            passed[trade[ahead]] = rows[ahead]
        self._found.rows(
            "trade",
            trades.seq,
            trades.time_us,
            passed >= 0,
            lambda row: (
                f"order {trades['maker_order'][row]} traded at {trades['price_ticks'][row]} ticks"
            ),
            lambda row: (
                f"order {lives.order[passed[row]]} first, at {lives.price[passed[row]]} ticks since "
                f"seq {lives.birth[passed[row]]}"
            ),
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
