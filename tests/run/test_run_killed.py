"""Runs killed at random instants: each verifies to its last segment and is resumed to the same head.

`VATP_KILLS` says how many are killed; the promise is made for 200.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import attrs
import pytest

from sim.journal import RunLog, verify
from sim.journal.recovery import KILLED
from sim.rerun import resume
from tests.journal.journal_samples import memory_folder

KILLS = int(os.environ.get("VATP_KILLS", "10"))
ROOT = Path(__file__).parents[2]
_PATIENCE_S = 300


@attrs.define
class Tally:
    """What became of the runs."""

    killed: int = 0
    while_sealing: int = 0
    """Killed while files of a segment lay there that its line did not name yet."""
    finished: int = 0
    """Those that reached their end before the kill."""
    segments: set[int] = attrs.field(factory=set)
    """How many segments the killed runs had."""


class Lives:
    """Processes that are loaded and wait to be told where to live, one always ahead."""

    def __init__(self) -> None:
        self._next = self._start()

    @staticmethod
    def _start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.run.killed_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, run_dir: Path) -> subprocess.Popen[str]:
        process, self._next = self._next, self._start()
        assert _pipe(process.stdout).readline() == "ready\n"
        _pipe(process.stdin).write(f"{run_dir}\n")
        _pipe(process.stdin).flush()
        return process

    def end(self) -> None:
        self._next.kill()
        self._next.communicate()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@pytest.fixture
def lives() -> Iterator[Lives]:
    found = Lives()
    yield found
    found.end()


def lines(run_dir: Path) -> int:
    manifest = run_dir / "manifest.jsonl"
    return manifest.read_bytes().count(b"\n") if manifest.exists() else 0


def wait_until_recorded(process: subprocess.Popen[str], run_dir: Path, least: int) -> None:
    """Wait until the header and so many segments are on disk, or the process is over."""
    give_up = time.monotonic() + _PATIENCE_S
    while lines(run_dir) <= least and process.poll() is None:
        assert time.monotonic() < give_up, "the run wrote too little"
        time.sleep(0.0005)


def wait_until_sealing(process: subprocess.Popen[str], run_dir: Path) -> None:
    """Wait until a part file is being written, or the process is over."""
    while process.poll() is None and not any(run_dir.rglob("*.partial")):
        time.sleep(0.0005)


@pytest.mark.slow
def test_killed_runs_verify_to_their_last_segment_and_resume_to_the_same_head(
    lives: Lives,
) -> None:
    # A kill takes nothing from the disk that was written: a folder in memory does, and is quicker.
    with memory_folder() as folder:
        kill_and_resume(lives, folder)


def kill_and_resume(lives: Lives, folder: Path) -> None:
    draws = random.Random(20231)  # noqa: S311 - instants to kill at, no secrets
    whole_dir = folder / "whole"
    process = lives.begin(whole_dir)
    wait_until_recorded(process, whole_dir, 0)
    begun = time.monotonic()
    out, _ = process.communicate(timeout=_PATIENCE_S)
    span_s = time.monotonic() - begun
    whole = RunLog.open(whole_dir)
    assert out.strip() == whole.head
    assert len(whole.segments) > 15
    tally = Tally()
    number = 0
    # A run that reached its end before the kill proves nothing; another one takes its place.
    while tally.killed < KILLS:
        assert number < 10 * KILLS, f"too few runs were there to be killed: {tally}"
        number += 1
        run_dir = folder / f"killed-{number}"
        process = lives.begin(run_dir)
        wait_until_recorded(process, run_dir, draws.randrange(len(whole.segments)))
        if number % 2:
            wait_until_sealing(process, run_dir)
            time.sleep(draws.uniform(0, 0.01))
        else:
            time.sleep(draws.uniform(0, 2 * span_s / len(whole.segments)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        check_and_resume(run_dir, whole, tally)
        shutil.rmtree(run_dir)
        sys.stdout.write(f"{tally}\n")
    assert tally.while_sealing > KILLS / 10


def check_and_resume(run_dir: Path, whole: RunLog, tally: Tally) -> None:
    recorded = max(lines(run_dir) - 1, 0)
    found = verify(run_dir)
    assert found.problems == ()
    log = RunLog.open(run_dir)
    if log.state == "complete":
        tally.finished += 1
        assert log.head == whole.head
        return
    assert (log.state, log.reason) == ("interrupted", KILLED)
    # Every segment whose line was on disk is there, and is that of the run that was not killed.
    assert len(log.segments) == recorded
    assert [segment.chain for segment in log.segments] == [
        segment.chain for segment in whole.segments[:recorded]
    ]
    tally.killed += 1
    tally.while_sealing += any("never committed" in note for note in found.notes)
    tally.segments.add(recorded)
    assert resume(run_dir).head == whole.head
    assert verify(run_dir, expect_head=whole.head).problems == ()
