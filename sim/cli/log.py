"""`vatp log`: read the events of a run, and verify them."""

import json as json_module
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sim.cli.console import output, print_json
from sim.cli.run import Json
from sim.units import format_us


def show(
    run: Path,
    /,
    *,
    kind: Annotated[tuple[str, ...], Parameter(negative=(), consume_multiple=False, show_default=False)] = (),
    client: int | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int = 50,
    json: Annotated[bool, Parameter(negative=(), show_default=False, help="Print one JSON object per line.")] = False,
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
    """
    from sim.journal import RunLog
    from sim.quantities import parse_instant

    rows = RunLog.open(run).show(
        kinds=kind or None,
        client=client,
        since=None if since is None else parse_instant(since),
        until=None if until is None else parse_instant(until),
        limit=limit or None,
    )
    for row in rows:
        if json:
            sys.stdout.write(json_module.dumps(row, ensure_ascii=False) + "\n")
            continue
        seq, time_us, name = row.pop("seq"), row.pop("time_us"), row.pop("kind")
        details = " ".join(f"{key}={value}" for key, value in row.items() if value not in {"", None})
        sys.stdout.write(f"{seq:>10}  {format_us(time_us)}  {name:<24} {details}\n")


def verify_(run: Path, /, *, expect_head: str | None = None, json: Json = False) -> None:
    """Check every byte of a sealed run against its chain of digests; exit code 1 if anything is wrong.

    Parameters
    ----------
    run
        Run folder.
    expect_head
        Head kept elsewhere; a whole log that was replaced is found only by this.
    """
    from sim.journal import verify

    found = verify(run, expect_head=expect_head)
    if json:
        print_json({"ok": not found.problems, "events": found.events, "head": found.head, "problems": list(found.problems)})
    else:
        console = output()
        for problem in found.problems:
            console.print(problem, style="red", highlight=False)
        if not found.problems:
            console.print(f"{found.events:,} events verified, head {found.head}", highlight=False)
    if found.problems:
        raise SystemExit(1)
