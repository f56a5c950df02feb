"""From a merged document to the scenario's objects, with every mistake at once.

cattrs builds the attrs classes and collects the errors of all fields; this module teaches it the kinds
of value (`leaves`) and the limits of the fields (`fields`), and turns its errors into paths and
sentences. A table that is written in part keeps the defaults of the rest.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin

import attrs
from cattrs import BaseConverter, Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from sim.problems import did_you_mean, nearest, shown
from sim.scenario.fields import ABSENT, Limits, default_of, inner_type, leaf_of
from sim.scenario.leaves import LEAVES, Leaf, WrongValue
from sim.scenario.model import Scenario
from sim.toml_lines import KeyPath

Reader = Callable[[Any, Any], Any]


@attrs.frozen
class Issue:
    """Something wrong at a path of the document."""

    path: KeyPath
    message: str
    missing: bool = False
    """A required key that is not there: its line is the table's, and an overlay may lack it."""


def structure(document: dict[str, Any]) -> tuple[Scenario | None, list[Issue]]:
    """Build the scenario; None if anything is wrong, and then the issues say what."""
    try:
        return converter().structure(document, Scenario), []
    except BaseValidationError as error:
        return None, list(_issues(error, ()))


def field_value(document: dict[str, Any], path: KeyPath, *, default: bool = True) -> Any:
    """Return one value of a document as the scenario would hold it.

    ABSENT where it is not valid and, without `default`, where it is not written. So two values can be
    compared although something else in the document is wrong.
    """
    value: Any = document
    kind: Any = Scenario
    fallback: Any = ABSENT
    read: Reader | None = None
    for part in path:
        if isinstance(part, int):
            kind, value, fallback = get_args(kind)[0], value[part], ABSENT
            continue
        if value is not ABSENT and not isinstance(value, dict):
            return ABSENT
        attribute = attrs.fields_dict(kind)[part]
        fallback = default_of(attribute) if fallback is ABSENT else getattr(fallback, part)
        value = ABSENT if value is ABSENT else value.get(part, ABSENT)
        kind = attribute.type
        read = _field_reader(attribute, converter())
    if value is ABSENT or read is None:
        return fallback if default else ABSENT
    try:
        return read(value, kind)
    except (ValueError, BaseValidationError):
        return ABSENT


@cache
def converter() -> Converter:
    """Return the converter that reads and writes scenarios."""
    made = Converter(forbid_extra_keys=True)
    made.register_structure_hook_factory(attrs.has, _class_reader)
    for kind, leaf in LEAVES.items():
        if isinstance(
            kind, type
        ):  # cattrs asks its hooks for plain types before those of predicates
            made.register_structure_hook(kind, _leaf_reader(leaf))
            made.register_unstructure_hook(kind, leaf.write)
        else:
            made.register_structure_hook_func(_is(kind), _leaf_reader(leaf))
            made.register_unstructure_hook_func(_is(kind), leaf.write)
    made.register_structure_hook_func(_made_of(Literal), _read_choice)
    made.register_structure_hook_factory(_made_of(tuple), _tuple_reader)
    made.register_unstructure_hook_factory(_made_of(tuple), _tuple_writer)
    return made


def _is(wanted: Any) -> Callable[[Any], bool]:
    return lambda kind: bool(kind == wanted)


def _made_of(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _leaf_reader(leaf: Leaf) -> Reader:
    return lambda value, _: leaf.read(value)


def _read_choice(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if not isinstance(value, str) or value not in choices:
        hint = did_you_mean(str(value)[:100], choices, "choices")
        raise WrongValue(f"{shown(value)} is not one of the choices{hint}")
    return value


def _tuple_reader(kind: Any, made: BaseConverter) -> Reader:
    items: Any = list[get_args(kind)[0]]  # type: ignore[misc]
    read = made.get_structure_hook(items)

    def reader(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise WrongValue(f"expected a list in [ ], got {shown(value)}")
        return tuple(read(value, items))

    return reader


def _tuple_writer(kind: Any, made: BaseConverter) -> Callable[[Any], Any]:
    write = made.get_unstructure_hook(get_args(kind)[0])
    return lambda value: [write(item) for item in value]


def _class_reader(kind: Any, made: BaseConverter) -> Reader:
    readers: dict[str, Any] = {
        attribute.name: override(struct_hook=_field_reader(attribute, made))
        for attribute in attrs.fields(kind)
    }
    build = make_dict_structure_fn(
        kind, made, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **readers
    )

    def reader(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise WrongValue(f"expected a table, got {shown(value)}")
        return build(value, kind)

    return reader


def _field_reader(attribute: "attrs.Attribute[Any]", made: BaseConverter) -> Reader:
    """Return the function that reads one field, limits and defaults of its parts included."""
    kind: Any = attribute.type
    limits = Limits.of(attribute)
    leaf = leaf_of(kind)
    inner = inner_type(kind)
    read = made.get_structure_hook(inner)
    default = default_of(attribute)

    def read_one(value: Any) -> Any:
        result = read(value, inner)
        if leaf is not None:
            limits.check(result, leaf, value)
        return result

    def reader(value: Any, _: Any) -> Any:
        if get_origin(kind) is dict:
            given = _read_mapping(value, kind, limits, read_one)
            return given if default is ABSENT else default | given
        if default is not ABSENT and leaf is None and attrs.has(kind) and isinstance(value, dict):
            value = _over(without_none(made.unstructure(default, kind)), value)
        result = read_one(value)
        if limits.items and len(result) < limits.items:
            raise WrongValue(f"expected at least {limits.items} entry, got none")
        return result

    return reader


def without_none(value: Any) -> Any:
    """Leave out keys without a value, which TOML cannot write."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _over(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _read_mapping(
    value: Any, kind: Any, limits: Limits, read_one: Callable[[Any], Any]
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongValue(f"expected a table, got {shown(value)}")
    result: dict[str, Any] = {}
    errors: list[Exception] = []
    for key, item in value.items():
        try:
            if limits.keys and key not in limits.keys:
                raise WrongValue(
                    f"unknown key {shown(key)}{did_you_mean(key, limits.keys, 'keys')}"
                )
            result[key] = read_one(item)
        except ValueError as error:
            error.add_note(IterableValidationNote(f"at {key}", key, kind))
            errors.append(error)
    if errors:
        raise IterableValidationError("a table has problems", errors, kind)
    return result


def _issues(error: Exception, path: KeyPath) -> Iterator[Issue]:
    """Walk cattrs' tree of errors, leaf by leaf."""
    if not isinstance(error, BaseValidationError):
        yield Issue(path, str(error))
        return
    missing = [_step(child) for child in error.exceptions if isinstance(child, KeyError)]
    meant: set[str] = set()
    for child in error.exceptions:
        if isinstance(child, ForbiddenExtraKeysError):
            known = [attribute.name for attribute in attrs.fields(child.cl)]
            for key in sorted(child.extra_fields):
                near = nearest(key, missing) or nearest(key, known)
                meant.update([near] if near else [])
                hint = f"did you mean {near!r}?" if near else f"keys: {', '.join(known)}"
                yield Issue((*path, key), f"unknown key {shown(key)}; {hint}")
    for child in error.exceptions:
        if isinstance(child, KeyError):
            # A misspelt key is one mistake, not an unknown and a missing one.
            if _step(child) not in meant:
                description = attrs.fields_dict(error.cl)[_step(child)].metadata["description"]
                yield Issue((*path, _step(child)), f"missing; {description}", missing=True)
        elif not isinstance(child, ForbiddenExtraKeysError):
            yield from _issues(child, (*path, _step(child)))


def _step(error: Exception) -> Any:
    """Return the key or the place in a list at which an error arose."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return note.name
        if isinstance(note, IterableValidationNote):
            return note.index
    raise AssertionError(f"cattrs gave no place for {error!r}")
