"""The friendly door: what each command does, told in events."""

import doctest
from typing import Any

import numpy as np
import pytest

from sim.matching import book as book_module
from sim.matching.book import CommandError, Depth, Level, OrderBook, RestingOrder, SnapshotError
from sim.matching.codes import CancelReason, Reject, Side, TimeInForce
from sim.matching.events import Accepted, Cancelled, Rejected, Trade
from sim.matching.layout import COMMAND

BUY, SELL, IOC = Side.BUY, Side.SELL, TimeInForce.IOC


@pytest.fixture
def book() -> OrderBook:
    """Asks 101 (orders 1 and 2, 5 lots each) and 103 (order 3, 4 lots); bid 99 (order 4, 6 lots)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, SELL, 101, 5)
    book.submit_limit(3, 13, SELL, 103, 4)
    book.submit_limit(4, 14, BUY, 99, 6)
    return book


def test_an_order_that_meets_no_counterparty_rests(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 100, 2) == [Accepted(5, 15, BUY, 100, 2)]
    assert book.best_bid == 100
    assert book.resting_quantity(5) == 2


def test_an_incoming_order_trades_at_the_resting_price_oldest_first_then_rests(
    book: OrderBook,
) -> None:
    assert book.submit_limit(5, 15, BUY, 102, 12) == [
        Accepted(5, 15, BUY, 102, 12),
        Trade(5, 15, BUY, 101, 5, 1, 11, taker_remaining=7, maker_remaining=0),
        Trade(5, 15, BUY, 101, 5, 2, 12, taker_remaining=2, maker_remaining=0),
    ]
    assert book.depth() == Depth((Level(102, 2, 1), Level(99, 6, 1)), (Level(103, 4, 1),))


def test_a_partly_filled_order_keeps_its_place_in_the_queue(book: OrderBook) -> None:
    book.submit_market(5, 15, BUY, 3)
    assert book.submit_market(6, 16, BUY, 4)[1:] == [
        Trade(6, 16, BUY, 101, 2, 1, 11, taker_remaining=2, maker_remaining=0),
        Trade(6, 16, BUY, 101, 2, 2, 12, taker_remaining=0, maker_remaining=3),
    ]


def test_an_ioc_remainder_is_cancelled_and_never_rests(book: OrderBook) -> None:
    events = book.submit_limit(5, 15, BUY, 101, 12, IOC)
    assert events[-1] == Cancelled(5, 15, BUY, 101, 2, CancelReason.IOC_REMAINDER)
    assert book.resting_quantity(5) == 0


def test_an_ioc_order_that_does_not_cross_finds_no_liquidity(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 100, 2, IOC) == [
        Accepted(5, 15, BUY, 100, 2),
        Cancelled(5, 15, BUY, 100, 2, CancelReason.NO_LIQUIDITY),
    ]


def test_a_market_order_walks_the_book_and_what_is_left_is_cancelled(book: OrderBook) -> None:
    events = book.submit_market(5, 15, BUY, 20)
    assert [(event.price, event.quantity) for event in events if isinstance(event, Trade)] == [
        (101, 5),
        (101, 5),
        (103, 4),
    ]
    assert events[-1] == Cancelled(5, 15, BUY, 0, 6, CancelReason.IOC_REMAINDER)
    assert book.best_ask is None


def test_a_market_order_into_an_empty_side_finds_no_liquidity() -> None:
    assert OrderBook().submit_market(1, 2, SELL, 3) == [
        Accepted(1, 2, SELL, 0, 3),
        Cancelled(1, 2, SELL, 0, 3, CancelReason.NO_LIQUIDITY),
    ]


def test_cancelling_takes_the_order_out_and_leaves_its_neighbours(book: OrderBook) -> None:
    assert book.cancel(1) == [Cancelled(1, 11, SELL, 101, 5, CancelReason.REQUESTED)]
    assert book.orders() == [
        RestingOrder(BUY, 99, 4, 14, 6),
        RestingOrder(SELL, 101, 2, 12, 5),
        RestingOrder(SELL, 103, 3, 13, 4),
    ]


def test_an_id_may_be_used_again_once_its_order_is_gone(book: OrderBook) -> None:
    book.cancel(1)
    assert book.submit_limit(1, 11, SELL, 101, 5) == [Accepted(1, 11, SELL, 101, 5)]
    assert [order.order for order in book.orders() if order.price == 101] == [2, 1]


@pytest.mark.parametrize(
    ("side", "quantity", "time_in_force", "reason"),
    [
        (2, 5, 0, Reject.UNKNOWN_SIDE),
        (-1, 5, 0, Reject.UNKNOWN_SIDE),
        (0, 5, 9, Reject.UNKNOWN_TIME_IN_FORCE),
        (0, 0, 0, Reject.QUANTITY_NOT_POSITIVE),
        (0, -5, 0, Reject.QUANTITY_NOT_POSITIVE),
        (0, 2**63 - 1, 0, Reject.QUANTITY_TOO_LARGE),
    ],
)
def test_a_refused_order_says_why_and_changes_nothing(
    book: OrderBook, side: int, quantity: int, time_in_force: int, reason: Reject
) -> None:
    before = book.state_hash()
    assert book.submit_limit(5, 15, side, 90, quantity, time_in_force) == [
        Rejected(5, 15, side, 90, quantity, reason)
    ]
    assert book.state_hash() == before


def test_a_second_order_of_a_live_id_is_refused(book: OrderBook) -> None:
    before = book.state_hash()
    assert book.submit_market(3, 15, BUY, 1) == [Rejected(3, 15, BUY, 0, 1, Reject.DUPLICATE_ORDER)]
    assert book.state_hash() == before


@pytest.mark.parametrize("order", [99, 0, -(2**63)])
def test_cancelling_an_unknown_order_is_refused(book: OrderBook, order: int) -> None:
    assert book.cancel(order) == [Rejected(order, 0, 0, 0, 0, Reject.UNKNOWN_ORDER)]


def test_a_filled_order_can_no_longer_be_cancelled(book: OrderBook) -> None:
    book.submit_market(5, 15, BUY, 5)
    assert book.cancel(1) == [Rejected(1, 0, 0, 0, 0, Reject.UNKNOWN_ORDER)]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ((1.5, 1, 0, 1, 1), "order is 1.5; expected an integer of 64 bits"),
        ((1, 1, 0, 2**63, 1), "price is 9223372036854775808; expected"),
        ((1, 1, 0, 1, "5"), "quantity is '5'; expected"),
    ],
)
def test_what_is_no_64_bit_integer_is_no_command(
    book: OrderBook, command: tuple[int, int, int, int, int], message: str
) -> None:
    before = book.state_hash()
    with pytest.raises(CommandError, match=message):
        book.submit_limit(*command)
    assert book.state_hash() == before


def test_numpy_integers_and_enumerations_are_integers(book: OrderBook) -> None:
    words: tuple[Any, ...] = (np.int32(5), np.uint8(15), Side.BUY, np.int64(100), np.int16(2))
    events = book.submit_limit(*words)
    assert events == [Accepted(5, 15, BUY, 100, 2)]


def test_the_hash_tells_two_queue_orders_apart() -> None:
    first, second = OrderBook(), OrderBook()
    for book, order in ((first, (1, 2)), (second, (2, 1))):
        for name in order:
            book.submit_limit(name, 7, BUY, 100, 5)
    assert first.depth() == second.depth()
    assert first.state_hash() != second.state_hash()


def test_the_hash_forgets_how_the_book_came_to_be() -> None:
    short, long = OrderBook(1), OrderBook(5_000)
    for number in range(100, 200):
        long.submit_limit(number, 7, SELL, number, 1)
    for number in range(100, 200):
        long.cancel(number)
    for book in (short, long):
        book.submit_limit(1, 7, BUY, 100, 5)
    assert short.state_hash() == long.state_hash()


def test_several_books_know_nothing_of_each_other(book: OrderBook) -> None:
    other = OrderBook()
    before = book.state_hash()
    other.submit_limit(1, 7, BUY, 101, 50)
    assert book.state_hash() == before
    assert other.orders() == [RestingOrder(BUY, 101, 1, 7, 50)]


def test_depth_shows_as_many_levels_as_asked(book: OrderBook) -> None:
    assert book.depth(1) == Depth((Level(99, 6, 1),), (Level(101, 10, 2),))
    assert book.depth(0) == Depth((), ())


def test_available_counts_lots_at_the_limit_or_better(book: OrderBook) -> None:
    assert [book.available(SELL, price) for price in (100, 101, 102, 103)] == [0, 10, 10, 14]
    assert [book.available(BUY, price) for price in (98, 99, 100)] == [6, 6, 0]


@pytest.mark.parametrize(
    ("snapshot", "message"),
    [
        (np.zeros(500, np.int64), "has layout 0x0; expected"),
        (np.zeros(500), "this has dtype float64 and shape"),
        (np.zeros(3, np.int64), "shape \\(3,\\)"),
        (OrderBook().snapshot()[:-1], "words; its header says"),
    ],
)
def test_what_is_no_snapshot_is_not_restored(
    book: OrderBook, snapshot: np.ndarray, message: str
) -> None:
    before = book.state_hash()
    with pytest.raises(SnapshotError, match=message):
        book.restore(snapshot)
    assert book.state_hash() == before


def test_a_snapshot_outlives_the_book_it_was_taken_from(book: OrderBook) -> None:
    snapshot, before = book.snapshot(), book.state_hash()
    book.submit_market(5, 15, BUY, 20)
    book.restore(snapshot)
    assert book.state_hash() == before


def test_a_batch_of_another_type_is_refused(book: OrderBook) -> None:
    with pytest.raises(TypeError, match="2-dimensional of dtype int64; expected one dimension"):
        book.process(np.zeros((4, 8), np.int64))


def test_an_empty_batch_does_nothing(book: OrderBook) -> None:
    before = book.state_hash()
    assert len(book.process(np.zeros(0, COMMAND))) == 0
    assert book.state_hash() == before


@pytest.mark.parametrize("capacity", [0, -5])
def test_a_book_without_room_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"order_capacity is {capacity}; expected at least 1"):
        OrderBook(capacity)


def test_the_examples_of_the_documentation_are_true() -> None:
    result = doctest.testmod(book_module)
    assert result.attempted > 0
    assert result.failed == 0
