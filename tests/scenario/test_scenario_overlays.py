"""Overlays and settings: what they change, who wins, and who is named when they are wrong."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load
from sim.units import to_us

Write = Callable[[str, str], Path]

CAP_10 = '[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "10 %"\n'
CAP_20 = '[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "20 %"\n'


def problems_of(
    path: Path, overlays: Sequence[Path] = (), settings: Sequence[str] = ()
) -> list[str]:
    with pytest.raises(ScenarioErrors) as caught:
        load(path, overlays=overlays, settings=settings)
    return str(caught.value).splitlines()


def test_tables_merge_and_lists_are_replaced(write: Write, small: Path) -> None:
    overlay = write(
        "more.toml",
        '[world]\nlistings = [{ pair = "ETH/HKD", professional_from = 2023-06-02 }]\n'
        '[world.population]\nusd_share = "40 %"\n',
    )
    loaded = load(small, overlays=[overlay])
    assert loaded.scenario.world.population.prospects == 50
    assert loaded.scenario.world.population.usd_share == 400_000
    assert [listing.pair for listing in loaded.scenario.world.listings] == ["ETH/HKD"]
    assert loaded.document["world"]["population"] == {"prospects": 50, "usd_share": "40 %"}
    assert loaded.sources == (small, overlay)
    assert loaded.notes == ()


def test_changes_of_rules_are_appended_in_order(write: Write, text: str) -> None:
    base = write("base.toml", f'{text}[[rules.changes]]\nid = "onb.kyc"\nvalue = false\n')
    changes = load(base, overlays=[write("cap.toml", CAP_10)]).scenario.rules.changes
    assert [(change.id, change.value) for change in changes] == [
        ("onb.kyc", False),
        ("onb.exposure_limit", "10 %"),
    ]


def test_two_overlays_that_disagree_on_a_rule_are_named_and_the_later_wins(
    write: Write, small: Path
) -> None:
    overlays = [write("ten.toml", CAP_10), write("twenty.toml", CAP_20)]
    loaded = load(small, overlays=overlays)
    assert [change.value for change in loaded.scenario.rules.changes] == ["20 %"]
    (note,) = loaded.notes
    assert (
        note == "rule onb.exposure_limit: twenty.toml gives '20 %' and replaces '10 %' of ten.toml"
    )


def test_the_first_day_of_the_run_and_no_date_are_the_same_date(write: Write, small: Path) -> None:
    dated = write("dated.toml", CAP_20 + "start = 2023-05-31T16:00:00Z\n")
    loaded = load(small, overlays=[write("ten.toml", CAP_10), dated])
    assert [change.value for change in loaded.scenario.rules.changes] == ["20 %"]
    assert len(loaded.notes) == 1


def test_a_later_date_stands_beside_an_earlier_one_and_an_earlier_one_voids_it(
    write: Write, small: Path
) -> None:
    first, dated = write("ten.toml", CAP_10), write("dated.toml", f"{CAP_20}start = 2023-06-05\n")
    assert len(load(small, overlays=[first, dated]).scenario.rules.changes) == 2
    loaded = load(small, overlays=[dated, first])
    assert [change.value for change in loaded.scenario.rules.changes] == ["10 %"]
    (note,) = loaded.notes
    assert "ten.toml" in note
    assert "dated.toml" in note


def test_two_overlays_that_disagree_on_a_key_are_named_and_the_later_wins(
    write: Write, small: Path
) -> None:
    overlays = [
        write(name, f"[world.population]\nprospects = {count}\n")
        for name, count in (("a.toml", 60), ("b.toml", 70), ("c.toml", 70))
    ]
    loaded = load(small, overlays=overlays)
    assert loaded.scenario.world.population.prospects == 70
    (note,) = loaded.notes
    assert note == "world.population.prospects: b.toml gives 70 and replaces 60 of a.toml"


def test_overlays_may_each_have_a_name_and_a_description(write: Write, small: Path) -> None:
    overlays = [write(f"{name}.toml", f'name = "{name}"\n') for name in ("a", "b")]
    loaded = load(small, overlays=overlays)
    assert (loaded.scenario.name, loaded.notes) == ("b", ())


def test_one_file_must_not_change_a_rule_twice_from_one_date(write: Write, small: Path) -> None:
    (problem,) = problems_of(small, overlays=[write("twice.toml", CAP_10 + CAP_20)])
    assert problem.startswith("twice.toml:4: rules.changes[1]: ")
    assert "twice from the same date (line 1)" in problem


def test_a_problem_names_the_overlay_that_wrote_the_value(write: Write, small: Path) -> None:
    overlay = write("wrong.toml", '# a comment\n[world.population]\nusd_share = "140 %"\nx = 1\n')
    cap = write("cap.toml", CAP_10.replace("limit", "limt"))
    lines = problems_of(small, overlays=[overlay, cap], settings=["horizon.end=2020-01-01"])
    assert [line.split(": ")[:2] for line in lines] == [
        ["wrong.toml:3", "world.population.usd_share"],
        ["wrong.toml:4", "world.population.x"],
        ["cap.toml:2", "rules.changes[0].id"],
        ["--set 1", "horizon.end"],
    ]


def test_settings_are_read_as_toml_and_else_as_text(small: Path) -> None:
    settings = [
        "world.population.prospects=7",
        "horizon.end=2023-06-10",
        "world.population.usd_share=12.5 %",
        "description=one = two",
        "world.listings[0].retail_from=2023-06-03",
        "world.listings.0.pair=ETH/USD",
        'measures=["access"]',
        "log_level = full",
    ]
    scenario = load(small, settings=settings).scenario
    assert scenario.world.population.prospects == 7
    assert scenario.horizon.end == to_us(date(2023, 6, 10))
    assert scenario.world.population.usd_share == 125_000
    assert scenario.description == "one = two"
    assert scenario.world.listings[0].retail_from == to_us(date(2023, 6, 3))
    assert scenario.world.listings[0].pair == "ETH/USD"
    assert scenario.measures == ("access",)
    assert scenario.log_level == "full"


def test_a_setting_of_a_rule_appends_a_change(small: Path) -> None:
    settings = ["rule.onb.exposure_limit=10 %", "rule.onb.exposure_limit@2023-06-08=5 %"]
    first, second = load(small, settings=settings).scenario.rules.changes
    assert (first.value, first.start) == ("10 %", None)
    assert (second.value, second.start) == ("5 %", to_us(date(2023, 6, 8)))


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("prospects", "--set 1: expected path=value, got 'prospects'"),
        ("=5", "--set 1: expected path=value, got '=5'"),
        ("world..x=5", "--set 1: expected keys joined by dots, got 'world..x'"),
        ("rule.=5", "--set 1: expected rule.ID=value or rule.ID@DATE=value, got ''"),
        ("rule.onb.kyc@=5", "--set 1: expected rule.ID=value or rule.ID@DATE=value"),
        (
            "rule.onb.kyk=true",
            "--set 1: rules.changes[0].id: there is no rule 'onb.kyk'; did you mean",
        ),
        ("rule.onb.kyc@soon=true", "--set 1: rules.changes[0].start: expected a date"),
        (
            "world.populatoin.prospects=5",
            "--set 1: world.populatoin: unknown key 'populatoin'; did you",
        ),
        ("name.first=5", "--set 1: name.first: name is 'small', which has no keys"),
        ("world.listings[1].pair=BTC/USD", "world.listings has 1 entries, counted from 0"),
        ("world.listings.x.pair=BTC/USD", "is a list: expected a position counted from 0, got 'x'"),
        ("world.listings[0]=5", "--set 1: world.listings[0]: expected a table, got 5"),
        (
            "world.population.prospects=5\nx=1",
            "expected a whole number without quotes, got '5\\nx=1'",
        ),
        ("world.reference.file=none.csv", "--set 1: world.reference.file: no such file"),
    ],
)
def test_a_wrong_setting_is_named_by_its_number(small: Path, setting: str, expected: str) -> None:
    (problem,) = problems_of(small, settings=[setting])
    assert problem.startswith("--set 1: ")
    assert expected in problem


def test_the_reference_file_is_looked_for_beside_the_file_that_names_it(
    write: Write, text: str
) -> None:
    named = f'{text}[world.reference]\nfile = "prices.csv"\n'
    scenario = write("deep/down/small.toml", named.replace('"law.toml"', '"../../law.toml"'))
    beside, here = write("deep/down/prices.csv", "beside"), write("prices.csv", "here")
    assert load(scenario).scenario.world.reference.file == str(beside.resolve())
    beside.unlink()
    assert load(scenario).scenario.world.reference.file == str(here.resolve())


def test_a_setting_looks_for_the_reference_file_in_the_working_folder_first(
    write: Write, text: str
) -> None:
    scenario = write("deep/small.toml", text.replace('"law.toml"', '"../law.toml"'))
    beside, here = write("deep/prices.csv", "beside"), write("prices.csv", "here")
    setting = "world.reference.file=prices.csv"
    assert load(scenario, settings=[setting]).scenario.world.reference.file == str(here.resolve())
    here.unlink()
    assert load(scenario, settings=[setting]).scenario.world.reference.file == str(beside.resolve())


def test_a_change_to_a_rule_the_simulation_does_not_act_on_is_told() -> None:
    loaded = load(
        "hk-retail-2023",
        settings=["rule.cus.whitelist=false", "rule.trd.prefunded=false", "rule.onb.kyc=false"],
    )
    told = [note for note in loaded.notes if "alters nothing" in note]
    assert len(told) == 2
    assert "cus.whitelist: no part of the simulation acts on it yet" in told[0]
    assert "trd.prefunded: obeyed always" in told[1]
