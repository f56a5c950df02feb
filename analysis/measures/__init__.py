"""The measures, one module a family. Importing this package fills the registry in the order of families."""

from analysis.measures import access, market_quality  # isort: skip - the order of the tables
from analysis.measures import client_outcome, ramps, platform  # isort: skip
from analysis.measures.access import funnel, refusals
from analysis.measures.client_outcome import order_refusals
from analysis.measures.market_quality import pairs
from analysis.measures.registry import (
    FAMILIES,
    MEASURES,
    Log,
    Measure,
    MeasureError,
    Outcome,
    Tables,
    check_names,
    outcomes,
    select,
)

__all__ = [
    "FAMILIES",
    "MEASURES",
    "Log",
    "Measure",
    "MeasureError",
    "Outcome",
    "Tables",
    "access",
    "check_names",
    "client_outcome",
    "funnel",
    "market_quality",
    "order_refusals",
    "outcomes",
    "pairs",
    "platform",
    "ramps",
    "refusals",
    "select",
]
