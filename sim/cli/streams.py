"""The three standard streams, whatever a shell has made of them: pipes, closed, full, not UTF-8."""

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def open_closed_streams() -> None:
    """Put the null device where a standard stream is closed, before a file of ours takes its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is handed out: this one, as those below it are open by now.
            os.open(os.devnull, os.O_RDWR)
    for number, name in enumerate(("stdout", "stderr"), 1):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal's encoding lacks is written as an escape, never an error.
            stream.reconfigure(errors="backslashreplace")


def settle_output() -> None:
    """Write what is still in the buffers, or drop it: nobody reads it, or there is no room for it.

    Without this the interpreter would try again when it ends, and complain.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


@contextmanager
def naming(stream: str) -> Iterator[None]:
    """Give an error of a standard stream the stream's name: a full disk says which file it was."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or stream
        raise


def show_cursor() -> None:
    """Give the terminal its cursor back: a progress bar that was cut off may have hidden it."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h")


def write(text: str) -> None:
    """Write text to standard output."""
    with naming("standard output"):
        sys.stdout.write(text)


def flush() -> None:
    """Write what is still in standard output's buffer."""
    with naming("standard output"):
        sys.stdout.flush()


def print_json(value: Any) -> None:
    """Print one JSON document; an undefined figure must be None, as NaN is not JSON."""
    write(json.dumps(value, indent=2, ensure_ascii=_ascii(), allow_nan=False) + "\n")


def print_json_line(value: Any) -> None:
    """Print one JSON document on one line."""
    write(json.dumps(value, ensure_ascii=_ascii(), allow_nan=False) + "\n")


def print_error(lines: Sequence[str], code: int, *, as_json: bool) -> None:
    """Print an error on standard error, and as JSON on standard output where JSON was asked for."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()
    if as_json:
        print_json_line({"error": {"exit_code": code, "messages": list(lines)}})
        flush()


def _ascii() -> bool:
    """Whether standard output can hold no more than ASCII safely."""
    return not (sys.stdout.encoding or "").lower().startswith("utf")
