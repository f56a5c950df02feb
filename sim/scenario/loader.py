"""`load`: from files, overlays and settings to a scenario, or to everything that is wrong with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from sim.calendar import Calendar
from sim.problems import Problem
from sim.rules import MODELLED, STRUCTURAL, Regime
from sim.scenario.checks import check_document
from sim.scenario.files import find_file, missing
from sim.scenario.merge import Merged, settle_changes
from sim.scenario.model import Scenario
from sim.scenario.paths import NamedFiles, read_named_files
from sim.scenario.problems import ScenarioErrors
from sim.scenario.settings import parse_setting
from sim.scenario.structure import structure
from sim.toml_lines import KeyPath
from sim.toml_source import read_source
from sim.units import DAY_US, format_us, to_us

_WITHOUT_HOLIDAY_US = 120 * DAY_US
"""Hong Kong has a general holiday at least every three months or so."""


@attrs.frozen
class Loaded:
    """A scenario that is complete and free of mistakes, and how it came about."""

    scenario: Scenario
    """With the holidays filled in, and the reference file as an absolute path with its digest."""
    document: dict[str, Any]
    """The merged files as they are written."""
    sources: tuple[Path, ...]
    """The scenario's file, then the overlays in order."""
    notes: tuple[str, ...]
    """Sentences about overlays that disagree and changes without effect."""
    regime: Regime
    """The regime with the scenario's changes applied."""
    _merged: Merged = attrs.field(repr=False, eq=False)
    law: Regime | None = attrs.field(default=None, repr=False, eq=False)
    """The regime as its files have it, before the scenario's changes."""

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Say that the value at a path is wrong, with its file and line, for checks made elsewhere."""
        return self._merged.problem(path, message)


def load(
    path: str | Path, *, overlays: Sequence[str | Path] = (), settings: Sequence[str] = ()
) -> Loaded:
    """Read a scenario, lay overlays and settings over it, and check all of it.

    Parameters
    ----------
    path
        A scenario file, or the name of a shipped one (`hk-retail-2023`).
    overlays
        Partial scenarios, in order; later ones win.
    settings
        `path=value` texts, over the overlays.

    Raises
    ------
    ScenarioErrors
        Everything that is wrong, in the order of the files and their lines.
    """
    merged = Merged()
    paths = [lay_file(merged, name) for name in (path, *overlays)]
    for number, text in enumerate(settings, 1):
        setting = parse_setting(text, number)
        if isinstance(setting, Problem):
            merged.problems.append(setting)
        else:
            merged.lay_setting(setting)
    return loaded_from(merged, paths)


def loaded_from(merged: Merged, paths: Sequence[Path | None]) -> Loaded:
    """Check a scenario that was laid together and fill in what it leaves open.

    Parameters
    ----------
    merged
        The scenario's file, its overlays and its settings.
    paths
        The files that were read, the scenario's first; None for one that could not be.

    Raises
    ------
    ScenarioErrors
        Everything that is wrong, in the order of the files and their lines.
    """
    if paths[0] is None:
        # Without the scenario itself the rest would be one false alarm after another.
        raise ScenarioErrors(in_order(merged))
    scenario, named = check_merged(merged)
    if merged.problems or scenario is None or named.regime is None:
        raise ScenarioErrors(in_order(merged))
    resolved = _resolved(scenario, named, holidays="holidays" not in merged.document["world"])
    # No change makes another void any more: `settle_changes` has dropped and noted those.
    regime, _ = named.regime.with_changes(resolved.rules.changes, resolved.horizon.start)
    return Loaded(
        scenario=resolved,
        document=merged.document,
        sources=tuple(found for found in paths if found is not None),
        notes=(
            *merged.notes,
            *_not_modelled(resolved),
            *_without_effect(resolved),
            *_too_few_holidays(resolved),
        ),
        regime=regime,
        merged=merged,
        law=named.regime,
    )


def lay_file(merged: Merged, name: str | Path) -> Path | None:
    """Find and read a file and lay it over what is there; None where it could not be read."""
    found = find_file(name)
    if found is None:
        merged.files.append(str(name))
        merged.problems.append(Problem(str(name), 0, "", missing(name)))
        return None
    source = read_source(found)
    merged.files.append(source.label)
    if source.readable:
        merged.lay_source(source)
        return found
    merged.problems += source.problems
    return None


def check_merged(merged: Merged, *, partial: bool = False) -> tuple[Scenario | None, NamedFiles]:
    """Check a merged document; what is wrong is added to its problems.

    An overlay alone is `partial`: what it does not say is not missing. The entries of its lists are
    complete all the same, because a list replaces the one below it.
    """
    settle_changes(merged)
    scenario, issues = structure(merged.document)
    issues += check_document(merged.document, partial=partial)
    for issue in issues:
        lacking = partial and not any(isinstance(step, int) for step in issue.path)
        if not (issue.missing and (lacking or issue.path[-1] in merged.unread)):
            merged.problems.append(merged.problem(issue.path, issue.message))
    named = read_named_files(merged)
    merged.problems += named.problems
    return scenario, named


def in_order(merged: Merged) -> list[Problem]:
    """Sort problems by file, in the order the files were given, and by line."""
    place: dict[str, int] = {}
    for file in merged.files:
        place.setdefault(file, len(place))
    return sorted(
        merged.problems,
        key=lambda found: (place.get(found.file, len(place)), found.file, found.line, found.path),
    )


def _resolved(scenario: Scenario, named: NamedFiles, *, holidays: bool) -> Scenario:
    """Fill in what a run must not look up again: the holidays, and where the named files are."""
    world = scenario.world
    reference = attrs.evolve(
        world.reference,
        file=str(named.reference) if named.reference else None,
        sha256=named.sha256,
    )
    horizon = scenario.horizon
    days = (
        Calendar.hong_kong(horizon.start, horizon.end).holidays
        if holidays
        else tuple(sorted(world.holidays))
    )
    return attrs.evolve(
        scenario,
        world=attrs.evolve(world, reference=reference, holidays=days),
        rules=attrs.evolve(scenario.rules, regime=named.regime_name),
    )


def _not_modelled(scenario: Scenario) -> list[str]:
    """Say which changes concern rules that this version does not act on."""
    changed = dict.fromkeys(change.id for change in scenario.rules.changes)
    return [
        f"rule {rule}: obeyed always, whatever its value; the change alters nothing"
        if rule in STRUCTURAL
        else f"rule {rule}: no part of the simulation acts on it yet; the change alters nothing"
        for rule in changed
        if rule not in MODELLED
    ]


def _without_effect(scenario: Scenario) -> list[str]:
    return [
        f"rule {change.id}: the change from {format_us(change.start)} is after the end and has no effect"
        for change in scenario.rules.changes
        if change.start is not None and change.start >= scenario.horizon.end
    ]


def _too_few_holidays(scenario: Scenario) -> list[str]:
    """Say when a list of holidays stops short of the run, as after moving a resolved scenario's end."""
    days, horizon = scenario.world.holidays, scenario.horizon
    if not days or (
        to_us(days[0]) - _WITHOUT_HOLIDAY_US <= horizon.start
        and horizon.end <= to_us(days[-1]) + _WITHOUT_HOLIDAY_US
    ):
        return []
    return [
        f"world.holidays: the list runs from {days[0]} to {days[-1]} and does not cover the run"
    ]
