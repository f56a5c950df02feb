"""`vatp compare`: a scenario differs from itself by exactly nothing; an overlay is laid over it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Vatp

FIGURES = {"name", "unit", "baseline", "variant", "difference", "low", "high"}


def test_a_scenario_compared_with_itself_differs_by_exactly_zero(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    folder = tmp_path / "compared"
    answer = vatp("compare", tiny, tiny, "--seeds", "1-2", "--out", folder, "--json")
    assert (answer.code, answer.err) == (0, "")
    document = answer.document
    assert document["seeds"] == [1, 2]
    assert document["failures"] == []
    assert document["identical_pairs"] == 2
    defined = 0
    for row in document["measures"]:
        assert row.keys() >= FIGURES
        assert row["baseline"] == row["variant"]
        if row["difference"] is None:
            assert row["pairs"] == 0
        else:
            assert (row["difference"], row["low"], row["high"]) == (0.0, 0.0, 0.0)
            defined += 1
    assert defined > 20
    assert json.loads((folder / "comparison.json").read_text(encoding="utf-8")) == document
    heads = {(run["seed"], run["head"]) for run in document["runs"]}
    assert len(heads) == 2 < len(document["runs"])


def test_an_overlay_is_laid_over_the_baseline_and_the_table_says_what_it_changes(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    overlay = tmp_path / "no-wealth.toml"
    overlay.write_text(
        '[[rules.changes]]\nid = "onb.exposure_limit"\nvalue = "1 %"\nsource = "what-if"\n',
        encoding="utf-8",
    )
    answer = vatp(
        *("compare", tiny, overlay, "--seeds", "3,5", "--out", tmp_path / "compared"),
        *("--set", 'measures=["volume_hkd", "arrived_persons"]'),
    )
    assert (answer.code, answer.err) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in answer.out.splitlines() if line.strip()}
    assert rows["baseline"] == [str(tiny)]
    assert rows["variant"] == [str(overlay)]
    assert rows["seeds"][:1] == ["2,"]
    assert rows["arrived_persons"] == ["120", "120", "0", "0", "to", "0", "persons"]
    difference = float(rows["volume_hkd"][2].replace(",", ""))
    assert difference < 0
    assert rows["volume_hkd"][-1] == "HKD"
    assert "depth_hkd" not in rows


def test_mistakes_of_both_sides_come_once_and_nothing_runs(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    base = tmp_path / "base.toml"
    text = tiny.read_text(encoding="utf-8")
    base.write_text(text.replace("prospects = 120", "prospects = -1"), encoding="utf-8")
    overlay = tmp_path / "overlay.toml"
    overlay.write_text('[[rules.changes]]\nid = "onb.exposure"\nvalue = "1 %"\n', "utf-8")
    answer = vatp("compare", base, overlay, "--out", tmp_path / "compared")
    assert answer.code == 2
    first, second = answer.err.splitlines()
    assert first.startswith(f"{base}:{text.splitlines().index('prospects = 120') + 1}: ")
    assert second.startswith(f"{overlay}:2: rules.changes[0].id: ")
    assert not (tmp_path / "compared").exists()


def test_a_folder_of_old_runs_is_refused(tiny: Path, tmp_path: Path, vatp: Vatp) -> None:
    answer = vatp("compare", tiny, tiny, "--seeds", "1", "--out", tmp_path)
    assert answer.code == 2
    assert f"{tmp_path} exists already" in answer.err


def test_a_seed_that_fails_is_named_with_its_replay_and_the_exit_code_is_1(
    tiny: Path, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sim.experiments
    from sim.experiments import Failed, Result, Source, Task
    from sim.experiments.comparing import Comparison

    def fail(*_: object, **__: object) -> Comparison:
        source = Source(str(tiny))
        task = Task("variant", source, 7, tmp_path / "variant-seed-7")
        results: tuple[Result, ...] = (Failed(task, "ZeroDivisionError: nobody"),)
        return Comparison(source, source, (7,), tmp_path, (), results)

    monkeypatch.setattr(sim.experiments, "run_comparison", fail)
    plain = vatp("compare", tiny, tiny, "--seeds", "7", "--out", tmp_path / "x")
    assert plain.code == 1
    assert "no seed finished under both" in plain.out
    replay = f"replay with: vatp run {tiny} --seed 7"
    assert plain.err == f"failed: variant seed 7: ZeroDivisionError: nobody; {replay}\n"
    document = vatp("compare", tiny, tiny, "--seeds", "7", "--out", tmp_path / "x", "--json")
    assert document.code == 1
    assert document.document["failures"][0]["seed"] == 7
