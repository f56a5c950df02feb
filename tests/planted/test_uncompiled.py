"""The kernels as plain Python do what they do as machine code."""

from pathlib import Path

import pytest

from sim.run import run
from sim.scenario import load
from tests.planted.attempt import SCENARIO, SEED
from tests.planted.faults import ROOT, read_lives
from tests.planted.trials import Trials
from tests.planted.uncompiled import install

LIFE = "a high minimum"


@pytest.mark.slow
def test_a_life_with_plain_kernels_is_the_life_with_compiled_ones(
    trials: Trials, tmp_path: Path
) -> None:
    plain = trials._live(ROOT, (LIFE, ()), tmp_path / "plain")
    settings = read_lives()[LIFE]
    compiled = run(load(SCENARIO, settings=settings), seed=SEED, run_dir=tmp_path / "compiled")
    assert (plain["head"], plain["events"]) == (compiled.head, compiled.events)
    assert compiled.order_events > 100


def test_kernels_that_are_compiled_already_stay_so() -> None:
    with pytest.raises(RuntimeError, match=r"compiled already: sim\.draws"):
        install()
