"""A `Regime` -> one rule file that reads back as the same.

A run keeps the law it was made under in its folder. What is written depends on the rules alone: neither on
how many files they came from and where those lie, nor on comments and order in them.
"""

from datetime import date
from typing import Any

from sim.rules.model import ASSUMPTION, DatedValue, Rule
from sim.rules.regime import Regime
from sim.units import Money, from_us, to_us


def dump_regime(regime: Regime) -> str:
    """Write a regime as TOML; reading it gives an equal one. Values that changes have added are not allowed."""
    import tomlkit

    document = tomlkit.document()
    titles = _listed(regime)
    if titles:
        document.add("document", _tables([{"id": title, "title": title} for title in titles]))
    document.add("rule", _tables([_rule(rule) for rule in regime.rules.values()]))
    return tomlkit.dumps(document)


def _tables(entries: list[dict[str, Any]]) -> Any:
    """Write tables; a list of tables in a table is an array of tables too."""
    import tomlkit

    array = tomlkit.aot()
    for entry in entries:
        table = tomlkit.table()
        for key, value in entry.items():
            inner = isinstance(value, list) and value and isinstance(value[0], dict)
            table.add(key, _tables(value) if inner else value)
        array.append(table)
    return array


def _listed(regime: Regime) -> list[str]:
    """Titles of one word, which only a [[document]] may have: a value that cites one word names a document."""
    titles = {
        value.reference.document for rule in regime.rules.values() for value in rule.values
    } - {ASSUMPTION}
    return sorted(title for title in titles if " " not in title)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "unit": rule.unit,
        "applies_to": list(rule.applies_to),
        "department": rule.department,
        "use": rule.use,
        "value": [_value(rule, value) for value in rule.values],
    }


def _value(rule: Rule, dated: DatedValue) -> dict[str, Any]:
    reference = dated.reference
    written: dict[str, Any] = {
        "from": _instant(dated.start_us),
        "until": None if dated.end_us is None else _instant(dated.end_us),
        "value": _plain(rule, dated),
        "status": dated.status,
        "document": reference.document,
        "paragraph": reference.paragraph,
        "url": reference.url,
        "also": list(reference.also),
        "read": reference.read,
        "confidence": dated.confidence,
        "note": dated.note,
    }
    return {key: value for key, value in written.items() if value not in (None, "", [])}


def _plain(rule: Rule, dated: DatedValue) -> Any:
    """Return a value as a file holds it: shares and durations as they were written."""
    if isinstance(dated.value, Money):
        return str(dated.value)
    if rule.unit == "date":
        return _instant(int(dated.value))
    return dated.text if rule.unit in {"share", "duration"} else dated.value


def _instant(time_us: int) -> date:
    moment = from_us(time_us)
    return moment.date() if to_us(moment.date()) == time_us else moment
