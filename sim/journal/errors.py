"""What goes wrong with a run's log, said in a sentence a user can act on."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from polars.exceptions import PanicException, PolarsError


class JournalError(Exception):
    """A run's log cannot be written or read; the message is one sentence for the user."""


class DamageError(JournalError):
    """A file of a run is not what was sealed, or is gone: a check of the log failed, whoever made it."""


class RecordMismatchError(JournalError):
    """A life that was lived again is not the recorded one; the message names the first event that differs."""


class QuarantinedError(DamageError):
    """A run's log cannot be believed, from the place on that the message names."""


_SENTENCES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than the system allows here",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
}


@contextmanager
def explained(doing: str, consequence: str = "") -> Iterator[None]:
    """Turn what the system or Polars raises inside the block into a JournalError.

    Parameters
    ----------
    doing
        What was attempted, for the head of the sentence: "cannot write events/trade/1.parquet".
    consequence
        What that means for the run; appended to the sentence.

    Raises
    ------
    JournalError
        In place of any OSError or PolarsError, or a panic of Polars (which damaged Parquet can cause).
    """
    try:
        yield
    except (OSError, PolarsError, PanicException) as error:
        sentence = f"{doing}: {_cause(error)}"
        raise JournalError(f"{sentence}; {consequence}" if consequence else sentence) from error


def _cause(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        # Polars reports the system's error number in its text only.
        found = re.search(r"os error (\d+)", str(error))
        number = int(found.group(1)) if found else None
    if number is None:
        return str(error).splitlines()[0]
    return _SENTENCES.get(number, os.strerror(number))


def stopped_by(error: BaseException) -> str:
    """Say for the closing line what stopped a run; the class only of what nobody expected."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped by Ctrl-C"
    if isinstance(error, SystemExit):
        return "asked to end"
    said = str(error)
    return said if isinstance(error, JournalError) else f"{type(error).__name__}: {said}"


def is_gone(error: JournalError) -> bool:
    """Whether what `explained` met is a file that is not there, not one that cannot be read."""
    return isinstance(error.__cause__, FileNotFoundError | NotADirectoryError)
