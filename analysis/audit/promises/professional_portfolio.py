"""Only who has the portfolio the law asks for is a professional investor."""

import polars as pl

from analysis.audit.accounts_opened import accounts
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="An account is a professional investor's only if the person claims it and declares the "
    "portfolio that the law asks for",
    rules=("onb.pi_individual",),
    needs="control",
)
def professional_portfolio(evidence: Evidence) -> Tally:
    """Compare each account's class with what its owner declared."""
    rows = evidence.with_law(evidence.once(accounts), "onb.pi_individual", "least", at="applied_us")
    enough = (pl.col("claimed") == "individual_pi") & (
        pl.col("net_worth_minor") >= pl.col("least").fill_null(0)
    )
    due = pl.when(enough).then(pl.lit("individual_pi")).otherwise(pl.lit("retail"))
    found = Tally()
    found.table(
        "account_opened",
        rows.with_columns(due=due),
        (pl.col("client_class") != pl.col("due")) | pl.col("claimed").is_null(),
        lambda row: (
            f"client {row['client']} is {row['client_class']}, claims {row['claimed']} with HKD minor "
            f"{row['net_worth_minor']}"
        ),
        lambda row: f"{row['due']}; the law asks for HKD minor {row['least']}",
    )
    activated = evidence.table("client_activated").select(
        "seq", "time_us", "client", pl.col("client_class").cast(pl.String)
    )
    opened = rows.select("client", opened_class="client_class").unique("client", keep="last")
    found.table(
        "client_activated",
        activated.join(opened, on="client", how="left").sort("seq"),
        pl.col("client_class") != pl.col("opened_class"),
        lambda row: f"client {row['client']} is activated as {row['client_class']}",
        lambda row: f"the account's class, {row['opened_class']}",
    )
    return found
