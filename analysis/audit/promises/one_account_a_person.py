"""One account a person."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

_ONCE = ("prospect_arrived", "account_opened", "client_activated", "participant_registered")


@promise(
    title="A person arrives once, has one account and is activated once, after it was opened",
    rules=("onb.kyc",),
    needs="control",
)
def one_account_a_person(evidence: Evidence) -> Tally:
    """Count each person's accounts, and put arrival, account and activation in order."""
    found = Tally()
    for kind in _ONCE:
        rows = evidence.table(kind).with_columns(place=pl.col("seq").rank("ordinal").over("client"))
        found.table(
            kind,
            rows,
            pl.col("place") > 1,
            lambda row: f"client {row['client']}, time {row['place']}",
            lambda _: "once a person",
        )
    for kind, before in (
        ("account_opened", "application_submitted"),
        ("application_submitted", "prospect_arrived"),
        ("client_activated", "account_opened"),
    ):
        _in_order(evidence, found, kind, before)
    return found


def _in_order(evidence: Evidence, found: Tally, kind: str, before: str) -> None:
    """Judge that every event of a kind comes after the same person's first of another."""
    earlier = evidence.table(before).group_by("client").agg(first=pl.col("seq").min())
    found.table(
        kind,
        evidence.table(kind).join(earlier, on="client", how="left"),
        ~(pl.col("first") < pl.col("seq")).fill_null(value=False),
        lambda row: f"client {row['client']}",
        lambda _: f"{before} before it",
    )
