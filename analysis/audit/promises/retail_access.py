"""No retail client before retail access."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="No retail account is opened while the platform may not serve retail clients",
    rules=("onb.retail_access",),
    needs="control",
)
def retail_access(evidence: Evidence) -> Tally:
    """Hold each retail account against the rule of its instant."""
    retail = evidence.table("account_opened").filter(pl.col("client_class") == "retail")
    rows = evidence.with_law(retail, "onb.retail_access", "access")
    found = Tally()
    found.table(
        "account_opened",
        rows,
        # No such rule, nothing to wait for.
        pl.col("access").is_not_null() & (pl.col("access") == 0),
        lambda row: f"client {row['client']} gets a retail account",
        lambda _: "a refusal: the rule keeps retail clients out on that day",
    )
    return found
