"""`vatp run`: one scenario, one seed, one sealed log, one table of outcomes."""

import time
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter, validators

from sim.cli.console import messages, number, outcome_table, output, print_json, progress

Overlays = Annotated[
    tuple[Path, ...], Parameter(name="--with", negative=(), consume_multiple=False, show_default=False, help="Overlay file; repeatable, later wins.")
]
Settings = Annotated[
    tuple[str, ...],
    Parameter(name="--set", negative=(), consume_multiple=False, show_default=False, help='One value, such as world.population.prospects=500 or rule.onb.exposure_limit="10 %".'),
]
Seed = Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**63))]
Json = Annotated[bool, Parameter(negative=(), show_default=False, help="Print one JSON document instead of tables.")]


def free_folder(parent: Path, name: str) -> Path:
    """Return a folder that does not exist yet: runs/NAME, then runs/NAME-2 and so on."""
    candidate = parent / name
    number_ = 2
    while candidate.exists():
        candidate = parent / f"{name}-{number_}"
        number_ += 1
    return candidate


def run(
    scenario: Path,
    /,
    *,
    seed: Seed = 1,
    with_: Overlays = (),
    set_: Settings = (),
    out: Path | None = None,
    check: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    json: Json = False,
) -> None:
    """Run a scenario file and print its outcomes.

    Parameters
    ----------
    scenario
        Scenario file, or the name of a shipped one.
    seed
        Seed of every random draw; the same seed gives the same log, byte for byte.
    out
        New folder for the log; by default a new one under runs/.
    check
        Check the ledger after every control event (slower).
    """
    begun = time.perf_counter()
    from sim.scenario import load

    loaded = load(scenario, overlays=with_, settings=set_)
    for note in loaded.notes:
        messages().print(f"note: {note}", style="yellow", highlight=False)
    with messages().status("loading the compiled kernels (compiled once, then cached)…"):
        from analysis import check_names, outcomes
        from sim.journal import RunLog
        from sim.run import run as simulate

        check_names(loaded.scenario.measures)
    run_dir = out or free_folder(Path("runs"), f"{loaded.scenario.name}-seed-{seed}")
    with progress(loaded.scenario.name) as update:
        result = simulate(
            loaded,
            seed=seed,
            run_dir=run_dir,
            check=check,
            progress=lambda share, events: update(share, f"{events:,} events"),
        )
    found = outcomes(RunLog.open(run_dir), loaded.scenario.measures)
    wall_s = time.perf_counter() - begun
    if json:
        print_json(
            {
                "run_dir": str(result.run_dir),
                "events": result.events,
                "order_events": result.order_events,
                "head": result.head,
                "state_hash": result.state_hash,
                "wall_s": round(wall_s, 3),
                "measures": [attrs.asdict(outcome) for outcome in found],
            }
        )
        return
    console = output()
    console.print(outcome_table(found, f"{loaded.scenario.name}, seed {seed}"))
    console.print(
        "\nThe interval is the spread of people or days inside this one run; "
        "whether a rule changes a measure, `vatp compare` says.",
        style="dim",
    )
    console.print(f"run folder  {result.run_dir}", highlight=False)
    console.print(f"events      {number(result.events)} logged, {number(result.order_events)} order events", highlight=False)
    console.print(f"chain head  {result.head}", highlight=False)
    console.print(f"state hash  {result.state_hash} (live state = state rebuilt from the log)", highlight=False)
    console.print(f"wall time   {wall_s:.1f} s", highlight=False)
