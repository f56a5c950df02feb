"""The rules a run was made under, read from its own scenario.toml."""

from typing import TYPE_CHECKING

from sim.cli.console import remark

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.rules import Regime
    from sim.scenario import Loaded

SCENARIO = "scenario.toml"


def law_of(log: "RunLog") -> "Regime | None":
    """Load a run's rules; a remark says where they may not be the run's own, or why there are none."""
    from sim.scenario import ScenarioErrors, load

    path = log.run_dir / SCENARIO
    if not path.is_file():
        remark(f"{log.run_dir} has no {SCENARIO}; the values of rules are left out")
        return None
    try:
        loaded = load(path)
    except ScenarioErrors as error:
        return _law_alone(log, error)
    _compare(log, loaded)
    return loaded.regime


def _law_alone(log: "RunLog", error: Exception) -> "Regime | None":
    """Read the rules of a scenario that cannot be loaded as a whole: its price file may have moved."""
    from sim.scenario.loader import check_merged, lay_file
    from sim.scenario.merge import Merged

    first, *_ = str(error).splitlines()
    merged = Merged()
    lay_file(merged, log.run_dir / SCENARIO)
    scenario, named = check_merged(merged)
    if scenario is None or named.regime is None:
        remark(f"the rules of the run cannot be read, so their values are left out: {first}")
        return None
    remark(f"the scenario of the run cannot be checked as a whole: {first}")
    regime, _ = named.regime.with_changes(scenario.rules.changes, scenario.horizon.start)
    return regime


def _compare(log: "RunLog", loaded: "Loaded") -> None:
    from sim.scenario import digest

    if log.header.get("scenario_digest") not in {None, digest(loaded)}:
        remark(
            "the rules that this program ships are not those that the run was made with; "
            "values and sources of rules are today's"
        )
