"""`vatp audit`: table and document, exit codes, the list of promises."""

import json
import shutil
from pathlib import Path

import pytest

import sim.venue.desk
from analysis.audit import select_promises
from sim.journal import RunLog
from sim.run import run
from sim.scenario import load
from tests.cli.conftest import Finished, Vatp


def test_a_clean_run_keeps_every_promise_that_its_log_shows(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("audit", finished.run_dir)
    assert (answer.code, answer.err) == (0, "")
    assert " kept" in answer.out
    assert "broken" not in answer.out.split("log level")[1]
    for entry in select_promises():
        assert entry.name in answer.out


def test_the_document_holds_every_finding(finished: Finished, vatp: Vatp) -> None:
    answer = vatp("audit", finished.run_dir, "--json")
    found = json.loads(answer.out)
    assert answer.code == 0
    assert found["kept"] is True
    assert found["state"] == "complete"
    assert found["events"] == finished.document["events"]
    assert {entry["name"] for entry in found["promises"]} == {
        entry.name for entry in select_promises()
    }
    assert all(entry["first"] is None for entry in found["promises"])


def test_a_single_promise_is_judged_alone(finished: Finished, vatp: Vatp) -> None:
    words = ("audit", finished.run_dir, "--promise", "trade_fees", "--promise", "retail_access")
    found = json.loads(vatp(*words, "--json").out)
    assert [entry["name"] for entry in found["promises"]] == ["retail_access", "trade_fees"]


def test_the_promises_are_listed_with_their_rules_and_no_run_is_needed(vatp: Vatp) -> None:
    answer = vatp("audit", "--list")
    assert answer.code == 0
    assert "price_time_priority" in answer.out
    assert "the platform's own books" in answer.out
    listed = json.loads(vatp("audit", "--list", "--json").out)
    assert [entry["name"] for entry in listed] == [entry.name for entry in select_promises()]


def test_bad_input_is_a_sentence_and_exit_code_2(
    finished: Finished, vatp: Vatp, tmp_path: Path
) -> None:
    unknown = vatp("audit", finished.run_dir, "--promise", "trade_fee")
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err == "no promise 'trade_fee'; did you mean 'trade_fees'?\n"
    nothing = vatp("audit", tmp_path)
    assert nothing.code == 2
    assert "is not a run folder" in nothing.err
    assert vatp("audit").code == 2


def copied(run_dir: Path, folder: Path) -> Path:
    return shutil.copytree(run_dir, folder / "a copy")


@pytest.fixture(scope="module")
def unkept(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose desk publishes the taker's rate for makers too."""
    folder = tmp_path_factory.mktemp("unkept") / "the run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.venue.desk, "MAKER_RULE", sim.venue.desk.TAKER_RULE)
        return run(load(tiny), seed=1, run_dir=folder).run_dir


def test_a_broken_promise_is_named_with_its_first_event_and_exit_code_1(
    unkept: Path, vatp: Vatp
) -> None:
    answer = vatp("audit", unkept)
    assert (answer.code, answer.err) == (1, "")
    log = RunLog.open(unkept)
    seq = log.scan("fees_set").collect()["seq"][0]
    lines = answer.out.splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("fee_schedule: "))
    assert lines[place + 1].startswith(f"    seq {seq}  ")
    assert "fees_set  retail: maker 1500 taker 1500 ppm" in lines[place + 1]
    assert lines[place + 2] == "    expected: maker 1000 taker 1500 ppm"
    assert lines[place + 3] == f"    what led to it: vatp log why '{unkept}' {seq}"
    assert "1 broken" in lines[-1]
    # The same as one document, and the command it points to.
    found = json.loads(vatp("audit", unkept, "--json").out)
    assert found["kept"] is False
    [broken] = [entry for entry in found["promises"] if entry["verdict"] == "broken"]
    assert (broken["name"], broken["first"]["seq"]) == ("fee_schedule", seq)
    assert broken["broken"] == log.rows("fees_set")
    assert vatp("log", "why", unkept, seq).code == 0
    assert vatp("audit", unkept, "--promise", "trade_fees").code == 0


def test_a_promise_that_nothing_in_the_log_could_break_is_shown_as_having_no_case(
    finished: Finished, vatp: Vatp
) -> None:
    # The small scenario has no coins that leave.
    words = ("audit", finished.run_dir, "--promise", "coin_withdrawals_paid")
    answer = vatp(*words)
    assert answer.code == 0
    assert "; 1 no case" in answer.out
    [entry] = json.loads(vatp(*words, "--json").out)["promises"]
    assert (entry["verdict"], entry["cases"]) == ("kept", 0)


def test_a_run_that_was_killed_is_judged_to_its_last_segment_and_says_so(
    finished: Finished, vatp: Vatp, tmp_path: Path
) -> None:
    killed = copied(finished.run_dir, tmp_path)
    manifest = killed / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:1]))
    answer = vatp("audit", killed)
    assert answer.code == 0
    assert "0 events" in answer.out
    assert " kept" not in answer.out
    said = "note: the run is interrupted before its first segment was sealed; `vatp log resume "
    assert answer.err.startswith(said)
    assert len(answer.err.splitlines()) == 1
    document = vatp("audit", killed, "--json")
    assert document.err == ""
    assert document.document["state"] == "interrupted"
    assert document.document["unfinished"] == "interrupted before its first segment was sealed"


@pytest.mark.parametrize("kind", ["trade", "client_activated"])
def test_a_damaged_file_of_either_plane_is_named_and_nothing_is_judged(
    finished: Finished, vatp: Vatp, tmp_path: Path, kind: str
) -> None:
    damaged = copied(finished.run_dir, tmp_path)
    path = next((damaged / "events" / kind).iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    answer = vatp("audit", damaged)
    assert (answer.code, answer.out) == (1, "")
    assert f"{path}: its bytes are not those that were sealed" in answer.err
    path.unlink()
    answer = vatp("audit", damaged, "--json")
    assert answer.code == 1
    [message] = answer.document["error"]["messages"]
    assert message.startswith(f"{path} is gone")


@pytest.mark.parametrize("name", ["scenario.toml", "rules.toml"])
def test_a_run_without_its_scenario_or_its_law_is_not_judged(
    finished: Finished, vatp: Vatp, tmp_path: Path, name: str
) -> None:
    run_dir = copied(finished.run_dir, tmp_path)
    with (run_dir / name).open("a", encoding="utf-8") as file:
        file.write("# another word\n")
    changed = vatp("audit", run_dir)
    assert (changed.code, changed.out) == (1, "")
    assert str(run_dir / name) in changed.err
    (run_dir / name).unlink()
    gone = vatp("audit", run_dir)
    assert (gone.code, gone.out) == (1, "")
    assert str(run_dir / name) in gone.err
