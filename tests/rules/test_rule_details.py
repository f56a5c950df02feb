"""The small print of rules as data: absent values of every unit, spans that end, messages."""

from pathlib import Path
from typing import Any

import attrs
import pytest

from sim.quantities import QuantityError, parse_instant
from sim.rules import (
    DatedValue,
    Reference,
    Regime,
    Rule,
    RuleErrors,
    diff,
    listing,
    load_regime,
    show,
)
from sim.rules.model import parse_value
from sim.rules.modelled import Range
from sim.scenario.model import RuleChange
from sim.units import DAY_US, Money
from tests.rules.test_rule_files import SOUND, complaints

JUNE = parse_instant("2023-06-01")
JULY = parse_instant("2023-07-01")
AUGUST = parse_instant("2023-08-01")
RULE = "a.rule"
RAW: dict[Any, Any] = {
    "share": "5 %",
    "money": "HKD 7",
    "duration": "2 h",
    "count": 3,
    "date": "2023-06-01",
    "text": "so and so",
    "flag": True,
}


def value(
    start_us: int, raw: Any, end_us: int | None = None, unit: Any = "share", **fields: Any
) -> DatedValue:
    parsed, text = parse_value(unit, raw)
    dated = DatedValue(start_us, end_us, parsed, text, "in_force", Reference("A law"), "V")
    return attrs.evolve(dated, **fields)


def rule(*values: DatedValue, unit: Any = "share", rule_id: str = RULE) -> Rule:
    return Rule(rule_id, "A title", unit, ("retail",), "onboarding", "a test", values)


def regime(*rules: Rule) -> Regime:
    return Regime({each.id: each for each in rules})


# -- the law at an instant --------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["share", "money", "duration", "count", "date", "text"])
def test_a_value_that_is_not_in_force_has_a_default_of_its_unit_or_none(unit: Any) -> None:
    parsed, _ = parse_value(unit, RAW[unit])
    law = regime(rule(value(JULY, RAW[unit], AUGUST, unit=unit), unit=unit))
    ask = {at: getattr(law.at(at), unit) for at in (JUNE, JULY, AUGUST)}
    assert ask[JULY](RULE) == parsed
    for at in (JUNE, AUGUST):
        assert ask[at](RULE, default=parsed) == parsed
        with pytest.raises(KeyError, match=f"rule {RULE} is not in force and no default was given"):
            ask[at](RULE)
    with pytest.raises(KeyError, match=r"there is no rule 'a\.ruel'; did you mean 'a\.rule'"):
        ask[JULY]("a.ruel")


@pytest.mark.parametrize("unit", ["money", "duration", "count", "date", "text"])
def test_a_value_of_one_unit_is_none_of_another(unit: Any) -> None:
    law = regime(rule(value(JUNE, "30 %"))).at(JULY)
    with pytest.raises(TypeError, match=f"rule {RULE} is a share, not a {unit}"):
        getattr(law, unit)(RULE)


def test_the_law_says_when_it_ends_also_where_nothing_follows() -> None:
    steps = regime(rule(value(JUNE, "30 %", JULY), value(JULY, "20 %", AUGUST)))
    assert [(steps.at(at).start_us, steps.at(at).end_us) for at in (0, JUNE, JULY, AUGUST)] == [
        (None, JUNE),
        (JUNE, JULY),
        (JULY, AUGUST),
        (AUGUST, None),
    ]


def test_a_value_that_ends_without_a_successor_lapses_at_its_end() -> None:
    ending = rule(value(JUNE, "30 %", AUGUST))
    ((time_us, changed, lapsed),) = regime(ending).changes(JUNE, AUGUST + 1)
    assert (time_us, changed) == (AUGUST, ending)
    assert (lapsed.start_us, lapsed.end_us) == (AUGUST, None)
    assert (lapsed.value, lapsed.text) == (False, "not in force")
    assert lapsed.reference == Reference("A law")


# -- changes ----------------------------------------------------------------------------------------


def test_what_begins_when_a_change_does_is_replaced_and_what_ended_before_is_kept() -> None:
    steps = regime(rule(value(JUNE, "30 %", JULY), value(JULY, "20 %", AUGUST)))
    change = RuleChange(id=RULE, value="10 %", start=JULY, source="supposed")
    changed, conflicts = steps.with_changes([change], JUNE)
    first, second = changed.rules[RULE].values
    assert conflicts == ()
    assert (first.start_us, first.end_us, first.text) == (JUNE, JULY, "30 %")
    assert (second.start_us, second.end_us, second.text) == (JULY, None, "10 %")
    assert second.confidence == ""


def test_bad_changes_are_placed_by_their_number_and_key() -> None:
    changes = [
        RuleChange(id=RULE, value="10 %", source="x"),
        RuleChange(id=RULE, value="ten", source="x"),
    ]
    with pytest.raises(RuleErrors) as caught:
        regime(rule(value(JUNE, "30 %"))).with_changes(changes, JUNE)
    (problem,) = caught.value.problems
    assert (problem.file, problem.path) == ("", "rules.changes[1].value")


# -- differences and listings -----------------------------------------------------------------------


def test_every_value_that_differs_is_a_difference_of_its_own() -> None:
    left = rule(value(JUNE, "10 %"))
    split = rule(value(JUNE, "30 %", JULY), value(JULY, "30 %"))
    found = diff(regime(left), regime(split))
    assert [(each.start_us, each.end_us, each.kind) for each in found] == [
        (JUNE, JULY, "value"),
        (JULY, None, "value"),
    ]


def test_a_difference_says_which_rule_and_goes_on_after_an_equal_span() -> None:
    left = rule(value(JUNE, "30 %", JULY), value(JULY, "20 %", AUGUST), value(AUGUST, "10 %"))
    right = rule(value(JUNE, "31 %", JULY), value(JULY, "20 %", AUGUST), value(AUGUST, "11 %"))
    first, second = diff(regime(left), regime(right))
    assert (first.id, first.title, first.start_us, first.end_us) == (RULE, "A title", JUNE, JULY)
    assert (second.start_us, second.end_us) == (AUGUST, None)


def test_a_rule_of_another_unit_differs_even_where_the_numbers_agree() -> None:
    share = rule(value(JUNE, "3 ppm"))
    count = rule(value(JUNE, 3, unit="count"), unit="count")
    (found,) = diff(regime(share), regime(count))
    assert found.kind == "value"
    assert found.before is not None
    assert found.after is not None
    assert found.before.value == found.after.value


def test_a_row_of_the_listing_has_all_that_is_known_of_its_rule() -> None:
    law = regime(rule(value(JUNE, "30 %", JULY), value(JULY, "20 %")))
    (row,) = listing(law, JUNE)
    assert (row.id, row.title, row.department) == (RULE, "A title", "onboarding")
    assert (row.unit, row.applies_to) == ("share", ("retail",))
    assert row.next is not None
    assert row.next.value == "20 %"
    (row,) = listing(law, JULY)
    assert row.current is not None
    assert row.current.value == "20 %"
    assert row.next is None, "what begins now is no longer to come"


def test_a_source_that_was_not_read_and_a_value_of_no_confidence_show_nothing() -> None:
    (row,) = show(rule(value(JUNE, "30 %", confidence="")))
    assert (row.read, row.until, row.confidence, row.confidence_meaning) == ("", "", "", "")


# -- values -----------------------------------------------------------------------------------------


def test_a_duration_may_be_none_at_all_and_a_hundred_years_at_most() -> None:
    longest_us = 100 * 365 * DAY_US
    assert parse_value("duration", "0 s") == (0, "0 s")
    assert parse_value("duration", "36500 d") == (longest_us, "36500 d")
    with pytest.raises(QuantityError, match=r"from 0 s to 100 y, got '36501 d'"):
        parse_value("duration", "36501 d")


def test_a_flag_reads_yes_or_no_and_a_count_fits_64_bits() -> None:
    assert parse_value("flag", True) == (True, "yes")
    assert parse_value("flag", False) == (False, "no")
    assert parse_value("count", 2**63 - 1)[0] == 2**63 - 1
    with pytest.raises(QuantityError, match=r"at most 64 bits, got 9223372036854775808"):
        parse_value("count", 2**63)


def test_an_amount_in_the_wrong_money_or_below_zero_is_nothing_the_simulation_takes() -> None:
    money = Range("money")
    assert money.refusal("money", Money("HKD", 0)) == ""
    assert money.refusal("money", Money("USD", 1)) == ""
    assert money.refusal("money", Money("HKD", -1)).startswith("expected an amount not below zero")
    assert money.refusal("money", Money("BTC", 1)).startswith("expected an amount in HKD or USD")
    assert money.refusal("share", 1) == "the simulation takes it as a money, not as a share"


# -- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sound", "broken", "complaint"),
    [
        ('title = "Limit"', "title = 7", "a.toml:10: rule[0].title: expected text, got 7"),
        ('title = "Limit"', 'title = " "', "a.toml:10: rule[0].title: expected text, got ' '"),
        (
            'applies_to = ["retail"]',
            'applies_to = "retail"',
            "a.toml:12: rule[0].applies_to: expected a list of texts, got 'retail'",
        ),
        (
            'also = ["https://example.org/more"]',
            "also = [7]",
            "a.toml:22: rule[0].value[0].also[0]: expected text, got 7",
        ),
        (
            'also = ["https://example.org/more"]',
            'also = [""]',
            "a.toml:22: rule[0].value[0].also[0]: expected text, got ''",
        ),
        ('unit = "share"\n', "", "a.toml:8: rule[0]: missing key 'unit'"),
        ('applies_to = ["retail"]\n', "", "a.toml:8: rule[0]: missing key 'applies_to'"),
        ("  from = 2023-06-01\n", "", "a.toml:26: rule[0].value[1]: missing key 'from'"),
    ],
)
def test_a_key_of_another_kind_or_none_is_told_with_its_place(
    tmp_path: Path, sound: str, broken: str, complaint: str
) -> None:
    assert sound in SOUND
    assert complaint in complaints(tmp_path, SOUND.replace(sound, broken))


def test_optional_keys_may_be_missing(tmp_path: Path) -> None:
    text = SOUND
    for optional in (
        '  note = "as reported"\n',
        '  also = ["https://example.org/more"]\n',
        '  paragraph = "para 9.7"\n',
        '  url = "https://example.org/page"\n',
    ):
        assert optional in text
        text = text.replace(optional, "")
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    first, second = load_regime("a.toml", base=tmp_path).rules["onb.limit"].values
    assert first.reference.url == "https://example.org/guide"
    assert (second.note, second.reference.also, second.reference.url) == ("", (), "")
    assert first.reference.paragraph == ""


def test_a_folder_without_rules_and_a_regime_that_is_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleErrors) as caught:
        load_regime("empty", base=tmp_path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.path) == (str(tmp_path / "empty"), "")
    with pytest.raises(RuleErrors) as caught:
        load_regime("nothing-of-the-kind", base=tmp_path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.path) == ("nothing-of-the-kind", "")
    assert "shipped: rules/hong-kong" in problem.message


def test_every_mistake_of_several_files_is_reported_together(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    for name in ("a", "b"):
        text = SOUND.replace('title = "Limit"', "title = 7").replace("onb.limit", f"onb.{name}")
        if name == "b":
            text = text.replace('id = "GUIDE"', 'id = "OTHER"').replace('"GUIDE"', '"OTHER"')
        (tmp_path / "law" / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_regime("law", base=tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems) == 2
    assert [f"{name}.toml" in line for name, line in zip("ab", lines, strict=True)] == [True, True]
