"""Runs killed at random instants: each verifies to its last segment and is resumed to the same head.

Killed are runs that are lived for the first time, by the library and by the command line, runs that are being
resumed after they were stopped in mid-segment, and forks. `VATP_KILLS` says how many are killed in all; the
promise is made for 200.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import attrs
import pytest

from sim.journal import RunLog, verify
from sim.journal.recovery import KILLED
from sim.rerun import resume
from tests.journal.journal_samples import memory_folder
from tests.run.killed_process import with_short_segments
from tests.run.small_run import SHORT

KILLS = int(os.environ.get("VATP_KILLS", "5"))
ROOT = Path(__file__).parents[2]
WAYS = ("run", "resume", "fork", "command line", "run")
"""What is killed, by turns."""
STOPPED = "stopped by Ctrl-C"
_PATIENCE_S = 300
_COMMAND = (
    *("run", "hk-retail-2023", "--set", "log_level=full", "--set", "horizon.end=2023-09-02"),
    *(word for setting in SHORT for word in ("--set", setting) if "horizon.end" not in setting),
)
"""Many orders: the segments of the command line are those of every user, and shall be several all the same."""

Process = subprocess.Popen[str]


@attrs.define
class Tally:
    """What became of the runs."""

    killed: Counter[str] = attrs.field(factory=Counter)
    while_sealing: int = 0
    """Killed while files of a segment lay there that its line did not name yet."""
    while_replacing: int = 0
    """Killed while a resumption had said that it goes on and the shorter segment still counted."""
    finished: int = 0
    """Those that reached their end before the kill."""
    segments: set[int] = attrs.field(factory=set)
    """How many segments the killed runs had."""


@attrs.frozen
class Way:
    """One way to come to a run, and what the run is when nobody kills it."""

    whole: RunLog
    span_s: float
    begin: Callable[[Path], Process]
    """Starts it in a folder."""
    before: Path | None = None
    """What lies in the folder before."""

    @property
    def lines(self) -> int:
        """Lines of the manifest before."""
        return lines(self.before) if self.before else 0

    @property
    def events(self) -> int:
        """Events sealed before."""
        return RunLog.open(self.before).events if self.before else 0


class Lives:
    """Processes that are loaded and wait to be told where to live, one always ahead."""

    def __init__(self) -> None:
        self._next = self._start()

    @staticmethod
    def _start() -> Process:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.run.killed_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, *task: str | Path) -> Process:
        process, self._next = self._next, self._start()
        assert _pipe(process.stdout).readline() == "ready\n"
        _pipe(process.stdin).write("\t".join(map(str, task)) + "\n")
        _pipe(process.stdin).flush()
        return process

    def end(self) -> None:
        self._next.kill()
        self._next.communicate()


def command_line(run_dir: Path) -> Process:
    """Start `vatp run` as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "sim.cli.main", *_COMMAND, "--out", str(run_dir)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


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


def sealed_events(run_dir: Path) -> int:
    """The most events of which any line ever said that they are sealed."""
    *whole, _ = (run_dir / "manifest.jsonl").read_bytes().split(b"\n")
    found = [json.loads(line) for line in whole]
    return max((line["last_seq"] for line in found if line["line"] == "segment"), default=0)


def wait_until_recorded(process: Process, run_dir: Path, least: int) -> None:
    """Wait until more than so many lines are on disk, or the process is over."""
    give_up = time.monotonic() + _PATIENCE_S
    while lines(run_dir) <= least and process.poll() is None:
        assert time.monotonic() < give_up, "the run wrote too little"
        time.sleep(0.0005)


def wait_until_sealing(process: Process, run_dir: Path) -> None:
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
    ways = whole_lives(lives, folder)
    tally = Tally()
    number = 0
    # A run that reached its end before the kill proves nothing; another one takes its place.
    while tally.killed.total() < KILLS:
        assert number < 10 * KILLS, f"too few runs were there to be killed: {tally}"
        name = WAYS[tally.killed.total() % len(WAYS)]
        number += 1
        run_dir = folder / f"killed-{number}"
        kill(ways[name], run_dir, draws, at_sealing=bool(draws.randrange(2)))
        check_and_resume(ways[name], name, run_dir, tally)
        shutil.rmtree(run_dir)
        sys.stdout.write(f"{tally}\n")
    assert tally.while_sealing > KILLS / 10
    assert set(tally.killed) == set(WAYS[:KILLS])


def whole_lives(lives: Lives, folder: Path) -> dict[str, Way]:
    """Live each way once to its end, to know its head and how long it takes."""
    run_dir, stopped = folder / "whole", folder / "stopped"
    with suppress(KeyboardInterrupt):
        with_short_segments("stop", stopped)
    log = RunLog.open(stopped)
    assert (log.state, log.reason) == ("interrupted", STOPPED)
    # The last segment is shorter than it will be: the resumption must put another in its place.
    assert log.segments[-1].last_seq < log.cuts.end(log.segments[-1].number)
    begin: dict[str, tuple[Callable[[Path], Process], Path | None]] = {
        "run": (lambda to: lives.begin("run", to), None),
        "resume": (lambda to: lives.begin("resume", to), stopped),
        "fork": (lambda to: lives.begin("fork", to, run_dir), None),
        "command line": (command_line, None),
    }
    ways = {}
    for name, (start, before) in begin.items():
        to = run_dir if name == "run" else folder / f"whole-{name}"
        if before is not None:
            shutil.copytree(before, to)
        process = start(to)
        wait_until_recorded(process, to, lines(before) if before else 0)
        begun = time.monotonic()
        process.communicate(timeout=_PATIENCE_S)
        span_s = time.monotonic() - begun
        assert process.returncode == 0
        ways[name] = Way(RunLog.open(to), span_s, start, before)
        assert len(ways[name].whole.segments) > (5 if name == "command line" else 15)
    assert ways["resume"].whole.head == ways["run"].whole.head != ways["fork"].whole.head
    return ways


def kill(way: Way, run_dir: Path, draws: random.Random, *, at_sealing: bool) -> None:
    """Begin, wait for a random line and then a random while, and kill without warning."""
    if way.before is not None:
        shutil.copytree(way.before, run_dir)
    process = way.begin(run_dir)
    ahead = len(way.whole.segments) - (len(RunLog.open(way.before).segments) if way.before else 0)
    beyond = draws.randrange(-bool(way.before), ahead)
    wait_until_recorded(process, run_dir, way.lines + beyond)
    if way.before and not beyond:
        pass  # At once: the shorter segment still counts, or its place was just taken.
    elif at_sealing:
        wait_until_sealing(process, run_dir)
        time.sleep(draws.uniform(0, 0.01))
    else:
        time.sleep(draws.uniform(0, 2 * way.span_s / ahead))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def check_and_resume(way: Way, name: str, run_dir: Path, tally: Tally) -> None:
    sealed = sealed_events(run_dir)
    last_line = (run_dir / "manifest.jsonl").read_bytes().splitlines()[-1]
    found = verify(run_dir)
    assert found.problems == ()
    log = RunLog.open(run_dir)
    if log.state == "complete":
        tally.finished += 1
        assert log.head == way.whole.head
        return
    assert log.state == "interrupted"
    assert log.reason in ({KILLED, STOPPED} if way.before else {KILLED})
    # Nothing is lost of which a line on disk said that it is sealed, and it is that of the whole run.
    assert log.events == sealed >= way.events
    *full, last = [*log.segments, None] if log.events in ends(way.whole) else log.segments
    expected = [segment.chain for segment in way.whole.segments[: len(full)]]
    assert [segment.chain for segment in full if segment] == expected
    assert last is None or (way.before and last.last_seq == way.events)
    tally.killed[name] += 1
    tally.while_sealing += any("never committed" in note for note in found.notes)
    tally.while_replacing += b'"line":"resumed"' in last_line
    tally.segments.add(len(log.segments))
    assert resume(run_dir).head == way.whole.head
    assert verify(run_dir, expect_head=way.whole.head).problems == ()


def ends(log: RunLog) -> set[int]:
    return {0, *(segment.last_seq for segment in log.segments)}
