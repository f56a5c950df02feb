"""`check`: say what is wrong with any of the project's TOML files, each on its own."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.problems import Problem
from sim.rules import RuleErrors, load_regime
from sim.scenario.files import exists, find_file, shipped
from sim.scenario.loader import check_merged, in_order, lay_file
from sim.scenario.merge import Merged
from sim.toml_source import Source, read_source


def check(paths: Iterable[str | Path]) -> tuple[Problem, ...]:
    """Check scenarios, overlays, rule files and folders of rules; return every problem found.

    A file with `[[rule]]` (or `[[document]]`) tables holds rules; one with a name, a horizon and a world is
    a scenario; any other is an overlay, which may leave out whatever it does not change.
    """
    return tuple(problem for path in paths for problem in _check_one(path))


def _check_one(name: str | Path) -> list[Problem]:
    path = Path(name)
    folder = path if exists(path) and path.is_dir() else shipped(path.as_posix())
    if folder is not None and folder.is_dir():
        return _check_rules(folder)
    merged = Merged()
    found = find_file(name)
    if found is not None and _holds_rules(read_source(found)):
        return _check_rules(found)
    if lay_file(merged, name) is not None:
        check_merged(merged, partial=not is_whole(merged.document))
    return in_order(merged)


def is_whole(document: Mapping[str, Any]) -> bool:
    """Whether a document is meant as a whole scenario rather than as an overlay."""
    world = document.get("world")
    named = "name" in document or (isinstance(world, dict) and "listings" in world)
    return {"horizon", "world"} <= document.keys() and named


def _holds_rules(source: Source) -> bool:
    return any(isinstance(source.document.get(key), list) for key in ("rule", "document"))


def _check_rules(path: Path) -> list[Problem]:
    try:
        load_regime(path.resolve())
    except RuleErrors as errors:
        return list(errors.problems)
    return []
