import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.journal import Journal, JournalError, RunLog, verify
from sim.journal.durable import append_durably
from tests.journal.journal_samples import (
    HEADER,
    START_US,
    control_events,
    happened,
    memory_folder,
    order_flow,
    python,
    write_controls,
)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(JournalError, match="is not empty; name a new one"):
        Journal.create(tmp_path, HEADER)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", control_events(15))
    with pytest.raises(JournalError, match=r"holds a run already \(complete, 15 events\)"):
        Journal.create(tmp_path / "run", HEADER)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    write_controls(tmp_path, control_events(5))
    assert RunLog.open(tmp_path).events == 5


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="a part of the path is a file, not a folder"):
        Journal.create(tmp_path / "file" / "run", HEADER)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write into read-only folders")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="permission denied"):
        Journal.create(tmp_path / "run", HEADER)


def test_two_writers_of_one_run_are_refused(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER) as journal:
        with pytest.raises(JournalError, match="is being written by another process"):
            Journal.create(tmp_path / "run", HEADER)
        with pytest.raises(JournalError, match="is being written by another process"):
            Journal.resume(tmp_path / "run", HEADER)
        other = python("mixed", str(tmp_path / "run"))
        assert "is being written by another process" in other.stderr
        journal.complete({})
    assert verify(tmp_path / "run").problems == ()


@pytest.mark.parametrize("file_bytes", [5_000, 12_000])
def test_a_full_disk_stops_the_run_and_keeps_what_was_sealed(
    tmp_path: Path, file_bytes: int
) -> None:
    run_dir = tmp_path / "run"
    process = python("small-disk", str(run_dir), str(file_bytes))
    assert process.returncode == 1, process.stderr
    assert "cannot write" in process.stderr
    assert "the file is larger than the system allows here" in process.stderr
    assert "Traceback" not in process.stderr
    found = verify(run_dir)
    assert found.problems == ()
    assert found.state == "interrupted"
    assert found.events >= 1000
    assert found.events % 1000 == 0
    assert f"valid up to seq {found.events}" in process.stderr
    assert not list(run_dir.rglob("*.partial"))


def test_a_failure_of_the_sealing_thread_is_raised_by_the_next_call(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    journal = Journal.create(run_dir, HEADER, 10)
    for event in control_events(10):
        journal.append(event)
    journal._worker.wait()
    # A file stands where the folder of a kind would be made.
    (run_dir / "events" / "trade").touch()
    journal.append_rows(order_flow(20, first_seq=11), 31)
    with pytest.raises(
        JournalError, match=r"cannot write segment 2 .* the run is valid up to seq 10"
    ):
        journal._worker.wait()
    with pytest.raises(JournalError, match="cannot write segment 2"):
        journal.append(control_events(1)[0])
    with pytest.raises(JournalError, match="cannot write segment 2"):
        journal.complete({})
    log = RunLog.open(run_dir)
    assert (log.state, log.events) == ("interrupted", 10)
    assert "cannot write segment 2" in log.reason


class Disk:
    """Lets so many flushes and renames through, then fails each one in the same way."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, allowed: int, failure: BaseException
    ) -> None:
        self.calls = 0
        self._allowed = allowed
        self._failure = failure
        monkeypatch.setattr(os, "fsync", self._counted(os.fsync))
        monkeypatch.setattr(Path, "rename", self._counted(Path.rename))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            self.calls += 1
            if self.calls > self._allowed:
                raise self._failure
            return real(*args)

        return call


class Crash(BaseException):
    """The process dies here."""


HISTORY = [happened("run_ended", START_US + place, reason=f"{place}") for place in range(25)]


def write_history(run_dir: Path) -> None:
    with Journal.create(run_dir, HEADER, 10) as journal:
        for event in HISTORY:
            journal.append(event)
        journal.complete({})


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "full"), Crash("dead")])
def test_whichever_step_fails_the_run_is_valid_to_its_last_segment(
    monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    seen = set()
    for allowed in range(100):
        with memory_folder() as folder, monkeypatch.context() as patch:
            disk = Disk(patch, allowed, failure)
            message = ""
            try:
                write_history(folder / "run")
            except (JournalError, RuntimeError, Crash) as error:
                message = str(error)
            patch.undo()
            if disk.calls <= allowed:
                break
            assert "the disk is full" in message or "dead" in message
            if b"\n" not in (folder / "run" / "manifest.jsonl").read_bytes():
                continue
            found = verify(folder / "run")
            assert found.problems == ()
            log = RunLog.open(folder / "run")
            assert [event for _, event in log.control_events()] == HISTORY[: log.events]
            seen.add((found.state, found.events))
    assert seen == {
        ("interrupted", 0),
        ("interrupted", 10),
        ("interrupted", 20),
        ("interrupted", 25),
    }


def test_a_manifest_that_cannot_be_cut_back_takes_no_more_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck(io.FileIO):
        def truncate(self, size: int | None = None, /) -> int:
            raise OSError(errno.EIO, f"cannot cut to {size}")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    path = tmp_path / "manifest"
    with Stuck(path, "w") as file:
        append_durably(file, b"one\n")
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="full"):
            append_durably(file, b"two\n")
        assert file.closed
