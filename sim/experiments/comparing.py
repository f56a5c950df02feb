"""Compare two policies: the same seeds under both, paired."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from sim.experiments.batch import Job, run_batch
from sim.experiments.errors import ExperimentError
from sim.experiments.tasks import Failed, Finished, Result, Source, Task
from sim.experiments.worker import perform

if TYPE_CHECKING:
    from analysis import Outcome
    from analysis.comparison import Row

BASELINE, VARIANT = "baseline", "variant"
RESULT_FILE = "comparison.json"

Tell = Callable[[int, str], None]
"""Told after each run: how many are done, and a remark."""


@attrs.frozen
class Comparison:
    """A finished comparison."""

    baseline: Source
    variant: Source
    seeds: tuple[int, ...]
    folder: Path
    rows: "tuple[Row, ...]"
    """One a measure; empty when no seed finished under both."""
    results: tuple[Result, ...]
    """Runs in order: for each seed the baseline, then the variant."""

    @property
    def failures(self) -> tuple[Failed, ...]:
        """Runs that failed, each with the command that replays it."""
        return tuple(result for result in self.results if isinstance(result, Failed))

    @property
    def identical_pairs(self) -> int:
        """Seeds whose two logs hold the same events: the change had no effect there at all."""
        before, after = _chains(self.results, BASELINE), _chains(self.results, VARIANT)
        return sum(before.get(seed) == chain for seed, chain in after.items())

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values; an undefined figure is null."""
        return {
            BASELINE: attrs.asdict(self.baseline),
            VARIANT: attrs.asdict(self.variant),
            "seeds": list(self.seeds),
            "folder": str(self.folder),
            "confidence": "95 %, two-sided, paired t",
            "identical_pairs": self.identical_pairs,
            "measures": [attrs.asdict(row) for row in self.rows],
            "runs": [_run_json(result) for result in self.results if isinstance(result, Finished)],
            "failures": [
                {
                    "run": result.task.label,
                    "seed": result.task.seed,
                    "error": result.error,
                    "command": result.command,
                }
                for result in self.failures
            ],
        }


def _chains(results: Sequence[Result], label: str) -> dict[int, str]:
    return {
        result.task.seed: result.chain
        for result in results
        if isinstance(result, Finished) and result.task.label == label
    }


def _run_json(result: Finished) -> dict[str, Any]:
    return {
        "run": result.task.label,
        "seed": result.task.seed,
        "run_dir": result.task.run_dir.name,
        "events": result.events,
        "head": result.head,
        "chain": result.chain,
        "state_hash": result.state_hash,
        "wall_s": round(result.wall_s, 3),
        "values": {outcome.name: outcome.value for outcome in result.outcomes},
    }


def variant_files(
    baseline: Path | str, variant: Path | str, overlays: Iterable[Path | str] = ()
) -> tuple[str, str, tuple[str, ...]]:
    """Say how to load a variant that is a whole scenario, or an overlay over the baseline.

    What a whole scenario is, `sim.scenario.checker.is_whole` says. Whatever cannot be read counts as an
    overlay; loading it says what is wrong.

    Returns
    -------
    tuple
        The baseline's scenario file, the variant's, and the variant's overlays (the shared ones first).
    """
    from sim.scenario.checker import is_whole
    from sim.scenario.files import find_file
    from sim.toml_source import read_source

    shared = tuple(str(overlay) for overlay in overlays)
    found = find_file(variant)
    if found is not None and is_whole(read_source(found).document):
        return str(baseline), str(variant), shared
    return str(baseline), str(baseline), (*shared, str(variant))


def run_comparison(
    baseline: Path | str,
    variant: Path | str,
    *,
    seeds: Sequence[int],
    folder: Path,
    baseline_overlays: Iterable[Path | str] = (),
    variant_overlays: Iterable[Path | str] = (),
    settings: Iterable[str] = (),
    measures: Iterable[str] | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Tell | None = None,
    job: Job = perform,
) -> Comparison:
    """Run two scenarios over the same seeds and compare their outcomes, paired by seed.

    Every run is really made, also where both sides are the same scenario: a baseline compared with itself
    checks that its differences are exactly zero. Run folders (`baseline-seed-1`, …), the tracebacks of
    failed runs and `comparison.json` are left in the folder.

    Parameters
    ----------
    baseline, variant
        Scenario files or shipped names.
    seeds
        At least one, all different.
    folder
        New folder; its parents are made where missing.
    baseline_overlays, variant_overlays
        Overlays of each side, in order.
    settings
        `path=value` texts laid over both.
    measures
        Measures or families; none means the baseline scenario's own choice.
    executor, workers, job
        See `run_batch`.
    progress
        Told after each run.

    Raises
    ------
    ScenarioErrors
        Either scenario has mistakes (before anything runs).
    MeasureError
        A measure is unknown.
    ExperimentError
        The folder exists, or the seeds are none or not distinct.
    """
    from analysis.comparison import compare_runs

    chosen = tuple(settings)
    sides = {
        BASELINE: Source(str(baseline), tuple(map(str, baseline_overlays)), chosen),
        VARIANT: Source(str(variant), tuple(map(str, variant_overlays)), chosen),
    }
    tasks = _tasks(sides, tuple(seeds), folder, _checked_measures(sides, measures))
    folder.mkdir(parents=True)

    def tell(done: int, _: int, result: Result) -> None:
        if progress is not None:
            state = "failed" if isinstance(result, Failed) else "done"
            progress(done, f"{result.task} {state}")

    results = run_batch(tasks, executor=executor, workers=workers, progress=tell, job=job)
    rows = compare_runs(_outcomes(results, BASELINE), _outcomes(results, VARIANT))
    comparison = Comparison(sides[BASELINE], sides[VARIANT], tuple(seeds), folder, rows, results)
    _leave_records(comparison)
    return comparison


def _checked_measures(sides: dict[str, Source], measures: Iterable[str] | None) -> tuple[str, ...]:
    """Load both scenarios once, so that mistakes show before the first run; return the measures."""
    from analysis import check_names
    from sim.scenario import load

    loaded = [
        load(source.scenario, overlays=source.overlays, settings=source.settings)
        for source in sides.values()
    ]
    names = loaded[0].scenario.measures if measures is None else tuple(measures)
    check_names(names)
    return names


def _tasks(
    sides: dict[str, Source], seeds: tuple[int, ...], folder: Path, measures: tuple[str, ...]
) -> list[Task]:
    if not seeds:
        raise ExperimentError("a comparison needs at least one seed")
    if len(set(seeds)) < len(seeds):
        raise ExperimentError("a seed is listed twice; it would count as independent evidence")
    if folder.exists():
        raise ExperimentError(f"{folder} exists already; name a new folder")
    return [
        Task(label, source, seed, folder / f"{label}-seed-{seed}", measures)
        for seed in seeds
        for label, source in sides.items()
    ]


def _outcomes(results: Sequence[Result], label: str) -> "dict[int, tuple[Outcome, ...]]":
    return {
        result.task.seed: result.outcomes
        for result in results
        if isinstance(result, Finished) and result.task.label == label
    }


def _leave_records(comparison: Comparison) -> None:
    for failure in comparison.failures:
        if failure.details:
            name = f"{failure.task.run_dir.name}.traceback.txt"
            (comparison.folder / name).write_text(failure.details, encoding="utf-8")
    # allow_nan=False: an undefined figure is null, and NaN is not JSON.
    text = json.dumps(comparison.as_json(), indent=2, ensure_ascii=False, allow_nan=False)
    (comparison.folder / RESULT_FILE).write_text(text + "\n", encoding="utf-8")
