"""A real log of older versions, read by a program whose kinds have moved on; and the other way round."""

import shutil
from pathlib import Path

import attrs
import polars as pl
import pytest

from analysis.audit import audit, read_terms
from analysis.tracing import explain
from sim.events import base, schema_of
from sim.events.history import unchanged
from sim.journal import Journal, JournalError, Parent, RunLog, chain_at, common_past, verify
from sim.journal.manifest import Manifest
from sim.journal.tables import table_schema
from sim.program import this_program
from sim.state import replay, state_after, state_hash
from sim.state.snapshots import Snapshots
from sim.units import INSTRUMENTS
from tests.events.changed_kinds import with_columns, with_more, with_new_kind
from tests.journal.journal_samples import HEADER, control_events, happened, order_flow, write_mixed
from tests.old_runs.recording import HERE

RECORDED = HERE / "0.1.0" / "full"

_NOTIONAL = (
    pl.col("price_ticks")
    * pl.col("quantity_lots")
    * pl.col("instrument").replace_strict(
        {symbol: found.tick_lot_minor for symbol, found in INSTRUMENTS.items()},
        return_dtype=pl.Int64,
    )
)
_LARGE = pl.col("amount_minor") > 10_000 * 1_000_000
_SIZE = pl.when(pl.col("large")).then(pl.lit("large")).otherwise(pl.lit("small"))
_LATE = pl.col("elapsed_us") > 60_000_000
_DELAY = pl.when(pl.col("late")).then(pl.lit("late")).otherwise(pl.lit("on time"))
OLD_KINDS = {"deposit_instructed", "order_refused", "trade"}


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A copy of a recorded run: commands keep snapshots beside it."""
    return Path(shutil.copytree(RECORDED, tmp_path / "run"))


@pytest.fixture
def as_written(run_dir: Path) -> RunLog:
    return RunLog.open(run_dir)


def move_on(patch: pytest.MonkeyPatch) -> None:
    """Let a day pass on which three kinds of both planes got new versions, one of them two."""
    with_more(patch, "trade", [("notional_minor", int, _NOTIONAL)])
    with_more(patch, "deposit_instructed", [("large", bool, _LARGE), ("size", str, _SIZE)])
    schema = schema_of("order_refused")
    reason = schema.columns[-1]
    assert isinstance(reason.type, tuple)
    more = attrs.evolve(reason, type=(*reason.type, "frozen"))
    with_columns(patch, "order_refused", (*schema.columns[:-1], more), unchanged)


def test_old_rows_are_scanned_as_rows_of_today(
    as_written: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("trade", "deposit_instructed", "order_refused")
    old = {kind: as_written.scan(kind).collect() for kind in kinds}
    move_on(monkeypatch)
    log = RunLog.open(as_written.run_dir)
    assert log.upcast_kinds == OLD_KINDS
    for kind in kinds:
        rows = log.scan(kind).collect()
        assert rows.schema == table_schema(kind)
        assert len(log.segments) > 1
        assert rows.height == log.rows(kind) == old[kind].height > 10
        kept = [name for name in old[kind].columns if name != "reason"]
        assert rows.select(kept).equals(old[kind].select(kept))
    trades, instructed = (log.scan(kind).collect() for kind in kinds[:2])
    assert trades["notional_minor"].to_list() == [
        row["price_ticks"] * row["quantity_lots"] * INSTRUMENTS[row["instrument"]].tick_lot_minor
        for row in old["trade"].iter_rows(named=True)
    ]
    assert set(instructed["size"]) == {"large", "small"}
    reasons = log.scan("order_refused").collect()["reason"]
    assert reasons.cast(pl.String).equals(old["order_refused"]["reason"].cast(pl.String))


def test_old_rows_are_filtered_projected_and_joined_like_any(
    as_written: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_on(monkeypatch)
    log = RunLog.open(as_written.run_dir)
    trades = log.scan("trade").collect()
    middle_us = int(trades["time_us"][trades.height // 2])
    late = trades.filter(pl.col("time_us") >= middle_us)
    assert log.scan("trade", since_us=middle_us).collect().equals(late)
    assert log.scan("trade", until_us=middle_us).collect().height == trades.height - late.height
    total = log.scan("trade").select(pl.col("notional_minor").sum()).collect(engine="streaming")
    assert total.item() == trades["notional_minor"].sum()
    shown = list(log.show(kinds=["trade"], since=middle_us, limit=3))
    assert [row["notional_minor"] for row in shown] == late["notional_minor"][:3].to_list()
    instructed = [event for _, event in log.events_of(["deposit_instructed"])]
    assert {type(event).version for event in instructed} == {3}
    assert [getattr(event, "size") for event in instructed] == (  # noqa: B009 - a field of tomorrow
        log.scan("deposit_instructed").collect()["size"].to_list()
    )


def test_verification_knows_the_rows_as_they_were_written_only(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = verify(run_dir).head
    halfway = chain_at(RunLog.open(run_dir), 3000)
    move_on(monkeypatch)
    found = verify(run_dir, expect_head=head)
    assert (found.problems, found.head, found.valid_events) == ((), head, found.events)
    old = "deposit_instructed 1, order_refused 1, trade 1"
    assert f"kinds in an older version, read as today's: {old}" in found.notes
    # Inside a segment the chain is digested anew: from the tables as they lie, in their version.
    assert chain_at(RunLog.open(run_dir), 3000) == halfway
    part = run_dir / "events" / "trade" / "00000001.parquet"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    assert "segment 1: events/trade/00000001.parquet" in verify(run_dir).problems[0]


def test_the_state_the_audit_and_the_explanations_are_those_of_that_time(
    as_written: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = read_terms(as_written.run_dir, as_written.header)
    findings = audit(as_written, terms).findings
    state = state_after(as_written, 3000).state()
    seq = int(as_written.scan("trade").collect()["seq"][-1])
    told = explain(as_written, seq, terms.regime)
    before = told.document()
    move_on(monkeypatch)
    log = RunLog.open(as_written.run_dir)
    assert audit(log, terms).findings == findings
    assert {finding.verdict for finding in findings} == {"kept"}
    again = replay(log)
    assert not again.problem
    assert (again.events, again.at_end) == (log.events, True)
    assert state_hash(state_after(log, 3000).state()) == state_hash(state)
    after = explain(log, seq, terms.regime).document()
    notional = after["event"].pop("notional_minor")
    assert after == before
    assert notional == log.scan("trade").collect()["notional_minor"][-1]


def test_sql_sees_rows_of_today(as_written: RunLog, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    from analysis.sql import query

    move_on(monkeypatch)
    log = RunLog.open(as_written.run_dir)
    trades = log.scan("trade").collect()
    text = "SELECT count(*), sum(notional_minor)::BIGINT, min(time_us) FROM trade"
    ((count, notional, first),) = query(log, text).rows
    assert (count, notional) == (trades.height, trades["notional_minor"].sum())
    assert first == trades["time_us"][0]
    ((events,),) = query(log, "SELECT count(DISTINCT seq) FROM events").rows
    assert events == log.events
    ((reason,),) = query(log, "SELECT reason FROM order_refused ORDER BY seq LIMIT 1").rows
    assert reason == log.scan("order_refused").collect()["reason"][0]


def test_two_logs_are_compared_by_what_happened_not_by_the_form_of_their_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = control_events(30)
    for name, changed in (("old", 25), ("older", 29)):
        other = [*events]
        other[changed - 1] = happened("run_ended", events[changed - 1].time_us, reason=name)
        with Journal.create(tmp_path / name, HEADER, 100) as journal:
            for event in other:
                journal.append(event)
            journal.complete({})
    with_more(monkeypatch, "deposit_credited", [("late", bool, _LATE)])
    past = common_past(RunLog.open(tmp_path / "old"), RunLog.open(tmp_path / "older"))
    assert past.difference is not None
    assert past.difference.seq == 25
    assert past.difference.first.startswith("run_ended(")


def test_an_old_run_is_read_but_not_lived_again_in_another_form(
    as_written: RunLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = as_written.run_dir
    manifest = (run_dir / "manifest.jsonl").read_bytes()
    move_on(monkeypatch)
    log = RunLog.open(run_dir)
    says = (
        r"can be read, but not lived again by this program: it holds deposit_instructed in version 1 "
        r"and would now be written in version 3; it was recorded by"
    )
    with pytest.raises(JournalError, match=says):
        Journal.resume(run_dir, log.header)
    until_us = log.segments[0].last_time_us
    with pytest.raises(JournalError, match=says):
        Journal.fork(tmp_path / "fork", log.header, Parent(log, 100, until_us))
    assert not (tmp_path / "fork").exists()
    assert (run_dir / "manifest.jsonl").read_bytes() == manifest


def test_a_log_that_changes_versions_on_its_way_is_read_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = order_flow(60)
    half = {kind: rows.filter(pl.col("seq") <= 30) for kind, rows in flow.items()}
    rest = {kind: rows.filter(pl.col("seq") > 30) for kind, rows in flow.items()}
    with Journal.create(tmp_path / "run", HEADER, 30) as journal:
        journal.append_rows(half, 31)
        journal.complete({})
    with_columns(
        monkeypatch,
        "trade",
        (*schema_of("trade").columns, base.Column("notional_minor", "int64")),
        lambda rows: rows.with_columns(notional_minor=_NOTIONAL),
    )
    rest["trade"] = rest["trade"].with_columns(notional_minor=pl.lit(5, pl.Int64))
    with Journal.create(tmp_path / "later", HEADER, 30) as journal:
        journal.append_rows(
            half | {"trade": half["trade"].with_columns(notional_minor=_NOTIONAL)}, 31
        )
        journal.append_rows(rest, 61)
        journal.complete({})
    first, later = RunLog.open(tmp_path / "run"), RunLog.open(tmp_path / "later")
    for kind in flow:
        name = f"events/{kind}/00000002.parquet"
        shutil.copy(tmp_path / "later" / name, tmp_path / "run" / name)
    both: Manifest = attrs.evolve(first._manifest, segments=(first.segments[0], later.segments[1]))
    log = RunLog(tmp_path / "run", both)
    assert [segment.part("trade").version for segment in log.segments] == [1, 2]  # type: ignore[union-attr]
    rows = log.scan("trade").collect()
    assert rows["seq"].to_list() == flow["trade"]["seq"].to_list()
    assert rows["notional_minor"].to_list() == [
        *half["trade"].select(_NOTIONAL).to_series().to_list(),
        *[5] * rest["trade"].height,
    ]


def test_what_a_newer_program_wrote_is_verified_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, *_, deposited = control_events(4)
    values = attrs.asdict(deposited)
    with monkeypatch.context() as tomorrow:
        lost = with_new_kind(tomorrow, "CoinLost")
        with_more(tomorrow, "deposit_credited", [("late", bool, _LATE), ("delay", str, _DELAY)])
        credited = base.KINDS["deposit_credited"]
        with Journal.create(tmp_path / "run", HEADER, 10) as journal:
            journal.append(started)
            journal.append(credited(**{**values, "cause": 1, "late": True, "delay": "late"}))
            journal.append(lost(time_us=values["time_us"], client=5))
            head = journal.complete({})
        assert [row["kind"] for row in RunLog.open(tmp_path / "run").show()] == [
            "run_started",
            "deposit_credited",
            "coin_lost",
        ]
    with pytest.raises(JournalError) as refused:
        RunLog.open(tmp_path / "run")
    now = this_program()
    assert str(refused.value) == (
        f"{tmp_path / 'run'} was written by a newer vatp ({now}; this is {now}): kind coin_lost, which "
        f"this program does not know; kind deposit_credited version 3, this program reads up to 1; "
        f"`vatp log verify` can still check that nobody changed it"
    )
    found = verify(tmp_path / "run", expect_head=head)
    assert found.problems == ()
    assert any("kind deposit_credited version 3" in note for note in found.notes)
    part = tmp_path / "run" / "events" / "coin_lost" / "00000001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    assert "events/coin_lost/00000001.parquet" in verify(tmp_path / "run").problems[0]


def test_a_version_without_its_step_is_named(
    as_written: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_of("trade")
    monkeypatch.setitem(base._SCHEMAS, "trade", attrs.evolve(schema, version=2))
    lost = "holds what this vatp cannot read .*: kind trade version 1, of which this program has lost the way to 2"
    with pytest.raises(JournalError, match=lost):
        RunLog.open(as_written.run_dir)
    with pytest.raises(JournalError, match="kind trade version 1, of which"):
        as_written.scan("trade")


def test_columns_changed_without_a_new_version_are_found_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = write_mixed(tmp_path / "run")
    schema = schema_of("trade")
    columns = (*schema.columns, base.Column("venue", "string"))
    monkeypatch.setitem(base._SCHEMAS, "trade", attrs.evolve(schema, columns=columns))
    problems = verify(tmp_path / "run", expect_head=head).problems
    assert (
        "events/trade/00000001.parquet: its columns are not those of version 1 of trade"
        in problems[0]
    )
    assert "column venue is missing" in problems[0]
    assert "changed the kind without raising its version" in problems[0]


def test_a_snapshot_of_another_vocabulary_is_not_believed(as_written: RunLog) -> None:
    snapshots = Snapshots(as_written)
    snapshots.keep(state_after(as_written, 2000))
    assert snapshots.nearest(2500).seq == 2000
    (kept,) = (as_written.run_dir / "snapshots").iterdir()
    data = kept.read_bytes()
    kept.write_bytes(data.replace(b'"code":"', b'"code":"0', 1))
    assert snapshots.nearest(2500).seq == 0
