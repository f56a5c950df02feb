"""Replay: the log alone rebuilds every state that the run recorded, and nothing else passes for it."""

import zlib
from datetime import date, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest

from sim.journal import Journal, JournalError, RunLog, verify
from sim.state import Fold, FoldError, replay, snapshots, state_after, state_hash
from sim.state.live import month_starts
from sim.state.snapshots import Snapshots
from sim.units import HKT, to_us
from tests.state.folded_runs import LEVELS, copy_of, edit_snapshot, first_seq, with_another_past

Runs = dict[str, RunLog]
SEPTEMBER = to_us(date(2023, 9, 1))


@pytest.mark.parametrize("level", LEVELS)
def test_every_recorded_state_is_rebuilt_from_the_log(runs: Runs, level: str) -> None:
    log = runs[level]
    found = replay(log)
    assert [comparison.equal for comparison in found.comparisons] == [True, True]
    assert (found.problem, found.at_end, found.events) == (False, True, log.events)
    middle, end = found.comparisons
    assert middle.time_us == SEPTEMBER
    assert middle.seq == first_seq(log, "state_checkpointed") - 1
    assert (end.seq, end.recorded) == (log.events, log.footer["state_hash"])
    assert middle.rebuilt != end.rebuilt == found.state_hash


def test_states_of_the_three_log_levels_agree_in_the_parts_they_share(runs: Runs) -> None:
    states = {}
    for level, log in runs.items():
        fold = Fold(log)
        fold.advance(log.events)
        states[level] = fold.state()
    assert set(states["control"]) == {"ledger", "register"}
    assert set(states["trades"]) == {*states["control"], "balances", "fees"}
    assert {"held", "book BTC/HKD"} <= set(states["full"]) - set(states["trades"])
    for less, more in (("control", "trades"), ("trades", "full")):
        shared = {name: states[more][name] for name in states[less]}
        assert state_hash(shared) == state_hash(states[less])


def test_the_state_does_not_depend_on_the_cuts_of_a_fold(runs: Runs) -> None:
    log = runs["full"]
    whole = Fold(log)
    whole.advance(log.events)
    pieces = Fold(log)
    for seq in range(0, log.events, log.events // 7):
        pieces.advance(seq)
    pieces.advance(log.events)
    assert state_hash(pieces.state()) == state_hash(whole.state())


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("deposit_credited", {"amount_minor": 12_340_000}),
        ("exposure_limit_set", {"limit_minor": 1}),
        ("fees_swept", {"amount_minor": 10_000}),
    ],
)
def test_a_log_with_another_past_is_found_between_the_checkpoints(
    runs: Runs, tmp_path: Path, kind: str, changes: dict[str, int]
) -> None:
    log = runs["full"]
    seq = first_seq(log, kind, pl.col("time_us") > SEPTEMBER)
    forged = with_another_past(log, tmp_path / "forged", {seq: changes})
    assert verify(forged.run_dir).problems == ()
    found = replay(forged)
    assert found.problem
    wrong, right = found.first_difference, found.last_agreement
    if not found.broken:
        assert wrong is not None
        assert right is not None
        assert right.seq < seq <= wrong.seq


def test_an_unchanged_copy_sealed_anew_replays(runs: Runs, tmp_path: Path) -> None:
    copied = with_another_past(runs["full"], tmp_path / "copied", {})
    assert copied.segments[-1].chain == runs["full"].segments[-1].chain
    assert not replay(copied).problem


def test_an_event_that_cannot_follow_is_named(runs: Runs, tmp_path: Path) -> None:
    log = runs["trades"]
    seq = first_seq(log, "withdrawal_requested")
    forged = with_another_past(log, tmp_path / "forged", {seq: {"amount_minor": 2**60}})
    found = replay(forged)
    assert f"event {seq} withdrawal_requested overdraws" in found.broken
    assert found.problem
    stranger = first_seq(log, "client_activated")
    forged = with_another_past(log, tmp_path / "stranger", {stranger: {"client": 9_999}})
    assert f"event {stranger} is about client 9999, who never arrived" in replay(forged).broken


def test_a_run_that_was_cut_off_is_compared_at_its_checkpoints(runs: Runs, tmp_path: Path) -> None:
    cut = copy_of(runs["full"], tmp_path / "cut")
    path = cut.run_dir / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    log = RunLog.open(cut.run_dir)
    found = replay(log)
    assert log.state == "interrupted"
    assert [comparison.equal for comparison in found.comparisons] == [True]
    assert (found.at_end, found.problem, found.events) == (False, False, log.events)


def test_a_damaged_part_is_not_believed(runs: Runs, tmp_path: Path) -> None:
    copied = copy_of(runs["trades"], tmp_path / "copied")
    part = copied.run_dir / copied.segments[0].parts[0].path
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(JournalError, match="its bytes are not those that were sealed"):
        replay(copied)


def test_a_log_that_no_scenario_wrote_is_refused(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "other", {"name": "other"}) as journal:
        journal.complete({})
    with pytest.raises(FoldError, match="no log level in its header"):
        replay(RunLog.open(tmp_path / "other"))


def test_checkpoints_are_the_first_instants_of_months_in_hong_kong_strictly_inside() -> None:
    start, end = to_us(datetime(2023, 11, 1, tzinfo=HKT)), to_us(datetime(2024, 2, 1, tzinfo=HKT))
    expected = [to_us(date(2023, 12, 1)), to_us(date(2024, 1, 1))]
    assert list(month_starts(start, end)) == expected
    assert list(month_starts(start, end + 1)) == [*expected, end]
    assert list(month_starts(start - 1, expected[0])) == [start]
    assert list(month_starts(start, start + 1)) == []


@pytest.mark.parametrize("level", LEVELS)
def test_kept_snapshots_are_compared_with_the_log_and_an_edited_one_is_replaced(
    runs: Runs, tmp_path: Path, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 1)
    log = copy_of(runs[level], tmp_path / "run")
    state_after(log, log.events)
    kept = Snapshots(log)
    places = kept.believed()
    found = replay(log)
    assert (found.problem, found.snapshots, found.wrong_snapshots) == (False, len(places), ())
    assert len(places) > 10
    good = {seq: kept.path(seq).read_bytes() for seq in places}
    edited = [places[3], places[-1]]
    for seq in edited:
        if level == "control":
            # Where the log keeps no trades a snapshot has no balances, and none may be put there.
            fold = kept.nearest(seq)
            fold.terms.fees.clear()
            kept.keep(fold)
        else:
            edit_snapshot(log, seq)
    assert state_hash(state_after(log, log.events).contents()) != folded(log, log.events)
    found = replay(log)
    assert found.problem
    assert [wrong.seq for wrong in found.wrong_snapshots] == edited
    assert all(comparison.equal for comparison in found.comparisons)
    assert {seq: kept.path(seq).read_bytes() for seq in places} == good
    assert not replay(log).problem


def folded(log: RunLog, seq: int) -> str:
    fold = Fold(log)
    fold.advance(seq)
    return state_hash(fold.contents())


def test_a_snapshot_of_nonsense_whose_digest_fits_is_wrong_and_never_opened_by_a_question(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 1)
    log = copy_of(runs["trades"], tmp_path / "run")
    state_after(log, log.events)
    kept = Snapshots(log)
    last = kept.believed()[-1]
    nothing = msgspec.msgpack.encode({"seq": last})
    for body in (b"nothing", zlib.compress(b"nothing"), zlib.compress(nothing)):
        forge(kept, last, body)
        assert last in kept.believed()
        assert kept.nearest(last).seq < last
        assert [wrong.seq for wrong in replay(log).wrong_snapshots] == [last]
        assert not replay(log).problem


def forge(kept: Snapshots, seq: int, body: bytes) -> None:
    """Write a snapshot that holds anything, under the label that its bytes ask for."""
    code, digest = snapshots._code_digest(), snapshots._digest(body)
    label = snapshots._Label(seq, kept._chain(seq), code, digest)
    kept.path(seq).write_bytes(msgspec.json.encode(label) + b"\n" + body)


def test_a_wrong_snapshot_that_cannot_be_replaced_is_taken_away_or_named_with_the_reason(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 1)
    log = copy_of(runs["trades"], tmp_path / "run")
    state_after(log, log.events)
    seq = Snapshots(log).believed()[0]
    path = edit_snapshot(log, seq)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        (wrong,) = replay(log).wrong_snapshots
        assert "Permission denied" in wrong.refused
        assert path.exists()
    (wrong,) = replay(log).wrong_snapshots
    assert wrong.refused == ""
    assert not path.exists()
