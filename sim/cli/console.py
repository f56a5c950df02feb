"""What the commands share: a console that respects pipes and NO_COLOR, progress, tables of outcomes."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analysis import Outcome

PIPE_WIDTH = 160


def output() -> Console:
    """Return the console for results; in a pipe it is wide and plain, so that nothing is cut."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def messages() -> Console:
    """Return the console for progress and remarks, on standard error."""
    return Console(stderr=True)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


@contextmanager
def progress(title: str, total: float = 1.0) -> "Iterator[Callable[[float, str], None]]":
    """Show a progress bar with time left; yields `update(done, remark)`."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}"),
        console=messages(),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=total, remark="")

        def update(done: float, remark: str = "") -> None:
            bar.update(task, completed=done, remark=remark)

        yield update


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


def outcome_table(outcomes: "Iterable[Outcome]", title: str) -> Table:
    """Lay out the outcomes of one run, a section per family."""
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("measure", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("95 % within this run", justify="right")
    table.add_column("unit")
    family = ""
    for outcome in outcomes:
        if outcome.family != family:
            if family:
                table.add_section()
            family = outcome.family
            table.add_row(f"[bold]{family.replace('_', ' ')}[/bold]", "", "", "")
        table.add_row(outcome.name, number(outcome.value), interval(outcome.low, outcome.high), outcome.unit)
    return table
