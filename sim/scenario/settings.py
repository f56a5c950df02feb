"""Settings of the command line: `--set path=value` changes one value without a file."""

import re
import tomllib
from typing import Any

import attrs

from sim.problems import Problem, shown

_RULE = "rule."
_INDEX = re.compile(r"\[(\d+)\]")


@attrs.frozen
class Setting:
    """One setting: a value for a path, or a change to a rule."""

    label: str
    """`--set 1` for the first."""
    path: tuple[str, ...]
    value: Any


def parse_setting(text: str, number: int) -> Setting | Problem:
    """Parse `path=value`.

    The value is read as TOML and, where it is not TOML, as plain text: `world.population.prospects=500`,
    `horizon.end=2023-07-01`, `world.depth_band=50 bps`, `world.listings[0].retail_from=2024-01-01`.
    `rule.ID=VALUE` appends a change of that rule from the first instant of the run, and
    `rule.ID@DATE=VALUE` one from a date on.
    """
    label = f"--set {number}"
    name, equals, raw = text.partition("=")
    name, raw = name.strip(), raw.strip()
    if not equals or not name:
        return Problem(label, 0, "", f"expected path=value, got {shown(text)}")
    if name.startswith(_RULE):
        return _rule_setting(label, name.removeprefix(_RULE), raw)
    parts = tuple(_INDEX.sub(r".\1", name).split("."))
    if not all(parts):
        return Problem(label, 0, "", f"expected keys joined by dots, got {shown(name)}")
    return Setting(label, parts, _value(raw))


def _rule_setting(label: str, name: str, raw: str) -> Setting | Problem:
    identifier, at, start = (part.strip() for part in name.partition("@"))
    if not identifier or (at and not start):
        return Problem(
            label, 0, "", f"expected rule.ID=value or rule.ID@DATE=value, got {shown(name)}"
        )
    change = {"id": identifier, "value": _value(raw)}
    if at:
        change["start"] = _value(start)
    return Setting(label, ("rules", "changes"), [change])


def _value(raw: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {raw}")
    except (ValueError, RecursionError):
        return raw
    # A line break in the text could smuggle further keys in; then it is text, not TOML.
    return parsed["value"] if len(parsed) == 1 else raw
