"""Pipes, terminals, full disks, closed streams and signals, each in a process of its own."""

import io
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sim.cli.main import command_line
from sim.journal import RunLog
from tests.cli.conftest import Finished, Vatp
from tests.cli.front_desk import COLUMNS, Answer, environment, finish, start

ESCAPE = "\x1b"
FULL = Path("/dev/full")

RULE = """\
[[rule]]
id = "a.b"
title = "a title"
unit = "flag"
applies_to = ["retail"]
department = "onboarding"
use = "none"
[[rule.value]]
from = 2023-06-01
value = true
status = "practice"
confidence = "K(m)"
document = "assumption"
"""


def in_terminal(*words: str | Path, stderr_only: bool = False, **env: str) -> tuple[Answer, str]:
    """Run a command in a terminal; return what went to pipes, and what the terminal got."""
    ours, theirs = pty.openpty()
    streams = {"stderr": theirs} if stderr_only else {"stdout": theirs, "stderr": theirs}
    process = start(*words, env={"COLUMNS": COLUMNS, **env}, **streams)
    os.close(theirs)
    shown = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 0.1)
        if not ready:
            continue
        try:
            data = os.read(ours, 1 << 16)
        except OSError:  # the last writer has closed the terminal
            break
        if not data:
            break
        shown += data
    os.close(ours)
    return finish(process), shown.decode()


def test_the_first_line_of_a_long_answer_is_enough(finished: Finished) -> None:
    with start("log", "show", finished.run_dir, "--limit", "0") as show:
        first = show.stdout.readline()
        show.stdout.close()
        assert " run_started " in first
        assert (show.stderr.read(), show.wait(60)) == ("", 0)


def test_a_reader_that_is_gone_at_once_is_no_failure() -> None:
    with start("rules", "list") as listing:
        listing.stdout.close()
        assert (listing.stderr.read(), listing.wait(60)) == ("", 0)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_failure(closed: str, tiny: Path) -> None:
    done = with_closed(closed, "check", tiny)
    assert (done.code, done.err) == (0, "")
    assert done.out == ("" if ">&-" in closed else "1 file without a problem\n")


def test_a_run_with_closed_outputs_still_writes_its_log(finished: Finished, tmp_path: Path) -> None:
    """No file of the run may take the number of a closed stream, or messages would land in it."""
    words = ("run", finished.scenario, "--out", tmp_path / "run")
    assert with_closed("<&- >&- 2>&-", *words) == Answer(0, "", "")
    assert RunLog.open(tmp_path / "run").head == finished.document["head"]


def with_closed(closed: str, *words: str | Path) -> Answer:
    """Run a command with some of its streams closed by the shell."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m sim.cli.main "$@" {closed}', sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(),
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    ("words", "unbuffered"), [("--help", ""), ("schema", ""), ("schema", "1"), ("rules list", "")]
)
def test_a_full_disk_is_one_sentence_and_exit_code_2(words: str, unbuffered: str) -> None:
    with FULL.open("w") as full:
        env = {"PYTHONUNBUFFERED": unbuffered}
        answer = finish(start(*words.split(), stdout=full, env=env))
    assert answer.code == 2
    assert answer.err == "standard output: no space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_an_error_that_cannot_be_written_keeps_its_exit_code() -> None:
    with FULL.open("w") as full:
        assert finish(start("rules", "show", "x", stdout=full, stderr=full)).code == 2


def test_a_terminal_without_the_characters_gets_escapes_and_json_stays_json(tmp_path: Path) -> None:
    (tmp_path / "caf\N{LATIN SMALL LETTER E WITH ACUTE}.toml").write_text("x = 1\n", "utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    words = ("check", "caf\N{LATIN SMALL LETTER E WITH ACUTE}.toml")
    plain = finish(start(*words, env=ascii_only, cwd=tmp_path))
    assert plain.code == 2
    assert plain.err.startswith("caf\\xe9.toml:1: x: ")
    law = RULE.replace("a title", "caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    (tmp_path / "law.toml").write_text(law, "utf-8")
    shown = finish(start("rules", "show", "a.b", "law.toml", env=ascii_only, cwd=tmp_path))
    assert shown.out.startswith("a.b  caf\\xe9\n")
    document = finish(start(*words, "--json", env=ascii_only, cwd=tmp_path)).document
    assert document["files"] == ["caf\N{LATIN SMALL LETTER E WITH ACUTE}.toml"]


def test_progress_with_time_left_goes_to_the_terminal_and_is_cleared(
    finished: Finished, tmp_path: Path
) -> None:
    words = ("run", finished.scenario, "--out", tmp_path / "run", "--json")
    answer, shown = in_terminal(*words, stderr_only=True)
    assert answer.code == 0
    assert answer.document["head"] == finished.document["head"]
    assert ESCAPE not in answer.out
    assert "tiny" in shown
    assert " left " in shown
    assert " 100 % " in shown
    assert " events" in shown
    # The cursor is back, and the last thing written erases the line.
    assert shown.count(f"{ESCAPE}[?25h") >= shown.count(f"{ESCAPE}[?25l") > 0
    assert shown.endswith(f"{ESCAPE}[2K")


def test_without_a_terminal_there_is_no_progress_and_no_escape(
    finished: Finished, vatp: Vatp
) -> None:
    verified = vatp("log", "verify", finished.run_dir)
    assert verified.err == ""
    assert ESCAPE not in verified.out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_command_that_fails_gives_the_terminal_its_cursor_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A progress bar that is cut off while it is being drawn may have hidden it."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert command_line(["log", "verify", "nowhere"]) == 2
    shown = terminal.getvalue()
    assert f"{ESCAPE}[?25h" in shown
    assert shown.endswith("nowhere is not a run folder: it has no manifest.jsonl\n")


def test_colours_are_for_terminals_and_no_color_is_respected(finished: Finished) -> None:
    words = ("log", "verify", finished.run_dir, "--expect-head", "0" * 64)
    red = f"{ESCAPE}[31m"
    assert red in in_terminal(*words)[1]
    assert red not in in_terminal(*words, NO_COLOR="1")[1]
    assert ESCAPE not in finish(start(*words)).out


def test_ctrl_c_seals_what_there_is_and_says_where(tiny: Path, tmp_path: Path) -> None:
    interrupted = stop(tiny, tmp_path / "run", signal.SIGINT)
    assert interrupted.code == 130
    assert interrupted.out == ""
    assert interrupted.err == (
        f"vatp: interrupted; the log is kept up to its last segment in {tmp_path / 'run'}; "
        f"`vatp log resume {tmp_path / 'run'}` takes it on\n"
    )
    assert RunLog.open(tmp_path / "run").state == "interrupted"
    assert finish(start("log", "verify", tmp_path / "run")).code == 0


def test_a_run_that_is_asked_to_end_ends_in_order(tiny: Path, tmp_path: Path) -> None:
    assert stop(tiny, tmp_path / "run", signal.SIGTERM) == Answer(143, "", "")
    assert RunLog.open(tmp_path / "run").state == "interrupted"


def stop(scenario: Path, run_dir: Path, number: int) -> Answer:
    """Run a scenario that takes long, and send a signal as soon as its log has begun."""
    makers = "world.market_makers=[{name='m', requote_interval='1 s'}]"
    words: list[Any] = ["run", scenario, "--out", run_dir, "--set", "horizon.end=2025-09-01"]
    process = start(*words, "--set", makers)
    manifest = run_dir / "manifest.jsonl"
    deadline = time.monotonic() + 120
    while not manifest.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(number)
    return finish(process)
