"""A deposit is credited or sent back once, as it was instructed, and not before."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

_TERMS = ("client", "rail", "asset", "amount_minor")


@promise(
    title="A deposit is credited at most once, after it was instructed and as instructed, and never if "
    "it was sent back",
    rules=("onb.same_name",),
    needs="control",
)
def deposits_matched(evidence: Evidence) -> Tally:
    """Match every credit and every return with its instruction by number."""
    found = Tally()
    instructed = evidence.table("deposit_instructed")
    found.table(
        "deposit_instructed",
        instructed.with_columns(place=pl.col("seq").rank("ordinal").over("deposit")),
        pl.col("place") > 1,
        lambda row: f"deposit {row['deposit']} is instructed again",
        lambda _: "a number of its own",
    )
    asked = instructed.unique("deposit", keep="first").select(
        "deposit", asked_seq="seq", asked_us="time_us", **{f"asked_{name}": name for name in _TERMS}
    )
    columns = ("seq", "time_us", "deposit", *_TERMS)
    ends = pl.concat(
        [
            evidence.table("deposit_credited").select(
                *columns, "elapsed_us", kind=pl.lit("deposit_credited")
            ),
            evidence.table("deposit_refused").select(
                *columns, elapsed_us=None, kind=pl.lit("deposit_refused")
            ),
        ],
        how="vertical_relaxed",
    ).sort("seq")
    rows = ends.with_columns(place=pl.col("seq").rank("ordinal").over("deposit")).join(
        asked, on="deposit", how="left"
    )
    same = pl.all_horizontal(pl.col(name) == pl.col(f"asked_{name}") for name in _TERMS)
    took = pl.col("time_us") - pl.col("asked_us")
    right = (
        same
        & (pl.col("asked_seq") < pl.col("seq"))
        & (pl.col("place") == 1)
        & (pl.col("elapsed_us").is_null() | (pl.col("elapsed_us") == took))
    )
    for kind in ("deposit_credited", "deposit_refused"):
        found.table(
            kind,
            rows.filter(pl.col("kind") == kind),
            ~right.fill_null(value=False),
            lambda row: (
                f"deposit {row['deposit']} of client {row['client']}, {row['asset']} "
                f"{row['amount_minor']} minor units, end {row['place']} of it"
            ),
            lambda row: (
                "an instruction before"
                if row["asked_seq"] is None
                else f"one end of what seq {row['asked_seq']} instructed: client {row['asked_client']}, "
                f"{row['asked_asset']} {row['asked_amount_minor']} after {row['asked_us']} us"
            ),
        )
    return found
