"""Writing a file so that it is whole or not there: beside its place first, then moved into it."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32


class ExportError(Exception):
    """A file cannot be exported; the message is one sentence for the user."""


_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links say."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
        There is such a file already, no such folder, or nothing can be written into it.
    """
    check_place(path, force=force)
    # As short for every name: one that the file system takes for the file itself fits here, too.
    name = f".{crc32(os.fsencode(path.name)):08x}.{os.getpid()}.partial"
    partial = path.with_name(name)
    try:
        partial.touch()
    except OSError as error:
        raise ExportError(
            f"{path.parent}: no file can be made there: {_reason(error, partial, path)}"
        ) from error
    try:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        _move(partial, path, force=force)
    except OSError as error:
        if name not in str(error) and not _no_room(error):
            raise
        raise ExportError(f"{path}: {_reason(error, partial, path)}") from error
    finally:
        partial.unlink(missing_ok=True)


def _no_room(error: OSError) -> bool:
    """Whether there was no room to write; libraries tell the system's number in their text only."""
    found = re.search(r"os error (\d+)", str(error))
    return (int(found.group(1)) if found else error.errno) in _FULL


def _reason(error: OSError, partial: Path, path: Path) -> str:
    """Say what the system refused; libraries that do so themselves name the file that the user did not."""
    if not error.strerror:
        return " ".join(str(error).split()).replace(str(partial), str(path))
    return error.strerror[:1].lower() + error.strerror[1:]


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
