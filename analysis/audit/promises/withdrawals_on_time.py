"""A withdrawal is paid once, in full, by the day that was promised."""

import polars as pl

from analysis.audit.evidence import Evidence, business_day, midnight_us
from analysis.audit.findings import Offence, Tally
from analysis.audit.registry import promise
from sim.units import format_us

_TERMS = ("client", "rail", "asset", "amount_minor")


@promise(
    title="A withdrawal is paid once, to who asked, what was asked, by the batch of the promised "
    "business day",
    rules=("fiat.withdrawal_days",),
    needs="control",
)
def withdrawals_on_time(evidence: Evidence) -> Tally:
    """Match payments with requests by number, and requests that are due with payments."""
    found = Tally()
    asked = with_due(evidence, evidence.table("withdrawal_requested"))
    found.table(
        "withdrawal_requested",
        asked.with_columns(place=pl.col("seq").rank("ordinal").over("withdrawal")),
        pl.col("place") > 1,
        lambda row: f"withdrawal {row['withdrawal']} is requested again",
        lambda _: "a number of its own",
    )
    first = asked.unique("withdrawal", keep="first").select(
        "withdrawal",
        "due_us",
        asked_seq="seq",
        asked_us="time_us",
        **{f"asked_{name}": name for name in _TERMS},
    )
    paid = evidence.table("withdrawal_paid").with_columns(
        place=pl.col("seq").rank("ordinal").over("withdrawal")
    )
    same = pl.all_horizontal(pl.col(name) == pl.col(f"asked_{name}") for name in _TERMS)
    right = (
        same
        & (pl.col("asked_seq") < pl.col("seq"))
        & (pl.col("place") == 1)
        & (pl.col("elapsed_us") == pl.col("time_us") - pl.col("asked_us"))
        & (pl.col("due_us").is_null() | (pl.col("time_us") <= pl.col("due_us")))
    )
    found.table(
        "withdrawal_paid",
        paid.join(first, on="withdrawal", how="left").sort("seq"),
        ~right.fill_null(value=False),
        lambda row: (
            f"withdrawal {row['withdrawal']}: client {row['client']} gets {row['asset']} "
            f"{row['amount_minor']} minor units on {format_us(row['time_us'])}, payment {row['place']}"
        ),
        lambda row: (
            "a request before"
            if row["asked_seq"] is None
            else f"client {row['asked_client']}, {row['asked_asset']} {row['asked_amount_minor']}, once"
            + (f", by {format_us(row['due_us'])}" if row["due_us"] is not None else "")
        ),
    )
    _overdue(evidence, found, first.join(paid, on="withdrawal", how="anti"))
    return found


def with_due(evidence: Evidence, asked: pl.DataFrame) -> pl.DataFrame:
    """Add `due_us`: payout time of the n-th business day after the request; null where no day is promised."""
    rows = evidence.with_law(asked, "fiat.withdrawal_days", "days")
    payout_us = int(evidence.terms.scenario.world.banks.payout_time)
    holidays = list(evidence.holidays)
    day = business_day(pl.col("time_us"))
    # From a day that is none, the first business day is the next one: roll back, then count.
    due = day.dt.add_business_days(pl.col("days"), holidays=holidays, roll="backward")
    return rows.with_columns(
        due_us=pl.when(pl.col("days").fill_null(0) > 0).then(midnight_us(due) + payout_us)
    )


def _overdue(evidence: Evidence, found: Tally, unpaid: pl.DataFrame) -> None:
    """Judge what was never paid: nothing may have been due before the end of the log."""
    late = unpaid.filter((pl.col("due_us") < evidence.end_us).fill_null(value=False))
    for row in late.sort("asked_seq").iter_rows(named=True):
        found.offend(
            Offence(
                row["asked_seq"],
                row["asked_us"],
                "withdrawal_requested",
                f"withdrawal {row['withdrawal']} of client {row['asked_client']} is never paid",
                f"a payment by {format_us(row['due_us'])}",
            )
        )
