"""Tables about the way into the platform: every account with the steps before it."""

import polars as pl

from analysis.audit.evidence import Evidence


def accounts(evidence: Evidence) -> pl.DataFrame:
    """One row an opened account, by seq: what happened between its last application and its opening.

    Columns: seq, time_us, client, client_class (text), applied_seq, applied_us (null without one), claimed,
    net_worth_minor, and the seq of the last identity check, passed test, risk profile and limit since the
    application (null without one).
    """
    rows = evidence.table("account_opened").select(
        "seq", "time_us", "client", pl.col("client_class").cast(pl.String)
    )
    applications = evidence.table("application_submitted").select(
        pl.col("seq").alias("applied_seq"), "client", pl.col("time_us").alias("applied_us")
    )
    rows = rows.sort("seq").join_asof(
        applications.sort("applied_seq"),
        left_on="seq",
        right_on="applied_seq",
        by="client",
        coalesce=False,
        check_sortedness=False,
    )
    arrivals = evidence.table("prospect_arrived").select(
        "client", pl.col("client_class").cast(pl.String).alias("claimed"), "net_worth_minor"
    )
    rows = rows.join(arrivals.unique("client", keep="first"), on="client", how="left")
    tests = evidence.table("knowledge_tested").filter(pl.col("passed"))
    for name, table in (
        ("identity_seq", evidence.table("identity_verified")),
        ("test_seq", tests),
        ("profile_seq", evidence.table("risk_profiled")),
        ("limit_seq", evidence.table("exposure_limit_set")),
    ):
        rows = last_before(rows, table, name)
        rows = rows.with_columns(pl.when(pl.col(name) > pl.col("applied_seq")).then(pl.col(name)))
    return rows.sort("seq")


def last_before(rows: pl.DataFrame, table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add the seq of the client's last event of a table before each row, null without one."""
    found = table.select("client", pl.col("seq").alias(name)).sort(name)
    return rows.sort("seq").join_asof(
        found,
        left_on="seq",
        right_on=name,
        by="client",
        coalesce=False,
        check_sortedness=False,
    )


def asked_of(evidence: Evidence, rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Keep the accounts of which a rule asked something, at their application and at their opening.

    Where the rule came or went in between, either is right.
    """
    rows = evidence.with_law(rows, rule, "then", at="applied_us")
    rows = evidence.with_law(rows, rule, "now")
    return rows.filter(
        pl.col("client_class").is_in(evidence.concerns(rule))
        & (pl.col("then").fill_null(0) != 0)
        & (pl.col("now").fill_null(0) != 0)
    )
