from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.quantities import InstantUs, parse_instant
from sim.rules import DatedValue, Reference, Regime, Rule, RuleErrors, check_changes
from sim.rules.model import parse_value
from sim.scenario.model import RuleChange
from sim.units import Money, format_us

JUNE = parse_instant("2023-06-01")
JULY = parse_instant("2023-07-01")
AUGUST = parse_instant("2023-08-01")
CAP = "onb.limit"
MISSPELT: dict[str, Any] = {"status": "hypotetical"}


def value(start_us: int, raw: object, end_us: int | None = None, unit: Any = "share") -> DatedValue:
    parsed, text = parse_value(unit, raw)
    return DatedValue(start_us, end_us, parsed, text, "in_force", Reference("A law"), "V")


def rule(rule_id: str, *values: DatedValue, unit: Any = "share") -> Rule:
    return Rule(rule_id, rule_id, unit, ("retail",), "onboarding", "a test", values)


def regime(*rules: Rule) -> Regime:
    return Regime({each.id: each for each in rules})


def change(
    raw: Any, start: InstantUs | None = None, source: str = "x", rule_id: str = CAP
) -> RuleChange:
    return RuleChange(id=rule_id, value=raw, start=start, source=source)


TWO_STEPS = regime(rule(CAP, value(JUNE, "30 %", JULY), value(JULY, "20 %")))


def test_a_value_holds_from_its_instant_to_the_microsecond() -> None:
    assert TWO_STEPS.at(JUNE - 1).get(CAP) is None
    assert TWO_STEPS.at(JUNE).share(CAP) == 300_000
    assert TWO_STEPS.at(JULY - 1).share(CAP) == 300_000
    assert TWO_STEPS.at(JULY).share(CAP) == 200_000
    assert TWO_STEPS.at(AUGUST * 2).share(CAP) == 200_000


def test_between_two_changes_there_is_one_law() -> None:
    law = TWO_STEPS.at(JUNE)
    assert TWO_STEPS.at(JULY - 1) is law
    assert TWO_STEPS.at(JULY) is not law
    assert (law.start_us, law.end_us) == (JUNE, JULY)
    assert (TWO_STEPS.at(0).start_us, TWO_STEPS.at(0).end_us) == (None, JUNE)
    assert TWO_STEPS.at(JULY).end_us is None


def test_each_unit_has_its_accessor() -> None:
    law = regime(
        rule("share", value(JUNE, "30 bps")),
        rule("money", value(JUNE, "HKD 80", unit="money"), unit="money"),
        rule("duration", value(JUNE, "2 h", unit="duration"), unit="duration"),
        rule("flag", value(JUNE, raw=True, unit="flag"), unit="flag"),
        rule("count", value(JUNE, 3, unit="count"), unit="count"),
        rule("date", value(JUNE, "2023-07-01", unit="date"), unit="date"),
        rule("text", value(JUNE, "price, then time", unit="text"), unit="text"),
    ).at(JUNE)
    assert law.share("share") == 3_000
    assert law.money("money") == Money("HKD", 80_000_000)
    assert law.duration("duration") == 7_200_000_000
    assert law.flag("flag") is True
    assert law.count("count") == 3
    assert law.date("date") == JULY
    assert law.text("text") == "price, then time"


def test_a_rule_that_is_not_in_force_gives_the_default_or_a_key_error() -> None:
    law = TWO_STEPS.at(JUNE - 1)
    assert law.share(CAP, default=0) == 0
    with pytest.raises(KeyError, match="not in force"):
        law.share(CAP)
    with pytest.raises(
        KeyError, match=r"there is no rule 'onb.limits'; did you mean 'onb.limit'\?"
    ):
        law.share("onb.limits")


def test_a_flag_that_is_not_in_force_is_false() -> None:
    flags = regime(rule("flag", value(JUNE, True, JULY, unit="flag"), unit="flag"))
    assert [flags.at(t).flag("flag") for t in (JUNE - 1, JUNE, JULY - 1, JULY)] == [
        False,
        True,
        True,
        False,
    ]
    assert flags.at(JUNE).flag("unheard_of") is False


def test_asking_for_the_wrong_unit_is_a_mistake_even_with_a_default() -> None:
    with pytest.raises(TypeError, match="is a share, not a money"):
        TWO_STEPS.at(JUNE).money(CAP, default=Money("HKD", 1))
    with pytest.raises(TypeError, match="is a share, not a flag"):
        TWO_STEPS.at(JUNE).flag(CAP)


def test_changes_lie_strictly_between_the_instants_and_are_sorted() -> None:
    both = regime(
        rule("b", value(JUNE, "1 %", JULY), value(JULY, "2 %")),
        rule("a", value(JUNE, "1 %", JULY), value(JULY, "2 %", AUGUST)),
    )
    everything = both.changes(JUNE - 1, AUGUST + 1)
    assert [(time_us, each.id, dated.text) for time_us, each, dated in everything] == [
        (JUNE, "a", "1 %"),
        (JUNE, "b", "1 %"),
        (JULY, "a", "2 %"),
        (JULY, "b", "2 %"),
        (AUGUST, "a", "not in force"),
    ]
    assert both.changes(JUNE, JULY) == ()
    assert [time_us for time_us, _, _ in both.changes(JUNE, JULY + 1)] == [JULY, JULY]


def test_a_change_without_a_start_holds_from_the_default_on() -> None:
    changed, conflicts = TWO_STEPS.with_changes([change("10 %")], JUNE)
    assert conflicts == ()
    assert [changed.at(t).share(CAP) for t in (JUNE, JULY, AUGUST)] == [100_000] * 3
    assert changed.changes(JUNE, AUGUST) == ()


def test_a_change_says_where_it_comes_from() -> None:
    changed, _ = TWO_STEPS.with_changes([change("10 %", JULY, "a memo")], JUNE)
    dated = changed.at(JULY).get(CAP)
    assert dated is not None
    assert (dated.text, dated.status, str(dated.reference)) == ("10 %", "hypothetical", "a memo")


def test_changes_that_follow_each_other_do_not_conflict() -> None:
    changed, conflicts = TWO_STEPS.with_changes(
        [change("10 %", JULY), change("5 %", AUGUST), change("5 %", AUGUST)], JUNE
    )
    assert conflicts == ()
    assert [changed.at(t).share(CAP) for t in (JUNE, JULY, AUGUST)] == [300_000, 100_000, 50_000]


def test_a_conflict_is_a_sentence_that_names_both_changes_and_the_later_wins() -> None:
    changed, conflicts = TWO_STEPS.with_changes(
        [change("10 %", JULY, "first.toml"), change("5 %", JUNE, "second.toml")], JUNE
    )
    assert conflicts == (
        (
            "onb.limit: 10 % from 2023-07-01 (first.toml) is made void by 5 % from 2023-06-01 "
            "(second.toml), which comes later in order"
        ),
    )
    assert changed.at(AUGUST).share(CAP) == 50_000


def test_each_void_change_is_reported_once() -> None:
    _, conflicts = TWO_STEPS.with_changes([change("1 %"), change("2 %"), change("3 %")], JUNE)
    assert [sentence.split(" is made void by ")[0] for sentence in conflicts] == [
        "onb.limit: 1 % from 2023-06-01 (x)",
        "onb.limit: 2 % from 2023-06-01 (x)",
    ]


def test_bad_changes_are_refused_all_at_once() -> None:
    bad = [
        change("10 %", rule_id="onb.limits"),
        change("HKD 10"),
        change(True),
        attrs.evolve(change("10 %"), **MISSPELT),
    ]
    assert check_changes(TWO_STEPS.rules, bad) == (
        (0, "id", "there is no rule 'onb.limits'; did you mean 'onb.limit'?"),
        (1, "value", ("onb.limit is a share: expected a share such as '98 %' (units: %, bps, ppm), "
         "got 'HKD 10'")),
        (2, "value", "onb.limit is a share: expected a share with its unit, such as '98 %', got true"),
        (3, "status", ("expected one of in_force, expected, hypothetical, practice, got 'hypotetical'; "
         "did you mean 'hypothetical'?")),
    )  # fmt: skip
    with pytest.raises(RuleErrors) as caught:
        TWO_STEPS.with_changes(bad, JUNE)
    assert str(caught.value).startswith("rules.changes[0].id: there is no rule 'onb.limits'")
    assert len(caught.value.problems) == 4


def test_an_amount_must_stay_in_its_currency() -> None:
    money = regime(rule(CAP, value(JUNE, "HKD 80", unit="money"), unit="money"))
    (problem,) = check_changes(money.rules, [change("USD 10")])
    assert problem[2].startswith("onb.limit is a money: expected an amount in HKD")


INSTANTS = st.integers(JUNE, AUGUST)
SHARES = st.integers(0, 100).map(lambda share: f"{share} %")


@st.composite
def histories(draw: st.DrawFn) -> Rule:
    starts = sorted(draw(st.sets(INSTANTS, min_size=1, max_size=5)))
    values = []
    for place, start_us in enumerate(starts):
        last = place + 1 == len(starts)
        ends: list[int | None] = [None if last else starts[place + 1]]
        room = AUGUST + 1 if last else starts[place + 1]
        ends.append(draw(st.integers(start_us + 1, room)))
        values.append(value(start_us, draw(SHARES), draw(st.sampled_from(ends))))
    return rule(CAP, *values)


@given(histories(), INSTANTS)
def test_the_law_at_an_instant_is_the_value_whose_interval_holds_it(
    history: Rule, time_us: int
) -> None:
    holding = [
        each
        for each in history.values
        if each.start_us <= time_us and (each.end_us is None or time_us < each.end_us)
    ]
    law = regime(history, rule("other", value(JULY, "1 %"))).at(time_us)
    assert law.get(CAP) == (holding[0] if holding else None)
    assert law.share(CAP, default=-1) == (holding[0].value if holding else -1)


@given(histories(), st.lists(st.tuples(INSTANTS, SHARES), min_size=1, max_size=4), INSTANTS)
def test_a_change_dated_in_the_future_does_not_alter_the_law_before_it(
    history: Rule, later: list[tuple[int, str]], time_us: int
) -> None:
    base = regime(history, rule("other", value(JULY, "1 %")))
    changed, _ = base.with_changes([change(raw, InstantUs(start)) for start, raw in later], JUNE)
    first = min(start for start, _ in later)
    if time_us < first:
        before, after = base.at(time_us).get(CAP), changed.at(time_us).get(CAP)
        assert (before is None) == (after is None), format_us(time_us)
        if before is not None and after is not None:
            assert attrs.evolve(after, end_us=before.end_us) == before
    before_it, after_it = (
        [(at_us, each.id, dated.text) for at_us, each, dated in side.changes(JUNE - 1, first)]
        for side in (base, changed)
    )
    assert before_it == after_it
    assert changed.at(time_us).get("other") == base.at(time_us).get("other")


@given(histories(), st.lists(st.tuples(INSTANTS, SHARES), max_size=4))
def test_values_never_overlap_after_changes(history: Rule, later: list[tuple[int, str]]) -> None:
    changed, _ = regime(history).with_changes(
        [change(raw, InstantUs(start)) for start, raw in later], JUNE
    )
    values = changed.rules[CAP].values
    for earlier, next_one in pairwise(values):
        assert earlier.start_us < next_one.start_us
        assert earlier.end_us is not None
        assert earlier.end_us <= next_one.start_us
