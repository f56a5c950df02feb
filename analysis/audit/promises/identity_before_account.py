"""No account without an identity check."""

import polars as pl

from analysis.audit.accounts_opened import accounts, asked_of
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="An account opens only after its client's identity was verified",
    rules=("onb.kyc",),
    needs="control",
)
def identity_before_account(evidence: Evidence) -> Tally:
    """Look for an identity check between each account's last application and its opening."""
    found = Tally()
    rows = asked_of(evidence, evidence.once(accounts), "onb.kyc")
    found.table(
        "account_opened",
        rows,
        pl.col("identity_seq").is_null(),
        lambda row: (
            f"client {row['client']} ({row['client_class']}) has an account without an identity check"
        ),
        lambda _: "an identity check after the application and before the account",
    )
    return found
