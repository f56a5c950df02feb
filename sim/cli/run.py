"""`vatp run`: one scenario, one seed, one sealed log, one table of outcomes."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from sim.cli.arguments import Flag, Json, Overlays, Seed, Settings, new_run_folder
from sim.cli.console import bold, output, remark
from sim.cli.log_standing import kept_so_far
from sim.cli.preflight import check_before_run
from sim.cli.progress import progress, waiting
from sim.cli.streams import print_json
from sim.cli.tables import OUTCOME_COLUMNS, number, outcome_sections, print_table

if TYPE_CHECKING:
    from analysis import Outcome
    from sim.run import RunResult
    from sim.scenario import Loaded

_FEES = "fee_income_hkd"
_ABOUT_FEES = (
    f"Fees count in {_FEES} as trades charge them, participants' included; the ledger's fee income "
    "(`vatp log state --ledger`) is what the sweep of each business day has taken in, in whole cents."
)


def run(
    scenario: Path,
    /,
    *,
    seed: Seed = 1,
    with_: Overlays = (),
    set_: Settings = (),
    out: Path | None = None,
    check: Flag = False,
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
        remark(f"note: {note}")
    name = loaded.scenario.name
    with waiting("loading the simulator"):
        from analysis import outcomes
        from sim.journal import RunLog

        check_before_run(loaded)
    result = _simulate(loaded, seed, out or new_run_folder(name, f"seed-{seed}"), check=check)
    with waiting("measuring"):
        found = outcomes(RunLog.open(result.run_dir), loaded.scenario.measures)
    wall_s = time.perf_counter() - begun
    if json:
        print_json(
            {
                "run_dir": str(result.run_dir),
                "scenario": name,
                "seed": seed,
                "events": result.events,
                "order_events": result.order_events,
                "head": result.head,
                "state_hash": result.state_hash,
                "wall_s": round(wall_s, 3),
                "measures": [attrs.asdict(outcome) for outcome in found],
            }
        )
    else:
        _print(f"{name}, seed {seed}", result, found, wall_s)


def _simulate(loaded: "Loaded", seed: int, run_dir: Path, *, check: bool) -> "RunResult":
    from sim.run import run as simulate

    with progress(
        loaded.scenario.name, remark="starting; the first run compiles for a minute"
    ) as update:
        try:
            return simulate(
                loaded,
                seed=seed,
                run_dir=run_dir,
                check=check,
                snapshots=True,
                progress=lambda share, events: update(share, f"{events:,} events"),
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(kept_so_far(run_dir)) from None


def _print(title: str, result: "RunResult", found: "tuple[Outcome, ...]", wall_s: float) -> None:
    console = output()
    console.say(bold(title))
    print_table(console, OUTCOME_COLUMNS, outcome_sections(found))
    console.say(
        "\nThe interval is the spread of people or days inside this one run; "
        "whether a rule changes a measure, `vatp compare` says.",
        style="dim",
    )
    if any(outcome.name == _FEES for outcome in found):
        console.say(_ABOUT_FEES, style="dim")
    orders = number(result.order_events)
    console.say(f"run folder  {result.run_dir}")
    console.say(f"events      {number(result.events)} logged, {orders} order events")
    console.say(f"chain head  {result.head}")
    console.say(f"state hash  {result.state_hash} (live state = state rebuilt from the log)")
    console.say(f"wall time   {wall_s:.1f} s")
