"""`vatp log replay`: the recorded states are rebuilt, and a difference is exit code 1."""

import shutil
from pathlib import Path

import pytest

from sim.journal import RunLog, mark
from sim.state import snapshots
from tests.cli.conftest import Finished, Vatp
from tests.state.folded_runs import edit_snapshot, first_seq, with_another_past


def test_a_whole_run_is_rebuilt_and_says_so(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("log", "replay", finished.run_dir)
    assert (answer.code, answer.err) == (0, "")
    events = f"{finished.document['events']:,}"
    assert f"{events} events folded, every recorded state is rebuilt" in answer.out
    assert answer.out.count(finished.document["state_hash"]) == 2
    assert "equal" in answer.out


def test_json_says_the_same(finished: Finished, vatp: Vatp) -> None:
    document = vatp("log", "replay", finished.run_dir, "--json").document
    assert (document["ok"], document["state"], document["broken"]) == (True, "complete", "")
    assert document["state_hash"] == finished.document["state_hash"]
    assert (document["head"], document["events"]) == (
        finished.document["head"],
        finished.document["events"],
    )
    (end,) = document["comparisons"]
    assert end["equal"] is True
    assert end["recorded"] == end["rebuilt"] == document["state_hash"]


def test_a_log_with_another_past_is_exit_code_1_and_says_where_to_look(
    finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    log = RunLog.open(finished.run_dir)
    seq = first_seq(log, "exposure_limit_set")
    forged = with_another_past(log, tmp_path / "forged", {seq: {"limit_minor": 1}})
    assert vatp("log", "verify", forged.run_dir).code == 0
    answer = vatp("log", "replay", forged.run_dir)
    assert answer.code == 1
    assert "DIFFERS" in answer.out
    assert f"the state after event {log.events:,} (" in answer.out
    assert "look between the start, and there" in answer.out
    document = vatp("log", "replay", forged.run_dir, "--json")
    assert (document.code, document.document["ok"]) == (1, False)


def test_an_event_that_cannot_follow_is_exit_code_1(
    finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    log = RunLog.open(finished.run_dir)
    seq = first_seq(log, "client_activated")
    forged = with_another_past(log, tmp_path / "forged", {seq: {"client": 99_999}})
    answer = vatp("log", "replay", forged.run_dir)
    assert answer.code == 1
    assert f"event {seq} is about client 99999, who never arrived" in answer.out


def test_a_run_that_was_killed_says_how_far_it_came_and_what_was_not_compared(
    finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    run = shutil.copytree(finished.run_dir, tmp_path / "run")
    path = run / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    answer = vatp("log", "replay", run)
    assert answer.code == 0
    events = f"{finished.document['events']:,}"
    assert f"{events} events folded; the run recorded no state to compare with" in answer.out
    standing = f"interrupted after {events} events, at 2023-09-22 00:00:00+08:00"
    helps = f"`vatp log resume {run}` takes it on"
    said = f"it recorded no state at its end; the run is {standing}; {helps}\n"
    assert said in answer.out
    document = vatp("log", "replay", run, "--json").document
    assert (document["state"], document["unfinished"]) == ("interrupted", standing)
    assert document["comparisons"] == []
    mark(run, "quarantined", "somebody doubted it")
    said = "it recorded no state at its end; the run is quarantined: somebody doubted it\n"
    assert said in vatp("log", "replay", run).out


def test_an_edited_snapshot_is_exit_code_1_and_replaced(
    finished: Finished, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 500)
    run = Path(shutil.copytree(finished.run_dir, tmp_path / "run"))
    state = ("log", "state", run, "--json")
    expected = vatp(*state).document
    assert "; 4 kept snapshots are what the log comes to" in vatp("log", "replay", run).out
    path = edit_snapshot(RunLog.open(run), 2000)
    assert vatp(*state).document != expected
    answer = vatp("log", "replay", run)
    assert answer.code == 1
    assert f"{path} is not the state after event 2,000, although its own digest fits" in answer.out
    assert "the right one has taken its place" in answer.out
    assert vatp(*state).document == expected
    path = edit_snapshot(RunLog.open(run), 1500)
    found = vatp("log", "replay", run, "--json")
    assert (found.code, found.document["ok"], found.document["snapshots_compared"]) == (1, False, 4)
    assert found.document["wrong_snapshots"] == [
        {"after_event": 1500, "path": str(path), "replaced": True, "reason": ""}
    ]
    assert vatp("log", "replay", run).code == 0


@pytest.mark.parametrize("name", ["missing", "scenario.toml"])
def test_what_is_no_run_is_exit_code_2(name: str, finished: Finished, vatp: Vatp) -> None:
    answer = vatp("log", "replay", finished.run_dir / name)
    assert (answer.code, answer.out) == (2, "")
    assert "is not a run folder" in answer.err
