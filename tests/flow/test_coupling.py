"""One clock, two planes: how far the order plane is advanced, and when."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.flow.coupling import market

BEGIN, END = 100, 300


class Plane:
    """Notes when it is advanced and how far."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.advanced: list[tuple[int, int]] = []

    def advance(self, until_us: int) -> None:
        self.advanced.append((int(self._env.now), until_us))


def test_the_market_is_advanced_to_the_next_control_event_and_never_beyond_it() -> None:
    env = simpy.Environment(initial_time=BEGIN)
    plane = Plane(env)
    reached = []

    def department(time_us: int) -> Generator[simpy.Event, Any, None]:
        yield env.timeout(time_us - BEGIN)
        reached.append((time_us, plane.advanced[-1][1]))

    for time_us in (130, 130, 131, 170, 400):
        env.process(department(time_us))
    env.process(market(env, plane, END))
    env.run(until=END)
    assert plane.advanced == [(100, 130), (130, 131), (131, 170), (170, 300)]
    assert reached == [(130, 130), (130, 130), (131, 131), (170, 170)]


def test_what_the_control_plane_starts_at_an_instant_comes_before_the_market_of_that_instant() -> (
    None
):
    env = simpy.Environment(initial_time=BEGIN)
    plane = Plane(env)

    def department() -> Generator[simpy.Event, Any, None]:
        yield env.timeout(50)
        # Decided only now: the market must not have looked past it.
        yield env.timeout(7)

    env.process(market(env, plane, END))
    env.process(department())
    env.run(until=END)
    assert plane.advanced == [(100, 150), (150, 157), (157, 300)]
