"""What the platform publishes of its books is what the orders say."""

import numpy as np

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.resting import Moments, pairs_of
from analysis.audit.stretches import PAIR_NAMES, Stretch
from sim.events.codes import Side

_FAR = np.iinfo(np.int64).max


@promise(
    title="Sampled best prices are those of the resting orders, and no book is crossed",
    needs="full",
)
class BookSamples:
    """Rebuild each book's best prices at the instant of each sample."""

    def __init__(self, evidence: Evidence) -> None:  # noqa: ARG002 - every check begins alike
        self._found = Tally()

    def look(self, stretch: Stretch) -> None:
        """Compare the samples of a stretch with the orders that rest then."""
        samples, lives = stretch.samples, stretch.lives
        bid = np.zeros(len(samples), np.int64)
        ask = np.full(len(samples), _FAR, np.int64)
        for rows, places in pairs_of(lives, Moments(samples.seq, samples["instrument"])):
            buys = lives.side[rows] == Side.BUY
            np.maximum.at(bid, places[buys], lives.price[rows[buys]])
            np.minimum.at(ask, places[~buys], lives.price[rows[~buys]])
        ask[ask == _FAR] = 0
        crossed = (bid > 0) & (ask > 0) & (bid >= ask)
        wrong = (samples["bid_ticks"] != bid) | (samples["ask_ticks"] != ask) | crossed
        self._found.rows(
            "book_sampled",
            samples.seq,
            samples.time_us,
            wrong,
            lambda row: (
                f"{PAIR_NAMES[samples['instrument'][row]]} bid "
                f"{samples['bid_ticks'][row]} ask {samples['ask_ticks'][row]} ticks"
            ),
            lambda row: (
                f"bid {bid[row]} ask {ask[row]} ticks from the resting orders"
                + (", which cross" if crossed[row] else "")
            ),
        )

    def tally(self) -> Tally:
        """Return what was found."""
        return self._found
