"""The front desk's door: run one command, and say what went wrong as people read it.

Exit codes: 0 done; 1 a check failed (a log that is not what was sealed, a seed that failed); 2 bad input, or a
system that refuses (full disk, no permission); 70 a defect of the simulator; 130 interrupted by Ctrl-C;
143 terminated.

Nothing slow is imported up here: Ctrl-C is answered politely from the first moment on.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process; never shows a traceback unless VATP_TRACEBACK is set."""
    from sim.cli.streams import open_closed_streams

    open_closed_streams()
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(command_line(sys.argv[1:]))


def command_line(words: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever is raised becomes a message.

    Parameters
    ----------
    words
        What follows `vatp` on the command line.
    """
    from sim.cli.streams import flush, settle_output

    try:
        code = _run(words)
        flush()
    except BaseException as error:  # noqa: BLE001 - panics of compiled libraries are no Exception
        try:
            code = _explain(error, as_json="--json" in words)
        except OSError:
            # Not even the message can be written.
            code = code_of(error)
    settle_output()
    return code


def _run(words: Sequence[str]) -> int:
    from sim.cli.commands import build_app

    return build_app()(list(words)) or 0


def code_of(error: BaseException) -> int:
    """Return the exit code of an error."""
    from sim.cli import errors

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else errors.EXIT_FAILED
    if isinstance(error, KeyboardInterrupt):
        return errors.EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader of a pipe has had enough, as `| head` does: that is not a failure.
        return errors.EXIT_DONE
    if errors.is_failed_check(error):
        return errors.EXIT_FAILED
    return errors.EXIT_BAD_INPUT if errors.bad_input(error) else errors.EXIT_DEFECT


def _explain(error: BaseException, *, as_json: bool) -> int:
    """Tell the user about an error; return the exit code."""
    from sim.cli import errors
    from sim.cli.streams import print_error, show_cursor

    show_cursor()
    if isinstance(error, SystemExit | BrokenPipeError):
        return code_of(error)
    if isinstance(error, KeyboardInterrupt):
        # A second Ctrl-C ends the process at once.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        lines: tuple[str, ...] = (f"vatp: interrupted{f'; {error}' if str(error) else ''}",)
    else:
        if os.environ.get("VATP_TRACEBACK"):
            _print_traceback(error)
        lines = errors.bad_input(error) or errors.defect(error)
    code = code_of(error)
    print_error(lines, code, as_json=as_json)
    return code


def _print_traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a handler's signature
    """End in order when asked to: the log notes why it stops, the terminal gets its cursor back."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
