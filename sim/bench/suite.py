"""A whole measurement: streams one by one, each made, asserted and timed; the results as one document."""

import gc
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import attrs

from sim.bench.errors import BenchError
from sim.bench.machine import Machine, this_machine
from sim.bench.roster import Roster
from sim.bench.streams import ABOUT, DEFAULT_SEED, STREAMS
from sim.bench.timing import Progress, Ratio, Timing, time_stream
from sim.bench.workload import Workload, make_workload

QUICK_COMMANDS = 100_000
QUICK_ROUNDS = 3
DEFAULT_ROUNDS = 5


@attrs.frozen
class Settings:
    """What is measured."""

    streams: tuple[str, ...] = tuple(STREAMS)
    rounds: int = DEFAULT_ROUNDS
    commands: int | None = None
    """First commands of each stream; None for all."""
    seed: int = DEFAULT_SEED


@attrs.frozen
class StreamResult:
    """One stream and how everybody did on it."""

    workload: Workload
    timings: tuple[Timing, ...]
    left_out: dict[str, str]
    """Contenders that lack one of its operations, and which."""


@attrs.frozen
class Results:
    """A whole measurement."""

    machine: Machine
    settings: Settings
    streams: tuple[StreamResult, ...]
    not_installed: tuple[str, ...]
    left_out: dict[str, str]
    """Contenders that cannot take part, and why."""
    collector: str

    @property
    def defects(self) -> tuple[str, ...]:
        """Name what of our own did not do the work; there should be none."""
        return tuple(
            f"{result.workload.name}: {timing.contender.name}: {timing.work}"
            for result in self.streams
            for timing in result.timings
            if timing.is_wrong and timing.contender.package is None
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything as one document; times in seconds, checksums as hexadecimal text."""
        return {
            "machine": attrs.asdict(self.machine),
            "settings": attrs.asdict(self.settings),
            "collector": self.collector,
            "streams": [_stream_json(result) for result in self.streams],
            "not_installed": list(self.not_installed),
            "left_out": self.left_out,
            "defects": list(self.defects),
        }


def check_streams(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names in the order of the streams; None means all.

    Raises
    ------
    BenchError
        Some are no streams; all of them are named.
    """
    if names is None:
        return tuple(STREAMS)
    unknown = [name for name in names if name not in STREAMS]
    if unknown:
        raise BenchError("\n".join(f"no stream {name!r}; {_hint(name)}" for name in unknown))
    return tuple(name for name in STREAMS if name in names)


def _hint(name: str) -> str:
    close = get_close_matches(name, STREAMS, 1)
    return f"did you mean {close[0]!r}?" if close else f"expected some of {', '.join(STREAMS)}"


def run_suite(
    settings: Settings, roster: Roster, progress: Progress = lambda _done, _remark: None
) -> Results:
    """Measure every stream.

    Parameters
    ----------
    settings
        What to measure; streams by names that exist.
    roster
        Who takes part.
    progress
        Told the share that is done, and what is at work.
    """
    machine = this_machine()
    streams = []
    for place, name in enumerate(settings.streams):

        def partly(done: float, remark: str, place: int = place) -> None:
            progress((place + done) / len(settings.streams), remark)

        partly(0.0, f"{name}: making the stream")
        workload = make_workload(name, settings.seed, settings.commands)
        used = workload.uses()
        able = [contender for contender in roster.contenders if not contender.lacks & used]
        left_out = {
            contender.name: "has no "
            + ", ".join(sorted(operation.name.lower() for operation in contender.lacks & used))
            for contender in roster.contenders
            if contender.lacks & used
        }
        timings = time_stream(workload, able, settings.rounds, partly)
        streams.append(StreamResult(workload, timings, left_out))
    return Results(
        machine=machine,
        settings=settings,
        streams=tuple(streams),
        not_installed=roster.not_installed,
        left_out=roster.left_out,
        collector=f"on {gc.get_threshold()}" if gc.isenabled() else "off",
    )


def _stream_json(result: StreamResult) -> dict[str, Any]:
    workload = result.workload
    outcome = attrs.asdict(workload.outcome)
    return {
        "name": workload.name,
        "about": ABOUT[workload.name],
        "commands": len(workload),
        # 64 bits without a sign are more than most readers of JSON keep of a number.
        "outcome": outcome | {"checksum": f"{workload.outcome.checksum:016x}"},
        "contenders": [_timing_json(timing, len(workload)) for timing in result.timings],
        "left_out": result.left_out,
    }


def _timing_json(timing: Timing, commands: int) -> dict[str, Any]:
    median_s = timing.median_s
    return {
        "name": timing.contender.name,
        "kind": timing.contender.kind.value,
        "version": timing.version,
        "delivers": timing.contender.delivers,
        "seconds": list(timing.seconds),
        "commands_per_s": None if median_s is None else commands / median_s,
        "time_ratios": {name: _ratio_json(ratio) for name, ratio in timing.ratios.items()},
        "verified": list(timing.verified),
        "differences": list(timing.differences),
        "failure": timing.failure or None,
    }


def _ratio_json(ratio: Ratio) -> dict[str, float]:
    return attrs.asdict(ratio)
