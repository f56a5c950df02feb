"""Lives that are lived again: a run that was stopped goes on, a run goes on under other rules.

The state of a simulation cannot be saved, so both begin at the first event, with the record as oracle: what
happens again must be what is on record, event for event. That makes every resumption and every fork a test
of the simulator's determinism.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import attrs

from sim.journal import (
    DamageError,
    Journal,
    JournalError,
    Parent,
    QuarantinedError,
    RecordMismatchError,
    RunLog,
    chain_at,
    check_reach,
    events_before,
    mark,
    past_problem,
    remedy,
    verify,
)
from sim.program import origin
from sim.run import (
    SCENARIO_FILE,
    Progress,
    RunResult,
    attachments,
    header,
    live_through,
    outside_prices,
)
from sim.scenario import (
    Loaded,
    digest,
    load,
    load_fork,
    note_places,
    places_of,
    price_setting,
    read_as_written_by,
)


def resume(
    run_dir: Path, *, prices: Path | None = None, progress: Progress | None = None
) -> RunResult:
    """Take a run that was stopped to its horizon; its head is that of a run that never stopped.

    Parameters
    ----------
    run_dir
        Folder of a run that is not complete. Scenario and seed come from there.
    prices
        Where the file of outside prices is now, if the scenario names one.
    progress
        As for `sim.run.run`; events up to `RunLog.events` are compared with the record, later ones are new.

    Raises
    ------
    QuarantinedError
        The record is damaged, the run lived again differs from it, or the past of a fork is not the one it
        was forked with; the run is marked so.
    DamageError
        The scenario or the law in the folder is gone or was changed: nothing is wrong with the events.
    JournalError
        The run is complete, is being written, cannot be read, or cannot be lived again by this version.
    ScenarioErrors
        The scenario in the folder cannot be used, for example because the price file is gone.
    StateMismatchError
        The finished log does not rebuild the live state.
    """
    log = RunLog.open(run_dir)
    if log.state in {"complete", "running"}:
        said = "is complete" if log.state == "complete" else "is being written by another process"
        raise JournalError(f"{run_dir} {said}: there is nothing to resume")
    log.check_attachments()
    _refuse_damage(log)
    with read_as_written_by(log.program, run_dir / SCENARIO_FILE):
        loaded = load(
            run_dir / SCENARIO_FILE,
            overlays=places_of(run_dir, prices),
            settings=price_setting(prices),
        )
    seed = _check_scenario(log, loaded)
    path = outside_prices(loaded, seed)
    journal = Journal.resume(run_dir, log.header)
    try:
        result = live_through(
            loaded, path, journal, run_dir, seed, snapshots=True, progress=progress
        )
    except RecordMismatchError as error:
        raise _quarantined(run_dir, str(error)) from error
    # The log of a fork that was stopped before its instant could not be held to its past until now.
    _refuse_other_past(RunLog.open(run_dir))
    return result


@attrs.frozen
class Fork:
    """A run that went on under other rules, and its past."""

    result: RunResult
    parent_head: str
    common_events: int
    """Events before the instant of the fork, the same in both runs."""
    common_chain: str
    """Chain over these events, computed from either log."""


def fork(
    parent_dir: Path,
    run_dir: Path,
    at_us: int,
    *,
    overlays: Sequence[str | Path] = (),
    settings: Sequence[str] = (),
    prices: Path | None = None,
    progress: Progress | None = None,
) -> Fork:
    """Live a recorded run again up to an instant and on from there under other rules.

    Parameters
    ----------
    parent_dir
        Folder of the recorded run; complete, or at least sealed beyond the instant.
    run_dir
        New folder.
    at_us
        Instant of the fork, inside the run.
    overlays, settings
        Changes of rules, none dated before the instant; without a date they begin there.
    prices, progress
        As for `resume`.

    Raises
    ------
    QuarantinedError
        The fork's past differs from the record; the fork is marked so.
    DamageError
        The parent is damaged.
    JournalError
        The parent is being written, too short, or cannot be lived again by this version; or the new folder
        cannot be written.
    ScenarioErrors
        The overlays change what is past, or are wrong in themselves.
    StateMismatchError
        The finished log does not rebuild the live state.
    """
    parent = RunLog.open(parent_dir)
    _check_parent(parent, at_us)
    base_settings = price_setting(prices)
    places = places_of(parent_dir, prices)
    with read_as_written_by(parent.program, parent_dir / SCENARIO_FILE):
        own = load(parent_dir / SCENARIO_FILE, overlays=places, settings=base_settings)
    seed = _check_scenario(parent, own)
    loaded = load_fork(
        parent_dir / SCENARIO_FILE,
        at_us,
        overlays=overlays,
        settings=settings,
        base_overlays=places,
        base_settings=base_settings,
    )
    common = events_before(parent, at_us)
    chain = chain_at(parent, common)
    content = {
        **header(loaded, seed),
        "fork": {
            "parent_head": parent.head,
            "at_us": at_us,
            "common_events": common,
            "common_chain": chain,
        },
    }
    path = outside_prices(loaded, seed)
    past = Parent(parent, common, at_us)
    journal = Journal.fork(
        run_dir,
        content,
        past,
        attachments(loaded),
        prepare=lambda: note_places(run_dir, loaded.scenario),
    )
    try:
        result = live_through(
            loaded, path, journal, run_dir, seed, snapshots=True, progress=progress
        )
    except RecordMismatchError as error:
        raise _quarantined(run_dir, str(error)) from error
    _refuse_other_past(RunLog.open(run_dir))
    return Fork(result, parent.head, common, chain)


def _refuse_other_past(log: RunLog) -> None:
    if problem := past_problem(log):
        raise _quarantined(log.run_dir, problem)


def _check_scenario(log: RunLog, loaded: Loaded) -> int:
    """Check that a scenario read from a run's folder means what it meant then; return the run's seed."""
    seed = log.header.get("seed")
    if not isinstance(seed, int):
        raise JournalError(f"{log.run_dir} was not written by a simulation: its header has no seed")
    written = tomllib.loads((log.run_dir / SCENARIO_FILE).read_text(encoding="utf-8"))
    now = header(loaded, seed) | {"scenario_digest": digest(loaded, written)}
    # What a later program says besides is no difference.
    differing = [name for name in now.keys() & log.header.keys() if log.header[name] != now[name]]
    if differing:
        prices = loaded.scenario.world.reference.file
        file = f", the prices in {prices}" if prices else ""
        raise JournalError(
            f"{log.run_dir} cannot be lived again: its scenario does not mean the same any more "
            f"({', '.join(sorted(differing))}); its law{file} or the program is not that of the run: "
            f"{origin(log.program)}"
        )
    return seed


def _check_parent(parent: RunLog, at_us: int) -> None:
    check_reach(parent, at_us)
    parent.check_attachments()
    problems = verify(parent.run_dir).problems
    if problems:
        parent.check_access()
        raise DamageError(
            f"{parent.run_dir} does not verify, so nothing is forked from it: {problems[0]}"
        )
    if problem := past_problem(parent):
        raise DamageError(f"{parent.run_dir} is a fork, and nothing is forked from it: {problem}")


def _refuse_damage(log: RunLog) -> None:
    problems = verify(log.run_dir).problems
    if problems:
        # What nobody can read may be whole: the run is not called damaged for that.
        log.check_access()
        raise _quarantined(log.run_dir, problems[0], remedy(log.run_dir))
    _refuse_other_past(log)


def _quarantined(run_dir: Path, reason: str, advice: str = "") -> QuarantinedError:
    """Mark a run that cannot be believed."""
    mark(run_dir, "quarantined", reason)
    return QuarantinedError(
        f"{run_dir} is quarantined: {reason}" + (f"; {advice}" if advice else "")
    )
