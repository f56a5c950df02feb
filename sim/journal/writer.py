"""The journal: takes events from both planes, numbers them, and seals them in segments."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import polars as pl

from sim.events import Event
from sim.journal.background import Worker
from sim.journal.buffers import Buffers
from sim.journal.cuts import Cuts
from sim.journal.errors import JournalError, stopped_by
from sim.journal.forking import Parent
from sim.journal.manifest import EndState
from sim.journal.sealing import Unsealed
from sim.journal.store import Store
from sim.journal.tables import check_frame

SEGMENT_EVENTS = 1 << 19
FIRST_SEGMENT_EVENTS = 1 << 14
"""A run that is killed loses at most about a quarter of what it wrote (see `sim.journal.cuts`)."""

Source = Callable[[], Mapping[str, pl.DataFrame]]
"""Hands over the order plane's rows of reserved seqs that it has not handed over before, by kind."""


class Projection(Protocol):
    """A view that is folded from control events."""

    def apply(self, seq: int, event: Any, /) -> object:
        """Take the next control event into account."""


class Journal:
    """The log of a run that is being lived.

    Use as a context manager: an exception inside marks the run `interrupted`. Sealing happens in a thread
    of its own; what goes wrong there is raised by the next call. Not for use by several threads.
    """

    def __init__(self, store: Store) -> None:
        """Write to a store; use `create` or `resume`."""
        self._store = store
        self._worker: Worker[Unsealed] = Worker(store.seal, name="journal")
        self._projections: list[Projection] = []
        self._sources: list[Source] = []
        self._next_seq = 1
        self._time_us: int | None = None
        """Time of the last control event."""
        self._buffers = Buffers(store.header.cuts)
        self._controls, self._controls_end = self._buffers.controls_at(1)
        self._ended = False
        """Whether the last event came."""
        self._closed = False

    @classmethod
    def create(
        cls,
        run_dir: Path,
        header: Mapping[str, Any],
        segment_events: int | None = None,
        attachments: Mapping[str, bytes] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> Self:
        """Start a new run.

        Parameters
        ----------
        run_dir
            A folder that does not exist yet or is empty.
        header
            JSON; a part of the run's head, so only what is the same in every repetition belongs here.
        segment_events
            Rows over all kinds in each segment; a part of the head too. None begins with short segments
            and doubles them as the log grows.
        attachments
            Files to keep in the run folder by name (the resolved scenario); their digests are in the header.
        prepare
            Called when the folder is this writer's, before there is a run in it: for notes that are not sealed.

        Raises
        ------
        JournalError
            The folder is occupied or cannot be written, or the header is not JSON.
        """
        first = FIRST_SEGMENT_EVENTS if segment_events is None else segment_events
        full = SEGMENT_EVENTS if segment_events is None else segment_events
        try:
            cuts = Cuts(full, first)
        except ValueError as error:
            raise JournalError(str(error)) from None
        return cls(Store.create(run_dir, header, cuts, attachments or {}, prepare=prepare))

    @classmethod
    def fork(
        cls,
        run_dir: Path,
        header: Mapping[str, Any],
        parent: Parent,
        attachments: Mapping[str, bytes] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> Self:
        """Start a run that shares a recorded run's past: the same cuts, and the same events up to its end.

        Parameters
        ----------
        run_dir, header, attachments, prepare
            As for `create`.
        parent
            The recorded run, and how far the past is common. Later calls raise RecordMismatchError at the
            first segment that differs there, naming the first event that does.

        Raises
        ------
        JournalError
            As `create` does.
        """
        return cls(
            Store.create(run_dir, header, parent.log.cuts, attachments or {}, parent, prepare)
        )

    @classmethod
    def resume(cls, run_dir: Path, header: Mapping[str, Any]) -> Self:
        """Live a recorded run again: events on record must come out equal, later ones are written.

        Raises
        ------
        JournalError
            The run is being written, is damaged, or has another header. Later calls raise
            RecordMismatchError at the first segment that differs, naming the first event that does.
        """
        return cls(Store.reopen(run_dir, header))

    @property
    def next_seq(self) -> int:
        """Seq of the next event; 1 at the start."""
        return self._next_seq

    @property
    def head(self) -> str:
        """Head over the segments sealed so far; the run's own once `seal` or `complete` returned."""
        return self._store.head

    def attach(self, projection: Projection) -> None:
        """Apply every later control event to a view, in the order the views were attached."""
        self._projections.append(projection)

    def attach_source(self, source: Source) -> None:
        """Ask a source for the rows of reserved seqs: at `collect`, behind each segment and at the end."""
        self._sources.append(source)

    def append(self, event: Event) -> int:
        """Take a control event and return its seq.

        Raises
        ------
        JournalError
            Time goes back, the cause lies ahead, the class is no registered kind, or sealing failed.
        """
        seq = self._next_seq
        if seq >= self._controls_end or self._worker.error:
            # The segment behind is over: its last rows are asked for, so that it can be sealed.
            self.collect()
            self._controls, self._controls_end = self._buffers.controls_at(seq)
        time_us = event.time_us
        if (self._time_us is not None and time_us < self._time_us) or not 0 <= event.cause < seq:
            raise JournalError(self._refusal(seq, event))
        self._controls.append(seq, event)
        self._time_us = time_us
        self._next_seq = seq + 1
        if seq + 1 == self._controls_end:
            self._seal(self._buffers.full())
        for projection in self._projections:
            projection.apply(seq, event)
        return seq

    def _refusal(self, seq: int, event: Event) -> str:
        name = f"event {seq} ({type(event).__name__})"
        if self._time_us is not None and event.time_us < self._time_us:
            return (
                f"{name} happens at {event.time_us}, before the event at {self._time_us} in the log"
            )
        return f"{name} names {event.cause} as its cause; expected an earlier event"

    def reserve(self, next_seq: int) -> None:
        """Give the seqs from `self.next_seq` up to `next_seq` to the order plane, whose rows come later.

        So that short bursts of orders between control events need no table each: hand over many at once.

        Raises
        ------
        JournalError
            next_seq lies behind self.next_seq, the journal is sealed, or sealing failed.
        """
        if next_seq < self._next_seq:
            raise JournalError(f"seq {next_seq} is taken; the next is {self._next_seq}")
        if self._ended or self._worker.error:
            self._raise_if_ended()
        self._next_seq = next_seq

    def append_rows(self, frames: Mapping[str, pl.DataFrame], next_seq: int) -> None:
        """Take order-plane rows.

        Parameters
        ----------
        frames
            Rows by kind, exactly in the kind's table (`table_schema`), in seq order. Their seqs fill
            [self.next_seq, next_seq), or lie in what was reserved before. The rows are copied: the caller
            may overwrite its arrays.
        next_seq
            Seq behind the last row; self.next_seq after the call.

        Raises
        ------
        JournalError
            A table differs from its kind's, or a seq is not in order or not reserved; or sealing failed.
        """
        self.reserve(next_seq)
        self._take(frames)

    def collect(self) -> None:
        """Take what the sources have; raises JournalError as `append_rows` does."""
        self._raise_if_ended()
        for source in self._sources:
            self._take(source())

    def _take(self, frames: Mapping[str, pl.DataFrame]) -> None:
        for kind, frame in frames.items():
            check_frame(kind, frame)
            if frame.height:
                self._buffers.take(kind, frame, self._next_seq)
        self._seal(self._buffers.full())

    def _seal(self, segments: Iterator[Unsealed]) -> None:
        for segment in segments:
            self._worker.submit(segment)

    def seal(self) -> None:
        """Seal every event so far and wait until it is on disk; only `complete` and its like may follow.

        So that what the run wrote can be read and checked before the run is called complete.

        Raises
        ------
        JournalError
            Reserved rows never came, or sealing failed.
        """
        self.collect()
        self._end_events()
        self._seal(self._buffers.rest(self._next_seq))
        self._worker.wait()

    def complete(self, footer: Mapping[str, Any]) -> str:
        """Seal what is left, write the closing line and return the run's head.

        Parameters
        ----------
        footer
            JSON; kept and checked, but no part of the head: what differs between repetitions belongs here.

        Raises
        ------
        JournalError
            Reserved rows never came, or sealing failed; the run is then interrupted.
        """
        return self._close("complete", "", footer)

    def quarantine(self, reason: str, footer: Mapping[str, Any] | None = None) -> str:
        """End the run like `complete`, but marked: it came to its end and a check of it failed."""
        return self._close("quarantined", reason, footer or {})

    def interrupt(self, reason: str) -> None:
        """End the run before its time: seal what came without a gap and say why in the closing line.

        Raises
        ------
        JournalError
            The rest cannot be written; the run is valid to its last sealed segment all the same.
        """
        self._close("interrupted", reason, {})

    def _close(self, state: EndState, reason: str, footer: Mapping[str, Any]) -> str:
        if self._closed:
            raise JournalError("the journal is closed")
        try:
            if not self._ended:
                (self._seal_prefix if state == "interrupted" else self.seal)()
            self._closed = True
            self._worker.finish()
        except BaseException as error:
            self._give_up(error)
            raise
        return self._store.close(state, reason, footer)

    def _end_events(self) -> None:
        self._ended = True
        self._controls_end = 0

    def _seal_prefix(self) -> None:
        """Take what the sources have, as far as it was reserved, and seal what has no gap."""
        self._raise_if_ended()
        for source in self._sources:
            # A run stopped in the middle of a batch may have written rows it never reserved seqs for.
            frames = source().items()
            self._take(
                {kind: frame.filter(pl.col("seq") < self._next_seq) for kind, frame in frames}
            )
        self._end_events()
        self._seal(self._buffers.prefix())

    def _give_up(self, error: BaseException) -> None:
        """Close as interrupted after a failure; what was sealed before stays valid."""
        self._end_events()
        self._closed = True
        self._worker.stop()
        try:
            self._store.close("interrupted", stopped_by(error), {})
        except JournalError as failed:
            error.add_note(f"The closing line could not be written: {failed}")

    def _raise_if_ended(self) -> None:
        self._worker.raise_error()
        if self._ended:
            raise JournalError("the journal is sealed: nothing can be added")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._closed:
            return
        reason = stopped_by(error) if error else "left before it was complete"
        try:
            self.interrupt(reason)
        except JournalError as failed:
            if error is None:
                raise
            if failed is not error:
                error.add_note(f"The journal could not be closed: {failed}")
