"""The published fees are the rules' values, from the instant they change."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.people import CLASSES
from analysis.audit.registry import promise

MAKER, TAKER = "trd.fee_maker", "trd.fee_taker"


@promise(
    title="Every class's trading fees are the rules' rates from the first instant and from every change",
    rules=(MAKER, TAKER),
    needs="control",
)
def fee_schedule(evidence: Evidence) -> Tally:
    """Compare each schedule with the law of its instant, and each change of law with the schedule after."""
    found = Tally()
    schedules = evidence.table("fees_set")
    found.table(
        "fees_set",
        _with_rates(evidence, schedules),
        (pl.col("maker_ppm") != pl.col("maker")) | (pl.col("taker_ppm") != pl.col("taker")),
        lambda row: f"{row['client_class']}: maker {row['maker_ppm']} taker {row['taker_ppm']} ppm",
        lambda row: f"maker {row['maker']} taker {row['taker']} ppm",
    )
    moments = _moments(evidence)
    classes = pl.DataFrame({"client_class": CLASSES})
    latest = schedules.select(
        pl.col("client_class").cast(pl.String), "maker_ppm", "taker_ppm", at="time_us"
    ).sort("at", maintain_order=True)
    rows = (
        _with_rates(evidence, moments.join(classes, how="cross"))
        .sort("time_us")
        .join_asof(
            latest,
            left_on="time_us",
            right_on="at",
            by="client_class",
            coalesce=False,
            check_sortedness=False,
        )
    )
    # A wrong schedule of that instant offends itself; here one is missing.
    stale = pl.col("at").is_null() | (pl.col("at") < pl.col("time_us"))
    wrong = (pl.col("maker_ppm") != pl.col("maker")) | (pl.col("taker_ppm") != pl.col("taker"))
    for kind in ("run_started", "rule_changed", "fees_set"):
        found.table(
            kind,
            rows.filter(pl.col("kind") == kind).sort("seq"),
            stale & wrong.fill_null(value=True),
            lambda row: (
                f"{row['client_class']}: maker {row['maker_ppm']} taker {row['taker_ppm']} ppm"
            ),
            lambda row: (
                f"a schedule of maker {row['maker']} taker {row['taker']} ppm at that instant"
            ),
        )
    return found


def _moments(evidence: Evidence) -> pl.DataFrame:
    """Return the instants from which the law has other rates, with the event that tells of each.

    What belongs to the last instant of the log may not be sealed yet.
    """
    dated = {instant for rule in (MAKER, TAKER) for instant in evidence.dated(rule)[0]}
    instants = [evidence.start_us, *sorted(dated)]
    told = [
        evidence.table("run_started").select("seq", "time_us", kind=pl.lit("run_started")),
        evidence.table("rule_changed")
        .filter(pl.col("rule").is_in([MAKER, TAKER]))
        .select("seq", "time_us", kind=pl.lit("rule_changed")),
    ]
    return (
        pl.DataFrame({"time_us": instants}, schema={"time_us": pl.Int64})
        .filter(pl.col("time_us").is_between(evidence.start_us, evidence.end_us, closed="left"))
        .unique()
        .join(pl.concat(told).unique("time_us", keep="last"), on="time_us", how="left")
        .with_columns(pl.col("seq").fill_null(0), pl.col("kind").fill_null("fees_set"))
    )


def _with_rates(evidence: Evidence, rows: pl.DataFrame) -> pl.DataFrame:
    rows = evidence.with_law(evidence.with_law(rows, MAKER, "maker"), TAKER, "taker")
    return rows.with_columns(pl.col("maker", "taker").fill_null(0))
