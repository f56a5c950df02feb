"""From what a user names (a scenario, an overlay, a rules file or folder) to the rules it means."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.rules import Regime

SHIPPED_REGIME = "rules/hong-kong"
SHIPPED_SCENARIO = "hk-retail-2023"


def regime_of(name: str, base: str = SHIPPED_SCENARIO) -> "Regime":
    """Load the rules of a scenario, of an overlay over a base scenario, or of a rules file or folder.

    Raises
    ------
    ScenarioErrors, RuleErrors
        There is no such file, or there are mistakes in it.
    """
    from sim.rules import load_regime
    from sim.scenario import load, shipped
    from sim.scenario.checker import is_whole
    from sim.scenario.files import find_file

    path = Path(name)
    folder = path if path.is_dir() else shipped(name)
    if folder is not None and folder.is_dir():
        return load_regime(folder)
    document = _document(name)
    found = find_file(name)
    if found is None or is_whole(document):
        return load(name).regime
    if "rule" in document:
        return load_regime(found)
    return load(base, overlays=(name,)).regime


def base_for_overlay(name: str) -> str:
    """Return the name itself where it is a whole scenario, which an overlay can be laid over."""
    from sim.scenario.checker import is_whole

    return name if is_whole(_document(name)) else SHIPPED_SCENARIO


def _document(name: str) -> dict[str, Any]:
    """Return what a TOML file says, as far as it can be read; nothing where there is no file."""
    from sim.scenario.files import find_file
    from sim.toml_source import read_source

    found = find_file(name)
    return {} if found is None else read_source(found).document
