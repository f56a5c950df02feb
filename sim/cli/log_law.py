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
    from sim.scenario import ScenarioErrors, load, noted_places

    path = log.run_dir / SCENARIO
    if not path.is_file():
        remark(f"{log.run_dir} has no {SCENARIO}; the values of rules are left out")
        return None
    try:
        loaded = load(path, overlays=noted_places(log.run_dir))
    except ScenarioErrors as error:
        return _law_alone(log, error)
    _compare(log, loaded)
    return loaded.regime


def _law_alone(log: "RunLog", error: Exception) -> "Regime | None":
    """Read the rules of a scenario that cannot be loaded as a whole.

    Its price file may have moved, or another program wrote it, with keys that this one does not know.
    """
    from sim.scenario.fields import ABSENT
    from sim.scenario.loader import check_merged, lay_file
    from sim.scenario.merge import Merged
    from sim.scenario.structure import field_value

    first, *_ = str(error).splitlines()
    merged = Merged()
    lay_file(merged, log.run_dir / SCENARIO)
    _, named = check_merged(merged)
    changes = field_value(merged.document, ("rules", "changes"))
    start_us = field_value(merged.document, ("horizon", "start"))
    if named.regime is None or ABSENT in {changes, start_us}:
        remark(f"the rules of the run cannot be read, so their values are left out: {first}")
        return None
    remark(f"the scenario of the run cannot be checked as a whole: {first}")
    regime, _ = named.regime.with_changes(changes, start_us)
    return regime


def _compare(log: "RunLog", loaded: "Loaded") -> None:
    import tomllib

    from sim.scenario import digest

    written = tomllib.loads((log.run_dir / SCENARIO).read_text(encoding="utf-8"))
    if log.header.get("scenario_digest") not in {None, digest(loaded, written)}:
        remark(
            "the scenario and the rules that could be read are not those that the run was made with; "
            "values and sources of rules may be others"
        )
