from datetime import date
from typing import Any

import attrs
import pytest

from sim.quantities import parse_instant
from sim.rules import Regime, diff, listing, load_regime, show
from sim.scenario.model import RuleChange
from sim.units import to_us

JUNE_2023 = parse_instant("2023-06-01")
NOVEMBER_2025 = parse_instant("2025-11-03")


@pytest.fixture(scope="module")
def hong_kong() -> Regime:
    return load_regime("rules/hong-kong")


def changed(regime: Regime, rule_id: str, value: Any, **fields: Any) -> Regime:
    change = RuleChange(id=rule_id, value=value, **fields)
    return regime.with_changes([change], JUNE_2023)[0]


def without(regime: Regime, rule_id: str) -> Regime:
    return Regime({key: rule for key, rule in regime.rules.items() if key != rule_id})


def test_a_regime_does_not_differ_from_itself(hong_kong: Regime) -> None:
    assert diff(hong_kong, load_regime("hong-kong")) == []


def test_a_changed_value_is_named_with_its_dates_and_both_sources(hong_kong: Regime) -> None:
    variant = changed(hong_kong, "onb.exposure_limit", "10 %", source="a what-if")
    (difference,) = diff(hong_kong, variant)
    assert (difference.id, difference.kind) == ("onb.exposure_limit", "value")
    assert (difference.start_us, difference.end_us) == (JUNE_2023, None)
    assert difference.before is not None
    assert difference.after is not None
    assert difference.before.text == "30 %"
    assert difference.before.reference.document.startswith("HashKey")
    assert difference.after.text == "10 %"
    assert difference.after.reference.document == "a what-if"


def test_a_span_with_equal_values_is_no_difference(hong_kong: Regime) -> None:
    variant = changed(hong_kong, "tok.track_record_pi", 0, start=JUNE_2023, status="in_force")
    (difference,) = diff(hong_kong, variant)
    assert (difference.start_us, difference.end_us) == (JUNE_2023, NOVEMBER_2025)


def test_a_value_that_lapses_on_one_side_only_is_a_difference(hong_kong: Regime) -> None:
    variant = changed(hong_kong, "lic.ext_assess_old", 2, status="in_force")
    (difference,) = diff(hong_kong, variant)
    assert difference.start_us == to_us(date(2024, 12, 18))
    assert difference.before is None
    assert difference.after is not None


def test_another_standing_of_the_same_value_is_its_own_kind(hong_kong: Regime) -> None:
    variant = changed(hong_kong, "onb.exposure_limit", "30 %", status="in_force")
    assert [difference.kind for difference in diff(hong_kong, variant)] == ["status"]


def test_rules_that_only_one_side_knows_are_added_or_removed(hong_kong: Regime) -> None:
    less = without(hong_kong, "tok.stable_excl.licensed_allowed")
    removed = diff(hong_kong, less)
    added = diff(less, hong_kong)
    assert {difference.kind for difference in removed} == {"removed"}
    assert {difference.kind for difference in added} == {"added"}
    assert [difference.before for difference in removed] == [
        difference.after for difference in added
    ]
    assert len(added) == 2


def test_the_listing_shows_what_is_in_force_and_what_comes_next(hong_kong: Regime) -> None:
    rows = {row.id: row for row in listing(hong_kong, parse_instant("2024-06-01"))}
    assert "trd.perps" not in rows
    row = rows["tok.track_record_pi"]
    assert row.current is not None
    assert row.next is not None
    assert (row.current.value, row.current.since, row.current.until) == (
        "12",
        "2023-06-01",
        "2025-11-03",
    )
    assert (row.next.value, row.next.since) == ("0", "2025-11-03")
    assert row.current.paragraph == "para 7.6(c)"


def test_the_listing_is_sorted_and_can_show_what_is_absent(hong_kong: Regime) -> None:
    rows = listing(hong_kong, parse_instant("2024-06-01"), absent=True)
    assert len(rows) == len(hong_kong.rules)
    keys = [(row.department, row.id) for row in rows]
    assert keys == sorted(keys)
    (perps,) = (row for row in rows if row.id == "trd.perps")
    assert perps.current is None
    assert perps.next is not None


def test_a_rule_is_shown_with_its_whole_history_and_sources(hong_kong: Regime) -> None:
    older, newer = show(hong_kong.rules["cus.comp_cover.cold"])
    assert (older.value, older.since, older.until) == ("95 %", "2019-11-06", "2023-06-01")
    assert (newer.value, newer.since, newer.until) == ("50 %", "2023-06-01", "")
    assert newer.url.startswith("https://sidley.com/")
    assert newer.confidence == "V"
    assert "seen" in newer.confidence_meaning
    assert newer.read == "2026-11-22"
    assert {type(cell) for cell in attrs.astuple(newer)} == {str, tuple}, "ready for JSON"
