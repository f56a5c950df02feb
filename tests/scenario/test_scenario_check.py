"""`check` and the files that ship: found from any folder, told apart, and quick to read."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sim.rules import shipped_folder
from sim.scenario import ScenarioErrors, check, load, shipped
from sim.units import to_us

Write = Callable[[str, str], Path]

SLOW = ("polars", "numba", "numpy", "scipy", "jsonschema", "holidays", "rich", "simpy")


def test_everything_that_ships_is_sound() -> None:
    folder = shipped_folder()
    files = [*folder.glob("*.toml"), *folder.glob("rules/**/*.toml"), folder / "rules/hong-kong"]
    assert len(files) > 3
    assert check(files) == ()


def test_shipped_files_are_found_by_name_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("hk-retail-2023", "hk-retail-2023.toml", "scenarios/hk-retail-2023.toml")
    assert {shipped(name) for name in names} == {shipped_folder() / "hk-retail-2023.toml"}
    assert load("hk-retail-2023", overlays=["rules/exposure-10"]).scenario.rules.changes
    assert load(names[2], overlays=["scenarios/rules/exposure-10.toml"]).scenario.rules.changes


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../pyproject", "hk-retail-1923", "a\0b", "/etc/passwd"]
)
def test_nothing_else_is_shipped(name: str) -> None:
    assert shipped(name) is None


def test_a_file_of_the_users_comes_before_a_shipped_one(write: Write, text: str) -> None:
    assert load(write("hk-retail-2023.toml", text)).scenario.name == "small"


def test_a_scenario_an_overlay_and_rules_are_told_apart(write: Write, small: Path) -> None:
    overlay = write("overlay.toml", '[world.population]\nusd_share = "20 %"\n')
    assert check([small, overlay, "law.toml", "rules/hong-kong", "rules/exposure-10"]) == ()


def test_each_file_is_checked_as_what_it_is(write: Write, small: Path) -> None:
    spoilt = small.read_text(encoding="utf-8").replace("prospects = 50", "")
    scenario = write("scenario.toml", spoilt)
    overlay = write("overlay.toml", '[world.population]\nusd_shar = "20 %"\n')
    rules = write("rules.toml", '[[rule]]\nid = "a"\nunit = "flog"\n')
    problems = check([scenario, overlay, rules, "nowhere.toml"])
    starts = [str(problem).split(": ")[0] for problem in problems]
    assert starts[:2] == ["scenario.toml:11", "overlay.toml:2"]
    assert starts[-1] == "nowhere.toml"
    assert "rules.toml:3" in starts


def test_an_overlay_alone_lacks_nothing_but_its_list_entries_must_be_whole(write: Write) -> None:
    overlay = write("overlay.toml", '[world]\nlistings = [{ pair = "BTC/HKD" }]\n')
    (problem,) = check([overlay])
    assert str(problem).startswith("overlay.toml:2: world.listings[0].professional_from: missing")


def test_an_overlay_alone_is_not_judged_by_defaults_it_may_not_meet(write: Write) -> None:
    overlay = write("overlay.toml", '[world.population]\nsaver_share = "80 %"\n')
    assert check([overlay]) == ()
    both = write("both.toml", '[world.population]\nsaver_share = "80 %"\ntrend_share = "30 %"\n')
    assert check([both]) == ()
    three = write("three.toml", both.read_text(encoding="utf-8") + 'contrarian_share = "1 %"\n')
    (problem,) = check([three])
    assert "above 100 %" in problem.message


def test_an_overlay_may_shorten_the_run_and_name_itself(write: Write) -> None:
    overlay = write("short.toml", 'name = "short"\n[horizon]\nend = 2023-07-01\n')
    assert check([overlay]) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[rule]]\nid = "a\nunit = flag\n', ["rules.toml:2", "rules.toml:3"]),
        (f"[[rule]]\ncount = {'9' * 5000}\n", ["rules.toml:2"]),
        (f"[[rule]]\ncount = {'[' * 3000}\n", ["rules.toml:2"]),
    ],
)
def test_a_rules_file_that_is_not_toml_is_reported_line_by_line(
    write: Write, text: str, expected: list[str]
) -> None:
    problems = check([write("rules.toml", text)])
    spoilt = [p for p in problems if "TOML" in p.message or "nested" in p.message]
    assert [str(problem).split(": ")[0] for problem in spoilt] == expected
    # What can be read is judged all the same, and a spoilt key is not a missing one.
    assert any("missing key 'title'" in problem.message for problem in problems)
    assert not any("'unit'" in problem.message for problem in problems if "unit =" in text)


def test_the_main_scenario_is_the_year_of_the_retail_opening() -> None:
    scenario = load("hk-retail-2023").scenario
    assert scenario.world.population.prospects == 20_000
    assert scenario.horizon.start == to_us(date(2023, 6, 1))
    assert scenario.horizon.end == to_us(date(2024, 6, 1))
    assert [listing.pair for listing in scenario.world.listings] == [
        "BTC/HKD",
        "BTC/USD",
        "ETH/HKD",
        "ETH/USD",
    ]
    assert {listing.professional_from for listing in scenario.world.listings} == {
        to_us(date(2023, 6, 1))
    }
    assert {listing.retail_from for listing in scenario.world.listings} == {
        to_us(date(2023, 8, 28))
    }
    assert scenario.rules.regime == "rules/hong-kong"
    assert scenario.rules.changes == ()


def test_the_command_lines_in_the_main_scenario_work() -> None:
    settings = ["world.population.prospects=500", "horizon.end=2023-09-30"]
    loaded = load("hk-retail-2023", overlays=["rules/exposure-10.toml"], settings=settings)
    assert loaded.regime.at(loaded.scenario.horizon.start).share("onb.exposure_limit") == 100_000


def test_checking_imports_nothing_slow() -> None:
    code = (
        "import sys; from sim.scenario import check; problems = check(['hk-retail-2023']);"
        f"print(problems, [name for name in {SLOW!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "() []"


def test_the_example_change_in_the_main_scenario_is_sound(write: Write) -> None:
    text = (shipped_folder() / "hk-retail-2023.toml").read_text(encoding="utf-8")
    start = text.index("#   [[rules.changes]]")
    example = "\n".join(line.removeprefix("#") for line in text[start:].splitlines())
    assert tomllib.loads(example)["rules"]["changes"]
    assert load(write("copied.toml", text[:start] + example)).scenario.rules.changes


def test_problems_of_a_shipped_file_name_its_place() -> None:
    with pytest.raises(ScenarioErrors) as caught:
        load("hk-retail-2023", settings=["world.population.prospects=x"])
    assert str(caught.value).startswith("--set 1: world.population.prospects: ")


def test_more_participants_than_there_are_client_ids_for_are_refused(tmp_path: Path) -> None:
    many = "\n".join(f"[[world.market_makers]]\nname = 'maker-{number}'" for number in range(101))
    file = tmp_path / "many.toml"
    file.write_text(many, encoding="utf-8")
    problems = [str(problem) for problem in check([file])]
    assert len(problems) == 1
    assert "expected at most 100 in all" in problems[0]
