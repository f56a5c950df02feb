"""What is wrong with rule files, said so that their writer can mend it."""

from collections.abc import Iterable

import attrs

from sim.problems import Problem, did_you_mean, shown
from sim.toml_lines import KeyPath
from sim.toml_source import Source


class RuleErrors(Exception):  # noqa: N818 - it carries all errors, not one
    """Every problem found in a regime or in changes to it, in the order of the files' lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["RuleErrors"], tuple[tuple[Problem, ...]]]:
        """Keep the problems when a worker process hands the error back."""
        return type(self), (self.problems,)


@attrs.define
class RuleFile:
    """A rule file being read: what it says and what was wrong with it so far."""

    source: Source
    problems: list[Problem]

    def report(self, path: KeyPath, message: str) -> None:
        """Note a problem at the line of a key (or of the nearest table around it)."""
        self.problems.append(self.source.problem(path, message))

    def place(self, path: KeyPath) -> str:
        """Return `file:line` of a key."""
        return f"{self.source.label}:{self.source.line(path)}"


def not_among(word: object, choices: Iterable[str]) -> str:
    """Say that a word is not among the choices, and which one may have been meant."""
    choices = list(choices)
    hint = did_you_mean(word, choices) if isinstance(word, str) else ""
    return f"expected one of {', '.join(choices)}, got {shown(word)}{hint}"
