"""Pinned outcomes of every shipped scenario: a change that moves results must show here."""

import json
from pathlib import Path

import pytest

from analysis import outcomes
from sim.journal import RunLog
from sim.run import run
from sim.scenario import load, shipped

HERE = Path(__file__).parent
SCENARIOS = Path(str(shipped("hk-retail-2023"))).parent
NAMES = sorted(file.stem for file in SCENARIOS.glob("*.toml"))


def test_every_shipped_scenario_has_a_golden_file() -> None:
    assert NAMES
    assert sorted(file.stem for file in HERE.glob("*.json")) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_gives_its_pinned_outcomes(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    result = run(load(name), seed=1, run_dir=tmp_path / name)
    found = {
        "seed": 1,
        "events": result.events,
        "order_events": result.order_events,
        "state_hash": result.state_hash,
        "measures": {o.name: o.value for o in outcomes(RunLog.open(result.run_dir))},
    }
    golden = HERE / f"{name}.json"
    if request.config.getoption("--update-golden"):
        golden.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    pinned = json.loads(golden.read_text(encoding="utf-8"))
    measures = pinned.pop("measures")
    assert {key: found[key] for key in pinned} == pinned
    assert found["measures"] == pytest.approx(measures, rel=1e-12, nan_ok=True)
