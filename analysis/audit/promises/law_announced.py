"""Every change of law within the run is in the log at its instant, and no other."""

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Offence, Tally
from analysis.audit.registry import promise
from sim.units import format_us


@promise(
    title="Every change of the rules takes effect on its date with its value, and none without a source",
    needs="control",
)
def law_announced(evidence: Evidence) -> Tally:
    """Compare the announced changes with the dated values of the regime."""
    found = Tally()
    # The horizon's last instant is not simulated; an interrupted run ends with its last event.
    last_us = min(evidence.end_us + 1, evidence.terms.scenario.horizon.end)
    due = {
        (time_us, rule.id): (value.text, rule.unit, value.status)
        for time_us, rule, value in evidence.terms.regime.changes(evidence.start_us, last_us)
    }
    told = evidence.table("rule_changed")
    said = {(row["time_us"], row["rule"]) for row in told.iter_rows(named=True)}
    texts = pl.Series([" ".join(due.get(place, ("nothing", "", ""))) for place in _places(told)])
    found.table(
        "rule_changed",
        told.with_columns(due=texts.cast(pl.String)),
        pl.concat_str("value", "unit", "status", separator=" ") != pl.col("due"),
        lambda row: f"{row['rule']} becomes {row['value']} ({row['unit']}, {row['status']})",
        lambda row: f"{row['due']}, as the rules say of that instant",
    )
    doubled = told.filter(pl.struct("time_us", "rule").is_duplicated())
    for row in doubled.iter_rows(named=True):
        what = f"{row['rule']} is announced twice"
        found.offend(Offence(row["seq"], row["time_us"], "rule_changed", what, "once"))
    for time_us, rule in sorted(due.keys() - said):
        found.cases += 1
        if time_us == evidence.end_us and evidence.log.state != "complete":
            continue
        what = f"no event says that {rule} changes on {format_us(time_us)}"
        found.offend(Offence(0, time_us, "rule_changed", what, due[time_us, rule][0]))
    return found


def _places(told: pl.DataFrame) -> list[tuple[int, str]]:
    return list(zip(told["time_us"].to_list(), told["rule"].to_list(), strict=True))
