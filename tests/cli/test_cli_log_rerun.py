"""`vatp log resume`, `vatp log fork` and `vatp compare RUN FORK` on a small run with short segments."""

import shutil
from pathlib import Path

import pytest

import sim.journal.writer
import sim.run
from sim.events import RunStarted
from sim.journal import RunLog, verify
from sim.run import run
from sim.scenario import load
from tests.cli.conftest import Vatp
from tests.cli.front_desk import finish, start

AT = "2023-09-12"
CAP = '[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "1 %"\nsource = "what-if"\n'


@pytest.fixture(scope="module")
def whole(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run in many segments."""
    run_dir = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.journal.writer, "FIRST_SEGMENT_EVENTS", 100)
        run(load(tiny), seed=1, run_dir=run_dir)
    return run_dir


@pytest.fixture(scope="module")
def killed(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run as a kill after five segments leaves it."""
    run_dir = tmp_path_factory.mktemp("killed") / "run"
    shutil.copytree(whole, run_dir)
    path = run_dir / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:6]))
    return run_dir


def copied(run_dir: Path, folder: Path) -> Path:
    shutil.copytree(run_dir, folder / "run")
    return folder / "run"


def test_a_killed_run_is_resumed_to_the_head_of_the_whole_one(
    whole: Path, killed: Path, tmp_path: Path, vatp: Vatp
) -> None:
    run_dir = copied(killed, tmp_path)
    complete = RunLog.open(whole)
    answer = vatp("log", "resume", run_dir, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.document
    assert found["head"] == complete.head
    assert found["recorded_events"] == complete.segments[4].last_seq
    assert found["recorded_events"] + found["new_events"] == complete.events
    assert verify(run_dir, expect_head=complete.head).problems == ()


def test_a_complete_run_says_so_and_gives_its_head(whole: Path, vatp: Vatp) -> None:
    before = (whole / "manifest.jsonl").read_bytes()
    answer = vatp("log", "resume", whole)
    assert answer.code == 0
    assert "is complete" in answer.out
    assert RunLog.open(whole).head in answer.out
    assert (whole / "manifest.jsonl").read_bytes() == before


def test_a_record_that_is_not_that_life_is_quarantined(
    killed: Path, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = copied(killed, tmp_path)
    # The program is another one than when the run was recorded.
    monkeypatch.setattr(
        sim.run, "RunStarted", lambda time_us, seed: RunStarted(time_us=time_us, seed=seed + 1)
    )
    answer = vatp("log", "resume", run_dir)
    assert answer.code == 1
    assert "is quarantined: the re-run differs from" in answer.err
    recorded, now = answer.err.split(" on record")
    assert "at seq 1: run_started(seq=1" in recorded
    assert "seed=1)" in recorded
    assert "seed=2) now" in now
    log = RunLog.open(run_dir)
    assert (log.state, len(log.segments)) == ("quarantined", 5)
    assert log.reason in answer.err
    assert verify(run_dir).problems == ()


def test_a_record_with_a_changed_byte_is_quarantined_and_not_lived_again(
    killed: Path, tmp_path: Path, vatp: Vatp
) -> None:
    run_dir = copied(killed, tmp_path)
    part = min((run_dir / "events").rglob("00000003.parquet"))
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    answer = vatp("log", "resume", run_dir, "--json")
    assert answer.code == 1
    assert "segment 3" in answer.document["error"]["messages"][0]
    assert RunLog.open(run_dir).state == "quarantined"


def test_what_is_no_run_or_cannot_be_lived_again_is_a_sentence(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    answer = vatp("log", "resume", tmp_path / "nowhere")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.endswith("is not a run folder: it has no manifest.jsonl\n")
    prices = tmp_path / "prices.csv"
    rows = [
        f"2023-{month}-01T00:00:00Z,{asset},{price}"
        for month in ("08", "09", "10")
        for asset, price in (("BTC", 26000), ("ETH", 1700))
    ]
    prices.write_text("time,asset,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    run_dir = tmp_path / "priced"
    run(load(tiny, settings=(f"world.reference.file={prices}",)), seed=1, run_dir=run_dir)
    manifest = run_dir / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes().splitlines(keepends=True)[0])
    moved = prices.rename(tmp_path / "moved.csv")
    answer = vatp("log", "resume", run_dir)
    assert answer.code == 2
    assert f"{run_dir}/places.toml:" in answer.err
    assert "world.reference.file: no such file" in answer.err
    moved.write_text(moved.read_text(encoding="utf-8") + "2023-10-02T00:00:00Z,BTC,1\n", "utf-8")
    answer = vatp("log", "resume", run_dir, "--prices", moved)
    assert answer.code == 2
    assert "cannot be lived again: its scenario does not mean the same any more" in answer.err


def test_a_run_that_is_being_written_has_one_writer(tiny: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    first, second = (start("run", tiny, "--out", run_dir, "--json") for _ in range(2))
    answers = sorted((finish(first), finish(second)), key=lambda answer: answer.code)
    assert [answer.code for answer in answers] == [0, 2]
    assert "name a new one" in answers[1].err
    assert len(answers[1].err.splitlines()) == 1
    assert verify(run_dir, expect_head=answers[0].document["head"]).problems == ()


def test_a_fork_shares_its_past_and_is_compared_with_its_parent(
    whole: Path, tmp_path: Path, vatp: Vatp
) -> None:
    overlay = tmp_path / "cap.toml"
    overlay.write_text(CAP, encoding="utf-8")
    folder = tmp_path / "fork"
    answer = vatp("log", "fork", whole, "--at", AT, "--with", overlay, "--out", folder, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.document
    parent = RunLog.open(whole)
    assert found["parent_head"] == parent.head != found["head"]
    assert 0 < found["common_events"] < parent.events
    header = RunLog.open(folder).header["fork"]
    assert header["parent_head"] == parent.head
    assert header["common_chain"] == found["common_chain"]
    answer = vatp("compare", whole, folder, "--json")
    assert (answer.code, answer.err) == (0, "")
    (past,) = answer.document["common_past"]
    assert past["events"] == found["common_events"]
    assert past["chain"] == found["common_chain"]
    assert past["difference"]["second"].startswith("rule_changed(")
    assert past["forked_at_us"] == header["at_us"]
    rows = {row["name"]: row for row in answer.document["measures"]}
    assert rows["arrived_persons"]["difference"] == 0
    assert rows["exposure_limit_refused_per_100_accepted"]["difference"] > 0
    said = vatp("compare", whole, folder).out
    assert f"the first {past['events']:,} events are the same in both logs" in said
    # A fork that is killed is resumed like any other run.
    manifest = folder / "manifest.jsonl"
    head = RunLog.open(folder).head
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:4]))
    assert vatp("log", "resume", folder, "--json").document["head"] == head


def test_a_fork_without_a_change_is_the_same_life(whole: Path, tmp_path: Path, vatp: Vatp) -> None:
    answer = vatp("log", "fork", whole, "--at", AT, "--out", tmp_path / "fork")
    assert answer.code == 0
    assert "no change is given" in answer.err
    (past,) = vatp("compare", whole, tmp_path / "fork", "--json").document["common_past"]
    assert past["identical"]
    assert past["events"] == RunLog.open(whole).events


def test_a_fork_that_would_change_its_past_is_refused_with_the_line(
    whole: Path, tmp_path: Path, vatp: Vatp
) -> None:
    overlay = tmp_path / "early.toml"
    overlay.write_text(
        CAP + "start = 2023-09-11\n[world.population]\nprospects = 7\n", encoding="utf-8"
    )
    answer = vatp("log", "fork", whole, "--at", AT, "--with", overlay, "--out", tmp_path / "fork")
    assert (answer.code, answer.out) == (2, "")
    first, second = answer.err.splitlines()
    assert first.startswith(f"{overlay}:5: rules.changes[0].start: 2023-09-11")
    assert "is before the instant of the fork" in first
    assert second.startswith(f"{overlay}:7: world.population.prospects: a fork may change rules")
    for at in ("2023-09-01", "2023-09-22", "2024-01-01"):
        answer = vatp("log", "fork", whole, "--at", at, "--out", tmp_path / "fork")
        assert answer.code == 2
        assert "is not inside the run" in answer.err
    assert not (tmp_path / "fork").exists()


def test_a_fork_needs_a_parent_that_reaches_beyond_it(
    killed: Path, tmp_path: Path, vatp: Vatp
) -> None:
    run_dir = copied(killed, tmp_path)
    answer = vatp("log", "fork", run_dir, "--at", "2023-09-20", "--out", tmp_path / "fork")
    assert answer.code == 2
    assert "vatp log resume" in answer.err
    answer = vatp("compare", run_dir, run_dir)
    assert answer.code == 2
    assert "is interrupted, not complete" in answer.err


def test_runs_on_record_are_not_mixed_with_scenarios(whole: Path, tiny: Path, vatp: Vatp) -> None:
    answer = vatp("compare", whole, tiny)
    assert (answer.code, answer.out) == (2, "")
    assert "is no run folder, but the other side is" in answer.err
    answer = vatp("compare", whole, whole, "--seeds", "1-3", "--set", "horizon.end=2024-01-01")
    assert answer.code == 2
    assert "--seeds, --set: both sides are runs on record" in answer.err
