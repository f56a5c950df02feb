"""Read one TOML table key by key, noting every mistake at its line."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sim.problems import did_you_mean, shown
from sim.quantities import QuantityError
from sim.rules.problems import RuleFile, not_among
from sim.toml_lines import KeyPath

T = TypeVar("T")


class TableReader:
    """Takes the keys of a table; `finish` reports those that nobody took.

    Every method returns a value of the right type even after a mistake, so that reading goes on to the
    next one; `sound` says whether anything was wrong in this table.
    """

    def __init__(self, table: object, path: KeyPath, file: RuleFile) -> None:
        self.path = path
        self.file = file
        self.sound = True
        self._known: list[str] = []
        self._table: Mapping[str, Any] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            self.report((), f"expected a table, got {shown(table)}")

    def report(self, key: tuple[str | int, ...], message: str) -> None:
        """Note a problem at a key of this table, or at the table itself."""
        self.sound = False
        self.file.report((*self.path, *key), message)

    def ignore(self, key: str) -> None:
        """Leave a key alone that cannot be judged after an earlier mistake."""
        self._take(key, required=False)

    def text(self, key: str, *, required: bool = True) -> str:
        """Take a non-empty text, or an empty one where an optional key is missing."""
        value = self._take(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.report((key,), f"expected text, got {shown(value)}")
            return ""
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Take one of several words."""
        value = self._take(key, required=True)
        if value is not None and value not in choices:
            self.report((key,), not_among(value, choices))
        return value if isinstance(value, str) else ""

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Take a list of texts."""
        value = self._take(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.report((key,), f"expected a list of texts, got {shown(value)}")
            return ()
        for place, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self.report((key, place), f"expected text, got {shown(item)}")
        return tuple(str(item) for item in value)

    def tables(self, key: str) -> list[Any]:
        """Take a list of tables; missing is empty."""
        value = self._take(key, required=False)
        if value is None:
            return []
        if not isinstance(value, list):
            name = ".".join(part for part in (*self.path, key) if isinstance(part, str))
            self.report((key,), f"expected [[{name}]] tables, got {shown(value)}")
            return []
        return value

    def day(self, key: str) -> date | None:
        """Take an optional date without a time of day."""
        value = self._take(key, required=False)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.report((key,), f"expected a date such as 2023-06-01, got {shown(value)}")
            return None
        return value

    def quantity(
        self, key: str, parse: Callable[[object], T], *, required: bool = True
    ) -> T | None:
        """Take a value through a parser of `sim.quantities`; None after a mistake."""
        value = self._take(key, required=required)
        if value is None:
            return None
        try:
            return parse(value)
        except QuantityError as error:
            self.report((key,), str(error))
            return None

    def finish(self) -> None:
        """Report the keys that are not part of the format."""
        for key in self._table:
            if key not in self._known:
                self.report((key,), f"unknown key {shown(key)}{did_you_mean(key, self._known)}")

    def _take(self, key: str, *, required: bool) -> Any:
        self._known.append(key)
        # A key whose line is not TOML is spoilt, not missing.
        if required and key not in self._table and key not in self.file.source.unread:
            self.report((), f"missing key {key!r}")
        return self._table.get(key)
