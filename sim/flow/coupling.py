"""One clock, two planes: the SimPy process that advances the order plane.

At each instant the process runs last, after everything the control plane does there. It lets the kernel
run up to the instant of the next control event, `env.peek()`, and sleeps until then. Nothing on the
control plane can happen in between, so the coupling is exact: idle control events only cut the same flow
of orders into more slices.
"""

from collections.abc import Generator
from typing import Any, Protocol

from simpy import Environment, Event

LAST_PRIORITY = 9
"""SimPy runs lower numbers first; its own events use 0 and 1."""


class Plane(Protocol):
    """What the process needs of the order plane."""

    def advance(self, until_us: int) -> None:
        """Run every order event before an instant."""


def last_at(env: Environment, time_us: int) -> Event:
    """Return an event that happens at an instant after everything else of that instant."""
    event = Event(env)
    event._ok = True  # noqa: SLF001 - what simpy.Timeout does, with a priority of its own
    event._value = None  # noqa: SLF001
    env.schedule(event, priority=LAST_PRIORITY, delay=time_us - env.now)  # type: ignore[arg-type]
    return event


def market(env: Environment, plane: Plane, end_us: int) -> Generator[Event, Any, None]:
    """Advance the order plane between control events until the end of the run."""
    yield last_at(env, int(env.now))
    while env.now < end_us:
        until_us = int(min(env.peek(), end_us))
        plane.advance(until_us)
        yield last_at(env, until_us)
