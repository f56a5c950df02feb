"""How fast the matching core is through each door, on one mixed stream.

Every benchmark checks that it did the work: events by kind and lots traded are those of the oracle, which
`tests/matching/test_matching_differential.py` compares on the same stream event by event.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.matching import batch, core
from sim.matching.arena import Arena
from sim.matching.book import OrderBook
from sim.matching.codes import EventKind
from sim.matching.events import Event, Trade
from tests.matching.reference_matcher import CANCEL, MARKET
from tests.matching.streams import mixed_stream

COUNT = 100_000
EVENTS = {"Accepted": 55_572, "Trade": 21_993, "Cancelled": 30_689, "Rejected": 18_240}
TRADED_LOTS = 337_220
RESTING = 2_489


@pytest.fixture(scope="module")
def commands() -> batch.Commands:
    """First half of the stream that the differential test compares with the oracle."""
    return mixed_stream(2 * COUNT, seed=1)[:COUNT]


@pytest.mark.benchmark(group="matching: batch door, 100,000 commands")
def test_batch_door(benchmark: Callable[..., Any], commands: batch.Commands) -> None:
    def run() -> tuple[Arena, batch.Events]:
        return batch.process(core.new_book(), commands)

    arena, events = benchmark(run)
    kinds = np.bincount(events["kind"], minlength=5)
    assert {kind.name.capitalize(): int(kinds[kind]) for kind in EventKind} == EVENTS
    assert events["quantity"][events["kind"] == EventKind.TRADE].sum() == TRADED_LOTS
    assert core.live_orders(arena) == RESTING


@pytest.mark.benchmark(group="matching: one call an order, 100,000 commands")
def test_single_order_door(benchmark: Callable[..., Any], commands: batch.Commands) -> None:
    rows = commands.tolist()

    def run() -> tuple[OrderBook, list[Event]]:
        book = OrderBook()
        events: list[Event] = []
        for kind, order, account, side, order_type, time_in_force, price, quantity in rows:
            if kind == CANCEL:
                events += book.cancel(order)
            elif order_type == MARKET:
                events += book.submit_market(order, account, side, quantity)
            else:
                events += book.submit_limit(order, account, side, price, quantity, time_in_force)
        return book, events

    book, events = benchmark(run)
    assert Counter(type(event).__name__ for event in events) == EVENTS
    assert sum(event.quantity for event in events if isinstance(event, Trade)) == TRADED_LOTS
    assert len(book) == RESTING
