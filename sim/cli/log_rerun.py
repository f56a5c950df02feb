"""`vatp log resume` and `vatp log fork`: a recorded life is lived again, and goes on."""

from collections.abc import Callable
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from cyclopts import Parameter

from sim.cli.arguments import Json, Overlays, Settings, instant, new_run_folder
from sim.cli.console import bold, output, remark
from sim.cli.errors import EXIT_DONE, EXIT_FAILED, UserError
from sim.cli.log_standing import kept_so_far
from sim.cli.preflight import check_before_run
from sim.cli.progress import Update, progress, waiting
from sim.cli.streams import print_error, print_json
from sim.units import format_us

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.rerun import Fork
    from sim.run import RunResult
    from sim.scenario import Loaded

SCENARIO = "scenario.toml"
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
    differs or the record is damaged, and the run is then quarantined. Nothing that was sealed is given up
    meanwhile: a resumption that is killed can be resumed.

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
        if prices is not None:
            log.check_attachments()
            _moved_prices(log.run_dir, prices)
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
            raise KeyboardInterrupt(kept_so_far(log.run_dir)) from None


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
    logs give. Exit code 1 where it differs, and the fork is then quarantined, or where the run is damaged.

    Parameters
    ----------
    run
        Run folder; its log must reach beyond the instant of the fork.
    at
        A date (midnight in Hong Kong), or a time with its zone: 2024-03-01T09:30+08:00.
        A change without a date begins here; one dated before is refused.
        From the beginning on: `vatp run RUN/scenario.toml --with FILE`.
    out
        New folder for the fork; by default a new one under runs/.
    """
    at_us = instant("--at", at)
    with waiting("reading the record"):
        from sim.journal import QuarantinedError, RunLog

    log = RunLog.open(run)
    change = _Change(at_us, with_, set_, prices)
    _check(log, change, out)
    folder = out or new_run_folder(run.resolve().name, "fork", at)
    try:
        found = _fork(log, folder, change)
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
        words = ["vatp", "compare", str(run), str(found.result.run_dir)]
        console.say(f"compare     {join(words)}")
    return EXIT_DONE


@attrs.frozen
class _Change:
    """What a fork is asked to be."""

    at_us: int
    overlays: tuple[Path, ...]
    settings: tuple[str, ...]
    prices: Path | None


def _check(log: "RunLog", change: _Change, out: Path | None) -> None:
    """Find what is wrong before the past is verified and lived again; remarks come when nothing is."""
    from sim.journal import check_reach, refuse_occupied

    log.check_attachments()
    _refuse_beginning(log, change)
    loaded, is_change = _read_change(log, change)
    check_reach(log, change.at_us)
    if out is not None:
        refuse_occupied(out)
    if not (change.overlays or change.settings):
        remark("no change is given: the fork will be the same life again")
    elif not is_change:
        remark("the change gives no rule another value: the fork will be the same life again")
    for note in loaded.notes:
        remark(f"note: {note}")


def _refuse_beginning(log: "RunLog", change: _Change) -> None:
    """Refuse to fork where there is no past to share, and name the command that is meant."""
    from sim.journal import run_again
    from sim.scenario import price_setting

    start_us, seed = log.header.get("start_us"), log.header.get("seed")
    if not isinstance(start_us, int) or not isinstance(seed, int) or change.at_us > start_us:
        return
    words = [word for overlay in change.overlays for word in ("--with", str(overlay))]
    settings = (*price_setting(change.prices), *change.settings)
    words += [word for setting in settings for word in ("--set", setting)]
    begins = f"{log.run_dir} begins at {format_us(start_us)}"
    raise UserError(
        f"--at: {begins}: a fork at {format_us(change.at_us)} would share no past with it; "
        f"`{run_again(log.run_dir, seed, words)}` lives the whole run under other rules"
    )


def _read_change(log: "RunLog", change: _Change) -> "tuple[Loaded, bool]":
    """Read the scenario of the fork, and whether its law is another than the run's from the fork on."""
    from sim.scenario import load, load_fork, places_of, read_as_written_by

    file = log.run_dir / SCENARIO
    base = _moved_prices(log.run_dir, change.prices)
    with waiting("reading the change"), read_as_written_by(log.program, file):
        places = places_of(log.run_dir, change.prices)
        loaded = load_fork(
            file,
            change.at_us,
            overlays=change.overlays,
            settings=change.settings,
            base_overlays=places,
            base_settings=base,
        )
        check_before_run(loaded)
        own = load(file, overlays=places, settings=base)
    return loaded, _law_from(own, change.at_us) != _law_from(loaded, change.at_us)


def _law_from(loaded: "Loaded", at_us: int) -> list[tuple[str, list[tuple[int, str]]]]:
    """List, for each rule, when it takes which value from an instant on; a change to the same is none."""
    regime, end_us = loaded.regime, loaded.scenario.horizon.end
    moments = [at_us, *sorted({time_us for time_us, *_ in regime.changes(at_us, end_us)})]
    found = []
    for rule in sorted(regime.rules):
        steps: list[tuple[int, str]] = []
        for moment_us in moments:
            dated = regime.at(moment_us).get(rule)
            value = "" if dated is None else str(dated.value)
            if not steps or steps[-1][1] != value:
                steps.append((moment_us, value))
        found.append((rule, steps))
    return found


def _moved_prices(run_dir: Path, prices: Path | None) -> tuple[str, ...]:
    """Check the file given to --prices, and return the setting that names it.

    Raises
    ------
    UserError
        The run has no price file, or this is not it.
    """
    if prices is None:
        return ()
    import tomllib
    from hashlib import sha256

    from sim.scenario import price_setting

    written = tomllib.loads((run_dir / SCENARIO).read_text(encoding="utf-8"))
    reference = written.get("world", {}).get("reference", {})
    if "file" not in reference:
        raise UserError(f"--prices: the scenario of {run_dir} names no price file")
    if not prices.is_file():
        what = "is a folder, expected a file" if prices.is_dir() else "no such file"
        raise UserError(f"--prices: {prices}: {what}")
    actual, expected = sha256(prices.read_bytes()).hexdigest(), reference.get("sha256")
    if expected not in {None, actual}:
        raise UserError(
            f"--prices: {prices} is not the file that {run_dir} was made with ({reference['file']}): its "
            f"SHA-256 is {actual}, expected {expected}"
        )
    return price_setting(prices)


def _fork(log: "RunLog", folder: Path, change: _Change) -> "Fork":
    from sim.journal import events_before
    from sim.rerun import fork as live_on

    common = events_before(log, change.at_us)
    with progress("forking", remark="checking the record") as update:
        try:
            return live_on(
                log.run_dir,
                folder,
                change.at_us,
                overlays=change.overlays,
                settings=change.settings,
                prices=change.prices,
                progress=_told(update, common),
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(kept_so_far(folder)) from None


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
