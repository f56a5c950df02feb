"""`check`: say what is wrong with any of the project's TOML files, each on its own."""

from collections.abc import Iterable
from pathlib import Path

from sim.rules import RuleErrors, load_regime
from sim.scenario.files import find_file, missing, shipped
from sim.scenario.loader import check_merged, in_order
from sim.scenario.merge import Merged
from sim.scenario.problems import Problem
from sim.scenario.source import Source, read_source


def check(paths: Iterable[str | Path]) -> tuple[Problem, ...]:
    """Check scenarios, overlays, rule files and folders of rules; return every problem found.

    A file with `[[rule]]` (or `[[document]]`) tables holds rules; one with a horizon is a scenario; any
    other is an overlay, which may leave out whatever it does not change.
    """
    return tuple(problem for path in paths for problem in _check_one(path))


def _check_one(name: str | Path) -> list[Problem]:
    path = Path(name)
    folder = path if path.is_dir() else shipped(path.as_posix())
    if folder is not None and folder.is_dir():
        return _check_rules(folder)
    found = find_file(name)
    if found is None:
        return [Problem(str(name), 0, "", missing(name))]
    source = read_source(found, str(found))
    if not source.readable:
        return in_order(source.problems, (source.label,))
    if _holds_rules(source):
        return _check_rules(found)
    merged = Merged()
    merged.lay_source(source)
    check_merged(merged, partial="horizon" not in source.document)
    return in_order(merged.problems, (source.label,))


def _holds_rules(source: Source) -> bool:
    return any(isinstance(source.document.get(key), list) for key in ("rule", "document"))


def _check_rules(path: Path) -> list[Problem]:
    try:
        load_regime(path.resolve())
    except RuleErrors as errors:
        return [
            Problem(problem.file, problem.line, problem.path, problem.message)
            for problem in errors.problems
        ]
    return []
