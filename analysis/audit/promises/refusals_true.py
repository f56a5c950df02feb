"""Applications, deposits and withdrawals are refused only for reasons that the log bears out."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

RULE_OF = {
    "retail_closed": "onb.retail_access",
    "residence": "onb.jurisdiction",
    "identity": "onb.kyc",
    "third_party_account": "onb.same_name",
    "short_of_funds": "trd.prefunded",
    "knowledge_failed": "onb.knowledge",
    "minimum_too_high": "onb.first_transfer",
    "impatient": "",
}
"""The rule that each reason stands for."""


@promise(
    title="Who is refused or driven away is told the rule behind it, and what the reason says had happened",
    rules=tuple(sorted({rule for rule in RULE_OF.values() if rule})),
    needs="control",
)
def refusals_true(evidence: Evidence) -> Tally:
    """Compare reasons with rules, and with the events before them."""
    found = Tally()
    for kind in ("application_refused", "deposit_refused", "withdrawal_refused", "prospect_left"):
        rows = evidence.table(kind).with_columns(
            due=pl.col("reason").replace_strict(RULE_OF, default=None, return_dtype=pl.String)
        )
        found.table(
            kind,
            rows,
            pl.col("rule") != pl.col("due"),
            lambda row: f"client {row['client']}: {row['reason']} under {row['rule'] or 'no rule'}",
            lambda row: f"the rule {row['due'] or 'of a known reason'}",
        )
    _retail_closed(evidence, found)
    _knowledge_failed(evidence, found)
    return found


def _retail_closed(evidence: Evidence, found: Tally) -> None:
    """Only retail applicants are turned away because retail access is closed, and only while it is."""
    refused = evidence.table("application_refused").filter(pl.col("reason") == "retail_closed")
    people = evidence.table("prospect_arrived").select(
        "client", "net_worth_minor", claimed=pl.col("client_class").cast(pl.String)
    )
    rows = evidence.with_law(refused, "onb.retail_access", "access")
    rows = evidence.with_law(rows, "onb.pi_individual", "least").join(
        people.unique("client", keep="first"), on="client", how="left"
    )
    professional = (pl.col("claimed") == "individual_pi") & (
        pl.col("net_worth_minor") >= pl.col("least").fill_null(0)
    )
    found.table(
        "application_refused",
        rows,
        ~((pl.col("access") == 0) & ~professional).fill_null(value=False),
        lambda row: f"client {row['client']} ({row['claimed']}) is refused: retail_closed",
        lambda _: "a retail client, and retail access closed on that day",
    )


def _knowledge_failed(evidence: Evidence, found: Tally) -> None:
    """Who leaves over the knowledge test failed the last one."""
    left = evidence.table("prospect_left").filter(pl.col("reason") == "knowledge_failed")
    tests = evidence.table("knowledge_tested").select("client", "passed", tested="seq")
    rows = left.sort("seq").join_asof(
        tests.sort("tested"),
        left_on="seq",
        right_on="tested",
        by="client",
        coalesce=False,
        check_sortedness=False,
    )
    found.table(
        "prospect_left",
        rows,
        pl.col("passed").fill_null(value=True),
        lambda row: f"client {row['client']} leaves: knowledge_failed",
        lambda _: "a failed test as the last one before",
    )
