"""Where two recorded runs part: sentences for both sides, also where the two read alike or one has ended."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sim import events
from sim.events import Event
from sim.experiments.shared_past import shared_past
from sim.journal import Journal, RunLog, chain_at
from sim.units import DAY_US, to_us

START = to_us(date(2023, 9, 1))
BEGUN = events.RunStarted(time_us=START, seed=1)


def sampled(ask_ticks: int = 200_000, bid_depth_lots: int = 7) -> Event:
    return events.BookSampled(
        time_us=START + DAY_US,
        instrument="BTC/HKD",
        bid_ticks=199_000,
        ask_ticks=ask_ticks,
        bid_depth_lots=bid_depth_lots,
        ask_depth_lots=8,
        reference_ticks=199_500,
    )


SAMPLED = sampled()


def written(
    folder: Path, happened: Sequence[Event], fork: dict[str, str | int] | None = None
) -> RunLog:
    header: dict[str, Any] = {"seed": 1} | ({"fork": fork} if fork else {})
    with Journal.create(folder, header) as journal:
        for event in happened:
            journal.append(event)
        journal.complete({})
    return RunLog.open(folder)


def test_each_side_has_its_own_event_in_a_sentence(tmp_path: Path) -> None:
    other = sampled(ask_ticks=201_000)
    past = shared_past(
        1, written(tmp_path / "a", [BEGUN, SAMPLED]), written(tmp_path / "b", [BEGUN, other])
    )
    assert (past.events, past.identical) == (1, False)
    assert past.baseline_departure is not None
    assert past.variant_departure is not None
    assert past.baseline_departure.time_us == START + DAY_US
    assert "ask HKD 200,000," in past.baseline_departure.sentence
    assert "ask HKD 201,000," in past.variant_departure.sentence
    assert past.difference is not None
    assert past.difference.first.startswith("book_sampled(seq=2, ")


def test_events_that_read_alike_are_told_apart_by_their_columns(tmp_path: Path) -> None:
    other = sampled(bid_depth_lots=9)
    past = shared_past(
        1, written(tmp_path / "a", [BEGUN, SAMPLED]), written(tmp_path / "b", [BEGUN, other])
    )
    assert past.baseline_departure is not None
    assert past.variant_departure is not None
    assert past.baseline_departure.sentence.endswith("199,500. (bid_depth_lots 7)")
    assert past.variant_departure.sentence.endswith("199,500. (bid_depth_lots 9)")


def test_a_log_that_ends_before_has_no_event_where_they_part(tmp_path: Path) -> None:
    past = shared_past(
        1, written(tmp_path / "a", [BEGUN]), written(tmp_path / "b", [BEGUN, SAMPLED])
    )
    assert past.events == 1
    assert not past.identical
    assert past.baseline_departure is None
    same = shared_past(1, written(tmp_path / "c", [BEGUN]), written(tmp_path / "d", [BEGUN]))
    assert (same.identical, same.variant_departure) == (True, None)


def test_a_fork_is_recognised_by_its_past_once_its_parent_was_taken_on(tmp_path: Path) -> None:
    parent = written(tmp_path / "parent", [BEGUN, SAMPLED])
    fork: dict[str, str | int] = {
        # The head that the parent had when it was stopped.
        "parent_head": "0" * 64,
        "at_us": START + 1,
        "common_events": 1,
        "common_chain": chain_at(parent, 1),
    }
    child = written(tmp_path / "child", [BEGUN, sampled(bid_depth_lots=9)], fork)
    sibling = written(tmp_path / "sibling", [BEGUN, sampled(bid_depth_lots=5)], fork)
    false = written(tmp_path / "false", [BEGUN, SAMPLED], fork | {"common_chain": "1" * 64})
    assert shared_past(1, parent, child).forked_at_us == START + 1
    assert shared_past(1, child, parent).forked_at_us == START + 1
    assert shared_past(1, child, sibling).forked_at_us is None
    assert shared_past(1, parent, false).forked_at_us is None
