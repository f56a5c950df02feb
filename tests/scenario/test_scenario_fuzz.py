"""Whatever is done to a scenario's text, the reader answers with problems and their lines."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import ScenarioErrors, load
from sim.scenario.loader import Loaded

RICH = """\
name = "rich"
description = '''
several lines
'''
log_level = "trades"
measures = ["access"]

[horizon]
start = 2023-06-01
end = 2023-06-15T12:00:00+08:00

[world]
depth_band = "50 bps"
holidays = [2023-06-02, 2023-06-09]
listings = [
  { pair = "BTC/HKD", professional_from = 2023-06-01 }, # one
  { pair = "ETH/USD", professional_from = 2023-06-01, retail_from = 2023-06-08 },
]

[world.population]
prospects = 1_000
net_worth_median = "HKD 600,000"
trade_interval = "7 d"

[world.reference]
step = "5 min"
annual_volatility = { BTC = "60 %", ETH = "80 %" }

[world.review_staff]
officers = 3
opens = "09:00"

[[world.market_makers]]
name = "maker"
hkd = "HKD 5,000,000"

[[world.arbitrageurs]]
name = "taker"

[rules]
regime = "law.toml"

[[rules.changes]]
id = "onb.exposure_limit"
start = 2023-06-08
value = "10 %"

[[rules.changes]]
id = "onb.kyc"
value = false
"""
LINES = RICH.split("\n")
ODD_VALUES = (
    "", "0", "-1", "true", "1e400", "nan", "[]", "[[]]", "{}", '""', '"\\u0000"', '"x"', '"5 %"', '"HKD 1"',
    "2023-02-30", "2023-06-01", "2023-06-01T00:00:00", "25:00", "'''", '"""', "[", "{ a = ", '"../x"',
    "9999999999999999999999", '"' + "9" * 400 + ' %"', '"USD -1"', '"0 s"', "[{}, 1]", '"a" # b', "0x_", "-inf",
)  # fmt: skip


@st.composite
def spoilt_texts(draw: st.DrawFn) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("value", "drop", "repeat", "swap", "insert", "character"))):
            case "value":
                lines[place] = (
                    f"{lines[place].partition('=')[0]}= {draw(st.sampled_from(ODD_VALUES))}"
                )
            case "drop":
                del lines[place]
            case "repeat":
                lines.insert(place, lines[place])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[place], lines[other] = lines[other], lines[place]
            case "insert":
                lines.insert(place, draw(st.text("[]{}=.,\"'#ab1 \t-%:\\", max_size=12)))
            case _:
                column = draw(st.integers(0, len(lines[place])))
                character = draw(st.characters(exclude_categories=["Cs"]))
                lines[place] = lines[place][:column] + character + lines[place][column + 1 :]
    return "\n".join(lines)


def outcome(folder: Path, text: str, settings: Sequence[str] = ()) -> Loaded | ScenarioErrors:
    path = folder / "rich.toml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        return load(path, settings=settings)
    except ScenarioErrors as errors:
        return errors


@pytest.fixture
def folder(tmp_path: Path, write: object) -> Path:
    assert write  # its law.toml lies in the same folder
    return tmp_path


def test_the_text_that_is_spoilt_here_is_sound(folder: Path) -> None:
    assert isinstance(outcome(folder, RICH), Loaded)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(spoilt_texts())
def test_spoilt_text_gives_problems_with_lines_and_nothing_else(folder: Path, text: str) -> None:
    answer = outcome(folder, text)
    if isinstance(answer, Loaded):
        return
    assert answer.problems
    mine = [problem for problem in answer.problems if problem.file == str(folder / "rich.toml")]
    last = text.count("\n") + 1
    assert all(1 <= problem.line <= last for problem in mine)
    assert [problem.line for problem in mine] == sorted(problem.line for problem in mine)
    for line in map(str, answer.problems):
        assert len(line.splitlines()) == 1
        assert len(line) < 1_000


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([line.partition(" =")[0] for line in LINES if " =" in line])
            | st.text("abcdefgh.[]0123 @=", max_size=20)
            | st.sampled_from(
                ["world", "rules.changes", "rule.onb.kyc", "rule.onb.kyc@2023-06-02"]
            ),
            st.sampled_from(ODD_VALUES),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_setting_gives_a_scenario_or_problems(
    folder: Path, given_settings: list[tuple[str, str]]
) -> None:
    answer = outcome(folder, RICH, [f"{path}={value}" for path, value in given_settings])
    if isinstance(answer, ScenarioErrors):
        assert answer.problems
        assert all(problem.file for problem in answer.problems)
