"""Compare runs that are on record already: a run and its fork, or two sets of runs, paired by seed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from sim.experiments.errors import ExperimentError
from sim.experiments.shared_past import SharedPast, shared_past
from sim.experiments.worlds import (
    Given,
    Terms,
    over_seeds,
    rule_differences,
    terms_of,
    world_differences,
)
from sim.units import format_us

if TYPE_CHECKING:
    from analysis.comparison import Row
    from sim.journal import RunLog
    from sim.program import Program

_MANIFEST = "manifest.jsonl"
_MOST_SHOWN = 5


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
    world: tuple[Given, ...]
    """What the two runs of a pair were given besides rules, where it differs."""
    rules: tuple[Given, ...]
    """The rules in which the two runs of a pair differ."""
    mixed: tuple[Given, ...]
    """Where the runs of one side differ among themselves, the first of them against each other one."""
    programs: tuple[str, ...]
    """The programs that made the runs."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the differences are not the doing of rules alone, a sentence each; empty where they are."""
        found = []
        if self.world:
            found.append(
                "not the same world: the differences are not the doing of rules alone; "
                + _listed(self.world)
            )
        if self.mixed:
            found.append("the runs of one side are no runs of one scenario: " + _listed(self.mixed))
        if self.unpaired:
            found.append(
                f"only one side has seed {', '.join(map(str, self.unpaired))}: left out, so the two "
                "sides are not the same sets of seeds"
            )
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values; an undefined figure is null."""
        return {
            "baseline": str(self.baseline),
            "variant": str(self.variant),
            "seeds": list(self.seeds),
            "unpaired_seeds": list(self.unpaired),
            "warnings": list(self.warnings),
            "same_world": not self.world,
            "world_differences": [attrs.asdict(given) for given in self.world],
            "rule_differences": [attrs.asdict(given) for given in self.rules],
            "mixed_sides": [attrs.asdict(given) for given in self.mixed],
            "programs": list(self.programs),
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
            f"no seed is on both sides: {baseline} has {_seeds(before)}, {variant} has {_seeds(after)}"
        )
    for seed in seeds:
        _check_alike(before[seed], after[seed])
    given = {
        side: {seed: terms_of(runs[seed]) for seed in seeds}
        for side, runs in ((baseline, before), (variant, after))
    }
    pasts = tuple(shared_past(seed, before[seed], after[seed]) for seed in seeds)
    rows = compare_runs(
        {seed: outcomes(before[seed], measures) for seed in seeds},
        {seed: outcomes(after[seed], measures) for seed in seeds},
    )
    programs = (log.program for runs in (before, after) for log in runs.values())
    return RecordedComparison(
        baseline,
        variant,
        seeds,
        tuple(sorted(before.keys() ^ after.keys())),
        pasts,
        rows,
        programs=tuple(dict.fromkeys(map(_program, programs))),
        **_differences(given[baseline], given[variant]),
    )


def _differences(before: dict[int, Terms], after: dict[int, Terms]) -> dict[str, tuple[Given, ...]]:
    """Say in what the runs of each pair differ, and in what the runs of each side do."""
    mixed: dict[int, list[Given]] = {}
    for side in (before, after):
        first, *others = side
        for seed in others:
            for find in (world_differences, rule_differences):
                mixed.setdefault(seed, []).extend(find(side[first], side[seed]))
    return {
        "world": over_seeds(
            {seed: world_differences(before[seed], after[seed]) for seed in before}
        ),
        "rules": over_seeds({seed: rule_differences(before[seed], after[seed]) for seed in before}),
        "mixed": over_seeds(mixed),
    }


def _program(program: "Program | None") -> str:
    return f"{program} ({program.sources})" if program else "a program that the log does not name"


def _listed(found: Sequence[Given]) -> str:
    shown = ", ".join(map(str, found[:_MOST_SHOWN]))
    more = len(found) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _seeds(runs: "dict[int, RunLog]") -> str:
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
            raise ExperimentError(_not_complete(log))
        if seed in found:
            raise ExperimentError(f"{found[seed].run_dir} and {run_dir} both have seed {seed}")
        found[seed] = log
    if not found:
        raise ExperimentError(f"{folder} holds no run")
    return found


def _not_complete(log: "RunLog") -> str:
    """Say why a run that is not complete cannot be compared, and what would help."""
    from sim.journal import remedy, takes_on

    if log.state == "running":
        return f"{log.run_dir} is still being written, not complete; compare it when it has ended"
    if log.state == "interrupted":
        return f"{log.run_dir} is interrupted, not complete; {takes_on(log.run_dir)}"
    return f"{log.run_dir} is quarantined, not complete: {log.reason}; {remedy(log.run_dir)}"


def _check_alike(before: "RunLog", after: "RunLog") -> None:
    for key, said in (
        ("start_us", "begin at different times"),
        ("end_us", "end at different times"),
        ("log_level", "have different log levels"),
    ):
        values = [log.header.get(key) for log in (before, after)]
        if values[0] != values[1]:
            one, other = (format_us(v) if isinstance(v, int) else str(v) for v in values)
            raise ExperimentError(
                f"{before.run_dir} and {after.run_dir} {said} ({one} and {other}): "
                "their measures do not compare"
            )
