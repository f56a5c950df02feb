"""Small finished runs for the tests of states, and logs with another past."""

import shutil
from pathlib import Path
from typing import Any

import attrs
import polars as pl

from sim.events import KINDS, Event
from sim.journal import Journal, RunLog
from sim.state.snapshots import Snapshots
from tests.run.small_run import short_run

LEVELS = ("full", "trades", "control")

_MAKER = "world.market_makers=[{name='maker-1', requote_interval='10 min'}]"
"""Slow to quote, so that most events are people's."""

Changes = dict[int, dict[str, Any]]
"""New values of fields by seq."""


def sealed_run(folder: Path, level: str) -> RunLog:
    """Run two and a half weeks over the end of a month."""
    settings = (f"log_level={level}", "horizon.end=2023-09-08", _MAKER)
    result = short_run(folder, *settings)
    return RunLog.open(result.run_dir)


def copy_of(log: RunLog, folder: Path) -> RunLog:
    """Copy a run, to be damaged."""
    return RunLog.open(shutil.copytree(log.run_dir, folder))


def with_another_past(log: RunLog, folder: Path, changes: Changes) -> RunLog:
    """Seal a log anew with some control events changed and the same footer: it verifies, and is not true."""
    control = [kind for kind, made in KINDS.items() if made.plane == "control"]
    order = [kind for kind, made in KINDS.items() if made.plane == "order"]
    rows = {kind: log.scan(kind).collect() for kind in order}
    with Journal.create(folder, log.header) as journal:
        for seq, event in log.events_of(control):
            if journal.next_seq < seq:
                between = pl.col("seq").is_between(journal.next_seq, seq - 1)
                frames = {kind: frame.filter(between) for kind, frame in rows.items()}
                journal.append_rows(frames, seq)
            journal.append(_changed(event, changes.get(seq, {})))
        journal.complete(log.footer)
    return RunLog.open(folder)


def _changed(event: Any, values: dict[str, Any]) -> Event:
    changed: Event = attrs.evolve(event, **values)
    return changed


def first_seq(log: RunLog, kind: str, condition: pl.Expr | None = None) -> int:
    """Seq of the first event of a kind, or of the first that fulfils a condition."""
    rows = log.scan(kind).filter(pl.lit(value=True) if condition is None else condition)
    return int(rows.select("seq").first().collect().item())


def edit_snapshot(log: RunLog, seq: int) -> Path:
    """Give somebody money in a kept snapshot, and make its digest fit again."""
    kept = Snapshots(log)
    fold = kept.nearest(seq)
    assert fold.seq == seq
    fold.trading.balances()[-1, 0] += 1_000_000
    kept.keep(fold)
    return kept.path(seq)
