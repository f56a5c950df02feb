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
from sim.rules.problems import RuleErrors
from sim.rules.regime import Law, Regime
from sim.rules.writing import dump_regime

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
    "Reference",
    "Regime",
    "Rule",
    "RuleErrors",
    "Status",
    "Unit",
    "Value",
    "check_changes",
    "diff",
    "dump_regime",
    "format_day",
    "listing",
    "load_regime",
    "parse_value",
    "shipped_folder",
    "show",
]
