"""Coins asked for are paid out once, in full, to who asked."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

_TERMS = ("client", "asset", "amount_minor")


@promise(
    title="A withdrawal of coins is paid out at most once, after the request and as requested",
    rules=("cus.whitelist",),
    needs="control",
)
def coin_withdrawals_paid(evidence: Evidence) -> Tally:
    """Match every payment of coins with its request by number."""
    found = Tally()
    asked = evidence.table("coin_withdrawal_requested")
    first = asked.unique("withdrawal", keep="first").select(
        "withdrawal",
        asked_seq="seq",
        asked_us="time_us",
        **{f"asked_{name}": name for name in _TERMS},
    )
    paid = evidence.table("coin_paid_out").with_columns(
        place=pl.col("seq").rank("ordinal").over("withdrawal")
    )
    same = pl.all_horizontal(pl.col(name) == pl.col(f"asked_{name}") for name in _TERMS)
    right = (
        same
        & (pl.col("asked_seq") < pl.col("seq"))
        & (pl.col("place") == 1)
        & (pl.col("elapsed_us") == pl.col("time_us") - pl.col("asked_us"))
    )
    found.table(
        "coin_paid_out",
        paid.join(first, on="withdrawal", how="left").sort("seq"),
        ~right.fill_null(value=False),
        lambda row: (
            f"withdrawal {row['withdrawal']}: client {row['client']} gets {row['asset']} "
            f"{row['amount_minor']} minor units, payment {row['place']}"
        ),
        lambda row: (
            "a request before"
            if row["asked_seq"] is None
            else f"client {row['asked_client']}, {row['asked_asset']} {row['asked_amount_minor']}, once"
        ),
    )
    waiting = asked.join(paid, on="withdrawal", how="anti").height
    if waiting:
        found.why = f"{waiting} still wait at the end of the log; no rule sets them a date"
    return found
