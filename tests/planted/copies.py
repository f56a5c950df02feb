"""Copies of the sources in a temporary folder: nothing is ever planted in place."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.planted.faults import ROOT, Fault, planted

COPIED = ("sim", "analysis", "scenarios", "tests", "pyproject.toml")
"""What tests and lives read; the rest of the repository stays where it is."""


def copy_sources(to: Path, root: Path = ROOT) -> Path:
    """Copy the sources of a repository into a new folder and return it."""
    to.mkdir(parents=True)
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, to / name)
        else:
            shutil.copy2(source, to / name)
    return to


@contextmanager
def faulty_copy(fault: Fault, clean: Path, folder: Path) -> Iterator[Path]:
    """Yield a copy of a clean copy with the fault in it; it is gone afterwards.

    Compiled bytecode comes along, but for the faulty file: a change within one second would look like none.
    """
    copy = folder / "sources"
    shutil.copytree(clean, copy)
    path = copy / fault.file
    path.write_text(planted(fault, clean), encoding="utf-8")
    for stale in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        stale.unlink()
    try:
        yield copy
    finally:
        shutil.rmtree(copy)
