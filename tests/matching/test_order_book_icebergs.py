"""The friendly door: orders with terms of their own: post-only, icebergs, market orders by amount."""

import tracemalloc
from collections.abc import Iterator

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import (
    KEEP,
    CancelReason,
    OrderType,
    Reject,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from sim.matching.events import Accepted, Cancelled, Event, Rejected, Terms, Trade
from sim.matching.reading import Level, RestingOrder
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
BY_AMOUNT = OrderType.MARKET_BY_AMOUNT


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Asks 101 (orders 1 and 2, 5 lots each) and 103 (order 3, 4 lots); bid 99 (order 4, 6 lots)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, SELL, 101, 5)
    book.submit_limit(3, 13, SELL, 103, 4)
    book.submit_limit(4, 14, BUY, 99, 6)
    yield book
    audit(book.snapshot())


def fills(events: list[Event]) -> list[tuple[int, int, int]]:
    """Price, lots and maker of every trade."""
    return [
        (event.price, event.quantity, event.maker_order)
        for event in events
        if isinstance(event, Trade)
    ]


# -- post-only -------------------------------------------------------------------------------------


def test_a_post_only_order_that_does_not_cross_rests(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 100, 2, post_only=True) == [
        Accepted(5, 15, BUY, 100, 2, Terms(post_only=True))
    ]
    assert book.best_bid == 100


@pytest.mark.parametrize("price", [101, 104])
def test_a_post_only_order_that_would_trade_is_refused(book: OrderBook, price: int) -> None:
    before = book.state_hash()
    assert book.submit_limit(5, 15, BUY, price, 2, post_only=True) == [
        Rejected(5, 15, BUY, price, 2, Reject.POST_ONLY)
    ]
    assert book.state_hash() == before


# -- icebergs --------------------------------------------------------------------------------------


def test_an_iceberg_shows_its_peak_and_keeps_the_rest_back(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, SELL, 100, 10, peak=3) == [
        Accepted(5, 15, SELL, 100, 10, Terms(peak=3))
    ]
    assert book.depth().asks[0] == Level(100, 3, 1)
    assert book.available(SELL, 100) == 3
    assert book.resting_quantity(5) == 10
    assert book.orders()[1] == RestingOrder(SELL, 100, 5, 15, quantity=10, shown=3)


def test_a_slice_that_is_traded_away_comes_back_at_the_end_of_the_queue(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 100, 10, peak=3)
    book.submit_limit(6, 16, SELL, 100, 2)
    assert book.submit_market(7, 17, BUY, 4)[1:] == [
        Trade(7, 17, BUY, 100, 3, 5, 15, maker_remaining=7, in_auction=False),
        Trade(7, 17, BUY, 100, 1, 6, 16, maker_remaining=1, in_auction=False),
    ]
    assert book.orders()[1:3] == [
        RestingOrder(SELL, 100, 6, 16, quantity=1, shown=1),
        RestingOrder(SELL, 100, 5, 15, quantity=7, shown=3),
    ]


def test_a_slice_that_is_partly_traded_keeps_its_place_and_is_not_filled_up(
    book: OrderBook,
) -> None:
    book.submit_limit(5, 15, SELL, 100, 10, peak=3)
    book.submit_limit(6, 16, SELL, 100, 2)
    book.submit_market(7, 17, BUY, 2)
    assert book.orders()[1] == RestingOrder(SELL, 100, 5, 15, quantity=8, shown=1)


def test_one_order_may_trade_slice_after_slice(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 100, 10, peak=3)
    assert fills(book.submit_market(6, 16, BUY, 11)) == [
        (100, 3, 5),
        (100, 3, 5),
        (100, 3, 5),
        (100, 1, 5),
        (101, 1, 1),
    ]


def test_an_incoming_iceberg_trades_all_its_lots_before_it_hides_any(book: OrderBook) -> None:
    events = book.submit_limit(5, 15, BUY, 101, 13, peak=2)
    assert fills(events) == [(101, 5, 1), (101, 5, 2)]
    assert book.orders()[0] == RestingOrder(BUY, 101, 5, 15, quantity=3, shown=2)


def test_a_peak_as_large_as_the_order_shows_it_all(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 100, 3, peak=3)
    assert book.orders()[1] == RestingOrder(SELL, 100, 5, 15, quantity=3, shown=3)


@pytest.mark.parametrize("peak", [0, -1, -(2**63), 6])
def test_a_peak_that_is_not_positive_or_exceeds_the_order_is_refused(
    book: OrderBook, peak: int
) -> None:
    assert book.submit_limit(5, 15, SELL, 100, 5, peak=peak) == [
        Rejected(5, 15, SELL, 100, 5, Reject.BAD_PEAK)
    ]


def test_cancelling_an_iceberg_cancels_its_reserve(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 100, 10, peak=3)
    assert book.cancel(5) == [
        Cancelled(5, 15, SELL, 100, 10, CancelReason.REQUESTED, OrderType.LIMIT)
    ]
    assert book.best_ask == 101


def test_fill_or_kill_counts_on_reserves(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 100, 10, peak=3)
    assert len(book.submit_limit(6, 16, BUY, 100, 10, TimeInForce.FOK)) == 5


def test_icebergs_of_many_slices_take_no_room_before_they_trade(book: OrderBook) -> None:
    for order in range(5, 505):
        book.submit_limit(order, 15, SELL, 100, 10**6, peak=10**3)
    tracemalloc.start()
    try:
        book.set_clock(1)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 2**20


def test_an_iceberg_shows_itself_in_a_thousand_slices_at_most(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, SELL, 100, 2**63 - 1 - 14, peak=1) == [
        Rejected(5, 15, SELL, 100, 2**63 - 1 - 14, Reject.BAD_PEAK)
    ]
    assert isinstance(book.submit_limit(5, 15, SELL, 100, 1_000, peak=1)[0], Accepted)
    assert book.amend(5, quantity=1_001)[0] == Rejected(5, 0, 0, KEEP, 1_001, Reject.BAD_PEAK)
    assert len(book.submit_market(6, 16, BUY, 1_000)) == 1_001


# -- market orders by amount -----------------------------------------------------------------------


def test_an_amount_buys_whole_lots_and_what_is_too_little_for_one_more_is_given_back(
    book: OrderBook,
) -> None:
    assert book.submit_market_by_amount(5, 15, BUY, 1_000) == [
        Accepted(5, 15, BUY, 0, 1_000, Terms(BY_AMOUNT, TimeInForce.IOC)),
        Trade(5, 15, BUY, 101, 5, 1, 11, maker_remaining=0, in_auction=False),
        Trade(5, 15, BUY, 101, 4, 2, 12, maker_remaining=1, in_auction=False),
        Cancelled(5, 15, BUY, 0, 91, CancelReason.AMOUNT_SPENT, BY_AMOUNT),
    ]


def test_an_amount_that_is_spent_to_the_last_tick_leaves_nothing_to_cancel(
    book: OrderBook,
) -> None:
    events = book.submit_market_by_amount(5, 15, BUY, 505)
    assert [type(event) for event in events] == [Accepted, Trade]


def test_an_amount_that_outlasts_the_book_is_given_back_as_a_remainder(book: OrderBook) -> None:
    events = book.submit_market_by_amount(5, 15, BUY, 2_000)
    assert fills(events) == [(101, 5, 1), (101, 5, 2), (103, 4, 3)]
    assert events[-1] == Cancelled(5, 15, BUY, 0, 578, CancelReason.IOC_REMAINDER, BY_AMOUNT)


def test_an_amount_that_is_too_little_for_one_lot_buys_nothing(book: OrderBook) -> None:
    assert book.submit_market_by_amount(5, 15, BUY, 100)[1:] == [
        Cancelled(5, 15, BUY, 0, 100, CancelReason.AMOUNT_SPENT, BY_AMOUNT)
    ]


def test_an_amount_finds_no_liquidity_in_an_empty_book() -> None:
    assert OrderBook().submit_market_by_amount(5, 15, BUY, 100)[1:] == [
        Cancelled(5, 15, BUY, 0, 100, CancelReason.NO_LIQUIDITY, BY_AMOUNT)
    ]


def test_an_amount_to_be_sold_for_takes_the_bids(book: OrderBook) -> None:
    assert book.submit_market_by_amount(5, 15, SELL, 200)[1:] == [
        Trade(5, 15, SELL, 99, 2, 4, 14, maker_remaining=4, in_auction=False),
        Cancelled(5, 15, SELL, 0, 2, CancelReason.AMOUNT_SPENT, BY_AMOUNT),
    ]


def test_an_amount_buys_no_broken_lots() -> None:
    book = OrderBook(BookRules(lot=5))
    book.submit_limit(1, 11, SELL, 100, 20)
    events = book.submit_market_by_amount(2, 12, BUY, 1_700)
    assert fills(events) == [(100, 15, 1)]
    assert events[-1] == Cancelled(2, 12, BUY, 0, 200, CancelReason.AMOUNT_SPENT, BY_AMOUNT)


def test_an_amount_that_no_side_could_hold_is_none_too_large(book: OrderBook) -> None:
    left = 2**63 - 1 - 10 * 101 - 4 * 103
    assert book.submit_market_by_amount(5, 15, BUY, 2**63 - 1)[-1] == Cancelled(
        5, 15, BUY, 0, left, CancelReason.IOC_REMAINDER, BY_AMOUNT
    )


def test_an_amount_cannot_be_decremented(book: OrderBook) -> None:
    mode = SelfTradePrevention.DECREMENT
    assert book.submit_market_by_amount(5, 15, BUY, 500, self_trade_prevention=mode) == [
        Rejected(5, 15, BUY, 0, 500, Reject.BAD_COMBINATION)
    ]


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_that_is_not_positive_is_refused(book: OrderBook, amount: int) -> None:
    assert book.submit_market_by_amount(5, 15, BUY, amount) == [
        Rejected(5, 15, BUY, 0, amount, Reject.QUANTITY_NOT_POSITIVE)
    ]
