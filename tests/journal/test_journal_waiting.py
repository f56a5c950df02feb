"""Readers beside a writer, beside one another, and where files that wait cannot be given their names."""

import errno
import fcntl
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.journal import Journal, JournalError, RunLog, manifest, recovery, sealing, store, verify
from sim.journal.durable import append_durably, lock, marking, unwritten
from sim.journal.durable import flush as durable_flush
from sim.journal.manifest import Segment
from sim.journal.recovery import KILLED
from tests.journal.journal_samples import HEADER, control_events, lived_again, write_controls

EVENTS = control_events(47)
RUN, MANIFEST = "run", "manifest.jsonl"


def live(run_dir: Path, events: int) -> None:
    """Take a run on, or begin it, and stop it behind so many events."""
    begun = (run_dir / MANIFEST).exists()
    journal = Journal.resume(run_dir, HEADER) if begun else Journal.create(run_dir, HEADER, 10)
    for event in EVENTS[:events]:
        journal.append(event)
    journal.interrupt("stopped by hand")


def waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave what a kill between the line of a longer segment and the names of its files leaves."""
    live(folder / RUN, 27)

    def killed(run_dir: Path, _: object) -> None:
        shutil.copytree(run_dir, folder / "killed")
        raise OSError(errno.EIO, "enough")

    with monkeypatch.context() as patch:
        # The first call is that of the writer that takes the run on.
        calls = iter([lambda *_: None, killed])

        def put_in_place(run_dir: Path, segment: Segment) -> None:
            next(calls)(run_dir, segment)

        patch.setattr(store, "put_in_place", put_in_place)
        with pytest.raises(JournalError, match="the run is valid up to seq 30"):
            lived_again(folder / RUN, EVENTS)
    assert list((folder / "killed").rglob("*.partial"))
    return folder / "killed"


def test_a_reader_takes_no_file_from_a_writer_that_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some kinds have no row more in the longer segment: their new files are those on record."""
    head = write_controls(tmp_path / "whole", EVENTS)
    live(tmp_path / RUN, 21)
    live(tmp_path / RUN, 23)
    reads = []

    def flush(path: Path) -> None:
        reads.append(manifest.read(tmp_path / RUN))
        durable_flush(path)

    monkeypatch.setattr(sealing, "flush", flush)
    live(tmp_path / RUN, 24)
    assert manifest.read(tmp_path / RUN).events == 24
    assert lived_again(tmp_path / RUN, EVENTS) == head
    assert len(reads) > 2
    assert verify(tmp_path / RUN, expect_head=head).problems == ()


def refuse(*_: object) -> None:
    raise PermissionError(errno.EACCES, "refused")


def test_files_that_cannot_be_given_their_names_are_read_where_they_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = write_controls(tmp_path / "whole", EVENTS)
    run_dir = waiting(tmp_path, monkeypatch)
    names = sorted(run_dir.rglob("*.partial"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        # The manifest can be marked all the same: not as a run that lost files.
        log = RunLog.open(run_dir)
        assert (log.state, log.reason, log.events) == ("interrupted", KILLED, 30)
        assert [event for _, event in log.control_events()] == EVENTS[:30]
        found = verify(run_dir)
        assert (found.problems, found.events) == ((), 30)
        assert not any("never committed" in note for note in found.notes)
        with pytest.raises(JournalError, match=r"cannot go on writing .*: permission denied"):
            lived_again(run_dir, EVENTS)
        assert sorted(run_dir.rglob("*.partial")) == names
    assert lived_again(run_dir, EVENTS) == head
    assert verify(run_dir, expect_head=head).problems == ()


def test_a_reader_waits_for_the_names_that_a_living_writer_is_about_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = waiting(tmp_path, monkeypatch)
    with (
        (run_dir / MANIFEST).open("r+b", buffering=0) as file,
        ThreadPoolExecutor(1) as other,
    ):
        assert lock(file, run_dir / MANIFEST)
        reading = other.submit(manifest.read, run_dir)
        time.sleep(0.1)
        assert list(run_dir.rglob("*.partial"))
        manifest.read(run_dir, is_locked=True)
        found = reading.result()
    assert (found.state, found.events) == ("running", 30)
    assert all((run_dir / part.path).is_file() for part in found.segments[-1].parts)


@contextmanager
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def append(*given: Any) -> None:
        time.sleep(0.3)
        append_durably(*given)

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "append_durably", append)
        yield


def test_of_two_readers_of_a_killed_run_neither_takes_the_other_for_its_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_controls(tmp_path / RUN, EVENTS)
    path = tmp_path / RUN / MANIFEST
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    with slow_disk(monkeypatch), ThreadPoolExecutor(1) as other:
        first = other.submit(RunLog.open, tmp_path / RUN)
        time.sleep(0.1)
        assert RunLog.open(tmp_path / RUN).state == "interrupted"
        assert first.result().state == "interrupted"
    assert path.read_bytes().count(b"killed") == 1


def test_a_writer_waits_for_a_reader_that_marks_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = write_controls(tmp_path / RUN, EVENTS)
    path = tmp_path / RUN / MANIFEST
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    with slow_disk(monkeypatch), ThreadPoolExecutor(1) as other:
        marked = other.submit(RunLog.open, tmp_path / RUN)
        time.sleep(0.1)
        assert lived_again(tmp_path / RUN, EVENTS) == head
        marked.result()
    assert verify(tmp_path / RUN, expect_head=head).problems == ()


def test_a_lock_is_told_to_be_a_writers_without_waiting_for_it(tmp_path: Path) -> None:
    path = tmp_path / MANIFEST
    path.touch()
    with path.open("r+b", buffering=0) as file, path.open("r+b", buffering=0) as second:
        assert lock(file, path)
        begun = time.monotonic()
        assert not lock(second, path)
        with unwritten(path) as free:
            assert not free
        with marking(tmp_path):
            assert not lock(second, path, is_marking=True)
        assert time.monotonic() - begun < 0.5
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
        assert lock(second, path)


@pytest.mark.parametrize("fails", ["resumed", "segment"])
def test_a_disk_that_is_full_at_a_line_of_a_longer_segment_is_the_reason_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    head = write_controls(tmp_path / "whole", EVENTS)
    live(tmp_path / RUN, 27)

    def full(file: Any, line: bytes) -> None:
        if f'"line":"{fails}"'.encode() in line:
            raise OSError(errno.ENOSPC, "full")
        append_durably(file, line)

    with monkeypatch.context() as patch:
        patch.setattr(store, "append_durably", full)
        with pytest.raises(JournalError, match="the disk is full; the run is valid up to seq 27"):
            lived_again(tmp_path / RUN, EVENTS)
    assert not list((tmp_path / RUN).rglob("*.partial"))
    log = RunLog.open(tmp_path / RUN)
    assert (log.state, log.events) == ("interrupted", 27)
    assert ("the disk is full" in log.reason) == (fails == "segment")
    assert log.reason != KILLED
    found = verify(tmp_path / RUN)
    assert (found.problems, found.events) == ((), 27)
    assert lived_again(tmp_path / RUN, EVENTS) == head
    assert [one.last_seq + 1 for one, _ in pairwise(RunLog.open(tmp_path / RUN).segments)] == [
        11,
        21,
        31,
        41,
    ]
