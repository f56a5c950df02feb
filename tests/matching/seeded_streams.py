"""Fast seeded generators of command streams.

`mixed_stream` is the plain market of limit orders and cancels; `full_stream` is a market with everything
switched on; in `dense_stream` ids, accounts and prices are so few that orders meet, collide and set each
other off all the time.
"""

import numpy as np
import numpy.typing as npt

from sim.matching.batch import Commands
from sim.matching.layout import COMMAND
from tests.matching.reference_rules import (
    AMEND,
    BANDS,
    CANCEL,
    CLOCK,
    FOK,
    GTC,
    GTD,
    IOC,
    KEEP,
    LEAST,
    LIMIT,
    MARKET_BY_AMOUNT,
    MASS_CANCEL,
    MOST,
    NEW,
    REDUCE,
    SESSION,
    STOP,
    STOP_LIMIT,
    UNCROSS,
    ReferenceRules,
)

Draw = np.random.Generator
Numbers = npt.NDArray[np.int64]
Timed = tuple[npt.NDArray[np.float64], Commands]
"""Moments and the commands that come at them."""


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


def full_stream(count: int, seed: int, first: int = 1) -> Commands:
    """A market with everything switched on, around a wandering price.

    Limit orders, icebergs, stops and market orders come and are amended, reduced and cancelled after a
    while; bands follow the price; halts and auctions end after a while, and whatever a breach has closed
    is opened again by the next auction.

    Parameters
    ----------
    count
        Commands.
    seed
        Of NumPy's generator.
    first
        Id of the first order; ids and times go up from there, so streams may follow each other.
    """
    draw = np.random.default_rng(seed)
    middle = 10_000 + np.cumsum(draw.integers(-1, 2, count) * (draw.random(count) < 0.1))
    orders = _orders(draw, middle, first)
    stays = np.flatnonzero(
        np.isin(orders["order_type"], (LIMIT, STOP, STOP_LIMIT))
        & np.isin(orders["time_in_force"], (GTC, GTD))
    )
    parts: list[Timed] = [(np.arange(count, dtype=np.float64), orders)]
    for kind, share, lifetime in ((CANCEL, 1.0, 1_500), (AMEND, 0.4, 300), (REDUCE, 0.1, 300)):
        subject = stays[draw.random(len(stays)) < share]
        parts.append(_follow_ups(draw, orders[subject], subject, middle, kind, lifetime))
    parts += [_market_events(draw, middle, first, kind) for kind in (CLOCK, BANDS, MASS_CANCEL)]
    parts += _sessions(draw, count)
    order_of_time = np.argsort(np.concatenate([when for when, _ in parts]), kind="stable")
    return np.concatenate([commands for _, commands in parts])[order_of_time][:count]


def _orders(draw: Draw, middle: Numbers, first: int) -> Commands:
    count = len(middle)
    orders = np.zeros(count, COMMAND)
    orders["order"] = np.arange(first, first + count) - (draw.random(count) < 0.002)
    orders["account"] = draw.integers(0, 40, count)
    orders["side"] = draw.integers(0, 2, count)
    orders["order_type"] = draw.choice(5, count, p=[0.84, 0.04, 0.04, 0.06, 0.02])
    orders["time_in_force"] = draw.choice(4, count, p=[0.78, 0.08, 0.04, 0.1])
    orders["self_trade_prevention"] = draw.choice(5, count, p=[0.6, 0.1, 0.1, 0.1, 0.1])
    away = np.where(orders["side"] == 0, -1, 1)
    distance = draw.geometric(1 / 12, count) - draw.integers(0, 8, count)
    orders["price"] = middle + away * distance
    orders["stop_price"] = middle - away * draw.integers(0, 30, count)
    orders["quantity"] = draw.integers(1, 60, count)
    orders["quantity"] *= np.where(draw.random(count) < 0.01, 20, 1)  # some sweep the book
    by_amount = orders["order_type"] == MARKET_BY_AMOUNT
    orders["quantity"] *= np.where(by_amount, 10_000, 1)
    at_once = np.isin(orders["time_in_force"], (IOC, FOK))
    limit = (orders["order_type"] == LIMIT) & ~at_once
    orders["post_only"] = (limit | (orders["order_type"] == STOP_LIMIT)) & (
        draw.random(count) < 0.05
    )
    iceberg = limit & (draw.random(count) < 0.08)
    orders["peak"] = np.where(iceberg, 1 + orders["quantity"] // draw.integers(2, 8, count), 0)
    orders["expires"] = first + np.arange(count) + draw.integers(0, 3_000, count)
    return orders


def _follow_ups(
    draw: Draw, orders: Commands, when: Numbers, middle: Numbers, kind: int, lifetime: int
) -> Timed:
    """Cancels, amends or reductions of the orders, some time after each."""
    count = len(orders)
    later = when + draw.exponential(lifetime, count)
    commands = np.zeros(count, COMMAND)
    commands["kind"] = kind
    commands["order"] = orders["order"]
    commands["account"] = np.where(draw.random(count) < 0.1, orders["account"], 0)
    if kind == REDUCE:
        commands["quantity"] = draw.integers(1, 20, count)
    if kind == AMEND:
        away = np.where(orders["side"] == 0, -1, 1)
        now = middle[np.minimum(later.astype(np.int64), len(middle) - 1)]
        price = now + away * (draw.geometric(1 / 12, count) - 4)
        commands["price"] = np.where(draw.random(count) < 0.5, KEEP, price)
        quantity = draw.integers(1, 60, count)
        commands["quantity"] = np.where(draw.random(count) < 0.4, KEEP, quantity)
    return later, commands


def _market_events(draw: Draw, middle: Numbers, first: int, kind: int) -> Timed:
    """The clock every 50 orders, new bands every 500, a mass cancel every 1,000; none on time."""
    count = len(middle)
    every = {CLOCK: 50, BANDS: 500, MASS_CANCEL: 1_000}[kind]
    when = np.flatnonzero(draw.random(count) < 1 / every)
    commands = np.zeros(len(when), COMMAND)
    commands["kind"] = kind
    if kind == CLOCK:
        commands["expires"] = first + when - (draw.random(len(when)) < 0.05)
    if kind == MASS_CANCEL:
        commands["account"] = draw.integers(1, 40, len(when))
    if kind == BANDS:
        width = draw.integers(15, 200, len(when))
        commands["price"] = middle[when] - width
        commands["stop_price"] = middle[when] + width
        commands["quantity"] = draw.choice([0, 3, 5, 10, 30], len(when))
        commands["detail"] = draw.integers(0, 3, len(when))
    return when.astype(np.float64) + 0.5, commands


def _sessions(draw: Draw, count: int) -> list[Timed]:
    """Halts that are lifted, and auctions that are uncrossed, about every 700 orders."""
    parts: list[Timed] = []
    steps = ((SESSION, 1, 0), (SESSION, 0, 15), (SESSION, 2, 25), (UNCROSS, 0, 60))
    begin = np.flatnonzero(draw.random(count) < 1 / 700)
    for kind, phase, after in steps:
        commands = np.zeros(len(begin), COMMAND)
        commands["kind"] = kind
        commands["detail"] = phase
        if kind == UNCROSS:
            commands["price"] = draw.choice([0, 9_990, 10_010], len(begin))
        parts.append((begin.astype(np.float64) + after + 0.25, commands))
    return parts


def random_rules(seed: int) -> ReferenceRules:
    """Return rules of a book for `dense_stream` with the same seed."""
    draw = np.random.default_rng([seed, 1])
    largest, collar = int(draw.choice([0, 0, 16])), int(draw.choice([-1, -1, 1, 3]))
    return ReferenceRules(
        tick=int(draw.choice([1, 1, 2])),
        lot=int(draw.choice([1, 1, 2])),
        min_quantity=int(draw.choice([1, 1, 3])),
        max_quantity=largest or None,
        collar_ticks=None if collar < 0 else collar,
        unique_ids=bool(draw.random() < 0.25),
        nonpositive_prices=bool(draw.integers(2)),
        market_pressure=bool(draw.integers(2)),
    )


def dense_stream(count: int, seed: int) -> Commands:
    """Everything at once on few prices and ids: each field is drawn for itself.

    Parameters
    ----------
    count
        Commands.
    seed
        Of NumPy's generator.
    """
    draw = np.random.default_rng(seed)
    kinds = draw.choice(10, count, p=[0.7, 0.03, 0.13, 0.04, 0.004, 0.03, 0.03, 0.02, 0.01, 0.006])
    commands = np.zeros(count, COMMAND)
    commands["kind"] = kinds
    commands["side"] = draw.choice(3, count, p=[0.498, 0.498, 0.004])
    commands["order_type"] = draw.choice(6, count, p=[0.69, 0.07, 0.07, 0.12, 0.048, 0.002])
    commands["time_in_force"] = draw.choice(5, count, p=[0.73, 0.09, 0.06, 0.118, 0.002])
    commands["post_only"] = draw.choice(3, count, p=[0.938, 0.06, 0.002])
    commands["self_trade_prevention"] = draw.choice(6, count, p=[0.5, 0.1, 0.1, 0.1, 0.198, 0.002])
    # Ids move on slowly, so that a book that knows each id once only gets new ones.
    commands["order"] = np.arange(count) // 4 + draw.integers(1, 40, count)
    commands["account"] = draw.choice([0, 1, 2, 3], count)
    commands["price"] = 2 * draw.integers(46, 55, count) + (draw.random(count) < 0.2)
    commands["stop_price"] = 2 * draw.integers(46, 55, count) + (draw.random(count) < 0.2)
    commands["quantity"] = 2 * draw.integers(1, 10, count) - (draw.random(count) < 0.2)
    for field in ("price", "stop_price", "quantity"):
        bad = draw.random(count) < 0.005
        commands[field][bad] = -2 * draw.integers(0, 2, count)[bad]
    by_amount = (kinds == NEW) & (commands["order_type"] == MARKET_BY_AMOUNT)
    commands["quantity"] *= np.where(by_amount, 77, 1)
    iceberg = (kinds == NEW) & (commands["order_type"] == LIMIT) & (draw.random(count) < 0.25)
    commands["peak"] = np.where(iceberg, draw.choice([1, 2, 4, 6, -1], count), 0)
    now = np.cumsum(draw.random(count) < 0.02, dtype=np.int64)
    commands["expires"] = now + draw.integers(-2, 20, count)
    _make_dense_market_commands(draw, commands, now)
    return commands


def _make_dense_market_commands(draw: Draw, commands: Commands, now: Numbers) -> None:
    """Give amends their gaps and the commands on the market their words."""
    count, kinds = len(commands), commands["kind"]
    for field in ("price", "quantity"):
        gap = (kinds == AMEND) & (draw.random(count) < 0.4)
        commands[field][gap] = KEEP
    on_one_order = np.isin(kinds, (CANCEL, AMEND, REDUCE))
    commands["account"][on_one_order & (draw.random(count) < 0.8)] = 0
    commands["detail"] = draw.choice(5, count, p=[0.75, 0.05, 0.15, 0.03, 0.02])
    uncross = kinds == UNCROSS
    commands["price"][uncross & (draw.random(count) < 0.5)] = 0
    ticks = kinds == CLOCK
    commands["expires"][ticks] = now[ticks] - draw.integers(0, 3, count)[ticks]
    bands = np.flatnonzero(kinds == BANDS)
    commands["price"][bands] = draw.choice([LEAST, LEAST, LEAST, 90, 96], len(bands))
    commands["stop_price"][bands] = draw.choice([MOST, MOST, MOST, 110, 104], len(bands))
    commands["quantity"][bands] = draw.choice([0, 0, 2, 4, 8, -1], len(bands))
    commands["detail"][bands] = draw.integers(0, 4, len(bands))


def auction_stream(auctions: int, seed: int, orders: int = 12) -> Commands:
    """Call auctions of orders of one or two lots, whose best prices tie in every way; one book for all.

    Parameters
    ----------
    auctions
        Each opens, collects, uncrosses with a reference and cancels what is left.
    seed
        Of NumPy's generator.
    orders
        Of each auction.
    """
    draw = np.random.default_rng(seed)
    size = orders + 3
    commands = np.zeros((auctions, size), COMMAND)
    commands["kind"][:, 0], commands["detail"][:, 0] = SESSION, 2
    commands["order"] = np.arange(size)
    commands["side"] = draw.integers(0, 2, (auctions, size))
    commands["price"] = draw.integers(96, 105, (auctions, size))
    commands["quantity"] = 1 + (draw.random((auctions, size)) < 0.2)
    commands["kind"][:, -2], commands["kind"][:, -1] = UNCROSS, MASS_CANCEL
    commands["price"][:, -2] *= draw.random(auctions) < 0.8
    return commands.reshape(-1)
