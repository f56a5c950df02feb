"""Compile kernels with numba and keep them on disk, keyed by every kernel source.

numba's own on-disk cache looks only at the file that holds a function: when a function it calls in
another file changes, it would run the stale machine code. So the cache folder's name is a digest of all
sources that may be compiled together, of numba's and NumPy's versions and of the interpreter; a changed
kernel simply looks in another folder.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np

_KERNEL_SOURCES = ("compiled.py", "units.py", "draws.py", "events", "matching", "flow", "world")
"""Everything whose functions or constants may be frozen into machine code."""
_KEPT_FOLDERS = 4
_config: Any = numba.config

F = TypeVar("F", bound=Callable[..., Any])


def source_digest(root: Path | None = None) -> str:
    """Digest of every source whose code may end up in a compiled kernel, and of the compiler."""
    root = root or Path(__file__).parent
    digest = blake2b(digest_size=8)
    for version in (numba.__version__, np.__version__, sys.version):
        digest.update(version.encode())
    for name in _KERNEL_SOURCES:
        path = root / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def cache_folder() -> Path:
    """Return the folder of this version's compiled kernels (`VATP_KERNEL_CACHE` names another parent)."""
    parent = os.environ.get("VATP_KERNEL_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(parent) if parent else Path.home() / ".cache"
    folder = base / "vatp-lab" / source_digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        # A read-only home: compile once per machine in the temporary folder instead.
        folder = Path(tempfile.gettempdir()) / f"vatp-lab-{os.getuid()}" / source_digest()
        folder.mkdir(parents=True, exist_ok=True)
    _forget_old_versions(folder)
    return folder


def _forget_old_versions(current: Path) -> None:
    siblings = [path for path in current.parent.iterdir() if path.is_dir() and path != current]
    siblings.sort(key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
    for old in siblings[_KEPT_FOLDERS - 1 :]:
        for file in old.rglob("*"):
            if file.is_file():
                file.unlink(missing_ok=True)


def kernel(function: F | None = None, **options: Any) -> Any:
    """Compile a function in nopython mode and cache it beside its whole family of kernels.

    Use as `@kernel` or `@kernel(inline="always")`. Keyword options go to `numba.njit`.
    """
    if function is None:
        return lambda wrapped: kernel(wrapped, **options)
    previous = _config.CACHE_DIR
    _config.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(cache=True, boundscheck=False, **options)(function)
    finally:
        _config.CACHE_DIR = previous
