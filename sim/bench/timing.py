"""Timing side by side: our door, the other book, our door, the other book, each from an empty book.

A machine is faster in one minute than in the next; a ratio of two runs that followed each other is not.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any

import attrs

from sim.bench.contender import Contender, Kind, Runner, dropping
from sim.bench.outcome import FILL_FIGURES
from sim.bench.roster import REFERENCES, installed_version
from sim.bench.workload import Workload

Progress = Callable[[float, str], None]
"""Told the share that is done, and what is at work."""


@attrs.frozen
class Ratio:
    """How many times as long a contender takes as one of our doors."""

    median: float
    least: float
    most: float
    """Extremes over the rounds."""


@attrs.frozen
class Timing:
    """One contender on one stream."""

    contender: Contender
    version: str | None
    seconds: tuple[float, ...]
    """Of every timed run."""
    ratios: dict[str, Ratio]
    """By the name of the door it is compared with."""
    verified: tuple[str, ...]
    """Figures of the outcome that it reported, all of them compared."""
    differences: tuple[str, ...]
    """Where its outcome is not the one expected."""
    failure: str = ""
    """What it raised, if it did."""

    @property
    def median_s(self) -> float | None:
        """Median of the timed runs, if there are any."""
        return median(self.seconds) if self.seconds else None

    @property
    def is_wrong(self) -> bool:
        """Whether it did not do the work."""
        return bool(self.differences or self.failure)

    @property
    def work(self) -> str:
        """Say in a few words how much of its work could be asserted."""
        if self.failure:
            return f"failed: {self.failure}"
        if self.differences:
            return f"differs: {'; '.join(self.differences)}"
        if "checksum" in self.verified:
            return "every fill"
        return "fills' lots, book" if set(FILL_FIGURES) & set(self.verified) else "final book"


@contextmanager
def hidden_from_collector() -> Iterator[None]:
    """Keep the garbage collector, which goes on working, from walking over what has been prepared."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def seconds_of(runner: Runner) -> float:
    """Run once on the clock from an empty book; what the calls return is dropped."""
    runner.fresh()
    drop = dropping()
    # The garbage of the run before is nobody's on the clock.
    gc.collect()
    begun = perf_counter()
    runner.run(drop)
    return perf_counter() - begun


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Compare runs that were made in the same rounds, pair by pair."""
    ratios = [their_s / our_s for our_s, their_s in zip(ours, theirs, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))


@attrs.define
class _Entry:
    """A contender at work."""

    contender: Contender
    runner: Runner
    workload: Workload
    seconds: list[float] = attrs.field(factory=list)
    verified: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @classmethod
    def checked(cls, contender: Contender, workload: Workload) -> "_Entry":
        """Set a contender up and let it run once with everything kept: all it reports is compared."""
        entry = cls(contender, contender.make(workload), workload)
        kept: list[Any] = []
        entry.runner.run(kept.append)
        entry._compare(kept)
        return entry

    def timed(self) -> float:
        """Run once on the clock and compare what the book still shows."""
        spent = seconds_of(self.runner)
        self.seconds.append(spent)
        self._compare(None)
        return spent

    def _compare(self, kept: list[Any] | None) -> None:
        reported = self.runner.report(kept)
        self.verified = tuple(dict.fromkeys((*self.verified, *reported)))
        found = self.workload.outcome.differences(reported)
        self.differences = tuple(dict.fromkeys((*self.differences, *found)))

    def timing(self, ratios: dict[str, Ratio]) -> Timing:
        return Timing(
            contender=self.contender,
            version=installed_version(self.contender),
            seconds=tuple(self.seconds),
            ratios=ratios,
            verified=self.verified,
            differences=self.differences,
        )


def time_stream(
    workload: Workload,
    contenders: Sequence[Contender],
    rounds: int,
    progress: Progress = lambda _done, _remark: None,
) -> tuple[Timing, ...]:
    """Time contenders on one stream, each in turn with our doors, round by round.

    Parameters
    ----------
    workload
        The stream.
    contenders
        Those that have all of its operations, in the order of the results.
    rounds
        Timed runs of each; our reference doors run as often for every other contender.
    progress
        Called before every run.

    Raises
    ------
    ValueError
        None of the contenders is a reference door.
    """
    ours = [contender for contender in contenders if contender.name in REFERENCES]
    if not ours:
        raise ValueError(f"nothing to compare with: expected one of {', '.join(REFERENCES)}")
    others = [contender for contender in contenders if contender.name not in REFERENCES]
    steps = _Steps(workload.name, len(ours), len(others), rounds, progress)
    references = []
    for contender in ours:
        steps.announce(contender.name)
        references.append(_Entry.checked(contender, workload))
    found: dict[str, Timing] = {}
    for contender in others:
        steps.next_contender()
        try:
            found[contender.name] = _against(references, contender, workload, rounds, steps)
        except Exception as error:
            if contender.kind is not Kind.PEER:
                raise
            found[contender.name] = _failed(contender, error)
    if not references[0].seconds:
        # Nobody else came through a round.
        with hidden_from_collector():
            for number in range(rounds):
                _round(references, number, steps)
    first, *rest = references
    found[first.contender.name] = first.timing({})
    for entry in rest:
        ratio = ratio_of(first.seconds, entry.seconds)
        found[entry.contender.name] = entry.timing({first.contender.name: ratio})
    return tuple(found[contender.name] for contender in contenders)


@attrs.define
class _Steps:
    """How far the runs of a stream are."""

    stream: str
    references: int
    others: int
    rounds: int
    progress: Progress
    done: int = 0
    contenders: int = 0

    def announce(self, name: str) -> None:
        """Tell whose run begins."""
        runs = self.references + max(1, self.others) * self._runs_each()
        self.progress(min(self.done / runs, 1.0), f"{self.stream}: {name}")
        self.done += 1

    def next_contender(self) -> None:
        """Go on to the runs of the next contender; one that failed leaves some of its own out."""
        self.done = self.references + self.contenders * self._runs_each()
        self.contenders += 1

    def _runs_each(self) -> int:
        return 1 + self.rounds * (self.references + 1)


def _against(
    references: Sequence[_Entry],
    contender: Contender,
    workload: Workload,
    rounds: int,
    steps: _Steps,
) -> Timing:
    """Time one contender side by side with our doors."""
    steps.announce(contender.name)
    entry = _Entry.checked(contender, workload)
    begun = {id(reference): len(reference.seconds) for reference in references}
    with hidden_from_collector():
        for number in range(rounds):
            _round([*references, entry], number, steps)
    return entry.timing(
        {
            reference.contender.name: ratio_of(
                reference.seconds[begun[id(reference)] :], entry.seconds
            )
            for reference in references
        }
    )


def _round(entries: Sequence[_Entry], number: int, steps: _Steps) -> None:
    """Let each run once, every other round in the opposite order: nobody is always the first."""
    for entry in entries if number % 2 == 0 else reversed(entries):
        steps.announce(entry.contender.name)
        entry.timed()


def _failed(contender: Contender, error: Exception) -> Timing:
    return Timing(
        contender=contender,
        version=installed_version(contender),
        seconds=(),
        ratios={},
        verified=(),
        differences=(),
        failure=" ".join(f"{type(error).__name__}: {error}".split()),
    )
