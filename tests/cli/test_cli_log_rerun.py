"""`vatp log resume`, `vatp log fork` and `vatp compare RUN FORK` on a small run with short segments."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import sim.journal.writer
import sim.rerun
import sim.run
from sim.events import RunStarted
from sim.journal import Journal, RunLog, chain_at, events_before, unfinished, verify
from sim.journal import manifest as manifests
from sim.run import run
from sim.scenario import load
from sim.units import to_us
from tests.cli.conftest import Vatp
from tests.cli.front_desk import finish, start
from tests.state.folded_runs import with_another_past

AT = "2023-09-12"
OTHER = {1: {"seed": 99}}
"""A past that begins with another event."""
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
    (said,) = answer.document["error"]["messages"]
    assert "segment 3" in said
    assert f"`vatp run {run_dir}/scenario.toml --seed 1 --out NEW` lives the same events" in said
    assert RunLog.open(run_dir).state == "quarantined"


def test_a_record_that_may_not_be_read_is_not_quarantined(
    killed: Path, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = copied(killed, tmp_path)
    before = RunLog.open(run_dir)
    opened = Path.open

    def refuse(path: Path, *given: Any, **options: Any) -> Any:
        if path.name == "00000003.parquet":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        answer = vatp("log", "resume", run_dir)
        other = vatp("log", "fork", run_dir, "--at", "2023-09-02", "--out", tmp_path / "fork")
    assert (answer.code, other.code) == (2, 2)
    path, _, reason = answer.err.partition(" ")
    assert Path(path).name == "00000003.parquet"
    assert reason == "cannot be read: permission denied\n"
    assert other.err.splitlines()[-1].endswith("cannot be read: permission denied")
    assert RunLog.open(run_dir) == before


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
    assert f"sought is {prices}; --prices FILE gives its place" in answer.err
    beginning = vatp("log", "fork", run_dir, "--at", "2023-09-01", "--set", "rule.onb.x=1")
    places = f"--with {run_dir}/places.toml --set rule.onb.x=1 --seed 1 --out NEW`"
    assert f"`vatp run {run_dir}/scenario.toml {places}" in beginning.err
    note = (run_dir / "places.toml").rename(tmp_path / "note.toml")
    for words in (("resume", run_dir), ("fork", run_dir, "--at", AT)):
        answer = vatp("log", *words)
        assert answer.code == 2
        assert f"{run_dir}/scenario.toml:" in answer.err
        assert f"sought is {run_dir}/prices.csv, as there is no places.toml" in answer.err
        assert "--prices FILE" in answer.err
    note.rename(run_dir / "places.toml")
    moved.write_text(moved.read_text(encoding="utf-8") + "2023-10-02T00:00:00Z,BTC,1\n", "utf-8")
    answer = vatp("log", "resume", run_dir, "--prices", moved)
    assert answer.code == 2
    assert answer.err.startswith(f"--prices: {moved} is not the file that {run_dir} was made with")
    answer = vatp("log", "resume", run_dir, "--prices", tmp_path / "nowhere.csv")
    assert (answer.code, answer.err) == (2, f"--prices: {tmp_path}/nowhere.csv: no such file\n")
    fork = ("log", "fork", run_dir, "--at", AT, "--prices", tmp_path)
    assert vatp(*fork).err == f"--prices: {tmp_path}: is a folder, expected a file\n"


def test_prices_given_to_a_run_that_has_no_price_file_are_refused(
    killed: Path, tmp_path: Path, vatp: Vatp
) -> None:
    run_dir = copied(killed, tmp_path)
    answer = vatp("log", "resume", run_dir, "--prices", tmp_path / "prices.csv")
    assert answer.code == 2
    assert answer.err == f"--prices: the scenario of {run_dir} names no price file\n"


@pytest.mark.parametrize("name", ["rules.toml", "scenario.toml"])
def test_a_law_or_a_scenario_that_is_gone_is_named_and_the_events_are_not_blamed(
    killed: Path, whole: Path, tmp_path: Path, vatp: Vatp, name: str
) -> None:
    run_dir = copied(killed, tmp_path)
    kept = (run_dir / name).read_bytes()
    what = {"rules.toml": "the law the run was made under", "scenario.toml": "the scenario"}[name]
    for spoil, says in (
        (Path.unlink, f"{run_dir}/{name} is gone; it is {what}"),
        (lambda path: path.write_bytes(kept + b"#"), f"{run_dir}/{name}: has {len(kept) + 1:,}"),
    ):
        spoil(run_dir / name)
        before = RunLog.open(run_dir)
        for words in (
            ("log", "resume", run_dir),
            ("log", "fork", run_dir, "--at", AT, "--out", tmp_path / "fork"),
            ("audit", run_dir),
        ):
            answer = vatp(*words)
            assert (answer.code, answer.out) == (1, ""), words
            assert answer.err.replace(",", "").startswith(says.replace(",", "")), words
            assert f"expected are the {len(kept):,} bytes that were sealed" in answer.err
        assert RunLog.open(run_dir) == before
    (run_dir / name).write_bytes(kept)
    assert vatp("log", "resume", run_dir, "--json").document["head"] == RunLog.open(whole).head


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
    for at in ("2023-09-22", "2024-01-01"):
        answer = vatp("log", "fork", whole, "--at", at, "--out", tmp_path / "fork")
        assert answer.code == 2
        assert "is not inside the run" in answer.err
    assert not (tmp_path / "fork").exists()


def test_a_fork_at_the_beginning_names_the_command_that_is_meant(
    whole: Path, tmp_path: Path, vatp: Vatp
) -> None:
    overlay = tmp_path / "cap.toml"
    overlay.write_text(CAP, encoding="utf-8")
    for at in ("2023-09-01", "2023-08-31T23:59+08:00", "2023-09-01T00:00+08:00"):
        answer = vatp("log", "fork", whole, "--at", at, "--with", overlay)
        assert answer.code == 2
        assert "begins at 2023-09-01 00:00:00+08:00" in answer.err
        assert "would share no past" in answer.err
        advised = f"vatp run {whole}/scenario.toml --with {overlay} --seed 1 --out NEW"
        assert f"`{advised}` lives the whole run under other rules" in answer.err
    words = ("run", whole / "scenario.toml", "--with", overlay, "--seed", "1")
    assert vatp(*words, "--out", tmp_path / "other").code == 0
    assert RunLog.open(tmp_path / "other").events != RunLog.open(whole).events


def test_an_instant_of_a_fork_is_a_date_in_hong_kong_or_a_time_with_its_zone(
    whole: Path, tmp_path: Path, vatp: Vatp
) -> None:
    answer = vatp("log", "fork", whole, "--at", f"{AT}T00:00")
    assert answer.code == 2
    assert "has no time zone; write for example +08:00" in answer.err
    found = [
        vatp("log", "fork", whole, "--at", at, "--out", tmp_path / at, "--json").document["fork_at"]
        for at in (AT, f"{AT}T00:00+08:00")
    ]
    assert found == [f"{AT} 00:00:00+08:00"] * 2


def test_a_change_to_the_value_in_force_is_said_to_change_nothing(
    whole: Path, tmp_path: Path, vatp: Vatp
) -> None:
    same = ("--set", "rule.onb.exposure_limit=30 %")
    answer = vatp("log", "fork", whole, "--at", AT, *same, "--out", tmp_path / "same", "--json")
    assert answer.code == 0
    assert answer.err == (
        "the change gives no rule another value: the fork will be the same life again\n"
    )
    assert answer.document["state_hash"] == RunLog.open(whole).footer["state_hash"]
    later = ("--set", "rule.onb.exposure_limit@2023-09-15=5 %")
    answer = vatp("log", "fork", whole, "--at", AT, *later, "--out", tmp_path / "later")
    assert (answer.code, answer.err) == (0, "")


def test_a_fork_says_what_is_wrong_before_any_remark_and_before_it_reads_the_past(
    whole: Path, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim.rerun, "verify", None)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    answer = vatp("log", "fork", whole, "--at", AT, "--out", tmp_path / "mine")
    assert answer.code == 2
    assert answer.err == f"the run folder {tmp_path}/mine is not empty; name a new one\n"
    cut = tmp_path / "cut"
    shutil.copytree(whole, cut)
    path = cut / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:6]))
    answer = vatp("log", "fork", cut, "--at", "2023-09-20")
    assert answer.err.startswith(f"the log of {cut} ends at 2023-09-")
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("stopped_after", [3, 9])
def test_a_killed_fork_whose_past_was_made_up_is_quarantined(
    whole: Path, tmp_path: Path, vatp: Vatp, stopped_after: int
) -> None:
    """The log is consistent in itself; only the chain that was noted at its beginning tells."""
    parent = RunLog.open(whole)
    common = events_before(parent, to_us(date(2023, 9, 5)))
    past = {
        "parent_head": parent.head,
        "at_us": to_us(date(2023, 9, 5)),
        "common_events": common,
        "common_chain": chain_at(with_another_past(parent, tmp_path / "other", OTHER), common),
    }
    forged = tmp_path / "forged"
    files = {name: parent.attachment(name) for name in parent.attachments}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.journal.writer, "FIRST_SEGMENT_EVENTS", 100)
        run_as = {**parent.header, "fork": past}
        with Journal.create(forged, run_as, attachments=files) as journal:
            journal.interrupt("by hand")
    manifest = forged / "manifest.jsonl"
    header, check = manifests.decode(manifest.read_bytes().splitlines()[0], manifests.NO_CHECK)
    lines = [manifests.encode(header, manifests.NO_CHECK)[0]]
    shutil.copytree(whole / "events", forged / "events", dirs_exist_ok=True)
    for segment in parent.segments[:stopped_after]:
        line, check = manifests.encode(segment, check)
        lines.append(line)
    manifest.write_bytes(b"".join(lines))
    recorded = RunLog.open(forged).events
    assert (recorded >= common) == (stopped_after == 9)
    assert verify(forged).problems == ()
    answer = vatp("log", "resume", forged)
    assert answer.code == 1
    assert "is quarantined: its first" in answer.err
    assert "events are not the past it was forked with: their chain is" in answer.err
    log = RunLog.open(forged)
    assert log.state == "quarantined"
    assert unfinished(log).startswith("quarantined: its first")
    assert vatp("log", "fork", forged, "--at", "2023-09-06").code == 1


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
