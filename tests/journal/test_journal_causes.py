"""Causes followed both ways, across segments and for many events at once."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from sim.events import Event
from sim.journal import Journal, JournalError, RunLog
from sim.journal.causes import ancestors, chain, event_at, events_at, followers
from tests.journal.journal_samples import HEADER, happened, histories, memory_folder

SEGMENT_EVENTS = 4


def written(folder: Path, events: Sequence[Event]) -> RunLog:
    with Journal.create(folder, HEADER, segment_events=SEGMENT_EVENTS) as journal:
        for event in events:
            journal.append(event)
        journal.complete({})
    return RunLog.open(folder)


def line_of(causes: Sequence[int]) -> list[Event]:
    """Applications whose client is their own seq, with these causes."""
    return [
        happened("application_submitted", 1_000 + seq, cause=cause, client=seq, attempt=1)
        for seq, cause in enumerate(causes, 1)
    ]


@pytest.fixture
def tree(tmp_path: Path) -> RunLog:
    """1 leads to 2 and 4, 2 to 3, 4 to 5, 6 and 9; 7 and 8 stand alone; ten events in three segments."""
    return written(tmp_path / "run", line_of([0, 1, 2, 1, 4, 4, 0, 0, 4, 9]))


def seqs(rows: Sequence[dict[str, int | str | bool]]) -> list[int]:
    return [int(row["seq"]) for row in rows]


def test_an_event_is_found_by_its_seq_in_any_segment(tree: RunLog) -> None:
    assert len(tree.segments) == 3
    for seq in range(1, 11):
        row = event_at(tree, seq)
        assert (row["seq"], row["client"], row["kind"]) == (seq, seq, "application_submitted")
    assert list(events_at(tree, [9, 2, 9])) == [2, 9]


@pytest.mark.parametrize("seq", [-1, 0, 11])
def test_a_seq_that_is_not_in_the_log_is_refused_with_its_range(tree: RunLog, seq: int) -> None:
    with pytest.raises(JournalError, match="numbered from 1 to 10"):
        event_at(tree, seq)


def test_a_chain_goes_from_the_beginning_to_the_event(tree: RunLog) -> None:
    assert seqs(chain(tree, 10)) == [1, 4, 9, 10]
    assert seqs(chain(tree, 7)) == [7]


def test_ancestors_of_many_events_are_found_once_and_leave_the_events_out(tree: RunLog) -> None:
    assert sorted(ancestors(tree, [event_at(tree, seq) for seq in (3, 10)])) == [1, 2, 4, 9]
    assert sorted(ancestors(tree, [event_at(tree, seq) for seq in (4, 10)])) == [1, 9]


def test_followers_are_the_earliest_and_all_are_counted(tree: RunLog) -> None:
    found = followers(tree, [1, 4, 7], 2)
    assert {seq: seqs(followed.first) for seq, followed in found.items()} == {1: [2, 4], 4: [5, 6]}
    assert {seq: followed.total for seq, followed in found.items()} == {1: 2, 4: 3}


def test_followers_that_are_known_already_are_neither_returned_nor_counted(tree: RunLog) -> None:
    found = followers(tree, [1, 4], 5, without=[4, 5])
    assert {seq: seqs(followed.first) for seq, followed in found.items()} == {1: [2], 4: [6, 9]}
    assert found[4].total == 2
    assert followers(tree, [], 5) == {}


def test_followers_of_several_kinds_are_merged_in_seq_order(tmp_path: Path) -> None:
    log = written(
        tmp_path / "run",
        [
            happened("run_started", 1, seed=1),
            happened("training_completed", 2, cause=1, client=1, attempt=1),
            happened("application_submitted", 3, cause=1, client=2, attempt=1),
            happened("training_completed", 4, cause=1, client=3, attempt=1),
        ],
    )
    found = followers(log, [1], 2)[1]
    assert seqs(found.first) == [2, 3]
    assert found.kinds == {"training_completed": 2, "application_submitted": 1}


def test_a_missing_part_is_explained(tree: RunLog) -> None:
    part = tree.segments[1].parts[0]
    (tree.run_dir / part.path).unlink()
    assert event_at(tree, 1)["client"] == 1
    with pytest.raises(JournalError, match="is gone; `vatp log verify`"):
        event_at(tree, 6)


@settings(max_examples=20, deadline=None)
@given(histories(max_size=14))
def test_causes_agree_with_walking_the_events_themselves(events: list[Event]) -> None:
    with memory_folder() as folder:
        log = written(folder / "run", events)
        causes = {seq: event.cause for seq, event in enumerate(events, 1)}
        # The last events have the longest chains.
        for seq in list(causes)[-3:]:
            expected = [seq]
            while causes[expected[0]]:
                expected.insert(0, causes[expected[0]])
            assert seqs(chain(log, seq)) == expected
        found = followers(log, list(causes), len(events))
        after = {seq: [later for later, cause in causes.items() if cause == seq] for seq in causes}
        assert {seq: seqs(followed.first) for seq, followed in found.items()} == {
            seq: later for seq, later in after.items() if later
        }
