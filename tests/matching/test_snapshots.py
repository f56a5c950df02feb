"""Snapshots of a large book, and what the state hash tells apart and what it does not."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import BreachAction, Phase, Side, TimeInForce
from sim.matching.codes import SelfTradePrevention as Prevention
from sim.matching.layout import COMMAND
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit
from tests.matching.streams import full_stream

BUY, SELL, GTD = Side.BUY, Side.SELL, TimeInForce.GTD
Steps = Callable[[OrderBook], object]


def hash_after(*steps: Steps, rules: BookRules | None = None, capacity: int = 1024) -> str:
    """State hash of a new book after these steps, which is audited too."""
    book = OrderBook(rules, order_capacity=capacity)
    for step in steps:
        step(book)
    audit(book.snapshot())
    return book.state_hash()


def limit(order: int, side: Side, price: int, quantity: int = 5, **terms: Any) -> Steps:
    account = terms.pop("account", 7)
    return lambda book: book.submit_limit(order, account, side, price, quantity, **terms)


def stop(order: int, stop_price: int, quantity: int = 5, **terms: Any) -> Steps:
    return lambda book: book.submit_stop(order, 7, BUY, stop_price, quantity, **terms)


def call(method: str, *arguments: int, **named: int) -> Steps:
    return lambda book: getattr(book, method)(*arguments, **named)


def cancel(order: int) -> Steps:
    return call("cancel", order)


# -- a large book ----------------------------------------------------------------------------------


def test_a_book_of_a_million_orders_is_frozen_and_thawed() -> None:
    count = 1_000_000
    draw = np.random.default_rng(7)
    orders = np.zeros(count, COMMAND)
    orders["order"] = draw.permutation(count)
    orders["account"] = draw.integers(1, 1_000, count)
    orders["side"] = draw.integers(0, 2, count)
    orders["price"] = 1_000_000 + np.where(orders["side"] == 0, -1, 1) * draw.geometric(1e-3, count)
    orders["quantity"] = draw.integers(1, 100, count)
    orders["peak"] = np.where(draw.random(count) < 0.05, 1, 0)
    book = OrderBook()
    book.process(orders)
    assert len(book) == count

    seconds = [perf_counter()]
    snapshot = book.snapshot()
    seconds.append(perf_counter())
    twin = OrderBook()
    twin.restore(snapshot)
    seconds.append(perf_counter())
    before = book.state_hash()
    seconds.append(perf_counter())
    took = [f"{1000 * step:.0f} ms" for step in np.diff(seconds)]
    size = f"{snapshot.nbytes / count:.0f} bytes an order"
    print(f"\n1 M orders, {size}: snapshot {took[0]}, restore {took[1]}, hash {took[2]}")  # noqa: T201  # for whoever asks with -s

    assert twin.state_hash() == before
    sweep = np.zeros(2, COMMAND)
    sweep["order"], sweep["order_type"], sweep["side"] = (-1, -2), 1, (0, 1)
    sweep["quantity"] = 5_000_000
    assert np.array_equal(twin.process(sweep), book.process(sweep))
    assert twin.state_hash() == book.state_hash() != before


# -- what it forgets -------------------------------------------------------------------------------


@pytest.mark.parametrize("capacity", [1, 5_000])
def test_the_hash_forgets_orders_that_have_left(capacity: int) -> None:
    passing = [limit(order, SELL, order) for order in range(100, 200)]
    leaving = [cancel(order) for order in range(100, 200)]
    stays = limit(1, BUY, 100)
    assert hash_after(*passing, *leaving, stays, capacity=capacity) == hash_after(stays)


def test_the_hash_forgets_how_a_queue_came_to_its_order() -> None:
    first, second = limit(1, BUY, 100), limit(2, BUY, 100)
    assert hash_after(second, first, cancel(2), second) == hash_after(first, second)


def test_the_hash_forgets_that_an_order_was_amended() -> None:
    moved = (limit(1, BUY, 90, 2), limit(2, BUY, 99), call("amend", 1, price=100, quantity=5))
    assert hash_after(*moved) == hash_after(limit(2, BUY, 99), limit(1, BUY, 100, 5))
    smaller = (limit(1, BUY, 100, 9), call("amend", 1, quantity=5))
    assert hash_after(*smaller) == hash_after(limit(1, BUY, 100, 5))


def test_the_hash_forgets_in_how_many_trades_an_order_was_filled() -> None:
    asks = [limit(1, SELL, 100, 3, account=1), limit(2, SELL, 100, 3, account=2)]
    at_once = limit(9, BUY, 100, 4)
    by_two = (limit(8, BUY, 100, 3), limit(9, BUY, 100, 1))
    assert hash_after(*asks, at_once) == hash_after(*asks, *by_two)


def test_the_hash_forgets_slices_that_have_been_shown() -> None:
    iceberg = limit(1, SELL, 100, 10, peak=2)
    four_at_once = (iceberg, limit(2, BUY, 100, 4))
    two_by_two = (iceberg, limit(2, BUY, 100, 2), limit(3, BUY, 100, 2))
    assert hash_after(*four_at_once) == hash_after(*two_by_two)


def test_the_hash_forgets_a_phase_and_bands_that_are_over() -> None:
    assert (
        hash_after(
            call("set_phase", Phase.HALTED),
            call("set_bands", 1, 2, 3, BreachAction.HALT),
            call("set_bands"),
            call("set_phase", Phase.CONTINUOUS),
        )
        == hash_after()
    )


def test_the_hash_forgets_that_a_stop_was_called_to_act_and_sent_back_to_wait() -> None:
    asks = (limit(1, SELL, 100, 1), limit(2, SELL, 109, 1))
    breaching = call("set_bands", dynamic_ticks=1, on_breach=BreachAction.HALT)
    halt, buy = call("set_phase", Phase.HALTED), limit(9, BUY, 100, 1)
    breached = (*asks, breaching, stop(3, 100), stop(4, 100), buy, call("set_bands"))
    # Stop 3 has breached the band, stop 4 has not acted; here it comes too late to act at all.
    waited = (*asks, buy, call("set_phase", Phase.AUCTION), stop(4, 100), halt)
    assert hash_after(*breached) == hash_after(*waited)


def test_the_hash_forgets_by_which_door_the_commands_came() -> None:
    stream = full_stream(3_000, 11)
    whole, single = OrderBook(), OrderBook(order_capacity=1)
    events = whole.process(stream)
    for row in range(len(stream)):
        single.process(stream[row : row + 1])
    assert single.state_hash() == whole.state_hash()
    assert OrderBook.replay(events).state_hash() == whole.state_hash()


def test_questions_do_not_change_the_hash() -> None:
    book = OrderBook()
    book.process(full_stream(3_000, 12))
    before = book.state_hash()
    book.depth(), book.orders(), book.waiting_stops(), book.indicative(), book.snapshot()
    book.available(BUY, 10_000), book.resting_quantity(5)
    assert book.state_hash() == before


# -- what it tells apart ---------------------------------------------------------------------------


_DIFFERENCES: dict[str, tuple[tuple[Steps, ...], tuple[Steps, ...]]] = {
    "queue": (
        (limit(1, BUY, 100), limit(2, BUY, 100)),
        (limit(2, BUY, 100), limit(1, BUY, 100)),
    ),
    "arrival across sides": (
        (limit(1, BUY, 99), limit(2, SELL, 101)),
        (limit(2, SELL, 101), limit(1, BUY, 99)),
    ),
    "arrival across prices": (
        (limit(1, BUY, 99), limit(2, BUY, 98)),
        (limit(2, BUY, 98), limit(1, BUY, 99)),
    ),
    "arrival of a stop": (
        (limit(1, BUY, 99), stop(2, 120)),
        (stop(2, 120), limit(1, BUY, 99)),
    ),
    "arrival of an iceberg that has fallen back": (
        (limit(1, SELL, 99, 6, peak=2), limit(2, SELL, 99), limit(3, BUY, 99, 2)),
        (
            *(limit(1, SELL, 99, 5, peak=2), limit(3, BUY, 99, 2)),
            *(limit(2, SELL, 99), call("amend", 1, quantity=6)),
        ),
    ),
    "order": ((limit(1, BUY, 99),), (limit(2, BUY, 99),)),
    "account": ((limit(1, BUY, 99),), (limit(1, BUY, 99, account=8),)),
    "side": ((limit(1, BUY, 99),), (limit(1, SELL, 99),)),
    "price": ((limit(1, BUY, 99),), (limit(1, BUY, 98),)),
    "quantity": ((limit(1, BUY, 99),), (limit(1, BUY, 99, 6),)),
    "time in force": ((limit(1, BUY, 99),), (limit(1, BUY, 99, time_in_force=GTD, expires=9),)),
    "expiry": (
        (limit(1, BUY, 99, time_in_force=GTD, expires=8),),
        (limit(1, BUY, 99, time_in_force=GTD, expires=9),),
    ),
    "post-only": ((limit(1, BUY, 99),), (limit(1, BUY, 99, post_only=True),)),
    "prevention": (
        (limit(1, BUY, 99),),
        (limit(1, BUY, 99, self_trade_prevention=Prevention.CANCEL_BOTH),),
    ),
    "peak of an iceberg": (
        (limit(1, BUY, 99, peak=2),),
        (limit(1, BUY, 99, peak=3),),
    ),
    "a peak that hides nothing": ((limit(1, BUY, 99),), (limit(1, BUY, 99, peak=5),)),
    "lots shown": (
        (limit(1, SELL, 99, 6, peak=3), limit(2, BUY, 99, 1)),
        (limit(1, SELL, 99, 5, peak=3), limit(2, BUY, 99, 1), call("amend", 1, quantity=6)),
    ),
    "what has traded": (
        (limit(1, SELL, 99, 6), limit(2, BUY, 99, 1)),
        (limit(3, SELL, 99, 1), limit(2, BUY, 99, 1), limit(1, SELL, 99, 5)),
    ),
    "a stop": ((), (stop(1, 120),)),
    "stop price": ((stop(1, 120),), (stop(1, 121),)),
    "lots of a stop": ((stop(1, 120),), (stop(1, 120, 6),)),
    "a stop's limit": ((stop(1, 120, price=120),), (stop(1, 120, price=121),)),
    "that a stop has a limit": ((stop(1, 120),), (stop(1, 120, price=120),)),
    "a stop's time in force": ((stop(1, 120),), (stop(1, 120, time_in_force=TimeInForce.FOK),)),
    "a stop's expiry": (
        (stop(1, 120, time_in_force=GTD, expires=8),),
        (stop(1, 120, time_in_force=GTD, expires=9),),
    ),
    "queue of a stop price": (
        (stop(1, 120), stop(2, 120)),
        (stop(2, 120), stop(1, 120)),
    ),
    "lowest price": ((), (call("set_bands", low=1),)),
    "highest price": ((), (call("set_bands", high=1),)),
    "dynamic band": ((), (call("set_bands", dynamic_ticks=1),)),
    "action on a breach": ((), (call("set_bands", on_breach=BreachAction.HALT),)),
    "clock": ((), (call("set_clock", 0),)),
    "clock again": ((call("set_clock", 1),), (call("set_clock", 0),)),
    "phase": ((), (call("set_phase", Phase.HALTED),)),
    "phase again": (
        (call("set_phase", Phase.AUCTION),),
        (call("set_phase", Phase.HALTED),),
    ),
    "that there was a trade": ((), (limit(1, BUY, 99), limit(2, SELL, 99))),
    "last price": (
        (limit(1, BUY, 99), limit(2, SELL, 99)),
        (limit(1, BUY, 98), limit(2, SELL, 98)),
    ),
}


@pytest.mark.parametrize("field", _DIFFERENCES)
def test_the_hash_tells_two_books_apart_by(field: str) -> None:
    one, other = _DIFFERENCES[field]
    assert hash_after(*one) != hash_after(*other)


@pytest.mark.parametrize(
    "rules",
    [
        {"tick": 2},
        {"lot": 2},
        {"min_quantity": 2},
        {"max_quantity": 10},
        {"collar_ticks": 0},
        {"unique_ids": True},
        {"nonpositive_prices": True},
        {"market_pressure": False},
    ],
    ids=lambda rules: next(iter(rules)),
)
def test_the_hash_tells_rules_apart(rules: dict[str, Any]) -> None:
    assert hash_after(rules=BookRules(**rules)) != hash_after()


def test_a_collar_of_zero_is_not_none() -> None:
    assert hash_after(rules=BookRules(collar_ticks=0)) != hash_after(
        rules=BookRules(collar_ticks=1)
    )


def test_the_hash_knows_the_ids_that_are_gone_where_ids_are_unique() -> None:
    rules = BookRules(unique_ids=True)
    gone = (limit(1, BUY, 99), cancel(1))
    assert hash_after(*gone, rules=rules) != hash_after(rules=rules)
    assert hash_after(*gone) == hash_after()


def test_the_hash_tells_a_price_of_zero_from_none() -> None:
    rules = BookRules(nonpositive_prices=True)
    traded = (limit(1, BUY, 0), limit(2, SELL, 0))
    assert hash_after(*traded, rules=rules) != hash_after(rules=rules)
