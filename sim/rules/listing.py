"""Rules as rows for people: the law on a date, and one rule's whole history.

Rows hold plain text and numbers, ready for a table or for JSON.
"""

import attrs

from sim.rules.model import CONFIDENCES, DatedValue, Rule, format_day
from sim.rules.regime import Regime


@attrs.frozen(kw_only=True)
class HistoryRow:
    """One of a rule's values."""

    since: str
    """Hong Kong date from which it holds."""
    until: str
    """Hong Kong date on which it no longer holds; empty where no end is known."""
    value: str
    status: str
    document: str
    paragraph: str
    url: str
    also: tuple[str, ...]
    """Further addresses."""
    read: str
    """Date on which the source was read; empty where it was not seen."""
    confidence: str
    confidence_meaning: str
    note: str


@attrs.frozen(kw_only=True)
class ListingRow:
    """A rule on a date, with the value in force (None where there is none)."""

    id: str
    title: str
    department: str
    unit: str
    applies_to: tuple[str, ...]
    current: HistoryRow | None
    next: HistoryRow | None
    """The first value that begins later."""


def listing(regime: Regime, time_us: int, *, absent: bool = False) -> tuple[ListingRow, ...]:
    """Return the rules in force at an instant, by department and id.

    With `absent`, rules that are known but not (or no longer) in force are listed too, without a value.
    """
    rows = (_listing_row(rule, time_us) for rule in regime.rules.values())
    kept = (row for row in rows if absent or row.current is not None)
    return tuple(sorted(kept, key=lambda row: (row.department, row.id)))


def show(rule: Rule) -> tuple[HistoryRow, ...]:
    """Return all values of a rule in order of time, each with its source."""
    return tuple(map(_history_row, rule.values))


def _listing_row(rule: Rule, time_us: int) -> ListingRow:
    current = rule.at(time_us)
    later = next((value for value in rule.values if value.start_us > time_us), None)
    return ListingRow(
        id=rule.id,
        title=rule.title,
        department=rule.department,
        unit=rule.unit,
        applies_to=rule.applies_to,
        current=_history_row(current) if current else None,
        next=_history_row(later) if later else None,
    )


def _history_row(value: DatedValue) -> HistoryRow:
    reference = value.reference
    return HistoryRow(
        since=format_day(value.start_us),
        until="" if value.end_us is None else format_day(value.end_us),
        value=value.text,
        status=value.status,
        document=reference.document,
        paragraph=reference.paragraph,
        url=reference.url,
        also=reference.also,
        read=reference.read.isoformat() if reference.read else "",
        confidence=value.confidence,
        confidence_meaning=CONFIDENCES.get(value.confidence, ""),
        note=value.note,
    )
