"""The platform takes no more out of the clients' account than the fees it earned."""

import polars as pl

from analysis.audit.claims import is_whole, money
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch


@promise(
    title="What leaves the clients' account for the platform's own is fees that were taken before",
    rules=("fiat.client_money",),
    needs="trades",
)
class FeesSweptAreFees:
    """Add up fees and sweeps."""

    def __init__(self, evidence: Evidence) -> None:
        self._claims = evidence.once(money)

    def look(self, stretch: Stretch) -> None:
        """Add up the fees of the stretch."""
        self._claims.look(stretch)

    def tally(self) -> Tally:
        """Return what was found."""
        found = Tally()
        sweeps = self._claims.table().filter(pl.col("does") == "own")
        found.table(
            "fees_swept",
            sweeps,
            (pl.col("own_minor") > pl.col("fees_minor"))
            | ~is_whole(pl.col("amount_minor"), pl.col("asset")),
            lambda row: (
                f"{row['asset']} {row['amount_minor']} minor units, {row['own_minor']} so far"
            ),
            lambda row: f"whole cents, at most the {row['fees_minor']} taken in fees so far",
        )
        return found
