"""Short runs of the shipped scenario, and what their logs say."""

from pathlib import Path

import polars as pl

from sim.events import KINDS
from sim.journal import RunLog
from sim.run import Progress, RunResult, run
from sim.scenario import load

SHORT = (
    "horizon.start=2023-08-21",
    "horizon.end=2023-09-18",
    "world.population.prospects=150",
    "world.market_makers=[{name='maker-1'}]",
)
"""Four weeks around the retail opening on 28 August 2023."""


def short_run(
    folder: Path,
    *settings: str,
    seed: int = 1,
    check: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Run the shipped scenario over four weeks with a few people."""
    loaded = load("hk-retail-2023", settings=(*SHORT, *settings))
    return run(loaded, seed=seed, run_dir=folder, check=check, progress=progress)


def events_before(run_dir: Path, time_us: int) -> dict[str, pl.DataFrame]:
    """Every kind's rows before an instant, seq included."""
    log = RunLog.open(run_dir)
    return {kind: log.scan(kind).filter(pl.col("time_us") < time_us).collect() for kind in KINDS}


def same_events(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> list[str]:
    """Name the kinds that differ."""
    return [kind for kind in left if not left[kind].equals(right[kind])]


def order_events(run_dir: Path) -> dict[str, pl.DataFrame]:
    """Order-plane rows without seq and cause, which idle control events in between would shift."""
    log = RunLog.open(run_dir)
    kinds = [name for name, kind in KINDS.items() if kind.plane == "order"]
    return {kind: log.scan(kind).drop("seq", "cause").collect() for kind in kinds}
