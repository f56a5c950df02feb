"""The JSON Schema of scenario files and overlays, made from the classes.

Editors complete and check TOML by it. It states what can be said of one value at a time; what must hold
between values, and bounds of quantities written as text, only `vatp check` knows.
"""

from datetime import date
from typing import Any, Literal, get_args, get_origin

import attrs

from sim.scenario.fields import ABSENT, Limits, default_of, inner_type, leaf_of
from sim.scenario.leaves import LEAVES, Leaf, money_pattern
from sim.scenario.model import Scenario
from sim.scenario.structure import converter

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(*, partial: bool = False) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file, or of an overlay (`partial`).

    In an overlay no key is required; the entries of its lists are complete.
    """
    definitions: dict[str, Any] = {}
    top = _reference(Scenario, definitions, partial=partial)
    return {
        "$schema": DIALECT,
        "title": "VATP Lab overlay" if partial else "VATP Lab scenario",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _reference(kind: Any, definitions: dict[str, Any], *, partial: bool) -> dict[str, Any]:
    """Refer to a class's definition, writing it first where it is new."""
    name = f"Partial{kind.__name__}" if partial else kind.__name__
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _class(kind, definitions, partial=partial)
    return {"$ref": f"#/$defs/{name}"}


def _class(kind: Any, definitions: dict[str, Any], *, partial: bool) -> dict[str, Any]:
    fields = attrs.fields(kind)
    required = [field.name for field in fields if default_of(field) is ABSENT]
    made: dict[str, Any] = {
        "type": "object",
        "description": (kind.__doc__ or "").strip().partition("\n")[0],
        "properties": {field.name: _field(field, definitions, partial=partial) for field in fields},
        "additionalProperties": False,
    }
    if required and not partial:
        made["required"] = required
    return made


def _field(
    field: "attrs.Attribute[Any]", definitions: dict[str, Any], *, partial: bool
) -> dict[str, Any]:
    limits, leaf = Limits.of(field), leaf_of(field.type)
    description = field.metadata["description"]
    if leaf is not None and leaf.example:
        bounds = limits.sentence(leaf)
        unit = f"{leaf.name} {bounds}".strip()
        example = f"{limits.asset} 8,000,000" if limits.asset else leaf.example
        description = f"{description} ({unit}, such as {example})"
    default = default_of(field)
    made = _kind(field.type, limits, definitions, partial=partial or default is not ABSENT)
    made = {"description": description, **made}
    if default is not ABSENT and default is not None:
        made["default"] = _json(converter().unstructure(default, field.type))
    return made


def _kind(
    kind: Any, limits: Limits, definitions: dict[str, Any], *, partial: bool
) -> dict[str, Any]:
    """Describe the values a field takes; a table with defaults may be written in part."""
    inner = inner_type(kind)
    if get_origin(inner) is Literal:
        return {"enum": list(get_args(inner))}
    if get_origin(inner) is tuple:
        items = _kind(get_args(inner)[0], Limits(), definitions, partial=False)
        return {"type": "array", "items": items} | (
            {"minItems": limits.items} if limits.items else {}
        )
    if inner not in LEAVES:
        return _reference(inner, definitions, partial=partial)
    value = _leaf(LEAVES[inner], limits)
    if get_origin(kind) is dict:
        properties = dict.fromkeys(limits.keys, value)
        return {"type": "object", "properties": properties, "additionalProperties": False}
    return value


def _leaf(leaf: Leaf, limits: Limits) -> dict[str, Any]:
    if limits.choices:
        return {"enum": list(limits.choices)}
    made = dict(leaf.schema)
    if limits.asset:
        made["pattern"] = money_pattern(limits.asset)
    if made["type"] == "integer":
        bounds = {
            "minimum": limits.minimum,
            "maximum": limits.maximum,
            "exclusiveMinimum": limits.above,
        }
        made |= {name: bound for name, bound in bounds.items() if bound is not None}
    return made


def _json(value: Any) -> Any:
    """Write TOML values as JSON ones: dates as text, absent values left out."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
