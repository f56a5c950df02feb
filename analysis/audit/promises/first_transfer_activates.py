"""A client becomes active by the first credit from the own account, of at least the minimum."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

MINIMUM, BAND = "onb.first_transfer", "fx.band.weak"


@promise(
    title="A client is activated by the first credited transfer, which reaches the minimum of the day it "
    "was sent",
    rules=(MINIMUM, "onb.same_name"),
    needs="control",
)
def first_transfer_activates(evidence: Evidence) -> Tally:
    """Follow every activation back to its credit and to the instruction of that credit."""
    found = Tally()
    credited = evidence.table("deposit_credited").select(
        pl.col("seq").alias("cause"),
        "deposit",
        "asset",
        "amount_minor",
        payer="client",
        place=pl.col("seq").rank("ordinal").over("client"),
    )
    sent = (
        evidence.table("deposit_instructed")
        .unique("deposit", keep="first")
        .select("deposit", sent_us="time_us")
    )
    rows = (
        evidence.table("client_activated")
        .with_columns(pl.col("client_class").cast(pl.String))
        .join(credited, on="cause", how="left")
        .join(sent, on="deposit", how="left")
        .with_columns(asked_us=pl.col("sent_us").fill_null(pl.col("time_us")))
    )
    rows = evidence.with_law(rows, MINIMUM, "least", at="asked_us")
    # A rate that the log does not hold: at the weak side of the band a dollar is worth the most.
    rows = evidence.with_law(rows, BAND, "rate", at="asked_us")
    value = (
        pl.when(pl.col("asset") == "USD")
        .then(pl.col("amount_minor") * pl.col("rate").fill_null(8_000_000) // 1_000_000)
        .otherwise(pl.col("amount_minor"))
    )
    asks = pl.col("client_class").is_in(evidence.concerns(MINIMUM))
    least = pl.when(asks).then(pl.col("least").fill_null(0)).otherwise(0)
    right = (
        (pl.col("payer") == pl.col("client"))
        & (pl.col("place") == 1)
        & (pl.col("value") >= pl.col("due"))
    )
    found.table(
        "client_activated",
        rows.with_columns(value=value, due=least),
        ~right.fill_null(value=False),
        lambda row: (
            f"client {row['client']} is activated by seq {row['cause']}, "
            + (
                "which is no credit"
                if row["payer"] is None
                else f"credit {row['place']} of client {row['payer']}, HKD minor {row['value']}"
            )
        ),
        lambda row: f"the client's first credit, of at least HKD minor {row['due']}",
    )
    return found
