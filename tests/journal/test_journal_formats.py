"""Manifests of other formats, and what a log says of the program that wrote it."""

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

import sim.journal.store
import sim.program
from sim.events import Event
from sim.journal import Journal, JournalError, Parent, RunLog, chain_at, manifest, verify
from sim.journal.digest import canonical_json
from sim.program import Program, origin, source_digest, this_program
from tests.journal.journal_samples import HEADER, control_events, happened, write_controls

EVENTS = control_events(25)
OLDER = Program("0.0.9", "0123456789abcdef")


def written_by(
    patch: pytest.MonkeyPatch, program: Program, run_dir: Path, events: int = len(EVENTS)
) -> str:
    """Let another program write a run of the first so many events; complete if it is all of them."""
    with patch.context() as then:
        then.setattr(sim.journal.store, "this_program", lambda: program)
        journal = Journal.create(run_dir, HEADER, 10)
        for event in EVENTS[:events]:
            journal.append(event)
        if events < len(EVENTS):
            journal.interrupt("stopped by hand")
            return RunLog.open(run_dir).head
        return journal.complete({})


def resume(run_dir: Path, events: list[Event]) -> str:
    with Journal.resume(run_dir, HEADER) as journal:
        for event in events:
            journal.append(event)
        return journal.complete({})


def fork(run_dir: Path, parent: Parent, events: list[Event]) -> str:
    with Journal.fork(run_dir, HEADER, parent) as journal:
        for event in events:
            journal.append(event)
        return journal.complete({})


def lines(run_dir: Path) -> list[dict[str, Any]]:
    text = (run_dir / "manifest.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_log_says_which_program_wrote_it(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    assert RunLog.open(tmp_path / "run").program == this_program()
    assert lines(tmp_path / "run")[0]["program"] == attrs.asdict(this_program())


def test_equal_runs_of_two_programs_have_equal_heads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = write_controls(tmp_path / "now", EVENTS)
    assert written_by(monkeypatch, OLDER, tmp_path / "then") == head
    log = RunLog.open(tmp_path / "then")
    assert log.program == OLDER
    found = verify(tmp_path / "then", expect_head=head)
    assert found.problems == ()
    assert found.notes == (f"written by vatp 0.0.9; this is {this_program()}",)


def test_the_program_cannot_be_changed_in_the_log_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_by(monkeypatch, OLDER, tmp_path / "run")
    path = tmp_path / "run" / "manifest.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"0.0.9"', b'"0.0.8"'))
    (problem,) = verify(tmp_path / "run").problems
    assert "line 1 does not follow" in problem


def test_a_log_from_before_programs_were_noted_is_read(tmp_path: Path) -> None:
    head = write_controls(tmp_path / "run", EVENTS)
    check = manifest.NO_CHECK
    entries = []
    for record in lines(tmp_path / "run"):
        record.pop("program", None)
        record.pop("check")
        check = manifest._check(record, check)
        entries.append(canonical_json({**record, "check": check}) + b"\n")
    (tmp_path / "run" / "manifest.jsonl").write_bytes(b"".join(entries))
    log = RunLog.open(tmp_path / "run")
    assert log.program is None
    assert verify(tmp_path / "run", expect_head=head).problems == ()
    assert resume(tmp_path / "run", EVENTS) == head
    assert "does not say which vatp wrote it" in origin(log.program)


def test_a_run_taken_on_by_another_program_notes_it_and_keeps_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = write_controls(tmp_path / "whole", EVENTS)
    written_by(monkeypatch, OLDER, tmp_path / "run", events=13)
    assert resume(tmp_path / "run", EVENTS) == head
    resumed = next(line for line in lines(tmp_path / "run") if line["line"] == "resumed")
    assert resumed["program"] == attrs.asdict(this_program())
    assert RunLog.open(tmp_path / "run").program == OLDER
    assert verify(tmp_path / "run", expect_head=head).problems == ()


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (
            OLDER,
            f"it was recorded by vatp 0.0.9 and this is {this_program()}: only vatp 0.0.9 is sure to live it again",
        ),
        (
            attrs.evolve(this_program(), sources="0123456789abcdef"),
            (
                f"it was recorded by {this_program()} with other sources (0123456789abcdef) than these "
                f"({this_program().sources}): only that state of the program is sure to live it again"
            ),
        ),
        (
            this_program(),
            f"it was recorded by this very program, {this_program()}: the record was made up",
        ),
    ],
    ids=["another version", "other sources", "the same"],
)
def test_a_re_run_that_differs_names_the_program_that_can_live_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Program, says: str
) -> None:
    written_by(monkeypatch, program, tmp_path / "run", events=13)
    other = [*EVENTS]
    other[4] = happened("run_ended", EVENTS[4].time_us, reason="something else")
    differs = r"at seq 5: prospect_arrived\(.* on record, run_ended\(.* now; " + re.escape(says)
    with pytest.raises(JournalError, match=differs):
        resume(tmp_path / "run", other)
    parent = Parent(RunLog.open(tmp_path / "run"), 8, EVENTS[8].time_us)
    with pytest.raises(JournalError, match=differs):
        fork(tmp_path / "fork", parent, other)


def test_the_digest_of_sources_knows_what_can_change_a_run(tmp_path: Path) -> None:
    for name in ("run.py", "venue/ramps.py", "cli/run.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("one = 1\n", encoding="utf-8")
    before = source_digest(tmp_path)
    (tmp_path / "cli" / "run.py").write_text("one = 2\n", encoding="utf-8")
    (tmp_path / "venue" / "__pycache__").mkdir()
    (tmp_path / "venue" / "__pycache__" / "ramps.pyc").write_bytes(b"1")
    assert source_digest(tmp_path) == before
    (tmp_path / "venue" / "ramps.py").write_text("one = 2\n", encoding="utf-8")
    after = source_digest(tmp_path)
    (tmp_path / "venue" / "ramps.py").rename(tmp_path / "venue" / "rails.py")
    assert len({before, after, source_digest(tmp_path)}) == 3


def test_a_format_of_tomorrow_is_no_damage_and_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as tomorrow:
        tomorrow.setattr(manifest, "FORMAT", 2)
        tomorrow.setattr(manifest.Header, "__init__", _with_format(manifest.Header.__init__, 2))
        head = write_controls(tmp_path / "run", EVENTS)
        assert lines(tmp_path / "run")[0]["format"] == 2
        assert verify(tmp_path / "run", expect_head=head).problems == ()
    says = r"line 1 has manifest format 2: a newer vatp wrote it .*reads up to format 1"
    before = (tmp_path / "run" / "manifest.jsonl").read_bytes()
    with pytest.raises(JournalError, match=says):
        RunLog.open(tmp_path / "run")
    with pytest.raises(JournalError, match=says):
        Journal.resume(tmp_path / "run", HEADER)
    (problem,) = verify(tmp_path / "run").problems
    assert re.search(says, problem)
    assert (tmp_path / "run" / "manifest.jsonl").read_bytes() == before


def test_a_format_of_yesterday_keeps_its_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = write_controls(tmp_path / "run", EVENTS)
    written_by(monkeypatch, OLDER, tmp_path / "half", events=13)
    halfway = chain_at(RunLog.open(tmp_path / "run"), 17)
    monkeypatch.setattr(manifest, "FORMAT", 2)
    log = RunLog.open(tmp_path / "run")
    assert (log.head, len(list(log.show()))) == (head, len(EVENTS))
    assert chain_at(log, 17) == halfway
    assert verify(tmp_path / "run", expect_head=head).problems == ()
    # A run goes on in the format in which it began.
    assert resume(tmp_path / "half", EVENTS) == head


def _with_format(init: Any, number: int) -> Any:
    """Give headers another format where they are made without one."""

    def made(self: Any, *values: Any, **named: Any) -> None:
        if len(values) < 5:
            named.setdefault("format", number)
        init(self, *values, **named)

    return made
