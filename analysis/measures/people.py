"""Tables about people: who they are and how far they came."""

import polars as pl

from analysis.measures.registry import Tables
from sim.events.codes import Step

STEPS: tuple[str, ...] = tuple(step.name.lower() for step in Step)
"""Steps of the way to the first trade, in order."""

_PASSED = {
    # Steps a person has behind them once this happened. An event of a later step settles the earlier
    # ones: a professional investor, for one, sits no knowledge test.
    "application_submitted": 1,
    "identity_verified": 2,
    "knowledge_tested": 3,
    "risk_profiled": 4,
    "account_opened": 4,
    "client_activated": 5,
}
_ENDS = {"application_refused": "refused", "prospect_left": "left"}


def prospects(tables: Tables) -> pl.DataFrame:
    """One row a prospect, sorted by client: client, client_class, net_worth_minor (HKD).

    The class is the one the account was opened in, else the one the person declared: whoever claims to be
    professional and is not is retail.
    """
    arrived = (
        tables.scan("prospect_arrived")
        .group_by("client")
        .agg(pl.col("client_class").first().cast(pl.String), pl.col("net_worth_minor").first())
        .collect(engine="streaming")
    )
    opened = (
        tables.scan("account_opened")
        .group_by("client")
        .agg(pl.col("client_class").last().cast(pl.String).alias("account_class"))
        .collect(engine="streaming")
    )
    return (
        arrived.join(opened, on="client", how="left")
        .select(
            "client",
            pl.coalesce("account_class", "client_class").alias("client_class"),
            "net_worth_minor",
        )
        .sort("client")
    )


def milestones(tables: Tables) -> pl.DataFrame:
    """One row a prospect, sorted by client: the first time_us of each milestone, null if never reached.

    Columns: client, applied_us, opened_us, activated_us.
    """
    people = tables.once(prospects).select("client")
    for kind, column in (
        ("application_submitted", "applied_us"),
        ("account_opened", "opened_us"),
        ("client_activated", "activated_us"),
    ):
        firsts = tables.scan(kind).group_by("client").agg(pl.col("time_us").min().alias(column))
        people = people.join(firsts.collect(engine="streaming"), on="client", how="left")
    return people.sort("client")


def standings(tables: Tables) -> pl.DataFrame:
    """Where each prospect stands at the end of the log, sorted by client.

    Columns: client, `steps` (steps behind them, 0 to 5) and `status`: `waiting`, `refused` or `left` in
    the step after those, or `active`. Somebody who was turned away and applied again is judged by the
    last application; of a refusal and a departure after it, the first one counts.
    """
    last = (
        tables.scan("application_submitted")
        .group_by("client")
        .agg(pl.col("seq").max().alias("applied_seq"))
        .collect(engine="streaming")
    )
    progress = _since_last_application(tables, last)
    ends = _ends(tables, last)
    active = pl.col("steps") == len(STEPS)
    return (
        tables.once(prospects)
        .select("client")
        .join(progress, on="client", how="left")
        .join(ends, on="client", how="left")
        .with_columns(pl.col("steps").fill_null(0))
        .select(
            "client",
            # An end says itself at which step it came.
            pl.when(active | pl.col("end").is_null())
            .then("steps")
            .otherwise("end_step")
            .alias("steps"),
            pl.when(active)
            .then(pl.lit("active"))
            .otherwise(pl.col("end").fill_null("waiting"))
            .alias("status"),
        )
        .sort("client")
    )


def _since_last_application(tables: Tables, last: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for kind, steps in _PASSED.items():
        happened = tables.scan(kind)
        if kind == "knowledge_tested":
            happened = happened.filter("passed")
        happened = happened.select("client", "seq", pl.lit(steps, pl.Int64).alias("steps"))
        parts.append(happened)
    return (
        pl.concat(parts)
        .join(last.lazy(), on="client", how="inner")
        .filter(pl.col("seq") >= pl.col("applied_seq"))
        .group_by("client")
        .agg(pl.col("steps").max())
        .collect(engine="streaming")
    )


def _ends(tables: Tables, last: pl.DataFrame) -> pl.DataFrame:
    parts = [
        tables.scan(kind).select(
            "client",
            "seq",
            pl.col("step")
            .cast(pl.String)
            .replace_strict(STEPS, range(len(STEPS)), return_dtype=pl.Int64)
            .alias("end_step"),
            pl.lit(end).alias("end"),
        )
        for kind, end in _ENDS.items()
    ]
    return (
        pl.concat(parts)
        .join(last.lazy(), on="client", how="left")
        .filter(pl.col("seq") > pl.col("applied_seq").fill_null(0))
        .collect(engine="streaming")
        .sort("seq")
        .unique("client", keep="first", maintain_order=True)
        .select("client", "end_step", "end")
    )
