"""What is wrong with a file, in the one form a user sees: `file:line: path: what; did you mean ...?`."""

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches

import attrs

from sim.toml_lines import KeyPath

_BARE = re.compile(r"[A-Za-z0-9_/-]+")
_SHOWN_CHARACTERS = 80


@attrs.frozen
class Problem:
    """One thing that is wrong, and where."""

    file: str
    """The file as the user named it, or `--set 1` for the first setting of the command line."""
    line: int
    """Counted from 1; 0 where the problem is the file as a whole, or a setting."""
    path: str
    """Dotted path of the key, empty for the file as a whole."""
    message: str

    def __str__(self) -> str:
        """Write the problem on one line."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ScenarioErrors(ValueError):  # noqa: N818 - it carries every error of the files at once
    """Everything that is wrong with a scenario's files; `str()` gives one line a problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["ScenarioErrors"], tuple[tuple[Problem, ...]]]:
        """Keep the problems when a worker process hands the error back."""
        return type(self), (self.problems,)


def dotted(path: KeyPath) -> str:
    """Write a key path the way `--set` takes it: `world.listings[0].pair`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else json.dumps(part)
            text += f".{name}" if text else name
    return text


def shown(value: object) -> str:
    """Write a value of a file on one line, shortened where it is long."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int) and value.bit_length() > 256:
        text = f"a whole number of {value.bit_length()} bits"
    elif hasattr(value, "isoformat"):
        text = value.isoformat()
    elif isinstance(value, dict):
        text = "a table"
    elif isinstance(value, list):
        text = f"a list of {len(value)}"
    else:
        text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """Return the end of a message about an unknown name: the nearest known one, or all of them."""
    choices = list(known)
    near = nearest(name, choices)
    return f"; did you mean {near!r}?" if near else f"; {what}: {', '.join(choices) or 'none'}"


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known name most like the given one, if any is like it; case does not count."""
    by_folded = {choice.casefold(): choice for choice in known}
    matches = get_close_matches(name.casefold()[:200], by_folded, n=1, cutoff=likeness)
    return by_folded[matches[0]] if matches else None


__all__ = ["KeyPath", "Problem", "ScenarioErrors", "did_you_mean", "dotted", "nearest", "shown"]
