"""Where the files lay that a run read, noted in its folder beside the scenario.

The scenario that a run keeps, and seals, says what the run read and not where that lay: the price file by
its name and its digest. So equal runs are equal wherever their files lie. This note is an overlay that says
where; it is not sealed, and whoever moves the file may mend it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sim.problems import dotted
from sim.scenario.files import find_beside, is_file, missing
from sim.scenario.model import Scenario
from sim.scenario.problems import ScenarioErrors
from sim.toml_lines import KeyPath
from sim.toml_source import read_source

PLACES_FILE = "places.toml"
_SCENARIO = "scenario.toml"
_PLACE: Final[KeyPath] = ("world", "reference", "file")
_COMMENTS = (
    "Where the price file of this run lay when it began; lies over the scenario beside it.",
    "Not sealed with the run: mend it when the file is moved, or give its new place with --prices.",
)


def note_places(run_dir: Path, scenario: Scenario) -> None:
    """Note where a run's price file is; nothing is written for a run without one."""
    file = scenario.world.reference.file
    if file is None:
        return
    import tomlkit

    document = tomlkit.document()
    for line in _COMMENTS:
        document.add(tomlkit.comment(line))
    document.add("world", {"reference": {"file": str(Path(file).absolute())}})
    (run_dir / PLACES_FILE).write_text(tomlkit.dumps(document), encoding="utf-8")


def noted_places(run_dir: Path) -> tuple[Path, ...]:
    """Return the overlays to lay over a run's own scenario: its note, if there is one.

    Raises
    ------
    ScenarioErrors
        The note says more than where the prices lie, which would make it another scenario.
    """
    path = run_dir / PLACES_FILE
    if not path.is_file():
        return ()
    source = read_source(path)
    strange = [
        source.problem(key, f"only {dotted(_PLACE)} may stand in this file")
        for key in _leaves(source.document)
        if key != _PLACE
    ]
    if strange:
        raise ScenarioErrors(strange)
    return (path,)


def check_prices(run_dir: Path) -> None:
    """Check that the price file of a run is where its note says, or its scenario where the note is gone.

    Raises
    ------
    ScenarioErrors
        It is not; says what was sought and how to give its place.
    """
    note = run_dir / PLACES_FILE
    source = read_source(note if note.is_file() else run_dir / _SCENARIO)
    name: Any = source.document
    for key in _PLACE:
        name = name.get(key) if isinstance(name, Mapping) else None
    if not isinstance(name, str):
        return
    folders = (source.folder, Path())
    found = find_beside(name, folders)
    if found is not None and is_file(found):
        return
    gone = "" if note.is_file() else f", as there is no {PLACES_FILE} that notes its place"
    message = (
        f"{missing(name, folders)}; sought is {source.folder / name}{gone}; "
        "--prices FILE gives its place"
    )
    raise ScenarioErrors([source.problem(_PLACE, message)])


def places_of(run_dir: Path, prices: Path | None) -> tuple[Path, ...]:
    """Return `noted_places`, once a run's prices are found where they are noted, or were given.

    Raises
    ------
    ScenarioErrors
        As `check_prices`, where no price file is given, and as `noted_places`.
    """
    if prices is None:
        check_prices(run_dir)
    return noted_places(run_dir)


def price_setting(prices: Path | None) -> tuple[str, ...]:
    """Return the setting that gives a run's price file another place, where one is given."""
    return () if prices is None else (f"world.reference.file={prices}",)


def _leaves(table: Mapping[str, object], above: KeyPath = ()) -> Iterator[KeyPath]:
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name)
