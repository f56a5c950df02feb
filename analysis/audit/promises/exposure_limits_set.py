"""Every limit is the share of net worth that the law of its day allows, and follows it when it changes."""

import polars as pl

from analysis.audit.accounts_opened import accounts
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from sim.units import PPM

DUTY, SHARE = "onb.exposure_rule", "onb.exposure_limit"
NO_LIMIT = -1


@promise(
    title="A client's exposure limit is the law's share of declared net worth, from the account on and "
    "again whenever the law changes",
    rules=(DUTY, SHARE),
    needs="control",
)
def exposure_limits_set(evidence: Evidence) -> Tally:
    """Work out every limit, and look for accounts whose limit a change of law passed by."""
    found = Tally()
    worth = evidence.table("prospect_arrived").select(
        "client", "net_worth_minor", claimed=pl.col("client_class").cast(pl.String)
    )
    limits = evidence.table("exposure_limit_set").join(
        worth.unique("client", keep="first"), on="client", how="left"
    )
    rows = with_due_limit(evidence, limits)
    found.table(
        "exposure_limit_set",
        rows,
        pl.col("limit_minor") != pl.col("due"),
        lambda row: f"client {row['client']}: limit {row['limit_minor']} HKD minor units",
        lambda row: f"{row['due']}, of a net worth of {row['net_worth_minor']}",
    )
    _follow_changes(evidence, found, limits)
    return found


def with_due_limit(evidence: Evidence, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `due`, the limit that the law of each row's instant gives its client; -1 is none."""
    rows = evidence.with_law(evidence.with_law(rows, DUTY, "duty"), SHARE, "share")
    # Both classes of persons are concerned alike, or the class decides.
    classes = set(evidence.concerns(DUTY)) & set(evidence.concerns(SHARE))
    binds = (
        (pl.col("duty").fill_null(0) != 0)
        & pl.col("share").is_not_null()
        & pl.col("claimed").is_in(classes)
    )
    # Split so that net worth times share cannot overflow.
    whole, rest = pl.col("net_worth_minor") // PPM, pl.col("net_worth_minor") % PPM
    share = whole * pl.col("share") + rest * pl.col("share") // PPM
    return rows.with_columns(due=pl.when(binds).then(share).otherwise(NO_LIMIT))


def _follow_changes(evidence: Evidence, found: Tally, limits: pl.DataFrame) -> None:
    """After every change of the rules, each account's limit must be that of the new law."""
    # What follows from the last instant of the log may not be sealed yet.
    changes = evidence.table("rule_changed").filter(
        pl.col("rule").is_in([DUTY, SHARE]) & (pl.col("time_us") < evidence.end_us)
    )
    moments = changes.select("seq", "time_us", "rule").unique("time_us", keep="last")
    opened = evidence.once(accounts).select(
        "client", "net_worth_minor", pl.col("client_class").alias("claimed"), opened="seq"
    )
    left = evidence.table("prospect_left").group_by("client").agg(gone=pl.col("seq").min())
    rows = moments.join(opened.join(left, on="client", how="left"), how="cross").filter(
        (pl.col("opened") < pl.col("seq"))
        & ~(pl.col("gone") < pl.col("seq")).fill_null(value=False)
    )
    if rows.is_empty():
        return
    now = limits.select("client", "limit_minor", at=pl.col("time_us")).sort(
        "at", maintain_order=True
    )
    rows = (
        with_due_limit(evidence, rows)
        .sort("time_us")
        .join_asof(now, left_on="time_us", right_on="at", by="client", check_sortedness=False)
    )
    found.table(
        "rule_changed",
        rows,
        pl.col("limit_minor") != pl.col("due"),
        lambda row: (
            f"client {row['client']} keeps the limit {row['limit_minor']} after {row['rule']} changed"
        ),
        lambda row: f"{row['due']} HKD minor units from then on",
    )
