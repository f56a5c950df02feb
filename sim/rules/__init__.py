"""Law as data: dated parameters with their sources, the law at an instant, changes and differences."""

from sim.rules.changes import Change, check_changes
from sim.rules.diff import Difference, diff
from sim.rules.listing import HistoryRow, ListingRow, listing, show
from sim.rules.load import load_regime, shipped_folder
from sim.rules.model import (
    ASSUMPTION,
    Confidence,
    DatedValue,
    Reference,
    Rule,
    Status,
    Unit,
    Value,
    format_day,
    parse_value,
)
from sim.rules.modelled import MODELLED, STRUCTURAL
from sim.rules.problems import Problem, RuleErrors
from sim.rules.regime import Law, Regime

__all__ = [
    "ASSUMPTION",
    "MODELLED",
    "STRUCTURAL",
    "Change",
    "Confidence",
    "DatedValue",
    "Difference",
    "HistoryRow",
    "Law",
    "ListingRow",
    "Problem",
    "Reference",
    "Regime",
    "Rule",
    "RuleErrors",
    "Status",
    "Unit",
    "Value",
    "check_changes",
    "diff",
    "format_day",
    "listing",
    "load_regime",
    "parse_value",
    "shipped_folder",
    "show",
]
