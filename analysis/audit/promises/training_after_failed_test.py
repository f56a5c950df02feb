"""Who fails the knowledge test is trained before the next one."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="A knowledge test is sat once, and after a failure again only after training",
    rules=("onb.knowledge",),
    needs="control",
)
def training_after_failed_test(evidence: Evidence) -> Tally:
    """Compare every test with the client's test or training before it."""
    tests = evidence.table("knowledge_tested").select(
        "seq", "time_us", "client", "attempt", "passed", trained=pl.lit(value=False)
    )
    training = evidence.table("training_completed").select(
        "seq",
        "time_us",
        "client",
        "attempt",
        passed=pl.lit(value=False),
        trained=pl.lit(value=True),
    )
    applied = evidence.table("application_submitted").select("seq", "client")
    rows = (
        pl.concat([tests, training])
        .sort("seq")
        .join_asof(
            applied.rename({"seq": "applied"}).sort("applied"),
            left_on="seq",
            right_on="applied",
            by="client",
            coalesce=False,
            check_sortedness=False,
        )
        # A new application begins anew.
        .with_columns(
            before=pl.col("trained").shift(1).over("client", "applied"),
            failed=(~pl.col("passed")).shift(1).over("client", "applied"),
        )
    )
    sat = rows.filter(~pl.col("trained"))
    found = Tally()
    found.table(
        "knowledge_tested",
        sat,
        pl.col("before").is_not_null() & ~pl.col("before").fill_null(value=True),
        lambda row: f"client {row['client']} sits test {row['attempt']} right after another",
        lambda _: "training in between, and none after a pass",
    )
    found.table(
        "training_completed",
        rows.filter(pl.col("trained")),
        ~(pl.col("failed") & ~pl.col("before")).fill_null(value=False),
        lambda row: f"client {row['client']} completes training",
        lambda _: "a failed test before",
    )
    return found
