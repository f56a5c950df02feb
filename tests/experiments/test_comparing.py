"""Comparisons: both sides really run, paired by seed, with their records left in a folder."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

from analysis import MeasureError, Outcome
from sim.experiments import (
    Comparison,
    ExperimentError,
    Finished,
    Result,
    Task,
    run_comparison,
    variant_files,
)
from sim.experiments.worker import failed
from sim.scenario import ScenarioErrors

SCENARIO = "hk-retail-2023"
OVERLAY = "rules/exposure-10.toml"

Compare = Callable[..., Comparison]


def measure_seed(task: Task) -> Result:
    """Finish with figures that depend on seed and rules alone: an overlay adds 10 and a bit of noise."""
    seed, changed = task.seed, bool(task.source.overlays)
    depth = 100.0 * seed + (10.0 + seed % 2 if changed else 0.0)
    premium = None if seed == 2 and changed else float(seed)
    outcomes = (
        Outcome("depth_hkd", "market_quality", "HKD", depth, None, None, "Depth."),
        Outcome("premium_bps", "market_quality", "bps", premium, None, None, "Premium."),
    )
    events = f"{seed}{changed}"
    return Finished(task, outcomes, 10 * seed, f"head-{events}", f"chain-{events}", "hash", 0.5)


def fail_variant_at_two(task: Task) -> Result:
    if task.seed == 2 and task.source.overlays:
        try:
            return _broken()
        except RuntimeError as error:
            return failed(task, error)
    return measure_seed(task)


def _broken() -> Result:
    raise RuntimeError("the log does not rebuild the live state")


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Compare the shipped scenario with itself under an overlay, in threads of this process."""

    def run(**changes: Any) -> Comparison:
        given: dict[str, Any] = {
            "seeds": (1, 2, 3, 4),
            "folder": tmp_path / "compared",
            "variant_overlays": (OVERLAY,),
            "job": measure_seed,
        }
        given |= changes
        if "executor" in given or "workers" in given:
            return run_comparison(SCENARIO, SCENARIO, **given)
        with ThreadPoolExecutor(2) as threads:
            return run_comparison(SCENARIO, SCENARIO, executor=threads, **given)

    return run


def test_rows_hold_both_means_the_difference_and_its_interval(compare: Compare) -> None:
    depth, premium = compare().rows
    assert (depth.baseline, depth.variant, depth.difference) == (250.0, 260.5, 10.5)
    # Differences 11, 10, 11, 10: s = 0.57735, t with 3 degrees of freedom = 3.18245.
    assert depth.low == pytest.approx(10.5 - 3.18245 * 0.57735 / 2, abs=1e-4)
    assert depth.high == pytest.approx(10.5 + 3.18245 * 0.57735 / 2, abs=1e-4)
    assert (premium.pairs, premium.seeds) == (3, 4)


def test_a_baseline_against_itself_really_runs_twice_and_differs_by_exactly_zero(
    compare: Compare,
) -> None:
    ran: list[str] = []

    def count(task: Task) -> Result:
        ran.append(str(task))
        return measure_seed(task)

    comparison = compare(variant_overlays=(), job=count)
    assert len(ran) == len(set(ran)) == 8
    assert comparison.identical_pairs == 4
    for row in comparison.rows:
        assert (row.difference, row.low, row.high) == (0.0, 0.0, 0.0)


def test_pairs_whose_events_are_equal_are_counted(compare: Compare) -> None:
    def same_at_one(task: Task) -> Result:
        result = measure_seed(task)
        assert isinstance(result, Finished)
        return attrs.evolve(result, chain="equal") if task.seed == 1 else result

    assert compare(job=same_at_one).identical_pairs == 1


def test_a_failed_seed_is_left_out_of_the_pairs_and_listed_with_its_command(
    compare: Compare,
) -> None:
    comparison = compare(job=fail_variant_at_two)
    (failure,) = comparison.failures
    assert failure.command == f"vatp run {SCENARIO} --with {OVERLAY} --seed 2"
    assert comparison.rows[0].seeds == 3
    assert comparison.rows[0].baseline == pytest.approx((100 + 300 + 400) / 3)
    trace = comparison.folder / "variant-seed-2.traceback.txt"
    assert "in _broken" in trace.read_text(encoding="utf-8")


def test_the_folder_keeps_everything_as_json(compare: Compare) -> None:
    comparison = compare(job=fail_variant_at_two, settings=("world.population.prospects=50",))
    text = (comparison.folder / "comparison.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    assert kept == json.loads(json.dumps(comparison.as_json()))
    assert kept["seeds"] == [1, 2, 3, 4]
    assert kept["variant"] == {
        "scenario": SCENARIO,
        "overlays": [OVERLAY],
        "settings": ["world.population.prospects=50"],
    }
    for key in ("name", "unit", "baseline", "variant", "difference", "low", "high"):
        assert key in kept["measures"][0]
    assert [(run["run"], run["seed"]) for run in kept["runs"]] == [
        ("baseline", 1), ("variant", 1), ("baseline", 2), ("baseline", 3), ("variant", 3),
        ("baseline", 4), ("variant", 4),
    ]  # fmt: skip
    assert kept["runs"][0]["run_dir"] == "baseline-seed-1"
    assert kept["runs"][0]["values"] == {"depth_hkd": 100.0, "premium_bps": 1.0}
    (failure,) = kept["failures"]
    assert failure["command"].endswith("--set world.population.prospects=50 --seed 2")


def test_the_result_does_not_depend_on_the_workers(compare: Compare, tmp_path: Path) -> None:
    def result(name: str, **how: Any) -> dict[str, Any]:
        comparison = compare(folder=tmp_path / name, **how)
        return {key: value for key, value in comparison.as_json().items() if key != "folder"}

    here = result("threads")
    assert result("one", workers=1) == here
    assert result("two", workers=2) == here


def test_progress_names_each_run(compare: Compare) -> None:
    told: list[tuple[int, str]] = []
    compare(
        seeds=(2,),
        job=fail_variant_at_two,
        progress=lambda done, remark: told.append((done, remark)),
    )
    assert [done for done, _ in told] == [1, 2]
    assert {remark for _, remark in told} == {"baseline seed 2 done", "variant seed 2 failed"}


def test_every_seed_failing_gives_no_rows_and_no_error(compare: Compare) -> None:
    comparison = compare(job=lambda task: failed(task, RuntimeError("always")))
    assert comparison.rows == ()
    assert len(comparison.failures) == 8


class _Unused(Executor):
    def submit(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nothing may run")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"seeds": ()}, ExperimentError, "at least one seed"),
        ({"seeds": (1, 1)}, ExperimentError, "listed twice"),
        ({"measures": ("depht_hkd",)}, MeasureError, "did you mean 'depth_hkd'"),
        ({"settings": ("world.population.prospects=none",)}, ScenarioErrors, "prospects"),
        ({"variant_overlays": ("missing.toml",)}, ScenarioErrors, "missing.toml"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_the_first_run(
    compare: Compare, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        compare(executor=_Unused(), **changes)


def test_an_existing_folder_is_not_written_into(compare: Compare, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="exists already"):
        compare(executor=_Unused(), folder=tmp_path)


def test_a_variant_may_be_a_scenario_or_an_overlay_over_the_baseline(tmp_path: Path) -> None:
    assert variant_files(SCENARIO, SCENARIO, ["a.toml"]) == (SCENARIO, SCENARIO, ("a.toml",))
    assert variant_files(SCENARIO, OVERLAY) == (SCENARIO, SCENARIO, (OVERLAY,))
    assert variant_files(SCENARIO, OVERLAY, ["a.toml"])[2] == ("a.toml", OVERLAY)
    partial = tmp_path / "world.toml"
    partial.write_text("[world.population]\nprospects = 5\n", encoding="utf-8")
    assert variant_files(SCENARIO, partial)[2] == (str(partial),)
    # What cannot be read is left to the loader, which says what is wrong.
    partial.write_text("[world", encoding="utf-8")
    assert variant_files(SCENARIO, partial)[2] == (str(partial),)
    assert variant_files(SCENARIO, tmp_path / "none.toml")[2] == (str(tmp_path / "none.toml"),)


def test_a_worker_can_limit_threads_because_importing_the_package_loads_nothing_slow() -> None:
    code = (
        "import sys, sim.experiments, sim.experiments.worker\n"
        "print([name for name in ('polars', 'numba', 'numpy', 'scipy', 'simpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
