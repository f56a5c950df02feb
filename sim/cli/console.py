"""How results look: a console that respects pipes, narrow terminals and NO_COLOR; figures and tables."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from analysis import Outcome

PIPE_WIDTH = 160
"""Columns of a table in a pipe or a file, where no terminal sets a width."""


class PlainConsole(Console):
    """A console that prints text as it is, and leaves it to the caller when a pipe is closed."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        # Names, paths and citations hold brackets and colons: nothing in them is markup.
        super().__init__(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Let the command end; Rich would end the process with exit code 1."""
        raise BrokenPipeError

    def say(self, text: str | Text, style: str | None = None) -> None:
        """Print a line of text: wrapped in a terminal, whole in a pipe."""
        self.print(text, style=style, soft_wrap=not self.is_terminal)


def output() -> PlainConsole:
    """Return the console for results."""
    fixed = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return PlainConsole(width=PIPE_WIDTH if fixed else None)


def messages() -> PlainConsole:
    """Return the console for progress and remarks, on standard error."""
    return PlainConsole(stderr=True)


def remark(text: str) -> None:
    """Print a remark on standard error."""
    messages().say(text, style="yellow")


def bold(text: str) -> Text:
    """Return text in bold."""
    return Text(text, style="bold")


def number(value: float | None) -> str:
    """Write a number for reading: thousands separated, four significant digits below a thousand."""
    if value is None:
        return "-"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval, or a dash where none is defined."""
    return "-" if low is None or high is None else f"{number(low)} to {number(high)}"


def table(columns: dict[str, str]) -> Table:
    """Return an empty table of these columns, each `left` or `right` aligned, or `id` (never wrapped)."""
    empty = Table(show_edge=False, pad_edge=False)
    for name, kind in columns.items():
        empty.add_column(
            name,
            justify="right" if kind == "right" else "left",
            no_wrap=kind == "id",
            overflow="fold",
        )
    return empty


def outcome_table(outcomes: "Iterable[Outcome]") -> Table:
    """Lay out the outcomes of one run, a section per family."""
    rows = table(
        {"measure": "left", "value": "right", "95 % within this run": "right", "unit": "left"}
    )
    family = ""
    for outcome in outcomes:
        if outcome.family != family:
            family = outcome.family
            start_section(rows, family)
        rows.add_row(
            outcome.name,
            number(outcome.value),
            interval(outcome.low, outcome.high),
            outcome.unit,
        )
    return rows


def start_section(rows: Table, name: str) -> None:
    """Begin a section of a table with its name."""
    if rows.row_count:
        rows.add_section()
    rows.add_row(bold(name.replace("_", " ")))
