"""Tables that fit the terminal: figures and names are never cut in two; where it is too narrow, a list."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import attrs
from rich import box
from rich.table import Table

from sim.cli.console import PlainConsole, bold
from sim.units import ASSETS

if TYPE_CHECKING:
    from analysis import Outcome

NOTHING = "-"
"""Shown for a figure that is not defined."""
_GAP = 2
_LONGEST_WORD = 24
"""A word longer than this may be cut where the terminal is narrow."""

Row = tuple[str, ...]
Sections = Mapping[str, Sequence[Row]]
"""Rows by the name of their section, in order; an empty name is not shown."""


@attrs.frozen
class Column:
    """A column of a table."""

    name: str
    right: bool = False
    """Figures stand to the right."""
    wraps: bool = False
    """Whether a cell may take several lines; it is broken between words."""

    def least(self, cells: Sequence[str]) -> int:
        """Return the width below which something would be cut."""
        if not self.wraps:
            return self.natural(cells)
        words = (word for cell in (self.name, *cells) for word in cell.split())
        return min(max(map(len, words), default=1), _LONGEST_WORD)

    def natural(self, cells: Sequence[str]) -> int:
        """Return the width at which every cell takes one line."""
        return max(map(len, (self.name, *cells)))


def print_table(console: PlainConsole, columns: Sequence[Column], sections: Sections) -> None:
    """Print rows as a table, or as a list where the console is too narrow for the table."""
    widths = _widths(columns, sections, console.width)
    if widths is None:
        _print_list(console, columns, sections)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            column.name,
            justify="right" if column.right else "left",
            width=width,
            overflow="fold",
        )
    for name, rows in sections.items():
        table.add_section()
        if name:
            table.add_row(bold(name.replace("_", " ")))
        for row in rows:
            table.add_row(*row)
    console.print(table)


def _widths(
    columns: Sequence[Column], sections: Sections, available: int
) -> tuple[int, ...] | None:
    """Share out the width: each column its least, then what is left to those that wish for more."""
    rows = [row for rows in sections.values() for row in rows]
    cells = [[row[place] for row in rows] for place in range(len(columns))]
    widths = [column.least(found) for column, found in zip(columns, cells, strict=True)]
    # A section's name stands in the first column.
    widths[0] = max(widths[0], *map(len, sections), 1)
    spare = available - sum(widths) - _GAP * (len(columns) - 1)
    if spare < 0:
        return None
    wishes = {
        place: column.natural(found) - widths[place]
        for place, (column, found) in enumerate(zip(columns, cells, strict=True))
    }
    # The most modest wish first: what it leaves over is shared by the others.
    for served, place in enumerate(sorted(wishes, key=wishes.__getitem__)):
        more = max(min(wishes[place], spare // (len(wishes) - served)), 0)
        widths[place] += more
        spare -= more
    return tuple(widths)


def _print_list(console: PlainConsole, columns: Sequence[Column], sections: Sections) -> None:
    """Print each row as its first cell and, below it, the others with the names of their columns."""
    for name, rows in sections.items():
        if name:
            console.say(bold(name.replace("_", " ")))
        for row in rows:
            console.say(row[0])
            others = (
                f"{column.name} {cell}"
                for column, cell in zip(columns[1:], row[1:], strict=True)
                if cell not in {"", NOTHING}
            )
            width = max(console.width - 4, 20)
            for line in wrap("; ".join(others), width, break_on_hyphens=False):
                console.say(f"    {line}")


def number(value: float | None) -> str:
    """Write a number for reading: thousands separated, four significant digits below a thousand."""
    if value is None:
        return NOTHING
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval, or a dash where none is defined."""
    return NOTHING if low is None or high is None else f"{number(low)} to {number(high)}"


OUTCOME_COLUMNS = (
    Column("measure"),
    Column("value", right=True),
    Column("95 % within this run", right=True, wraps=True),
    Column("unit", wraps=True),
)


def outcome_sections(outcomes: "Sequence[Outcome]") -> dict[str, list[Row]]:
    """Lay out the outcomes of one run, a section per family."""
    sections: dict[str, list[Row]] = {}
    for found in outcomes:
        sections.setdefault(found.family, []).append(
            (found.name, number(found.value), interval(found.low, found.high), found.unit)
        )
    return sections


def amount(code: str, amount_minor: int) -> str:
    """Show an amount of minor units in whole units of its asset."""
    return f"{ASSETS[code].decimal(amount_minor):,f}" if amount_minor else "0"


def words(name: str) -> str:
    """Show the name of a code in words."""
    return name.lower().replace("_", " ")
