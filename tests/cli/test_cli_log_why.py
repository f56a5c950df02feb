"""`vatp log show --follow-causes`, `why`, `timeline` and `export`, as a pipe sees them."""

import csv
import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sim.journal import RunLog, unfinished
from tests.cli.conftest import Finished, Vatp
from tests.cli.front_desk import finish, start


def documents(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def someone(finished: Finished) -> int:
    """A client who became active."""
    rows = RunLog.open(finished.run_dir).show(kinds=["client_activated"], limit=1)
    return int(next(iter(rows))["client"])


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Path:
    return shutil.copytree(finished.run_dir, tmp_path / "copied")


def test_every_event_stands_below_its_cause(finished: Finished, someone: int, vatp: Vatp) -> None:
    show = ("log", "show", finished.run_dir, "--client", str(someone), "--limit", "0")
    plain = documents(vatp(*show, "--json").out)
    tree = documents(vatp(*show, "--follow-causes", "--json").out)
    matched = [row["seq"] for row in tree if row["relation"] == "matched"]
    assert sorted(matched) == [row["seq"] for row in plain]
    above: list[int] = []
    for row in tree:
        del above[row["depth"] :]
        assert row["cause"] == (above[-1] if above else 0)
        above.append(row["seq"])
    assert max(row["depth"] for row in tree) > 5


def test_the_text_is_the_same_tree_with_indents(
    finished: Finished, someone: int, vatp: Vatp
) -> None:
    show = ("log", "show", finished.run_dir, "--client", str(someone), "--follow-causes")
    lines = vatp(*show).out.splitlines()
    tree = documents(vatp(*show, "--json").out)
    shown = [line for line in lines if line[:10].strip()]
    assert len(shown) == len(tree)
    for line, row in zip(shown, tree, strict=True):
        assert int(line[:10]) == row["seq"]
        details = line[46:]
        assert len(details) - len(details.lstrip()) == 2 * row["depth"]
        assert details.lstrip().startswith(str(row["kind"]))
        assert line.endswith(f"  ({row['relation']})") == (row["relation"] != "matched")


def test_what_followed_outside_the_filter_is_shown_and_the_rest_counted(
    finished: Finished, vatp: Vatp
) -> None:
    show = ("log", "show", finished.run_dir, "--kind", "run_started", "--follow-causes")
    first, *others = documents(vatp(*show, "--json").out)
    assert first["relation"] == "matched"
    assert {row["relation"] for row in others} == {"followed"}
    everything = documents(vatp("log", "show", finished.run_dir, "--limit", "0", "--json").out)
    caused = [row for row in everything if row["cause"] == first["seq"]]
    assert len(others) + sum(first["more_followed"].values()) == len(caused)
    assert "more  (followed)" in vatp(*show).out


def test_a_limit_counts_matches_and_says_that_more_are_left(finished: Finished, vatp: Vatp) -> None:
    answer = vatp(
        "log",
        "show",
        finished.run_dir,
        "--kind",
        "deposit_credited",
        "--limit",
        "2",
        "--follow-causes",
        "--json",
    )
    relations = [row["relation"] for row in documents(answer.out)]
    assert relations.count("matched") == 2
    assert answer.err == "the first 2 events; --limit 0 prints all\n"


def test_why_goes_from_the_event_back_to_the_beginning(
    finished: Finished, someone: int, vatp: Vatp
) -> None:
    log = RunLog.open(finished.run_dir)
    limit = next(row for row in log.show(kinds=["exposure_limit_set"]) if row["client"] == someone)
    answer = vatp("log", "why", finished.run_dir, str(limit["seq"]))
    assert (answer.code, answer.err) == (0, "")
    first, *rest = answer.out.splitlines()
    assert first.startswith(f"{limit['seq']}  2023-")
    assert f"exposure limit of client {someone} was set to HKD " in first
    assert "onb.exposure_limit" in rest[0]
    assert " was 30 % then" in rest[0]
    assert "(practice; " in rest[0]
    assert any(line.startswith("  figure  30 % of the declared net worth") for line in rest)
    causes = rest[rest.index("What led to it, the beginning first") + 1 :]
    assert "became interested in an account" in causes[0]
    document = vatp("log", "why", finished.run_dir, str(limit["seq"]), "--json").document
    assert document["event"]["seq"] == limit["seq"]
    assert document["event"]["rules"][0]["value"] == "30 %"
    assert document["event"]["rules"][0]["url"].startswith("http")
    assert [cause["seq"] for cause in document["causes"]] == sorted(
        cause["seq"] for cause in document["causes"]
    )
    assert document["causes"][0]["cause"] == 0


def test_why_takes_the_value_that_the_run_was_made_with(
    finished: Finished, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    run = tmp_path / "run"
    setting = 'rule.onb.exposure_limit="7 %"'
    assert vatp("run", tiny, "--set", setting, "--out", run, "--json").code == 0
    for folder, value in ((run, "7 %"), (finished.run_dir, "30 %")):
        row = next(iter(RunLog.open(folder).show(kinds=["exposure_limit_set"], limit=1)))
        rule, *_ = vatp("log", "why", folder, str(row["seq"]), "--json").document["event"]["rules"]
        assert rule["value"] == value


def test_why_says_what_it_does_without_the_runs_rules(copied: Path, vatp: Vatp) -> None:
    row = next(iter(RunLog.open(copied).show(kinds=["exposure_limit_set"], limit=1)))
    scenario = copied / "scenario.toml"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(
        text.replace("[world.reference]", '[world.reference]\nfile = "gone.csv"'), encoding="utf-8"
    )
    moved = vatp("log", "why", copied, str(row["seq"]))
    assert moved.code == 0
    assert "cannot be checked as a whole" in moved.err
    assert " was 30 % then" in moved.out
    scenario.write_text(text.replace('"rules.toml"', '"gone.toml"'), encoding="utf-8")
    without = vatp("log", "why", copied, str(row["seq"]))
    assert without.code == 0
    assert "the rules of the run cannot be read" in without.err
    assert "onb.exposure_limit is not among the rules that could be read" in without.out
    scenario.write_text(text.replace("prospects = 120", "prospects = 121"), encoding="utf-8")
    assert (
        "are not those that the run was made with"
        in vatp("log", "why", copied, str(row["seq"])).err
    )
    scenario.unlink()
    assert "has no scenario.toml" in vatp("log", "why", copied, str(row["seq"])).err


def test_why_refuses_what_is_no_event(finished: Finished, vatp: Vatp) -> None:
    events = finished.document["events"]
    answer = vatp("log", "why", finished.run_dir, str(events + 1))
    assert answer.code == 2
    assert f"numbered from 1 to {events:,}" in answer.err
    for wrong in ("0", "x"):
        assert vatp("log", "why", finished.run_dir, wrong).code == 2


def test_a_timeline_has_listing_opening_and_volume(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("log", "timeline", finished.run_dir, "btc")
    assert (answer.code, answer.err) == (0, "")
    assert "on the menu of " in answer.out
    assert "first trade" in answer.out
    assert "2023-09  BTC/HKD" in answer.out
    document = vatp("log", "timeline", finished.run_dir, "BTC", "--json").document
    assert document["token"] == "BTC"  # noqa: S105 - a coin
    trades = RunLog.open(finished.run_dir).rows("trade")
    assert sum(month["trades"] for month in document["months"]) == trades


def test_an_unknown_token_is_refused_with_those_there_are(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("log", "timeline", finished.run_dir, "BTV")
    assert answer.code == 2
    assert answer.err.endswith("says nothing about a token 'BTV'; did you mean BTC?\n")


def test_an_export_says_what_it_wrote(finished: Finished, tmp_path: Path, vatp: Vatp) -> None:
    trades = tmp_path / "trades.csv"
    words = ("log", "export", finished.run_dir, "--format", "trades-csv", "--out", trades)
    answer = vatp(*words)
    assert answer.code == 0
    count = RunLog.open(finished.run_dir).rows("trade")
    assert answer.out == f"{trades}: {count:,} trades, {trades.stat().st_size:,} bytes\n"
    assert "the log leaves out orders" in answer.err
    with trades.open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == count
    again = vatp(*words)
    assert (again.code, again.out) == (2, "")
    assert again.err == f"{trades} exists already; --force replaces it\n"
    forced = vatp(*words, "--force", "--json").document
    assert forced == {
        "file": str(trades),
        "format": "trades-csv",
        "events": count,
        "size_bytes": trades.stat().st_size,
        "state": "complete",
        "unfinished": "",
    }
    story = tmp_path / "story.json"
    assert vatp("log", "export", finished.run_dir, "--format", "ocel", "--out", story).err == ""
    assert {"eventTypes", "objectTypes", "events", "objects"} == set(json.loads(story.read_text()))


def test_an_export_that_cannot_be_is_refused(
    finished: Finished, copied: Path, tmp_path: Path, vatp: Vatp
) -> None:
    export = ("log", "export", copied, "--out", tmp_path / "out", "--format")
    wrong = vatp(*export, "trade-csv")
    assert (wrong.code, wrong.err) == (
        2,
        "--format: no format 'trade-csv'; did you mean 'trades-csv'?\n",
    )
    (copied / "events" / "trade" / "00000001.parquet").unlink()
    gone = vatp(*export, "trades-csv")
    assert gone.code == 1
    assert "is gone" in gone.err
    assert not list(tmp_path.glob("*out*"))
    nowhere = vatp("log", "export", finished.run_dir, "--format", "ocel", "--out", "/no/where")
    assert (nowhere.code, nowhere.err) == (2, "/no is no folder; make it first\n")


def test_a_reader_that_leaves_early_is_no_failure(finished: Finished) -> None:
    for words in (
        ("show", finished.run_dir, "--limit", "0", "--follow-causes"),
        ("why", finished.run_dir, "1"),
        ("timeline", finished.run_dir, "BTC"),
    ):
        process = start("log", *words)
        head = subprocess.run(["head", "-1"], stdin=process.stdout, capture_output=True, check=True)  # noqa: S607
        process.stdout.close()
        assert head.stdout
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == ""
        process.stderr.close()


def test_every_answer_from_an_unfinished_run_says_so_once(
    copied: Path, tmp_path: Path, vatp: Vatp
) -> None:
    manifest = copied / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:2]))
    log = RunLog.open(copied)
    said = unfinished(log)
    assert said.startswith(f"interrupted after {log.events:,} events, at 2023-")
    commands: list[tuple[str | Path, ...]] = [
        ("log", "why", copied, "1"),
        ("log", "timeline", copied, "BTC"),
        ("log", "export", copied, "--format", "ocel", "--force", "--out", tmp_path / "o.json"),
        ("audit", copied),
    ]
    lines: list[tuple[str | Path, ...]] = [("log", "show", copied, "--kind", "run_started")]
    if find_spec("duckdb") is not None:
        lines.append(("log", "sql", copied, "FROM run_started"))
    for words in commands + lines:
        answer = vatp(*words)
        note = f"note: the run is {said}; `vatp log resume {copied}` takes it on\n"
        assert (answer.code, answer.err) == (0, note), words
    for words in commands:
        answer = vatp(*words, "--json")
        assert answer.err == ""
        assert (answer.document["state"], answer.document["unfinished"]) == ("interrupted", said)
    for words in lines:
        (row,) = documents(vatp(*words, "--json").out)
        assert row.keys().isdisjoint({"state", "unfinished"})


def test_an_answer_from_a_complete_run_has_no_note(finished: Finished, vatp: Vatp) -> None:
    document = vatp("log", "why", finished.run_dir, "1", "--json").document
    assert (document["state"], document["unfinished"]) == ("complete", "")


def test_why_tells_what_the_log_leaves_out_from_what_nothing_led_to(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    arbitrageur = "world.arbitrageurs=[{name='arbitrageur-1', interval='1 h'}]"
    run = tmp_path / "run"
    assert vatp("run", tiny, "--set", arbitrageur, "--out", run, "--json").code == 0
    trades = list(RunLog.open(run).show(kinds=["trade"]))
    left_out = next(row for row in trades if not row["cause"])
    answer = vatp("log", "why", run, str(left_out["seq"]))
    assert (
        f"Order {left_out['taker_order']} led to it; its acceptance is not in the log" in answer.out
    )
    assert "No event led to it" not in answer.out
    assert "No event led to it" in vatp("log", "why", run, "1").out


def test_damage_is_blamed_and_never_a_defect(copied: Path) -> None:
    path = copied / "events" / "client_activated" / "00000001.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    for words in (
        ("show", copied, "--kind", "client_activated", "--follow-causes"),
        ("why", copied, "700"),
        ("timeline", copied, "BTC"),
        ("export", copied, "--format", "ocel", "--out", copied / "out.json"),
    ):
        answer = finish(start("log", *words))
        assert answer.code == 1, words
        assert "client_activated" in answer.err
        assert "defect" not in answer.err
    assert not (copied / "out.json").exists()
