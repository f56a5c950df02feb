"""`vatp compare`: the same people under two sets of rules, seed by seed."""

import os
from pathlib import Path
from typing import Annotated, Any

import attrs
from cyclopts import Parameter, validators
from rich.table import Table

from sim.cli.console import interval, messages, number, output, print_json, progress
from sim.cli.run import Json, Overlays, Settings, free_folder


def compare(
    baseline: Path,
    variant: Path,
    /,
    *,
    seeds: str = "1-10",
    with_: Overlays = (),
    set_: Settings = (),
    workers: Annotated[int, Parameter(validator=validators.Number(gte=1))] = os.cpu_count() or 1,
    out: Path | None = None,
    json: Json = False,
) -> None:
    """Run a baseline and a variant over the same seeds and print the paired differences.

    Parameters
    ----------
    baseline
        Scenario file, or the name of a shipped one.
    variant
        Another scenario file, or an overlay that is laid over the baseline.
    seeds
        Seeds to run, such as 1-10 or 1,3,7-9; each runs under both.
    workers
        Processes at work at once; the results do not depend on it.
    out
        New folder for the runs; by default a new one under runs/.
    """
    from sim.experiments import parse_seeds, run_comparison, variant_files

    seed_list = parse_seeds(seeds)
    base_file, variant_file, variant_overlays = variant_files(baseline, variant, with_)
    folder = out or free_folder(Path("runs"), f"compare-{Path(baseline).stem}-{Path(variant).stem}")
    with progress("comparing", total=2 * len(seed_list)) as update:
        result = run_comparison(
            base_file,
            variant_file,
            seeds=seed_list,
            baseline_overlays=with_,
            variant_overlays=variant_overlays,
            settings=set_,
            folder=folder,
            workers=workers,
            progress=lambda done, remark: update(done, remark),
        )
    if json:
        print_json(result.as_json())
    else:
        _print(result, str(baseline), str(variant))
    if result.failures:
        for failure in result.failures:
            messages().print(f"failed: {failure}", style="red", highlight=False)
        raise SystemExit(1)


def _print(result: Any, baseline: str, variant: str) -> None:
    table = Table(show_edge=False, pad_edge=False)
    for name in ("measure", "baseline", "variant", "difference", "95 % interval", "unit"):
        table.add_column(name, justify="left" if name in {"measure", "unit"} else "right")
    family = ""
    for row in result.rows:
        if row.family != family:
            if family:
                table.add_section()
            family = row.family
            table.add_row(f"[bold]{family.replace('_', ' ')}[/bold]")
        table.add_row(
            row.name,
            number(row.baseline),
            number(row.variant),
            number(row.difference),
            interval(row.low, row.high),
            row.unit,
        )
    console = output()
    console.print(f"baseline  {baseline}\nvariant   {variant}\nseeds     {len(result.seeds)}, paired by seed", highlight=False)
    console.print(table)
    console.print(f"runs      {result.folder}", highlight=False)
