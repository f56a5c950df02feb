"""After a sweep into cold storage, no more is hot than the rule allows."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.promises.hot_and_cold_wallets import wallets
from analysis.audit.registry import promise
from sim.units import PPM


@promise(
    title="After every sweep into cold storage at least the rule's share of each coin is cold",
    rules=("cus.cold_share",),
    needs="control",
)
def cold_share_after_sweep(evidence: Evidence) -> Tally:
    """Compare cold storage with the whole of each coin after each sweep into it."""
    found = Tally()
    moved = wallets(evidence)
    rows = evidence.with_law(
        moved.filter((pl.col("kind") == "cold_swept") & (pl.col("amount_minor") > 0)),
        "cus.cold_share",
        "share",
    ).with_columns(total=pl.col("hot") + pl.col("cold"))
    # Split so that total times share cannot overflow; hot is whole minor units, rounded down.
    spare = PPM - pl.col("share").fill_null(0)
    allowed = pl.col("total") // PPM * spare + pl.col("total") % PPM * spare // PPM
    found.table(
        "cold_swept",
        rows.with_columns(allowed=allowed),
        pl.col("hot") > pl.col("allowed"),
        lambda row: f"{row['asset']}: {row['hot']} of {row['total']} minor units stay hot",
        lambda row: f"at most {row['allowed']}, with {row['share']} ppm cold",
    )
    return found
