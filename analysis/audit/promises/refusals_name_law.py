"""Every refusal names a rule that is in force at that moment."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

CLOSED_WHEN_FALSE = ("onb.retail_access",)
"""Rules that refuse while they read `no`; every other flag refuses while it reads `yes`."""
STEPS_WITHOUT_RULE = ("impatient",)


@promise(
    title="Every refusal, and every departure that a rule caused, names a rule in force at that moment",
    needs="control",
)
def refusals_name_law(evidence: Evidence) -> Tally:
    """Look each named rule up in the law of its instant."""
    found = Tally()
    columns = ("seq", "time_us", "rule")
    left = evidence.table("prospect_left").filter(~pl.col("reason").is_in(STEPS_WITHOUT_RULE))
    refused = evidence.scan("order_refused").select(columns).collect()
    for kind, rows in (
        ("application_refused", evidence.table("application_refused")),
        ("deposit_refused", evidence.table("deposit_refused")),
        ("withdrawal_refused", evidence.table("withdrawal_refused")),
        ("prospect_left", left),
        ("order_refused", refused),
    ):
        for rule, named in rows.select(columns).partition_by("rule", as_dict=True).items():
            _judge(evidence, found, kind, str(rule[0]), named)
    return found


def _judge(evidence: Evidence, found: Tally, kind: str, rule: str, named: pl.DataFrame) -> None:
    value = pl.col("value")
    holds = value == 0 if rule in CLOSED_WHEN_FALSE else value != 0
    known = evidence.terms.regime.rules.get(rule)
    if known is not None and known.unit != "flag":
        # A share or amount of nothing refuses as well as any other.
        holds = value.is_not_null()
    found.table(
        kind,
        evidence.with_law(named, rule, "value"),
        ~holds.fill_null(value=False),
        lambda row: f"a refusal under {row['rule'] or 'no rule'}",
        lambda row: (
            "a rule in force on that day" + (f"; {row['rule']} is not" if known is not None else "")
        ),
    )
