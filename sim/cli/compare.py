"""`vatp compare`: the same people under two sets of rules, seed by seed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from sim.cli.arguments import Json, Overlays, Settings, new_run_folder
from sim.cli.compare_recorded import compare_recorded
from sim.cli.comparison_table import COLUMNS, sections
from sim.cli.console import messages, output, remark
from sim.cli.errors import EXIT_DONE, EXIT_FAILED
from sim.cli.preflight import check_before_run
from sim.cli.progress import progress, waiting
from sim.cli.streams import print_json
from sim.cli.tables import print_table

if TYPE_CHECKING:
    from sim.experiments import Comparison
    from sim.scenario import Problem


_SEEDS = "1-10"


def compare(
    baseline: Path,
    variant: Path,
    /,
    *,
    seeds: str | None = None,
    with_: Overlays = (),
    set_: Settings = (),
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    out: Path | None = None,
    json: Json = False,
) -> int:
    """Run a baseline and a variant over the same seeds and print the paired differences.

    Overlays and settings are laid over both. Where both sides are folders of finished runs, such as a run and
    its fork, nothing is run: their logs are measured, and how much of the past they share is proven.

    Parameters
    ----------
    baseline
        Scenario file, or the name of a shipped one; or a run folder, or a folder of runs.
    variant
        Another scenario file, or an overlay that is laid over the baseline; or a run folder, or a folder of
        runs.
    seeds
        Seeds to run, such as 1-10 (the default) or 1,3,7-9; each runs under both.
    workers
        Processes at work at once, by default one a core; the results do not depend on it.
    out
        New folder for the runs; by default a new one under runs/.
    """
    from sim.experiments import holds_runs, parse_seeds, run_comparison, variant_files

    if holds_runs(baseline) or holds_runs(variant):
        given = {
            "--seeds": seeds is not None,
            "--with": bool(with_),
            "--set": bool(set_),
            "--workers": workers is not None,
            "--out": out is not None,
        }
        return compare_recorded(baseline, variant, given=given, json=json)
    chosen = parse_seeds(seeds or _SEEDS)
    base_file, variant_file, variant_overlays = variant_files(baseline, variant, with_)
    _check((base_file, with_), (variant_file, variant_overlays), settings=set_)
    folder = out or new_run_folder("compare", baseline.stem, variant.stem)
    with progress("comparing", total=2 * len(chosen)) as update:
        try:
            result = run_comparison(
                base_file,
                variant_file,
                seeds=chosen,
                baseline_overlays=with_,
                variant_overlays=variant_overlays,
                settings=set_,
                folder=folder,
                workers=workers,
                progress=update,
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"finished runs are kept in {folder}") from None
    if json:
        print_json(result.as_json())
    else:
        _print(result, str(baseline), str(variant))
    for failure in result.failures:
        messages().say(f"failed: {failure}", style="red")
    return EXIT_FAILED if result.failures else EXIT_DONE


def _check(*sides: "tuple[str, Sequence[str | Path]]", settings: Sequence[str]) -> None:
    """Find what is wrong with either side before anything runs, all of it at once.

    Raises
    ------
    ScenarioErrors
        Each problem once, though both sides may hold the same file.
    """
    from sim.scenario import ScenarioErrors, load

    problems: dict[Problem, None] = {}
    notes: dict[str, None] = {}
    with waiting("reading both sides"):
        for scenario, overlays in sides:
            try:
                loaded = load(scenario, overlays=overlays, settings=settings)
                check_before_run(loaded)
            except ScenarioErrors as errors:
                problems |= dict.fromkeys(errors.problems)
            else:
                notes |= dict.fromkeys(loaded.notes)
    if problems:
        raise ScenarioErrors(problems)
    for note in notes:
        remark(f"note: {note}")


def _print(result: "Comparison", baseline: str, variant: str) -> None:
    console = output()
    console.say(f"baseline  {baseline}")
    console.say(f"variant   {variant}")
    console.say(f"seeds     {_seeds(result)}")
    if result.rows:
        print_table(console, COLUMNS, sections(result.rows))
    else:
        console.say("no seed finished under both, so nothing can be compared")
    console.say(f"runs      {result.folder}")


def _seeds(result: "Comparison") -> str:
    text = f"{len(result.seeds)}, paired by seed"
    if result.identical_pairs:
        text += f"; under {result.identical_pairs} of them both runs are the same event for event"
    return text
