"""The wallets' books: what came, went and moved between them adds up, and neither is ever short."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="Hot and cold wallets hold what their movements add up to, as recorded, and are never negative",
    needs="control",
)
def hot_and_cold_wallets(evidence: Evidence) -> Tally:
    """Add up both wallets of every coin."""
    found = Tally()
    rows = wallets(evidence)
    said = pl.col("kind") == "cold_swept"
    wrong = (pl.col("hot_after_minor") != pl.col("hot")) | (
        pl.col("cold_after_minor") != pl.col("cold")
    )
    for kind in ("coin_deposited", "coin_paid_out", "cold_swept"):
        found.table(
            kind,
            rows.filter(pl.col("kind") == kind),
            (said & wrong).fill_null(value=False) | (pl.col("hot") < 0) | (pl.col("cold") < 0),
            lambda row: (
                f"{row['asset']}: hot {row['hot']} cold {row['cold']} minor units by movements"
                + (
                    f", recorded as {row['hot_after_minor']} and {row['cold_after_minor']}"
                    if row["kind"] == "cold_swept"
                    else ""
                )
            ),
            lambda _: "zero or more, and recorded as it is",
        )
    return found


def wallets(evidence: Evidence) -> pl.DataFrame:
    """One row a movement of coins, by seq, with both wallets after it by its movements.

    Columns: seq, time_us, kind, asset, amount_minor, hot, cold, hot_after_minor and cold_after_minor (as
    recorded; null where a kind records none).
    """
    parts = [
        evidence.table(kind).select(
            "seq",
            "time_us",
            "asset",
            "amount_minor",
            kind=pl.lit(kind),
            into_hot=pl.col("amount_minor") * sign,
            into_cold=pl.col("amount_minor") if kind == "cold_swept" else pl.lit(0, pl.Int64),
            hot_after_minor=pl.col("hot_after_minor") if kind == "cold_swept" else None,
            cold_after_minor=pl.col("cold_after_minor") if kind == "cold_swept" else None,
        )
        for kind, sign in (("coin_deposited", 1), ("coin_paid_out", -1), ("cold_swept", -1))
    ]
    return (
        pl.concat(parts, how="vertical_relaxed")
        .sort("seq")
        .with_columns(
            hot=pl.col("into_hot").cum_sum().over("asset"),
            cold=pl.col("into_cold").cum_sum().over("asset"),
        )
    )
