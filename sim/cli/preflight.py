"""What can be known before a run has begun: a mistake found here costs no folder and no minute."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.scenario import Loaded, Problem
    from sim.toml_lines import KeyPath


def check_before_run(loaded: "Loaded") -> None:
    """Check what the scenario's own loader leaves to others: measures and outside prices.

    Raises
    ------
    ScenarioErrors
        A measure is unknown, the price file is not as it should be, or prices do not cover the horizon;
        each with the line of the scenario that asks for it.
    """
    from sim.scenario import ScenarioErrors

    problems = [*_measures(loaded), *_prices(loaded)]
    if problems:
        raise ScenarioErrors(problems)


def _measures(loaded: "Loaded") -> "list[Problem]":
    if not loaded.scenario.measures:
        return []
    from analysis import MeasureError, check_names

    problems = []
    for place, name in enumerate(loaded.scenario.measures):
        try:
            check_names((name,))
        except MeasureError as error:
            problems.append(loaded.problem(("measures", place), str(error)))
    return problems


def _prices(loaded: "Loaded") -> "list[Problem]":
    """Read the known prices; the run itself builds the path."""
    from sim.world.known_prices import known_prices
    from sim.world.prices import ReferenceDataError

    reference, horizon = loaded.scenario.world.reference, loaded.scenario.horizon
    try:
        known_prices(reference, horizon.start, horizon.end, Path())
    except ReferenceDataError as error:
        path: KeyPath = ("world", "reference", "file")
        if reference.file is None and error.uncovered is not None:
            path = ("horizon", error.uncovered)
        return [loaded.problem(path, str(error).rstrip("."))]
    return []
