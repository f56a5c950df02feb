"""Banks move whole cents."""

import polars as pl

from analysis.audit.claims import is_whole
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

_KINDS = (
    "deposit_instructed",
    "deposit_credited",
    "deposit_refused",
    "withdrawal_requested",
    "withdrawal_paid",
    "coin_deposited",
    "coin_withdrawal_requested",
    "coin_paid_out",
)


@promise(
    title="Money and coins move in positive amounts that a bank or a chain can move",
    needs="control",
)
def whole_cents(evidence: Evidence) -> Tally:
    """Judge the amount of every movement in and out."""
    found = Tally()
    for kind in _KINDS:
        found.table(
            kind,
            evidence.table(kind),
            ~is_whole(pl.col("amount_minor"), pl.col("asset")),
            lambda row: f"{row['asset']} {row['amount_minor']} minor units",
            lambda _: "a positive multiple of what can be moved",
        )
    return found
