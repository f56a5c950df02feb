"""The friendly door: stop orders wait, are triggered in generations, and act."""

from collections.abc import Iterator

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import BreachAction, CancelReason, OrderType, Phase, Reject, Side
from sim.matching.codes import TimeInForce as Time
from sim.matching.events import (
    Accepted,
    Cancelled,
    Event,
    Rejected,
    SessionChanged,
    Terms,
    Trade,
    Triggered,
)
from sim.matching.reading import RestingOrder, WaitingStop
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
STOP, STOP_LIMIT = OrderType.STOP, OrderType.STOP_LIMIT


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Asks 101 (order 1, 5 lots) and 103 (order 3, 4 lots); bid 99 (order 4, 6 lots)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(3, 13, SELL, 103, 4)
    book.submit_limit(4, 14, BUY, 99, 6)
    yield book
    audit(book.snapshot())


def triggered(events: list[Event]) -> list[int]:
    return [event.order for event in events if isinstance(event, Triggered)]


# -- waiting ---------------------------------------------------------------------------------------


def test_a_stop_order_waits_outside_the_book(book: OrderBook) -> None:
    assert book.submit_stop(5, 15, BUY, 103, 2) == [
        Accepted(5, 15, BUY, 0, 2, Terms(STOP, stop_price=103))
    ]
    assert book.waiting_stops() == [
        WaitingStop(BUY, 103, 0, 5, 15, 2, STOP, Time.GTC, expires=0),
    ]
    assert (book.resting_quantity(5), book.best_bid, len(book)) == (0, 99, 3)


def test_a_stop_limit_order_keeps_its_limit_while_it_waits(book: OrderBook) -> None:
    assert book.submit_stop(5, 15, SELL, 95, 2, Time.GTD, price=94, expires=7) == [
        Accepted(5, 15, SELL, 94, 2, Terms(STOP_LIMIT, Time.GTD, stop_price=95, expires=7))
    ]
    assert book.waiting_stops() == [WaitingStop(SELL, 95, 94, 5, 15, 2, STOP_LIMIT, Time.GTD, 7)]


def test_waiting_stops_are_told_sells_first_and_the_next_to_be_reached_first() -> None:
    book = OrderBook()
    waiting = [(1, BUY, 120), (2, SELL, 80), (3, BUY, 110), (4, SELL, 90), (5, SELL, 90)]
    for order, side, stop_price in waiting:
        book.submit_stop(order, 9, side, stop_price, 1)
    assert [stop.order for stop in book.waiting_stops()] == [4, 5, 2, 3, 1]


def test_without_a_trade_no_stop_is_triggered() -> None:
    book = OrderBook()
    assert len(book.submit_stop(1, 9, SELL, 1_000, 1)) == 1
    assert len(book.submit_stop(2, 9, BUY, 1, 1)) == 1


def test_the_id_of_a_waiting_stop_is_taken(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 103, 2)
    assert book.submit_limit(5, 15, BUY, 90, 1) == [
        Rejected(5, 15, BUY, 90, 1, Reject.DUPLICATE_ORDER)
    ]


@pytest.mark.parametrize(("price", "order_type"), [(None, STOP), (104, STOP_LIMIT)])
def test_a_waiting_stop_can_be_cancelled(
    book: OrderBook, price: int | None, order_type: OrderType
) -> None:
    book.submit_stop(5, 15, BUY, 103, 2, price=price)
    assert book.cancel(5) == [
        Cancelled(5, 15, BUY, price or 0, 2, CancelReason.REQUESTED, order_type)
    ]
    assert book.waiting_stops() == []


def test_a_post_only_stop_without_a_limit_is_refused(book: OrderBook) -> None:
    assert book.submit_stop(5, 15, BUY, 103, 2, post_only=True) == [
        Rejected(5, 15, BUY, 0, 2, Reject.BAD_COMBINATION)
    ]


@pytest.mark.parametrize("stop_price", [0, -1])
def test_a_stop_price_that_is_not_positive_is_refused(book: OrderBook, stop_price: int) -> None:
    assert book.submit_stop(5, 15, BUY, stop_price, 2) == [
        Rejected(5, 15, BUY, 0, 2, Reject.PRICE_NOT_POSITIVE)
    ]


# -- acting ----------------------------------------------------------------------------------------


def test_a_buy_stop_is_triggered_by_a_trade_at_its_price_and_acts_as_a_market_order(
    book: OrderBook,
) -> None:
    book.submit_stop(5, 15, BUY, 101, 8)
    assert book.submit_market(6, 16, BUY, 1) == [
        Accepted(6, 16, BUY, 0, 1, Terms(OrderType.MARKET, Time.IOC)),
        Trade(6, 16, BUY, 101, 1, 1, 11, maker_remaining=4, in_auction=False),
        Triggered(5, 15, BUY, 0, 8, Terms(STOP, stop_price=101)),
        Trade(5, 15, BUY, 101, 4, 1, 11, maker_remaining=0, in_auction=False),
        Trade(5, 15, BUY, 103, 4, 3, 13, maker_remaining=0, in_auction=False),
    ]


def test_a_buy_stop_above_the_last_price_goes_on_waiting(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 102, 2)
    assert len(book.submit_market(6, 16, BUY, 1)) == 2
    assert triggered(book.submit_market(7, 16, BUY, 5)) == [5]


@pytest.mark.parametrize(("stop_price", "acts"), [(98, []), (99, [5]), (100, [5])])
def test_a_sell_stop_is_triggered_by_a_trade_at_its_price_or_below(
    book: OrderBook, stop_price: int, acts: list[int]
) -> None:
    book.submit_stop(5, 15, SELL, stop_price, 2)
    assert triggered(book.submit_market(6, 16, SELL, 1)) == acts


def test_a_stop_that_comes_too_late_acts_at_once(book: OrderBook) -> None:
    book.submit_market(6, 16, BUY, 1)
    assert book.submit_stop(5, 15, BUY, 100, 1) == [
        Accepted(5, 15, BUY, 0, 1, Terms(STOP, stop_price=100)),
        Triggered(5, 15, BUY, 0, 1, Terms(STOP, stop_price=100)),
        Trade(5, 15, BUY, 101, 1, 1, 11, maker_remaining=3, in_auction=False),
    ]


def test_what_a_triggered_stop_finds_no_counterparty_for_is_cancelled(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 101, 20)
    assert book.submit_market(6, 16, BUY, 1)[-1] == Cancelled(
        5, 15, BUY, 0, 12, CancelReason.IOC_REMAINDER, STOP
    )


def test_a_triggered_stop_limit_order_rests_at_its_limit_and_remembers_what_it_was(
    book: OrderBook,
) -> None:
    book.submit_stop(5, 15, BUY, 101, 6, price=102)
    assert book.submit_market(6, 16, BUY, 1)[2:] == [
        Triggered(5, 15, BUY, 102, 6, Terms(STOP_LIMIT, stop_price=101)),
        Trade(5, 15, BUY, 101, 4, 1, 11, maker_remaining=0, in_auction=False),
    ]
    assert book.orders()[0] == RestingOrder(BUY, 102, 5, 15, quantity=2, shown=2)
    assert book.cancel(5)[0] == Cancelled(5, 15, BUY, 102, 2, CancelReason.REQUESTED, STOP_LIMIT)


def test_an_immediate_stop_limit_order_does_not_rest(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 101, 6, Time.IOC, price=102)
    assert book.submit_market(6, 16, BUY, 1)[-1] == Cancelled(
        5, 15, BUY, 102, 2, CancelReason.IOC_REMAINDER, STOP_LIMIT
    )


def test_a_fill_or_kill_stop_that_cannot_be_filled_is_cancelled_whole(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 101, 9, Time.FOK)
    assert book.submit_market(6, 16, BUY, 1)[2:] == [
        Triggered(5, 15, BUY, 0, 9, Terms(STOP, Time.FOK, stop_price=101)),
        Cancelled(5, 15, BUY, 0, 9, CancelReason.FOK_UNFILLABLE, STOP),
    ]


def test_a_post_only_stop_limit_order_that_would_trade_is_cancelled(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 101, 2, price=101, post_only=True)
    assert book.submit_market(6, 16, BUY, 1)[-1] == Cancelled(
        5, 15, BUY, 101, 2, CancelReason.POST_ONLY, STOP_LIMIT
    )


def test_a_triggered_order_stands_behind_those_that_came_to_its_price_while_it_waited(
    book: OrderBook,
) -> None:
    book.submit_stop(5, 15, SELL, 101, 2, price=103)
    book.submit_limit(7, 17, SELL, 103, 1)
    book.submit_market(6, 16, BUY, 1)
    assert [order.order for order in book.orders() if order.price == 103] == [3, 7, 5]


# -- generations -----------------------------------------------------------------------------------


def test_stops_of_one_generation_act_in_order_of_arrival_whatever_their_prices() -> None:
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 110, 50)
    for order, stop_price in ((2, 104), (3, 109), (4, 101), (5, 104)):
        book.submit_stop(order, 12, BUY, stop_price, 1)
    assert triggered(book.submit_market(6, 13, BUY, 1)) == [2, 3, 4, 5]


def test_stops_that_a_stop_sets_off_act_after_all_of_its_generation() -> None:
    book = OrderBook()
    for order, price in ((1, 101), (2, 102), (3, 103), (4, 104), (5, 105)):
        book.submit_limit(order, 11, SELL, price, 1)
    for order, stop_price in ((6, 101), (7, 102), (8, 101), (9, 103)):
        book.submit_stop(order, 12, BUY, stop_price, 1)
    # Order 6 trades at 102 and so reaches order 7; but order 8 was reached with order 6, at 101.
    events = book.submit_market(10, 13, BUY, 1)
    assert triggered(events) == [6, 8, 7, 9]
    prices = [event.price for event in events if isinstance(event, Trade)]
    assert prices == [101, 102, 103, 104, 105]
    audit(book.snapshot())


def test_a_stop_acts_once(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 101, 1)
    assert triggered(book.submit_market(6, 16, BUY, 1)) == [5]
    assert triggered(book.submit_market(7, 16, BUY, 1)) == []


def test_a_long_cascade_makes_room_as_it_goes() -> None:
    book = OrderBook(order_capacity=1)
    for price in range(1, 3_001):
        book.submit_limit(price, 11, SELL, price, 1)
        book.submit_stop(10_000 + price, 12, BUY, price, 1)
    # Each trade reaches the next stop, which buys at the next price.
    events = book.submit_market(20_000, 13, BUY, 1)
    assert triggered(events) == list(range(10_001, 13_001))
    assert len(book) == len(book.waiting_stops()) == 0
    audit(book.snapshot())


def test_stops_wait_through_a_halt_and_act_when_trading_goes_on(book: OrderBook) -> None:
    book.submit_market(6, 16, BUY, 1)
    book.set_phase(Phase.AUCTION)
    assert len(book.submit_stop(5, 15, BUY, 100, 1)) == 1
    assert book.set_phase(Phase.CONTINUOUS) == [
        SessionChanged(Phase.CONTINUOUS, breach=False),
        Triggered(5, 15, BUY, 0, 1, Terms(STOP, stop_price=100)),
        Trade(5, 15, BUY, 101, 1, 1, 11, maker_remaining=3, in_auction=False),
    ]


def test_a_breach_sends_the_stops_that_have_not_acted_back_to_wait_as_they_were() -> None:
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 100, 1)
    book.submit_limit(2, 11, SELL, 105, 5)
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.HALT)
    book.submit_stop(3, 12, BUY, 100, 1)
    book.submit_stop(4, 13, BUY, 99, 1)
    waiting = book.waiting_stops()
    assert book.submit_market(5, 14, BUY, 1)[2:] == [
        Triggered(3, 12, BUY, 0, 1, Terms(STOP, stop_price=100)),
        Cancelled(3, 12, BUY, 0, 1, CancelReason.PRICE_BAND, STOP),
        SessionChanged(Phase.HALTED, breach=True),
    ]
    assert book.waiting_stops() == [stop for stop in waiting if stop.order == 4]
    assert triggered(book.set_phase(Phase.CONTINUOUS)) == [4]
    audit(book.snapshot())
