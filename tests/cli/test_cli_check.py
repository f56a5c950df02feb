"""`vatp check` and `vatp schema`: every mistake at once, at its line; a schema the shipped files fit."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim.rules import shipped_folder
from tests.cli.conftest import Vatp
from tests.cli.front_desk import TINY

MISTAKES = {
    "end = 2023-09-22": "end = 2023-08-22",
    'pair = "BTC/HKD"': 'pair = "BTC/HDK"',
    "prospects = 120": 'prospects = "many"',
    'trade_interval = "1 d"': 'trade_intervall = "1 d"',
    'step = "1 h"': 'step = "1 HKD"',
}
"""Right text and what a hurried writer made of it."""


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    text = TINY
    for right, wrong in MISTAKES.items():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    path = tmp_path / "spoilt.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["check", "run"])
def test_five_mistakes_give_five_lines_at_the_right_lines_and_exit_code_2(
    command: str, spoilt: Path, vatp: Vatp
) -> None:
    answer = vatp(command, spoilt)
    lines = answer.err.splitlines()
    written = spoilt.read_text(encoding="utf-8").splitlines()
    expected = [
        number
        for number, line in enumerate(written, 1)
        if any(wrong in line for wrong in MISTAKES.values())
    ]
    assert answer.code == 2
    assert answer.out == ""
    assert [line.split(": ")[0] for line in lines] == [f"{spoilt}:{line}" for line in expected]
    assert "did you mean 'trade_interval'?" in answer.err
    assert "did you mean 'BTC/HKD'?" in answer.err


def test_problems_as_json_are_the_same_lines(spoilt: Path, vatp: Vatp) -> None:
    plain, answer = vatp("check", spoilt), vatp("check", spoilt, "--json")
    assert answer.code == 2
    assert answer.err == ""
    assert answer.document == {"files": [str(spoilt)], "problems": plain.err.splitlines()}


def test_files_without_a_problem_are_counted(tiny: Path, vatp: Vatp) -> None:
    assert vatp("check", tiny).out == "1 file without a problem\n"
    several = vatp("check", tiny, "hk-retail-2023", "rules/exposure-10", "rules/hong-kong")
    assert (several.code, several.out, several.err) == (0, "4 files without a problem\n", "")
    assert vatp("check", tiny, "--json").document == {"files": [str(tiny)], "problems": []}


def test_text_that_is_not_toml_is_reported_at_its_line(tmp_path: Path, vatp: Vatp) -> None:
    path = tmp_path / "broken.toml"
    path.write_text('name = "x"\nhorizon = {\n', encoding="utf-8")
    answer = vatp("check", path)
    assert answer.code == 2
    assert answer.err.startswith(f"{path}:2")


def test_overlays_and_settings_are_checked_over_their_scenario(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    overlay = tmp_path / "overlay.toml"
    overlay.write_text('[world.population]\nsaver_share = "60 %"\n', encoding="utf-8")
    assert vatp("check", overlay).code == 0
    assert vatp("check", tiny, "--with", overlay, "--set", "world.depth_band=2 %").code == 0
    answer = vatp(
        "check", tiny, "--with", overlay, "--set", "horizon.end=x",
        "--set", "world.population.trend_share=50 %",
    )  # fmt: skip
    horizon, shares = answer.err.splitlines()
    assert answer.code == 2
    assert horizon.startswith("--set 1: horizon.end: expected a date")
    assert shares.startswith("--set 2: world.population.trend_share: ")
    assert shares.endswith("above 100 %")


def test_notes_are_told_of_what_passes(tiny: Path, vatp: Vatp) -> None:
    answer = vatp("check", tiny, "--set", "rule.tok.committee=false")
    assert answer.code == 0
    assert answer.err.startswith("note: rule tok.committee: obeyed always")


def test_overlays_and_settings_lie_over_one_scenario_only(tiny: Path, vatp: Vatp) -> None:
    answer = vatp("check", tiny, tiny, "--set", "world.depth_band=2 %")
    assert (answer.code, answer.out) == (2, "")
    assert "over one scenario" in answer.err


@pytest.mark.parametrize("command", ["check", "run"])
def test_what_a_run_would_refuse_at_its_start_is_found_by_a_check(
    command: str, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    (tmp_path / "prices.csv").write_text("time,asset,price\n2023-08-01,BTC,-5\n", "utf-8")
    spoilt = tmp_path / "spoilt.toml"
    text = tiny.read_text(encoding="utf-8").replace('step = "1 h"', 'file = "prices.csv"')
    spoilt.write_text(f'measures = ["acess"]\n{text}', encoding="utf-8")
    answer = vatp(command, spoilt)
    measure, price = answer.err.splitlines()
    assert answer.code == 2
    assert measure.startswith(f"{spoilt}:1: measures[0]: no measure or family 'acess'")
    assert f"{tmp_path / 'prices.csv'}:2: expected a price in USD" in price


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def test_the_shipped_scenario_and_overlay_fit_the_schemas_and_not_each_others(vatp: Vatp) -> None:
    whole = jsonschema.Draft202012Validator(vatp("schema").document)
    partial = jsonschema.Draft202012Validator(vatp("schema", "--overlay", "--json").document)
    scenario, overlay = (
        as_json(tomllib.loads((shipped_folder() / name).read_text(encoding="utf-8")))
        for name in ("hk-retail-2023.toml", "rules/exposure-10.toml")
    )
    assert list(whole.iter_errors(scenario)) == []
    assert list(partial.iter_errors(overlay)) == []
    assert list(whole.iter_errors(overlay)) != []
    assert list(whole.iter_errors(scenario | {"horizn": {}})) != []
