"""A run stopped in mid-segment is resumed: at no instant is less on record than was sealed before."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.journal import Journal, JournalError, RunLog, verify
from tests.journal.journal_samples import (
    HEADER,
    control_events,
    lived_again,
    memory_folder,
    write_controls,
)

EVENTS = control_events(47)
STOPPED_AT = 27


class Photographer:
    """Copies the run folder before every flush and rename: what a kill there would leave."""

    def __init__(self, run_dir: Path, album: Path, patch: pytest.MonkeyPatch) -> None:
        self._run_dir = run_dir
        self._album = album
        self.pictures: list[Path] = []
        patch.setattr(os, "fsync", self._around(os.fsync))
        patch.setattr(Path, "rename", self._around(Path.rename))

    def _around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            self._shoot()
            return real(*given)

        return call

    def _shoot(self) -> None:
        picture = self._album / str(len(self.pictures))
        self.pictures.append(picture)
        shutil.copytree(self._run_dir, picture)


def stopped(run_dir: Path) -> None:
    journal = Journal.create(run_dir, HEADER, 10)
    for event in EVENTS[:STOPPED_AT]:
        journal.append(event)
    journal.interrupt("stopped by hand")


@pytest.mark.slow
def test_a_kill_at_any_step_of_resuming_keeps_every_sealed_event() -> None:
    with memory_folder() as folder:
        head = write_controls(folder / "whole", EVENTS)
        stopped(folder / "run")
        with pytest.MonkeyPatch.context() as patch:
            photographer = Photographer(folder / "run", folder / "album", patch)
            assert lived_again(folder / "run", EVENTS) == head
        seen = set()
        for picture in photographer.pictures:
            found = verify(picture)
            assert found.problems == (), picture
            assert found.events >= STOPPED_AT, picture
            seen.add(found.events)
            log = RunLog.open(picture)
            assert [event for _, event in log.control_events()] == EVENTS[: log.events]
            if log.state != "complete":
                assert log.state == "interrupted"
                assert lived_again(picture, EVENTS) == head
            assert verify(picture, expect_head=head).problems == ()
        assert seen == {27, 30, 40, 47}


def test_files_that_wait_beside_their_names_are_named_by_the_next_reader_and_only_if_they_fit(
    tmp_path: Path,
) -> None:
    """Stops between the line of the longer segment and the names of its files."""
    stopped(tmp_path / "run")
    with pytest.MonkeyPatch.context() as patch:
        photographer = Photographer(tmp_path / "run", tmp_path / "album", patch)
        lived_again(tmp_path / "run", EVENTS)
    waiting = next(
        picture
        for picture in photographer.pictures
        if b"resumed" in (picture / "manifest.jsonl").read_bytes().splitlines()[-2]
    )
    partial = sorted(waiting.rglob("*.partial"))
    assert len(partial) > 1
    spoilt = Path(shutil.copytree(waiting, tmp_path / "spoilt"))
    for path in spoilt.rglob("*.partial"):
        path.write_bytes(b"left over from something else")
    assert "its bytes" in verify(spoilt).problems[0] or "sealed" in verify(spoilt).problems[0]
    assert sorted(spoilt.rglob("*.partial"))
    assert RunLog.open(waiting).events == 30
    assert not any(path.exists() for path in partial)
    assert verify(waiting).problems == ()


@pytest.mark.slow
def test_a_disk_that_is_full_at_any_step_of_resuming_keeps_every_sealed_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with memory_folder() as folder:
        head = write_controls(folder / "whole", EVENTS)
        stopped(folder / "stopped")
        left = set()
        for allowed in range(100):
            run_dir = Path(shutil.copytree(folder / "stopped", folder / f"run-{allowed}"))
            with monkeypatch.context() as patch:
                # One step fails; there is room again for a shorter line, such as the closing one.
                disk = Full(patch, allowed)
                said = answer(run_dir)
            if not disk.failed:
                break
            assert "the disk is full" in said or said == head
            found = verify(run_dir)
            assert found.problems == (), f"step {allowed}"
            assert found.events >= STOPPED_AT, f"step {allowed}"
            left.add(found.events)
            assert lived_again(run_dir, EVENTS) == head
            assert verify(run_dir, expect_head=head).problems == ()
        assert left == {27, 30, 40, 47}


def answer(run_dir: Path) -> str:
    try:
        return lived_again(run_dir, EVENTS)
    except JournalError as error:
        return str(error)


class Full:
    """Fails one flush or rename, the one after so many others."""

    def __init__(self, patch: pytest.MonkeyPatch, allowed: int) -> None:
        self._left = allowed
        self.failed = False
        patch.setattr(os, "fsync", self._counted(os.fsync))
        patch.setattr(Path, "rename", self._counted(Path.rename))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                self.failed = True
                raise OSError(errno.ENOSPC, "full")
            return real(*given)

        return call
