"""The whole log folded again, and compared with what the run wrote down about its own state."""

from collections.abc import Callable

import attrs
import polars as pl

from sim.journal import RunLog
from sim.state.fold import Fold, FoldError
from sim.state.hashing import state_hash

CHECKPOINT = "state_checkpointed"

Progress = Callable[[int, int], None]
"""Called with events folded so far, and in all."""


@attrs.frozen
class Comparison:
    """One cut through the log: the state after event `seq`, as the run recorded it and as rebuilt."""

    seq: int
    time_us: int
    recorded: str
    rebuilt: str

    @property
    def equal(self) -> bool:
        """Whether the log rebuilds the state that the run had."""
        return self.recorded == self.rebuilt


@attrs.frozen
class Replay:
    """What a replay found."""

    events: int
    """Events folded."""
    comparisons: tuple[Comparison, ...]
    """In the order of the log."""
    at_end: bool
    """Whether the last comparison is that of the run's end: a run that was cut off recorded none."""
    state_hash: str
    """Hash of the state after the last event folded."""
    broken: str = ""
    """Why the log could not be folded to its end, because an event cannot follow from those before it."""

    @property
    def first_difference(self) -> Comparison | None:
        """The first cut at which the rebuilt state is not the recorded one."""
        return next((found for found in self.comparisons if not found.equal), None)

    @property
    def last_agreement(self) -> Comparison | None:
        """The last cut before the first difference: what is wrong happened after it."""
        found = None
        for comparison in self.comparisons:
            if not comparison.equal:
                break
            found = comparison
        return found

    @property
    def problem(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.broken) or self.first_difference is not None


def replay(log: RunLog, progress: Progress | None = None) -> Replay:
    """Rebuild every projection from the log alone and compare it at each checkpoint and at the end.

    Raises
    ------
    JournalError
        No run of a scenario wrote the log, or a part file is not what was sealed.
    """
    fold = Fold(log)
    comparisons: list[Comparison] = []
    recorded = _recorded(log)
    try:
        for seq, time_us, expected in recorded:
            _advance(fold, log, seq, progress)
            comparisons.append(Comparison(seq, time_us, expected, state_hash(fold.state())))
        _advance(fold, log, log.events, progress)
        final = state_hash(fold.state())
    except FoldError as error:
        return Replay(fold.seq, tuple(comparisons), at_end=False, state_hash="", broken=str(error))
    at_end = bool(recorded) and "state_hash" in log.footer
    return Replay(fold.seq, tuple(comparisons), at_end, final)


def _recorded(log: RunLog) -> list[tuple[int, int, str]]:
    """List the cuts: last seq covered, time, hash. A checkpoint covers the events before it."""
    rows = log.scan(CHECKPOINT).select(pl.col("seq") - 1, "time_us", "state_hash").collect()
    cuts: list[tuple[int, int, str]] = list(rows.iter_rows())
    if "state_hash" in log.footer and log.segments:
        cuts.append((log.events, log.segments[-1].last_time_us, str(log.footer["state_hash"])))
    return cuts


def _advance(fold: Fold, log: RunLog, seq: int, progress: Progress | None) -> None:
    """Fold up to a seq, telling after each segment how far it is."""
    for segment in log.segments:
        if fold.seq < segment.last_seq < seq:
            fold.advance(segment.last_seq)
            if progress is not None:
                progress(fold.seq, log.events)
    fold.advance(seq)
    if progress is not None:
        progress(fold.seq, log.events)
