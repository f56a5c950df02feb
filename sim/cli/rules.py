"""`vatp rules`: the law on a date, one rule's history, and what differs between two sets of rules."""

import difflib
from typing import TYPE_CHECKING, Any

import attrs

from sim.cli.arguments import Flag, Json, instant
from sim.cli.console import bold, output, remark
from sim.cli.errors import UserError
from sim.cli.regimes import SHIPPED_REGIME, base_for_overlay, regime_of
from sim.cli.streams import print_json
from sim.cli.tables import Column, Row, print_table

if TYPE_CHECKING:
    from sim.rules import DatedValue, Difference, HistoryRow, ListingRow, Regime, Rule

NOT_IN_FORCE = "not in force"

_LISTING = (
    Column("id"),
    Column("value", wraps=True),
    Column("since"),
    Column("status"),
    Column("conf."),
    Column("applies to", wraps=True),
    Column("source", wraps=True),
)


def list_(
    rules: str = SHIPPED_REGIME,
    /,
    *,
    on: str | None = None,
    department: str | None = None,
    absent: Flag = False,
    json: Json = False,
) -> None:
    """List the rules in force on a date, with value, standing and source.

    Parameters
    ----------
    rules
        Scenario, overlay, rules file or folder; the shipped Hong Kong regime by default.
    on
        Date, such as 2024-06-01 (midnight in Hong Kong); without it, every rule's latest value.
    department
        Only the rules of one department.
    absent
        Also list rules that are known but not in force on the date.
    """
    from sim.rules import listing

    time_us = None if on is None else instant("--on", on)
    regime = regime_of(rules)
    if department is not None:
        _check_department(regime, department)
    rows = [
        row
        for row in listing(regime, _latest(regime) if time_us is None else time_us, absent=absent)
        if department in {None, row.department}
    ]
    if json:
        print_json([attrs.asdict(row) for row in rows])
    elif rows:
        _print_listing(rows)
    else:
        remark("no rule is in force then; --absent lists those that are known")


def _latest(regime: "Regime") -> int:
    """Return the instant from which no rule changes any more."""
    return max(value.start_us for rule in regime.rules.values() for value in rule.values)


def _check_department(regime: "Regime", department: str) -> None:
    known = sorted({rule.department for rule in regime.rules.values()})
    if department not in known:
        near = difflib.get_close_matches(department, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"departments: {', '.join(known)}"
        raise UserError(f"--department: no rule belongs to {department!r}; {hint}")


def _print_listing(rows: "list[ListingRow]") -> None:
    sections: dict[str, list[Row]] = {}
    for row in rows:
        value, subjects = row.current, ", ".join(row.applies_to)
        cells: Row = (NOT_IN_FORCE, "", "", "", subjects, "")
        if value is not None:
            source = f"{value.document} {value.paragraph}".strip()
            cells = (
                value.value,
                value.since,
                value.status,
                value.confidence,
                subjects,
                source,
            )
        sections.setdefault(row.department, []).append((row.id, *cells))
    print_table(output(), _LISTING, sections)


def show(rule: str, rules: str = SHIPPED_REGIME, /, *, json: Json = False) -> None:
    """Show one rule with every dated value and its source.

    Parameters
    ----------
    rule
        Rule id.
    rules
        Scenario, overlay, rules file or folder; the shipped Hong Kong regime by default.
    """
    from sim.rules import show as history

    regime = regime_of(rules)
    found = regime.rules.get(rule)
    if found is None:
        near = difflib.get_close_matches(rule, regime.rules, n=3, cutoff=0.4)
        hint = (
            f"did you mean {', '.join(near)}?" if near else "`vatp rules list --absent` lists all"
        )
        raise UserError(f"no rule {rule!r}; {hint}")
    rows = history(found)
    if json:
        print_json(
            {
                "id": found.id,
                "title": found.title,
                "unit": found.unit,
                "applies_to": found.applies_to,
                "department": found.department,
                "use": found.use,
                "history": [attrs.asdict(row) for row in rows],
            }
        )
    else:
        _print_history(found, rows)


def _print_history(rule: "Rule", rows: "tuple[HistoryRow, ...]") -> None:
    console = output()
    console.say(bold(rule.id) + f"  {rule.title}")
    console.say(f"unit {rule.unit}; applies to {', '.join(rule.applies_to)}; {rule.department}")
    if rule.use:
        console.say(f"use: {rule.use}")
    for row in rows:
        until = f" until {row.until}" if row.until else ""
        console.say(bold(f"\nfrom {row.since}{until}: {row.value}") + f"  ({row.status})")
        console.say(f"  source      {row.document} {row.paragraph}".rstrip())
        for address in filter(None, (row.url, *row.also)):
            # An address that is wrapped cannot be clicked.
            console.print(f"              {address}", soft_wrap=True)
        if row.read:
            console.say(f"  read        {row.read}")
        console.say(f"  confidence  {row.confidence}  {row.confidence_meaning}")
        if row.note:
            console.say(f"  note        {row.note}")


def diff(a: str, b: str, /, *, json: Json = False) -> None:
    """Show which rules differ between two sets, from when, and by which source.

    Parameters
    ----------
    a, b
        Scenario, rules file or folder; an overlay is laid over `a` where that is a scenario, otherwise over
        hk-retail-2023. Or two dates of the shipped rules.
    """
    dates = [_date(text) for text in (a, b)]
    if None not in dates:
        rows = _between_dates(*(date for date in dates if date is not None))
    elif dates != [None, None]:
        raise UserError(f"{a} and {b}: name two dates, or two sets of rules")
    else:
        rows = _between_sets(a, b)
    if json:
        print_json(rows)
    elif rows:
        _print_differences(rows)
    else:
        remark("no rule differs")


def _date(text: str) -> int | None:
    from sim.quantities import QuantityError, parse_instant

    try:
        return parse_instant(text)
    except QuantityError:
        return None


def _between_sets(a: str, b: str) -> list[dict[str, Any]]:
    from sim.rules import diff as differences

    return [_row(found) for found in differences(regime_of(a), regime_of(b, base_for_overlay(a)))]


def _row(found: "Difference") -> dict[str, Any]:
    from sim.rules import format_day

    return {
        "id": found.id,
        "title": found.title,
        "kind": found.kind,
        "since": format_day(found.start_us),
        "until": "" if found.end_us is None else format_day(found.end_us),
        "before": _value(found.before),
        "after": _value(found.after),
    }


def _between_dates(before_us: int, after_us: int) -> list[dict[str, Any]]:
    """Return the shipped rules whose value on one date is not their value on the other."""
    rows = []
    for rule in sorted(regime_of(SHIPPED_REGIME).rules.values(), key=lambda rule: rule.id):
        before, after = rule.at(before_us), rule.at(after_us)
        if (before and before.value) != (after and after.value):
            rows.append(
                {
                    "id": rule.id,
                    "title": rule.title,
                    "before": _value(before),
                    "after": _value(after),
                }
            )
    return rows


def _value(value: "DatedValue | None") -> dict[str, str] | None:
    if value is None:
        return None
    reference = value.reference
    return {
        "value": value.text,
        "status": value.status,
        "document": reference.document,
        "paragraph": reference.paragraph,
        "url": reference.url,
        "confidence": value.confidence,
    }


def _print_differences(rows: list[dict[str, Any]]) -> None:
    console = output()
    for row in rows:
        span = ""
        if "kind" in row:
            until = f" until {row['until']}" if row["until"] else ""
            span = f"  ({row['kind']}, from {row['since']}{until})"
        console.say(bold(row["id"]) + f"  {row['title']}{span}")
        for sign, value in (("-", row["before"]), ("+", row["after"])):
            console.say(f"  {sign} {_in_words(value)}")


def _in_words(value: dict[str, str] | None) -> str:
    if value is None:
        return NOT_IN_FORCE
    source = f"{value['document']} {value['paragraph']}".strip()
    return f"{value['value']}  ({value['status']}; {source})"
