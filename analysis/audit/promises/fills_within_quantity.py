"""An order is filled and cancelled for no more than it asked for."""

import numpy as np

from analysis.audit.columns import Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="An order's fills and its cancelled rest add up to its quantity and never exceed it",
    needs="orders",
)
class FillsWithinQuantity:
    """Follow the lots of every order."""

    def __init__(self, evidence: Evidence) -> None:  # noqa: ARG002 - every check begins alike
        self._found = Tally()

    def look(self, stretch: Stretch) -> None:
        """Compare each fill with what was left before it, and each cancelled rest with what remained."""
        self._accepted(stretch)
        self._fills(stretch)
        self._rests(stretch)

    def _accepted(self, stretch: Stretch) -> None:
        accepted, repeated = stretch.accepted, stretch.lives.repeated
        empty = accepted["quantity_lots"] <= 0
        self._found.rows(
            "order_accepted",
            accepted.seq,
            accepted.time_us,
            repeated | empty,
            lambda row: f"order {accepted['order'][row]} for {accepted['quantity_lots'][row]} lots",
            lambda _: "a number above every earlier one and at least one lot",
        )

    def _fills(self, stretch: Stretch) -> None:
        lives = stretch.lives
        self._party(stretch, "taker", lives.taker_row, lives.taker_before)
        self._party(stretch, "maker", lives.maker_row, lives.maker_before)

    def _party(self, stretch: Stretch, party: str, row_of: Ints, before: Ints) -> None:
        trades = stretch.trades
        lots = trades["quantity_lots"]
        over = (row_of >= 0) & (lots > before)
        self._found.rows(
            "trade",
            trades.seq,
            trades.time_us,
            over | (lots <= 0),
            lambda row: f"{lots[row]} lots of order {trades[f'{party}_order'][row]}",
            lambda row: f"at least 1 and at most the {before[row]} lots it had left",
        )

    def _rests(self, stretch: Stretch) -> None:
        cancelled, lives = stretch.cancelled, stretch.lives
        rest, left = cancelled["remaining_lots"], lives.cancel_before
        wrong = (lives.cancel_row >= 0) & ((rest != left) | (rest <= 0))
        self._found.rows(
            "order_cancelled",
            cancelled.seq,
            cancelled.time_us,
            np.asarray(wrong),
            lambda row: f"{rest[row]} lots of order {cancelled['order'][row]} cancelled",
            lambda row: f"the {left[row]} lots it had left",
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
