"""`vatp run`: what it prints, what it leaves behind, and that equal runs are equal in any process."""

from pathlib import Path

import pytest

from sim.cli.arguments import new_run_folder
from sim.journal import RunLog
from tests.cli.conftest import Finished, Vatp
from tests.cli.front_desk import TINY, finish, start


def test_the_document_names_the_run_and_holds_its_measures(finished: Finished) -> None:
    document, log = finished.document, RunLog.open(finished.run_dir)
    assert finished.code == 0
    assert document["run_dir"] == str(finished.run_dir)
    assert (document["scenario"], document["seed"]) == ("tiny", 1)
    assert document["events"] == log.events > 1000
    assert document["order_events"] > 1000
    assert document["head"] == log.head
    assert document["state_hash"] == log.footer["state_hash"]
    assert document["wall_s"] > 0
    measures = {measure["name"]: measure for measure in document["measures"]}
    assert len(measures) == len(document["measures"]) > 30
    assert measures["arrived_persons"]["value"] == 120
    assert 0 < measures["traded_persons"]["value"] < 120
    assert all(measure["unit"] and measure["description"] for measure in measures.values())


def test_the_table_says_how_its_fees_relate_to_the_fee_income_of_the_ledger(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    note = "Fees count in fee_income_hkd as trades charge them"
    assert note in vatp("run", tiny, "--out", tmp_path / "one").out
    other = ("--set", 'measures=["arrived_persons"]')
    assert note not in vatp("run", tiny, "--out", tmp_path / "two", *other).out


def test_two_processes_with_different_hash_seeds_make_the_same_run(
    finished: Finished, tmp_path: Path
) -> None:
    processes = [
        start(
            *("run", finished.scenario, "--seed", "1", "--out", tmp_path / seed, "--json"),
            env={"PYTHONHASHSEED": seed},
        )
        for seed in ("1", "22222")
    ]
    answers = [finish(process) for process in processes]
    for answer in answers:
        assert (answer.code, answer.err) == (0, "")
        for name in ("head", "state_hash", "events", "measures"):
            assert answer.document[name] == finished.document[name], name


def test_another_seed_makes_another_run(finished: Finished, tmp_path: Path, vatp: Vatp) -> None:
    other = vatp("run", finished.scenario, "--seed", "2", "--out", tmp_path / "2", "--json")
    assert other.code == 0
    assert other.document["head"] != finished.document["head"]
    assert other.document["state_hash"] != finished.document["state_hash"]


def test_the_table_shows_each_measure_with_its_unit_and_the_run_folder_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vatp: Vatp
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(TINY, encoding="utf-8")
    words = ("run", "tiny.toml", "--set", "world.population.prospects=60", "--check")
    first = vatp(*words, "--set", 'measures=["access", "fee_income_hkd"]')
    assert (first.code, first.err) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in first.out.splitlines() if line.strip()}
    assert rows["arrived_persons"] == ["60", "-", "persons"]
    assert rows["fee_income_hkd"][-1] == "HKD"
    assert "depth_hkd" not in rows
    assert rows["run"] == ["folder", "runs/tiny-seed-1"]
    assert rows["chain"][1] == RunLog.open(Path("runs/tiny-seed-1")).head
    assert vatp("log", "verify", "runs/tiny-seed-1", "--expect-head", rows["chain"][1]).code == 0


def test_an_overlay_and_a_setting_change_the_run_and_notes_say_what_has_no_effect(
    finished: Finished, tmp_path: Path, vatp: Vatp
) -> None:
    answer = vatp(
        *("run", finished.scenario, "--with", "rules/exposure-10", "--json"),
        *("--set", 'rule.onb.exposure_limit@2030-01-01="5 %"', "--out", tmp_path / "run"),
    )
    assert answer.code == 0
    assert answer.err.startswith("note: rule onb.exposure_limit: the change from 2030-01-01")
    limits = [
        {row["share_ppm"] for row in RunLog.open(run_dir).show(kinds=["exposure_limit_set"])}
        for run_dir in (finished.run_dir, tmp_path / "run")
    ]
    assert limits == [{300_000}, {100_000}]


def test_a_folder_of_its_own_is_found_for_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = []
    for _ in range(3):
        names.append(new_run_folder("a", "seed-1"))
        names[-1].mkdir(parents=True)
    assert [str(name) for name in names] == ["runs/a-seed-1", "runs/a-seed-1-2", "runs/a-seed-1-3"]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../../etc/x", "etc-x-seed-1"),
        ("What if? 10 %", "What-if-10-seed-1"),
        ("交易", "交易-seed-1"),
        ("...", "seed-1"),
        ("x" * 300, "x" * 100),
    ],
)
def test_a_scenarios_name_never_leads_out_of_the_runs_folder(name: str, folder: str) -> None:
    assert new_run_folder(name, "seed-1") == Path("runs") / folder
