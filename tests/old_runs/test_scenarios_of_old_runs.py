"""Run folders whose scenario another program wrote: it said less than today's, or more."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sim.journal.store
import sim.journal.writer
import sim.run
from sim.journal import RunLog, verify
from sim.program import Program, this_program
from sim.rules import dump_regime, load_regime
from sim.scenario import Loaded, digest, dump, load
from tests.cli.conftest import Vatp, vatp  # noqa: F401 - a fixture

OLDER = Program("0.0.9", "0123456789abcdef")
SETTINGS = (
    "horizon.start=2023-08-28",
    "horizon.end=2023-09-04",
    "world.population.prospects=40",
    "world.arbitrageurs=[]",
    "world.market_makers=[{name='maker-1', levels=2, requote_interval='2 h'}]",
    "world.reference.step=1 h",
    "world.sample_interval=6 h",
    'rule.onb.exposure_limit="7 %"',
)
LACKING = 'depth_band = "1 %"\n'
"""A key that the older program had not."""
UNKNOWN = "moon_phase = 3\n"
"""A key that it had, and today's has not."""
FIRST_SEGMENT_EVENTS = 64


def recorded(
    patch: pytest.MonkeyPatch, run_dir: Path, *, lacking: str = "", unknown: str = ""
) -> RunLog:
    """Let an older program run a scenario in which it knew a key less, or another one more."""

    def dumped(loaded: Loaded) -> str:
        text = dump(loaded)
        assert lacking in text
        return text.replace(lacking, "").replace("[world]\n", f"[world]\n{unknown}")

    def digested(loaded: Loaded) -> str:
        written: Mapping[str, Any] = tomllib.loads(dumped(loaded))
        return digest(loaded, written)

    with patch.context() as then:
        then.setattr(sim.run, "dump", dumped)
        then.setattr(sim.run, "scenario_digest", digested)
        then.setattr(sim.journal.store, "this_program", lambda: OLDER)
        then.setattr(sim.journal.writer, "FIRST_SEGMENT_EVENTS", FIRST_SEGMENT_EVENTS)
        sim.run.run(load("hk-retail-2023", settings=SETTINGS), seed=2, run_dir=run_dir)
    return RunLog.open(run_dir)


def killed(run_dir: Path) -> None:
    """Leave of a run what a kill after its second segment leaves."""
    path = run_dir / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))


def limit_of(log: RunLog) -> str:
    (row,) = log.show(kinds=["exposure_limit_set"], limit=1)
    return str(row["seq"])


def test_a_scenario_that_lacks_a_key_of_today_is_the_same_scenario(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    vatp: Vatp,  # noqa: F811 - the fixture
) -> None:
    log = recorded(monkeypatch, tmp_path / "run", lacking=LACKING)
    assert LACKING.encode() not in log.attachment("scenario.toml")
    whole = load("hk-retail-2023", settings=SETTINGS)
    assert log.header["scenario_digest"] != digest(whole)
    audited = vatp("audit", log.run_dir, "--json")
    assert (audited.code, audited.document["kept"]) == (0, True)
    told = vatp("log", "why", log.run_dir, limit_of(log), "--json")
    assert (told.code, told.err) == (0, "")
    assert told.document["event"]["rules"][0]["value"] == "7 %"
    killed(log.run_dir)
    resumed = vatp("log", "resume", log.run_dir, "--json")
    assert (resumed.code, resumed.err) == (0, "")
    assert resumed.document["head"] == log.head
    fork = ("--at", "2023-09-01", "--out", tmp_path / "fork", "--json")
    assert vatp("log", "fork", log.run_dir, *fork).code == 0


def test_a_scenario_with_a_key_of_another_time_leaves_the_log_readable(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    vatp: Vatp,  # noqa: F811 - the fixture
) -> None:
    log = recorded(monkeypatch, tmp_path / "run", unknown=UNKNOWN)
    run = log.run_dir
    seq = limit_of(log)
    for words in (
        ("log", "verify", run),
        ("log", "show", run, "--limit", "0"),
        ("log", "replay", run),
        ("log", "state", run, "--at", "2023-09-01"),
        ("log", "timeline", run, "BTC"),
        ("log", "export", run, "--format", "ocel", "--out", tmp_path / "ocel.json"),
    ):
        answer = vatp(*words)
        assert answer.code == 0, (words, answer.err)
    told = vatp("log", "why", run, seq)
    assert told.code == 0
    # The law lies in the folder, with the scenario's own changes, whatever else is in the scenario.
    assert "was 7 % then" in told.out
    assert "the scenario of the run cannot be checked as a whole" in told.err
    audited = vatp("audit", run)
    assert audited.code == 2
    key, who = audited.err.splitlines()
    assert "world.moon_phase: unknown key" in key
    assert "it was recorded by vatp 0.0.9 and this is" in who
    killed(run)
    folder = tmp_path / "fork"
    for command in (("resume", run), ("fork", run, "--at", "2023-08-29", "--out", folder)):
        refused = vatp("log", *command)
        assert refused.code == 2
        key, who = refused.err.splitlines()
        assert "world.moon_phase: unknown key" in key
        assert "it was recorded by vatp 0.0.9 and this is" in who
    assert verify(run).problems == ()
    assert RunLog.open(run).state == "interrupted"


def test_a_run_keeps_the_law_it_was_made_under(tmp_path: Path) -> None:
    loaded = load("hk-retail-2023", settings=SETTINGS)
    sim.run.run(loaded, seed=2, run_dir=tmp_path / "run")
    log = RunLog.open(tmp_path / "run")
    assert log.program == this_program()
    assert log.attachments == ("rules.toml", "scenario.toml")
    law = load_regime("rules.toml", log.run_dir)
    assert law == load_regime("rules/hong-kong")
    assert log.attachment("rules.toml").decode() == dump_regime(law)
    again = load(log.run_dir / "scenario.toml")
    assert again.regime == loaded.regime
    assert digest(again) == digest(loaded) == log.header["scenario_digest"]
