"""Files that survive a crash: written beside, flushed to disk, renamed; and the lock of a run's one writer."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import attrs

PARTIAL_SUFFIX = ".partial"
"""Ends the name of a file that is still being written; nothing reads such a file."""

_LOCK_TRIES = 100
_LOCK_PAUSE_S = 0.02


@attrs.frozen
class FileDigest:
    """What a file must be: its size in bytes and the SHA-256 of its bytes (as `sha256sum` prints it)."""

    size_bytes: int = attrs.field(validator=attrs.validators.instance_of(int))
    sha256: str = attrs.field(validator=attrs.validators.instance_of(str))

    @classmethod
    def of(cls, path: Path) -> "FileDigest":
        """Read a file whole and digest it; raises OSError."""
        # One read and one hash call: each releases the interpreter to the run's own thread.
        data = path.read_bytes()
        return cls(len(data), sha256(data).hexdigest())


def partial(path: Path) -> Path:
    """Return the name under which a file is written before it is renamed."""
    return path.with_name(path.name + PARTIAL_SUFFIX)


def publish(paths: list[Path]) -> None:
    """Flush written partial files to disk, then give them their names, durably; raises OSError."""
    for path in paths:
        flush(partial(path))
    rename(paths)


def rename(paths: list[Path]) -> None:
    """Give flushed partial files their names, durably; raises OSError."""
    for path in paths:
        partial(path).rename(path)
    for folder in dict.fromkeys(path.parent for path in paths):
        flush(folder)


def discard(paths: list[Path]) -> None:
    """Remove partial files, to give a full disk its room back; what cannot be removed stays."""
    for path in paths:
        with suppress(OSError):
            partial(path).unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file or a folder is on disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> FileDigest:
    """Write a whole file so that it is there entirely or not at all; raises OSError."""
    partial(path).write_bytes(data)
    publish([path])
    return FileDigest(len(data), sha256(data).hexdigest())


def append_durably(file: BinaryIO, line: bytes) -> None:
    """Append to an unbuffered file and wait for the disk; a line that fails leaves nothing behind.

    Where even that fails the file is closed, so that nothing can follow the half-written line.
    Raises OSError.
    """
    before = os.fstat(file.fileno()).st_size
    try:
        file.seek(before)
        written = file.write(line)
        if written != len(line):
            # The system took a part: the rest fails with the reason (a full disk).
            file.write(line[written:])
        os.fsync(file.fileno())
    except BaseException:
        try:
            file.truncate(before)
        except OSError:
            file.close()
        raise


def lock(file: BinaryIO, path: Path, *, is_marking: bool = False) -> bool:
    """Take the writer's lock on an open file; False when another process writes it.

    The lock belongs to the open file: the system drops it when the process dies, however it dies. Who only
    reads the file, or marks it (`marking`), is waited for.

    Parameters
    ----------
    file, path
        The file, open for writing, and where it lies.
    is_marking
        The caller is inside `marking`, so that whoever has the lock for itself is a writer.
    """
    for _ in range(_LOCK_TRIES):
        if _took(file.fileno(), fcntl.LOCK_EX):
            return True
        with unwritten(path, is_marking=is_marking) as free:
            if not free:
                return False
        time.sleep(_LOCK_PAUSE_S)
    return False


@contextmanager
def unwritten(path: Path, *, is_marking: bool = False) -> Iterator[bool]:
    """Keep writers away from a file as long as the block runs; yields False where one is at work.

    Others may read it in the same way at once. Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        free = _took(file.fileno(), fcntl.LOCK_SH)
        if not free and not is_marking:
            # Nobody marks the file while this is held: who has it then is a writer.
            with _folder_locked(path.parent, fcntl.LOCK_SH):
                free = _took(file.fileno(), fcntl.LOCK_SH)
        yield free


@contextmanager
def marking(folder: Path) -> Iterator[None]:
    """Tell others that who locks a file of this folder inside the block adds a line, and is no living run.

    The file must be opened, locked and closed inside the block.
    """
    with _folder_locked(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def _folder_locked(folder: Path, how: int) -> Iterator[None]:
    """Lock a folder, waiting for others; where the file system knows no such lock, go on without it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            for _ in range(_LOCK_TRIES):
                if _took(descriptor, how):
                    break
                time.sleep(_LOCK_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _took(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
