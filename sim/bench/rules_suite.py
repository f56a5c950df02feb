"""What the full set of rules costs: the core on a stream with all of them, beside itself with none."""

import gc
from statistics import median
from typing import Any

import attrs

from sim.bench.contender import Runner
from sim.bench.doors import BatchRunner, OrdersRunner
from sim.bench.full_rules import FullBatchRunner, FullOrdersRunner, happened, with_full_rules
from sim.bench.machine import Machine, this_machine
from sim.bench.suite import Settings
from sim.bench.timing import Progress, Ratio, hidden_from_collector, ratio_of, seconds_of
from sim.bench.workload import Workload, make_workload


@attrs.frozen
class DoorCost:
    """One door without rules and with all of them, run in turn."""

    door: str
    plain_s: tuple[float, ...]
    """Seconds a command of every round."""
    full_s: tuple[float, ...]

    @property
    def ratio(self) -> Ratio:
        """How many times as long a command takes with all rules."""
        return ratio_of(self.plain_s, self.full_s)


@attrs.frozen
class RulesResult:
    """One stream."""

    name: str
    plain_commands: int
    full_commands: int
    doors: tuple[DoorCost, ...]
    happened: dict[str, int]
    """What the rules did, counted from the events."""
    defects: tuple[str, ...]
    """Where the doors did not do the same work, or the plain one not the work expected."""


@attrs.frozen
class RulesResults:
    """A whole measurement."""

    machine: Machine
    settings: Settings
    streams: tuple[RulesResult, ...]
    collector: str

    @property
    def defects(self) -> tuple[str, ...]:
        """Name what did not do its work; there should be none."""
        return tuple(
            f"{result.name}: {defect}" for result in self.streams for defect in result.defects
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything as one document."""
        return {
            "machine": attrs.asdict(self.machine),
            "settings": attrs.asdict(self.settings),
            "collector": self.collector,
            "rules": "full",
            "streams": [_stream_json(result) for result in self.streams],
            "defects": list(self.defects),
        }


def run_rules_suite(
    settings: Settings, progress: Progress = lambda _done, _remark: None
) -> RulesResults:
    """Measure every stream with all rules beside itself with none, through both doors."""
    machine = this_machine()
    results = []
    for place, name in enumerate(settings.streams):

        def partly(done: float, remark: str, place: int = place) -> None:
            progress((place + done) / len(settings.streams), remark)

        partly(0.0, f"{name}: making the stream")
        workload = make_workload(name, settings.seed, settings.commands)
        results.append(_measure(workload, settings.rounds, partly))
    return RulesResults(
        machine=machine,
        settings=settings,
        streams=tuple(results),
        collector=f"on {gc.get_threshold()}" if gc.isenabled() else "off",
    )


def _measure(workload: Workload, rounds: int, progress: Progress) -> RulesResult:
    stream = with_full_rules(workload)
    batch, orders = FullBatchRunner(stream), FullOrdersRunner(stream)
    pairs: dict[str, tuple[Runner, Runner]] = {
        "batch": (BatchRunner(workload.commands, reuse=True), batch),
        "orders": (OrdersRunner(workload), orders),
    }
    progress(0.0, f"{workload.name}: checking")
    defects = _check(workload, pairs, batch, orders)
    counts = happened(batch.events)
    doors = []
    for place, (door, (plain, full)) in enumerate(pairs.items()):
        plain_s, full_s = [], []
        with hidden_from_collector():
            for number in range(rounds):
                progress((place + number / rounds) / len(pairs), f"{workload.name}: {door}")
                first, second = (plain, full) if number % 2 == 0 else (full, plain)
                spent = {first: seconds_of(first), second: seconds_of(second)}
                plain_s.append(spent[plain] / len(workload))
                full_s.append(spent[full] / len(stream.commands))
        doors.append(DoorCost(door, tuple(plain_s), tuple(full_s)))
    return RulesResult(
        name=workload.name,
        plain_commands=len(workload),
        full_commands=len(stream.commands),
        doors=tuple(doors),
        happened=counts,
        defects=defects,
    )


def _check(
    workload: Workload,
    pairs: dict[str, tuple[Runner, Runner]],
    batch: FullBatchRunner,
    orders: FullOrdersRunner,
) -> tuple[str, ...]:
    """Let every runner run once with everything kept and see that it did its work."""
    defects: list[str] = []
    reports = []
    for door, (plain, full) in pairs.items():
        reported = _reported(plain)
        defects += (f"{door}: {what}" for what in workload.outcome.differences(reported))
        reports.append(_reported(full))
    by_batch, by_orders = reports
    defects += (
        f"all rules: the batch door's {name} is {by_batch[name]}, the other's {by_orders[name]}"
        for name in by_batch
        if by_batch[name] != by_orders[name]
    )
    if batch.state_hash() != orders.state_hash():
        defects.append("all rules: the doors leave different books")
    return tuple(defects)


def _reported(runner: Runner) -> Any:
    kept: list[Any] = []
    runner.fresh()
    runner.run(kept.append)
    return runner.report(kept)


def _stream_json(result: RulesResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "commands": {"plain": result.plain_commands, "full": result.full_commands},
        "happened": result.happened,
        "doors": [
            {
                "door": door.door,
                "plain_commands_per_s": 1 / median(door.plain_s),
                "full_commands_per_s": 1 / median(door.full_s),
                "times_as_long": attrs.asdict(door.ratio),
            }
            for door in result.doors
        ],
        "defects": list(result.defects),
    }
