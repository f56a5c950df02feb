"""One `[[rule]]` table -> a `Rule`, with every mistake in it reported."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from itertools import pairwise
from typing import cast

import attrs

from sim.problems import did_you_mean, shown
from sim.quantities import parse_instant
from sim.rules.model import (
    ASSUMPTION,
    CONFIDENCES,
    DEPARTMENTS,
    STATUSES,
    SUBJECTS,
    UNITS,
    Confidence,
    DatedValue,
    Reference,
    Rule,
    Status,
    Unit,
    Value,
    format_day,
    parse_value,
)
from sim.rules.modelled import refusal
from sim.rules.problems import RuleFile, not_among
from sim.rules.reader import TableReader
from sim.toml_lines import KeyPath
from sim.units import Money

SEEN = ("V", "V2")
"""Marks of a value whose source was seen; the file's `read` date applies to it."""
ASSUMED = ("K(m)", "K(l)")
"""Marks that an assumption may carry."""


@attrs.frozen
class Document:
    """A document that many values cite by a short name."""

    title: str
    url: str
    _file: RuleFile = attrs.field(eq=False, repr=False)
    _path: KeyPath = attrs.field(eq=False, repr=False)

    @property
    def place(self) -> str:
        """Where it is defined, as `file:line`."""
        return self._file.place(self._path)


@attrs.frozen
class Library:
    """What the values of one file can refer to."""

    documents: Mapping[str, Document]
    read: date | None
    """The day on which the sources were read."""
    complete: bool
    """Whether every document could be read, so that a short name that is not among them is a mistake."""


def read_document(reader: TableReader) -> tuple[str, Document]:
    """Read a `[[document]]` table; return its short name (empty after a mistake) and the document."""
    short = reader.text("id")
    title, url = reader.text("title"), _address(reader)
    reader.finish()
    return short, Document(title, url, reader.file, (*reader.path, "id"))


def read_rule(reader: TableReader, library: Library) -> Rule | None:
    """Read a `[[rule]]` table; None where anything in it was wrong."""
    rule_id, title, use = (reader.text(key) for key in ("id", "title", "use"))
    unit = cast("Unit", reader.choice("unit", UNITS))
    department = reader.choice("department", DEPARTMENTS)
    applies_to = reader.texts("applies_to")
    for place, subject in enumerate(applies_to):
        if subject not in SUBJECTS:
            reader.report(("applies_to", place), not_among(subject, SUBJECTS))
    tables = reader.tables("value")
    if not tables:
        reader.report((), "a rule needs at least one [[rule.value]]")
    values: dict[int, DatedValue] = {}
    asset = ""
    for place, table in enumerate(tables):
        entry = TableReader(table, (*reader.path, "value", place), reader.file)
        dated = _value(entry, unit, asset, library)
        reader.sound &= entry.sound
        if dated is not None:
            values[place] = dated
            if message := refusal(rule_id, unit, dated.value):
                reader.report(("value", place, "value"), f"{rule_id}: {message}")
            asset = asset or (dated.value.asset if isinstance(dated.value, Money) else "")
    reader.finish()
    history = _in_sequence(reader, values)
    if not reader.sound:
        return None
    return Rule(rule_id, title, unit, applies_to, department, use, history)


def _value(reader: TableReader, unit: Unit, asset: str, library: Library) -> DatedValue | None:
    start_us = reader.quantity("from", parse_instant)
    end_us = reader.quantity("until", parse_instant, required=False)
    if start_us is not None and end_us is not None and end_us <= start_us:
        reader.report(
            ("until",),
            f"{format_day(end_us)} is not after the value's from, {format_day(start_us)}",
        )
    value: tuple[Value, str] | None = None
    if unit in UNITS:
        value = reader.quantity("value", partial(parse_value, unit, asset=asset))
    else:
        reader.ignore("value")
    status = cast("Status", reader.choice("status", STATUSES))
    confidence = cast("Confidence", reader.choice("confidence", tuple(CONFIDENCES)))
    reference = _reference(reader, confidence, library)
    note = reader.text("note", required=False)
    if reference.document == ASSUMPTION:
        _check_assumption(reader, status, confidence)
    reader.finish()
    if not reader.sound or start_us is None or value is None:
        return None
    return DatedValue(start_us, end_us, *value, status, reference, confidence, note)


def _reference(reader: TableReader, confidence: str, library: Library) -> Reference:
    cited = reader.text("document")
    paragraph = reader.text("paragraph", required=False)
    url = _address(reader)
    also = reader.texts("also", required=False)
    for place, address in enumerate(also):
        _check_address(reader, ("also", place), address)
    read = reader.day("read") or (library.read if confidence in SEEN else None)
    known = library.documents.get(cited)
    if known is not None:
        return Reference(known.title, paragraph, url or known.url, read, also)
    if cited and cited != ASSUMPTION and " " not in cited and library.complete:
        # A short name must be listed; a document described in words need not be.
        hint = did_you_mean(cited, [*library.documents, ASSUMPTION])
        reader.report(
            ("document",), f"{shown(cited)} is not among the [[document]] short names{hint}"
        )
    return Reference(cited, paragraph, url, read, also)


def _check_assumption(reader: TableReader, status: str, confidence: str) -> None:
    if status == "in_force":
        reader.report(
            ("status",), "an assumption is practice, expected or hypothetical, not in_force"
        )
    if confidence in CONFIDENCES and confidence not in ASSUMED:
        message = f"an assumption has confidence {' or '.join(ASSUMED)}, got {confidence!r}"
        reader.report(("confidence",), message)


def _address(reader: TableReader) -> str:
    url = reader.text("url", required=False)
    if url:
        _check_address(reader, ("url",), url)
    return url


def _check_address(reader: TableReader, key: tuple[str | int, ...], address: str) -> None:
    if not address.startswith(("https://", "http://")) or any(map(str.isspace, address)):
        reader.report(key, f"expected an address that begins with https://, got {shown(address)}")


def _in_sequence(reader: TableReader, values: Mapping[int, DatedValue]) -> tuple[DatedValue, ...]:
    """Sort a rule's values by date; one without an end of its own ends where the next begins."""
    history: list[DatedValue] = []
    ordered = sorted(values.items(), key=lambda entry: entry[1].start_us)
    for (place, value), (later_place, later) in pairwise(ordered):
        begins = format_day(later.start_us)
        if later.start_us == value.start_us:
            reader.report(("value", later_place, "from"), f"the rule has two values from {begins}")
        elif value.end_us is not None and value.end_us > later.start_us:
            message = f"{format_day(value.end_us)} overlaps the rule's value from {begins}"
            reader.report(("value", place, "until"), message)
        end_us = later.start_us if value.end_us is None else value.end_us
        history.append(attrs.evolve(value, end_us=end_us))
    return (*history, *(value for _, value in ordered[-1:]))
