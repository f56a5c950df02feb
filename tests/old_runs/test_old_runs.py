"""The recorded runs of released versions, read and judged by today's program."""

import json
import math
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sim.journal import RunLog, verify
from sim.program import this_program
from tests.cli.conftest import Vatp, vatp  # noqa: F401 - a fixture
from tests.old_runs.readings import SQL_QUERIES, readings
from tests.old_runs.recording import EXPECTED, HERE, record

VERSIONS = sorted(path.parent.name for path in HERE.glob(f"*/{EXPECTED}"))
RECORDED: dict[str, dict[str, Any]] = {
    version: json.loads((HERE / version / EXPECTED).read_text(encoding="utf-8"))
    for version in VERSIONS
}
RUNS = [(version, name) for version in VERSIONS for name in RECORDED[version]["runs"]]
FULL = [(version, name) for version, name in RUNS if name == "full"]

old_run = pytest.mark.parametrize(("version", "name"), RUNS, ids="-".join)
full_run = pytest.mark.parametrize(("version", "name"), FULL, ids="-".join)


def copied(version: str, name: str, folder: Path) -> Path:
    return Path(shutil.copytree(HERE / version / name, folder / "run"))


def test_every_released_version_has_its_recorded_runs() -> None:
    changelog = (HERE.parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d\S*)(?: \((?!unreleased).*\))?$", changelog, re.MULTILINE)
    assert set(released) <= set(VERSIONS), "python -m tests.old_runs.recording records a release"
    assert "0.1.0" in VERSIONS


@old_run
def test_an_old_run_verifies_to_the_head_that_was_noted(version: str, name: str) -> None:
    noted = RECORDED[version]["runs"][name]["verify"]
    found = verify(HERE / version / name, expect_head=noted["head"])
    assert (found.problems, found.state, found.events) == ((), "complete", noted["events"])
    program = RunLog.open(HERE / version / name).program
    assert program is not None
    assert program.version == version


@old_run
def test_every_reader_finds_in_an_old_run_what_was_found_then(
    version: str, name: str, tmp_path: Path
) -> None:
    expected = dict(RECORDED[version]["runs"][name])
    if find_spec("duckdb") is None:
        for query in SQL_QUERIES:
            expected.pop(query, None)
    assert losses(expected, readings(HERE / version / name, tmp_path)) == []


@full_run
def test_an_old_run_is_forked_with_its_past_or_the_program_that_can_is_named(
    version: str,
    name: str,
    tmp_path: Path,
    vatp: Vatp,  # noqa: F811 - the fixture
) -> None:
    run = copied(version, name, tmp_path)
    words = ("--at", "2023-09-05", "--set", 'rule.trd.fee_maker="20 bps"', "--json")
    answer = vatp("log", "fork", run, *words, "--out", tmp_path / "fork")
    if answer.code == 0:
        fork = RunLog.open(tmp_path / "fork")
        assert answer.document["parent_head"] == RunLog.open(run).head
        assert answer.document["common_events"] > 1000
        assert verify(tmp_path / "fork", expect_head=fork.head).problems == ()
    else:
        says_who_can(answer.code, answer.document, version)


@full_run
def test_an_old_run_that_was_killed_is_resumed_or_the_program_that_can_is_named(
    version: str,
    name: str,
    tmp_path: Path,
    vatp: Vatp,  # noqa: F811 - the fixture
) -> None:
    run = copied(version, name, tmp_path)
    path = run / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    answer = vatp("log", "resume", run, "--json")
    if answer.code == 0:
        assert answer.document["head"] == RECORDED[version]["runs"][name]["verify"]["head"]
    else:
        says_who_can(answer.code, answer.document, version)
    # Whatever was tried: what is sealed is still the first segment of that run.
    log = RunLog.open(run)
    chain = RunLog.open(HERE / version / name).segments[0].chain
    assert log.segments[0].chain == chain


def says_who_can(code: int, document: Any, version: str) -> None:
    """A refusal is an exit code of ours and names the program that recorded the run."""
    assert code in {1, 2}
    (*_, message) = document["error"]["messages"]
    if version == this_program().version:
        assert f"vatp {version} with other sources" in message
    else:
        assert f"only vatp {version} is sure to live it again" in message


def test_a_release_is_recorded_once(tmp_path: Path) -> None:
    (tmp_path / "0.1.0").mkdir()
    with pytest.raises(FileExistsError):
        record(tmp_path / "0.1.0")


def losses(expected: Any, found: Any, place: str = "") -> list[str]:
    """List the places at which something found then is not found now; what is new does not count."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            loss
            for key, value in expected.items()
            for loss in losses(value, found.get(key), f"{place}/{key}")
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [loss for at, (one, other) in pairs for loss in losses(one, other, f"{place}/{at}")]
    if isinstance(expected, float) and isinstance(found, int | float):
        both_undefined = math.isnan(expected) and math.isnan(found)
        same = both_undefined or math.isclose(expected, found, rel_tol=1e-12)
    else:
        same = expected == found
    return [] if same else [f"{place}: {found!r} now, {expected!r} then"]


def test_a_loss_is_found_wherever_it_is() -> None:
    then = {"a": [1, {"b": 2.0, "c": float("nan")}], "d": "x"}
    now = {"a": [1, {"b": 2.0, "c": float("nan"), "new": 1}], "d": "x", "e": 0}
    assert losses(then, now) == []
    now["a"][1]["b"] = 3.0  # type: ignore[index]
    del now["d"]
    assert losses(then, now) == ["/a/1/b: 3.0 now, 2.0 then", "/d: None now, 'x' then"]
    assert losses([1], [1, 2]) == [": [1, 2] now, [1] then"]
