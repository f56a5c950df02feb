"""The friendly door: plain orders, what the book shows of them, and what it refuses."""

import doctest
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim.matching import book as book_module
from sim.matching.book import OrderBook
from sim.matching.codes import CancelReason, OrderType, Phase, Reject, Side, TimeInForce
from sim.matching.events import Accepted, Cancelled, Rejected, Terms, Trade
from sim.matching.reading import Depth, Level, RestingOrder
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, FOK, GTD = TimeInForce
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
LEAST, MOST = -(2**63), 2**63 - 1


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


# -- trading ---------------------------------------------------------------------------------------


def test_an_order_that_meets_no_counterparty_rests(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 100, 2) == [Accepted(5, 15, BUY, 100, 2, Terms())]
    assert book.best_bid == 100
    assert book.resting_quantity(5) == 2


def test_an_incoming_order_trades_at_the_resting_price_oldest_first_then_rests(
    book: OrderBook,
) -> None:
    assert book.submit_limit(5, 15, BUY, 102, 12) == [
        Accepted(5, 15, BUY, 102, 12, Terms()),
        Trade(5, 15, BUY, 101, 5, 1, 11, maker_remaining=0, in_auction=False),
        Trade(5, 15, BUY, 101, 5, 2, 12, maker_remaining=0, in_auction=False),
    ]
    assert book.depth() == Depth((Level(102, 2, 1), Level(99, 6, 1)), (Level(103, 4, 1),))


def test_a_partly_filled_order_keeps_its_place_in_the_queue(book: OrderBook) -> None:
    book.submit_market(5, 15, BUY, 3)
    assert book.submit_market(6, 16, BUY, 4)[1:] == [
        Trade(6, 16, BUY, 101, 2, 1, 11, maker_remaining=0, in_auction=False),
        Trade(6, 16, BUY, 101, 2, 2, 12, maker_remaining=3, in_auction=False),
    ]


def test_an_ioc_remainder_is_cancelled_and_never_rests(book: OrderBook) -> None:
    events = book.submit_limit(5, 15, BUY, 101, 12, IOC)
    assert events[0] == Accepted(5, 15, BUY, 101, 12, Terms(time_in_force=IOC))
    assert events[-1] == Cancelled(5, 15, BUY, 101, 2, CancelReason.IOC_REMAINDER, LIMIT)
    assert book.resting_quantity(5) == 0


def test_an_ioc_order_that_does_not_cross_finds_no_liquidity(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 100, 2, IOC) == [
        Accepted(5, 15, BUY, 100, 2, Terms(time_in_force=IOC)),
        Cancelled(5, 15, BUY, 100, 2, CancelReason.NO_LIQUIDITY, LIMIT),
    ]


def test_a_fill_or_kill_order_trades_in_full(book: OrderBook) -> None:
    events = book.submit_limit(5, 15, BUY, 103, 14, FOK)
    assert [type(event) for event in events] == [Accepted, Trade, Trade, Trade]
    assert book.best_ask is None


def test_a_fill_or_kill_order_that_its_limit_leaves_short_changes_nothing(book: OrderBook) -> None:
    before = book.state_hash()
    assert book.submit_limit(5, 15, BUY, 102, 11, FOK) == [
        Accepted(5, 15, BUY, 102, 11, Terms(time_in_force=FOK)),
        Cancelled(5, 15, BUY, 102, 11, CancelReason.FOK_UNFILLABLE, LIMIT),
    ]
    assert book.state_hash() == before


def test_a_fill_or_kill_market_order_wants_the_whole_side_at_most(book: OrderBook) -> None:
    assert book.submit_market(5, 15, BUY, 15, FOK)[1:] == [
        Cancelled(5, 15, BUY, 0, 15, CancelReason.FOK_UNFILLABLE, MARKET)
    ]
    assert len(book.submit_market(5, 15, BUY, 14, FOK)) == 4


def test_a_market_order_walks_the_book_and_what_is_left_is_cancelled(book: OrderBook) -> None:
    events = book.submit_market(5, 15, BUY, 20)
    assert [(event.price, event.quantity) for event in events if isinstance(event, Trade)] == [
        (101, 5),
        (101, 5),
        (103, 4),
    ]
    assert events[-1] == Cancelled(5, 15, BUY, 0, 6, CancelReason.IOC_REMAINDER, MARKET)
    assert book.best_ask is None


def test_a_market_order_into_an_empty_side_finds_no_liquidity() -> None:
    assert OrderBook().submit_market(1, 2, SELL, 3) == [
        Accepted(1, 2, SELL, 0, 3, Terms(MARKET, IOC)),
        Cancelled(1, 2, SELL, 0, 3, CancelReason.NO_LIQUIDITY, MARKET),
    ]


def test_a_market_order_good_till_cancelled_does_not_stay_either(book: OrderBook) -> None:
    assert book.submit_market(5, 15, SELL, 7, GTC) == [
        Accepted(5, 15, SELL, 0, 7, Terms(MARKET, GTC)),
        Trade(5, 15, SELL, 99, 6, 4, 14, maker_remaining=0, in_auction=False),
        Cancelled(5, 15, SELL, 0, 1, CancelReason.IOC_REMAINDER, MARKET),
    ]


# -- cancelling and ids ----------------------------------------------------------------------------


def test_cancelling_takes_the_order_out_and_leaves_its_neighbours(book: OrderBook) -> None:
    assert book.cancel(1) == [Cancelled(1, 11, SELL, 101, 5, CancelReason.REQUESTED, LIMIT)]
    assert book.orders() == [
        RestingOrder(BUY, 99, 4, 14, quantity=6, shown=6),
        RestingOrder(SELL, 101, 2, 12, quantity=5, shown=5),
        RestingOrder(SELL, 103, 3, 13, quantity=4, shown=4),
    ]


def test_an_id_may_be_used_again_once_its_order_is_gone(book: OrderBook) -> None:
    book.cancel(1)
    assert book.submit_limit(1, 11, SELL, 101, 5) == [Accepted(1, 11, SELL, 101, 5, Terms())]
    assert [order.order for order in book.orders() if order.price == 101] == [2, 1]


def test_a_second_order_of_a_live_id_is_refused(book: OrderBook) -> None:
    before = book.state_hash()
    assert book.submit_market(3, 15, BUY, 1) == [Rejected(3, 15, BUY, 0, 1, Reject.DUPLICATE_ORDER)]
    assert book.state_hash() == before


@pytest.mark.parametrize("order", [99, 0, LEAST])
def test_cancelling_an_unknown_order_is_refused(book: OrderBook, order: int) -> None:
    assert book.cancel(order) == [Rejected(order, 0, 0, 0, 0, Reject.UNKNOWN_ORDER)]


def test_a_filled_order_can_no_longer_be_cancelled(book: OrderBook) -> None:
    book.submit_market(5, 15, BUY, 5)
    assert book.cancel(1) == [Rejected(1, 0, 0, 0, 0, Reject.UNKNOWN_ORDER)]


@pytest.mark.parametrize("order", [LEAST, -1, 0, MOST])
def test_any_64_bits_are_an_order_and_an_account(book: OrderBook, order: int) -> None:
    book.submit_limit(order, order, BUY, 98, 1)
    assert book.cancel(order, order)[0] == Cancelled(
        order, order, BUY, 98, 1, CancelReason.REQUESTED, LIMIT
    )


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"side": 2}, Reject.UNKNOWN_SIDE),
        ({"side": 255}, Reject.UNKNOWN_SIDE),
        ({"time_in_force": 4}, Reject.UNKNOWN_TIME_IN_FORCE),
        ({"post_only": 2}, Reject.UNKNOWN_FLAG),
        ({"self_trade_prevention": 5}, Reject.UNKNOWN_SELF_TRADE_PREVENTION),
        ({"post_only": True, "time_in_force": IOC}, Reject.BAD_COMBINATION),
        ({"post_only": True, "time_in_force": FOK}, Reject.BAD_COMBINATION),
        ({"peak": 1, "time_in_force": IOC}, Reject.BAD_COMBINATION),
        ({"quantity": 0}, Reject.QUANTITY_NOT_POSITIVE),
        ({"quantity": -5}, Reject.QUANTITY_NOT_POSITIVE),
        ({"quantity": MOST}, Reject.QUANTITY_TOO_LARGE),
        ({"price": 0}, Reject.PRICE_NOT_POSITIVE),
        ({"price": -7}, Reject.PRICE_NOT_POSITIVE),
        ({"time_in_force": GTD, "expires": LEAST}, Reject.EXPIRED),
    ],
)
def test_a_refused_order_says_why_and_changes_nothing(
    book: OrderBook, changes: dict[str, int], reason: Reject
) -> None:
    before = book.state_hash()
    order: dict[str, Any] = {"side": BUY, "price": 90, "quantity": 5} | changes
    assert book.submit_limit(5, 15, **order) == [
        Rejected(5, 15, order["side"], order["price"], order["quantity"], reason)
    ]
    assert book.state_hash() == before


def test_a_side_holds_as_many_lots_as_64_bits_can_count(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 90, MOST - 6) == [
        Accepted(5, 15, BUY, 90, MOST - 6, Terms())
    ]
    assert book.submit_limit(6, 15, BUY, 90, 1) == [
        Rejected(6, 15, BUY, 90, 1, Reject.QUANTITY_TOO_LARGE)
    ]
    assert book.submit_limit(6, 15, SELL, 104, 1) == [Accepted(6, 15, SELL, 104, 1, Terms())]


def test_a_waiting_stop_counts_among_the_lots_of_its_side(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 110, MOST - 6)
    assert book.submit_limit(6, 15, BUY, 90, 1)[0] == Rejected(
        6, 15, BUY, 90, 1, Reject.QUANTITY_TOO_LARGE
    )


# -- what the book shows ---------------------------------------------------------------------------


def test_depth_shows_as_many_levels_as_asked(book: OrderBook) -> None:
    assert book.depth(1) == Depth((Level(99, 6, 1),), (Level(101, 10, 2),))
    assert book.depth(0) == Depth((), ())


def test_depth_counts_the_lots_and_the_orders_of_a_level_as_they_come_and_go(
    book: OrderBook,
) -> None:
    book.submit_limit(5, 15, SELL, 101, 2)
    book.cancel(1)
    book.submit_market(6, 16, BUY, 6)
    assert book.depth().asks == (Level(101, 1, 1), Level(103, 4, 1))


def test_available_counts_lots_at_the_limit_or_better(book: OrderBook) -> None:
    assert [book.available(SELL, price) for price in (100, 101, 102, 103)] == [0, 10, 10, 14]
    assert [book.available(BUY, price) for price in (98, 99, 100)] == [6, 6, 0]


def test_the_length_of_a_book_is_the_number_of_its_resting_orders(book: OrderBook) -> None:
    assert len(book) == 4
    book.submit_stop(5, 15, BUY, 110, 1)
    book.cancel(1)
    assert len(book) == 3


def test_the_last_price_is_that_of_the_last_trade(book: OrderBook) -> None:
    prices = [book.last_price]
    for order, side, quantity in ((5, BUY, 12), (6, SELL, 1)):
        book.submit_market(order, 15, side, quantity)
        prices.append(book.last_price)
    assert prices == [None, 103, 99]


def test_an_empty_book_shows_nothing() -> None:
    book = OrderBook()
    assert (book.best_bid, book.best_ask, book.last_price, len(book)) == (None, None, None, 0)
    assert (book.orders(), book.waiting_stops(), book.indicative()) == ([], [], None)
    assert (book.phase, book.clock) == (Phase.CONTINUOUS, LEAST)


def test_numpy_integers_and_enumerations_are_integers(book: OrderBook) -> None:
    words: tuple[Any, ...] = (np.int32(5), np.uint8(15), Side.BUY, np.int64(100), np.int16(2))
    assert book.submit_limit(*words) == [Accepted(5, 15, BUY, 100, 2, Terms())]


def test_a_book_grows_through_the_friendly_door() -> None:
    book = OrderBook(order_capacity=1)
    for order in range(2_000):
        book.submit_limit(order, 1, BUY, 1 + 97 * order, 1)
    assert len(book) == 2_000
    trades = book.submit_market(9_999, 1, SELL, 2_000)[1:]
    prices = [trade.price for trade in trades if isinstance(trade, Trade)]
    assert prices == [1 + 97 * order for order in range(2_000)][::-1]
    audit(book.snapshot())


@pytest.mark.parametrize("capacity", [0, -5])
def test_a_book_without_room_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"order_capacity is {capacity}; expected at least 1"):
        OrderBook(order_capacity=capacity)


def test_the_examples_of_the_documentation_are_true() -> None:
    result = doctest.testmod(book_module)
    assert result.attempted > 0
    assert result.failed == 0
