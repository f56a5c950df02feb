"""Compare runs that are on record already: a run and its fork, or two sets of runs, paired by seed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from sim.experiments.errors import ExperimentError

if TYPE_CHECKING:
    from analysis.comparison import Row
    from sim.journal import Difference, RunLog

_MANIFEST = "manifest.jsonl"


@attrs.frozen
class SharedPast:
    """How far two runs of a seed are the same."""

    seed: int
    events: int
    """Leading events that both logs hold."""
    chain: str
    """Chain over them, computed from either log; empty where the logs cannot be compared."""
    difference: "Difference | None"
    """The first event they do not share; None where one log ends there."""
    identical: bool
    """Whether the two logs hold the same events to their end."""
    forked_at_us: int | None
    """Instant of the fork, where one run is a fork of the other."""


@attrs.frozen
class RecordedComparison:
    """The measures of two sets of finished runs."""

    baseline: Path
    variant: Path
    seeds: tuple[int, ...]
    unpaired: tuple[int, ...]
    """Seeds that only one side has."""
    pasts: tuple[SharedPast, ...]
    """One a seed."""
    rows: "tuple[Row, ...]"
    """One a measure."""

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values; an undefined figure is null."""
        return {
            "baseline": str(self.baseline),
            "variant": str(self.variant),
            "seeds": list(self.seeds),
            "unpaired_seeds": list(self.unpaired),
            "confidence": "95 %, two-sided, paired t",
            "common_past": [attrs.asdict(past) for past in self.pasts],
            "measures": [attrs.asdict(row) for row in self.rows],
        }


def holds_runs(folder: Path) -> bool:
    """Whether a folder is a run, or holds runs; False where it cannot be read."""
    try:
        return bool(_run_folders(folder))
    except OSError:
        return False


def _run_folders(folder: Path) -> list[Path]:
    if (folder / _MANIFEST).is_file():
        return [folder]
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if (path / _MANIFEST).is_file())


def compare_recorded(
    baseline: Path, variant: Path, measures: Sequence[str] = ()
) -> RecordedComparison:
    """Measure runs on record and pair them by seed.

    Parameters
    ----------
    baseline, variant
        A run folder each, or a folder with one run folder a seed.
    measures
        Measures or families; none means all.

    Raises
    ------
    ExperimentError
        A run is not complete, the runs of a pair cover other times or log levels, two runs of a side have
        the same seed, or no seed is on both sides.
    JournalError
        A log cannot be read.
    MeasureError
        A measure is unknown.
    """
    from analysis import outcomes
    from analysis.comparison import compare_runs

    before, after = _by_seed(baseline), _by_seed(variant)
    seeds = tuple(sorted(before.keys() & after.keys()))
    if not seeds:
        raise ExperimentError(
            f"no seed is on both sides: {baseline} has {_listed(before)}, {variant} has {_listed(after)}"
        )
    for seed in seeds:
        _check_alike(before[seed], after[seed])
    pasts = tuple(shared_past(seed, before[seed], after[seed]) for seed in seeds)
    rows = compare_runs(
        {seed: outcomes(before[seed], measures) for seed in seeds},
        {seed: outcomes(after[seed], measures) for seed in seeds},
    )
    unpaired = tuple(sorted(before.keys() ^ after.keys()))
    return RecordedComparison(baseline, variant, seeds, unpaired, pasts, rows)


def _listed(runs: "dict[int, RunLog]") -> str:
    return ", ".join(map(str, sorted(runs)))


def _by_seed(folder: Path) -> "dict[int, RunLog]":
    from sim.journal import RunLog

    found: dict[int, RunLog] = {}
    for run_dir in _run_folders(folder):
        log = RunLog.open(run_dir)
        seed = log.header.get("seed")
        if not isinstance(seed, int):
            raise ExperimentError(f"{run_dir} was not written by a simulation: it has no seed")
        if log.state != "complete":
            raise ExperimentError(
                f"{run_dir} is {log.state}, not complete; `vatp log resume {run_dir}` takes it on"
            )
        if seed in found:
            raise ExperimentError(f"{found[seed].run_dir} and {run_dir} both have seed {seed}")
        found[seed] = log
    if not found:
        raise ExperimentError(f"{folder} holds no run")
    return found


def _check_alike(before: "RunLog", after: "RunLog") -> None:
    for key, what in (("start_us", "start"), ("end_us", "end"), ("log_level", "log level")):
        if before.header.get(key) != after.header.get(key):
            raise ExperimentError(
                f"{before.run_dir} and {after.run_dir} have another {what}: their measures do not compare"
            )


def shared_past(seed: int, before: "RunLog", after: "RunLog") -> SharedPast:
    """Find how far two runs are the same; raises JournalError where a log cannot be read."""
    from sim.journal import chain_at, common_past

    forked_at_us = _forked_at(before, after)
    if before.cuts != after.cuts:
        return SharedPast(seed, 0, "", None, identical=False, forked_at_us=forked_at_us)
    past = common_past(before, after)
    shortest = min(before.events, after.events)
    events = past.difference.seq - 1 if past.difference else shortest
    identical = past.difference is None and before.events == after.events
    return SharedPast(
        seed, events, chain_at(before, events), past.difference, identical, forked_at_us
    )


def _forked_at(before: "RunLog", after: "RunLog") -> int | None:
    """Return the instant at which one run was forked from the other, by what its header says."""
    for parent, child in ((before, after), (after, before)):
        fork = child.header.get("fork")
        if isinstance(fork, dict) and fork.get("parent_head") == parent.head:
            return int(fork["at_us"])
    return None
