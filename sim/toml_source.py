"""Read one TOML file into values and the lines of its keys, finding as much as possible at once.

`tomllib` stops at the first thing it cannot read. Two kinds of mistake need not hide the others, because
they spoil one line only: an impossible date (2023-06-31) is read as text, so that the scenario's own
check names its key; a line `key = value` that is not TOML is reported and left out.
"""

import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from sim.problems import Problem, dotted, shown
from sim.quantities import DURATION_UNITS, SHARE_UNITS
from sim.toml_lines import KeyPath, line_beyond, line_of, locate, syntax_problem

DEEPEST = 32
"""Most levels of tables and lists in one another; no file of ours has more than six."""
_TOO_DEEP = f"tables and lists are nested too deeply; expected at most {DEEPEST} levels"
_MAX_REPAIRS = 50
_LONGEST_QUANTITY = 60
_DATE_LIKE = re.compile(
    r"(?<![\w\"'.:-])\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{2}[\d:.]*\S*?)?(?=[\s,}\]]|$)"
)
_PAIR = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(\s*\.\s*[A-Za-z0-9_-]+)*\s*=[^\n]*")
_UNITS = "|".join((*SHARE_UNITS, *DURATION_UNITS))
_BARE_QUANTITY = re.compile(
    rf"=\s*([+-]?[\d,._]+\s*(?:{_UNITS})|[A-Z]{{3,5}}\s+[\d,._]+|\d{{1,2}}:\d{{2}})\s*(#.*)?$"
)

_TWICE = re.compile(r"Cannot (?:declare|redefine namespace|mutate immutable namespace) (\(.*\))")
_PLAIN_WORDS = {
    "Cannot overwrite a value": "the same key is already given above",
    "Illegal character '\\n'": "the text is not closed by a quote",
    "Expected newline or end of document after a statement": "unexpected text after the value",
    "Invalid value": "not a value; text needs quotes",
}


@attrs.frozen
class Source:
    """What one file says."""

    label: str
    """The file as problems name it."""
    folder: Path
    """Where the file lies; paths inside it are relative to this folder first."""
    document: dict[str, Any] = attrs.field(factory=dict)
    text: str = attrs.field(default="", repr=False)
    """What was parsed; lines that are not TOML are empty in it."""
    problems: tuple[Problem, ...] = ()
    unread: frozenset[str] = frozenset()
    """Keys whose lines were left out because they are not TOML."""
    readable: bool = True

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """Line of every key. Found when first asked for: most files are right and need none."""
        return locate(self.text)

    def line(self, path: KeyPath) -> int:
        """Line of a key, or of the nearest table around it."""
        return line_of(self.lines, path)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Say what is wrong at a key, or at the nearest table around it."""
        return Problem(self.label, self.line(path), dotted(path), message)


def read_source(path: Path) -> Source:
    """Read a file that exists; whatever is wrong with its text is in `problems`."""
    folder, label = path.parent, str(path)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        label = str(path.relative_to(Path.cwd()))
    try:
        raw = path.read_bytes()
    except OSError as error:
        problem = Problem(label, 0, "", f"cannot be read: {error.strerror or error}")
        return Source(label, folder, problems=(problem,), readable=False)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Problem(label, line, "", f"not UTF-8 text (byte {raw[error.start]:#04x})")
        return Source(label, folder, problems=(problem,), readable=False)
    return parse_source(text, label, folder)


def parse_source(text: str, label: str, folder: Path) -> Source:
    """Parse TOML text; `readable` is False when the text as a whole could not be understood."""
    problems: list[Problem] = []
    unread: set[str] = set()
    for _ in range(_MAX_REPAIRS):
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line, message = syntax_problem(error, text)
        except RecursionError:
            line, message = line_beyond(text, DEEPEST) or 1, _TOO_DEEP
        except ValueError:  # tomllib lets int() refuse numbers of thousands of digits
            line, message = _longest_number_line(text), "a number of thousands of digits"
        else:
            if depth(document) <= DEEPEST:
                return Source(label, folder, document, text, tuple(problems), frozenset(unread))
            # Whoever walks such a document would get lost in its depths.
            line, message = line_beyond(text, DEEPEST) or 1, _TOO_DEEP
        repaired = _quote_impossible_dates(text, line)
        if repaired is None:
            problems.append(Problem(label, line, "", _explained(message, text, line)))
            unread.update(re.findall(r"[A-Za-z0-9_-]+", _line_text(text, line).partition("=")[0]))
            repaired = _without_line(text, line)
        if repaired is None:
            break
        text = repaired
    return Source(label, folder, problems=tuple(problems), readable=False)


def _explained(message: str, text: str, line: int) -> str:
    if message == _TOO_DEEP:
        return message
    bare = _BARE_QUANTITY.search(_line_text(text, line))
    if bare:
        return f'not TOML: a quantity needs quotes: "{bare[1].strip()[:_LONGEST_QUANTITY]}"'
    twice = _TWICE.match(message)
    if twice:
        name = ".".join(re.findall(r"'([^']*)'", twice[1]))
        return f"not TOML: the table {shown(name)} is already given above"
    return f"not TOML: {_PLAIN_WORDS.get(message, message[:1].lower() + message[1:])}"


def _line_text(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1] if line <= len(lines) else ""


def _with_line(text: str, line: int, replacement: str) -> str:
    lines = text.split("\n")
    lines[line - 1] = replacement
    return "\n".join(lines)


def _quote_impossible_dates(text: str, line: int) -> str | None:
    """Put quotes around dates that no calendar has; None where the line holds none."""
    old = _line_text(text, line)
    new = _DATE_LIKE.sub(lambda match: match[0] if _is_date(match[0]) else f'"{match[0]}"', old)
    return None if new == old else _with_line(text, line, new)


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _without_line(text: str, line: int) -> str | None:
    """Leave out a line that holds one `key = value`, if the text before it is whole; else None.

    The second condition keeps one unclosed bracket from turning every later line into a problem.
    """
    before = "\n".join(text.split("\n")[: line - 1])
    try:
        tomllib.loads(before)
    except (ValueError, RecursionError):
        return None
    return _with_line(text, line, "") if _PAIR.fullmatch(_line_text(text, line)) else None


def depth(value: object) -> int:
    """Count the levels of tables and lists in one another; counts without recursion."""
    levels = 0
    level = [value]
    while level := [item for entry in level for item in _items(entry)]:
        levels += 1
    return levels


def _items(entry: object) -> Iterable[object]:
    if isinstance(entry, dict):
        return entry.values()
    return entry if isinstance(entry, list) else ()


def _longest_number_line(text: str) -> int:
    runs = [(len(run[0]), run.start()) for run in re.finditer(r"[\d_]+", text)]
    return text.count("\n", 0, max(runs)[1]) + 1 if runs else 1
