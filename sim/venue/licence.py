"""Licence: the law takes effect on its dates, and the departments concerned act at that instant.

Each change of the regime within the horizon becomes a `RuleChanged` event before anything else of its
instant; then the departments that asked to be told act on it, with the change as their cause. Nothing
looks ahead: before its date, a change leaves no trace.
"""

from collections.abc import Callable, Collection, Generator
from itertools import groupby
from typing import Any

import simpy
from simpy.events import URGENT

from sim.events import RuleChanged
from sim.venue.platform import Platform, Steps

Listener = Callable[[int], None]
"""Called with the seq of the change to act on."""


class Licence:
    """The platform's view of the law as it changes."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._listeners: list[tuple[frozenset[str], Listener]] = []

    def listen(self, rules: Collection[str], listener: Listener) -> None:
        """Call the listener once per instant at which any of the rules changes."""
        self._listeners.append((frozenset(rules), listener))

    def follow(self) -> Steps:
        """Announce the changes within the horizon, each on its date."""
        platform = self._platform
        changes = platform.regime.changes(platform.now, platform.scenario.horizon.end)
        for time_us, at_once in groupby(changes, key=lambda change: change[0]):
            yield from first_at(platform.env, time_us)
            announced = {
                rule.id: platform.append(
                    RuleChanged(
                        time_us=time_us,
                        rule=rule.id,
                        value=value.text,
                        unit=rule.unit,
                        status=value.status,
                    )
                )
                for _, rule, value in at_once
            }
            self._tell(announced)

    def _tell(self, announced: dict[str, int]) -> None:
        for rules, listener in self._listeners:
            causes = [seq for rule, seq in announced.items() if rule in rules]
            if causes:
                listener(causes[0])


def first_at(env: simpy.Environment, time_us: int) -> Generator[simpy.Event, Any, None]:
    """Wait for an instant and go before everything else that waits for it."""
    event = simpy.Event(env)
    event._ok = True  # noqa: SLF001 - what simpy.Timeout does, with a priority of its own
    event._value = None  # noqa: SLF001
    env.schedule(event, priority=URGENT, delay=time_us - env.now)
    yield event
