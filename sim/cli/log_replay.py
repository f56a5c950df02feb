"""`vatp log replay`: rebuild the state from the log alone, and compare it with what the run recorded."""

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from sim.cli.arguments import Json
from sim.cli.console import output
from sim.cli.errors import EXIT_DONE, EXIT_FAILED
from sim.cli.progress import progress
from sim.cli.streams import print_json
from sim.cli.tables import Column, number, print_table
from sim.units import format_us

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.state import Replay

_COLUMNS = (
    Column("state"),
    Column("after event", right=True),
    Column("recorded"),
    Column("rebuilt"),
    Column("verdict"),
)


def replay(run: Path, /, *, json: Json = False) -> int:
    """Rebuild register, ledger, balances, fees and books from the log, and compare state hashes.

    Compared are the checkpoints that the run wrote at the start of each month, and its end. Exit code 1 if
    any differs.

    Parameters
    ----------
    run
        Run folder.
    """
    from sim.journal import RunLog
    from sim.state import replay as replay_log

    log = RunLog.open(run)
    with progress("replaying") as update:
        found = replay_log(
            log,
            progress=lambda done, total: update(done / max(total, 1), f"{done:,} events"),
        )
    if json:
        print_json(_document(log, found))
    else:
        _print(log, found)
    return EXIT_FAILED if found.problem else EXIT_DONE


def _document(log: "RunLog", found: "Replay") -> dict[str, object]:
    comparisons = [
        {**attrs.asdict(comparison), "equal": comparison.equal} for comparison in found.comparisons
    ]
    return {
        "ok": not found.problem,
        "state": log.state,
        "log_level": log.header["log_level"],
        "events": found.events,
        "head": log.head,
        "state_hash": found.state_hash,
        "compared_at_end": found.at_end,
        "comparisons": comparisons,
        "broken": found.broken,
    }


def _print(log: "RunLog", found: "Replay") -> None:
    console = output()
    if found.comparisons:
        rows = [
            (
                format_us(comparison.time_us),
                number(comparison.seq),
                comparison.recorded,
                comparison.rebuilt,
                "equal" if comparison.equal else "DIFFERS",
            )
            for comparison in found.comparisons
        ]
        print_table(console, _COLUMNS, {f"log level {log.header['log_level']}": rows})
    for problem in _problems(found):
        console.say(problem, style="red")
    if found.problem:
        return
    if not found.comparisons:
        console.say(f"{found.events:,} events folded; the run recorded no state to compare with")
        return
    console.say(f"{found.events:,} events folded, every recorded state is rebuilt from the log")
    if not found.at_end:
        console.say(f"the run is {log.state}: it recorded no state at its end")


def _problems(found: "Replay") -> list[str]:
    """Say where the log and the recorded states part."""
    problems = [found.broken] if found.broken else []
    wrong, right = found.first_difference, found.last_agreement
    if wrong is not None:
        since = f"event {right.seq:,}, where they are equal" if right else "the start"
        problems.append(
            f"the state after event {wrong.seq:,} ({format_us(wrong.time_us)}) is not the one the run "
            f"recorded; look between {since}, and there"
        )
    return problems
