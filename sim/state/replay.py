"""The whole log folded again, and compared with all that is kept of the state: hashes in the log, snapshots."""

import attrs
import polars as pl

from sim.journal import RunLog
from sim.state.fold import Fold, FoldError
from sim.state.hashing import state_hash
from sim.state.moment import Progress, WrongSnapshot, fold_to
from sim.state.snapshots import Snapshots

CHECKPOINT = "state_checkpointed"


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
    snapshots: int = 0
    """Kept snapshots compared: all from which a question would be answered, as far as the log could be folded."""
    wrong_snapshots: tuple[WrongSnapshot, ...] = ()

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
        differs = self.first_difference is not None or bool(self.wrong_snapshots)
        return bool(self.broken) or differs


def replay(log: RunLog, progress: Progress | None = None) -> Replay:
    """Rebuild every projection from the log alone and compare it with all that was kept of the state.

    That is what the run recorded, at each checkpoint and at its end, and every snapshot in its folder from
    which a question would be answered. A snapshot that differs is replaced by the right one, or taken away.

    Raises
    ------
    JournalError
        No run of a scenario wrote the log, or a part file is not what was sealed.
    """
    fold, kept = Fold(log), Snapshots(log)
    comparisons: list[Comparison] = []
    recorded = {seq: (time_us, expected) for seq, time_us, expected in _recorded(log)}
    snapshots = [seq for seq in kept.believed() if seq <= log.events]
    compared, wrong = 0, []
    broken, final = "", ""
    try:
        for seq in sorted({*recorded, *snapshots}):
            fold_to(fold, log, seq, progress)
            if seq in recorded:
                comparisons.append(Comparison(seq, *recorded[seq], state_hash(fold.state())))
            if seq in snapshots:
                compared += 1
                if not kept.agrees(fold):
                    kept.replace(fold)
                    wrong.append(WrongSnapshot(seq, kept.path(seq), kept.refused))
        fold_to(fold, log, log.events, progress)
        final = state_hash(fold.state())
    except FoldError as error:
        broken = str(error)
    at_end = not broken and bool(recorded) and "state_hash" in log.footer
    return Replay(fold.seq, tuple(comparisons), at_end, final, broken, compared, tuple(wrong))


def _recorded(log: RunLog) -> list[tuple[int, int, str]]:
    """List the cuts: last seq covered, time, hash. A checkpoint covers the events before it."""
    rows = log.scan(CHECKPOINT).select(pl.col("seq") - 1, "time_us", "state_hash").collect()
    cuts: list[tuple[int, int, str]] = list(rows.iter_rows())
    if "state_hash" in log.footer and log.segments:
        cuts.append((log.events, log.segments[-1].last_time_us, str(log.footer["state_hash"])))
    return cuts
