"""A scenario as it was run: written as TOML, and its digest.

The resolved scenario says everything: each field, defaults included, so that a later version with other
defaults reads the same scenario; the holidays; the digest of the price file. Reading it back gives an
equal `Scenario`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sim.problems import Problem
from sim.program import Program, origin, this_program
from sim.scenario.loader import Loaded
from sim.scenario.model import Scenario
from sim.scenario.places import PLACES_FILE
from sim.scenario.problems import ScenarioErrors
from sim.scenario.structure import converter, without_none

_ONE_LINE = 5
"""A longer list is written with an entry a line."""


def dump(loaded: Loaded) -> str:
    """Write a loaded scenario as TOML, its sources and notes as comments on top."""
    names = ", ".join(path.name for path in loaded.sources if path.name != PLACES_FILE)
    lines = [f"Resolved from {names}.", *(f"Note: {note}" for note in loaded.notes)]
    return dump_scenario(loaded.scenario, lines)


def dump_scenario(scenario: Scenario, comments: Sequence[str] = ()) -> str:
    """Write a scenario as TOML under some lines of comment."""
    import tomlkit

    document = tomlkit.document()
    for line in comments:
        document.add(tomlkit.comment(" ".join(line.split())))
    if comments:
        document.add(tomlkit.nl())
    _fill(document, plain(scenario))
    return tomlkit.dumps(document)


def plain(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as TOML values; fields without a value are left out."""
    values: dict[str, Any] = without_none(converter().unstructure(scenario))
    return values


def _fill(table: Any, values: dict[str, Any]) -> None:
    """Write values, then tables, then arrays of tables: the only order in which TOML keeps them apart."""
    import tomlkit

    for key, value in sorted(values.items(), key=lambda item: _rank(item[1])):
        if isinstance(value, dict):
            child = tomlkit.table()
            _fill(child, value)
            table.add(key, child)
        elif _is_tables(value):
            array = tomlkit.aot()
            for entry in value:
                child = tomlkit.table()
                _fill(child, entry)
                array.append(child)
            table.add(key, array)
        elif isinstance(value, list) and len(value) > _ONE_LINE:
            items = tomlkit.array().multiline(multiline=True)
            items.extend(value)
            table.add(key, items)
        else:
            table.add(key, value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _rank(value: Any) -> int:
    return 2 if _is_tables(value) else int(isinstance(value, dict))


def digest(loaded: Loaded, written: Mapping[str, Any] | None = None) -> str:
    """Return the SHA-256 of what a scenario means, the same on any machine.

    Names of files do not count: the price file enters by its own digest, and the regime by its dated
    values. So two equal digests simulate alike, and a change to the law's values shows.

    Parameters
    ----------
    loaded
        The scenario.
    written
        The resolved scenario of a run, as TOML values: keys that it does not say are left out. A program that
        knows further keys then finds the digest that the run's own program noted; a further key must mean
        by its default what programs did that had no such key.
    """
    values = plain(loaded.scenario)
    values["world"]["reference"].pop("file", None)
    del values["rules"]["regime"]
    if written is not None:
        values = _said(values, written)
    values["law"] = [
        [
            rule.id,
            rule.unit,
            [[value.start_us, value.end_us, str(value.value)] for value in rule.values],
        ]
        for rule in loaded.regime.rules.values()
    ]
    text = json.dumps(values, sort_keys=True, default=str, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


@contextmanager
def read_as_written_by(writer: Program | None, path: Path) -> Iterator[None]:
    """Say which program wrote a run's scenario where this one, being another, cannot read it.

    Parameters
    ----------
    writer
        The program that wrote the run; None where that is not known.
    path
        The scenario in its folder.

    Raises
    ------
    ScenarioErrors
        What the block found, and the program's version.
    """
    try:
        yield
    except ScenarioErrors as error:
        if writer is None or writer.version == this_program().version:
            raise
        whose = Problem(str(path), 1, "", origin(writer))
        raise ScenarioErrors((*error.problems, whose)) from error


def _said(values: Any, written: Any) -> Any:
    """Keep the keys that a written document says too, with the values as they are."""
    if isinstance(values, dict) and isinstance(written, Mapping):
        return {key: _said(value, written[key]) for key, value in values.items() if key in written}
    if _is_tables(values) and _is_tables(written) and len(values) == len(written):
        return [_said(value, other) for value, other in zip(values, written, strict=True)]
    return values
