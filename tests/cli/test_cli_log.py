"""`vatp log`: events filtered by kind, person and time; a log that was touched does not verify."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sim.cli.main import command_line
from sim.events import KINDS
from sim.journal import RunLog, unfinished
from tests.cli.conftest import Finished, Vatp


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Path:
    """Return a copy of the finished run, to be damaged."""
    return shutil.copytree(finished.run_dir, tmp_path / "copied")


def rows_of(answer_out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer_out.splitlines()]


def test_every_event_is_shown_in_order(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("log", "show", finished.run_dir, "--limit", "0", "--json")
    rows = rows_of(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert [row["seq"] for row in rows] == list(range(1, finished.document["events"] + 1))
    counted = Counter(row["kind"] for row in rows)
    log = RunLog.open(finished.run_dir)
    assert counted == {kind: log.rows(kind) for kind in KINDS if log.rows(kind)}


def test_text_and_json_show_the_same_events(finished: Finished, vatp: Vatp) -> None:
    words = ("log", "show", finished.run_dir, "--kind", "trade", "--limit", "0")
    text, rows = vatp(*words), rows_of(vatp(*words, "--json").out)
    lines = text.out.splitlines()
    assert len(lines) == len(rows) > 10
    for line, row in zip(lines, rows, strict=True):
        assert line.split()[0] == str(row["seq"])
        assert " trade " in line
        assert f" price_ticks={row['price_ticks']}" in line


def test_kind_client_and_time_filter_together(finished: Finished, vatp: Vatp) -> None:
    show = ("log", "show", finished.run_dir, "--limit", "0", "--json")
    everything = rows_of(vatp(*show).out)
    client = next(row["client"] for row in everything if row["kind"] == "client_activated")
    mine = rows_of(vatp(*show, "--client", str(client)).out)
    parties = ("client", "taker", "maker")
    assert mine == [row for row in everything if client in (row.get(name) for name in parties)]
    assert len({row["kind"] for row in mine}) > 3
    since, until = "2023-09-05", "2023-09-08T12:00+08:00"
    in_time = rows_of(vatp(*show, "--since", since, "--until", until).out)
    assert in_time == [
        row for row in everything if 1693843200_000000 <= row["time_us"] < 1694145600_000000
    ]
    assert 0 < len(in_time) < len(everything)
    kinds = ("--kind", "prospect_arrived", "--kind", "client_activated")
    both = rows_of(vatp(*show, *kinds, "--client", str(client)).out)
    assert [row["kind"] for row in both] == ["prospect_arrived", "client_activated"]


def test_a_limit_says_that_more_is_left_and_nothing_found_is_said_too(
    finished: Finished, vatp: Vatp
) -> None:
    first = vatp("log", "show", finished.run_dir, "--limit", "3")
    assert len(first.out.splitlines()) == 3
    assert first.err == "the first 3 events; --limit 0 prints all\n"
    exact = vatp("log", "show", finished.run_dir, "--kind", "run_started", "--limit", "1")
    assert (len(exact.out.splitlines()), exact.err) == (1, "")
    nothing = vatp("log", "show", finished.run_dir, "--client", "999999")
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err.startswith("no event matches; ")


def test_an_unknown_kind_and_a_bad_time_are_explained(finished: Finished, vatp: Vatp) -> None:
    kind = vatp("log", "show", finished.run_dir, "--kind", "trad")
    assert (kind.code, kind.err) == (2, "there is no event kind 'trad'; did you mean trade?\n")
    for option in ("--since", "--until"):
        time = vatp("log", "show", finished.run_dir, option, "2023-09-01T09:30")
        assert time.code == 2
        assert time.err.startswith(f"{option}: 2023-09-01T09:30:00 has no time zone")


def test_a_sealed_run_verifies_and_keeps_its_head(finished: Finished, vatp: Vatp) -> None:
    head = finished.document["head"]
    plain = vatp("log", "verify", finished.run_dir, "--expect-head", head)
    assert (plain.code, plain.err) == (0, "")
    assert plain.out == f"{finished.document['events']:,} events verified, head {head}\n"
    document = vatp("log", "verify", finished.run_dir, "--json").document
    assert document["ok"] is True
    assert (document["state"], document["head"], document["problems"]) == ("complete", head, [])
    assert document["valid_events"] == document["events"] == finished.document["events"]


def test_another_head_than_the_expected_one_is_exit_code_1(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("log", "verify", finished.run_dir, "--expect-head", "0" * 64)
    assert answer.code == 1
    assert finished.document["head"] in answer.out
    assert "expected 0000" in answer.out
    # Nothing but the head is another: no word of what is left.
    assert len(answer.out.splitlines()) == 1
    for wrong in ("xyz", "0" * 63, "0" * 65):
        answer = vatp("log", "verify", finished.run_dir, "--expect-head", wrong)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err == f"--expect-head: {wrong!r} is no head; expected 64 hex digits\n"


@pytest.mark.parametrize(
    "name", ["events/trade/00000001.parquet", "manifest.jsonl", "scenario.toml"]
)
def test_one_changed_byte_in_any_file_is_exit_code_1_and_says_where(
    name: str, copied: Path, vatp: Vatp
) -> None:
    path = copied / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    plain = vatp("log", "verify", copied)
    assert plain.code == 1
    if name.startswith("events"):
        assert "segment 1" in plain.out
        assert name in plain.out
    document = vatp("log", "verify", copied, "--json")
    assert document.code == 1
    assert document.document["ok"] is False
    problems = document.document["problems"]
    said = plain.out.splitlines()
    assert said[: len(problems)] == problems
    assert said[len(problems)].endswith("events are as sealed")


def test_a_log_that_cannot_be_read_is_blamed_on_its_damage(copied: Path, vatp: Vatp) -> None:
    path = copied / "events" / "trade" / "00000001.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    cut = vatp("log", "show", copied, "--kind", "trade")
    assert cut.code == 1
    assert str(path) in cut.err
    path.unlink()
    gone = vatp("log", "show", copied, "--kind", "trade")
    assert (gone.code, gone.out) == (1, "")
    assert f"{path} is gone" in gone.err
    others = vatp("log", "show", copied, "--kind", "run_started")
    assert (others.code, len(others.out.splitlines())) == (0, 1)


def test_values_that_no_run_wrote_are_not_even_read(copied: Path, vatp: Vatp) -> None:
    path = copied / "events" / "client_activated" / "00000001.parquet"
    pl.read_parquet(path).with_columns(time_us=pl.lit(2**62)).write_parquet(path)
    answer = vatp("log", "show", copied, "--kind", "client_activated")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"{path}: has ")
    assert "were sealed; `vatp log verify` says" in answer.err


def test_a_damaged_file_is_never_shown(copied: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever a byte's change would make of the file, its bytes are checked before they are read."""
    path = copied / "events" / "client_activated" / "00000001.parquet"
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 40, 1)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        code = command_line(["log", "show", str(copied), "--kind", "client_activated"])
        answer = capfd.readouterr()
        assert (code, answer.out) == (1, ""), f"byte {place}: {answer.err}"
        assert "its bytes are not those that were sealed" in answer.err


def test_a_run_that_was_killed_is_shown_and_verified_as_far_as_it_is_sealed(
    copied: Path, finished: Finished, vatp: Vatp
) -> None:
    path = copied / "manifest.jsonl"
    *kept, _ = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(kept))
    answer = vatp("log", "verify", copied)
    assert answer.code == 0
    assert "the run is interrupted, not complete (killed: the process" in answer.out
    assert answer.out.count("killed: ") == 1
    assert f"`vatp log resume {copied}` takes it on" in answer.out.splitlines()
    document = vatp("log", "verify", copied, "--json").document
    assert document["unfinished"] == unfinished(RunLog.open(copied))
    assert document["unfinished"].startswith("interrupted after ")
    assert f"{finished.document['events']:,} events verified" in answer.out
    shown = vatp("log", "show", copied)
    assert shown.code == 0
    assert "note: the run is interrupted after " in shown.err


def test_a_client_whom_nobody_knows_is_answered_with_the_ids_there_are(
    finished: Finished, vatp: Vatp
) -> None:
    show = ("log", "show", finished.run_dir, "--client")
    events = finished.document["events"]
    ids = RunLog.open(finished.run_dir).scan("prospect_arrived").collect()["client"]
    answer = vatp(*show, "5")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == (
        f"no event matches; {finished.run_dir} holds {events:,} events; participants are clients 1 "
        f"to 1, prospects are clients {ids.min()!s} to {ids.max()!s}\n"
    )
    # Somebody whom the log knows did nothing of the kind: the ids are no help.
    known = vatp(*show, str(ids[0]), "--kind", "rule_changed")
    assert known.err == f"no event matches; {finished.run_dir} holds {events:,} events\n"


def test_after_a_damaged_line_nothing_is_counted_and_the_advised_command_lives_the_same_again(
    copied: Path, finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    manifest = copied / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join([*lines[:1], b"{" + lines[1]]))
    answer = vatp("log", "verify", copied)
    assert answer.code == 1
    _, left, advice = answer.out.splitlines()
    assert left == "the first 0 events are as sealed"
    assert "lives the same events again, in the same chain; the head is another" in advice
    command = advice.split("`")[1].split()
    words = [str(tmp_path / "again") if word == "NEW" else word for word in command]
    assert vatp(*words[1:]).code == 0
    again = RunLog.open(tmp_path / "again")
    segments = RunLog.open(finished.run_dir).segments
    assert [found.digest for found in again.segments] == [found.digest for found in segments]
