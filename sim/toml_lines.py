"""Find the line of every key in a TOML text, so that an error can say where it is.

`tomllib` returns plain values without positions. This module walks the same text once more and maps
each key path (table names, keys and list indices) to the line that introduces it. It checks nothing:
give it text that `tomllib` accepts.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")
_SYNTAX_POSITION = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


def locate(text: str) -> dict[KeyPath, int]:
    """Map each key path of a TOML text to its line, counted from 1.

    The path of the second `[[rule]]`'s `from` is `("rule", 1, "from")`. Tables, arrays of tables, dotted
    keys, inline tables and the elements of (multi-line) arrays all have an entry; a table that is
    opened in several places has the line of the first.

    Raises
    ------
    ValueError
        The text is not TOML.
    """
    return _Walk(text).document()


def line_beyond(text: str, levels: int) -> int | None:
    """Return the line of the first key or element that lies deeper than so many levels, or None.

    The text may be wrong behind that place: nothing there is looked at.

    Raises
    ------
    ValueError
        The text up to there is not TOML.
    """
    try:
        _Walk(text, levels).document()
    except BeyondError as beyond:
        return beyond.line
    return None


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a key path, or of the nearest table around it, or 1."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def syntax_problem(error: tomllib.TOMLDecodeError, text: str) -> tuple[int, str]:
    """Split what `tomllib` says about broken text into a line and a message without a position."""
    found = _SYNTAX_POSITION.search(str(error))
    if found is None:
        return 1, str(error)
    last = max(1, text.rstrip("\n").count("\n") + 1)
    return int(found[1] or last), str(error)[: found.start()]


class BeyondError(Exception):
    """A walk came to a place deeper than it should go."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Walk:
    """One pass over the text, as far as the first path of more steps than `levels`."""

    def __init__(self, text: str, levels: int | None = None) -> None:
        self.text = text
        self.levels = len(text) if levels is None else levels
        self.position = 0
        self.lines: dict[KeyPath, int] = {}
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._elements: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._skip()
        while self.position < len(self.text):
            if self._at("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self.lines

    def _header(self) -> KeyPath:
        line = self._line()
        brackets = 2 if self._at("[[") else 1
        self.position += brackets
        *parents, name = self._key()
        for _ in range(brackets):
            self._expect("]")
        path: KeyPath = ()
        for parent in parents:
            path = self._inside((*path, parent), line)
        path = (*path, name)
        self._note(path, line)
        if brackets == 2:
            index = self._elements.get(path, 0)
            self._elements[path] = index + 1
            path = (*path, index)
            self._note(path, line)
        return path

    def _inside(self, path: KeyPath, line: int) -> KeyPath:
        """Step into a table, or into the last element of an array of tables."""
        self._note(path, line)
        return (*path, self._elements[path] - 1) if path in self._elements else path

    def _note(self, path: KeyPath, line: int) -> None:
        """Remember where a path was first seen."""
        if len(path) > self.levels:
            raise BeyondError(line)
        self.lines.setdefault(path, line)

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self._expect("=")
        self._value(path)

    def _key(self) -> list[str]:
        parts = [self._key_part()]
        while self._at("."):
            self.position += 1
            parts.append(self._key_part())
        return parts

    def _key_part(self) -> str:
        self._skip()
        if self._at('"', "'"):
            quoted = self._take(_STRING, "a key")
            part: str = tomllib.loads(f"key = {quoted}")["key"]
        else:
            part = self._take(_BARE_KEY, "a key")
        self._skip()
        return part

    def _value(self, path: KeyPath) -> None:
        self._skip()
        if self._at("["):
            self._array(path)
        elif self._at("{"):
            self._inline_table(path)
        elif self._at('"', "'"):
            self._take(_STRING, "a string")
        else:
            self._take(_SCALAR, "a value")

    def _array(self, path: KeyPath) -> None:
        self._expect("[")
        index = 0
        while not self._at("]"):
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1
            self._separator("]")
        self._expect("]")

    def _inline_table(self, path: KeyPath) -> None:
        self._expect("{")
        while not self._at("}"):
            self._pair(path)
            self._separator("}")
        self._expect("}")

    def _separator(self, closing: str) -> None:
        self._skip()
        if not self._at(closing):
            self._expect(",")

    def _at(self, *starts: str) -> bool:
        return self.text.startswith(starts, self.position)

    def _skip(self) -> None:
        blank = _BLANK.match(self.text, self.position)
        self.position = blank.end() if blank else self.position

    def _expect(self, symbol: str) -> None:
        self._skip()
        if not self._at(symbol):
            raise ValueError(f"line {self._line()}: expected {symbol!r}")
        self.position += len(symbol)
        if symbol in "[{,":
            self._skip()

    def _take(self, pattern: re.Pattern[str], what: str) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            raise ValueError(f"line {self._line()}: expected {what}")
        self.position = match.end()
        return match[0]

    def _line(self) -> int:
        return bisect_left(self._newlines, self.position) + 1
