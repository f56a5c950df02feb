"""`load_fork`: a scenario that was run, under rules that differ from an instant on and in nothing else."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.problems import Problem, dotted
from sim.quantities import parse_instant
from sim.scenario.loader import Loaded, lay_file, loaded_from
from sim.scenario.merge import CHANGES, Merged
from sim.scenario.settings import parse_setting
from sim.toml_lines import KeyPath
from sim.units import format_us, from_us

_FREE = {("name",), ("description",), ("measures",)}
"""What a fork may say besides its changes of rules: none of it reaches the simulated world."""


def load_fork(
    path: Path,
    at_us: int,
    *,
    overlays: Sequence[str | Path] = (),
    settings: Sequence[str] = (),
    base_overlays: Sequence[str | Path] = (),
    base_settings: Sequence[str] = (),
) -> Loaded:
    """Read the scenario of a run and lay the rules of a fork over it.

    Parameters
    ----------
    path
        The resolved scenario in the run's folder.
    at_us
        Instant of the fork. A change of a rule that names no date begins here.
    overlays, settings
        What the fork changes, as `sim.scenario.load` takes them.
    base_overlays, base_settings
        Overlays and settings that say where things are now (the price file) and count as the run's own.

    Raises
    ------
    ScenarioErrors
        What `load` finds, the instant lies outside the run, a change is dated before it, or something
        other than rules is changed.
    """
    merged = Merged()
    base = lay_file(merged, path)
    own = [lay_file(merged, name) for name in base_overlays]
    _lay_settings(merged, base_settings)
    own_layers = merged.layers
    laid = own + [lay_file(merged, name) for name in overlays]
    _lay_settings(merged, settings)
    if base is not None:
        merged.problems += _outside(merged, at_us)
        merged.problems += _other_changes(merged, own_layers)
        merged.problems += _date_changes(merged, own_layers, at_us)
    return loaded_from(merged, [base, *laid])


def _lay_settings(merged: Merged, settings: Sequence[str]) -> None:
    for number, text in enumerate(settings, 1):
        setting = parse_setting(text, number)
        if isinstance(setting, Problem):
            merged.problems.append(setting)
        else:
            merged.lay_setting(setting)


def _outside(merged: Merged, at_us: int) -> Iterator[Problem]:
    horizon = merged.document.get("horizon", {})
    start_us, end_us = (_instant(horizon.get(key)) for key in ("start", "end"))
    if start_us is not None and end_us is not None and not start_us < at_us < end_us:
        yield Problem(
            "--at",
            0,
            "",
            f"{format_us(at_us)} is not inside the run, which goes from {format_us(start_us)}"
            f" to {format_us(end_us)}",
        )


def _other_changes(merged: Merged, own_layers: int) -> list[Problem]:
    """Refuse what would make the past another one: each table or value once, not all that is in it."""
    refused: list[KeyPath] = []
    for path, origin in sorted(merged.origins.items(), key=lambda item: len(item[0])):
        if origin.layer < own_layers or not path or path[:2] == CHANGES or path[:1] in _FREE:
            continue
        if isinstance(_value(merged.document, path), dict):
            continue
        if not any(path[: len(above)] == above for above in refused):
            refused.append(path)
    return [
        merged.problem(
            path,
            f"a fork may change rules only; another {dotted(path)} would change its past too",
        )
        for path in refused
    ]


def _date_changes(merged: Merged, own_layers: int, at_us: int) -> list[Problem]:
    """Let changes without a date begin at the fork; refuse those that begin before."""
    found = []
    changes = _value(merged.document, CHANGES)
    for place, change in enumerate(changes if isinstance(changes, list) else ()):
        path = (*CHANGES, place)
        if merged.origin(path).layer < own_layers or not isinstance(change, dict):
            continue
        if "start" not in change:
            change["start"] = from_us(at_us)
        start_us = _instant(change["start"])
        if start_us is not None and start_us < at_us:
            found.append(
                merged.problem(
                    (*path, "start"),
                    f"{format_us(start_us)} is before the instant of the fork, {format_us(at_us)};"
                    " a fork cannot change its past",
                )
            )
    return found


def _instant(value: object) -> int | None:
    """Read an instant; what is none, the scenario's own checks name."""
    try:
        return parse_instant(value)
    except ValueError:
        return None


def _value(document: Any, path: KeyPath) -> Any:
    for step in path:
        document = document[step]
    return document
