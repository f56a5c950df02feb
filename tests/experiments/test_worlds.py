"""What two recorded runs were given: keys of the world, changes of rules, and the law itself."""

from pathlib import Path

import pytest

from sim.experiments import ExperimentError
from sim.experiments.worlds import (
    Given,
    Terms,
    over_seeds,
    rule_differences,
    terms_of,
    world_differences,
)
from sim.journal import DamageError, Journal, RunLog

SCENARIO = """\
name = "one"
[horizon]
start = 2023-09-01
end = 2023-10-01
[world]
holidays = [2023-09-30, 2023-10-02]
[world.population]
prospects = 300
[world.reference]
file = "prices.csv"
sha256 = "aa"
[[world.market_makers]]
levels = 5
[rules]
regime = "rules.toml"
[[rules.changes]]
id = "onb.exposure_limit"
value = "10 %"
source = "what-if"
"""
LAW = """\
[[rule]]
id = "onb.knowledge"
[[rule.value]]
from = 2023-06-01
value = true
note = "as the guidelines ask"
"""


def recorded(folder: Path, scenario: str = SCENARIO, law: str | None = LAW) -> RunLog:
    """A run without events, with what it was given."""
    files = {"scenario.toml": scenario.encode()}
    if law is not None:
        files["rules.toml"] = law.encode()
    with Journal.create(folder, {"seed": 1}, attachments=files) as journal:
        journal.complete({})
    return RunLog.open(folder)


def terms(folder: Path, *changes: tuple[str, str], law: str | None = LAW) -> Terms:
    text = SCENARIO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return terms_of(recorded(folder, text, law))


def differences(tmp_path: Path, *changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    found = world_differences(terms(tmp_path / "one"), terms(tmp_path / "other", *changes))
    return [(given.key, given.baseline, given.variant) for given in found]


def test_equal_terms_differ_in_nothing(tmp_path: Path) -> None:
    assert differences(tmp_path) == []
    assert rule_differences(terms(tmp_path / "a"), terms(tmp_path / "b")) == ()


def test_every_key_of_the_world_that_differs_is_named_with_both_values(tmp_path: Path) -> None:
    assert differences(
        tmp_path, ("prospects = 300", "prospects = 310"), ("levels = 5", "levels = 4\nskew = '1 %'")
    ) == [
        ("world.population.prospects", "300", "310"),
        ("world.market_makers[0].levels", "5", "4"),
        ("world.market_makers[0].skew", "nothing", "1 %"),
    ]


def test_of_two_lists_the_entries_are_said_that_the_other_lacks(tmp_path: Path) -> None:
    assert differences(tmp_path, ("2023-10-02", "2023-10-23, 2023-12-25")) == [
        ("world.holidays", "2023-10-02", "2023-10-23, 2023-12-25")
    ]


def test_prices_are_told_by_their_content_and_not_by_their_name(tmp_path: Path) -> None:
    assert differences(tmp_path, ("prices.csv", "moved.csv")) == []
    assert differences(tmp_path / "b", ('"aa"', '"bb"')) == [
        ("the content of world.reference.file", "aa", "bb")
    ]


def test_names_measures_and_rules_are_no_part_of_the_world(tmp_path: Path) -> None:
    changed = [('name = "one"', 'name = "two"\nmeasures = ["volume_hkd"]'), ("10 %", "20 %")]
    assert differences(tmp_path, *changed) == []


def test_a_change_of_a_rule_is_said_with_its_date_and_its_source_does_not_count(
    tmp_path: Path,
) -> None:
    one = terms(tmp_path / "one")
    assert rule_differences(one, terms(tmp_path / "same", ("what-if", "other words"))) == ()
    dated = terms(tmp_path / "dated", ('value = "10 %"', 'value = "20 %"\nstart = 2023-09-10'))
    assert list(map(str, rule_differences(one, dated))) == [
        "onb.exposure_limit 10 % | 20 % from 2023-09-10"
    ]
    without = terms(tmp_path / "without", ("onb.exposure_limit", "onb.knowledge"))
    assert [given.key for given in rule_differences(one, without)] == [
        "onb.exposure_limit",
        "onb.knowledge",
    ]
    assert rule_differences(one, without)[0].variant == "as the law has it"


def test_a_law_that_differs_in_a_value_is_named_and_its_notes_do_not_count(tmp_path: Path) -> None:
    one = terms(tmp_path / "one")
    assert rule_differences(one, terms(tmp_path / "n", law=LAW.replace("ask", "say"))) == ()
    later = terms(tmp_path / "later", law=LAW.replace("2023-06-01", "2023-08-01"))
    assert list(map(str, rule_differences(one, later))) == [
        "onb.knowledge true from 2023-06-01 | true from 2023-08-01"
    ]
    unknown = terms(tmp_path / "unknown", law=None)
    assert list(map(str, rule_differences(one, unknown))) == [
        "the law rules.toml of the run | rules.toml as it shipped then"
    ]


def test_a_difference_in_several_pairs_is_said_once() -> None:
    given, other = Given("world.a", "1", "2"), Given("world.b", "1", "2")
    found = over_seeds({1: [given], 2: [given, other], 3: []})
    assert [(each.key, each.seeds) for each in found] == [("world.a", (1, 2)), ("world.b", (2,))]


def test_terms_that_nobody_can_know_are_refused(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "bare", {"seed": 1}) as journal:
        journal.complete({})
    with pytest.raises(ExperimentError, match=r"keeps no scenario\.toml"):
        terms_of(RunLog.open(tmp_path / "bare"))
    with pytest.raises(ExperimentError, match="no TOML"):
        terms_of(recorded(tmp_path / "broken", "name = "))
    log = recorded(tmp_path / "edited")
    (log.run_dir / "scenario.toml").write_text(SCENARIO.replace("300", "310"), encoding="utf-8")
    with pytest.raises(DamageError, match=r"scenario\.toml"):
        terms_of(log)
