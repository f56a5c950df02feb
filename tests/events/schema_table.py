"""The committed table of every version that a kind ever had."""

import json
from pathlib import Path
from typing import Any

from sim.events import KINDS, schema_of
from sim.events.base import Column

FILE = Path(__file__).with_name("schemas.json")

Columns = list[list[Any]]
"""Name and type of each column, `seq` first; an enumeration's type is the list of its names."""
Table = dict[str, dict[str, Columns]]
"""Columns by kind and version."""

HOW = (
    "Whoever changes the columns of a kind, or the names of an enumeration in them, raises its `version`, writes "
    "the step from the old one in sim/events/history/ and runs `pytest tests/events --update-golden`: "
    "sim/events/README.md has the steps. Entries of this table are never changed."
)


def read_table() -> Table:
    """Return the committed table."""
    table: Table = json.loads(FILE.read_text(encoding="utf-8"))
    return table


def written(columns: tuple[Column, ...]) -> Columns:
    """Return columns as the table has them."""
    return [
        [column.name, list(column.type) if isinstance(column.type, tuple) else column.type]
        for column in columns
    ]


def drift(table: Table) -> list[str]:
    """Say where the program's kinds are not what the table says of their versions."""
    found = []
    for kind in KINDS:
        schema = schema_of(kind)
        version = str(schema.version)
        if kind not in table:
            found.append(f"kind {kind} is new; `pytest tests/events --update-golden` notes it")
        elif version not in table[kind]:
            found.append(f"version {version} of {kind} is not in {FILE.name}. {HOW}")
        elif table[kind][version] != written(schema.columns):
            found.append(
                f"the columns of {kind} changed, and its version is still {version}. {HOW}"
            )
    return found


def extended(table: Table) -> Table:
    """Add today's versions that are not in the table; what is there stays as it is."""
    result = {kind: dict(versions) for kind, versions in table.items()}
    for kind in KINDS:
        schema = schema_of(kind)
        result.setdefault(kind, {}).setdefault(str(schema.version), written(schema.columns))
    return dict(sorted(result.items()))


def dump(table: Table) -> str:
    """Write a table as JSON, a column a line."""
    kinds = []
    for kind, versions in table.items():
        parts = []
        for version, columns in versions.items():
            rows = ",\n".join(f"   {json.dumps(column)}" for column in columns)
            parts.append(f'  "{version}": [\n{rows}\n  ]')
        kinds.append(f' "{kind}": {{\n' + ",\n".join(parts) + "\n }")
    return "{\n" + ",\n".join(kinds) + "\n}\n"
