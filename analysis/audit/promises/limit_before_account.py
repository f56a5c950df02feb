"""No account without an exposure limit."""

import polars as pl

from analysis.audit.accounts_opened import accounts, asked_of
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="An account opens only after its client was given an exposure limit",
    rules=("onb.exposure_rule",),
    needs="control",
)
def limit_before_account(evidence: Evidence) -> Tally:
    """Look for an exposure limit between each account's last application and its opening."""
    found = Tally()
    rows = asked_of(evidence, evidence.once(accounts), "onb.exposure_rule")
    found.table(
        "account_opened",
        rows,
        pl.col("limit_seq").is_null(),
        lambda row: (
            f"client {row['client']} ({row['client_class']}) has an account without an exposure limit"
        ),
        lambda _: "an exposure limit after the application and before the account",
    )
    return found
