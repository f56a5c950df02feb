"""A small real run to audit, and copies of its log in memory whose tables are altered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from analysis.audit import Finding, Report, Terms, audit, read_terms
from sim.events import KINDS
from sim.journal import RunLog
from sim.run import run
from sim.scenario import load

SETTINGS = (
    "horizon.start=2023-08-21",
    "horizon.end=2023-10-09",
    "world.population.prospects=220",
    "world.population.withdrawal_interval=20 d",
    "world.market_makers=[{name='maker-1', requote_interval='20 min'}]",
    "world.reference.step=15 min",
    "world.sample_interval=15 min",
    "rule.onb.first_transfer=HKD 10,000",
)
"""Seven weeks around the retail opening; every step of the outside price is sampled."""

Frames = dict[str, pl.DataFrame]


def small_run(folder: Path, *settings: str) -> Path:
    """Run the shipped scenario for a few weeks and return the run's folder."""
    return run(
        load("hk-retail-2023", settings=(*SETTINGS, *settings)), seed=1, run_dir=folder
    ).run_dir


class AlteredLog:
    """A run's log in memory whose tables may differ from what was sealed."""

    def __init__(self, log: RunLog, frames: Frames) -> None:
        self._log = log
        self.frames = frames
        self.state: str = log.state
        self.reason = log.reason
        self.segments: Sequence[Any] = log.segments

    @property
    def header(self) -> Mapping[str, Any]:
        return self._log.header

    def sealed(self, kinds: Iterable[str], segments: Sequence[Any]) -> dict[str, pl.LazyFrame]:
        inside = pl.col("seq").is_between(segments[0].first_seq, segments[-1].last_seq)
        return {kind: self.frames[kind].lazy().filter(inside) for kind in kinds}


class Evidence:
    """A run, its tables, and its terms."""

    def __init__(self, run_dir: Path) -> None:
        self.log = RunLog.open(run_dir)
        self.terms: Terms = read_terms(run_dir, self.log.header)
        self.frames: Frames = {kind: self.log.scan(kind).collect() for kind in KINDS}

    def judge(
        self, alter: Callable[[Frames], int], names: Sequence[str] = ()
    ) -> tuple[int, Report]:
        """Alter a copy of the tables and audit it; returns what the alteration returned too."""
        frames = dict(self.frames)
        seq = alter(frames)
        return seq, audit(AlteredLog(self.log, frames), self.terms, names)


def broken(report: Report) -> dict[str, Finding]:
    """The broken promises by name."""
    return {found.name: found for found in report.findings if found.verdict == "broken"}


def change(frames: Frames, kind: str, seq: int, **values: object) -> int:
    """Change columns of one event; returns its seq."""
    frame = frames[kind]
    assert frame.filter(pl.col("seq") == seq).height == 1
    frames[kind] = frame.with_columns(
        pl.when(pl.col("seq") == seq)
        .then(value if isinstance(value, pl.Expr) else pl.lit(value).cast(frame.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    )
    return seq


def drop(frames: Frames, kind: str, seq: int) -> int:
    """Take one event out of the log; returns its seq."""
    frames[kind] = frames[kind].filter(pl.col("seq") != seq)
    return seq


def become(frames: Frames, kind: str, seq: int, other: str, **values: object) -> int:
    """Turn one event into one of another kind at the same place; columns of the same name are kept."""
    old = frames[kind].row(by_predicate=pl.col("seq") == seq, named=True)
    drop(frames, kind, seq)
    schema = frames[other].schema
    row = {name: values.get(name, old.get(name)) for name in schema}
    frames[other] = pl.concat([frames[other], pl.DataFrame([row], schema=schema)]).sort("seq")
    return seq


def first(frames: Frames, kind: str, *conditions: pl.Expr, place: int = 0) -> dict[str, Any]:
    """The place-th event of a kind that fulfils the conditions."""
    return frames[kind].filter(*conditions or (pl.lit(value=True),)).row(place, named=True)
