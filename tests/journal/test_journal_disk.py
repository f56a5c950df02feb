import os
from pathlib import Path

import pytest

from sim.journal import Journal, JournalError, RunLog, verify
from tests.journal.journal_samples import HEADER, control_events, order_flow, python, write_controls


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
