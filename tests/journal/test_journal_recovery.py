"""What the next command says of a run whose writer was killed, and how forks are held to their past."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.events import Event
from sim.journal import (
    Journal,
    JournalError,
    Parent,
    QuarantinedError,
    RecordMismatchError,
    RunLog,
    chain_at,
    events_before,
    mark,
    verify,
)
from sim.journal.recovery import KILLED
from tests.journal.journal_samples import HEADER, control_events, happened, write_controls

EVENTS = control_events(47)


def killed(run_dir: Path, segments: int = 3) -> bytes:
    """Leave a folder as a kill does: so many segments, no closing line."""
    write_controls(run_dir, EVENTS)
    path = run_dir / "manifest.jsonl"
    kept = b"".join(path.read_bytes().splitlines(keepends=True)[: segments + 1])
    path.write_bytes(kept)
    return kept


def test_a_killed_run_is_marked_when_it_is_opened_and_only_once(tmp_path: Path) -> None:
    before = killed(tmp_path / "run")
    log = RunLog.open(tmp_path / "run")
    assert (log.state, log.reason, log.events) == ("interrupted", KILLED, 30)
    marked = (tmp_path / "run" / "manifest.jsonl").read_bytes()
    assert marked.startswith(before)
    assert marked.count(b"\n") == before.count(b"\n") + 1
    assert RunLog.open(tmp_path / "run") == log
    assert (tmp_path / "run" / "manifest.jsonl").read_bytes() == marked
    assert verify(tmp_path / "run").problems == ()


def test_a_killed_run_that_lost_a_file_is_quarantined_with_the_reason(tmp_path: Path) -> None:
    for name, spoil, says in (
        ("gone", Path.unlink, "segment 2: events/rule_changed/00000002.parquet is gone"),
        ("cut", lambda path: path.write_bytes(path.read_bytes()[:-1]), "were sealed"),
    ):
        run_dir = tmp_path / name
        killed(run_dir)
        spoil(run_dir / "events" / "rule_changed" / "00000002.parquet")
        log = RunLog.open(run_dir)
        assert log.state == "quarantined"
        assert says in log.reason


def test_a_damaged_manifest_is_a_quarantined_run(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    path = tmp_path / "run" / "manifest.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":3'))
    with pytest.raises(QuarantinedError, match="line 3 does not follow"):
        RunLog.open(tmp_path / "run")
    assert verify(tmp_path / "run").state == "quarantined"


def test_a_run_that_is_being_written_is_not_marked(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER, 10) as journal:
        for event in EVENTS[:25]:
            journal.append(event)
        assert RunLog.open(tmp_path / "run").state == "running"
        with pytest.raises(JournalError, match="is being written by another process"):
            mark(tmp_path / "run", "quarantined", "no")
        journal.complete({})
    assert RunLog.open(tmp_path / "run").state == "complete"


def test_a_quarantined_run_can_be_checked_again_by_living_it_again(tmp_path: Path) -> None:
    head = write_controls(tmp_path / "whole", EVENTS)
    killed(tmp_path / "run")
    mark(tmp_path / "run", "quarantined", "somebody doubted it")
    with Journal.resume(tmp_path / "run", HEADER) as journal:
        for event in EVENTS:
            journal.append(event)
        assert journal.complete({}) == head
    assert verify(tmp_path / "run", expect_head=head).problems == ()
    assert RunLog.open(tmp_path / "run").state == "complete"


def lived_again(run_dir: Path) -> None:
    with Journal.resume(run_dir, HEADER) as journal:
        for event in EVENTS:
            journal.append(event)
        journal.complete({})


def test_a_disk_that_is_full_on_resuming_keeps_even_the_shorter_last_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 10)
    for event in EVENTS[:27]:
        journal.append(event)
    journal.interrupt("by hand")

    def full(*_: object) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(JournalError, match="the disk is full; the run is valid up to seq 27"):
        lived_again(tmp_path / "run")
    monkeypatch.undo()
    log = RunLog.open(tmp_path / "run")
    assert (log.state, log.events) == ("interrupted", 27)
    assert verify(tmp_path / "run").problems == ()


def forked(folder: Path, past: Parent, events: Sequence[Event]) -> RunLog:
    with Journal.fork(folder, {**HEADER, "fork": True}, past) as journal:
        for event in events:
            journal.append(event)
        journal.complete({})
    return RunLog.open(folder)


def other_from(place: int) -> list[Event]:
    return [
        *EVENTS[:place],
        *(happened("run_ended", event.time_us, reason="other") for event in EVENTS[place:]),
    ]


@pytest.mark.parametrize("place", [0, 1, 9, 10, 11, 25, 46, 47])
def test_a_fork_shares_its_past_and_both_logs_give_its_chain(tmp_path: Path, place: int) -> None:
    write_controls(tmp_path / "run", EVENTS)
    log = RunLog.open(tmp_path / "run")
    at_us = EVENTS[place].time_us if place < 47 else EVENTS[-1].time_us + 1
    assert events_before(log, at_us) == place
    fork = forked(tmp_path / "fork", Parent(log, place, at_us), other_from(place))
    assert chain_at(fork, place) == chain_at(log, place)
    if place < 47:
        assert chain_at(fork, place + 1) != chain_at(log, place + 1)
    assert verify(tmp_path / "fork").problems == ()


def test_a_chain_inside_a_segment_is_that_of_a_log_that_ends_there(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    log = RunLog.open(tmp_path / "run")
    for events in (0, 7, 10, 33, 47):
        write_controls(tmp_path / str(events), EVENTS[:events])
        short = RunLog.open(tmp_path / str(events))
        end = short.segments[-1].chain if short.segments else short.first_chain
        assert chain_at(log, events) == end
    with pytest.raises(JournalError, match="holds 47 events, not 48"):
        chain_at(log, 48)


def test_a_fork_that_differs_before_its_instant_is_refused_with_both_versions(
    tmp_path: Path,
) -> None:
    write_controls(tmp_path / "run", EVENTS)
    past = Parent(RunLog.open(tmp_path / "run"), 25, EVENTS[25].time_us)
    with pytest.raises(
        RecordMismatchError, match=r"at seq 24: deposit_credited\(.* on record, run_ended\(.* now"
    ):
        forked(tmp_path / "fork", past, [*EVENTS[:23], *other_from(20)[23:]])


def test_a_fork_with_one_more_event_before_its_instant_is_refused(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    for place in (25, 30):
        past = Parent(RunLog.open(tmp_path / "run"), place, EVENTS[place].time_us)
        more = happened("run_ended", EVENTS[place].time_us - 1, reason="one more")
        with pytest.raises(RecordMismatchError, match=f"at seq {place + 1}: nothing on record"):
            forked(tmp_path / f"fork-{place}", past, [*EVENTS[:place], more, *EVENTS[place:]])
