"""A run's head says what the run read, not where that lay; the run itself still finds it again."""

import shutil
import tomllib
from datetime import date
from pathlib import Path

import attrs
import pytest

from sim.journal import RunLog, verify
from sim.rerun import fork, resume
from sim.rules import shipped_folder
from sim.run import run
from sim.scenario import ScenarioErrors, load, noted_places
from sim.units import to_us
from tests.cli.front_desk import TINY
from tests.scenario.mutated_inputs import price_bytes, small_law

AT_US = to_us(date(2023, 9, 12))


@attrs.frozen
class Lived:
    """A run of the same scenario from files in one place."""

    home: Path
    run_dir: Path

    @property
    def head(self) -> str:
        return RunLog.open(self.run_dir).head


def lived(home: Path, law: str, prices: str) -> Lived:
    """Run a small scenario whose rules and prices lie at these places of a folder."""
    for path, files in (
        (home / law, small_law()),
        ((home / prices).parent, {Path(prices).name: price_bytes(".csv", bars=False)}),
    ):
        path.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (path / name).write_bytes(data)
    text = TINY.replace('step = "1 h"', f'step = "1 h"\nfile = "{prices}"')
    scenario = home / "tiny.toml"
    scenario.write_text(f'{text}\n[rules]\nregime = "{law}"\n', encoding="utf-8")
    overlay = home / "cap.toml"
    overlay.write_text('[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "10 %"\n', "utf-8")
    run_dir = home / "run"
    run(load(scenario, overlays=[overlay]), seed=1, run_dir=run_dir)
    return Lived(home, run_dir)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return lived(tmp_path_factory.mktemp("first"), "law", "prices.csv")


def stopped(life: Lived, folder: Path) -> Path:
    """Copy a run as a kill leaves it before its first segment."""
    copy = folder / "run"
    shutil.copytree(life.run_dir, copy)
    manifest = copy / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes().splitlines(keepends=True)[0])
    return copy


def test_equal_runs_have_one_head_wherever_their_files_lie(first: Lived, tmp_path: Path) -> None:
    elsewhere = lived(tmp_path / "else", "deep/in/my-law", "./data/../data/prices.csv")
    assert elsewhere.head == first.head
    assert (elsewhere.run_dir / "scenario.toml").read_bytes() == (
        first.run_dir / "scenario.toml"
    ).read_bytes()


def test_other_prices_and_another_law_have_another_head(first: Lived, tmp_path: Path) -> None:
    loaded = load(first.home / "tiny.toml", overlays=[first.home / "cap.toml"])
    law = first.home / "law"
    changed = tmp_path / "law"
    shutil.copytree(law, changed)
    for path in changed.iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('title = "Share of client', 'title = "A share of client'))
    other = load(
        first.home / "tiny.toml",
        overlays=[first.home / "cap.toml"],
        settings=[f"rules.regime={changed}"],
    )
    assert loaded.law != other.law
    run(other, seed=1, run_dir=tmp_path / "run")
    assert RunLog.open(tmp_path / "run").head != first.head


def test_no_path_is_in_what_a_run_seals(first: Lived) -> None:
    manifest = (first.run_dir / "manifest.jsonl").read_text(encoding="utf-8")
    scenario = (first.run_dir / "scenario.toml").read_text(encoding="utf-8")
    rules = (first.run_dir / "rules.toml").read_text(encoding="utf-8")
    for text in (manifest, scenario, rules):
        assert str(first.home) not in text
    document = tomllib.loads(scenario)
    assert document["rules"]["regime"] == "rules.toml"
    assert document["world"]["reference"]["file"] == "prices.csv"
    (note,) = noted_places(first.run_dir)
    assert str(first.home / "prices.csv") in note.read_text(encoding="utf-8")
    assert verify(first.run_dir).problems == ()


def test_a_run_is_resumed_from_any_folder_without_the_rule_files_it_was_made_with(
    first: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = stopped(first, tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    hidden = (first.home / "law").rename(first.home / "hidden")
    try:
        assert resume(copy).head == first.head
    finally:
        hidden.rename(first.home / "law")


def test_a_price_file_that_was_moved_is_missed_where_its_place_is_noted(
    first: Lived, tmp_path: Path
) -> None:
    copy = stopped(first, tmp_path)
    moved = (first.home / "prices.csv").rename(tmp_path / "moved.csv")
    try:
        with pytest.raises(ScenarioErrors) as caught:
            resume(copy)
        (problem,) = caught.value.problems
        assert (problem.file, problem.line) == (str(copy / "places.toml"), 5)
        assert "no such file" in problem.message
        assert resume(copy, prices=moved).head == first.head
    finally:
        moved.rename(first.home / "prices.csv")


def test_a_fork_keeps_the_law_and_the_place_of_the_prices(first: Lived, tmp_path: Path) -> None:
    forked = fork(first.run_dir, tmp_path / "fork", AT_US, settings=["rule.trd.fee_taker=20 bps"])
    assert forked.parent_head == first.head
    assert (tmp_path / "fork/rules.toml").read_bytes() == (
        first.run_dir / "rules.toml"
    ).read_bytes()
    again = fork(tmp_path / "fork", tmp_path / "again", AT_US)
    assert again.common_events >= forked.common_events


def test_the_shipped_law_is_the_same_by_its_name_and_by_its_path(tmp_path: Path) -> None:
    scenario = tmp_path / "tiny.toml"
    scenario.write_text(TINY, encoding="utf-8")
    heads = set()
    for number, regime in enumerate(("rules/hong-kong", str(shipped_folder() / "rules/hong-kong"))):
        run_dir = tmp_path / f"run-{number}"
        heads.add(
            run(load(scenario, settings=[f"rules.regime={regime}"]), seed=1, run_dir=run_dir).head
        )
        assert noted_places(run_dir) == ()
    assert len(heads) == 1


def test_a_note_of_places_that_says_more_is_refused_with_its_line(
    first: Lived, tmp_path: Path
) -> None:
    run_dir = stopped(first, tmp_path / "run")
    note = run_dir / "places.toml"
    text = note.read_text(encoding="utf-8")
    note.write_text(f"{text}\n[world.population]\nprospects = 5\n", encoding="utf-8")
    line = note.read_text(encoding="utf-8").splitlines().index("prospects = 5") + 1
    with pytest.raises(ScenarioErrors, match=rf"places\.toml:{line}: .*only world.reference.file"):
        resume(run_dir)
