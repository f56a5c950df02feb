"""The state at any instant, through snapshots that are believed only while they are what was folded."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from sim.events import KINDS
from sim.journal import JournalError, RunLog
from sim.state import Fold, last_seq_at, rebuilt_state, snapshots, state_after, state_hash
from sim.state.snapshots import FOLDER, Snapshots
from sim.units import DAY_US, to_us
from tests.state.folded_runs import LEVELS, copy_of, first_seq, with_another_past

Runs = dict[str, RunLog]


@pytest.fixture(autouse=True)
def _many_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep snapshots of short runs too."""
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 1)


@pytest.fixture
def log(runs: Runs, tmp_path: Path) -> RunLog:
    """A copy of the full log, whose folder may be filled."""
    return copy_of(runs["full"], tmp_path / "run")


def folded(log: RunLog, seq: int) -> str:
    fold = Fold(log)
    fold.advance(seq)
    return state_hash(fold.state())


def files(log: RunLog) -> list[Path]:
    return sorted((log.run_dir / FOLDER).iterdir())


@pytest.mark.parametrize("level", LEVELS)
def test_the_state_through_snapshots_is_that_of_a_whole_fold(
    runs: Runs, tmp_path: Path, level: str
) -> None:
    log = copy_of(runs[level], tmp_path / "run")
    spacing = Snapshots(log).spacing
    for seq in (log.events, log.events // 2, log.events // 3, spacing, spacing - 1, 1, 0):
        fold = state_after(log, seq)
        assert fold.seq == seq
        assert state_hash(fold.state()) == folded(log, seq), f"after event {seq}"
    assert len(files(log)) == log.events // spacing > 10


def test_the_check_at_a_runs_end_leaves_snapshots_for_the_first_question(
    log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_hash(rebuilt_state(log, snapshots=True)) == log.footer["state_hash"]
    kept = files(log)
    assert len(kept) == log.events // Snapshots(log).spacing > 10
    written = [path.stat().st_mtime_ns for path in kept]
    begun: list[int] = []
    advance = Fold.advance

    def watched(fold: Fold, seq: int) -> None:
        begun.append(fold.seq)
        advance(fold, seq)

    monkeypatch.setattr(Fold, "advance", watched)
    fold = state_after(log, log.events - 1)
    assert begun[0] > log.events * 9 // 10
    assert [path.stat().st_mtime_ns for path in kept] == written
    assert state_hash(fold.state()) == folded(log, log.events - 1)


def test_the_check_at_a_runs_end_reads_no_snapshot(log: RunLog) -> None:
    rebuilt_state(log, snapshots=True)
    for path in files(log):
        path.write_bytes(b"not what was folded")
    assert state_hash(rebuilt_state(log, snapshots=True)) == log.footer["state_hash"]


def test_a_fold_goes_on_from_a_snapshot_as_if_nothing_had_been(log: RunLog) -> None:
    state_after(log, log.events // 2)
    fold = state_after(log, log.events // 2)
    fold.advance(log.events)
    assert state_hash(fold.state()) == log.footer["state_hash"]
    assert fold.terms == state_after(log, log.events).terms
    assert fold.ledger.seq == log.events


def test_the_second_question_reads_a_snapshot_and_folds_only_the_rest(
    log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_after(log, log.events)
    begun = []
    advance = Fold.advance

    def noting(fold: Fold, seq: int) -> None:
        begun.append(fold.seq)
        advance(fold, seq)

    monkeypatch.setattr(Fold, "advance", noting)
    state_after(log, log.events - 1)
    spacing = Snapshots(log).spacing
    assert begun == [(log.events - 1) // spacing * spacing]


@pytest.mark.parametrize("place", [0, 10, 200, -1])
def test_a_damaged_snapshot_is_not_believed_and_is_replaced(log: RunLog, place: int) -> None:
    state_after(log, log.events)
    expected = folded(log, log.events)
    good = {path.name: path.read_bytes() for path in files(log)}
    for path in files(log):
        data = bytearray(path.read_bytes())
        data[place] ^= 0x55
        path.write_bytes(data)
    assert Snapshots(log).nearest(log.events).seq == 0
    assert state_hash(state_after(log, log.events).state()) == expected
    assert {path.name: path.read_bytes() for path in files(log)} == good


def test_a_cut_or_foreign_file_is_not_believed(log: RunLog) -> None:
    state_after(log, log.events)
    *_, before_last, last = files(log)
    last.write_bytes(last.read_bytes()[:-1])
    (log.run_dir / FOLDER / "note.state").write_text("not a number")
    (log.run_dir / FOLDER / f"{1:012d}.state").write_text("")
    assert Snapshots(log).nearest(log.events).seq == int(before_last.stem)
    shutil.copy(before_last, last)
    assert Snapshots(log).nearest(log.events).seq == int(before_last.stem)
    last.unlink()
    last.mkdir()
    assert Snapshots(log).nearest(log.events).seq == int(before_last.stem)


def test_snapshots_of_another_past_are_stale(log: RunLog, tmp_path: Path) -> None:
    seq = first_seq(log, "deposit_credited")
    other = with_another_past(log, tmp_path / "other", {seq: {"amount_minor": 10**13}})
    state_after(other, other.events)
    shutil.copytree(other.run_dir / FOLDER, log.run_dir / FOLDER)
    nearest = Snapshots(log).nearest(log.events)
    assert nearest.seq < seq
    assert state_hash(state_after(log, log.events).state()) == log.footer["state_hash"]


def test_snapshots_made_by_other_code_are_stale(
    log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_after(log, log.events)
    monkeypatch.setattr(snapshots, "_code_digest", lambda: "0" * 32)
    assert Snapshots(log).nearest(log.events).seq == 0


def test_a_folder_that_cannot_be_written_still_answers(log: RunLog) -> None:
    (log.run_dir / FOLDER).write_text("a file stands where the folder should be")
    kept = Snapshots(log)
    fold = state_after(log, log.events, snapshots=kept)
    assert state_hash(fold.state()) == log.footer["state_hash"]
    assert FOLDER in kept.refused
    assert "exists" in kept.refused


def test_a_full_disk_leaves_no_half_written_snapshot(
    log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(path), None, str(target))

    monkeypatch.setattr(Path, "replace", full)
    kept = Snapshots(log)
    state_after(log, log.events, snapshots=kept)
    assert "No space left on device" in kept.refused
    assert files(log) == []


def test_a_file_whose_name_is_a_number_in_other_digits_is_passed_over(log: RunLog) -> None:
    (log.run_dir / FOLDER).mkdir()
    for name in ("².state", "٣.state", "one.state"):
        (log.run_dir / FOLDER / name).write_bytes(b"")
    assert Snapshots(log).believed() == []
    assert state_hash(state_after(log, log.events).state()) == folded(log, log.events)


def test_what_a_killed_command_left_is_removed_and_what_a_living_one_writes_is_not(
    log: RunLog,
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    (log.run_dir / FOLDER).mkdir()
    left, written, other = (
        log.run_dir / FOLDER / f"000000000007.state.{writer}.partial"
        for writer in (process.pid, os.getppid(), "mine")
    )
    for path in (left, written, other):
        path.write_bytes(b"half")
    state_after(log, log.events)
    assert not left.exists()
    assert written.exists()
    assert other.exists()


def test_snapshots_do_not_disturb_verification(log: RunLog) -> None:
    from sim.journal import verify

    state_after(log, log.events)
    assert verify(log.run_dir, expect_head=log.head).problems == ()


def test_the_last_event_at_an_instant_is_found_in_every_segment(log: RunLog) -> None:
    rows = pl.concat(log.scan(kind).select("seq", "time_us") for kind in KINDS).collect()
    start, end = log.segments[0].first_time_us, log.segments[-1].last_time_us
    step = (end - start) // 97
    for time_us in (start - 1, start, *range(start, end, step), to_us(date(2023, 9, 1)), end):
        expected = rows.filter(pl.col("time_us") <= time_us)["seq"].max() or 0
        assert last_seq_at(log, time_us) == expected, f"at {time_us}"
    assert last_seq_at(log, end + DAY_US) == log.events


def test_a_damaged_part_is_named_before_its_seqs_are_believed(log: RunLog) -> None:
    segment = log.segments[len(log.segments) // 2]
    path = log.run_dir / segment.parts[0].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(data)
    inside_us = (segment.first_time_us + segment.last_time_us) // 2
    with pytest.raises(JournalError, match=re.escape(path.name)):
        last_seq_at(log, inside_us)
