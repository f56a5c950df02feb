import signal
import subprocess
import time
from pathlib import Path

import pytest

from sim.journal import Journal, JournalError, RunLog, verify
from tests.journal.journal_samples import (
    HEADER,
    ROOT,
    command,
    control_events,
    order_batches,
    write_controls,
)

SEGMENT = 3000


def killed_run(run_dir: Path, least_segments: int) -> RunLog:
    """Start a writer, kill it without warning once so many segments are committed, open what it left."""
    with subprocess.Popen(command("forever", str(run_dir), str(SEGMENT)), cwd=ROOT) as process:
        manifest = run_dir / "manifest.jsonl"
        give_up = time.monotonic() + 60
        while not manifest.exists() or manifest.read_bytes().count(b"\n") <= least_segments:
            assert process.poll() is None, "the writer ended before it could be killed"
            assert time.monotonic() < give_up, "the writer committed too little in a minute"
            time.sleep(0.003 * least_segments)
        if least_segments == 1:
            assert RunLog.open(run_dir).state == "running"
        process.send_signal(signal.SIGKILL)
    return RunLog.open(run_dir)


@pytest.mark.parametrize("least_segments", [1, 2, 5])
def test_a_killed_run_is_valid_to_its_last_segment(tmp_path: Path, least_segments: int) -> None:
    run_dir = tmp_path / "run"
    log = killed_run(run_dir, least_segments)
    assert log.state == "interrupted"
    assert len(log.segments) >= least_segments
    assert log.events == len(log.segments) * SEGMENT
    found = verify(run_dir, expect_head=log.head)
    assert found.problems == ()
    assert found.valid_events == log.events
    for kind, frame in order_batches(log.events).items():
        assert log.scan(kind).collect().equals(frame)


def test_a_killed_run_that_is_resumed_ends_as_if_it_had_lived(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    log = killed_run(killed, 2)
    last_seq = log.events + 2 * SEGMENT + 17
    flow = order_batches(last_seq)
    heads = []
    for journal in (Journal.resume(killed, HEADER), Journal.create(whole, HEADER, SEGMENT)):
        with journal:
            journal.append_rows(flow, last_seq + 1)
            heads.append(journal.complete({}))
    assert heads[0] == heads[1]
    assert verify(killed, expect_head=heads[1]).problems == ()


def test_a_torn_last_line_never_counted(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    write_controls(run_dir, control_events(35))
    manifest = run_dir / "manifest.jsonl"
    whole = manifest.read_bytes()
    lines = whole.splitlines(keepends=True)
    for kept in range(1, len(lines)):
        start = sum(map(len, lines[:kept]))
        for cut in {start + 1, start + len(lines[kept]) // 2, start + len(lines[kept]) - 2}:
            manifest.write_bytes(whole[:cut])
            found = verify(run_dir)
            assert found.problems == ()
            assert "the last line was never finished" in found.notes[0]
            log = RunLog.open(run_dir)
            assert log.state == "interrupted"
            assert log.events == min((kept - 1) * 10, 35)
            assert [seq for seq, _ in log.control_events()] == list(range(1, log.events + 1))
            assert verify(run_dir).problems == ()


def test_a_run_killed_before_its_header_was_written_is_no_run(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    write_controls(run_dir, control_events(5))
    manifest = run_dir / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:40])
    with pytest.raises(JournalError, match="line 1 is not a header"):
        RunLog.open(run_dir)
    assert verify(run_dir).problems


def test_files_of_a_segment_that_was_never_committed_are_not_read(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    write_controls(run_dir, control_events(35))
    manifest = run_dir / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:3]))
    log = RunLog.open(run_dir)
    assert log.events == 20
    assert sum(log.scan(kind).collect().height for kind in log.kinds) == 20
    found = verify(run_dir)
    assert found.problems == ()
    assert "of a segment that was never committed" in found.notes[0]
