"""Changes to single rules, as a scenario and its overlays write them, applied in order."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from sim.problems import Problem, did_you_mean, shown
from sim.quantities import QuantityError
from sim.rules.model import (
    STATUSES,
    DatedValue,
    Reference,
    Rule,
    Status,
    Value,
    format_day,
    parse_value,
)
from sim.rules.modelled import refusal
from sim.rules.problems import RuleErrors, not_among


class Change(Protocol):
    """A value that a scenario gives a rule from a date on."""

    @property
    def id(self) -> str:
        """The rule's id."""

    @property
    def start(self) -> int | None:
        """First instant, microseconds since the epoch; None is the first instant of the run."""

    @property
    def value(self) -> str | bool | int:
        """The value as written, with its unit."""

    @property
    def status(self) -> Status:
        """Standing of the value."""

    @property
    def source(self) -> str:
        """Where the value comes from."""


def check_changes(
    rules: Mapping[str, Rule], changes: Sequence[Change]
) -> tuple[tuple[int, str, str], ...]:
    """Return what is wrong with changes, as (place in the list, field, message).

    A caller that knows the lines of the fields can place the messages.
    """
    found: list[tuple[int, str, str]] = []
    for place, change in enumerate(changes):
        rule = rules.get(change.id)
        if rule is None:
            message = f"there is no rule {shown(change.id)}{did_you_mean(change.id, rules)}"
            found.append((place, "id", message))
        else:
            try:
                value, _ = parse_value(rule.unit, change.value, rule.asset)
            except QuantityError as error:
                found.append((place, "value", f"{change.id} is a {rule.unit}: {error}"))
            else:
                if message := refusal(change.id, rule.unit, value):
                    found.append((place, "value", f"{change.id}: {message}"))
        if change.status not in STATUSES:
            found.append((place, "status", not_among(change.status, STATUSES)))
    return tuple(found)


@attrs.frozen
class _Applied:
    """A change that has taken its place in a rule's history."""

    start_us: int
    value: Value
    text: str
    source: str

    def __str__(self) -> str:
        return f"{self.text} from {format_day(self.start_us)} ({self.source})"


def apply_changes(
    rules: Mapping[str, Rule], changes: Sequence[Change], default_start_us: int
) -> tuple[dict[str, Rule], tuple[str, ...]]:
    """Return the changed rules and the conflicts among the changes; see `Regime.with_changes`."""
    problems = check_changes(rules, changes)
    if problems:
        raise RuleErrors(
            Problem("", 0, f"rules.changes[{place}].{field}", message)
            for place, field, message in problems
        )
    changed = dict(rules)
    standing: dict[str, list[_Applied]] = {}
    conflicts: list[str] = []
    for change in changes:
        rule = changed[change.id]
        start_us = default_start_us if change.start is None else change.start
        value, text = parse_value(rule.unit, change.value, rule.asset)
        applied = _Applied(start_us, value, text, change.source)
        earlier = standing.get(change.id, [])
        conflicts += [
            f"{change.id}: {other} is made void by {applied}, which comes later in order"
            for other in earlier
            if other.start_us >= start_us and other.value != value
        ]
        standing[change.id] = [other for other in earlier if other.start_us < start_us] + [applied]
        dated = DatedValue(
            start_us=start_us,
            end_us=None,
            value=value,
            text=text,
            status=change.status,
            reference=Reference(change.source),
            confidence="",
        )
        changed[change.id] = attrs.evolve(rule, values=(*_before(rule.values, start_us), dated))
    return changed, tuple(conflicts)


def _before(values: tuple[DatedValue, ...], start_us: int) -> tuple[DatedValue, ...]:
    """Keep what begins before an instant, ending there at the latest."""
    return tuple(
        attrs.evolve(value, end_us=start_us)
        if value.end_us is None or value.end_us > start_us
        else value
        for value in values
        if value.start_us < start_us
    )
