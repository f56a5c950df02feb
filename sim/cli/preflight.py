"""What can be known before a run has begun: a mistake found here costs no folder and no minute."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.scenario import Loaded, Problem


def check_before_run(loaded: "Loaded", seed: int) -> None:
    """Check what the scenario's own loader leaves to others: measures and outside prices.

    Raises
    ------
    ScenarioErrors
        A measure is unknown, the price file is not as it should be, or prices do not cover the horizon;
        each with the line of the scenario that asks for it.
    """
    from sim.scenario import ScenarioErrors

    problems = [*_measures(loaded), *_prices(loaded, seed)]
    if problems:
        raise ScenarioErrors(problems)


def _measures(loaded: "Loaded") -> "list[Problem]":
    from analysis import MeasureError, check_names

    problems = []
    for place, name in enumerate(loaded.scenario.measures):
        try:
            check_names((name,))
        except MeasureError as error:
            problems.append(loaded.problem(("measures", place), str(error)))
    return problems


def _prices(loaded: "Loaded", seed: int) -> "list[Problem]":
    """Build the reference path once; it takes a fraction of a second."""
    from sim.world.reference import ReferenceDataError, build_reference

    reference, horizon = loaded.scenario.world.reference, loaded.scenario.horizon
    try:
        build_reference(reference, horizon.start, horizon.end, seed, Path())
    except ReferenceDataError as error:
        path = ("horizon",) if reference.file is None else ("world", "reference", "file")
        return [loaded.problem(path, str(error).rstrip("."))]
    return []
