"""What kinds looked like before: the columns of each older version, and the step to the next.

Rows are kept as they were written, for ever; only what reads them changes. A file of this folder describes
one step of one kind, named after what it reads (`trade_1.py` takes version 1 of `trade` to version 2), and
is listed in `UPCASTS`. How to change a kind, step by step: `sim/events/README.md`.

This package is no part of the vocabulary that runs: only the journal's reader imports it.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from sim.events.base import Column, schema_of

if TYPE_CHECKING:
    import polars as pl

Step = Callable[["pl.LazyFrame"], "pl.LazyFrame"]
"""Turns rows of one version into rows of the next.

It is pure, and what it makes of a row depends on that row alone: rows arrive in any pieces, filtered by time
or seq. It may not touch the envelope (seq, time_us, cause, rule), nor add, drop or move rows. Its result has
every column of the next version; their order, further columns, and enumerations that got more names are put
right behind it.
"""


@attrs.frozen
class Upcast:
    """One step in the life of a kind."""

    kind: str
    version: int
    """The version it reads; it gives the next."""
    columns: tuple[Column, ...]
    """The columns of the version it reads, `seq` first, as they were written."""
    step: Step


def unchanged(rows: "pl.LazyFrame") -> "pl.LazyFrame":
    """Take over every row as it is: the step to a version whose enumerations only got more names."""
    return rows


def by_version(upcasts: Iterable[Upcast]) -> dict[tuple[str, int], Upcast]:
    """Return steps by the kind and version they read; raises ValueError where two read the same."""
    found: dict[tuple[str, int], Upcast] = {}
    for upcast in upcasts:
        if (upcast.kind, upcast.version) in found:
            raise ValueError(f"version {upcast.version} of {upcast.kind} has two upcasts")
        found[upcast.kind, upcast.version] = upcast
    return found


UPCASTS = by_version(())
"""Every step; no kind has changed since the first release."""


def columns_of(kind: str, version: int) -> tuple[Column, ...]:
    """Return the columns of a version of a kind; raises KeyError where this program knows none such."""
    schema = schema_of(kind)
    if version == schema.version:
        return schema.columns
    return UPCASTS[kind, version].columns
