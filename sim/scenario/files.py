"""Find the files a user names: on disk, or among the scenarios that ship with the package."""

import os
from collections.abc import Iterable
from pathlib import Path

from sim.problems import nearest
from sim.rules import shipped_folder

_LIKENESS = 0.75
"""File names share endings, so they must be more alike than keys before one is proposed."""


def shipped(name: str) -> Path | None:
    """Return a shipped file or folder by its name, or None.

    `hk-retail-2023`, `hk-retail-2023.toml` and `scenarios/hk-retail-2023.toml` are the same scenario;
    `rules/hong-kong` is a folder of rules.
    """
    folder = shipped_folder()
    relative = name.removeprefix("./").removeprefix("scenarios/")
    for candidate in (folder / relative, folder / f"{relative}.toml"):
        inside = os.path.normpath(candidate).startswith(f"{folder}{os.sep}")
        if relative and inside and exists(candidate):
            return candidate
    return None


def shipped_name(path: Path) -> str | None:
    """Return the name under which `shipped` finds a path, or None for a file of the user's."""
    folder = shipped_folder().resolve()
    resolved = path.resolve()
    return resolved.relative_to(folder).as_posix() if resolved.is_relative_to(folder) else None


def find_file(name: str | Path) -> Path | None:
    """Return the TOML file a user means: the path itself where it is a file, else the shipped one."""
    path = Path(name)
    if is_file(path):
        return path
    found = shipped(path.as_posix())
    return found if found is not None and found.is_file() else None


def find_beside(name: str, folders: Iterable[Path]) -> Path | None:
    """Return the first file or folder of that name relative to the folders, in order."""
    return next((folder / name for folder in folders if exists(folder / name)), None)


def is_file(path: Path) -> bool:
    """Whether a path is a file; a name that no file system could hold is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def exists(path: Path) -> bool:
    """Whether anything is at a path; False too for a name that no file system could hold."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def missing(name: str | Path, folders: Iterable[Path] = (Path(),)) -> str:
    """Say that a file is not there, naming the nearest one in the folder where it should be."""
    path = Path(name)
    places = [folder / path for folder in folders]
    if any(exists(place) for place in places):
        return "is a folder, expected a file"
    for folder in dict.fromkeys(place.parent for place in places):
        names = _names(folder)
        near = nearest(path.name, names, _LIKENESS) or nearest(
            f"{path.name}.toml", names, _LIKENESS
        )
        if near:
            return f"no such file; did you mean {(path.parent / near).as_posix()!r}?"
    near = nearest(path.as_posix(), _shipped_names(), _LIKENESS)
    return f"no such file; did you mean {near!r}, which is shipped?" if near else "no such file"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):
        return []


def _shipped_names() -> list[str]:
    folder = shipped_folder()
    files = sorted(folder.glob("*.toml")) + sorted(folder.glob("rules/*.toml"))
    regimes = [place for place in sorted(folder.glob("rules/*")) if place.is_dir()]
    names = [file.relative_to(folder).with_suffix("").as_posix() for file in files]
    return names + [regime.relative_to(folder).as_posix() for regime in regimes]
