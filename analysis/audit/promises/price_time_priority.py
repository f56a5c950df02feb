"""The best price trades first, and at one price who came first."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.grids import BUY
from analysis.audit.registry import promise
from analysis.audit.resting import fronts
from analysis.audit.stretches import Stretch


@promise(
    title="A trade takes the resting order with the best price, and of those the earliest",
    rules=("trd.priority",),
    needs="full",
)
class PriceTimePriority:
    """Hold every trade against the first of all orders that rest on the maker's side at that moment."""

    def __init__(self, evidence: Evidence) -> None:  # noqa: ARG002 - every check begins alike
        self._found = Tally()

    def look(self, stretch: Stretch) -> None:
        """Find, for each trade, a resting order that should have gone before its maker's."""
        trades, lives = stretch.trades, stretch.lives
        first = stretch.once(fronts).makers
        price, maker = trades["price_ticks"], lives.maker_row
        known = np.flatnonzero((maker >= 0) & (first.birth > 0))
        # The maker of a taker who buys sells: the lowest price is first.
        sign = np.where(trades["taker_side"][known] == BUY, 1, -1)
        ahead = sign * (price - first.price)[known]
        birth = lives.birth[maker[known]]
        passed = np.zeros(len(trades), np.bool_)
        passed[known] = (ahead > 0) | ((ahead == 0) & (first.birth[known] < birth))
        self._found.rows(
            "trade",
            trades.seq,
            trades.time_us,
            passed,
            lambda row: (
                f"order {trades['maker_order'][row]} traded at {trades['price_ticks'][row]} ticks"
            ),
            lambda row: (
                f"order {lives.order[lives.birth == first.birth[row]][0]} first, at "
                f"{first.price[row]} ticks since seq {first.birth[row]}"
            ),
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
