"""Logs in the formats of other tools: OCEL 2.0 for process mining, CSV for everything else."""

from collections.abc import Callable
from pathlib import Path

import attrs

from analysis.exports.files import ExportError, check_place, whole_file
from analysis.exports.ocel import write_ocel
from analysis.exports.tables import write_orders, write_trades
from sim.journal import RunLog
from sim.rules import Regime


@attrs.frozen
class Format:
    """A format a log can be exported to."""

    name: str
    holds: str
    write: Callable[[RunLog, Path, Regime | None], int]
    """Writes a file and returns how many events it holds; takes the rules of the run where they are known."""
    needs_orders: bool
    """Whether it holds order events, which the log level `control` does not keep."""
    tells_rules: bool = False
    """Whether it says what the rules were."""


def _trades(log: RunLog, path: Path, _: Regime | None) -> int:
    return write_trades(log, path)


def _orders(log: RunLog, path: Path, _: Regime | None) -> int:
    return write_orders(log, path)


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format(
            "ocel",
            "events of onboarding and admission",
            write_ocel,
            needs_orders=False,
            tells_rules=True,
        ),
        Format("trades-csv", "trades", _trades, needs_orders=True),
        Format("orders-csv", "order events", _orders, needs_orders=True),
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
