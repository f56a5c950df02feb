"""Record the runs of a released version, once, when it is released.

`python -m tests.old_runs.recording` writes `tests/old_runs/VERSION/` for the version that is installed: a run
with every order event, a run of the control plane alone, and what every reader says of both. A folder that
exists is not written: a release is recorded once and never again.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import attrs

import sim.journal.writer
from sim.program import this_program
from sim.run import run
from sim.scenario import load
from tests.old_runs.readings import readings

HERE = Path(__file__).parent
EXPECTED = "expected.json"

SEGMENT_EVENTS = 2048
"""A first segment so short that a small run has more than one."""
_COMMON = (
    "horizon.start=2023-08-24",
    "world.population.prospects=110",
    "world.population.withdrawal_interval=8 d",
    "world.population.trade_interval=2 d",
    "world.population.arrival_half_life=4 d",
    (
        "world.market_makers=[{name='maker-1', levels=1, requote_interval='4 h',"
        " level_notional='HKD 20,000', hkd='HKD 60,000', coins='HKD 400,000'}]"
    ),
    (
        "world.arbitrageurs=[{name='arbitrageur-1', interval='6 h', order_notional='HKD 20,000',"
        " hkd='HKD 60,000', usd='USD 5,000', coins='HKD 60,000'}]"
    ),
    "world.reference.step=1 h",
    "world.sample_interval=6 h",
    "rule.onb.first_transfer=HKD 10,000",
    'rule.onb.exposure_limit@2023-09-05="5 %"',
    'rule.trd.fee_taker@2023-09-08="0.3 %"',
)
RUNS: dict[str, tuple[str, ...]] = {
    "full": ("log_level=full", "horizon.end=2023-09-15"),
    "control": ("log_level=control", "horizon.end=2023-09-04"),
}
"""Name of a run's folder, and what makes it differ from the shipped scenario besides `_COMMON`."""


def record(folder: Path) -> None:
    """Live the runs in a new folder, and note what readers say of them; raises FileExistsError."""
    folder.mkdir(parents=True)
    expected = {}
    with patch.object(sim.journal.writer, "FIRST_SEGMENT_EVENTS", SEGMENT_EVENTS):
        for name, settings in RUNS.items():
            loaded = load("hk-retail-2023", settings=(*_COMMON, *settings))
            run(loaded, seed=1, run_dir=folder / name)
            with TemporaryDirectory() as scratch:
                expected[name] = readings(folder / name, Path(scratch))
    text = json.dumps({"program": attrs.asdict(this_program()), "runs": expected}, indent=1)
    (folder / EXPECTED).write_text(f"{text}\n", encoding="utf-8")


def main() -> None:
    """Record the installed version."""
    folder = HERE / this_program().version
    try:
        record(folder)
    except FileExistsError:
        sys.exit(f"{folder} exists: a version is recorded once")
    sys.stdout.write(f"{folder}: {', '.join(RUNS)}\n")


if __name__ == "__main__":
    main()
