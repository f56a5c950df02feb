"""Logs in the formats of other tools: OCEL 2.0 for process mining, CSV for everything else."""

from collections.abc import Callable
from pathlib import Path

import attrs

from analysis.exports.files import ExportError, check_place, whole_file
from analysis.exports.ocel import write_ocel
from analysis.exports.tables import write_orders, write_trades
from sim.journal import RunLog


@attrs.frozen
class Format:
    """A format a log can be exported to."""

    name: str
    holds: str
    write: Callable[[RunLog, Path], int]
    """Writes a file and returns how many events it holds."""
    needs_orders: bool
    """Whether it holds order events, which the log level `control` does not keep."""


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format("ocel", "events of onboarding and admission", write_ocel, needs_orders=False),
        Format("trades-csv", "trades", write_trades, needs_orders=True),
        Format("orders-csv", "order events", write_orders, needs_orders=True),
    )
}
"""Every format by name."""

__all__ = [
    "FORMATS",
    "ExportError",
    "Format",
    "check_place",
    "whole_file",
    "write_ocel",
    "write_orders",
    "write_trades",
]
