"""Ramps: how fast money goes in and out, from instruction to credit and from request to payment.

Only movements that arrived by the end of the run are timed; what was still under way is left out, so a
rail that stands still at the end looks faster than it was.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial

import numpy as np
import polars as pl

from analysis import estimates
from analysis.estimates import UNDEFINED, Estimate
from analysis.measures import grids, prices
from analysis.measures.registry import Measure, Tables, measure, register
from sim.calendar import Calendar
from sim.events.codes import Rail
from sim.units import HOUR_US, MINUTE_US, SECOND_US

FAMILY = "ramps"

_UNITS = {"fps": ("s", SECOND_US), "usd_wire": ("h", HOUR_US), "chats": ("min", MINUTE_US)}
"""Unit of each rail's times: the one its users would say."""


def times_in(tables: Tables) -> pl.DataFrame:
    """Distinct times from instruction to credit by rail: rail, elapsed_us, count; sorted."""
    return _distinct(
        tables.scan("deposit_credited").select(pl.col("rail").cast(pl.String), "elapsed_us")
    )


def times_out(tables: Tables) -> pl.DataFrame:
    """Distinct times from request to payment: elapsed_us, count; sorted."""
    return _distinct(tables.scan("withdrawal_paid").select("elapsed_us"))


def _distinct(rows: pl.LazyFrame) -> pl.DataFrame:
    keys = rows.collect_schema().names()
    counted = rows.group_by(keys).agg(pl.len().cast(pl.Int64).alias("count"))
    return counted.sort(keys).collect(engine="streaming")


def _time_in(tables: Tables, rail: str, probability: float) -> Estimate:
    rows = tables.once(times_in).filter(pl.col("rail") == rail)
    found = estimates.quantile(rows["elapsed_us"].to_numpy(), probability, rows["count"].to_numpy())
    return found.scaled(1 / _UNITS[rail][1])


def _register_rails() -> None:
    for rail in (code.name.lower() for code in Rail):
        unit = _UNITS[rail][0]
        label = rail.replace("_", " ").upper()
        for word, what, probability in (
            ("median", "Median", 0.5),
            ("p95", "95th percentile", 0.95),
        ):
            name = f"time_in_{rail}_{word}_{unit}"
            described = f"{what} time from instruction to credit by {label}."
            timed = partial(_time_in, rail=rail, probability=probability)
            register(Measure(name, FAMILY, unit, described, needs_orders=False, estimate=timed))


_register_rails()


def _time_out(tables: Tables, probability: float) -> Estimate:
    rows = tables.once(times_out)
    found = estimates.quantile(rows["elapsed_us"].to_numpy(), probability, rows["count"].to_numpy())
    return found.scaled(1 / HOUR_US)


@measure(FAMILY, "h")
def time_out_median_h(tables: Tables) -> Estimate:
    """Median time from withdrawal request to payment."""
    return _time_out(tables, 0.5)


@measure(FAMILY, "h")
def time_out_p95_h(tables: Tables) -> Estimate:
    """95th percentile time from withdrawal request to payment."""
    return _time_out(tables, 0.95)


def business_days_out(tables: Tables) -> pl.DataFrame:
    """Count business days from request to payment (n of T+n): business_days, count; sorted.

    Counts the business days after the request's Hong Kong date up to and including the payment's.
    """
    covered = tables.once(prices.span)
    requested = grids.hong_kong_day(pl.col("time_us") - pl.col("elapsed_us")).alias("requested")
    paid = grids.hong_kong_day(pl.col("time_us")).alias("paid")
    rows = (
        tables.scan("withdrawal_paid")
        .group_by(requested, paid)
        .agg(pl.len().cast(pl.Int64).alias("count"))
    )
    dates = rows.collect(engine="streaming")
    if covered is None or dates.is_empty():
        return pl.DataFrame(schema={"business_days": pl.Int64, "count": pl.Int64})
    holidays = np.array(_holidays(tables, covered), "datetime64[D]")
    first, last = (
        (dates[name] + 1).to_numpy().astype("datetime64[D]") for name in ("requested", "paid")
    )
    days = np.busday_count(first, last, holidays=holidays)
    return (
        dates.select(pl.Series("business_days", days), "count")
        .group_by("business_days")
        .agg(pl.col("count").sum())
        .sort("business_days")
    )


def _holidays(tables: Tables, covered: prices.Span) -> Sequence[str | date]:
    """Return the holidays the run lived by (`holidays` in its header), else Hong Kong's general holidays."""
    given: Sequence[str] | None = tables.log.header.get("holidays")
    return Calendar.hong_kong(*covered).holidays if given is None else given


@measure(FAMILY, "business days")
def time_out_median_business_days(tables: Tables) -> Estimate:
    """Median business days from withdrawal request to payment (the n of T+n)."""
    rows = tables.once(business_days_out)
    return estimates.quantile(rows["business_days"].to_numpy(), 0.5, rows["count"].to_numpy())


@measure(FAMILY, "%")
def paid_by_next_business_day_pct(tables: Tables) -> Estimate:
    """Share of withdrawals paid by the next business day (T+1)."""
    rows = tables.once(business_days_out)
    quick = rows.filter(pl.col("business_days") <= 1)
    return estimates.share(int(quick["count"].sum()), int(rows["count"].sum())).scaled(100)


@measure(FAMILY, "%")
def deposits_refused_pct(tables: Tables) -> Estimate:
    """Share of deposits that the platform sent back, of those credited or sent back."""
    credited, refused = (
        int(tables.scan(kind).select(pl.len()).collect(engine="streaming").item())
        for kind in ("deposit_credited", "deposit_refused")
    )
    return (
        UNDEFINED
        if credited + refused == 0
        else estimates.share(refused, credited + refused).scaled(100)
    )
