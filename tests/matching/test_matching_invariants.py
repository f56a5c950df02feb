"""Promises of the core that hold for every stream of commands, each on its own."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from sim.matching import batch, core
from sim.matching.arena import LIVE
from sim.matching.book import OrderBook
from sim.matching.events import Trade
from sim.matching.layout import COMMAND
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit
from tests.matching.doors import rows_of
from tests.matching.reference_rules import (
    ACCEPTED,
    BUY,
    CANCEL,
    CANCELLED,
    LEAST,
    MARKET,
    MOST,
    NEW,
    SELL,
    TRADE,
    Words,
)
from tests.matching.streams import as_batch, mixed_stream

ANY_PRICE = BookRules(nonpositive_prices=True)


def limit_orders(side: int, prices: list[int], first: int = 1, quantity: int = 1) -> batch.Commands:
    """GTC orders with ids in sequence."""
    return as_batch(
        [
            Words(NEW, side, order=first + index, account=1, price=price, quantity=quantity)
            for index, price in enumerate(prices)
        ]
    )


def cancels(orders: range | list[int]) -> batch.Commands:
    return as_batch([Words(CANCEL, order=order) for order in orders])


def market_order(order: int, side: int, quantity: int) -> batch.Commands:
    return as_batch([Words(NEW, side, MARKET, order=order, account=1, quantity=quantity)])


def test_every_accepted_lot_is_traded_cancelled_or_resting() -> None:
    book = OrderBook()
    events = book.process(mixed_stream(50_000, seed=11))
    balance = Counter[int]()
    for row in rows_of(events):
        kind, order, quantity, maker = row[0], row[8], row[11], row[12]
        if kind == ACCEPTED:
            balance[order] += quantity
        elif kind == TRADE:
            balance[order] -= quantity
            balance[maker] -= quantity
        elif kind == CANCELLED:
            balance[order] -= quantity
    resting = {order.order: order.quantity for order in book.orders()}
    assert {order: lots for order, lots in balance.items() if lots} == resting
    assert len(resting) > 100


def test_at_one_price_the_older_order_trades_first() -> None:
    book = OrderBook()
    orders = np.random.default_rng(5).permutation(500) + 1
    queue = limit_orders(SELL, [100] * 500)
    queue["order"] = orders
    book.process(queue)
    gone = orders[::7]
    book.process(cancels(gone.tolist()))
    trades = book.process(market_order(1_000, BUY, 10_000))
    makers = trades["maker_order"][trades["kind"] == TRADE]
    assert makers.tolist() == [order for order in orders.tolist() if order not in set(gone)]


def test_a_better_price_trades_first_over_the_whole_int64_range() -> None:
    prices = sorted({LEAST, LEAST + 1, -1, 0, 1, 63, 64, 4095, 4096, MOST - 1, MOST})
    shuffled = np.random.default_rng(6).permutation(prices).tolist()
    for side, best_first in ((SELL, prices), (BUY, prices[::-1])):
        book = OrderBook(ANY_PRICE, 1)
        book.process(limit_orders(side, shuffled))
        audit(book.snapshot())
        assert [level.price for level in book.depth(99)[side]] == best_first
        trades = book.process(market_order(99, 1 - side, 99))
        assert trades["price"][trades["kind"] == TRADE].tolist() == best_first


@pytest.mark.parametrize("price", [LEAST, MOST, 0])
def test_orders_at_one_extreme_price_trade_with_each_other(price: int) -> None:
    book = OrderBook(ANY_PRICE)
    book.submit_limit(1, 1, BUY, price, 5)
    trade = book.submit_limit(2, 2, SELL, price, 5)[1]
    assert isinstance(trade, Trade)
    assert (trade.price, len(book)) == (price, 0)


def test_memory_does_not_grow_with_the_orders_ever_seen() -> None:
    count, live = 1_000_000, 500
    commands = np.zeros(count, COMMAND)
    number = np.arange(count) // 2
    commands["kind"] = np.arange(count) % 2  # new, cancel, new, cancel
    commands["order"] = np.where(commands["kind"] == CANCEL, number - live, number)
    commands["price"] = 1_000_000 + number * 7 % 3_000 + number // 10
    commands["side"] = SELL
    commands["quantity"] = 1
    book = OrderBook(ANY_PRICE, live)
    head = count // 10
    book.process(commands[:head])
    settled = len(book.snapshot())
    events = book.process(commands[head:])
    assert np.count_nonzero(events["kind"] == CANCELLED) == (count - head) // 2
    assert len(book) == live
    assert len(book.snapshot()) == settled < 50 * live * 8
    audit(book.snapshot())


def test_a_cancelled_order_gives_back_its_level_and_every_node_it_needed() -> None:
    book = OrderBook(ANY_PRICE)
    book.process(limit_orders(BUY, [100, 101, 102]))
    before = int(book.snapshot()[LIVE])
    for price in (LEAST, -(10**12), 5000, 200):
        book.submit_limit(50, 1, BUY, price, 1)
        assert book.snapshot()[LIVE] > before
        book.cancel(50)
        # A taller root stays until the side is empty: at most one node a height.
        assert book.snapshot()[LIVE] <= before + 10
        audit(book.snapshot())
    book.process(cancels(range(1, 4)))
    assert book.snapshot()[LIVE] == 0


def test_far_prices_cost_nodes_only_where_they_are() -> None:
    count = 1_000
    book = OrderBook(ANY_PRICE, count)
    book.process(limit_orders(SELL, [100 + (1 << 40) * step for step in range(count)]))
    records = int(book.snapshot()[LIVE])
    assert len(book) == count
    assert records < count * (2 + 8)
    near = OrderBook(ANY_PRICE, count)
    near.process(limit_orders(SELL, [100 + step for step in range(count)]))
    assert int(near.snapshot()[LIVE]) < count * 2 + 30


def test_prices_may_jump_tenfold_and_back() -> None:
    book, number = OrderBook(ANY_PRICE, 1), 1
    for middle in (50_000, 500_000, 50, 5_000_000_000, 50_000):
        prices = [middle + step for step in range(-40, 40)]
        book.process(limit_orders(BUY, [price for price in prices if price < middle], number))
        book.process(
            limit_orders(SELL, [price for price in prices if price >= middle], number + 40)
        )
        assert (book.best_bid, book.best_ask) == (middle - 1, middle)
        audit(book.snapshot())
        events = book.process(cancels(range(number, number + 80)))
        assert set(events["kind"].tolist()) == {CANCELLED}
        number += 80


@pytest.mark.parametrize(
    "name",
    [lambda n: n, lambda n: 8 * n, lambda n: n << 40, lambda n: n << 20 | n % 4, lambda n: -n],
)
def test_ids_of_any_pattern_are_found_again(name: object) -> None:
    assert callable(name)
    numbers = [int(name(number)) for number in range(1, 3_001)]
    book = OrderBook(ANY_PRICE, 1)
    commands = limit_orders(BUY, [number % 50 for number in range(3_000)])
    commands["order"] = numbers
    book.process(commands)
    gone = [numbers[index] for index in np.random.default_rng(8).permutation(3_000)[:2_000]]
    events = book.process(cancels(gone))
    assert events["order"].tolist() == gone
    assert set(events["kind"].tolist()) == {CANCELLED}
    assert {order.order for order in book.orders()} == set(numbers) - set(gone)
    audit(book.snapshot())


@pytest.mark.parametrize("rows", [1, 3, None])
@pytest.mark.parametrize("quantity", [20_000, MOST])
def test_a_sweep_larger_than_the_event_buffer_loses_no_event(
    rows: int | None, quantity: int
) -> None:
    makers = 20_000
    arena, _ = batch.process(core.new_book(1, ANY_PRICE), limit_orders(SELL, list(range(makers))))
    sweep = market_order(0, BUY, quantity)
    buffer = core.new_buffer(rows) if rows else None
    arena, events = batch.process(arena, sweep, buffer)
    trades = events[events["kind"] == TRADE]
    assert trades["maker_order"].tolist() == list(range(1, makers + 1))
    rest = events[events["kind"] == CANCELLED]["quantity"].tolist()
    assert rest == ([quantity - makers] if quantity > makers else [])
    assert core.live_orders(arena) == 0


def test_a_single_command_may_sweep_more_than_the_doors_buffer_holds() -> None:
    book = OrderBook(ANY_PRICE, 1)
    book.process(limit_orders(SELL, list(range(5_000))))
    events = book.submit_market(0, 1, BUY, MOST)
    assert len(events) == 5_002
    assert len(book) == 0


def test_strided_and_read_only_batches_are_batches_too() -> None:
    commands = mixed_stream(2_000, seed=14)
    expected = OrderBook().process(commands)
    doubled = np.repeat(commands, 2)
    frozen = commands.copy()
    frozen.flags.writeable = False
    for other in (doubled[::2], frozen):
        assert np.array_equal(OrderBook().process(other), expected)
    dispatcher: Any = batch.run_commands
    assert len(dispatcher.signatures) == 1


def test_a_buffer_may_be_used_again() -> None:
    commands = mixed_stream(2_000, seed=15)
    buffer = core.new_buffer(6_000)
    _, first = batch.process(core.new_book(), commands, buffer)
    kept = first.copy()
    _, second = batch.process(core.new_book(), commands, buffer)
    assert np.shares_memory(second, buffer)
    assert np.array_equal(second, kept)


def test_growing_keeps_every_order_in_its_place() -> None:
    arena, _ = batch.process(core.new_book(1), mixed_stream(20_000, seed=12))
    bigger = core.grow(arena)
    assert len(bigger) > 1.9 * len(arena)
    assert np.array_equal(core.resting_orders(bigger), core.resting_orders(arena))
    audit(bigger)
    later = mixed_stream(20_000, seed=13)
    _, events = batch.process(arena, later)
    _, same = batch.process(bigger, later)
    assert np.array_equal(events, same)


def test_more_commands_need_more_room() -> None:
    arena = core.new_book(1)
    assert core.room_for_command(arena)
    assert core.room_for_commands(arena, 1)
    assert not core.room_for_commands(arena, 2)
    assert core.room_for_commands(core.grow(arena), 2)
