"""`vatp log`: read the events of a run, and verify them."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from sim.cli.arguments import Count, Flag, Json, JsonLines, instant
from sim.cli.console import output, remark
from sim.cli.errors import EXIT_DONE, EXIT_FAILED, UserError, bad_input
from sim.cli.log_follow import details, print_followed, say_more
from sim.cli.log_standing import note_unfinished
from sim.cli.progress import progress
from sim.cli.streams import print_json, print_json_line, write
from sim.units import format_us

if TYPE_CHECKING:
    from sim.journal import Row, RunLog, Verification

KIND_WIDTH = 24


def show(
    run: Path,
    /,
    *,
    kind: Annotated[
        tuple[str, ...], Parameter(negative=(), consume_multiple=False, show_default=False)
    ] = (),
    client: int | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: Count = 50,
    follow_causes: Flag = False,
    json: JsonLines = False,
) -> None:
    """Print events in order, filtered by kind, client or time.

    Parameters
    ----------
    run
        Run folder.
    kind
        Kind of event, such as trade or withdrawal_paid; repeatable.
    client
        Client id; trades match on either party.
    since
        First instant, a date or 2023-09-01T09:30+08:00.
    until
        Instant before which to stop.
    limit
        Most events to print; 0 prints all.
    follow_causes
        Print each event below the one that led to it, from the beginning on, and what followed.
    """
    from sim.journal import RunLog

    log = RunLog.open(run)
    rows = log.show(
        kinds=kind or None,
        client=client,
        since=None if since is None else instant("--since", since),
        until=None if until is None else instant("--until", until),
        # One more than is printed, to know whether any is left out.
        limit=limit + 1 if limit else None,
    )
    with reading(run):
        if follow_causes:
            printed = print_followed(log, rows, limit, as_json=json)
        else:
            printed = _print_rows(rows, limit, as_json=json)
    if not printed:
        remark(f"no event matches; {run} holds {log.events:,} events{_ids(log, client)}")
    note_unfinished(log)


def _ids(log: "RunLog", client: int | None) -> str:
    """Say which ids there are, where nothing was found of somebody who never was."""
    if client is None:
        return ""
    from sim.state.views import clients_of, ids_said

    found = clients_of(log)
    if any(client in ids for ids in found.values()) or not any(found.values()):
        return ""
    return f"; {ids_said(found)}"


@contextmanager
def reading(run: Path) -> Iterator[None]:
    """Blame what goes wrong inside the block on the log's damage where that is the reason.

    Raises
    ------
    DamageError
        What was read makes no sense, and the log does not verify.
    """
    from polars.exceptions import PanicException

    try:
        yield
    except (Exception, PanicException) as error:
        if not bad_input(error):
            _blame_damage(run, error)
        raise


def _print_rows(rows: "Iterable[Row]", limit: int, *, as_json: bool) -> int:
    """Print rows up to the limit, saying so where more are left; return how many were printed."""
    printed = 0
    for row in rows:
        if limit and printed == limit:
            say_more(limit)
            break
        if as_json:
            print_json_line(row)
        else:
            write(_text(row))
        printed += 1
    return printed


def _text(row: "Row") -> str:
    time = format_us(int(row["time_us"]))
    return f"{row['seq']:>10}  {time}  {row['kind']:<{KIND_WIDTH}} {details(row)}\n"


def _blame_damage(run: Path, error: BaseException) -> None:
    """Say that the log is damaged where that is why it could not be shown: what it holds may be anything.

    Raises
    ------
    DamageError
        The log does not verify.
    """
    from sim.journal import verify as verify_run
    from sim.journal.errors import DamageError

    problems = verify_run(run).problems
    if problems:
        raise DamageError(f"{run} is damaged: {problems[0]}") from error


def verify(run: Path, /, *, expect_head: str | None = None, json: Json = False) -> int:
    """Check every byte of a sealed run against its chain of digests; exit code 1 if anything is wrong.

    Parameters
    ----------
    run
        Run folder.
    expect_head
        Head kept elsewhere; a whole log that was replaced is found only by this.
    """
    from sim.journal import verify as verify_run

    if expect_head is not None and not re.fullmatch("[0-9a-f]{64}", expect_head):
        raise UserError(f"--expect-head: {expect_head!r} is no head; expected 64 hex digits")
    with progress("verifying") as update:
        found = verify_run(
            run,
            expect_head=expect_head,
            progress=lambda done, total: update(
                done / max(total, 1), f"{done} of {total} segments"
            ),
        )
    if json:
        print_json(
            {
                "ok": not found.problems,
                "state": found.state,
                "unfinished": _unfinished(run, found),
                "events": found.events,
                "head": found.head,
                "problems": list(found.problems),
                "valid_segments": found.valid_segments,
                "valid_events": found.valid_events,
                "notes": list(found.notes),
            }
        )
    else:
        _print(run, found, expect_head)
    return EXIT_FAILED if found.problems else EXIT_DONE


def _print(run: Path, found: "Verification", expect_head: str | None) -> None:
    from sim.journal import takes_on

    console = output()
    for problem in found.problems:
        console.say(problem, style="red")
    if found.problems:
        is_another = expect_head not in {None, found.head}
        if len(found.problems) > is_another:
            _say_what_is_left(run, found)
        # Where only the head is another, all is as sealed, and nothing is left of the run that was meant.
        return
    console.say(f"{found.events:,} events verified, head {found.head}")
    # The note that says why a run stopped is told with its standing.
    why = f"{found.state}: "
    if found.state != "complete":
        reason = next((note.removeprefix(why) for note in found.notes if note.startswith(why)), "")
        console.say(f"the run is {found.state}, not complete{f' ({reason})' if reason else ''}")
        if found.state != "running":
            console.say(takes_on(run))
    for note in found.notes:
        if found.state == "complete" or not note.startswith(why):
            console.say(f"note: {note}")


def _unfinished(run: Path, found: "Verification") -> str:
    """Say how a run stands that is not complete; only its state where the log cannot be opened."""
    from sim.journal import JournalError, RunLog, unfinished

    if found.state in {"", "complete"}:
        return ""
    with suppress(JournalError):
        return unfinished(RunLog.open(run))
    return found.state


def _say_what_is_left(run: Path, found: "Verification") -> None:
    """Say how much of a damaged run can be believed, and how to come by the rest."""
    from sim.journal import JournalError, remedy

    console = output()
    if not found.state:
        console.say("without its header nothing of the run can be believed")
        return
    if found.is_broken_off:
        # How many there were after the damaged line, nobody knows.
        console.say(f"the first {found.valid_events:,} events are as sealed")
    else:
        console.say(f"the first {found.valid_events:,} of {found.events:,} events are as sealed")
    if found.is_broken_off or found.valid_events < found.events:
        with suppress(JournalError):
            console.say(remedy(run))
