"""What the platform publishes of its books is what the orders say."""

from analysis.audit.columns import PAIR_NAMES
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.resting import fronts
from analysis.audit.stretches import Stretch


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
        samples, found = stretch.samples, stretch.once(fronts)
        bid, ask = found.bids.price, found.asks.price
        crossed = (found.bids.birth > 0) & (found.asks.birth > 0) & (bid >= ask)
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
