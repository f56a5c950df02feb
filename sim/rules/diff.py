"""What differs between two regimes: not lines of text, but which value holds when."""

from itertools import pairwise
from typing import Literal

import attrs

from sim.rules.model import DatedValue, Rule
from sim.rules.regime import Regime

Kind = Literal["added", "removed", "value", "status"]


@attrs.frozen
class Difference:
    """A span of time in which two regimes give a rule different values or standing.

    `added` and `removed` are rules that only the second or only the first regime knows; `value` is another
    value (or none) in force, `status` the same value with another standing.
    """

    id: str
    title: str
    kind: Kind
    start_us: int
    end_us: int | None
    """None where the difference lasts."""
    before: DatedValue | None
    """The value in the first regime, with its source; None where it has none in this span."""
    after: DatedValue | None


def diff(a: Regime, b: Regime) -> list[Difference]:
    """Compare two regimes; sorted by rule id, then time. Sources and notes alone make no difference."""
    found: list[Difference] = []
    for rule_id in sorted(a.rules.keys() | b.rules.keys()):
        found += _compare(a.rules.get(rule_id), b.rules.get(rule_id))
    return found


def _compare(a: Rule | None, b: Rule | None) -> list[Difference]:
    rule = b or a
    if rule is None or a == b:
        return []
    found: list[Difference] = []
    for start_us, end_us in pairwise([*_cuts(a, b), None]):
        if start_us is None:
            continue
        before, after = (side.at(start_us) if side else None for side in (a, b))
        kind = _kind(a, b, before, after)
        if kind is None:
            continue
        last = found[-1] if found else None
        if (
            last
            and last.end_us == start_us
            and (last.kind, last.before, last.after) == (kind, before, after)
        ):
            found[-1] = attrs.evolve(last, end_us=end_us)
        else:
            found.append(Difference(rule.id, rule.title, kind, start_us, end_us, before, after))
    return found


def _cuts(*sides: Rule | None) -> list[int]:
    values = [value for rule in sides if rule for value in rule.values]
    ends = {value.end_us for value in values if value.end_us is not None}
    return sorted(ends | {value.start_us for value in values})


def _kind(
    a: Rule | None, b: Rule | None, before: DatedValue | None, after: DatedValue | None
) -> Kind | None:
    if before is None and after is None:
        return None
    if a is None:
        return "added"
    if b is None:
        return "removed"
    if before is None or after is None or a.unit != b.unit or before.value != after.value:
        return "value"
    return "status" if before.status != after.status else None
