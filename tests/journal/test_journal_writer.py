from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import KINDS, Event
from sim.journal import Journal, JournalError, RunLog, verify
from tests.journal.journal_samples import (
    HEADER,
    START_US,
    Frames,
    control_events,
    happened,
    histories,
    memory_folder,
    order_flow,
    python,
    rows_between,
    write_controls,
    write_mixed,
)

ORDERS = 90
SEGMENT = 25


@settings(max_examples=25, deadline=None)
@given(history=histories(), segment_events=st.integers(1, 40))
def test_every_kind_comes_back_as_it_was_appended(
    history: list[Event], segment_events: int
) -> None:
    with memory_folder() as folder:
        run_dir = folder / "run"
        head = write_controls(run_dir, history, segment_events)
        log = RunLog.open(run_dir)
        assert list(log.events_of(KINDS)) == list(enumerate(history, 1))
        assert (log.head, log.state, log.events) == (head, "complete", len(history))
        assert verify(run_dir, expect_head=head).problems == ()


def write_sliced(run_dir: Path, flow: Frames, cuts: Sequence[int], late: Sequence[bool]) -> str:
    """Write controls 1..12 and orders 13.., the orders in slices, some of them handed over late."""
    with Journal.create(run_dir, HEADER, SEGMENT) as journal:
        for event in control_events(12):
            journal.append(event)
        waiting: list[Frames] = []
        bounds = [13, *sorted(cuts), 13 + ORDERS]
        for first, after, is_late in zip(bounds[:-1], bounds[1:], [*late, False], strict=True):
            rows = rows_between(flow, first, after)
            if is_late:
                journal.reserve(after)
                waiting.append(rows)
                continue
            for earlier in waiting:
                journal.append_rows(earlier, journal.next_seq)
            waiting.clear()
            journal.append_rows(rows, after)
        assert journal.next_seq == 13 + ORDERS
        journal.append(happened("run_ended", START_US + 10**12, reason="horizon"))
        return journal.complete({})


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_equal_events_give_equal_heads_however_they_are_sliced(data: st.DataObject) -> None:
    flow = order_flow(ORDERS, first_seq=13)
    cuts = data.draw(st.lists(st.integers(13, 13 + ORDERS), max_size=8))
    late = data.draw(st.lists(st.booleans(), min_size=len(cuts), max_size=len(cuts)))
    with memory_folder() as folder:
        whole, sliced = folder / "whole", folder / "sliced"
        assert write_sliced(whole, flow, [], []) == write_sliced(sliced, flow, cuts, late)
        first, second = RunLog.open(whole), RunLog.open(sliced)
        assert first.segments == second.segments
        assert [segment.last_seq for segment in first.segments] == [25, 50, 75, 100, 103]


@pytest.mark.parametrize(
    ("events", "last_seqs"), [(0, []), (1, [1]), (9, [9]), (10, [10]), (21, [10, 20, 21])]
)
def test_segments_end_at_multiples_of_their_length(
    tmp_path: Path, events: int, last_seqs: list[int]
) -> None:
    write_controls(tmp_path / "run", control_events(events), segment_events=10)
    log = RunLog.open(tmp_path / "run")
    assert [segment.last_seq for segment in log.segments] == last_seqs
    assert log.events == events


def test_the_head_names_the_header_and_the_chain_only_the_events(tmp_path: Path) -> None:
    runs = []
    for name in ("one", "two"):
        with Journal.create(tmp_path / name, {"name": name}, 10) as journal:
            for event in control_events(15):
                journal.append(event)
            journal.complete({})
        runs.append(RunLog.open(tmp_path / name))
    assert [segment.chain for segment in runs[0].segments] == [
        segment.chain for segment in runs[1].segments
    ]
    assert runs[0].head != runs[1].head


def test_footers_do_not_change_the_head(tmp_path: Path) -> None:
    heads = set()
    for wall_s in (1, 2):
        with Journal.create(tmp_path / str(wall_s), HEADER, 10) as journal:
            heads.add(journal.complete({"wall_s": wall_s}))
        assert RunLog.open(tmp_path / str(wall_s)).footer == {"wall_s": wall_s}
    assert len(heads) == 1


def test_the_head_is_the_same_in_processes_with_different_hash_seeds(tmp_path: Path) -> None:
    here = write_mixed(tmp_path / "here")
    there = [python("mixed", str(tmp_path / seed), PYTHONHASHSEED=seed) for seed in ("1", "2")]
    assert [process.stdout for process in there] == [here, here], [
        process.stderr for process in there
    ]


def test_the_chain_of_a_known_history_never_changes(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", control_events(25))
    # Pinned: a change here means that heads noted with earlier versions no longer match.
    assert RunLog.open(tmp_path / "run").segments[-1].chain == PINNED_CHAIN


PINNED_CHAIN = "dc3c715b17dc3a5cdd119a0a28d7010cc7d36df9e6e7b5b15f14564bec718064"


class Recorder:
    """A projection that keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, Event]] = []

    def apply(self, seq: int, event: Event) -> None:
        self.seen.append((seq, event))


def test_projections_see_every_control_event_in_order(tmp_path: Path) -> None:
    first, second = Recorder(), Recorder()
    events = control_events(25)
    with Journal.create(tmp_path / "run", HEADER, 10) as journal:
        journal.attach(first)
        journal.attach(second)
        assert [journal.append(event) for event in events] == list(range(1, 26))
        journal.complete({})
    assert first.seen == second.seen == list(enumerate(events, 1))


def test_sources_are_asked_for_reserved_rows(tmp_path: Path) -> None:
    flow = order_flow(40)
    handed_over = 0
    with Journal.create(tmp_path / "run", HEADER, 10) as journal:

        def source() -> Frames:
            nonlocal handed_over
            rows = rows_between(flow, handed_over + 1, journal.next_seq)
            handed_over = journal.next_seq - 1
            return rows

        journal.attach_source(source)
        journal.reserve(18)
        journal.collect()
        journal.reserve(41)
        journal.append(happened("run_ended", START_US + 10**12, reason="horizon"))
        journal.seal()
        log = RunLog.open(tmp_path / "run")
        assert (log.state, log.events) == ("running", 41)
        with pytest.raises(JournalError, match="nothing can be added"):
            journal.append(happened("run_ended", START_US + 10**12, reason="again"))
        journal.complete({})
    assert sum(log.rows(kind) for kind in flow) == 40


def test_a_source_is_asked_when_control_events_pass_the_end_of_a_segment(tmp_path: Path) -> None:
    flow = order_flow(8)
    with Journal.create(tmp_path / "run", HEADER, 10) as journal:
        handed_over: list[Frames] = [flow]
        journal.attach_source(lambda: handed_over.pop() if handed_over else {})
        journal.reserve(9)
        for place in range(3):
            journal.append(happened("run_ended", START_US + 10**12 + place, reason="x"))
        journal._worker.wait()
        assert RunLog.open(tmp_path / "run").events == 10
        journal.complete({})


def test_rows_that_come_a_second_time_are_refused(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 40)
    journal.append_rows(FLOW, 31)
    with pytest.raises(JournalError, match="come a second time"):
        journal.append_rows(FLOW, 31)
    journal.interrupt("test")


@pytest.mark.parametrize("segment_events", [0, -1, 2**24 + 1])
def test_a_segment_has_a_sensible_length(tmp_path: Path, segment_events: int) -> None:
    with pytest.raises(JournalError, match="expected 1 to 16777216"):
        Journal.create(tmp_path / "run", HEADER, segment_events)


def test_a_caller_may_overwrite_its_arrays_after_handing_rows_over(tmp_path: Path) -> None:
    flow = order_flow(30)
    trade = flow["trade"]
    price = np.array(trade["price_ticks"].to_numpy())
    side = np.array(trade["taker_side"].to_physical().to_numpy())
    aliased = trade.with_columns(
        pl.Series("price_ticks", price),
        pl.Series("taker_side", side).cat.to(trade.schema["taker_side"]),
    )
    with Journal.create(tmp_path / "run", HEADER, 100) as journal:
        journal.append_rows({**flow, "trade": aliased}, 31)
        price[:] = -1
        side[:] = 1 - side
        journal.complete({})
    assert RunLog.open(tmp_path / "run").scan("trade").collect().equals(trade)


def changed(flow: Frames, **columns: Any) -> Frames:
    return {**flow, "trade": flow["trade"].with_columns(**columns)}


FLOW = order_flow(30)


@pytest.mark.parametrize(
    ("frames", "complaint"),
    [
        ({"trades": FLOW["trade"]}, "no event kind 'trades'; did you mean trade"),
        (changed(FLOW, extra=pl.lit(1)), "column extra is not in the table"),
        ({"trade": FLOW["trade"].drop("maker")}, "column maker is missing"),
        (
            changed(FLOW, maker=pl.col("maker").cast(pl.Int32)),
            "column maker is Int32, expected Int64",
        ),
        (changed(FLOW, rule=pl.lit(None, pl.String)), "missing values in rule"),
        ({"trade": FLOW["trade"].select(reversed(FLOW["trade"].columns))}, "columns are ordered"),
        ({"trade": FLOW["trade"].reverse()}, "expected rising ones"),
        (
            changed(FLOW, seq=pl.col("seq") + 100),
            "have seqs from .* expected rising ones from 1 to 30",
        ),
    ],
)
def test_rows_that_do_not_fit_their_table_are_refused(
    tmp_path: Path, frames: Frames, complaint: str
) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 100)
    with pytest.raises(JournalError, match=complaint):
        journal.append_rows(frames, 31)
    journal.interrupt("test")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"time_us": pl.lit(1, pl.Int64)}, "is before"),
        ({"cause": pl.col("seq")}, "is not an event before seq"),
        ({"cause": pl.lit(-1, pl.Int64)}, "cause -1 is not an event"),
    ],
)
def test_rows_out_of_order_are_never_sealed(
    tmp_path: Path, change: dict[str, pl.Expr], complaint: str
) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 100)
    journal.append_rows(changed(FLOW, **change), 31)
    with pytest.raises(JournalError, match=f"segment 1: trade row .*{complaint}"):
        journal.complete({})
    log = RunLog.open(tmp_path / "run")
    assert (log.state, log.events) == ("interrupted", 0)
    assert complaint.rsplit(maxsplit=1)[-1] in log.reason


def test_a_seq_that_comes_twice_is_never_sealed(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 100)
    taken = FLOW["order_accepted"]["seq"][: FLOW["trade"].height]
    journal.append_rows(changed(FLOW, seq=taken, cause=pl.lit(0, pl.Int64)), 31)
    with pytest.raises(JournalError, match="is also that of a row of"):
        journal.complete({})


def test_reserved_rows_that_never_come_are_named_at_the_end(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 100)
    journal.append_rows(rows_between(FLOW, 1, 11), 11)
    journal.reserve(14)
    journal.append_rows(rows_between(FLOW, 14, 31), 31)
    with pytest.raises(JournalError, match=r"seq 11 is missing \(3 of 30 are\)"):
        journal.complete({})


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (
            happened("run_ended", START_US - 1, reason="x"),
            "event 2 .RunEnded. happens at .* before",
        ),
        (happened("run_ended", START_US, cause=2, reason="x"), "names 2 as its cause"),
        (happened("run_ended", START_US, cause=-1, reason="x"), "names -1 as its cause"),
    ],
)
def test_events_that_contradict_the_log_are_refused(
    tmp_path: Path, event: Event, complaint: str
) -> None:
    with Journal.create(tmp_path / "run", HEADER) as journal:
        journal.append(happened("run_started", START_US, seed=1))
        with pytest.raises(JournalError, match=complaint):
            journal.append(event)
        journal.complete({})
    assert RunLog.open(tmp_path / "run").events == 1


@pytest.mark.parametrize(
    ("kind", "payload", "complaint"),
    [
        ("run_started", {"seed": 1.0}, r"event 2 \(run_started\): seed is 1.0; expected int"),
        ("run_started", {"seed": 2**63}, "seed is 9223372036854775808; expected int"),
        ("run_started", {"seed": None}, "seed is None; expected int"),
        ("run_ended", {"reason": None}, "reason is None; expected str"),
        ("run_ended", {"reason": 7}, "reason is 7; expected str"),
        ("risk_profiled", {"client": 1, "risk_class": 5}, "risk_class is 5; expected RiskClass"),
        ("risk_profiled", {"client": 1, "risk_class": -1}, "risk_class is -1; expected RiskClass"),
        (
            "knowledge_tested",
            {"client": 1, "attempt": 1, "passed": 1},
            "passed is 1; expected bool",
        ),
    ],
)
def test_a_value_that_fits_no_column_is_named(
    tmp_path: Path, kind: str, payload: dict[str, Any], complaint: str
) -> None:
    journal = Journal.create(tmp_path / "run", HEADER)
    journal.append(happened("run_started", START_US, seed=1))
    journal.append(happened(kind, START_US, **payload))
    with pytest.raises(JournalError, match=complaint):
        journal.complete({})


def test_numpy_integers_and_booleans_are_taken_for_what_they_are(tmp_path: Path) -> None:
    event = happened(
        "knowledge_tested", START_US, client=np.int64(7), attempt=np.int32(1), passed=np.bool_(True)
    )
    write_controls(tmp_path / "run", [event])
    assert [found for _, found in RunLog.open(tmp_path / "run").control_events()] == [event]


def test_a_class_that_is_no_registered_kind_is_refused(tmp_path: Path) -> None:
    class Rumour(Event):
        pass

    journal = Journal.create(tmp_path / "run", HEADER)
    with pytest.raises(JournalError, match="Rumour is not a registered event kind"):
        journal.append(Rumour(time_us=1))
    journal.interrupt("test")


def test_an_exception_interrupts_the_run_and_keeps_what_came(tmp_path: Path) -> None:
    def live() -> None:
        with Journal.create(tmp_path / "run", HEADER, 10) as journal:
            for event in control_events(13):
                journal.append(event)
            raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError, match="the power failed"):
        live()
    log = RunLog.open(tmp_path / "run")
    assert (log.state, log.reason, log.events) == (
        "interrupted",
        "RuntimeError: the power failed",
        13,
    )
    assert verify(tmp_path / "run").problems == ()


def test_an_interrupted_run_keeps_its_rows_up_to_the_first_that_never_came(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 100)
    journal.append_rows(rows_between(FLOW, 1, 11), 11)
    journal.reserve(14)
    journal.append_rows(rows_between(FLOW, 14, 31), 31)
    journal.interrupt("stopped by hand")
    assert RunLog.open(tmp_path / "run").events == 10
    assert verify(tmp_path / "run").problems == ()


def test_a_run_left_without_completing_is_interrupted(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER) as journal:
        journal.append(happened("run_started", START_US, seed=1))
    assert RunLog.open(tmp_path / "run").state == "interrupted"


def test_a_run_whose_check_failed_is_quarantined(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER) as journal:
        journal.append(happened("run_started", START_US, seed=1))
        journal.quarantine("the log does not rebuild the live state", {"state_hash": "00"})
    log = RunLog.open(tmp_path / "run")
    assert (log.state, log.reason, log.events) == (
        "quarantined",
        "the log does not rebuild the live state",
        1,
    )


def test_nothing_can_be_added_to_a_closed_journal(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER) as journal:
        journal.complete({})
        with pytest.raises(JournalError, match="nothing can be added"):
            journal.append(happened("run_started", START_US, seed=1))
        with pytest.raises(JournalError, match="nothing can be added"):
            journal.append_rows(FLOW, 31)
        with pytest.raises(JournalError, match="the journal is closed"):
            journal.complete({})


@pytest.mark.parametrize("bad", [{"x": float("nan")}, {"x": {1, 2}}, {"x": Path()}])
def test_a_header_that_is_not_json_is_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(JournalError, match="the header of a run must be JSON"):
        Journal.create(tmp_path / "run", bad)


@pytest.mark.parametrize("name", ["manifest.jsonl", "events", "a/b", "../x", ""])
def test_an_attachment_lies_beside_the_manifest(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError, match="cannot be the name of a file beside the manifest"):
        Journal.create(tmp_path / "run", HEADER, attachments={name: b""})


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "stopped by Ctrl-C"),
        (SystemExit(143), "asked to end"),
        (JournalError("cannot write: the disk is full"), "cannot write: the disk is full"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_what_stopped_a_run_is_said_as_people_say_it(
    tmp_path: Path, error: BaseException, said: str
) -> None:
    def live() -> None:
        with Journal.create(tmp_path / "run", HEADER):
            raise error

    with pytest.raises(type(error)):
        live()
    assert RunLog.open(tmp_path / "run").reason == said
