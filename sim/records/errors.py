"""What is wrong with a file of records, in the form a user sees."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from sim import problems

_MOST_SHOWN = 10


class RecordError(ValueError):
    """A file of records cannot be read; `str()` gives one line a problem, with the place of each."""

    def __init__(self, text: str, problems: Iterable[tuple[int, str]] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)
        """Messages of the file, counted from 0, and what is wrong with each."""


@attrs.frozen
class Source:
    """A file and how its messages are counted."""

    path: Path
    first_line: int | None = None
    """Line of the first message in a text file; None where messages are rows, counted from 1."""

    def place(self, message: int) -> str:
        """Say where a message is, counted from 0: `file:line`, or `file: row 7`."""
        if self.first_line is None:
            return f"{self.path}: row {message + 1:,}"
        return f"{self.path}:{self.first_line + message}"

    def refuse(self, problems: Iterable[tuple[int, str]]) -> None:
        """Raise for the problems, if there are any, the first of them with their places.

        Parameters
        ----------
        problems
            Message, counted from 0, and what is wrong with it.

        Raises
        ------
        RecordError
            There is a problem.
        """
        found = sorted(problems)
        if not found:
            return
        lines = [f"{self.place(message)}: {what}" for message, what in found[:_MOST_SHOWN]]
        if len(found) > _MOST_SHOWN:
            lines.append(f"{self.path}: {len(found) - _MOST_SHOWN:,} more problems like these")
        raise RecordError("\n".join(lines), found)

    @contextmanager
    def gather(self, problems: list[tuple[int, str]]) -> Iterator[None]:
        """Put aside what is wrong with messages, so that the rest of the file can be looked at as well."""
        try:
            yield
        except RecordError as error:
            if not error.problems:
                raise
            problems += error.problems


def did_you_mean(word: str, choices: Sequence[str], what: str) -> str:
    """Return `did you mean 'x'?`, or the choices where none is near."""
    return problems.did_you_mean(word, choices, what).removeprefix("; ")
