"""A program of a later day, for tests: kinds that have got a new version, or that there were none of before."""

from collections.abc import Sequence
from typing import Any

import attrs
import polars as pl
import pytest

from sim.events import KINDS, base, history, schema_of
from sim.events.base import Column, Schema
from sim.events.history import Upcast


def with_more(
    patch: pytest.MonkeyPatch, kind: str, steps: Sequence[tuple[str, type, pl.Expr]]
) -> None:
    """Let a kind get one more column with each version: its name, its type, and its value for old rows.

    Everything that looks the kind up, by name or by class, finds the newest version.
    """
    for name, python_type, value in steps:
        old = schema_of(kind)
        newer = attrs.make_class(
            KINDS[kind].__name__,
            {name: attrs.field(type=python_type, kw_only=True)},
            bases=(KINDS[kind],),
            frozen=True,
            slots=True,
            class_body={"version": old.version + 1},
        )
        columns = base._columns(newer)
        _replace(patch, kind, newer, columns)
        register(patch, old, _adding(value.alias(name)))


def _adding(column: pl.Expr) -> history.Step:
    return lambda rows: rows.with_columns(column)


def with_columns(
    patch: pytest.MonkeyPatch, kind: str, columns: tuple[Column, ...], step: history.Step
) -> None:
    """Let the next version of an order-plane kind, of which there are no objects, have other columns."""
    old = schema_of(kind)
    patch.setitem(base._SCHEMAS, kind, attrs.evolve(old, version=old.version + 1, columns=columns))
    register(patch, old, step)


def register(patch: pytest.MonkeyPatch, old: Schema, step: history.Step) -> None:
    """Register the step from a version to the next."""
    upcast = Upcast(old.kind, old.version, old.columns, step)
    patch.setitem(history.UPCASTS, (old.kind, old.version), upcast)


def with_new_kind(patch: pytest.MonkeyPatch, name: str) -> type[Any]:
    """Add a kind that no program knew before; returns its class."""
    made: type[Any] = attrs.make_class(
        name,
        {"client": attrs.field(type=int, kw_only=True)},
        bases=(base.Event,),
        frozen=True,
        slots=True,
    )
    _replace(patch, base.kind_name(made), made, base._columns(made))
    return made


def _replace(
    patch: pytest.MonkeyPatch, kind: str, newer: type[Any], columns: tuple[Column, ...]
) -> None:
    patch.setitem(KINDS, kind, newer)
    patch.setitem(base._SCHEMAS, kind, Schema(kind, newer.version, newer.department, columns))
