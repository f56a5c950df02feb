"""`vatp rules`: the law on a date, one rule's history, and what differs between two sets of rules."""

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from rich.table import Table

from sim.cli.console import output, print_json
from sim.cli.main import UserError
from sim.cli.run import Json
from sim.quantities import QuantityError, parse_instant

if TYPE_CHECKING:
    from sim.rules import Regime

SHIPPED_REGIME = "rules/hong-kong"
SHIPPED_SCENARIO = "hk-retail-2023"


def regime_of(name: str, base: str = SHIPPED_SCENARIO) -> "Regime":
    """Load the rules of a scenario, of an overlay over a base scenario, or of a rules file or folder."""
    from sim.rules import load_regime
    from sim.scenario import load, shipped
    from sim.scenario.checker import is_whole
    from sim.scenario.files import find_file
    from sim.scenario.source import read_source

    path = Path(name)
    folder = path if path.is_dir() else shipped(name)
    if folder is not None and folder.is_dir():
        return load_regime(folder)
    found = find_file(name)
    document = read_source(found).document if found is not None else {}
    if found is not None and "rule" in document:
        return load_regime(found)
    if found is None or is_whole(document):
        return load(name).regime
    return load(base, overlays=(name,)).regime


def list_(
    rules: str = SHIPPED_REGIME,
    /,
    *,
    on: str | None = None,
    department: str | None = None,
    absent: bool = False,
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

    regime = regime_of(rules)
    time_us = max(change for change, _, _ in regime.changes(-(2**62), 2**62)) if on is None else parse_instant(on)
    rows = [row for row in listing(regime, time_us, absent=absent) if department in {None, row.department}]
    if not rows:
        departments = sorted({row.department for row in listing(regime, time_us, absent=True)})
        raise UserError(f"no rule of department {department!r} (departments: {', '.join(departments)})")
    if json:
        print_json([attrs.asdict(row) for row in rows])
        return
    table = Table(show_edge=False, pad_edge=False)
    for name in ("id", "value", "since", "status", "conf.", "applies to", "source"):
        table.add_column(name, no_wrap=name in {"id", "since"})
    section = ""
    for row in rows:
        if row.department != section:
            if section:
                table.add_section()
            section = row.department
        value = row.current
        if value is None:
            table.add_row(row.id, "not in force", "", "", "", ", ".join(row.applies_to), "")
            continue
        source = f"{value.document} {value.paragraph}".strip()
        table.add_row(row.id, value.value, value.since, value.status, value.confidence, ", ".join(row.applies_to), source)
    output().print(table)


def show(id_: str, rules: str = SHIPPED_REGIME, /, *, json: Json = False) -> None:
    """Show one rule with every dated value and its source.

    Parameters
    ----------
    id_
        Rule id.
    rules
        Scenario, overlay, rules file or folder; the shipped Hong Kong regime by default.
    """
    import difflib

    from sim.rules import show as history

    regime = regime_of(rules)
    rule = regime.rules.get(id_)
    if rule is None:
        near = difflib.get_close_matches(id_, regime.rules, n=3, cutoff=0.4)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `vatp rules list --absent` lists all"
        raise UserError(f"no rule {id_!r}{hint}")
    rows = history(rule)
    if json:
        print_json({"id": rule.id, "title": rule.title, "unit": rule.unit, "history": [attrs.asdict(row) for row in rows]})
        return
    console = output()
    console.print(f"[bold]{rule.id}[/bold]  {rule.title}", highlight=False)
    console.print(f"unit {rule.unit}; applies to {', '.join(rule.applies_to)}; {rule.department}", highlight=False)
    if rule.use:
        console.print(f"use: {rule.use}", highlight=False)
    for row in rows:
        until = f" until {row.until}" if row.until else ""
        console.print(f"\nfrom {row.since}{until}: [bold]{row.value}[/bold]  ({row.status})", highlight=False)
        console.print(f"  source      {row.document} {row.paragraph}".rstrip(), highlight=False)
        for address in (row.url, *row.also):
            if address:
                console.print(f"              {address}", highlight=False, soft_wrap=True)
        console.print(f"  confidence  {row.confidence}  {row.confidence_meaning}", highlight=False)
        if row.note:
            console.print(f"  note        {row.note}", highlight=False)


def diff(a: str, b: str, /, *, json: Json = False) -> None:
    """Show which rules differ between two sets, from when, and by which source.

    Parameters
    ----------
    a, b
        Scenario, rules file or folder; an overlay is laid over `a` where that is a scenario, otherwise over
        hk-retail-2023. Or two dates of the shipped rules.
    """
    from sim.rules import diff as differences
    from sim.units import format_us

    dates = [_date(text) for text in (a, b)]
    if dates[0] is not None and dates[1] is not None:
        _diff_dates(dates[0], dates[1], json=json)
        return
    found = differences(regime_of(a), regime_of(b, base=_scenario_or_shipped(a)))
    if json:
        print_json([attrs.asdict(difference) for difference in found])
        return
    console = output()
    if not found:
        console.print("no rule differs")
    for row in found:
        span = f"from {format_us(row.start_us)[:10]}" + (f" until {format_us(row.end_us)[:10]}" if row.end_us else "")
        console.print(f"[bold]{row.id}[/bold]  {row.title}  ({row.kind}, {span})", highlight=False)
        for sign, value in (("-", row.before), ("+", row.after)):
            text = "not in force" if value is None else f"{value.text}  ({value.status}; {value.reference.document} {value.reference.paragraph})"
            console.print(f"  {sign} {text}", highlight=False)


def _scenario_or_shipped(name: str) -> str:
    """Return the name itself where it is a whole scenario, which an overlay can be laid over."""
    from sim.scenario.checker import is_whole
    from sim.scenario.files import find_file
    from sim.scenario.source import read_source

    found = find_file(name)
    return name if found is not None and is_whole(read_source(found).document) else SHIPPED_SCENARIO


def _date(text: str) -> int | None:
    try:
        return parse_instant(text)
    except QuantityError:
        return None


def _diff_dates(before_us: int, after_us: int, *, json: bool) -> None:
    """Print the rules whose value on one date is not their value on another."""
    regime = regime_of(SHIPPED_REGIME)
    rows = []
    for rule in regime.rules.values():
        before, after = rule.at(before_us), rule.at(after_us)
        if (before and before.value) != (after and after.value):
            rows.append({"id": rule.id, "title": rule.title, "before": before and before.text, "after": after and after.text})
    if json:
        print_json(rows)
        return
    for row in sorted(rows, key=lambda row: str(row["id"])):
        output().print(f"[bold]{row['id']}[/bold]  {row['title']}", highlight=False)
        output().print(f"  - {row['before'] or 'not in force'}\n  + {row['after'] or 'not in force'}", highlight=False)
