"""The state at an instant: which events that covers, and the fold up to there from the nearest snapshot."""

from collections.abc import Callable
from pathlib import Path

import attrs
import polars as pl

from sim.journal import RunLog
from sim.state.fold import DisorderError, Fold
from sim.state.snapshots import Snapshots

Progress = Callable[[int, int], None]
"""Called with events folded so far, and to be folded in all."""


@attrs.frozen
class WrongSnapshot:
    """A kept snapshot, believed until now, that is not the state the log comes to."""

    seq: int
    """It claims to be the state after this event."""
    path: Path
    refused: str
    """Why it could neither be replaced nor taken away; empty where it was."""


def last_seq_at(log: RunLog, time_us: int) -> int:
    """Return the seq of the last event at an instant or before it; 0 where there is none.

    Raises
    ------
    JournalError
        A part file is not what was sealed.
    """
    for segment in reversed(log.segments):
        if segment.last_time_us <= time_us:
            return segment.last_seq
        if segment.first_time_us <= time_us:
            # Bytes first: a damaged column of seqs would send the fold anywhere.
            rows = log.sealed([part.kind for part in segment.parts], [segment])
            scans = [
                kind.filter(pl.col("time_us") <= time_us).select(pl.col("seq").max())
                for kind in rows.values()
            ]
            found = [frame.item() for frame in pl.collect_all(scans)]
            return max((int(seq) for seq in found if seq is not None), default=0)
    return 0


def state_after(
    log: RunLog,
    seq: int,
    progress: Progress | None = None,
    snapshots: Snapshots | None = None,
    tell_wrong: Callable[[WrongSnapshot], None] | None = None,
) -> Fold:
    """Fold the log up to and including a seq, from the nearest snapshot on; missing ones are kept on the way.

    Where the events cannot follow from a snapshot, all is folded from the first event, and every snapshot up
    to the seq is replaced: what was kept on the way from a wrong one is wrong too.

    Parameters
    ----------
    log, seq, progress
        The log, the last event to take into account, and who is told how far it is.
    snapshots
        The snapshots of the log.
    tell_wrong
        Told of the snapshot from which the log could not be folded, when it could be without.

    Raises
    ------
    FoldError
        No run of a scenario wrote the log, or an event cannot follow from those before it.
    JournalError
        A part file is not what was sealed.
    """
    kept = snapshots or Snapshots(log)
    fold = kept.nearest(seq)
    begun = fold.seq
    try:
        _fold_keeping(fold, seq, kept, progress)
    except DisorderError:
        if not begun:
            raise
        fold = Fold(log)
        _fold_keeping(fold, begun, kept, progress)
        kept.replace(fold)
        wrong = WrongSnapshot(begun, kept.path(begun), kept.refused)
        _fold_keeping(fold, seq, kept, progress)
        if tell_wrong is not None:
            tell_wrong(wrong)
    return fold


def _fold_keeping(fold: Fold, seq: int, kept: Snapshots, progress: Progress | None) -> None:
    """Take a fold on up to a seq, and leave a snapshot at every place on the way."""
    begun = fold.seq
    for place in kept.places(begun, seq):
        fold.advance(place)
        if not kept.refused:
            kept.keep(fold)
        if progress is not None:
            progress(place - begun, seq - begun)
    fold.advance(seq)


def state_afresh(log: RunLog, seq: int, progress: Progress | None = None) -> Fold:
    """Fold the log alone up to and including a seq; no snapshot is read and none is kept.

    Raises
    ------
    FoldError, JournalError
        As `state_after`.
    """
    fold = Fold(log)
    fold_to(fold, log, seq, progress, seq)
    return fold


def fold_to(
    fold: Fold, log: RunLog, seq: int, progress: Progress | None, events: int | None = None
) -> None:
    """Take a fold on up to a seq, telling after each segment how far it is.

    Parameters
    ----------
    fold, log
        The fold, and the log it is made of.
    seq
        Last event to take into account.
    progress
        Told the last seq folded, and `events`.
    events
        Events to be folded in all; None is the whole log.
    """
    total = log.events if events is None else events
    for segment in log.segments:
        if fold.seq < segment.last_seq < seq:
            fold.advance(segment.last_seq)
            if progress is not None:
                progress(fold.seq, total)
    fold.advance(seq)
    if progress is not None:
        progress(fold.seq, total)
