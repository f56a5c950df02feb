"""Access: who becomes a client, who does not and why, and how long it takes.

Counts are of persons, not of applications, and of everybody who arrived: somebody refused in June who
comes back in August and is accepted counts as accepted. Durations are of those who got there by the end
of the run; who still waits is in `funnel`, not in a median.
"""

from functools import partial

import polars as pl

from analysis import estimates
from analysis.estimates import Estimate
from analysis.measures import people
from analysis.measures.registry import Log, Measure, Tables, measure, register
from analysis.measures.trading import first_trades
from sim.units import HOUR_US

FAMILY = "access"


def _count(frame: pl.DataFrame) -> Estimate:
    return Estimate(float(frame.height))


@measure(FAMILY, "persons")
def arrived_persons(tables: Tables) -> Estimate:
    """Persons who became interested."""
    return _count(tables.once(people.prospects))


def _reached(tables: Tables, column: str) -> pl.DataFrame:
    return tables.once(people.milestones).filter(pl.col(column).is_not_null())


@measure(FAMILY, "persons")
def applied_persons(tables: Tables) -> Estimate:
    """Persons who applied at least once."""
    return _count(_reached(tables, "applied_us"))


@measure(FAMILY, "persons")
def account_opened_persons(tables: Tables) -> Estimate:
    """Persons whose account was opened."""
    return _count(_reached(tables, "opened_us"))


@measure(FAMILY, "persons")
def activated_persons(tables: Tables) -> Estimate:
    """Persons whose name-check transfer arrived, so that they may trade."""
    return _count(_reached(tables, "activated_us"))


@measure(FAMILY, "persons", orders=True)
def traded_persons(tables: Tables) -> Estimate:
    """Persons who traded at least once."""
    return _count(_first_trades(tables))


def _standing(tables: Tables, status: str, step: int | None = None) -> Estimate:
    rows = tables.once(people.standings).filter(pl.col("status") == status)
    return _count(rows if step is None else rows.filter(pl.col("steps") == step))


def _add(name: str, description: str, status: str, step: int | None = None) -> None:
    counted = partial(_standing, status=status, step=step)
    register(Measure(name, FAMILY, "persons", description, needs_orders=False, estimate=counted))


def _register_standings() -> None:
    _add("refused_persons", "Persons whose last application was refused.", "refused")
    _add("left_persons", "Persons who gave up.", "left")
    _add("waiting_persons", "Persons neither active, refused nor gone at the end.", "waiting")
    for index, step in enumerate(people.STEPS):
        at = f"at the step {step.replace('_', ' ')}"
        _add(f"refused_at_{step}_persons", f"Persons finally refused {at}.", "refused", index)
    for index, step in enumerate(people.STEPS):
        at = f"at the step {step.replace('_', ' ')}"
        _add(f"left_at_{step}_persons", f"Persons who gave up {at}.", "left", index)


_register_standings()


def _share_of_applied(tables: Tables, column: str) -> Estimate:
    applied = _reached(tables, "applied_us")
    return estimates.share(applied[column].count(), applied.height).scaled(100)


@measure(FAMILY, "%")
def account_opened_pct(tables: Tables) -> Estimate:
    """Share of persons who applied whose account was opened."""
    return _share_of_applied(tables, "opened_us")


@measure(FAMILY, "%")
def activated_pct(tables: Tables) -> Estimate:
    """Share of persons who applied who may trade."""
    return _share_of_applied(tables, "activated_us")


@measure(FAMILY, "h")
def application_to_activation_median_h(tables: Tables) -> Estimate:
    """Median time from first application to activation, of those activated."""
    waits = _reached(tables, "activated_us").select(pl.col("activated_us") - pl.col("applied_us"))
    return _median_h(waits.to_series().drop_nulls())


@measure(FAMILY, "h", orders=True)
def application_to_first_trade_median_h(tables: Tables) -> Estimate:
    """Median time from first application to first trade, of those who traded."""
    waits = _first_trades(tables).select(pl.col("first_us") - pl.col("applied_us"))
    return _median_h(waits.to_series().drop_nulls())


def _first_trades(tables: Tables) -> pl.DataFrame:
    return tables.once(people.milestones).join(tables.once(first_trades), on="client", how="inner")


def _median_h(waits_us: pl.Series) -> Estimate:
    return estimates.quantile(waits_us.to_numpy(), 0.5).scaled(1 / HOUR_US)


def funnel(log: Log) -> pl.DataFrame:
    """Return what became of everybody at each step, in order of the steps.

    Columns: step, entered, passed, refused, left, waiting (persons). Each row adds up
    (entered = passed + refused + left + waiting), and who passed a step entered the next. Who arrived and
    has not applied yet waits at `application`.
    """
    standings = people.standings(Tables(log))
    counts = {
        (row[0], row[1]): row[2] for row in standings.group_by("steps", "status").len().rows()
    }
    rows = []
    for index, step in enumerate(people.STEPS):
        refused, left, waiting = (
            counts.get((index, end), 0) for end in ("refused", "left", "waiting")
        )
        passed = sum(number for (steps, _), number in counts.items() if steps > index)
        rows.append((step, passed + refused + left + waiting, passed, refused, left, waiting))
    return pl.DataFrame(rows, schema=_FUNNEL, orient="row")


_FUNNEL = pl.Schema(
    {
        "step": pl.String,
        **dict.fromkeys(("entered", "passed", "refused", "left", "waiting"), pl.Int64),
    }
)


def refusals(log: Log) -> pl.DataFrame:
    """Return refused applications by step, rule and reason: refusals, persons, share of all who applied.

    Counts every refusal, also of persons who were accepted later.
    """
    applied = _reached(Tables(log), "applied_us").height
    return (
        log.scan("application_refused")
        .group_by(pl.col("step").cast(pl.String), "rule", "reason")
        .agg(
            pl.len().cast(pl.Int64).alias("refusals"),
            pl.col("client").n_unique().cast(pl.Int64).alias("persons"),
        )
        .collect(engine="streaming")
        .with_columns((pl.col("persons") / applied * 100).alias("of_applied_pct"))
        .sort(
            pl.col("step").replace_strict(
                people.STEPS, range(len(people.STEPS)), return_dtype=pl.Int64
            ),
            "rule",
            "reason",
        )
    )
