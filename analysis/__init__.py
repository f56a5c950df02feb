"""Read logs and say what happened: measures of one run, and comparisons of many.

This package knows the log (`sim.journal`'s reader and `sim.events`) and nothing of the simulator that
wrote it. `outcomes(log)` computes the registered measures of one run; `analysis.comparison` pairs the
outcomes of two sets of runs by seed.
"""

from analysis.measures import (
    FAMILIES,
    MEASURES,
    Log,
    Measure,
    MeasureError,
    Outcome,
    check_names,
    funnel,
    order_refusals,
    outcomes,
    pairs,
    refusals,
    select,
)

__all__ = [
    "FAMILIES",
    "MEASURES",
    "Log",
    "Measure",
    "MeasureError",
    "Outcome",
    "check_names",
    "funnel",
    "order_refusals",
    "outcomes",
    "pairs",
    "refusals",
    "select",
]
