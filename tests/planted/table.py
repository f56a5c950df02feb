"""The table of planted faults in tests/README.md, made from the data."""

from collections.abc import Sequence
from pathlib import Path

from tests.planted.faults import ROOT, Fault, PlantingError

README = ROOT / "tests" / "README.md"
BEGINS = "<!-- python -m tests.planted --markdown: begin -->"
ENDS = "<!-- python -m tests.planted --markdown: end -->"


def markdown(faults: Sequence[Fault]) -> str:
    """Return the table as Markdown, one row a fault."""
    rows = [
        "| room | fault | what goes wrong | trace in the log | caught by |",
        "|---|---|---|---|---|",
    ]
    for fault in faults:
        trace = "yes" if fault.trace else "no"
        caught = "; ".join(caught_by(fault))
        rows.append(f"| {fault.room} | {fault.name} | {fault.wrong} | {trace} | {caught} |")
    return "\n".join(rows)


def caught_by(fault: Fault) -> list[str]:
    """Say who catches a fault: promises of the audit, other readers of the log, the run itself, tests."""
    found = [f"audit `{name}`" for name in fault.promises]
    found += [f"`vatp log {name}`" for name in fault.checks]
    if fault.stops:
        found.append("the run stops itself")
    return [*found, *(f"`{_short(node)}`" for node in fault.tests)]


def _short(node: str) -> str:
    """Name a test by its folder's file and its function."""
    file, _, function = node.partition("::")
    return f"{Path(file).stem}::{function}"


def in_readme(text: str, table: str) -> str:
    """Return the README's text with the table between its marks.

    Raises
    ------
    PlantingError
        The marks are not there.
    """
    before, begins, rest = text.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    if not begins or not ends:
        raise PlantingError(f"{README} has no place for the table, between {BEGINS} and {ENDS}")
    return f"{before}{BEGINS}\n{table}\n{ENDS}{after}"
