"""`vatp log replay`: rebuild the state from the log alone, and compare it with what was kept of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from sim.cli.arguments import Json
from sim.cli.console import output
from sim.cli.errors import EXIT_DONE, EXIT_FAILED
from sim.cli.log_standing import snapshot_problem, standing, standing_document
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

    Compared are the checkpoints that the run wrote at the start of each month, its end, and every snapshot in
    its folder that `vatp log state` would answer from. A snapshot that differs is named and replaced by the
    right one. Exit code 1 if anything differs, or the log is not what was sealed.

    Parameters
    ----------
    run
        Run folder.
    """
    from sim.journal import RunLog, known_damage
    from sim.state import replay as replay_log

    log = RunLog.open(run)
    with known_damage(log), progress("replaying") as update:
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
        **standing_document(log),
        "log_level": log.header["log_level"],
        "events": found.events,
        "head": log.head,
        "state_hash": found.state_hash,
        "compared_at_end": found.at_end,
        "comparisons": comparisons,
        "snapshots_compared": found.snapshots,
        "wrong_snapshots": [
            {
                "after_event": wrong.seq,
                "path": str(wrong.path),
                "replaced": not wrong.refused,
                "reason": wrong.refused,
            }
            for wrong in found.wrong_snapshots
        ],
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
    if not found.problem:
        console.say(_agreement(found))
    if said := standing(log):
        at_end = "" if found.at_end else "it recorded no state at its end; "
        console.say(f"{at_end}the run is {said}")


def _agreement(found: "Replay") -> str:
    """Say what was compared and is equal, and that nothing was where nothing was kept."""
    said = f"{found.events:,} events folded, every recorded state is rebuilt from the log"
    if not found.comparisons:
        said = (
            f"{found.events:,} events folded; the run recorded no state to compare with "
            f"(it does at the start of each month, and at its end)"
        )
    if found.snapshots:
        kept = (
            "1 kept snapshot is"
            if found.snapshots == 1
            else f"{found.snapshots} kept snapshots are"
        )
        said += f"; {kept} what the log comes to"
    return said


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
    return problems + [snapshot_problem(snapshot) for snapshot in found.wrong_snapshots]
