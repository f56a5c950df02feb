"""The run folder as its one writer sees it: commit segments, compare a re-run with the record, close."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

import polars as pl
from polars.exceptions import PolarsError

from sim.events import schema_of
from sim.journal import manifest
from sim.journal.compare import event_text, first_difference, read_as_of_today
from sim.journal.cuts import Cuts
from sim.journal.digest import canonical_json
from sim.journal.durable import append_durably, discard, flush, lock, write_durably
from sim.journal.errors import JournalError, RecordMismatchError, explained
from sim.journal.forking import Parent
from sim.journal.manifest import Closing, EndState, Entry, Header, Manifest, Resumption, Segment
from sim.journal.occupancy import occupied, refuse_occupied
from sim.journal.sealing import (
    EVENTS_FOLDER,
    Past,
    Unsealed,
    describe,
    publish_parts,
    tables_of,
    write_parts,
)
from sim.journal.upcasting import older
from sim.journal.waiting import put_in_place
from sim.program import Program, origin, this_program


class Store:
    """A run folder held by this process alone."""

    def __init__(
        self,
        run_dir: Path,
        header: Header,
        file: BinaryIO,
        recorded: Manifest | None = None,
        parent: Parent | None = None,
    ) -> None:
        self.run_dir = run_dir
        self.header = header
        self.sealed = 0
        """Segments sealed, or found equal to the record, by this writer."""
        self._file = file
        self._past = Past(header.first_chain)
        self._check = recorded.last_check if recorded else manifest.NO_CHECK
        self._recorded = list(recorded.segments) if recorded else []
        self._closing = recorded.closing if recorded else None
        self._parent = parent
        self._events = 0
        self._is_replacing = False
        """The record was opened to go on, and does not yet say with what."""

    @classmethod
    def create(
        cls,
        run_dir: Path,
        content: Mapping[str, Any],
        cuts: Cuts,
        attachments: Mapping[str, bytes],
        parent: Parent | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> Self:
        """Make a run folder and write its header; a fork's segments are compared with its parent's.

        What `prepare` does is done before there is a header: a run that can be resumed has it.

        Raises
        ------
        JournalError
            The folder exists and is not empty, or cannot be written.
        """
        header = _as_json(content, "header")
        _check_names(attachments)
        if parent:
            _refuse_older(parent.log.run_dir, parent.log.segments, parent.log.program)
        with explained(f"cannot create the run folder {run_dir}"):
            run_dir.mkdir(parents=True, exist_ok=True)
            refuse_occupied(run_dir)
            # Exclusive: of two writers that found the folder empty, one gets it.
            try:
                file = (run_dir / manifest.FILE_NAME).open("xb", buffering=0)
            except FileExistsError:
                raise JournalError(occupied(run_dir)) from None
            with _held(file, run_dir):
                (run_dir / EVENTS_FOLDER).mkdir()
                files = {
                    name: write_durably(run_dir / name, data) for name, data in attachments.items()
                }
                if prepare is not None:
                    prepare()
                begun = Header(cuts, header, files, this_program())
                store = cls(run_dir, begun, file, parent=parent)
                store._append(store.header)
                flush(run_dir)
                flush(run_dir.parent)
        return store

    @classmethod
    def reopen(cls, run_dir: Path, content: Mapping[str, Any]) -> Self:
        """Open a run to compare a re-run with it and to go on behind its last segment.

        Raises
        ------
        JournalError
            The run is being written, its manifest is damaged, or its header is not `content`.
        """
        path = run_dir / manifest.FILE_NAME
        if not path.is_file():
            raise JournalError(f"{run_dir} is not a run folder: it has no {manifest.FILE_NAME}")
        with explained(f"cannot go on writing {path}"):
            file = path.open("r+b", buffering=0)
            with _held(file, run_dir):
                recorded = manifest.read(run_dir, is_locked=True)
                if recorded.segments:
                    # Files that still wait would be lost under the next ones, which wait there too.
                    put_in_place(run_dir, recorded.segments[-1])
                if recorded.damage:
                    raise JournalError(f"{path}: {recorded.damage}; `vatp log verify` says more")
                if canonical_json(recorded.header.content) != canonical_json(content):
                    raise JournalError(
                        f"{run_dir} is the record of another run: its header differs"
                    )
                _refuse_older(run_dir, recorded.segments, recorded.header.program)
                # A line that was never finished never counted.
                file.truncate(recorded.whole_bytes)
                return cls(run_dir, recorded.header, file, recorded)

    @property
    def head(self) -> str:
        """Head over the segments sealed so far."""
        return manifest.head_of(self.header, self._past.chain)

    @property
    def is_replaying(self) -> bool:
        """Whether the next segment is already on record."""
        return self.sealed < len(self._recorded)

    def seal(self, rows: Unsealed) -> None:
        """Commit the next segment, or compare it with the record where there is one.

        Raises
        ------
        JournalError
            The rows are out of order, differ from the record, or cannot be written.
        """
        tables = tables_of(rows)
        segment = describe(rows, tables, self._past)
        if self._parent:
            self._parent.check(segment, tables)
        recorded_to = self._compare(segment, tables) if self.is_replaying else 0
        if segment.last_seq < recorded_to:
            self._events = segment.last_seq  # The re-run stops inside a segment on record.
        elif segment.last_seq == recorded_to:
            self._count(segment)
        elif recorded_to:
            self._replace(segment, tables)
        else:
            self._commit(segment, tables)

    def _compare(self, segment: Segment, tables: dict[str, pl.DataFrame]) -> int:
        """Compare a segment with the record; return the last seq on record, which may be less or more."""
        recorded = self._recorded[segment.number - 1]
        if segment.chain != recorded.chain:
            last_seq = min(segment.last_seq, recorded.last_seq)
            difference = first_difference(
                read_as_of_today(self.run_dir, recorded), tables, last_seq
            )
            if difference:
                raise self._mismatch(
                    f"the re-run differs from {self.run_dir} at seq {difference.seq}: "
                    f"{difference.first} on record, {difference.second} now"
                )
            if segment.last_seq == recorded.last_seq:
                raise self._mismatch(
                    f"the re-run has the events of segment {segment.number} of {self.run_dir}, "
                    f"but in tables of another schema version"
                )
        return recorded.last_seq

    def _commit(self, segment: Segment, tables: dict[str, pl.DataFrame]) -> None:
        """Put a segment's files on disk, and then its line."""
        self._refuse_after_end()
        written = write_parts(self.run_dir, segment, tables)
        self._reopen()
        publish_parts(self.run_dir, written)
        self._append(written)
        self._count(segment)

    def _replace(self, segment: Segment, tables: dict[str, pl.DataFrame]) -> None:
        """Commit a segment in the place of a shorter one on record, which has the same names of files.

        The shorter one counts until the line of the longer is on disk, and that one from then on: its files
        wait beside by then, and whoever reads the line gives them their names (`waiting.put_in_place`). So a
        kill at any instant loses nothing that was sealed.
        """
        self._refuse_after_end()
        written = self._write_beside(segment, tables)
        paths = [self.run_dir / part.path for part in written.parts]
        try:
            with self._explained(segment):
                for folder in {path.parent for path in paths}:
                    flush(folder)
            self._append(Resumption(self.sealed, this_program()))
            self._closing = None
            self._is_replacing = True
            self._append(written)
        except JournalError:
            # Only once it is certain that the segment's line is not on disk: else these are its files.
            with suppress(OSError, ValueError):
                os.fsync(self._file.fileno())
                discard(paths)
            raise
        self._is_replacing = False
        # Not before: where the line cannot be written, the shorter one stays on record.
        del self._recorded[self.sealed :]
        self._count(segment)
        with self._explained(segment):
            put_in_place(self.run_dir, written)

    def _write_beside(self, segment: Segment, tables: dict[str, pl.DataFrame]) -> Segment:
        """Write the files of a segment in the place of a shorter one; an error says what still counts."""
        try:
            return write_parts(self.run_dir, segment, tables)
        except JournalError as error:
            if isinstance(error.__cause__, OSError | PolarsError):
                with self._explained(segment):
                    raise error.__cause__ from None
            raise

    def _explained(self, segment: Segment) -> AbstractContextManager[None]:
        return explained(f"cannot write segment {segment.number} of {self.run_dir}", self._validity)

    @property
    def _validity(self) -> str:
        """How far the run counts, whatever fails now: while it is lived again, as far as its record."""
        seq = self._recorded[-1].last_seq if self.is_replaying else self._events
        return f"the run is valid up to seq {seq}"

    def _count(self, segment: Segment) -> None:
        self.sealed += 1
        self._events = segment.last_seq
        self._past = Past(segment.chain, segment.last_time_us)

    def _refuse_after_end(self) -> None:
        if self._closing and self._closing.state == "complete":
            raise self._mismatch(
                f"the re-run goes on after seq {self._closing.events}, where {self.run_dir} is complete"
            )

    def _reopen(self) -> None:
        """Say in the manifest that a run which had ended goes on behind the segments found equal."""
        if self._closing:
            self._append(Resumption(self.sealed, this_program()))
            self._closing = None

    def close(self, state: EndState, reason: str, footer: Mapping[str, Any]) -> str:
        """Write the closing line, drop the lock and return the head.

        A re-run that ends as its record did writes nothing.

        Raises
        ------
        JournalError
            The line cannot be written, or a re-run completes before its record ends.
        """
        facts = _as_json(footer, "footer")
        try:
            if self.is_replaying:
                if state != "interrupted":
                    raise self._mismatch(
                        f"the re-run ends at seq {self._events}, before the record does: "
                        f"{self._event_on_record(self._events + 1)} on record, nothing now"
                    )
                if self._is_replacing:
                    last = self._recorded[-1]  # The record counts as it stood.
                    head = manifest.head_of(self.header, last.chain)
                    self._append(Closing(state, reason, last.last_seq, head, facts))
            elif self._closing is None or self._closing.state != "complete":
                self._reopen()
                self._append(Closing(state, reason, self._events, self.head, facts))
        finally:
            self._file.close()
        return self.head

    def _mismatch(self, what: str) -> RecordMismatchError:
        """Name what differs, and the program that can live the record again."""
        return RecordMismatchError(f"{what}; {origin(self.header.program)}")

    def _event_on_record(self, seq: int) -> str:
        segment = next(found for found in self._recorded if found.last_seq >= seq)
        return event_text(read_as_of_today(self.run_dir, segment), seq)

    def _append(self, entry: Entry) -> None:
        if self._file.closed:
            raise JournalError(
                f"{self.run_dir / manifest.FILE_NAME} could not be written and was closed"
            )
        line, check = manifest.encode(entry, self._check)
        with explained(f"cannot write {self.run_dir / manifest.FILE_NAME}", self._validity):
            append_durably(self._file, line)
        self._check = check


@contextmanager
def _held(file: BinaryIO, run_dir: Path) -> Iterator[None]:
    """Lock a manifest for its one writer; on an error inside, close it."""
    if not lock(file, run_dir / manifest.FILE_NAME):
        file.close()
        raise JournalError(f"{run_dir} is being written by another process")
    try:
        yield
    except BaseException:
        file.close()
        raise


def _refuse_older(run_dir: Path, segments: Iterable[Segment], writer: Program | None) -> None:
    """Refuse to live a record again whose tables this program would write in a newer version.

    The events might be the same, but never the head: digests are those of the tables as they are written.
    """
    for kind, version in older(segments):
        raise JournalError(
            f"{run_dir} can be read, but not lived again by this program: it holds {kind} in version "
            f"{version} and would now be written in version {schema_of(kind).version}; {origin(writer)}"
        )


def _check_names(attachments: Iterable[str]) -> None:
    for name in attachments:
        if not name or Path(name).name != name or name in {manifest.FILE_NAME, EVENTS_FOLDER}:
            raise JournalError(f"{name!r} cannot be the name of a file beside the manifest")


def _as_json(value: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Copy what a reader will get back: a tuple becomes a list, and the caller may change its own."""
    try:
        copy: dict[str, Any] = json.loads(canonical_json(value))
    except (TypeError, ValueError) as error:
        raise JournalError(f"the {what} of a run must be JSON: {error}") from error
    return copy
