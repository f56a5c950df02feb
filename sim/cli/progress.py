"""Progress on standard error, in a terminal only: a bar with the time left, or a spinner."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sim.cli.console import messages

Update = Callable[[float, str], None]
"""Called with how much is done and a remark."""


@contextmanager
def progress(title: str, total: float = 1.0, remark: str = "") -> Iterator[Update]:
    """Show a progress bar with the time left while the block runs; yields `update(done, remark)`."""
    # Imported here, because the help of a command needs none of it.
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = messages()
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TimeElapsedColumn(),
        TextColumn("left", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=total, remark=remark)

        def update(done: float, remark: str) -> None:
            bar.update(task, completed=done, remark=remark)

        yield update


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show a spinner while the block runs, where it cannot be said how long it takes."""
    console = messages()
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what}…"):
        yield
