"""A scenario as it was run: written as TOML, and its digest.

The resolved scenario says everything: each field, defaults included, so that a later version with other
defaults reads the same scenario; the holidays; the digest of the price file. Reading it back gives an
equal `Scenario`.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sim.scenario.loader import Loaded
from sim.scenario.model import Scenario
from sim.scenario.structure import converter, without_none

_ONE_LINE = 5
"""A longer list is written with an entry a line."""


def dump(loaded: Loaded) -> str:
    """Write a loaded scenario as TOML, its sources and notes as comments on top."""
    names = ", ".join(path.name for path in loaded.sources)
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


def digest(loaded: Loaded) -> str:
    """Return the SHA-256 of what a scenario means, the same on any machine.

    Names of files do not count: the price file enters by its own digest, and the regime by its dated
    values. So two equal digests simulate alike, and a change to the law's values shows.
    """
    values = plain(loaded.scenario)
    values["world"]["reference"].pop("file", None)
    del values["rules"]["regime"]
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
