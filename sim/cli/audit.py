"""`vatp audit`: hold a run against the platform's promises, recomputed from its log alone."""

from collections import Counter
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from cyclopts import Parameter

from sim.cli.arguments import Flag, Json
from sim.cli.console import bold, output
from sim.cli.errors import EXIT_DONE, EXIT_FAILED, UserError
from sim.cli.log_standing import note_unfinished, standing_document
from sim.cli.progress import progress
from sim.cli.streams import print_json
from sim.cli.tables import Column, Row, print_table
from sim.units import format_us

if TYPE_CHECKING:
    from analysis.audit import Finding, Offence, Report
    from sim.journal import RunLog

COLUMNS = (
    Column("promise"),
    Column("verdict"),
    Column("cases", right=True),
    Column("broken", right=True),
    Column("rules", wraps=True),
)
LISTED = (
    Column("promise"),
    Column("needs"),
    Column("rules", wraps=True),
    Column("what the platform promises", wraps=True),
)
OWN_BOOKS = "the platform's own books"
NO_CASE = "no case"
"""Kept only because nothing in the log could have broken it."""
_SHOWN = ("broken", "not checkable", NO_CASE, "kept")


def audit(
    run: Path | None = None,
    /,
    *,
    promise: Annotated[
        tuple[str, ...], Parameter(negative=(), consume_multiple=False, show_default=False)
    ] = (),
    list_: Annotated[Flag, Parameter(name="--list")] = False,
    json: Json = False,
) -> int:
    """Hold a run against the platform's promises; exit code 1 if any is broken.

    Parameters
    ----------
    run
        Run folder.
    promise
        Promise to judge; repeatable, by default all.
    list_
        List the promises and judge nothing.
    """
    from analysis.audit import check_promise_names

    check_promise_names(promise)
    if list_:
        _print_list(promise, as_json=json)
        return EXIT_DONE
    if run is None:
        raise UserError("RUN is missing: the folder of a run, or --list to see the promises")
    from sim.journal import RunLog

    log = RunLog.open(run)
    found = _judge(log, promise)
    if json:
        print_json(_document(run, found) | standing_document(log))
    else:
        _print(run, found)
        note_unfinished(log)
    return EXIT_DONE if found.kept else EXIT_FAILED


def _judge(log: "RunLog", names: tuple[str, ...]) -> "Report":
    from analysis.audit import audit_run

    with progress("auditing") as update:
        return audit_run(
            log,
            names,
            lambda done, total: update(done / max(total, 1), f"{done} of {total} segments"),
        )


def _document(run: Path, found: "Report") -> dict[str, Any]:
    return {
        "run_dir": str(run),
        "state": found.state,
        "reason": found.reason,
        "log_level": found.log_level,
        "events": found.events,
        "kept": found.kept,
        "promises": [attrs.asdict(finding) for finding in found.findings],
    }


def _print(run: Path, found: "Report") -> None:
    console = output()
    sections: dict[str, list[Row]] = {}
    for shown in _SHOWN:
        rows = [_row(finding) for finding in found.findings if _shown(finding) == shown]
        if rows:
            sections[shown] = rows
    print_table(console, COLUMNS, sections)
    for finding in found.findings:
        if finding.first is not None:
            console.say(bold(f"{finding.name}: {finding.title}"))
            console.say(f"    {_offence(finding.first)}", style="red")
            console.say(f"    expected: {finding.first.expected}")
            if finding.first.seq:
                console.say(
                    f"    what led to it: vatp log why {quote(str(run))} {finding.first.seq}"
                )
    for finding in found.findings:
        if finding.why:
            console.say(f"{finding.name}: {finding.why}", style="dim")
    console.say(f"{run}: {found.events:,} events, log level {found.log_level}; {_summary(found)}")


def _shown(finding: "Finding") -> str:
    return finding.verdict if finding.verdict != "kept" or finding.cases else NO_CASE


def _row(finding: "Finding") -> Row:
    return (
        finding.name,
        _shown(finding),
        f"{finding.cases:,}",
        f"{finding.broken:,}" if finding.broken else "",
        ", ".join(finding.rules) or OWN_BOOKS,
    )


def _offence(first: "Offence") -> str:
    place = f"seq {first.seq}" if first.seq else "missing"
    return f"{place}  {format_us(first.time_us)}  {first.kind}  {first.what}"


def _summary(found: "Report") -> str:
    counts = Counter(map(_shown, found.findings))
    return ", ".join(f"{counts[shown]} {shown}" for shown in _SHOWN if counts[shown])


def _print_list(names: tuple[str, ...], *, as_json: bool) -> None:
    from analysis.audit import select_promises

    chosen = select_promises(names)
    if as_json:
        print_json(
            [
                {
                    "name": entry.name,
                    "title": entry.title,
                    "rules": list(entry.rules),
                    "needs": entry.needs,
                }
                for entry in chosen
            ]
        )
        return
    rows = [
        (entry.name, entry.needs, ", ".join(entry.rules) or OWN_BOOKS, entry.title)
        for entry in chosen
    ]
    print_table(output(), LISTED, {"promises": rows})
