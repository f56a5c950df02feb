"""Control events between their two forms: attrs objects while the run lives, columns in the log."""

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import attrs
import numpy as np
import polars as pl

from sim.events import KINDS, Event, kind_name
from sim.events.codes import Code
from sim.journal.errors import JournalError
from sim.journal.tables import coded

_MISFITS = (TypeError, OverflowError, ValueError, JournalError)
"""What a column raises when a value does not fit it."""


def frame_of(kind: str, seqs: Sequence[int], events: Sequence[Event]) -> pl.DataFrame:
    """Turn events of one kind into its table.

    Raises
    ------
    JournalError
        A value does not fit its column; names the kind, seq, field and value.
    """
    columns = [_int_column("seq", seqs)]
    for field in attrs.fields(KINDS[kind]):
        values = list(map(attrgetter(field.name), events))
        try:
            columns.append(_column(field, values))
        except _MISFITS:
            raise JournalError(_misfit(kind, field, seqs, values)) from None
    return pl.DataFrame(columns)


def _int_column(name: str, values: Sequence[int]) -> pl.Series:
    # An array of "q" takes whatever is an integer (NumPy's too) and refuses floats, which NumPy would cut.
    return pl.Series(name, np.frombuffer(array("q", values), dtype=np.int64))


def _column(field: "attrs.Attribute[Any]", values: list[Any]) -> pl.Series:
    expected: Any = field.type
    if expected is int:
        return _int_column(field.name, values)
    if expected is bool:
        return pl.Series(field.name, values, dtype=pl.Boolean, strict=True)
    if expected is str:
        if None in values:
            raise TypeError(field.name)
        return pl.Series(field.name, values, dtype=pl.String, strict=True)
    names = [member.name.lower() for member in expected]
    return coded(np.array(array("B", values)), names, pl.Enum(names)).alias(field.name)


def _misfit(
    kind: str, field: "attrs.Attribute[Any]", seqs: Sequence[int], values: list[Any]
) -> str:
    for seq, value in zip(seqs, values, strict=True):
        try:
            _column(field, [value])
        except _MISFITS:
            expected = getattr(field.type, "__name__", field.type)
            return f"event {seq} ({kind}): {field.name} is {value!r}; expected {expected}"
    return f"events of {kind}: the values of {field.name} do not fit one column together"


def events_of(kind: str, frame: pl.DataFrame) -> list[Event]:
    """Turn rows of a kind's table back into events, in row order."""
    make = KINDS[kind]
    events = [object.__new__(make) for _ in range(frame.height)]
    for field in attrs.fields(make):
        # The values come from a checked table: set column by column through the slots they take a third of
        # the time that a call with keywords takes for each event.
        set_value = getattr(make, field.name).__set__
        deque(map(set_value, events, _values(field, frame[field.name])), maxlen=0)
    return events


def _values(field: "attrs.Attribute[Any]", column: pl.Series) -> list[Any]:
    if isinstance(field.type, type) and issubclass(field.type, Code):
        members = tuple(field.type)
        return [members[code] for code in column.to_physical().to_list()]
    return column.to_list()


class ControlRows:
    """Control events of one segment, in columns of bounded length.

    Objects are turned into columns every `CHUNK` events of a kind, so that the memory of a long segment is
    that of its columns.
    """

    CHUNK = 1 << 14

    def __init__(self) -> None:
        self.count = 0
        self._pending: dict[type[Event], tuple[str, list[int], list[Event]]] = {}
        self._chunks: dict[str, list[pl.DataFrame]] = {}

    def append(self, seq: int, event: Event) -> None:
        """Take one event.

        Raises
        ------
        JournalError
            Its class is not a registered kind, or a chunk was full and a value in it fits no column.
        """
        pending = self._pending.get(type(event)) or self._first(type(event))
        pending[1].append(seq)
        pending[2].append(event)
        self.count += 1
        if len(pending[1]) >= self.CHUNK:
            self._turn(*pending)

    def _first(self, event_class: type[Event]) -> tuple[str, list[int], list[Event]]:
        kind = kind_name(event_class)
        if KINDS.get(kind) is not event_class:
            raise JournalError(f"{event_class.__name__} is not a registered event kind")
        return self._pending.setdefault(event_class, (kind, [], []))

    def _turn(self, kind: str, seqs: list[int], events: list[Event]) -> None:
        if seqs:
            self._chunks.setdefault(kind, []).append(frame_of(kind, seqs, events))
            seqs.clear()
            events.clear()

    def frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Turn what is left and yield every chunk with its kind."""
        for pending in self._pending.values():
            self._turn(*pending)
        for kind, chunks in self._chunks.items():
            for chunk in chunks:
                yield kind, chunk
