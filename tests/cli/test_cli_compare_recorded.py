"""`vatp compare RUN RUN`: what two runs on record were given, where they part, and what cannot be compared."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from sim.journal import Journal, RunLog
from tests.cli.conftest import Finished, Vatp
from tests.cli.front_desk import TINY

CAP = '[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "1 %"\nsource = "what-if"\n'
PRICES = {"BTC": 26_000, "ETH": 1_650}


def made(vatp: Vatp, tiny: Path, folder: Path, *words: str | Path) -> Path:
    assert vatp("run", tiny, "--out", folder, "--json", *words).code == 0
    return folder


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished.run_dir, tmp_path / "copied"))


@pytest.fixture
def capped(vatp: Vatp, tiny: Path, tmp_path: Path) -> Path:
    """The finished run's life under a cap on exposure."""
    overlay = tmp_path / "cap.toml"
    overlay.write_text(CAP, encoding="utf-8")
    return made(vatp, tiny, tmp_path / "capped", "--with", overlay)


def killed(run_dir: Path, lines: int) -> Path:
    """Leave a run's log as it was when its manifest had some lines."""
    manifest = run_dir / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:lines]))
    return run_dir


def advised(text: str) -> list[str]:
    """Return the words of the command that a message advises, without `vatp`."""
    (command,) = re.findall(r"`(vatp [^`]+)`", text)
    return shlex.split(command)[1:]


def test_runs_of_another_world_are_compared_with_a_loud_first_line(
    finished: Finished, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    other = made(vatp, tiny, tmp_path / "other", "--set", "world.population.prospects=121")
    answer = vatp("compare", finished.run_dir, other)
    assert (answer.code, answer.err) == (0, "")
    first, *rest = answer.out.splitlines()
    assert first.startswith("WARNING: not the same world")
    assert first.endswith("world.population.prospects 120 | 121")
    assert "rules     the same on both sides" in rest
    document = vatp("compare", finished.run_dir, other, "--json").document
    assert document["same_world"] is False
    assert document["world_differences"] == [
        {"key": "world.population.prospects", "baseline": "120", "variant": "121", "seeds": [1]}
    ]
    assert document["rule_differences"] == []
    assert document["warnings"] == [first.removeprefix("WARNING: ")]


def test_where_only_rules_differ_the_rules_are_named_and_nothing_is_warned_of(
    finished: Finished, capped: Path, vatp: Vatp
) -> None:
    answer = vatp("compare", finished.run_dir, capped)
    assert "WARNING" not in answer.out
    law = "as the law has it (30 %"
    (said,) = (line for line in answer.out.splitlines() if line.startswith("rules "))
    assert said.startswith(f"rules     onb.exposure_limit {law}")
    assert said.endswith(") | 1 %")
    document = vatp("compare", finished.run_dir, capped, "--json").document
    assert (document["same_world"], document["warnings"]) == (True, [])
    assert [rule["key"] for rule in document["rule_differences"]] == ["onb.exposure_limit"]


def test_the_event_at_which_two_runs_part_is_told_in_sentences_and_raw_in_json(
    finished: Finished, capped: Path, vatp: Vatp
) -> None:
    lines = vatp("compare", finished.run_dir, capped).out.splitlines()
    (past,) = vatp("compare", finished.run_dir, capped, "--json").document["common_past"]
    at = lines.index(f"seed 1: they part at event {past['events'] + 1:,}")
    for line, side in zip(lines[at + 1 : at + 3], ("baseline", "variant"), strict=True):
        assert line.split()[0] == side
        assert line.endswith(past[f"{side}_departure"]["sentence"])
        assert "The exposure limit of client " in line
    assert "1 % of the declared net worth" in lines[at + 2]
    assert past["difference"]["first"].startswith("exposure_limit_set(seq=")


def test_sets_of_seeds_that_are_not_the_same_are_warned_of(
    finished: Finished, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    both = tmp_path / "both"
    both.mkdir()
    shutil.copytree(finished.run_dir, both / "one")
    made(vatp, tiny, both / "two", "--seed", "2")
    answer = vatp("compare", finished.run_dir, both)
    assert answer.out.startswith("WARNING: only one side has seed 2: left out")
    document = vatp("compare", finished.run_dir, both, "--json").document
    assert document["unpaired_seeds"] == [2]
    assert len(document["warnings"]) == 1


def test_a_rule_that_differs_in_one_pair_only_names_its_seed(
    finished: Finished, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    sides = [tmp_path / "one", tmp_path / "other"]
    second = made(vatp, tiny, tmp_path / "second", "--seed", "2")
    for side in sides:
        side.mkdir()
        shutil.copytree(second, side / "second")
    shutil.copytree(finished.run_dir, sides[0] / "first")
    made(vatp, tiny, sides[1] / "first", "--set", "rule.onb.exposure_limit=1 %")
    lines = vatp("compare", *sides).out.splitlines()
    (said,) = (line for line in lines if line.startswith("rules "))
    assert said.endswith(" | 1 % (seed 1 only)")


def test_a_side_whose_own_runs_differ_is_warned_of(
    finished: Finished, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    both = tmp_path / "both"
    both.mkdir()
    shutil.copytree(finished.run_dir, both / "one")
    made(vatp, tiny, both / "two", "--seed", "2", "--set", "world.population.prospects=50")
    (warning,) = vatp("compare", both, both, "--json").document["warnings"]
    assert warning.startswith("the runs of one side are no runs of one scenario")
    assert "world.population.prospects 120 | 50" in warning


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "horizon.end=2023-09-15",
            "end at different times (2023-09-22 00:00:00+08:00 and 2023-09-15",
        ),
        ("log_level=full", "have different log levels (trades and full)"),
    ],
)
def test_runs_whose_measures_cannot_be_compared_are_refused(
    setting: str, said: str, finished: Finished, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    other = made(vatp, tiny, tmp_path / "other", "--set", setting)
    answer = vatp("compare", finished.run_dir, other)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_the_command_that_is_advised_for_an_interrupted_run_makes_it_comparable(
    finished: Finished, copied: Path, vatp: Vatp
) -> None:
    killed(copied, 1)
    answer = vatp("compare", finished.run_dir, copied)
    assert (answer.code, answer.out) == (2, "")
    assert "is interrupted, not complete" in answer.err
    assert vatp(*advised(answer.err)).code == 0
    assert vatp("compare", finished.run_dir, copied).code == 0


def test_the_command_that_is_advised_for_an_interrupted_fork_works(
    finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    fork = tmp_path / "a fork"
    words = ("--at", "2023-09-12", "--set", 'rule.onb.exposure_limit="1 %"', "--out", fork)
    assert vatp("log", "fork", finished.run_dir, *words, "--json").code == 0
    head = RunLog.open(fork).head
    answer = vatp("compare", finished.run_dir, killed(fork, 1))
    assert answer.code == 2
    assert vatp(*advised(answer.err)).code == 0
    assert RunLog.open(fork).head == head
    assert vatp("compare", finished.run_dir, fork).code == 0


def test_the_command_that_is_advised_for_a_quarantined_run_makes_the_same_life_again(
    finished: Finished, copied: Path, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(copied, 2)
    (copied / "events" / "trade" / "00000001.parquet").unlink()
    answer = vatp("compare", finished.run_dir, copied)
    assert (answer.code, answer.out) == (2, "")
    assert "is quarantined, not complete: segment 1: " in answer.err
    monkeypatch.chdir(tmp_path)
    made_again = vatp(*advised(answer.err), "--json")
    assert made_again.code == 0
    run_dir = made_again.document["run_dir"]
    (past,) = vatp("compare", finished.run_dir, run_dir, "--json").document["common_past"]
    assert past["identical"]


def test_a_run_with_prices_of_its_own_is_made_again_with_the_place_of_its_prices(
    tiny: Path, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["time,asset,price"]
    rows += [f"2023-0{m}-01T00:00:00Z,{a},{p}" for m in (8, 9) for a, p in PRICES.items()]
    rows += [f"2023-10-01T00:00:00Z,{a},{p}" for a, p in PRICES.items()]
    prices = tmp_path / "prices.csv"
    prices.write_text("\n".join(rows) + "\n", encoding="utf-8")
    setting = f"world.reference.file={prices}"
    run = made(vatp, tiny, tmp_path / "run", "--set", setting)
    whole = shutil.copytree(run, tmp_path / "whole")
    killed(run, 2)
    (run / "events" / "trade" / "00000001.parquet").unlink()
    answer = vatp("compare", whole, run)
    monkeypatch.chdir(tmp_path)
    made_again = vatp(*advised(answer.err), "--json")
    assert (made_again.code, "--with" in answer.err) == (0, True)
    (past,) = vatp("compare", whole, made_again.document["run_dir"], "--json").document[
        "common_past"
    ]
    assert past["identical"]


def test_a_run_that_is_still_written_is_not_advised_to_be_resumed(
    finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    files = {"scenario.toml": TINY.encode()}
    with Journal.create(tmp_path / "now", {"seed": 1}, attachments=files):
        answer = vatp("compare", finished.run_dir, tmp_path / "now")
    assert (answer.code, answer.out) == (2, "")
    assert "is still being written, not complete; compare it when it has ended" in answer.err
    assert "resume" not in answer.err
