"""Command streams for the tests: a hypothesis strategy and a fast seeded generator."""

import numpy as np
from hypothesis import strategies as st

from sim.matching.batch import Commands
from sim.matching.layout import COMMAND
from tests.matching.reference_matcher import CANCEL, GTC, IOC, LIMIT, MARKET, NEW, Command

LEAST, MOST = -(2**63), 2**63 - 1

any_int64 = st.integers(LEAST, MOST)
prices = st.one_of(
    st.integers(92, 108),
    st.integers(-3, 3),
    st.sampled_from([LEAST, LEAST + 1, MOST - 1, MOST, 63, 64, 65, 4095, 4096, 2**32, -(2**32)]),
    st.integers(-40, 40).map(lambda step: 100 + 64 * step),
    any_int64,
)
ids = st.one_of(
    st.integers(0, 30),
    st.integers(92, 108),
    st.integers(0, 12).map(lambda step: 8 * step),
    st.integers(0, 6).map(lambda step: step << 40),
    st.sampled_from([LEAST, MOST, -1]),
)
accounts = st.one_of(st.integers(1, 4), any_int64)
quantities = st.one_of(st.integers(1, 20), st.sampled_from([2**62, MOST, 1]))
sides = st.integers(0, 1)
well_formed = st.one_of(
    st.tuples(
        st.just(NEW),
        ids,
        accounts,
        sides,
        st.just(LIMIT),
        st.sampled_from([GTC, GTC, GTC, IOC]),
        prices,
        quantities,
    ),
    st.tuples(
        st.just(NEW), ids, accounts, sides, st.just(MARKET), sides, any_int64, st.integers(1, 40)
    ),
    st.tuples(st.just(CANCEL), ids, *[st.just(0)] * 6),
)
malformed = st.tuples(
    st.sampled_from([NEW, NEW, NEW, CANCEL, 2, -1]),
    ids,
    accounts,
    st.sampled_from([0, 1, 2, -1, MOST]),
    st.sampled_from([0, 1, 2, -1]),
    st.sampled_from([0, 1, 2, -7]),
    prices,
    st.sampled_from([5, 0, -1, LEAST]),
)
streams = st.lists(
    st.one_of(well_formed, well_formed, well_formed, well_formed, malformed),
    min_size=1,
    max_size=80,
)


def as_batch(commands: list[Command]) -> Commands:
    """Pack commands into the structured array of the batch door."""
    return np.array([tuple(command) for command in commands], COMMAND)


def mixed_stream(count: int, seed: int, spread: int = 20, lifetime: int = 5_000) -> Commands:
    """Orders around a wandering price, most of them cancelled after a while if not traded before.

    Parameters
    ----------
    count
        Commands: a little over half are new orders.
    seed
        Of NumPy's generator.
    spread
        Mean distance from the middle, in ticks.
    lifetime
        Mean number of orders that arrive before an order's cancellation.
    """
    draw = np.random.default_rng(seed)
    orders = np.zeros(count, COMMAND)
    orders["kind"] = NEW
    orders["order"] = np.arange(1, count + 1) - (draw.random(count) < 0.005)  # some are duplicates
    orders["account"] = draw.integers(1, 500, count)
    orders["side"] = draw.integers(0, 2, count)
    orders["order_type"] = draw.random(count) < 0.03
    orders["time_in_force"] = draw.random(count) < 0.1
    middle = 10_000 + np.cumsum(draw.integers(-1, 2, count) * (draw.random(count) < 0.05))
    distance = draw.geometric(1 / spread, count) - draw.integers(0, spread // 2 + 1, count)
    orders["price"] = middle + np.where(orders["side"] == 0, -distance, distance)
    orders["quantity"] = draw.integers(1, 60, count)
    resting = np.flatnonzero((orders["order_type"] == LIMIT) & (orders["time_in_force"] == GTC))
    cancels = np.zeros(len(resting), COMMAND)
    cancels["kind"] = CANCEL
    cancels["order"] = orders["order"][resting]
    arrival = np.arange(count)
    leaving = resting + draw.exponential(lifetime, len(resting))
    order_of_time = np.argsort(np.concatenate([arrival, leaving]), kind="stable")
    return np.concatenate([orders, cancels])[order_of_time][:count]
