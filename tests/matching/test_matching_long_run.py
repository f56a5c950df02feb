"""Millions of commands of every kind through the batch door.

The laws are checked on the columns of the events; parts of the stream, on a fresh book, are compared with the
oracle row by row. `VATP_LONG_RUN_COMMANDS` makes the run longer.
"""

import os

import numpy as np
import pytest

from sim.matching.batch import Events
from sim.matching.book import OrderBook
from tests.matching.arena_audit import audit
from tests.matching.doors import assert_same_book, book_with, rows_of
from tests.matching.event_columns import (
    Modes,
    OpenOrders,
    assert_every_command_is_answered,
    assert_lots_are_conserved,
    assert_orders_do_not_trade_with_themselves,
    assert_stops_fire_once,
    assert_uncrosses_trade_what_they_say,
    counted,
    history_of,
)
from tests.matching.reference_matcher import ReferenceMatcher
from tests.matching.reference_rules import (
    ACCEPTED,
    AMENDED,
    CANCELLED,
    CLOCK_SET,
    CONTINUOUS,
    MASS_CANCEL,
    TRADE,
    TRIGGERED,
    ReferenceRules,
    Words,
)
from tests.matching.streams import as_batch, dense_stream, full_stream, random_rules

COMMANDS = int(os.environ.get("VATP_LONG_RUN_COMMANDS", "2_000_000"))
CHUNK = 50_000
SAMPLE = 5_000
SEED = 20_230_601


def check(events: Events, before: OpenOrders, after: OpenOrders, prevention: Modes) -> None:
    history = history_of(events, before)
    assert_lots_are_conserved(events, after, history)
    assert_orders_do_not_trade_with_themselves(events, history, prevention)
    assert_uncrosses_trade_what_they_say(events)
    assert_stops_fire_once(events, before)


def compare_with_the_oracle(seed: int) -> None:
    """Run the beginning of the stream of a chunk, and a dense stream, on a fresh book and the oracle."""
    rules = random_rules(seed)
    for commands, book_rules in (
        (full_stream(CHUNK, seed)[:SAMPLE], ReferenceRules()),
        (dense_stream(SAMPLE, seed), rules),
    ):
        book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
        expected = [row for command in commands.tolist() for row in oracle.execute(command)]
        assert rows_of(book.process(commands)) == expected
        assert_same_book(book, oracle)


@pytest.mark.slow
def test_a_long_run_keeps_the_laws_and_agrees_with_the_oracle_wherever_it_is_sampled() -> None:
    book, before = OrderBook(), OpenOrders.of(OrderBook())
    prevention = np.zeros(COMMANDS + CHUNK + 2, np.uint8)
    total = np.zeros(11, np.int64)
    for number in range(-(-COMMANDS // CHUNK)):
        if number % 10 == 9:
            # Cancels that fell behind the end of a chunk never come; this keeps the book small.
            book.process(as_batch([Words(MASS_CANCEL)]))
            assert len(book) == 0
            before = OpenOrders.of(book)
        commands = full_stream(CHUNK, SEED + number, first=1 + number * CHUNK)
        events = book.process(commands)
        after = OpenOrders.of(book)
        check(events, before, after, prevention)
        assert_every_command_is_answered(commands, events)
        bid, ask = book.best_bid, book.best_ask
        assert book.phase != CONTINUOUS or bid is None or ask is None or bid < ask
        if number % 4 == 0:
            compare_with_the_oracle(SEED + number)
            audit(book.snapshot())
        before = after
        total += counted(events)
    assert (total[ACCEPTED : CLOCK_SET + 1] > COMMANDS // 4_000).all(), total
    assert total[TRADE] > COMMANDS // 10


@pytest.fixture(scope="module")
def run() -> tuple[Events, OpenOrders]:
    book = OrderBook()
    events = book.process(full_stream(CHUNK, SEED))
    return events, OpenOrders.of(book)


NOTHING = OpenOrders.of(OrderBook())


def damaged(run: tuple[Events, OpenOrders], kind: int, field: str) -> Events:
    """Return the events with one number too high in the middle one of a kind."""
    events = run[0].copy()
    rows = np.flatnonzero(events["kind"] == kind)
    events[field][rows[len(rows) // 2]] += 1
    return events


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (ACCEPTED, "quantity"),
        (TRADE, "quantity"),
        (TRADE, "maker_remaining"),
        (CANCELLED, "quantity"),
        (AMENDED, "quantity"),
    ],
)
def test_one_lot_too_many_anywhere_is_found(
    run: tuple[Events, OpenOrders], kind: int, field: str
) -> None:
    prevention = np.zeros(2 * CHUNK, np.uint8)
    check(run[0], NOTHING, run[1], prevention)
    with pytest.raises(AssertionError):
        check(damaged(run, kind, field), NOTHING, run[1], prevention)


def test_a_lost_event_a_lost_order_a_stop_that_fires_twice_and_an_own_trade_are_found(
    run: tuple[Events, OpenOrders],
) -> None:
    events, after = run
    prevention = np.zeros(2 * CHUNK, np.uint8)
    for kind in (ACCEPTED, TRADE, CANCELLED):
        lost = np.delete(events, np.flatnonzero(events["kind"] == kind)[500])
        with pytest.raises(AssertionError):
            check(lost, NOTHING, after, prevention)
    with pytest.raises(AssertionError):
        check(events, NOTHING, OpenOrders(after.order[1:], after.lots[1:]), prevention)
    twice = np.flatnonzero(events["kind"] == TRIGGERED)[:50]
    with pytest.raises(AssertionError):
        assert_stops_fire_once(np.insert(events, twice, events[twice]), NOTHING)
    unknown = damaged(run, TRIGGERED, "order")
    with pytest.raises(AssertionError):
        assert_stops_fire_once(unknown, NOTHING)
    own = events.copy()
    own["self_trade_prevention"][own["kind"] == ACCEPTED] = 1
    own["account"][own["kind"] == TRADE] = own["maker_account"][own["kind"] == TRADE]
    with pytest.raises(AssertionError):
        check(own, NOTHING, after, prevention)
