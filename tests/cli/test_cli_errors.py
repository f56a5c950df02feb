"""What goes wrong reaches people as a sentence and an exit code, never as a traceback."""

import errno
import importlib
import pkgutil
import shutil
from pathlib import Path

import pytest

import analysis
import sim
from sim.cli import commands, errors
from sim.cli.errors import DEFECTS, USER_ERRORS, UserError, bad_input
from sim.cli.main import command_line
from sim.journal import JournalError, QuarantinedError, RecordMismatchError
from tests.cli.conftest import Finished, Vatp


def named(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_every_error_class_is_known_to_be_the_users_or_a_defect() -> None:
    found = set()
    for package in (sim, analysis):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and issubclass(value, Exception):
                    found.add(value)
    ours = {named(kind) for kind in found if kind.__module__.startswith(("sim.", "analysis."))}
    assert ours == USER_ERRORS | DEFECTS
    assert not USER_ERRORS & DEFECTS


def test_a_subclass_of_a_users_error_is_the_users_too() -> None:
    class MoreExactError(UserError):
        pass

    assert bad_input(MoreExactError("first\nsecond")) == ("first", "second")
    assert bad_input(ValueError("internal")) == ()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("rn",), 'vatp: Unknown command "rn". Did you mean "run"?'),
        (("log", "shw"), 'vatp log: Unknown command "shw". Did you mean "show"?'),
        (("run",), "vatp run: SCENARIO is missing"),
        (("run", "a.toml", "--sead", "1"), "Unknown option: --sead. Did you mean --seed?"),
        (("run", "a.toml", "--seed"), "vatp run: --seed needs a value"),
        (("run", "a.toml", "--seed", "one"), 'unable to convert "one" into int'),
        (("run", "a.toml", "--seed", "-1"), 'Invalid value "-1" for --seed. Must be >= 0.'),
        (("run", "a.toml", "--seed", str(2**63)), "Must be <"),
        (("run", "a.toml", "b.toml"), "vatp run: too much: 'b.toml'"),
        (("compare", "a.toml"), "vatp compare: VARIANT is missing"),
        (("compare", "a.toml", "b.toml", "--workers", "0"), "Must be >= 1"),
        (("log", "show", "runs/a", "--limit", "-3"), "Must be >= 0"),
        (("rules", "show"), "vatp rules show: RULE is missing"),
    ],
)
def test_a_wrong_command_line_is_explained_and_points_to_help(
    words: tuple[str, ...], says: str, vatp: Vatp
) -> None:
    answer = vatp(*words)
    first, second = answer.err.splitlines()
    assert (answer.code, answer.out) == (2, "")
    assert says in first
    assert second.endswith("--help` shows how it is used.")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "nowhere.toml"), "nowhere.toml: no such file"),
        (("run", "hk-retail-2024"), "did you mean 'hk-retail-2023', which is shipped?"),
        (("run", "."), ".: is a folder, expected a file"),
        (("run", "hk-retail-2023", "--with", "nowhere.toml"), "nowhere.toml: no such file"),
        (("run", "hk-retail-2023", "--set", "horizon"), "--set 1: expected path=value"),
        (
            ("run", "hk-retail-2023", "--set", "horizon.ned=2023-12-01"),
            "--set 1: horizon.ned: unknown key 'ned'; did you mean 'end'?",
        ),
        (
            ("run", "hk-retail-2023", "--set", "horizon.end=2023-13-01"),
            "--set 1: horizon.end: expected a date such as",
        ),
        (("check",), "vatp check: name at least one file"),
        (("compare", "a.toml", "b.toml", "--seeds", "5-1"), "the range 5-1 runs backwards"),
        (("compare", "a.toml", "b.toml", "--seeds", "1,x"), "expected seeds such as 1-10"),
        (("rules", "list", "--on", "2024-13-01"), "--on: expected a date such as"),
        (("rules", "list", "nowhere"), "nowhere: no such file"),
        (("rules", "show", "onb.exposure_limti"), "did you mean onb.exposure_limit"),
        (("rules", "diff", "2023-06-01", "x.toml"), "name two dates, or two sets of rules"),
        (("log", "show", "nowhere"), "nowhere is not a run folder: it has no manifest.jsonl"),
        (("log", "verify", "."), ". is not a run folder: it has no manifest.jsonl"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: tuple[str, ...],
    says: str,
    vatp: Vatp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = vatp(*words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == []


COMMANDS_THAT_READ_A_RUN = (
    ("audit",),
    ("log", "verify"),
    ("log", "show"),
    ("log", "state"),
    ("log", "replay"),
    ("log", "export", "--format", "trades-csv", "--out", "trades.csv"),
    ("log", "timeline", "BTC"),
    ("log", "fork", "--at", "2023-09-12", "--out", "fork"),
)


@pytest.mark.parametrize("damage", ["a changed part", "a part that is gone", "a changed line"])
def test_every_command_ends_with_exit_code_1_where_a_run_is_not_what_was_sealed(
    damage: str, finished: Finished, tmp_path: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished.run_dir, tmp_path / "run")
    part = tmp_path / "run" / "events" / "trade" / "00000001.parquet"
    manifest = tmp_path / "run" / "manifest.jsonl"
    if damage == "a changed part":
        data = bytearray(part.read_bytes())
        data[len(data) // 2] ^= 1
        part.write_bytes(data)
    elif damage == "a part that is gone":
        part.unlink()
    else:
        manifest.write_bytes(manifest.read_bytes().replace(b'"number":1', b'"number":2'))
    for words in COMMANDS_THAT_READ_A_RUN:
        command, rest = (words[:1], words[1:]) if words[0] == "audit" else (words[:2], words[2:])
        answer = vatp(*command, "run", *rest)
        assert answer.code == 1, (words, answer.err)
        assert "Traceback" not in answer.err


def test_a_failed_check_is_told_apart_from_bad_input() -> None:
    assert errors.FAILED_CHECKS <= USER_ERRORS
    assert errors.is_failed_check(QuarantinedError("quarantined"))
    assert errors.is_failed_check(RecordMismatchError("differs"))
    assert not errors.is_failed_check(JournalError("permission denied"))
    assert not errors.is_failed_check(UserError("no such file"))


def test_both_sides_of_a_comparison_are_checked_at_once(vatp: Vatp) -> None:
    answer = vatp("compare", "left.toml", "right.toml", "--seeds", "1")
    assert answer.err == "left.toml: no such file\nright.toml: no such file\n"
    assert answer.code == 2


def test_with_json_an_error_is_a_document_too(vatp: Vatp) -> None:
    answer = vatp("run", "nowhere.toml", "--json")
    assert answer.document == {
        "error": {"exit_code": 2, "messages": ["nowhere.toml: no such file"]}
    }
    assert answer.err == "nowhere.toml: no such file\n"


def test_an_unknown_measure_is_found_before_the_run_with_its_line(
    tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    spoilt = tmp_path / "spoilt.toml"
    names = 'measures = ["acess", "depth_hkd", "fee_incme_hkd"]\n'
    spoilt.write_text(names + tiny.read_text(encoding="utf-8"), encoding="utf-8")
    answer = vatp("run", spoilt, "--out", tmp_path / "run")
    first, second = answer.err.splitlines()
    assert first == f"{spoilt}:1: measures[0]: no measure or family 'acess'; did you mean 'access'?"
    assert second.startswith(f"{spoilt}:1: measures[2]: ")
    assert second.endswith("did you mean 'fee_income_hkd'?")
    assert answer.code == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_bad_price_file_is_reported_at_the_line_that_names_it_and_leaves_no_folder(
    command: str, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("time,asset,price\n2023-08-01,BTC,29000\n2023-10-01,BTC,-1\n", "utf-8")
    spoilt = tmp_path / "spoilt.toml"
    text = tiny.read_text(encoding="utf-8").replace('step = "1 h"', 'file = "prices.csv"')
    spoilt.write_text(text, encoding="utf-8")
    line = text.splitlines().index('file = "prices.csv"') + 1
    words = [spoilt] if command == "run" else [spoilt, spoilt]
    answer = vatp(command, *words, "--out", tmp_path / "run")
    assert answer.err.startswith(
        f"{spoilt}:{line}: world.reference.file: {prices}:3: expected a price"
    )
    assert answer.code == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_horizon_without_prices_is_reported_where_it_was_written(
    command: str, tiny: Path, tmp_path: Path, vatp: Vatp
) -> None:
    answer = vatp(command, tiny, "--set", "horizon.end=2039-01-01")
    assert answer.err.startswith("--set 1: horizon.end: ")
    assert "needs outside prices" in answer.err
    assert answer.code == 2
    early = tmp_path / "early.toml"
    text = tiny.read_text(encoding="utf-8")
    early.write_text(text.replace("start = 2023-09-01", "start = 2019-09-01"), encoding="utf-8")
    line = text.splitlines().index("start = 2023-09-01") + 1
    answer = vatp(command, early)
    assert answer.err.startswith(f"{early}:{line}: horizon.start: ")
    assert answer.code == 2


def test_a_folder_that_holds_a_run_is_not_written_again(finished: Finished, vatp: Vatp) -> None:
    before = sorted(path.stat().st_mtime_ns for path in finished.run_dir.rglob("*"))
    answer = vatp("run", finished.scenario, "--out", finished.run_dir)
    assert answer.code == 2
    assert f"{finished.run_dir} holds a run already" in answer.err
    assert before == sorted(path.stat().st_mtime_ns for path in finished.run_dir.rglob("*"))


def test_a_folder_that_cannot_be_made_is_a_sentence(tiny: Path, tmp_path: Path, vatp: Vatp) -> None:
    file = tmp_path / "file"
    file.touch()
    answer = vatp("run", tiny, "--out", file / "run")
    assert answer.code == 2
    assert answer.err == (
        f"cannot create the run folder {file / 'run'}: a part of the path is a file, not a folder\n"
    )


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), "a/b: no space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "a/b"), "a/b: permission denied"),
        (OSError(errno.EFBIG, "File too large"), "vatp: the system refused: file too large; "),
        (MemoryError(), "out of memory"),
    ],
)
def test_what_the_system_refuses_is_told_plainly_and_is_no_defect(
    error: BaseException, says: str, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(commands, "build_app", refuse)
    answer = vatp("run", "a.toml")
    assert answer.code == errors.EXIT_BAD_INPUT
    assert answer.err.startswith(says)


def test_a_defect_is_one_line_and_its_traceback_comes_on_request(
    vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("nobody to\ndivide by")

    monkeypatch.setattr(commands, "build_app", fail)
    plain = vatp("run", "a.toml")
    assert plain.code == errors.EXIT_DEFECT
    assert plain.err.splitlines()[0] == (
        "vatp: a defect of the simulator: ZeroDivisionError: nobody to divide by"
    )
    assert "Traceback" not in plain.err
    monkeypatch.setenv("VATP_TRACEBACK", "1")
    full = vatp("run", "a.toml")
    assert full.code == errors.EXIT_DEFECT
    assert "Traceback" in full.err


def test_a_panic_of_a_compiled_library_does_not_escape(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class PanicError(BaseException):
        pass

    def panic() -> None:
        raise PanicError("index out of range")

    monkeypatch.setattr(commands, "build_app", panic)
    assert command_line(["check"]) == errors.EXIT_DEFECT
    assert "PanicError: index out of range" in capsys.readouterr().err
