"""Wire one run together: scenario in, sealed event log out.

The order of construction fixes the order of simultaneous events, so it is the same in every run: the law
and the departments first, the market process last.
"""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import simpy

from sim.calendar import Calendar
from sim.draws import Draws
from sim.events import ColdSwept, Event, RunEnded, RunStarted
from sim.flow.build import build_arena
from sim.flow.coupling import market
from sim.flow.frames import minimum_rule
from sim.flow.plane import OrderPlane
from sim.journal import Journal, RunLog
from sim.ledger import Ledger
from sim.rules import Regime, dump_regime
from sim.scenario import Loaded, dump, note_places
from sim.scenario import digest as scenario_digest
from sim.scenario.model import Scenario
from sim.state import State, checkpoints, differing_parts, live_state, rebuilt_state, state_hash
from sim.units import ASSETS, INSTRUMENTS, PPM, SYMBOLS
from sim.venue import Platform, Register, start_departments
from sim.world.activity import cumulative
from sim.world.people import FIRST_PROSPECT, build_people
from sim.world.reference import ReferencePath, build_reference

Progress = Callable[[float, int], None]
"""Called with the share of the horizon done and the number of events in the log so far."""

PROGRESS_SLICES = 200
SCENARIO_FILE = "scenario.toml"
"""The resolved scenario in a run's folder."""
RULES_FILE = "rules.toml"
"""The regime in a run's folder, as its files had it: the law that ships changes from release to release."""

LEFT_OUT = {
    "full": "nothing",
    "trades": "orders, refusals and cancellations of market makers and arbitrageurs; their trades are kept",
    "control": "every order event",
}
"""What each log level does not record; written into the manifest, never silent."""


class StateMismatchError(RuntimeError):
    """The state rebuilt from the log differs from the live state; the run is quarantined."""


@attrs.frozen
class RunResult:
    """What one finished run left behind."""

    run_dir: Path
    events: int
    """Events in the log."""
    order_events: int
    """Order events that happened, whether or not the log level keeps them."""
    head: str
    """Head of the log's chain of digests: equal heads are equal runs."""
    state_hash: str
    """Digest of the final state, rebuilt from the log and equal to the live one."""
    wall_s: float


@attrs.frozen
class _Parts:
    """The parts of one run."""

    scenario: Scenario
    env: simpy.Environment
    journal: Journal
    ledger: Ledger
    register: Register
    plane: OrderPlane
    platform: Platform


class _LedgerCheck:
    """A projection that checks the ledger against the order plane after every control event."""

    def __init__(self, ledger: Ledger, plane: OrderPlane, regime: Regime) -> None:
        self._ledger = ledger
        self._plane = plane
        self._regime = regime

    def apply(self, seq: int, event: Event) -> None:  # noqa: ARG002 - a projection's signature
        """Raise LedgerError where the books do not balance; attach it after what it checks."""
        self._plane.check()
        self._ledger.check(self._plane.totals(), self._plane.fees_collected())
        if isinstance(event, ColdSwept) and event.amount_minor > 0:
            share_ppm = self._regime.at(event.time_us).share("cus.cold_share", default=0)
            self._ledger.check_cold_share(event.asset, share_ppm)


def run(
    loaded: Loaded,
    *,
    seed: int,
    run_dir: Path,
    check: bool = False,
    snapshots: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Simulate a scenario to its horizon and seal its log.

    Parameters
    ----------
    loaded
        A scenario as `sim.scenario.load` returns it.
    seed
        Seed of every draw; the same seed gives the same bytes.
    run_dir
        New folder for the log.
    check
        Check the ledger's invariants after every control event (slower).
    snapshots
        Leave snapshots in the folder, from which a state in mid-run is answered at once.
    progress
        Told again and again how far the run is.

    Raises
    ------
    StateMismatchError
        The log does not rebuild the live state: a defect of the simulator; the run is quarantined.
    """
    # Prices first: what is wrong with them shall show before there is a folder.
    prices = outside_prices(loaded, seed)
    files = attachments(loaded)
    journal = Journal.create(
        run_dir,
        header(loaded, seed),
        attachments=files,
        # Before there is a header: a run that is killed at any instant knows where its prices lie.
        prepare=lambda: note_places(run_dir, loaded.scenario),
    )
    return live_through(
        loaded, prices, journal, run_dir, seed, check=check, snapshots=snapshots, progress=progress
    )


def live_through(
    loaded: Loaded,
    prices: ReferencePath,
    journal: Journal,
    run_dir: Path,
    seed: int,
    *,
    check: bool = False,
    snapshots: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Simulate a scenario into an open journal, new or on record, and close it; see `run`.

    Raises
    ------
    StateMismatchError
        The log does not rebuild the live state.
    RecordMismatchError
        The journal has a record of this life, and it differs.
    """
    started = time.perf_counter()
    with journal:
        parts = _assemble(loaded, prices, journal, seed)
        if check:
            journal.attach(_LedgerCheck(parts.ledger, parts.plane, loaded.regime))
        _simulate(parts, seed, progress)
        parts.plane.check()
        parts.ledger.check(parts.plane.totals(), parts.plane.fees_collected())
        journal.seal()
        live = _live(parts)
        rebuilt = rebuilt_state(RunLog.open(run_dir), snapshots=snapshots)
        if different := differing_parts(live, rebuilt):
            reason = f"the log does not rebuild the live state: {', '.join(different)} differ"
            journal.quarantine(reason)
            raise StateMismatchError(f"{run_dir}: {reason}")
        digest = state_hash(live)
        events = journal.next_seq - 1
        footer = {"state_hash": digest, "events": events, "order_events": parts.plane.order_events}
        head = journal.complete(footer)
    wall_s = time.perf_counter() - started
    return RunResult(run_dir, events, parts.plane.order_events, head, digest, wall_s)


def outside_prices(loaded: Loaded, seed: int) -> ReferencePath:
    """Read and bridge the outside prices; raises ReferenceDataError where they cannot be used."""
    horizon = loaded.scenario.horizon
    return build_reference(
        loaded.scenario.world.reference, horizon.start, horizon.end, seed, Path()
    )


def attachments(loaded: Loaded) -> dict[str, bytes]:
    """Return what a run's folder keeps besides the log: the resolved scenario, and the law before its changes.

    The head covers them, and equal runs shall have equal heads wherever their files lay. So no path is in
    them: the price file is known by its name and its digest (`sim.scenario.note_places` keeps its place), and
    the law is kept whole. A later program, which ships another, still reads the run under its own.
    """
    scenario = loaded.scenario
    files: dict[str, bytes] = {}
    if scenario.world.reference.file is not None:
        name = Path(scenario.world.reference.file).name
        reference = attrs.evolve(scenario.world.reference, file=name)
        scenario = attrs.evolve(scenario, world=attrs.evolve(scenario.world, reference=reference))
    if loaded.law is not None:
        scenario = attrs.evolve(scenario, rules=attrs.evolve(scenario.rules, regime=RULES_FILE))
        files[RULES_FILE] = dump_regime(loaded.law).encode()
    return {SCENARIO_FILE: dump(attrs.evolve(loaded, scenario=scenario)).encode(), **files}


def header(loaded: Loaded, seed: int) -> dict[str, Any]:
    """Say in the manifest what the run is and what its log leaves out; no path and no clock."""
    scenario = loaded.scenario
    return {
        "scenario": scenario.name,
        "scenario_digest": scenario_digest(loaded),
        "seed": seed,
        "log_level": scenario.log_level,
        "left_out": LEFT_OUT[scenario.log_level],
        "start_us": scenario.horizon.start,
        "end_us": scenario.horizon.end,
        "holidays": [day.isoformat() for day in scenario.world.holidays],
    }


def _assemble(loaded: Loaded, path: ReferencePath, journal: Journal, seed: int) -> _Parts:
    """Build the people, the order plane and the departments' context around the outside prices."""
    scenario = loaded.scenario
    horizon = scenario.horizon
    regime = loaded.regime
    people = build_people(scenario.world.population, horizon, seed)
    business = cumulative(path.start_us, path.step_us, path.activity)
    plane = OrderPlane(build_arena(scenario, people, FIRST_PROSPECT, path, business, seed), journal)
    law = regime.at(horizon.start)
    for symbol in SYMBOLS:
        rule = minimum_rule(symbol)
        if law.get(rule) is not None:
            plane.set_minimum(rule, law.money(rule).amount_minor)
    env = simpy.Environment(initial_time=horizon.start)
    ledger, register = Ledger(), Register()
    platform = Platform(
        env=env,
        journal=journal,
        regime=regime,
        calendar=Calendar(tuple(scenario.world.holidays)),
        draws=Draws(seed),
        scenario=scenario,
        people=people,
        ledger=ledger,
        register=register,
        balances=plane,
        reference_minor=_reference_minor(path, env),
    )
    for projection in (ledger, register, plane):
        journal.attach(projection)
    journal.attach_source(plane.drain)
    return _Parts(scenario, env, journal, ledger, register, plane, platform)


def _reference_minor(path: ReferencePath, env: simpy.Environment) -> Callable[[str], int]:
    """Return the outside price in HKD minor units of one whole coin or of one USD, now."""

    def price(asset: str) -> int:
        place = (int(env.now) - path.start_us) // path.step_us
        if asset == "USD":
            return int(path.hkd_per_usd_ppm[place]) * ASSETS["HKD"].unit_minor // PPM
        symbol = f"{asset}/HKD"
        return int(path.ticks[symbol][place]) * INSTRUMENTS[symbol].tick_minor

    return price


def _live(parts: _Parts) -> State:
    """Read the state from the projections that the run itself uses."""
    level = parts.scenario.log_level
    return live_state(level, parts.plane, parts.ledger, parts.register)


def _simulate(parts: _Parts, seed: int, progress: Progress | None) -> None:
    """Run SimPy to the horizon, in slices so that progress can be told."""
    env, journal, horizon = parts.env, parts.journal, parts.scenario.horizon
    parts.platform.started = journal.append(RunStarted(time_us=horizon.start, seed=seed))
    start_departments(parts.platform)
    env.process(checkpoints(env, journal, lambda: _live(parts), horizon.end))
    env.process(market(env, parts.plane, horizon.end))
    span_us = horizon.end - horizon.start
    # Millions of small objects live to the end of the run; collecting garbage would only visit them.
    gc.freeze()
    gc.disable()
    try:
        for part in range(1, PROGRESS_SLICES + 1):
            # Stopping between slices is an idle control event: it cannot change the run.
            env.run(until=horizon.start + span_us * part // PROGRESS_SLICES)
            if progress is not None:
                progress(part / PROGRESS_SLICES, journal.next_seq - 1)
    finally:
        gc.enable()
        gc.unfreeze()
    journal.append(RunEnded(time_us=horizon.end, reason="horizon"))
