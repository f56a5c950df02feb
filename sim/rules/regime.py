"""The law at any instant.

A `Regime` is every rule with its whole history. Between two instants at which anything changes the law
stands still, so a regime keeps one `Law` per such interval and finds it by bisection: asking for the law
costs well under a microsecond.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from sim.problems import did_you_mean
from sim.rules.changes import Change, apply_changes
from sim.rules.model import NOT_IN_FORCE, UNITS, DatedValue, Rule, Unit
from sim.units import Money

ChangePoint = tuple[int, Rule, DatedValue]


@attrs.frozen
class Law:
    """The values in force during one interval in which no rule changes.

    The accessors take an optional `default`, used when the rule is not in force. Without one they raise
    KeyError, and they raise TypeError for a rule of another unit.
    """

    start_us: int | None
    """First instant of the interval; None before the first rule."""
    end_us: int | None
    """First instant after it; None after the last change."""
    _rules: Mapping[str, Rule] = attrs.field(repr=False)
    _in_force: Mapping[str, DatedValue] = attrs.field(init=False, repr=False, eq=False)
    _by_unit: Mapping[str, Mapping[str, Any]] = attrs.field(init=False, repr=False, eq=False)

    @_in_force.default
    def _find_in_force(self) -> Mapping[str, DatedValue]:
        if self.start_us is None:
            return {}
        found = ((rule.id, rule.at(self.start_us)) for rule in self._rules.values())
        return {rule_id: value for rule_id, value in found if value is not None}

    @_by_unit.default
    def _group_by_unit(self) -> Mapping[str, Mapping[str, Any]]:
        groups: dict[str, dict[str, Any]] = {unit: {} for unit in UNITS}
        for rule_id, dated in self._in_force.items():
            groups[self._rules[rule_id].unit][rule_id] = dated.value
        return groups

    def share(self, rule_id: str, default: int | None = None) -> int:
        """Return a share or rate in parts per million."""
        value: int | None = self._by_unit["share"].get(rule_id)
        return self._absent(rule_id, "share", default) if value is None else value

    def money(self, rule_id: str, default: Money | None = None) -> Money:
        """Return an exact amount."""
        value: Money | None = self._by_unit["money"].get(rule_id)
        return self._absent(rule_id, "money", default) if value is None else value

    def duration(self, rule_id: str, default: int | None = None) -> int:
        """Return a span of time in microseconds."""
        value: int | None = self._by_unit["duration"].get(rule_id)
        return self._absent(rule_id, "duration", default) if value is None else value

    def count(self, rule_id: str, default: int | None = None) -> int:
        """Return a whole number."""
        value: int | None = self._by_unit["count"].get(rule_id)
        return self._absent(rule_id, "count", default) if value is None else value

    def date(self, rule_id: str, default: int | None = None) -> int:
        """Return the instant a rule names, in microseconds since the epoch."""
        value: int | None = self._by_unit["date"].get(rule_id)
        return self._absent(rule_id, "date", default) if value is None else value

    def text(self, rule_id: str, default: str | None = None) -> str:
        """Return a value that is only text."""
        value: str | None = self._by_unit["text"].get(rule_id)
        return self._absent(rule_id, "text", default) if value is None else value

    def flag(self, rule_id: str) -> bool:
        """Whether a rule holds; False when it is not in force."""
        value: bool | None = self._by_unit["flag"].get(rule_id)
        return self._absent(rule_id, "flag", default=False) if value is None else value

    def get(self, rule_id: str) -> DatedValue | None:
        """Return a rule's value with its standing and source, or None when it is not in force."""
        return self._in_force.get(rule_id)

    def _absent(self, rule_id: str, unit: Unit, default: Any) -> Any:
        rule = self._rules.get(rule_id)
        if rule is not None and rule.unit != unit:
            raise TypeError(f"rule {rule_id} is a {rule.unit}, not a {unit}")
        if default is not None:
            return default
        if rule is None:
            raise KeyError(f"there is no rule {rule_id!r}{did_you_mean(rule_id, self._rules)}")
        raise KeyError(f"rule {rule_id} is {NOT_IN_FORCE} and no default was given")


@attrs.frozen
class Regime:
    """Every rule by id, with all its values, past and to come."""

    rules: dict[str, Rule]
    _cuts: tuple[int, ...] = attrs.field(init=False, repr=False, eq=False)
    _laws: list[Law | None] = attrs.field(init=False, repr=False, eq=False)

    @_cuts.default
    def _find_cuts(self) -> tuple[int, ...]:
        values = [value for rule in self.rules.values() for value in rule.values]
        ends = {value.end_us for value in values if value.end_us is not None}
        return tuple(sorted(ends | {value.start_us for value in values}))

    @_laws.default
    def _reserve_laws(self) -> list[Law | None]:
        return [None] * (len(self._cuts) + 1)

    def at(self, time_us: int) -> Law:
        """Return the law in force at an instant."""
        place = bisect_right(self._cuts, time_us)
        law = self._laws[place]
        if law is None:
            start_us = self._cuts[place - 1] if place else None
            end_us = self._cuts[place] if place < len(self._cuts) else None
            law = self._laws[place] = Law(start_us, end_us, self.rules)
        return law

    def changes(self, start_us: int, end_us: int) -> tuple[ChangePoint, ...]:
        """Return what changes strictly between two instants, sorted by time and rule id.

        A value that ends without a successor appears at its end, with the text `not in force` and the
        value False.
        """
        found: list[ChangePoint] = []
        for rule in self.rules.values():
            starts = {value.start_us for value in rule.values}
            for value in rule.values:
                found.append((value.start_us, rule, value))
                if value.end_us is not None and value.end_us not in starts:
                    found.append((value.end_us, rule, _lapse(value, value.end_us)))
        inside = (point for point in found if start_us < point[0] < end_us)
        return tuple(sorted(inside, key=lambda point: (point[0], point[1].id)))

    def with_changes(
        self, changes: Sequence[Change], default_start_us: int
    ) -> tuple["Regime", tuple[str, ...]]:
        """Apply the changes of a scenario and its overlays, in order.

        A change holds from its start (`default_start_us` where it names none) on, whatever the rule
        would have become later; nothing before its start is touched. Returns the new regime and one
        sentence for each change that a later, different one makes void.

        Raises
        ------
        RuleErrors
            A change names no rule, or its value is not of the rule's unit; all such problems at once.
        """
        rules, conflicts = apply_changes(self.rules, changes, default_start_us)
        return Regime(rules), conflicts


def _lapse(ended: DatedValue, end_us: int) -> DatedValue:
    return attrs.evolve(ended, start_us=end_us, end_us=None, value=False, text=NOT_IN_FORCE)
