"""What a book needs to take part: a runner that is set up for one stream, off the clock."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import attrs

from sim.bench.outcome import Reported
from sim.bench.workload import Operation, Workload

Keep = Callable[[Any], object]
"""Takes what a call of the book returns: drops it on the clock, keeps it in the checking pass."""


def dropping() -> Keep:
    """Return the cheapest way to take what a call returns and forget it."""
    return deque[Any](maxlen=0).append


class Runner(ABC):
    """One contender with one stream. Whatever may be prepared has been when it exists."""

    @abstractmethod
    def fresh(self) -> None:
        """Begin again with an empty book; off the clock."""

    @abstractmethod
    def run(self, keep: Keep) -> None:
        """Execute the whole stream; on the clock."""

    @abstractmethod
    def report(self, kept: Sequence[Any] | None) -> Reported:
        """Tell what came of the last run, as far as the book can.

        Parameters
        ----------
        kept
            What `run` handed over, one by one; None if it was dropped.
        """


class Kind(StrEnum):
    """Whose book it is."""

    OURS = "ours"
    PLAIN = "plain"
    PEER = "peer"


@attrs.frozen
class Contender:
    """A book, or one door of it, as the bench knows it before anything of it is imported."""

    name: str
    kind: Kind
    make: Callable[[Workload], Runner]
    delivers: str
    """How its fills reach the caller."""
    package: str | None = None
    """Distribution to install."""
    module: str | None = None
    """Module to import."""
    lacks: frozenset[Operation] = frozenset()
    """Operations that it has no way to do; streams with them are left out."""
    note: str = ""
    """What is odd about it."""
