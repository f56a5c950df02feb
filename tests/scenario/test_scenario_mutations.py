"""Thousands of spoilt files through the command's own door: exit code 0 or 2, each message with its place.

`VATP_MUTATED_SCENARIOS=20000` runs the long measurement.
"""

import io
import os
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import FrameType
from typing import NoReturn

import attrs
import pytest

from sim.cli.main import command_line
from tests.cli.front_desk import Answer, finish, start
from tests.scenario.mutated_inputs import SMALL, Case, write_case

COUNT = int(os.environ.get("VATP_MUTATED_SCENARIOS", "300"))
RUN_EVERY = 10
"""Of the accepted scenarios, every so many is run."""
PROCESS_EVERY = 60
"""Every so many cases a process of its own is asked too."""
LONGEST_RUN_S = 4.0
"""A run that takes longer is stopped and not judged: its size was changed, not its sense."""
SHOWN_FAILURES = 60

_PLACE = re.compile(r"(?P<file>[^:\n]+):(?P<line>\d+): (?P<rest>\S.*)")
_SETTING = re.compile(r"--set [1-9]\d?: (?P<rest>\S.*)")
_PYTHON = re.compile(
    r"Traceback|<class|object at 0x|NoneType|Error\b|\bException|isoformat|\bint\(|\bstr\b|\bdict\b|sys\.|defect|polars|panic"
)


@attrs.define
class Tally:
    """What came of the cases."""

    accepted: int = 0
    refused: int = 0
    ran: int = 0
    refused_run: int = 0
    stopped: int = 0
    processes: int = 0
    messages: int = 0
    kinds: Counter[str] = attrs.field(factory=Counter)
    longest_s: float = 0.0
    longest: int = 0
    failures: list[str] = attrs.field(factory=list)

    def __str__(self) -> str:
        total = self.accepted + self.refused
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.kinds.items()))
        return (
            f"{total:,} spoilt inputs ({kinds}): {self.accepted:,} accepted, {self.refused:,} refused with"
            f" {self.messages:,} messages; {self.ran:,} of the accepted ran, {self.refused_run:,} were refused"
            f" by the run, {self.stopped:,} were stopped after {LONGEST_RUN_S:.0f} s; {self.processes:,} asked"
            f" in a process of their own; the longest check took {self.longest_s:.2f} s (case {self.longest})"
        )


class TimeUp(KeyboardInterrupt):
    """A run took too long to be judged."""


@pytest.mark.slow
def test_spoilt_inputs_give_exit_code_0_or_2_and_messages_with_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "VATP_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    compile_everything(tmp_path / "sound")
    tally = Tally()
    for number in range(COUNT):
        case = write_case(number, tmp_path / str(number))
        monkeypatch.chdir(case.folder)
        known = len(tally.failures)
        judge(case, tally)
        with capsys.disabled():
            for failure in tally.failures[known:]:
                print(f"\n{failure}", flush=True)  # noqa: T201 - the measurement takes half an hour
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(case.folder)
    with capsys.disabled():
        print(f"\n{tally}")  # noqa: T201 - the measurement
    assert tally.accepted > COUNT // 20
    assert tally.refused > COUNT // 5
    shown = "\n".join(tally.failures[:SHOWN_FAILURES])
    assert not tally.failures, f"{len(tally.failures)} failures:\n{shown}"


def compile_everything(folder: Path) -> None:
    """Run a sound scenario once: a run that compiles must not be stopped."""
    folder.mkdir()
    words = [word for setting in SMALL for word in ("--set", setting)]
    answer = call("run", "hk-retail-2023", *words, "--out", str(folder / "run"), "--json")
    assert (answer.code, answer.err) == (0, "")


def judge(case: Case, tally: Tally) -> None:
    """Ask the command about a case and hold its answer against what was promised."""
    begun = time.perf_counter()
    answer = call("check", *case.words)
    took_s = time.perf_counter() - begun
    if took_s > tally.longest_s and case.number:  # the first case imports everything
        tally.longest_s, tally.longest = took_s, case.number
    tally.kinds[case.kind] += 1
    tally.accepted += answer.code == 0
    tally.refused += answer.code == 2
    tally.messages += len(answer.err.splitlines()) if answer.code == 2 else 0
    wrong = faults(answer, case)
    if answer.code == 0 and runnable(case) and tally.accepted % RUN_EVERY == 0:
        wrong += run_small(case, tally)
    if case.number % PROCESS_EVERY == 0:
        tally.processes += 1
        own = finish(start("check", *case.words))
        if own != answer:
            wrong.append(f"a process of its own answers {own}, not {answer}")
    tally.failures += [
        f"case {case.number} {case.kind} {case.words!r:.300}: {what}" for what in wrong
    ]


def call(*words: str) -> Answer:
    """Call the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = command_line(words)
    return Answer(code, out.getvalue(), err.getvalue())


def runnable(case: Case) -> bool:
    """Whether the case is about a scenario, not about an overlay or rules alone."""
    return case.words[0].startswith("scenario")


def run_small(case: Case, tally: Tally) -> list[str]:
    """Run what was accepted, made small; it must run, or be refused in the same way."""
    settings = [word for setting in SMALL for word in ("--set", setting)]
    with time_limit(LONGEST_RUN_S):
        answer = call("run", *case.words, *settings, "--out", "run", "--json")
    if answer.code == 130:
        tally.stopped += 1
        return []
    tally.ran += answer.code == 0
    tally.refused_run += answer.code == 2
    notes = "".join(f"{line}\n" for line in answer.err.splitlines() if line.startswith("note: "))
    if answer.code == 0:
        return [] if answer.err == notes else [f"run says {answer.err!r:.1000}"]
    return [f"run: {fault}" for fault in faults(answer, case)]


def faults(answer: Answer, case: Case) -> list[str]:
    """Return what is wrong with an answer."""
    if answer.code not in {0, 2}:
        return [f"exit code {answer.code}: {answer.err!r:.1000}"]
    lines = [line for line in answer.err.split("\n")[:-1] if not line.startswith("note: ")]
    if answer.code == 0:
        return [f"accepted, and says {lines!r:.1000}"] if lines else []
    if not lines:
        return ["refused without a word"]
    found = [fault for line in lines for fault in message_faults(line, case)]
    if len(set(lines)) < len(lines):
        found.append(
            f"says the same twice: {[line for line, n in Counter(lines).items() if n > 1]!r:.500}"
        )
    return found


def message_faults(message: str, case: Case) -> Iterator[str]:
    """Name what a message lacks: a place that exists, one line of words."""
    match = _PLACE.fullmatch(message) or _SETTING.fullmatch(message)
    if match is None:
        yield f"no place: {message!r:.500}"
        return
    rest = match["rest"]
    if "line" in match.groupdict():
        path = case.folder / match["file"]
        if not path.is_file():
            yield f"no such file: {message!r:.500}"
        elif not 1 <= int(match["line"]) <= path.read_bytes().count(b"\n") + 1:
            yield f"no such line: {message!r:.500}"
    if not message.isprintable():
        yield f"not one printable line: {message!r:.500}"
    if len(message) > 1_000:
        yield f"too long: {message!r:.500}"
    if len(rest.split()) < 3 or _PYTHON.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", rest)):
        yield f"not a sentence for people: {message!r:.500}"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer, as Ctrl-C would."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    on_interrupt = signal.getsignal(signal.SIGINT)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        signal.signal(signal.SIGINT, on_interrupt)
