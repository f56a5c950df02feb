"""`python -m tests.planted`: plant every fault in a copy of the sources and see who catches it.

Exit code 0 when each is caught by everything the table names, and nothing fails without a fault; 1 when not;
2 when the table does not fit the sources.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from sim.cli.console import PlainConsole, messages, output
from tests.planted.faults import ROOT, Fault, PlantingError, planted, read_faults
from tests.planted.table import README, caught_by, in_readme, markdown
from tests.planted.trials import Trials, Verdict


def main() -> int:
    """Do what the arguments say; returns the exit code."""
    options = _options()
    out, err = output(), messages()
    try:
        faults = read_faults()
        if options.markdown:
            text = README.read_text(encoding="utf-8")
            README.write_text(in_readme(text, markdown(faults)), encoding="utf-8")
            return 0
        chosen = _chosen(faults, options.only)
        for fault in chosen:
            planted(fault, ROOT)
        if options.list:
            out.print(_listed(chosen))
            return 0
        return _try_all(chosen, options.workers, out, err)
    except PlantingError as error:
        err.print(f"tests.planted: {error}")
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.planted", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a fault's name or room; repeat"
    )
    parser.add_argument("--list", action="store_true", help="show the table of faults and end")
    parser.add_argument(
        "--markdown", action="store_true", help="write the table into tests/README.md and end"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=min(2, os.cpu_count() or 1),
        help="faults tried at once (default: %(default)s)",
    )
    return parser.parse_args()


def _chosen(faults: Sequence[Fault], only: Sequence[str]) -> list[Fault]:
    known = {fault.name for fault in faults} | {fault.room for fault in faults}
    strange = [name for name in only if name not in known]
    if strange:
        raise PlantingError(f"no fault or room of this name: {', '.join(strange)}; see --list")
    return [fault for fault in faults if not only or {fault.name, fault.room} & set(only)]


def _listed(faults: Sequence[Fault]) -> Table:
    table = _table("room", "fault", "what goes wrong", "trace", "caught by")
    for fault in faults:
        table.add_row(
            fault.room,
            fault.name,
            fault.wrong,
            "yes" if fault.trace else "no",
            "; ".join(caught_by(fault)),
        )
    return table


def _try_all(faults: Sequence[Fault], workers: int, out: PlainConsole, err: PlainConsole) -> int:
    started = time.perf_counter()
    with TemporaryDirectory(prefix="vatp-planted-") as folder:
        trials = Trials(Path(folder) / "trials")
        err.print(f"{len(faults)} faults; first the tests and lives without any")
        problems = trials.without_fault(faults)
        for problem in problems:
            err.print(problem)
        verdicts: dict[str, Verdict] = {}
        with ThreadPoolExecutor(workers) as pool:
            running = {pool.submit(trials.trial, fault): fault for fault in faults}
            for place, done in enumerate(as_completed(running), 1):
                verdict = done.result()
                verdicts[verdict.fault.name] = verdict
                said = "caught" if verdict.caught else "NOT CAUGHT"
                line = f"{place}/{len(faults)} {verdict.fault.name}: {said}"
                err.print(line)
    out.print(_results([verdicts[fault.name] for fault in faults]))
    missed = sum(not verdict.caught for verdict in verdicts.values())
    traced = sum(fault.trace for fault in faults)
    out.print(
        f"{len(faults)} faults, {len(faults) - missed} caught; {traced} leave a trace in the log, which the "
        f"audit or another reader must find; {time.perf_counter() - started:.0f} s"
    )
    return 1 if missed or problems else 0


def _results(verdicts: Sequence[Verdict]) -> Table:
    table = _table("room", "fault", "caught by", "verdict", "s")
    for verdict in verdicts:
        fault = verdict.fault
        by = [*verdict.first_offences, *(f"vatp log {name}" for name in fault.checks)]
        by += ["the run stops itself"] if fault.stops else []
        by += [node.rpartition("::")[2] for node in fault.tests]
        missed = f"NOT by {'; '.join(verdict.missed)}" if verdict.missed else "caught"
        table.add_row(fault.room, fault.name, "\n".join(by), missed, f"{verdict.wall_s:.1f}")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


if __name__ == "__main__":
    sys.exit(main())
