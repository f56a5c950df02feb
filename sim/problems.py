"""What is wrong with a file, in the one form a user sees: `file:line: path: what; did you mean ...?`."""

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches

import attrs

from sim.toml_lines import KeyPath

_BARE = re.compile(r"[A-Za-z0-9_/-]+")
_SHOWN_CHARACTERS = 80
_LIKENESS = 0.6
_COMPARED_CHARACTERS = 200


@attrs.frozen(order=True)
class Problem:
    """One thing that is wrong, and where; problems sort by file and line."""

    file: str
    """The file as the user named it, or `--set 1` for the first setting of the command line."""
    line: int
    """Counted from 1; 0 where there is no line: a file that is not there, a setting."""
    path: str
    """Dotted path of the key, empty for the file as a whole."""
    message: str

    def __str__(self) -> str:
        """Write the problem on one line."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


def dotted(path: KeyPath) -> str:
    """Write a key path the way `--set` takes it: `world.listings[0].pair`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else json.dumps(part)
            text += f".{_shortened(name)}" if text else _shortened(name)
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
        text = "nothing" if value is None else repr(value)
    return _shortened(text)


def did_you_mean(name: str, known: Iterable[str], what: str = "") -> str:
    """Return the end of a message about an unknown name.

    It proposes the nearest known one. Where none is near it lists them all as `what`, or says nothing
    without a word for them.
    """
    choices = list(known)
    near = nearest(name, choices)
    if near:
        return f"; did you mean {near!r}?"
    return f"; {what}: {', '.join(choices) or 'none'}" if what else ""


def nearest(name: str, known: Iterable[str], likeness: float = _LIKENESS) -> str | None:
    """Return the known name most like the given one, if any is like it; case does not count."""
    by_folded = {choice.casefold(): choice for choice in known}
    wanted = name.casefold()[:_COMPARED_CHARACTERS]
    matches = get_close_matches(wanted, by_folded, n=1, cutoff=likeness)
    return by_folded[matches[0]] if matches else None


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."
