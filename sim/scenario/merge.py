"""Lay overlays and settings over a scenario, remembering which file wrote each value.

Tables merge key by key; `rules.changes` grows; any other value replaces the one below it. The later
layer wins. Where two *overlays* disagree on a value, a note names both, because neither was written with
the other in mind; replacing a value of the scenario itself is what an overlay is for and needs no note.
"""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import attrs

from sim.problems import Problem, dotted, shown
from sim.quantities import parse_instant
from sim.scenario.settings import Setting
from sim.toml_lines import KeyPath
from sim.toml_source import Source

CHANGES: KeyPath = ("rules", "changes")
_LABELS: tuple[KeyPath, ...] = (("name",), ("description",))
"""Every file may carry its own; they say nothing about the simulated world."""


@attrs.frozen
class Origin:
    """Where a value was written."""

    layer: int
    """0 is the scenario, then overlays in order, then settings."""
    file: str
    line: int
    folder: Path | None
    """Folder of the file; None for a setting of the command line."""

    @property
    def name(self) -> str:
        """Name of the file without its folder: notes are kept with a run, wherever its files lay."""
        return Path(self.file).name


@attrs.define
class Merged:
    """The document that the layers make together."""

    document: dict[str, Any] = attrs.field(factory=dict)
    origins: dict[KeyPath, Origin] = attrs.field(factory=dict)
    problems: list[Problem] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    unread: set[str] = attrs.field(factory=set)
    """Keys that some file gives in a line that is not TOML: they are spoilt, not missing."""
    files: list[str] = attrs.field(factory=list)
    """Every file asked for, by the name that problems give it, in order."""
    layers: int = 0

    def origin(self, path: KeyPath) -> Origin:
        """Return where the value at a path, or the nearest table around it, was written."""
        return next(
            self.origins[path[:end]]
            for end in range(len(path), -1, -1)
            if path[:end] in self.origins
        )

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Say what is wrong with the value at a path, naming the file that wrote it."""
        origin = self.origin(path)
        return Problem(origin.file, origin.line, dotted(path), message)

    def lay_source(self, source: Source) -> None:
        """Lay a file over what is there."""
        layer, self.layers = self.layers, self.layers + 1

        def written(path: KeyPath) -> Origin:
            return Origin(layer, source.label, source.line(path) if path else 1, source.folder)

        self.problems += source.problems
        self.unread |= source.unread
        self.origins.setdefault((), written(()))
        self._lay_table(self.document, source.document, (), written)

    def lay_setting(self, setting: Setting) -> None:
        """Lay one setting of the command line over what is there."""
        layer, self.layers = self.layers, self.layers + 1
        origin = Origin(layer, setting.label, 0, None)
        self.origins.setdefault((), origin)
        place: Any = self.document
        path: KeyPath = ()
        for depth, part in enumerate(setting.path, 1):
            last = depth == len(setting.path)
            if isinstance(place, dict):
                if last:
                    self._lay_table(place, {part: setting.value}, path, lambda _: origin)
                    return
                path = (*path, part)
                self.origins.setdefault(path, origin)
                place = place.setdefault(part, {})
            else:
                index = self._position(place, part, path, setting)
                if index is None:
                    return
                path = (*path, index)
                if last:
                    self._replace(place, index, setting.value, path, lambda _: origin)
                    return
                place = place[index]

    def _position(self, place: Any, part: str, path: KeyPath, setting: Setting) -> int | None:
        """Read a key of a setting's path as a place in a list; None, with a problem, if it is not."""
        if not isinstance(place, list):
            message = f"{dotted(path)} is {shown(place)}, which has no keys"
        elif not (part.isascii() and part.isdigit()):
            message = f"{dotted(path)} is a list: expected a position counted from 0, got {part!r}"
        elif len(part) > 9 or int(part) >= len(place):
            message = f"{dotted(path)} has {len(place)} entries, counted from 0"
        else:
            return int(part)
        self.problems.append(Problem(setting.label, 0, dotted(setting.path), message))
        return None

    def _lay_table(
        self,
        target: dict[str, Any],
        table: dict[str, Any],
        path: KeyPath,
        written: Callable[[KeyPath], Origin],
    ) -> None:
        for key, value in table.items():
            here = (*path, key)
            below = target.get(key)
            if isinstance(value, dict) and isinstance(below, dict):
                self.origins.setdefault(here, written(here))
                self._lay_table(below, value, here, written)
            elif here == CHANGES and isinstance(value, list) and isinstance(below, list):
                for index, change in enumerate(value):
                    self._record((*here, len(below)), (*here, index), change, written)
                    below.append(deepcopy(change))
            else:
                self._replace(target, key, value, here, written)

    def _replace(
        self, target: Any, key: Any, value: Any, path: KeyPath, written: Callable[[KeyPath], Origin]
    ) -> None:
        old = self.origins.get(path)
        new = written(path)
        if old is not None and old.layer > 0 and target[key] != value and path not in _LABELS:
            self.notes.append(
                f"{dotted(path)}: {new.name} gives {shown(value)} and replaces {shown(target[key])}"
                f" of {old.name}"
            )
        for known in [known for known in self.origins if known[: len(path)] == path]:
            del self.origins[known]
        self._record(path, path, value, written)
        target[key] = deepcopy(value)

    def _record(
        self, path: KeyPath, source: KeyPath, value: Any, written: Callable[[KeyPath], Origin]
    ) -> None:
        """Note who wrote a value and everything in it; `source` is its path in its own file."""
        self.origins[path] = written(source)
        children: Any = ()
        if isinstance(value, dict):
            children = value.items()
        elif isinstance(value, list):
            children = enumerate(value)
        for key, child in children:
            self._record((*path, key), (*source, key), child, written)


def settle_changes(merged: Merged) -> None:
    """Drop the changes of rules that a later one makes void, because it starts no later.

    One file that changes a rule twice from the same date contradicts itself, which is a problem.
    """
    rules = merged.document.get("rules")
    changes = rules.get("changes") if isinstance(rules, dict) else None
    if not isinstance(rules, dict) or not isinstance(changes, list):
        return
    standing: dict[str, list[int]] = {}
    contradictions: set[int] = set()
    for index, change in enumerate(changes):
        if not _has_id(change):
            continue
        before = standing.get(change["id"], [])
        twice = next((e for e in before if _same_layer_and_start(merged, changes, index, e)), None)
        if twice is not None:
            place = f" (line {line})" if (line := merged.origin((*CHANGES, twice)).line) else ""
            message = f"{change['id']} is changed twice from the same date{place}"
            merged.problems.append(merged.problem((*CHANGES, index), message))
            contradictions.add(index)
            continue
        void = [earlier for earlier in before if _makes_void(merged, changes, index, earlier)]
        standing[change["id"]] = [other for other in before if other not in void] + [index]
    kept = contradictions.union(*standing.values())
    unnamed = {index for index, change in enumerate(changes) if not _has_id(change)}
    if len(kept | unnamed) < len(changes):
        _keep(merged, rules, sorted(kept | unnamed))


def _has_id(change: object) -> bool:
    return isinstance(change, dict) and isinstance(change.get("id"), str)


def _makes_void(merged: Merged, changes: list[Any], later: int, earlier: int) -> bool:
    """Whether a change leaves nothing of an earlier one; says so where that may surprise."""
    old, new = merged.origin((*CHANGES, earlier)), merged.origin((*CHANGES, later))
    old_start, new_start = _starts(merged, changes, earlier, later)
    same_start = old_start == new_start
    if not same_start and not (
        isinstance(old_start, int) and isinstance(new_start, int) and new_start < old_start
    ):
        return False
    identifier = changes[later]["id"]
    values = changes[earlier].get("value"), changes[later].get("value")
    if values[0] != values[1] and (old.layer > 0 or not same_start):
        since = "" if same_start else ", from an earlier date,"
        merged.notes.append(
            f"rule {identifier}: {new.name} gives {shown(values[1])}{since} and replaces"
            f" {shown(values[0])} of {old.name}"
        )
    return True


def _same_layer_and_start(merged: Merged, changes: list[Any], later: int, earlier: int) -> bool:
    """Whether two changes of a rule are in one file and begin at one instant."""
    old, new = merged.origin((*CHANGES, earlier)), merged.origin((*CHANGES, later))
    old_start, new_start = _starts(merged, changes, earlier, later)
    return old.layer == new.layer and old_start == new_start


def _starts(merged: Merged, changes: list[Any], earlier: int, later: int) -> tuple[object, object]:
    default = _run_start(merged)
    old, new = (_start(changes[index].get("start", default)) for index in (earlier, later))
    return old, new


def _run_start(merged: Merged) -> object:
    horizon = merged.document.get("horizon")
    return horizon.get("start") if isinstance(horizon, dict) else None


def _start(value: object) -> object:
    """Bring a date in any of its spellings to one value to compare by."""
    try:
        return parse_instant(value)
    except ValueError:
        return repr(value)


def _keep(merged: Merged, rules: dict[str, Any], kept: list[int]) -> None:
    place = {old: new for new, old in enumerate(kept)}
    depth = len(CHANGES)
    inside = [path for path in merged.origins if path[:depth] == CHANGES and len(path) > depth]
    old = {path: merged.origins.pop(path) for path in inside}
    for path, origin in old.items():
        index = path[depth]
        if isinstance(index, int) and index in place:
            merged.origins[*CHANGES, place[index], *path[depth + 1 :]] = origin
    rules["changes"] = [rules["changes"][index] for index in kept]
