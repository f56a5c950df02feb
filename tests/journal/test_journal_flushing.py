"""Nothing counts before it is on disk: the order of flushes, names and lines of the manifest."""

import os
from pathlib import Path
from typing import Any

import pytest

from sim.journal import Journal, RunLog
from tests.journal.journal_samples import HEADER, START_US, happened

SEGMENT_EVENTS = 10


def test_every_file_of_a_segment_is_on_disk_before_its_line_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir = tmp_path / "run"
    steps: list[tuple[str, int, int]] = []
    fsync, rename = os.fsync, Path.rename

    def lines() -> int:
        manifest = run_dir / "manifest.jsonl"
        return manifest.read_bytes().count(b'"line":"segment"') if manifest.exists() else 0

    def flush(descriptor: int) -> None:
        steps.append(("flushed", os.fstat(descriptor).st_ino, lines()))
        fsync(descriptor)

    def name(path: Path, target: Any) -> Path:
        steps.append(("named", path.stat().st_ino, lines()))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "rename", name)
    with Journal.create(run_dir, HEADER, SEGMENT_EVENTS) as journal:
        for place in range(3 * SEGMENT_EVENTS):
            kind = ("run_ended", "run_started")[place % 2]
            given = {"reason": "x"} if kind == "run_ended" else {"seed": 1}
            journal.append(happened(kind, START_US + place, **given))
        journal.complete({})
    monkeypatch.undo()
    segments = RunLog.open(run_dir).segments
    assert [len(segment.parts) for segment in segments] == [2, 2, 2]
    for segment in segments:
        before = segment.number - 1
        for part in segment.parts:
            path = run_dir / part.path
            file, folder = path.stat().st_ino, path.parent.stat().st_ino
            flushed = steps.index(("flushed", file, before))
            named = steps.index(("named", file, before))
            assert flushed < named, f"{part.path} has its name before its bytes are on disk"
            # The name itself is on disk only when the folder is.
            assert ("flushed", folder, before) in steps[named:]
