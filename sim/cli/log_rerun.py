"""`vatp log resume` and `vatp log fork`: a recorded life is lived again, and goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from sim.cli.arguments import Json, Overlays, Settings, instant, new_run_folder
from sim.cli.console import bold, output, remark
from sim.cli.errors import EXIT_DONE, EXIT_FAILED, UserError
from sim.cli.preflight import check_before_run
from sim.cli.progress import Update, progress, waiting
from sim.cli.streams import print_error, print_json
from sim.units import format_us

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.rerun import Fork
    from sim.run import RunResult

Prices = Annotated[
    Path | None,
    Parameter(
        name="--prices",
        help="Where the scenario's price file is now, if it was moved; its content must be the same.",
    ),
]


def resume(run: Path, /, *, prices: Prices = None, json: Json = False) -> int:
    """Take a run that was stopped or killed to its horizon; the head is that of a run that never stopped.

    Everything is lived again from the seed. What is on record must come out equal; exit code 1 where an event
    differs or the record is damaged, and the run is then quarantined.

    Parameters
    ----------
    run
        Run folder.
    """
    with waiting("reading the record"):
        from sim.journal import QuarantinedError, RunLog

    try:
        log = RunLog.open(run)
        if log.state == "complete":
            return _already_complete(log, as_json=json)
        before = log.events
        if log.state == "quarantined":
            remark(f"the run was quarantined: {log.reason}; every event on record is checked again")
        result = _resume(log, prices)
    except QuarantinedError as error:
        return _refused(str(error), as_json=json)
    if json:
        print_json(
            {
                "state": "complete",
                "recorded_events": before,
                "new_events": result.events - before,
                **_as_json(result),
            }
        )
    else:
        console = output()
        console.say(
            f"{before:,} events on record came out equal, {result.events - before:,} are new"
        )
        _print(result)
    return EXIT_DONE


def _resume(log: "RunLog", prices: Path | None) -> "RunResult":
    from sim.rerun import resume as live_again

    with progress("resuming", remark="checking the record") as update:
        try:
            return live_again(log.run_dir, prices=prices, progress=_told(update, log.events))
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"the log is kept up to its last segment in {log.run_dir}"
            ) from None


def _told(update: Update, recorded: int) -> Callable[[float, int], None]:
    """Say how many of the events are lived again and how many are new."""

    def tell(share: float, events: int) -> None:
        if events <= recorded:
            update(share, f"re-running {events:,} of {recorded:,} recorded events")
        else:
            update(share, f"{recorded:,} events re-run, {events - recorded:,} new")

    return tell


def _already_complete(log: "RunLog", *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "state": "complete",
                "recorded_events": log.events,
                "new_events": 0,
                "run_dir": str(log.run_dir),
                "events": log.events,
                "head": log.head,
            }
        )
    else:
        output().say(f"{log.run_dir} is complete: {log.events:,} events; nothing to resume")
        output().say(f"chain head  {log.head} (as recorded; `vatp log verify` checks it)")
    return EXIT_DONE


def fork(
    run: Path,
    /,
    *,
    at: str,
    with_: Overlays = (),
    set_: Settings = (),
    out: Path | None = None,
    prices: Prices = None,
    json: Json = False,
) -> int:
    """Live a recorded run again up to an instant and on from there under other rules.

    The common past is compared with the record event by event, and proven by one chain of digests that both
    logs give. Exit code 1 where it differs; the fork is then quarantined.

    Parameters
    ----------
    run
        Run folder; its log must reach beyond the instant of the fork.
    at
        Instant of the fork, a date or 2024-03-01T09:30+08:00. A change without a date begins here; one
        dated before is refused.
    out
        New folder for the fork; by default a new one under runs/.
    """
    at_us = instant("--at", at)
    with waiting("reading the record"):
        from sim.journal import QuarantinedError, RunLog

    log = RunLog.open(run)
    _check(log, at_us, with_, set_, prices)
    folder = out or new_run_folder(run.resolve().name, "fork", at)
    try:
        found = _fork(log, folder, at_us, with_, set_, prices)
    except QuarantinedError as error:
        return _refused(str(error), as_json=json)
    if json:
        print_json(
            {
                "parent": str(run),
                "parent_head": found.parent_head,
                "fork_at": format_us(at_us),
                "common_events": found.common_events,
                "common_chain": found.common_chain,
                **_as_json(found.result),
            }
        )
    else:
        console = output()
        console.say(bold(f"{run} forked at {format_us(at_us)}"))
        console.say(f"common past {found.common_events:,} events, the same in both logs")
        console.say(f"its chain   {found.common_chain}")
        console.say(f"parent head {found.parent_head}")
        _print(found.result)
        console.say(f"compare     vatp compare {run} {found.result.run_dir}")
    return EXIT_DONE


def _check(
    log: "RunLog", at_us: int, overlays: Overlays, settings: Settings, prices: Path | None
) -> None:
    """Find what is wrong with the change before the past is lived again."""
    from sim.scenario import load_fork, noted_places, read_as_written_by

    file = log.run_dir / "scenario.toml"
    if not file.is_file():
        raise UserError(f"{file} is gone: without its scenario a run cannot be lived again")
    base = () if prices is None else (f"world.reference.file={prices}",)
    with waiting("reading the change"), read_as_written_by(log.program, file):
        loaded = load_fork(
            file,
            at_us,
            overlays=overlays,
            settings=settings,
            base_overlays=noted_places(log.run_dir),
            base_settings=base,
        )
        check_before_run(loaded)
    if not (overlays or settings):
        remark("no change is given: the fork will be the same life again")
    for note in loaded.notes:
        remark(f"note: {note}")


def _fork(
    log: "RunLog",
    folder: Path,
    at_us: int,
    overlays: Overlays,
    settings: Settings,
    prices: Path | None,
) -> "Fork":
    from sim.journal import events_before
    from sim.rerun import fork as live_on

    common = events_before(log, at_us)
    with progress("forking", remark="checking the record") as update:
        try:
            return live_on(
                log.run_dir,
                folder,
                at_us,
                overlays=overlays,
                settings=settings,
                prices=prices,
                progress=_told(update, common),
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"the log is kept up to its last segment in {folder}") from None


def _refused(message: str, *, as_json: bool) -> int:
    """Say that a log cannot be believed."""
    print_error([message], EXIT_FAILED, as_json=as_json)
    return EXIT_FAILED


def _as_json(result: "RunResult") -> dict[str, Any]:
    return {
        "run_dir": str(result.run_dir),
        "events": result.events,
        "order_events": result.order_events,
        "head": result.head,
        "state_hash": result.state_hash,
        "wall_s": round(result.wall_s, 3),
    }


def _print(result: "RunResult") -> None:
    console = output()
    console.say(f"run folder  {result.run_dir}")
    console.say(f"events      {result.events:,}")
    console.say(f"chain head  {result.head}")
    console.say(f"state hash  {result.state_hash} (live state = state rebuilt from the log)")
    console.say(f"wall time   {result.wall_s:.1f} s")
