"""What is said of a run that is not complete, and the difference between damaged and unreadable."""

from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from sim.journal import DamageError, Journal, JournalError, RunLog, mark, unfinished
from sim.journal.durable import FileDigest
from tests.journal.journal_samples import HEADER, control_events, write_controls, write_mixed

EVENTS = control_events(47)


def cut(run_dir: Path, lines: int) -> RunLog:
    path = run_dir / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    return RunLog.open(run_dir)


def test_a_complete_run_has_nothing_to_be_said(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    assert unfinished(RunLog.open(tmp_path / "run")) == ""


def test_an_interrupted_run_says_after_how_many_events_and_when(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    said = unfinished(cut(tmp_path / "run", 4))
    assert said == "interrupted after 30 events, at 2023-11-15 06:13:20.029000+08:00"
    assert unfinished(cut(tmp_path / "run", 1)) == "interrupted before its first segment was sealed"


def test_a_quarantined_run_gives_the_reason(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    mark(tmp_path / "run", "quarantined", "somebody doubted it")
    assert unfinished(RunLog.open(tmp_path / "run")) == "quarantined: somebody doubted it"


def test_a_run_that_is_being_written_says_so(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run", HEADER, 10) as journal:
        said = unfinished(RunLog.open(tmp_path / "run"))
        assert said == "still being written: nothing is sealed yet"
        for event in EVENTS[:10]:
            journal.append(event)
        journal._worker.wait()
        said = unfinished(RunLog.open(tmp_path / "run"))
        assert said.startswith(
            "still being written: 10 events so far, until 2023-11-15 06:13:20.009"
        )
        journal.complete({})


def test_what_was_sealed_and_is_not_there_or_not_the_same_is_damage(tmp_path: Path) -> None:
    write_mixed(tmp_path / "run")
    log = RunLog.open(tmp_path / "run")
    part = tmp_path / "run" / log.segments[0].parts[0].path
    part.write_bytes(part.read_bytes() + b"more")
    with pytest.raises(
        DamageError, match="were sealed; `vatp log verify` says what is still valid"
    ):
        list(log.show())
    part.unlink()
    with pytest.raises(DamageError, match=f"{part} is gone; `vatp log verify` says"):
        list(log.show())
    (tmp_path / "run" / "scenario.toml").write_text('name = "another"\n')
    with pytest.raises(DamageError, match=r"scenario\.toml: .*; it is the scenario .*SHA-256"):
        log.attachment("scenario.toml")
    manifest = tmp_path / "run" / "manifest.jsonl"
    manifest.write_bytes(b"{}\n" + manifest.read_bytes())
    with pytest.raises(DamageError, match="line 1 does not follow"):
        RunLog.open(tmp_path / "run")


def test_a_file_that_may_not_be_read_is_not_called_damaged_and_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mixed(tmp_path / "run")
    log = RunLog.open(tmp_path / "run")
    real = FileDigest.of

    def refuse(path: Path) -> FileDigest:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(FileDigest, "of", refuse)
    path = tmp_path / "run" / log.segments[0].parts[0].path
    for read in (lambda: list(log.show()), lambda: log.attachment("scenario.toml")):
        with pytest.raises(JournalError) as caught:
            read()
        assert not isinstance(caught.value, DamageError)
        name = Path(str(caught.value).partition(" cannot be read")[0])
        assert name in {path, tmp_path / "run" / "scenario.toml"}
        assert str(caught.value) == f"{name} cannot be read: permission denied"
    monkeypatch.setattr(FileDigest, "of", real)
    assert len(list(log.show())) == log.events


def test_a_killed_run_whose_files_may_not_be_looked_at_is_neither_damaged_nor_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_controls(tmp_path / "run", EVENTS)
    path = tmp_path / "run" / "manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    before = path.read_bytes()
    real = Path.stat

    def refuse(path: Path, **options: Any) -> Any:
        if path.suffix == ".parquet":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(
        JournalError, match=r"\.parquet cannot be read: permission denied$"
    ) as caught:
        RunLog.open(tmp_path / "run")
    assert not isinstance(caught.value, DamageError)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert RunLog.open(tmp_path / "run").state == "interrupted"


def test_a_run_killed_before_its_first_line_says_that_nothing_is_lost(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    path = tmp_path / "run" / "manifest.jsonl"
    whole = path.read_bytes()
    rmtree(tmp_path / "run" / "events")
    for kept in (0, 40):
        path.write_bytes(whole[:kept])
        with pytest.raises(DamageError, match="killed before it began, and no event is lost"):
            RunLog.open(tmp_path / "run")


def test_nobody_is_told_to_remove_a_log_whose_manifest_was_emptied_or_cut(tmp_path: Path) -> None:
    write_controls(tmp_path / "run", EVENTS)
    path = tmp_path / "run" / "manifest.jsonl"
    whole = path.read_bytes()
    files = len(list((tmp_path / "run" / "events").rglob("*.parquet")))
    for kept in (0, 40):
        path.write_bytes(whole[:kept])
        says = f"the manifest is damaged; {files} part files lie in events/: remove nothing$"
        with pytest.raises(DamageError, match=says):
            RunLog.open(tmp_path / "run")
