from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.events import Event
from sim.journal import Journal, JournalError, RunLog, common_past, verify
from tests.journal.journal_samples import (
    HEADER,
    START_US,
    control_events,
    happened,
    order_flow,
    write_controls,
    write_mixed,
)

EVENTS = control_events(47)


def interrupted(run_dir: Path, events: int) -> RunLog:
    """A run of the first so many events that was stopped by hand."""
    journal = Journal.create(run_dir, HEADER, 10)
    for event in EVENTS[:events]:
        journal.append(event)
    journal.interrupt("stopped by hand")
    return RunLog.open(run_dir)


def resumed(run_dir: Path, events: Sequence[Event]) -> str:
    with Journal.resume(run_dir, HEADER) as journal:
        for event in events:
            journal.append(event)
        return journal.complete({"resumed": True})


@pytest.mark.parametrize("stopped_at", [0, 3, 10, 20, 29, 46, 47])
def test_a_resumed_run_ends_as_if_it_had_never_stopped(tmp_path: Path, stopped_at: int) -> None:
    whole = write_controls(tmp_path / "whole", EVENTS)
    log = interrupted(tmp_path / "run", stopped_at)
    assert log.events == stopped_at
    assert resumed(tmp_path / "run", EVENTS) == whole
    after = RunLog.open(tmp_path / "run")
    assert (after.state, after.events, after.footer) == ("complete", 47, {"resumed": True})
    assert after.segments == RunLog.open(tmp_path / "whole").segments
    assert [event for _, event in after.control_events()] == EVENTS
    assert verify(tmp_path / "run", expect_head=whole).problems == ()


def test_a_run_can_be_interrupted_and_resumed_many_times(tmp_path: Path) -> None:
    whole = write_controls(tmp_path / "whole", EVENTS)
    interrupted(tmp_path / "run", 5)
    for events in (3, 17, 12, 20, 33):
        with Journal.resume(tmp_path / "run", HEADER) as journal:
            for event in EVENTS[:events]:
                journal.append(event)
            journal.interrupt("again")
        found = verify(tmp_path / "run")
        assert found.problems == ()
    assert resumed(tmp_path / "run", EVENTS) == whole


def test_a_complete_run_that_is_lived_again_is_left_as_it_is(tmp_path: Path) -> None:
    head = write_controls(tmp_path / "run", EVENTS)
    before = (tmp_path / "run" / "manifest.jsonl").read_bytes()
    assert resumed(tmp_path / "run", EVENTS) == head
    assert (tmp_path / "run" / "manifest.jsonl").read_bytes() == before


def test_a_killed_run_is_resumed_behind_its_torn_line(tmp_path: Path) -> None:
    head = write_controls(tmp_path / "run", EVENTS)
    path = tmp_path / "run" / "manifest.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:100])
    assert resumed(tmp_path / "run", EVENTS) == head
    assert verify(tmp_path / "run", expect_head=head).problems == ()


@pytest.mark.parametrize("stopped_at", [15, 40, 47])
def test_the_first_event_that_differs_from_the_record_is_named(
    tmp_path: Path, stopped_at: int
) -> None:
    interrupted(tmp_path / "run", stopped_at)
    before = (tmp_path / "run" / "manifest.jsonl").read_bytes()
    other = [*EVENTS]
    other[13] = happened("run_ended", EVENTS[13].time_us, reason="something else")
    with pytest.raises(
        JournalError, match=r"at seq 14: knowledge_tested\(.* on record, run_ended\(.* now"
    ):
        resumed(tmp_path / "run", other)
    assert (tmp_path / "run" / "manifest.jsonl").read_bytes() == before


def test_a_changed_value_is_named_with_both_values(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    other = [*EVENTS]
    other[0] = happened("run_started", START_US, seed=8)
    with pytest.raises(
        JournalError,
        match=r"at seq 1: run_started\(.*seed=7\) on record, run_started\(.*seed=8\) now",
    ):
        resumed(tmp_path / "run", other)


def test_a_re_run_that_ends_early_is_refused(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    for events in (7, 30, 46):
        with pytest.raises(
            JournalError, match=f"the re-run ends at seq {events}, before the record does"
        ):
            resumed(tmp_path / "run", EVENTS[:events])
    assert verify(tmp_path / "run").problems == ()


def test_a_re_run_that_goes_on_after_a_complete_run_is_refused(tmp_path: Path) -> None:
    for events in (40, 45):
        write_controls(tmp_path / str(events), EVENTS[:events])
        with pytest.raises(JournalError, match=f"the re-run goes on after seq {events}"):
            resumed(tmp_path / str(events), EVENTS)
        assert verify(tmp_path / str(events)).problems == ()
        assert RunLog.open(tmp_path / str(events)).state == "complete"


def test_another_header_is_refused(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    with pytest.raises(JournalError, match="is the record of another run: its header differs"):
        Journal.resume(tmp_path / "run", {"name": "other"})
    with pytest.raises(JournalError, match="is not a run folder"):
        Journal.resume(tmp_path / "nowhere", HEADER)


def test_a_damaged_run_is_not_resumed(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    path = tmp_path / "run" / "manifest.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":3'))
    with pytest.raises(JournalError, match="line 3 does not follow the line before it"):
        Journal.resume(tmp_path / "run", HEADER)


@pytest.mark.parametrize("fork", [0, 9, 10, 25, 46])
def test_equal_chains_prove_the_common_past_of_a_fork(tmp_path: Path, fork: int) -> None:
    forked = [*EVENTS]
    forked[fork] = happened(
        "rule_changed", EVENTS[fork].time_us, rule="x", value="1", unit="", status=""
    )
    for name, events in (("run", EVENTS), ("fork", forked)):
        with Journal.create(tmp_path / name, {"name": name}, 10) as journal:
            for event in events:
                journal.append(event)
            journal.complete({})
    past = common_past(RunLog.open(tmp_path / "run"), RunLog.open(tmp_path / "fork"))
    assert (past.segments, past.last_seq) == (fork // 10, fork // 10 * 10)
    assert past.difference is not None
    assert past.difference.seq == fork + 1
    assert past.difference.second.startswith("rule_changed(")


def test_a_run_and_its_copy_share_everything(tmp_path: Path) -> None:
    write_mixed(tmp_path / "one")
    write_mixed(tmp_path / "two")
    past = common_past(RunLog.open(tmp_path / "one"), RunLog.open(tmp_path / "two"))
    assert (past.segments, past.last_seq, past.difference) == (3, 73, None)


def test_a_fork_that_has_more_events_parts_where_the_other_ends(tmp_path: Path) -> None:
    write_controls(tmp_path / "short", EVENTS[:42])
    write_controls(tmp_path / "long", EVENTS)
    past = common_past(RunLog.open(tmp_path / "short"), RunLog.open(tmp_path / "long"))
    assert (past.segments, past.last_seq, past.difference) == (4, 40, None)


def test_runs_cut_differently_are_not_compared(tmp_path: Path) -> None:
    write_controls(tmp_path / "one", EVENTS, 10)
    write_controls(tmp_path / "two", EVENTS, 20)
    with pytest.raises(JournalError, match="their chains cannot be compared"):
        common_past(RunLog.open(tmp_path / "one"), RunLog.open(tmp_path / "two"))


def test_order_rows_are_compared_with_the_record_too(tmp_path: Path) -> None:
    flow = order_flow(100)
    journal = Journal.create(tmp_path / "run", HEADER, 30)
    journal.append_rows(flow, 101)
    journal.complete({})
    trade = flow["trade"]
    changed = {**flow, "trade": trade.with_columns(maker=trade["maker"] + 1)}
    journal = Journal.resume(tmp_path / "run", HEADER)
    journal.append_rows(changed, 101)
    with pytest.raises(JournalError, match=f"at seq {trade['seq'][0]}: trade"):
        journal.complete({})
