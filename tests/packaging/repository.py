"""The repository as the packaging tests see it."""

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

_NOT_OURS = {".git", ".venv", "runs", "dist", "build", "__pycache__", "node_modules"}


@cache
def tracked_files() -> tuple[str, ...]:
    """Names of the files that are kept in the repository; without git, all that could be."""
    if (ROOT / ".git").exists():
        git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        listed = subprocess.run(
            [*git, "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        names = [name for name in listed.split("\0") if name]
    else:
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if not (set(path.relative_to(ROOT).parts) & _NOT_OURS or "_cache" in str(path))
        ]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def project() -> dict[str, Any]:
    """Return `pyproject.toml` as it is written."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
