"""`vatp audit`: table and document, exit codes, the list of promises."""

import json
import shutil
from pathlib import Path

from analysis.audit import select_promises
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
    copied = shutil.copytree(finished.run_dir, tmp_path / "copied")
    (copied / "scenario.toml").unlink()
    gone = vatp("audit", copied)
    assert gone.code == 2
    assert "without the run's scenario" in gone.err
