"""Reading a scenario: what is right becomes objects, and what is wrong is said at once with its line."""

import pickle
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from sim.quantities import DurationUs
from sim.scenario import ScenarioErrors, load
from sim.scenario.model import Staff
from sim.units import HOUR_US, Money, to_us

Write = Callable[[str, str], Path]

FIVE_MISTAKES = """\
name = "five"

[horizon]
start = 2023-06-31
end = 2024-06-01

[world]
listings = [
  { pair = "BTC/HKD", professional_from = 2023-06-01 },
  { pair = "BTC/HKT", professional_from = 2023-06-01 },
]

[world.population]
prospects = "many"
usd_shares = "15 %"
net_worth_median = "USD 600,000"

[rules]
regime = "law.toml"
"""


def problems_of(path: Path, overlays: Sequence[str] = ()) -> list[str]:
    with pytest.raises(ScenarioErrors) as caught:
        load(path, overlays=overlays)
    return str(caught.value).splitlines()


def test_a_scenario_becomes_objects_in_integers(small: Path) -> None:
    scenario = load(small).scenario
    assert scenario.horizon.start == to_us(date(2023, 6, 1))
    assert scenario.world.population.prospects == 50
    assert scenario.world.population.net_worth_median == Money("HKD", 600_000_000_000)
    assert scenario.world.listings[0].retail_from is None


def test_five_different_mistakes_give_five_lines_with_their_line_numbers(write: Write) -> None:
    lines = problems_of(write("five.toml", FIVE_MISTAKES))
    starts = [line.split(": ")[:2] for line in lines]
    assert starts == [
        ["five.toml:4", "horizon.start"],
        ["five.toml:10", "world.listings[1].pair"],
        ["five.toml:14", "world.population.prospects"],
        ["five.toml:15", "world.population.usd_shares"],
        ["five.toml:16", "world.population.net_worth_median"],
    ]
    assert "day is out of range for month" in lines[0]
    assert "did you mean 'BTC/HKD'?" in lines[1]
    assert "expected a whole number without quotes, got 'many'" in lines[2]
    assert "did you mean 'usd_share'?" in lines[3]
    assert "expected an amount in HKD, got 'USD 600,000'" in lines[4]


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ('name = "small"', "name = 5", 1, "name: expected text in quotes, got 5"),
        ('name = "small"', 'name = ""', 1, "name: the scenario needs a name"),
        ('name = "small"', "", 1, "name: missing; short name"),
        ('name = "small"', 'nmae = "small"', 1, "nmae: unknown key 'nmae'; did you mean 'name'?"),
        (
            "2023-06-15",
            "2023-06-01",
            6,
            "horizon.end: 2023-06-01 is not after the start, 2023-06-01",
        ),
        (
            "2023-06-15",
            "2023-6-15",
            6,
            "horizon.end: expected a date such as 2023-06-01, got '2023-6-15'",
        ),
        ("2023-06-15", "2023-06-15T09:00:00", 6, "2023-06-15T09:00:00 has no time zone"),
        (
            "2023-06-15",
            "2123-06-15",
            6,
            "horizon.end: expected a date from 2000 to 2099, got 2123-06-15",
        ),
        ("2023-06-15", "09:00:00", 6, "horizon.end: expected a date such as 2023-06-01"),
        (
            "prospects = 50",
            "prospects = true",
            12,
            "expected a whole number without quotes, got true",
        ),
        ("prospects = 50", "prospects = 0", 12, "expected a whole number of at least 1, got 0"),
        ("prospects = 50", "prospects = 99999999999999999999", 12, "of at most 64 bits"),
        ("prospects = 50", "", 11, "world.population.prospects: missing; people who become"),
        (
            "prospects = 50",
            "prospects = 50\nusd_share = 15",
            13,
            "such as '98 %', got the bare number 15",
        ),
        (
            "prospects = 50",
            'prospects = 50\nusd_share = "15 d"',
            13,
            "expected a share such as '98 %'",
        ),
        (
            "prospects = 50",
            'prospects = 50\nusd_share = "101 %"',
            13,
            "from 0 % to 100 %, got '101 %'",
        ),
        ("prospects = 50", 'prospects = 50\npatience_median = "0 s"', 13, "a duration above zero"),
        ("prospects = 50", 'prospects = 50\npatience_median = "-1 d"', 13, "a duration above zero"),
        ("prospects = 50", 'prospects = 50\ntrade_interval = "999999999 y"', 13, "is too large"),
        (
            "prospects = 50",
            'prospects = 50\nsaver_share = "80 %"',
            13,
            "saver_share 80 % + trend_share 25 % + contrarian_share 15 % = 120 %, above 100 %",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[world.reference]\nfile = "nowhere.parquet"',
            14,
            "world.reference.file: no such file",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[world.reference]\nannual_volatility = { BTD = "60 %" }',
            14,
            "unknown key 'BTD'; did you mean 'BTC'?",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[world.reference]\nsha256 = "00"',
            14,
            "world.reference.sha256: a digest without a file",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[world.review_staff]\nopens = "18:30"',
            14,
            "world.review_staff.opens: closes must be later than opens",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[world.banks]\nwire_closes = "25:00"',
            14,
            "'25:00' is not a time of day",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[[world.market_makers]]\nname = "a"\n[[world.arbitrageurs]]\nname = "a"',
            16,
            "'a' is also the name of world.market_makers[0]",
        ),
        (
            "prospects = 50",
            'prospects = 50\n[[world.market_makers]]\nname = "a"\nhkd = "HKD -5"',
            15,
            "expected an amount of money from HKD 0 to HKD 50,000,000,000, got 'HKD -5'",
        ),
        ("[{ pair", "[] # { pair", 9, "world.listings: expected at least 1 entry, got none"),
        (
            "[{ pair",
            '[{ pair = "ETH/HKD", professional_from = 2023-06-01 }, 5, { pair',
            9,
            "expected a table, got 5",
        ),
        ('pair = "BTC/HKD"', 'pair = "SOL/HKD"', 9, "'SOL/HKD' is not one of the choices"),
        (
            "prospects = 50",
            "prospects = 50\nprospects = 60",
            13,
            "the same key is already given above",
        ),
        (
            "prospects = 50",
            "prospects = 50\nusd_share = 15 %",
            13,
            'a quantity needs quotes: "15 %"',
        ),
        ("prospects = 50", "prospects = 50 people", 12, "unexpected text after the value"),
        ('"law.toml"', '"lew.toml"', 15, "rules.regime: no such file; did you mean 'law.toml'?"),
        (
            '"law.toml"',
            '"law.toml"\nchanges = 3',
            16,
            "rules.changes: expected a list in [ ], got 3",
        ),
        (
            '"law.toml"',
            '"law.toml"\n[[rules.changes]]\nid = "onb.exposure_limt"\nvalue = "10 %"',
            17,
            "there is no rule 'onb.exposure_limt'; did you mean 'onb.exposure_limit'?",
        ),
        (
            '"law.toml"',
            '"law.toml"\n[[rules.changes]]\nid = "onb.kyc"\nvalue = "10 %"',
            18,
            "onb.kyc is a flag: expected true or false, got '10 %'",
        ),
        (
            '"law.toml"',
            '"law.toml"\n[[rules.changes]]\nid = "onb.kyc"\nvalue = 1.5',
            18,
            "rules.changes[0].value: expected text with its unit, true or false, or a whole number",
        ),
    ],
)
def test_one_mistake_gives_one_line(
    write: Write, text: str, old: str, new: str, line: int, expected: str
) -> None:
    assert old in text
    (problem,) = problems_of(write("small.toml", text.replace(old, new, 1)))
    assert problem.startswith(f"small.toml:{line}: ")
    assert expected in problem


def test_values_are_compared_although_something_else_is_wrong(write: Write, text: str) -> None:
    spoilt = text.replace("2023-06-15", "2023-05-01").replace("= 50", '= "fifty"')
    assert [line.split(": ")[1] for line in problems_of(write("small.toml", spoilt))] == [
        "horizon.end",
        "world.population.prospects",
    ]


@pytest.mark.parametrize(
    ("spoilt", "line", "expected"),
    [
        ('name = "small\n[horizon]\n', 1, "the text is not closed by a quote"),
        ('name = "a"\n[horizon\n', 2, "not TOML"),
        ('name = "a"\nlistings = [\n1\n', 3, "unclosed array"),
        ('name = """a\nb\nc\n', 3, "unterminated string"),
        ('name = "a"\n[horizon]\n[horizon]\n', 3, "the table 'horizon' is already given above"),
        (f'name = "a"\nx = {"[" * 3000}\n', 2, "tables and lists are nested too deeply"),
        (f'name = "a"\nprospects = {"9" * 5000}\n', 2, "not TOML"),
    ],
)
def test_text_that_is_not_toml_is_reported_at_its_line(
    write: Write, spoilt: str, line: int, expected: str
) -> None:
    (problem,) = (
        problem for problem in problems_of(write("broken.toml", spoilt)) if "missing" not in problem
    )
    assert problem.startswith(f"broken.toml:{line}: ")
    assert expected in problem


def test_bytes_that_are_not_text_are_reported_at_their_line(write: Write) -> None:
    path = write("latin.toml", "")
    path.write_bytes(b'name = "a"\ndescription = "caf\xe9"\n')
    assert problems_of(path) == ["latin.toml:2: not UTF-8 text (byte 0xe9)"]


def test_a_missing_scenario_and_a_missing_overlay_are_reported_together(small: Path) -> None:
    assert problems_of(Path("smal.toml"), overlays=["overlay.toml"]) == [
        "smal.toml: no such file; did you mean 'small.toml'?",
        "overlay.toml: no such file",
    ]
    assert small.exists()


def test_a_folder_is_not_a_scenario(small: Path) -> None:
    assert problems_of(small.resolve().parent)[0].endswith("is a folder, expected a file")


def test_a_table_written_in_part_keeps_the_defaults_of_the_rest(small: Path) -> None:
    settings = ["world.custody_staff.officers=5", "world.reference.annual_volatility.BTC=50 %"]
    world = load(small, settings=settings).scenario.world
    assert world.custody_staff == Staff(officers=5, service=DurationUs(HOUR_US))
    assert world.reference.annual_volatility == {"BTC": 500_000, "ETH": 790_000}


def test_a_regime_with_mistakes_names_its_own_lines(write: Write, small: Path) -> None:
    law = Path("law.toml").read_text(encoding="utf-8")
    write("law.toml", law.replace('unit = "flag"', 'unit = "flog"'))
    first, second = problems_of(small)
    assert first.startswith("small.toml:15: rules.regime: ")
    assert second.startswith("law.toml:")
    assert "flog" in second


def test_rule_changes_are_applied_to_the_regime(write: Write, text: str) -> None:
    change = '[[rules.changes]]\nid = "onb.exposure_limit"\nstart = 2023-06-10\nvalue = "10 %"\n'
    regime = load(write("small.toml", text + change)).regime
    assert regime.at(to_us(date(2023, 6, 9))).share("onb.exposure_limit") == 300_000
    assert regime.at(to_us(date(2023, 6, 10))).share("onb.exposure_limit") == 100_000


def test_a_change_after_the_end_is_noted(write: Write, text: str) -> None:
    change = '[[rules.changes]]\nid = "onb.kyc"\nstart = 2024-01-01\nvalue = false\n'
    (note,) = load(write("small.toml", text + change)).notes
    assert "onb.kyc" in note
    assert "no effect" in note


def test_errors_survive_the_way_back_from_a_worker_process() -> None:
    with pytest.raises(ScenarioErrors) as caught:
        load("nowhere.toml")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert again.problems == caught.value.problems
    assert str(again) == str(caught.value)
