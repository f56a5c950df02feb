"""How results look: a console that respects pipes, terminals and NO_COLOR."""

import os
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from sim.cli.streams import naming

PIPE_WIDTH = 160
"""Columns of a table in a pipe or a file, where no terminal sets a width."""


class PlainConsole(Console):
    """A console that prints text as it is, and leaves it to the caller when a pipe is closed."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        # Names, paths and citations hold brackets and colons: nothing in them is markup.
        super().__init__(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as Rich does; an error names the stream."""
        with naming("standard error" if self.stderr else "standard output"):
            super().print(*objects, **options)

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
