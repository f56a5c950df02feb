"""Writing a file so that it is whole or not there: beside its place first, then moved into it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ExportError(Exception):
    """A file cannot be exported; the message is one sentence for the user."""


_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links say."""


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, its content becomes the file, else nothing stays.

    Parameters
    ----------
    path
        The file.
    force
        Replace a file that is there.

    Raises
    ------
    ExportError
        There is such a file already, or no such folder.
    """
    check_place(path, force=force)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        _move(partial, path, force=force)
    finally:
        partial.unlink(missing_ok=True)


def check_place(path: Path, *, force: bool) -> None:
    """Refuse a place where a file cannot or must not be written.

    Raises
    ------
    ExportError
        Says why, and what would help.
    """
    if path.is_dir():
        raise ExportError(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise ExportError(f"{path.parent} is no folder; make it first")
    if path.exists() and not force:
        raise ExportError(_occupied(path))


def _move(partial: Path, path: Path, *, force: bool) -> None:
    if not force:
        try:
            # A link fails where the name is taken: nobody's file is replaced, whoever was first.
            path.hardlink_to(partial)
        except FileExistsError:
            raise ExportError(_occupied(path)) from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            check_place(path, force=False)
        else:
            return
    partial.replace(path)


def _occupied(path: Path) -> str:
    return f"{path} exists already; --force replaces it"
