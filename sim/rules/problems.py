"""What is wrong with a rule file, said so that its writer can mend it."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import attrs

from sim.toml_lines import KeyPath, line_of


@attrs.frozen(order=True)
class Problem:
    """One mistake and its place; `file` is empty and `line` 0 where the input was not a file."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Write the problem as `file:line: path: what is wrong`."""
        place = f"{self.file}:{self.line}: " if self.file else ""
        return f"{place}{self.path}: {self.message}" if self.path else f"{place}{self.message}"


class RuleErrors(Exception):  # noqa: N818 - it carries all errors, not one
    """Every problem found in a regime or in changes to it, in the order of the files' lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["RuleErrors"], tuple[tuple[Problem, ...]]]:
        """Keep the problems when a worker process hands the error back."""
        return type(self), (self.problems,)


@attrs.define
class SourceFile:
    """A TOML file being read: where its keys are and what was wrong so far."""

    name: str
    lines: Mapping[KeyPath, int]
    problems: list[Problem]

    def report(self, path: KeyPath, message: str) -> None:
        """Note a problem at the line of a key (or of the nearest table around it)."""
        line = line_of(self.lines, path)
        self.problems.append(Problem(self.name, line, format_path(path), message))

    def place(self, path: KeyPath) -> str:
        """Return `file:line` of a key."""
        return f"{self.name}:{line_of(self.lines, path)}"


def format_path(path: KeyPath) -> str:
    """Write a key path as people do: `rule[2].value[0].from`, list indices from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or nothing where no choice is near."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def not_among(word: object, choices: Iterable[str]) -> str:
    """Say that a word is not among the choices, and which one may have been meant."""
    choices = list(choices)
    hint = did_you_mean(word, choices) if isinstance(word, str) else ""
    return f"expected one of {', '.join(choices)}, got {word!r}{hint}"
