"""The compiled core against the plain-Python oracle, through every door."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.matching import batch, core
from sim.matching.book import OrderBook
from sim.matching.layout import BUFFER_HEADER, EVENT_WIDTH
from tests.matching.arena_audit import audit
from tests.matching.reference_matcher import (
    ACCEPTED,
    BUY,
    CANCEL,
    CANCELLED,
    IOC,
    MARKET,
    NEW,
    SELL,
    TRADE,
    Command,
    ReferenceMatcher,
    Row,
)
from tests.matching.streams import as_batch, mixed_stream, prices, streams


def rows_of(events: batch.Events) -> list[Row]:
    return events.tolist()  # type: ignore[no-any-return]


def typed(row: Row) -> tuple[str, tuple[int, ...]]:
    """Name and fields of the typed event that stands for a row."""
    kind, order, account, side, price, quantity, maker, maker_account, left, maker_left, why, _ = (
        row
    )
    about = (order, account, side, price, quantity)
    if kind == ACCEPTED:
        return "Accepted", about
    if kind == TRADE:
        return "Trade", (*about, maker, maker_account, left, maker_left)
    return ("Cancelled" if kind == CANCELLED else "Rejected"), (*about, why)


def send(book: OrderBook, command: Command) -> list[tuple[str, tuple[int, ...]]] | None:
    """One command through the friendly door, where it has a method for it; otherwise None."""
    kind, order, account, side, order_type, time_in_force, price, quantity = command
    if kind == CANCEL:
        events = book.cancel(order)
    elif kind == NEW and order_type == MARKET:
        events = book.submit_market(order, account, side, quantity)
    elif kind == NEW and order_type == 0:
        events = book.submit_limit(order, account, side, price, quantity, time_in_force)
    else:
        return None
    return [(type(event).__name__, tuple(map(int, event))) for event in events]


def as_sent(command: Command) -> Command:
    """Return the command as the friendly door passes it on: market orders as IOC at price 0."""
    kind, order, account, side, order_type, _, _, quantity = command
    if kind == NEW and order_type == MARKET:
        return (NEW, order, account, side, MARKET, IOC, 0, quantity)
    return command


def assert_same_book(book: OrderBook, oracle: ReferenceMatcher, limit_price: int) -> None:
    everything: Any = 10**6
    assert tuple(book.depth(everything)) == (
        tuple(oracle.levels(BUY)),
        tuple(oracle.levels(SELL)),
    )
    assert book.orders() == oracle.orders()
    assert len(book) == len(oracle.live)
    assert book.best_bid == oracle.best(BUY)
    assert book.best_ask == oracle.best(SELL)
    assert book.state_hash() == oracle.state_hash()
    for side in (BUY, SELL):
        assert book.available(side, limit_price) == oracle.available(side, limit_price)
    for order, resting in oracle.live.items():
        assert book.resting_quantity(order) == resting.remaining


@settings(max_examples=300, deadline=None)
@given(commands=streams, limit_price=prices)
def test_single_commands_give_the_events_and_the_book_of_the_oracle(
    commands: list[Command], limit_price: int
) -> None:
    book, oracle = OrderBook(order_capacity=1), ReferenceMatcher()
    for command in commands:
        before = book.state_hash()
        sent = send(book, command)
        if sent is not None:
            assert sent == [typed(row) for row in oracle.execute(as_sent(command))]
            if sent[0][0] == "Rejected":
                assert book.state_hash() == before
    assert_same_book(book, oracle, limit_price)
    audit(book.snapshot())


@settings(max_examples=300, deadline=None)
@given(commands=streams, data=st.data(), limit_price=prices)
def test_batches_cut_anywhere_give_the_events_and_the_book_of_the_oracle(
    commands: list[Command], data: st.DataObject, limit_price: int
) -> None:
    book, oracle = OrderBook(order_capacity=1), ReferenceMatcher()
    cut = data.draw(st.integers(0, len(commands)))
    for part in (commands[:cut], commands[cut:]):
        rows = rows_of(book.process(as_batch(part)))
        assert rows == [row for command in part for row in oracle.execute(command)]
        assert_same_book(book, oracle, limit_price)
        audit(book.snapshot())


@settings(max_examples=200, deadline=None)
@given(commands=streams)
def test_the_compiled_interface_gives_the_rows_and_statuses_of_the_oracle(
    commands: list[Command],
) -> None:
    book, out, oracle = core.new_book(1), core.new_buffer(200), ReferenceMatcher()
    for asked, *words in commands:
        kind = CANCEL if asked == CANCEL else NEW
        while not core.room_for_command(book):
            book = core.grow(book)
        out[0] = 0
        bound = core.events_bound(book)
        if kind == CANCEL:
            status = core.cancel(book, out, words[0])
        else:
            status = core.submit(book, out, *words)
        expected = oracle.execute((kind, *words))
        used = int(out[0])
        rows = out[BUFFER_HEADER : BUFFER_HEADER + used * EVENT_WIDTH].reshape(used, EVENT_WIDTH)
        assert [tuple(row) for row in rows.tolist()] == expected
        assert status == expected[0][10] * (expected[0][0] == 4)
        assert used <= bound
    audit(book)


@settings(max_examples=200, deadline=None)
@given(commands=streams, data=st.data())
def test_a_snapshot_restored_in_mid_flow_changes_nothing(
    commands: list[Command], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(commands)))
    original, copy = OrderBook(order_capacity=1), OrderBook(order_capacity=3)
    original.process(as_batch(commands[:cut]))
    snapshot = original.snapshot()
    kept = snapshot.copy()
    copy.restore(snapshot)
    assert copy.state_hash() == original.state_hash()
    later = as_batch(commands[cut:])
    assert rows_of(copy.process(later)) == rows_of(original.process(later))
    assert copy.state_hash() == original.state_hash()
    assert np.array_equal(snapshot, kept)
    audit(copy.snapshot())


@pytest.mark.parametrize(("seed", "spread"), [(1, 20), (2, 3), (3, 400)])
def test_a_long_seeded_stream_gives_the_events_and_the_book_of_the_oracle(
    seed: int, spread: int
) -> None:
    count = 200_000 if seed == 1 else 30_000
    commands = mixed_stream(count, seed, spread)
    book, oracle = OrderBook(order_capacity=1), ReferenceMatcher()
    expected = [row for command in commands.tolist() for row in oracle.execute(command)]
    assert rows_of(book.process(commands)) == expected
    assert sum(row[0] == TRADE for row in expected) > count // 20
    assert len(book) > 50
    assert_same_book(book, oracle, 10_000)
    audit(book.snapshot())
