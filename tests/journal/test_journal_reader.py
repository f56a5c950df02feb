import pickle
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sim.events import KINDS
from sim.journal import Journal, JournalError, RunLog, table_schema
from tests.journal.journal_samples import (
    HEADER,
    START_US,
    control_events,
    order_flow,
    rows_between,
    write_controls,
    write_mixed,
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> RunLog:
    run_dir = tmp_path_factory.mktemp("runs [1]") / "run*"
    write_mixed(run_dir)
    return RunLog.open(run_dir)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_rows_is_an_empty_table_of_its_schema(tmp_path: Path, kind: str) -> None:
    write_controls(tmp_path / "run", [])
    frame = RunLog.open(tmp_path / "run").scan(kind).collect()
    assert frame.height == 0
    assert frame.schema == table_schema(kind)


def test_a_scan_joins_the_segments_in_order(mixed: RunLog) -> None:
    flow = order_flow(60, first_seq=13)
    assert len(mixed.segments) == 3
    for kind, frame in flow.items():
        assert mixed.scan(kind).collect().equals(frame)
        assert mixed.rows(kind) == frame.height
    assert set(flow) < set(mixed.kinds)


@pytest.mark.parametrize(("since", "until"), [(0, 10**18), (5, 20), (12, 13), (30, 30), (59, 61)])
def test_a_scan_of_a_time_span_keeps_its_rows_only(mixed: RunLog, since: int, until: int) -> None:
    frame = pl.concat(order_flow(60, first_seq=13).values(), how="diagonal").sort("seq")
    times = [*frame["time_us"].to_list(), 10**18]
    since_us, until_us = times[min(since, 60)], times[min(until, 60)]
    inside = frame.filter(pl.col("time_us").is_between(since_us, until_us, closed="left"))
    found = [mixed.scan(kind, since_us, until_us).collect() for kind in order_flow(1)]
    assert (
        sorted(seq for table in found for seq in table["seq"].to_list()) == inside["seq"].to_list()
    )


def test_an_unknown_kind_is_named_with_the_nearest(mixed: RunLog) -> None:
    with pytest.raises(JournalError, match="there is no event kind 'trads'; did you mean trade"):
        mixed.scan("trads")
    with pytest.raises(JournalError, match="there is no event kind 'trads'"):
        list(mixed.show(kinds=["trads"]))


def test_control_events_come_back_in_order(mixed: RunLog) -> None:
    found = list(mixed.control_events())
    assert [event for _, event in found[:-1]] == control_events(12)
    assert [seq for seq, _ in found] == [*range(1, 13), 73]


def test_rows_are_shown_in_order_with_all_their_values(mixed: RunLog) -> None:
    rows = list(mixed.show())
    assert [row["seq"] for row in rows] == list(range(1, 74))
    first = {
        "seq": 1,
        "time_us": START_US,
        "kind": "run_started",
        "cause": 0,
        "rule": "",
        "seed": 7,
    }
    assert rows[0] == first
    assert list(rows[0])[:3] == ["seq", "time_us", "kind"]
    trade = next(row for row in rows if row["kind"] == "trade")
    expected = order_flow(60, first_seq=13)["trade"].row(0, named=True)
    assert {key: value for key, value in trade.items() if key != "kind"} == expected


def in_memory(**conditions: Any) -> list[int]:
    """The filters of `show`, over rows held in memory."""
    rows = [
        {"kind": kind, **row}
        for kind, frame in order_flow(60, first_seq=13).items()
        for row in frame.iter_rows(named=True)
    ]
    kept = [
        row["seq"]
        for row in rows
        if row["kind"] in conditions.get("kinds", [row["kind"]])
        and conditions.get("client", row.get("client"))
        in {row.get("client"), row.get("taker"), row.get("maker")}
        and conditions.get("since", 0) <= row["time_us"] < conditions.get("until", 2**62)
    ]
    return sorted(kept)[: conditions.get("limit")]


@pytest.mark.parametrize(
    "conditions",
    [
        {"kinds": ["trade"]},
        {"kinds": ["trade", "order_cancelled"], "limit": 5},
        {"kinds": ["order_accepted"], "client": 3},
        {"kinds": ["trade", "order_accepted", "order_cancelled"], "client": 5, "limit": 3},
        {"kinds": ["trade"], "since": START_US + 3_000_000, "until": START_US + 7_000_000},
        {"kinds": ["trade"], "limit": 0},
        {"kinds": []},
        {"kinds": ["trade"], "client": -1},
    ],
)
def test_rows_are_filtered_by_kind_client_and_time(
    mixed: RunLog, conditions: dict[str, Any]
) -> None:
    shown = [row["seq"] for row in mixed.show(**conditions)]
    assert shown == in_memory(**conditions)


def test_one_client_is_followed_through_every_kind(mixed: RunLog) -> None:
    shown = list(mixed.show(client=5))
    assert {row["kind"] for row in shown} == {"order_accepted", "order_cancelled", "trade"}
    assert all(5 in {row.get("client"), row.get("taker"), row.get("maker")} for row in shown)
    assert next(mixed.show(client=102))["kind"] == "knowledge_tested"


def test_the_header_the_footer_and_the_state_are_kept(mixed: RunLog) -> None:
    assert (mixed.header, mixed.footer, mixed.state, mixed.reason) == (
        HEADER,
        {"wall_s": 1.5},
        "complete",
        "",
    )
    assert (mixed.segment_events, mixed.events) == (25, 73)
    assert RunLog.open(str(mixed.run_dir)) == mixed


def test_an_opened_log_can_be_sent_to_another_process(mixed: RunLog) -> None:
    assert pickle.loads(pickle.dumps(mixed)) == mixed  # noqa: S301 - its own bytes


def test_a_run_is_read_while_it_is_written(tmp_path: Path) -> None:
    flow = order_flow(50)
    with Journal.create(tmp_path / "run", HEADER, 20) as journal:
        journal.append_rows(flow, 51)
        journal._worker.wait()
        log = RunLog.open(tmp_path / "run")
        assert (log.state, log.events, log.footer) == ("running", 40, {})
        assert log.scan("trade").collect().equals(rows_between(flow, 1, 41)["trade"])
        journal.complete({})
    assert log.events == 40
    assert RunLog.open(tmp_path / "run").events == 50


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"is not a run folder: it has no manifest\.jsonl"):
        RunLog.open(tmp_path)
    with pytest.raises(JournalError, match="is not a run folder"):
        RunLog.open(tmp_path / "nowhere")


def test_a_part_that_is_gone_is_named(tmp_path: Path) -> None:
    write_mixed(tmp_path / "run")
    log = RunLog.open(tmp_path / "run")
    part = log.segments[1].part("trade")
    assert part is not None
    (tmp_path / "run" / part.path).unlink()
    with pytest.raises(JournalError, match=r"events/trade/00000002\.parquet is gone"):
        log.scan("trade")


def test_a_part_whose_bytes_changed_is_named_before_it_is_read(tmp_path: Path) -> None:
    write_mixed(tmp_path / "run")
    log = RunLog.open(tmp_path / "run")
    (tmp_path / "run" / "events" / "run_started" / "00000001.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(JournalError, match=r"run_started/00000001\.parquet: has 12 bytes"):
        list(log.control_events())


def test_a_damaged_manifest_is_refused_with_the_line(tmp_path: Path) -> None:
    write_mixed(tmp_path / "run")
    path = tmp_path / "run" / "manifest.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join([lines[0], lines[1], lines[2].replace(b'"number":2', b'"number":3'), *lines[3:]])
    )
    with pytest.raises(
        JournalError, match=r"manifest\.jsonl: line 3 does not follow .* valid up to seq 25"
    ):
        RunLog.open(tmp_path / "run")


def test_a_scan_refuses_a_part_that_is_not_what_was_sealed(tmp_path: Path) -> None:
    """A measure of changed rows would be wrong without saying so."""
    run_dir = tmp_path / "run"
    write_mixed(run_dir)
    log = RunLog.open(run_dir)
    part = log.segments[0].parts[0]
    path = run_dir / part.path
    rows = pl.read_parquet(path)
    rows.with_columns(pl.col("time_us") + 1).write_parquet(path)
    with pytest.raises(JournalError, match=re.escape(part.path)):
        log.scan(part.kind)
