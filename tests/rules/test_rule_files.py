import pickle
from datetime import date
from pathlib import Path

import pytest

from sim.rules import Regime, RuleErrors, load_regime
from sim.units import Money, to_us

SOUND = """\
read = 2026-11-22

[[document]]
id = "GUIDE"
title = "Guidelines of 2023"
url = "https://example.org/guide"

[[rule]]
id = "onb.limit"
title = "Limit"
unit = "share"
applies_to = ["retail"]
department = "onboarding"
use = "caps holdings"

  [[rule.value]]
  from = 2024-01-01T09:30:00+08:00
  value = "20 %"
  status = "practice"
  document = "A page of a platform"
  url = "https://example.org/page"
  also = ["https://example.org/more"]
  confidence = "V2"
  note = "as reported"

  [[rule.value]]
  from = 2023-06-01
  value = "30 %"
  status = "in_force"
  document = "GUIDE"
  paragraph = "para 9.7"
  confidence = "K(h)"
"""


def load(folder: Path, text: str, name: str = "a.toml") -> Regime:
    (folder / name).write_text(text, encoding="utf-8")
    return load_regime(name, base=folder)


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(RuleErrors) as caught:
        load(folder, text)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def with_value(unit: str, value: str, rest: str = "") -> str:
    text = SOUND.replace('unit = "share"', f'unit = "{unit}"').replace('"20 %"', value)
    return text.replace('"30 %"', value) + rest


def test_a_sound_file_becomes_rules_in_order_of_time(tmp_path: Path) -> None:
    rule = load(tmp_path, SOUND).rules["onb.limit"]
    first, second = rule.values
    assert (first.value, first.text, first.status) == (300_000, "30 %", "in_force")
    assert (second.value, second.text, second.note) == (200_000, "20 %", "as reported")
    assert first.start_us == to_us(date(2023, 6, 1))
    assert first.end_us == second.start_us
    assert second.end_us is None
    assert (rule.title, rule.use, rule.applies_to) == ("Limit", "caps holdings", ("retail",))


def test_a_short_name_stands_for_its_document(tmp_path: Path) -> None:
    first, second = (value.reference for value in load(tmp_path, SOUND).rules["onb.limit"].values)
    assert str(first) == "Guidelines of 2023, para 9.7"
    assert first.url == "https://example.org/guide"
    assert second.document == "A page of a platform"
    assert second.also == ("https://example.org/more",)


def test_the_read_date_belongs_to_sources_that_were_seen(tmp_path: Path) -> None:
    first, second = (value.reference for value in load(tmp_path, SOUND).rules["onb.limit"].values)
    assert first.read is None, "from general knowledge: nothing was read"
    assert second.read == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("unit", "written", "value", "text"),
    [
        ("share", '"30 bps"', 3_000, "30 bps"),
        ("money", '"HKD 10,000"', Money("HKD", 10_000_000_000), "HKD 10,000"),
        ("duration", '"2 h"', 7_200_000_000, "2 h"),
        ("flag", "false", False, "no"),
        ("count", "12000", 12_000, "12,000"),
        ("date", "2024-02-29", to_us(date(2024, 2, 29)), "2024-02-29"),
        ("text", '"price, then time"', "price, then time", "price, then time"),
    ],
)
def test_each_unit_reads_its_own_way_of_writing(
    tmp_path: Path, unit: str, written: str, value: object, text: str
) -> None:
    dated = load(tmp_path, with_value(unit, written)).rules["onb.limit"].values[0]
    assert dated.value == value
    assert type(dated.value) is type(value)
    assert dated.text == text


@pytest.mark.parametrize(
    ("unit", "written", "expected"),
    [
        ("share", '"30"', "expected a share such as '98 %'"),
        ("share", "30", "expected a share with its unit"),
        ("money", '"30 %"', "expected an amount such as 'HKD 8,000,000'"),
        ("money", '"HKX 3"', "unknown asset 'HKX'"),
        ("duration", '"2 hours"', "expected a duration such as '2 h'"),
        ("flag", '"yes"', "expected true or false, got 'yes'"),
        ("flag", "1", "expected true or false, got 1"),
        ("count", "true", "expected a whole number from 0, got true"),
        ("count", "-1", "expected a whole number from 0, got -1"),
        ("date", '"soon"', "expected a date such as 2023-06-01"),
        ("text", '""', "expected text, got ''"),
    ],
)
def test_a_value_of_another_unit_is_refused_on_its_line(
    tmp_path: Path, unit: str, written: str, expected: str
) -> None:
    first, second = complaints(tmp_path, with_value(unit, written))
    assert first.startswith("a.toml:18: rule[0].value[0].value: ")
    assert second.startswith("a.toml:28: rule[0].value[1].value: ")
    assert expected in first


def test_every_mistake_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        SOUND.replace("read = ", "raed = ")
        .replace('unit = "share"', 'unit = "shares"')
        .replace('["retail"]', '["retail", "profesional"]')
        .replace('status = "practice"', 'status = "practise"')
        .replace('document = "GUIDE"', 'document = "GUIDES"')
        .replace('"https://example.org/more"', '"example.org"')
        .replace('"K(h)"', '"high"')
        .replace("use = ", "uses = ")
        .replace("from = 2023-06-01", "from = 2023-06-01T00:00:00")
    )
    assert complaints(tmp_path, text) == [
        "a.toml:1: raed: unknown key 'raed'; did you mean 'read'?",
        "a.toml:8: rule[0]: missing key 'use'",
        (
            "a.toml:11: rule[0].unit: expected one of share, money, duration, flag, count, date, text, "
            "got 'shares'; did you mean 'share'?"
        ),
        (
            "a.toml:12: rule[0].applies_to[1]: expected one of retail, individual_pi, corporate_pi, "
            "institution, market_maker, platform, applicant, unlicensed, token, bank, broker, custodian, "
            "got 'profesional'"
        ),
        "a.toml:14: rule[0].uses: unknown key 'uses'; did you mean 'use'?",
        (
            "a.toml:19: rule[0].value[0].status: expected one of in_force, expected, hypothetical, "
            "practice, got 'practise'; did you mean 'practice'?"
        ),
        (
            "a.toml:22: rule[0].value[0].also[0]: expected an address that begins with https://, "
            "got 'example.org'"
        ),
        (
            "a.toml:27: rule[0].value[1].from: 2023-06-01T00:00:00 has no time zone; write for example "
            "+08:00"
        ),
        (
            "a.toml:30: rule[0].value[1].document: 'GUIDES' is not among the [[document]] short names; "
            "did you mean 'GUIDE'?"
        ),
        "a.toml:32: rule[0].value[1].confidence: expected one of V, V2, K(h), K(m), K(l), D, got 'high'",
    ]


def test_an_until_that_is_not_after_its_from_is_refused(tmp_path: Path) -> None:
    text = SOUND.replace("from = 2023-06-01\n", "from = 2023-06-01\n  until = 2023-06-01\n")
    assert complaints(tmp_path, text) == [
        "a.toml:28: rule[0].value[1].until: 2023-06-01 is not after the value's from, 2023-06-01"
    ]


def test_overlapping_values_are_refused(tmp_path: Path) -> None:
    text = SOUND.replace("from = 2023-06-01\n", "from = 2023-06-01\n  until = 2024-01-02\n")
    assert complaints(tmp_path, text) == [
        (
            "a.toml:28: rule[0].value[1].until: 2024-01-02 overlaps the rule's value from "
            "2024-01-01 09:30:00"
        )
    ]


def test_two_values_from_the_same_instant_are_refused(tmp_path: Path) -> None:
    text = SOUND.replace("from = 2024-01-01T09:30:00+08:00", "from = 2023-06-01")
    assert complaints(tmp_path, text) == [
        "a.toml:27: rule[0].value[1].from: the rule has two values from 2023-06-01"
    ]


def test_a_rule_keeps_to_one_asset(tmp_path: Path) -> None:
    text = with_value("money", '"HKD 5"').replace('"HKD 5"', '"USD 5"', 1)
    (complaint,) = complaints(tmp_path, text)
    assert complaint.startswith("a.toml:28: rule[0].value[1].value: expected an amount in USD")


def test_an_id_that_is_defined_twice_names_both_places(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(SOUND, encoding="utf-8")
    (tmp_path / "a.toml").write_text(SOUND, encoding="utf-8")
    with pytest.raises(RuleErrors) as caught:
        load_regime(tmp_path)
    rule, document = (str(problem) for problem in reversed(caught.value.problems))
    place = str(tmp_path)
    assert rule == (
        f"{place}/b.toml:9: rule[0].id: 'onb.limit' is already defined at {place}/a.toml:9"
    )
    assert document.startswith(f"{place}/b.toml:4: document[0].id: 'GUIDE' is already defined")


def test_an_assumption_may_not_pose_as_law(tmp_path: Path) -> None:
    text = SOUND.replace('document = "GUIDE"', 'document = "assumption"')
    assert complaints(tmp_path, text) == [
        (
            "a.toml:29: rule[0].value[1].status: an assumption is practice, expected or hypothetical, "
            "not in_force"
        ),
        (
            "a.toml:32: rule[0].value[1].confidence: an assumption has confidence K(m) or K(l), "
            "got 'K(h)'"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[rule]\n", "a.toml:1: not TOML: "),
        ("# only a comment\n", "a.toml:1: there is no [[rule]] in it"),
        ("rule = 3\n", "a.toml:1: rule: expected [[rule]] tables, got 3"),
        ("rule = [3]\n", "a.toml:1: rule[0]: expected a table, got 3"),
        ('[[rule]]\nid = "x"\n', "a.toml:1: rule[0]: a rule needs at least one [[rule.value]]"),
        ('read = "today"\n', "a.toml:1: read: expected a date such as 2023-06-01, got 'today'"),
    ],
)
def test_a_file_of_another_shape_is_explained(tmp_path: Path, text: str, expected: str) -> None:
    assert any(complaint.startswith(expected) for complaint in complaints(tmp_path, text))


def test_bytes_that_are_not_text_are_explained(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RuleErrors, match=r"a\.toml:1: not UTF-8 text"):
        load_regime("a.toml", base=tmp_path)


def test_a_regime_that_does_not_exist_is_not_found_but_guessed(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors, match=r"did you mean 'rules/hong-kong'\?"):
        load_regime("rules/hong-kogn", base=tmp_path)


def test_a_folder_without_rule_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors, match="the folder has no rule file"):
        load_regime(tmp_path)


def test_a_single_file_sees_the_documents_beside_it(tmp_path: Path) -> None:
    head, rules = SOUND.split("[[rule]]", 1)
    (tmp_path / "documents.toml").write_text(head, encoding="utf-8")
    (value, _) = load(tmp_path, f"[[rule]]{rules}", "b.toml").rules["onb.limit"].values
    assert value.reference.document == "Guidelines of 2023"
    assert load_regime("documents.toml", base=tmp_path).rules == {}


def test_a_regime_beside_the_scenario_comes_before_a_shipped_one(tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "hong-kong"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(SOUND, encoding="utf-8")
    assert list(load_regime("rules/hong-kong", base=tmp_path).rules) == ["onb.limit"]
    assert len(load_regime("rules/hong-kong").rules) > 1


def test_the_errors_survive_the_way_back_from_a_worker_process(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors) as caught:
        load(tmp_path, "rule = 3\n")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert again.problems == caught.value.problems
