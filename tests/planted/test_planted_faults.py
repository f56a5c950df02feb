"""The table of planted faults fits the sources, and a few of its faults are planted and caught for real.

All of them: `python -m tests.planted`, some minutes.
"""

import ast
from pathlib import Path

import pytest

from analysis.audit import select_promises
from tests.planted.faults import ROOT, Fault, PlantingError, planted, read_faults, read_lives
from tests.planted.table import README, in_readme, markdown
from tests.planted.trials import Trials

FAULTS = read_faults()
QUICK = (
    "a worse price trades first",
    "limits do not follow a change of the share",
    "the digest leaves the last row out",
)
"""One found by the audit though the run stops itself, one in a life to its end, one by a test alone."""


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_still_fits_its_source(fault: Fault) -> None:
    assert planted(fault, ROOT)


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_whatever_is_said_to_catch_a_fault_exists() -> None:
    promises = {entry.name for entry in select_promises()}
    lives = read_lives()
    for fault in FAULTS:
        assert set(fault.promises) <= promises, fault.name
        assert fault.life in lives, fault.name
        for node in fault.tests:
            file, _, function = node.partition("::")
            assert function.split("[")[0] in _tests_in(file), node


def test_there_are_faults_in_every_room_and_most_of_those_with_a_trace_are_seen_by_a_test_too() -> (
    None
):
    rooms = {"book", "calendars", "draws", "fees", "flow", "journal", "ledger", "limits", "venue"}
    assert {fault.room for fault in FAULTS} == rooms
    assert len(FAULTS) >= 24
    traced = [fault for fault in FAULTS if fault.trace]
    assert len(traced) >= 20
    assert sum(bool(fault.tests) for fault in traced) > len(traced) * 3 // 4


def test_the_table_in_the_readme_is_that_of_the_data() -> None:
    text = README.read_text(encoding="utf-8")
    assert in_readme(text, markdown(FAULTS)) == text, "run python -m tests.planted --markdown"


@pytest.mark.slow
def test_some_faults_are_planted_and_caught(trials: Trials) -> None:
    chosen = [fault for fault in FAULTS if fault.name in QUICK]
    assert len(chosen) == len(QUICK)
    assert trials.without_fault(chosen) == []
    for fault in chosen:
        verdict = trials.trial(fault)
        assert verdict.missed == (), fault.name
        assert len(verdict.first_offences) == len(fault.promises)


@pytest.mark.slow
def test_a_fault_that_nothing_catches_is_told(trials: Trials) -> None:
    """A change of a comment is caught by nobody: neither by a test, nor by the audit, nor by the run."""
    harmless = Fault(
        name="nothing at all",
        room="book",
        file="sim/ledger/accounts.py",
        before="what a posting is.",
        after="what a posting was.",
        wrong="Nothing goes wrong.",
        trace=True,
        tests=("tests/ledger/test_postings.py::test_every_entry_adds_up_to_zero_per_asset",),
        promises=("trade_fees",),
        life="a high minimum",
        stops="LedgerError",
    )
    verdict = trials.trial(harmless)
    assert not verdict.caught
    assert verdict.missed == (
        f"test {harmless.tests[0]}",
        "promise trade_fees",
        "the run itself: it did not stop",
    )


def test_a_fault_whose_text_is_gone_or_not_alone_cannot_be_planted(tmp_path: Path) -> None:
    fault = FAULTS[0]
    source = tmp_path / fault.file
    with pytest.raises(PlantingError, match="there is no"):
        planted(fault, tmp_path)
    source.parent.mkdir(parents=True)
    source.write_text(2 * fault.before, encoding="utf-8")
    with pytest.raises(PlantingError, match="stands 2 times"):
        planted(fault, tmp_path)


def test_a_row_of_the_table_that_says_too_little_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(
        "[[fault]]\nname = 'a'\nfile = 'b'\nbefore = 'c'\nafter = 'd'\ntrace = true\ntest = []\n",
        encoding="utf-8",
    )
    with pytest.raises(PlantingError) as caught:
        read_faults(tmp_path)
    for words in (
        "test is no field",
        "wrong is missing",
        "needs a promise or a check",
        "nothing catches it",
    ):
        assert words in str(caught.value)
