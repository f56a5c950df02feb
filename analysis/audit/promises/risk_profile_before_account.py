"""No account without a risk profile."""

import polars as pl

from analysis.audit.accounts_opened import accounts, asked_of
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="An account opens only after its client was given a risk profile",
    rules=("onb.risk_profile",),
    needs="control",
)
def risk_profile_before_account(evidence: Evidence) -> Tally:
    """Look for a risk profile between each account's last application and its opening."""
    found = Tally()
    rows = asked_of(evidence, evidence.once(accounts), "onb.risk_profile")
    found.table(
        "account_opened",
        rows,
        pl.col("profile_seq").is_null(),
        lambda row: (
            f"client {row['client']} ({row['client_class']}) has an account without a risk profile"
        ),
        lambda _: "a risk profile after the application and before the account",
    )
    return found
