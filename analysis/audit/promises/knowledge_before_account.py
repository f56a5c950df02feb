"""No account without a passed knowledge test."""

import polars as pl

from analysis.audit.accounts_opened import accounts, asked_of
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise


@promise(
    title="An account opens only after its client passed the knowledge test",
    rules=("onb.knowledge",),
    needs="control",
)
def knowledge_before_account(evidence: Evidence) -> Tally:
    """Look for a passed knowledge test between each account's last application and its opening."""
    found = Tally()
    rows = asked_of(evidence, evidence.once(accounts), "onb.knowledge")
    found.table(
        "account_opened",
        rows,
        pl.col("test_seq").is_null(),
        lambda row: (
            f"client {row['client']} ({row['client_class']}) has an account without a passed knowledge test"
        ),
        lambda _: "a passed knowledge test after the application and before the account",
    )
    return found
