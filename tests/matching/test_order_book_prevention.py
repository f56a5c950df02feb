"""The friendly door: orders of one account that meet, under every mode of prevention."""

from collections.abc import Iterator

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import CancelReason, OrderType, Phase, Side, TimeInForce
from sim.matching.codes import SelfTradePrevention as Prevention
from sim.matching.events import Accepted, Amended, Cancelled, Event, Terms, Trade
from sim.matching.reading import RestingOrder
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
LIMIT = OrderType.LIMIT
OWN, OTHER = 7, 8


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Asks at 101: order 1 of the own account, then order 2 of another one, 5 lots each."""
    book = OrderBook()
    book.submit_limit(1, OWN, SELL, 101, 5)
    book.submit_limit(2, OTHER, SELL, 101, 5)
    yield book
    audit(book.snapshot())


def take(book: OrderBook, quantity: int, mode: Prevention, account: int = OWN) -> list[Event]:
    """Buy at 101 as order 3; return what follows its acceptance."""
    return book.submit_limit(3, account, BUY, 101, quantity, self_trade_prevention=mode)[1:]


def cancelled(order: int, side: Side, quantity: int) -> Cancelled:
    return Cancelled(order, OWN, side, 101, quantity, CancelReason.SELF_TRADE, LIMIT)


def cut(order: int, side: Side, quantity: int) -> Amended:
    return Amended(order, OWN, side, 101, quantity, kept_place=True, self_trade=True)


def test_an_order_says_which_prevention_it_asks_for(book: OrderBook) -> None:
    mode = Prevention.DECREMENT
    assert book.submit_limit(3, OWN, BUY, 100, 1, self_trade_prevention=mode) == [
        Accepted(3, OWN, BUY, 100, 1, Terms(self_trade_prevention=mode))
    ]


def test_without_prevention_an_account_trades_with_itself(book: OrderBook) -> None:
    assert take(book, 2, Prevention.NONE) == [
        Trade(3, OWN, BUY, 101, 2, 1, OWN, maker_remaining=3, in_auction=False)
    ]


def test_cancel_newest_cancels_the_incoming_order(book: OrderBook) -> None:
    before = book.state_hash()
    assert take(book, 8, Prevention.CANCEL_NEWEST) == [cancelled(3, BUY, 8)]
    assert book.state_hash() == before


def test_cancel_newest_leaves_what_has_traded_with_others_before(book: OrderBook) -> None:
    book.submit_limit(4, OTHER, SELL, 100, 3)
    assert take(book, 8, Prevention.CANCEL_NEWEST) == [
        Trade(3, OWN, BUY, 100, 3, 4, OTHER, maker_remaining=0, in_auction=False),
        cancelled(3, BUY, 5),
    ]


def test_cancel_oldest_cancels_the_resting_order_and_goes_on(book: OrderBook) -> None:
    assert take(book, 8, Prevention.CANCEL_OLDEST) == [
        cancelled(1, SELL, 5),
        Trade(3, OWN, BUY, 101, 5, 2, OTHER, maker_remaining=0, in_auction=False),
    ]
    assert book.orders() == [RestingOrder(BUY, 101, 3, OWN, quantity=3, shown=3)]


def test_cancel_oldest_cancels_the_reserve_of_an_iceberg_too() -> None:
    book = OrderBook()
    book.submit_limit(1, OWN, SELL, 101, 10, peak=4)
    assert take(book, 3, Prevention.CANCEL_OLDEST) == [cancelled(1, SELL, 10)]
    assert book.best_ask is None
    audit(book.snapshot())


def test_cancel_both_cancels_the_resting_order_then_the_incoming_one(book: OrderBook) -> None:
    assert take(book, 8, Prevention.CANCEL_BOTH) == [cancelled(1, SELL, 5), cancelled(3, BUY, 8)]
    assert book.orders() == [RestingOrder(SELL, 101, 2, OTHER, quantity=5, shown=5)]


def test_decrement_cancels_the_smaller_resting_order_and_cuts_the_incoming_one(
    book: OrderBook,
) -> None:
    assert take(book, 8, Prevention.DECREMENT) == [
        cancelled(1, SELL, 5),
        cut(3, BUY, 3),
        Trade(3, OWN, BUY, 101, 3, 2, OTHER, maker_remaining=2, in_auction=False),
    ]


def test_decrement_cuts_the_larger_resting_order_which_keeps_its_place(book: OrderBook) -> None:
    assert take(book, 3, Prevention.DECREMENT) == [cut(1, SELL, 2), cancelled(3, BUY, 3)]
    assert [(order.order, order.quantity) for order in book.orders()] == [(1, 2), (2, 5)]


def test_decrement_cancels_two_equals(book: OrderBook) -> None:
    assert take(book, 5, Prevention.DECREMENT) == [cancelled(1, SELL, 5), cancelled(3, BUY, 5)]


def test_decrement_takes_the_reserve_of_a_resting_iceberg_first() -> None:
    book = OrderBook()
    book.submit_limit(1, OWN, SELL, 101, 10, peak=4)
    assert take(book, 3, Prevention.DECREMENT) == [cut(1, SELL, 7), cancelled(3, BUY, 3)]
    assert book.orders() == [RestingOrder(SELL, 101, 1, OWN, quantity=7, shown=4)]
    assert take(book, 5, Prevention.DECREMENT) == [cut(1, SELL, 2), cancelled(3, BUY, 5)]
    assert book.orders() == [RestingOrder(SELL, 101, 1, OWN, quantity=2, shown=2)]
    audit(book.snapshot())


def test_decremented_lots_count_as_never_entered(book: OrderBook) -> None:
    take(book, 8, Prevention.DECREMENT)
    book.submit_limit(4, OWN, BUY, 100, 9)
    # Order 2 was entered with 5 lots, of which 3 have traded: 2 + 3 leave it as it is.
    assert book.amend(2, quantity=5) == [
        Amended(2, OTHER, SELL, 101, 2, kept_place=True, self_trade=False)
    ]
    book.submit_limit(5, OWN, SELL, 100, 4, self_trade_prevention=Prevention.DECREMENT)
    # Order 4 was entered with 9 lots, lost 4 and traded none.
    assert book.amend(4, quantity=5) == [
        Amended(4, OWN, BUY, 100, 5, kept_place=True, self_trade=False)
    ]


@pytest.mark.parametrize("mode", list(Prevention))
def test_orders_without_an_account_are_nobodys_own(mode: Prevention) -> None:
    book = OrderBook()
    book.submit_limit(1, 0, SELL, 101, 5)
    assert take(book, 5, mode, account=0) == [
        Trade(3, 0, BUY, 101, 5, 1, 0, maker_remaining=0, in_auction=False)
    ]


@pytest.mark.parametrize("mode", list(Prevention))
def test_the_prevention_of_the_resting_order_does_not_count(mode: Prevention) -> None:
    book = OrderBook()
    book.submit_limit(1, OWN, SELL, 101, 5, self_trade_prevention=mode)
    assert [type(event) for event in take(book, 5, Prevention.NONE)] == [Trade]


def test_an_order_that_was_amended_keeps_its_prevention(book: OrderBook) -> None:
    mode = Prevention.CANCEL_NEWEST
    book.submit_limit(3, OWN, BUY, 100, 2, self_trade_prevention=mode)
    assert book.amend(3, price=101)[1:] == [cancelled(3, BUY, 2)]


def test_a_triggered_stop_keeps_its_prevention(book: OrderBook) -> None:
    book.submit_stop(3, OWN, BUY, 101, 2, self_trade_prevention=Prevention.CANCEL_NEWEST)
    book.submit_limit(4, OTHER, SELL, 100, 1)
    book.submit_limit(5, OTHER, SELL, 101, 1)
    book.cancel(2)
    assert book.submit_market(6, OTHER, BUY, 2)[-1] == Cancelled(
        3, OWN, BUY, 0, 2, CancelReason.SELF_TRADE, OrderType.STOP
    )


def test_a_market_order_is_prevented_like_any_other(book: OrderBook) -> None:
    mode = Prevention.CANCEL_NEWEST
    assert book.submit_market(3, OWN, BUY, 8, self_trade_prevention=mode)[1:] == [
        Cancelled(3, OWN, BUY, 0, 8, CancelReason.SELF_TRADE, OrderType.MARKET)
    ]


def test_an_amount_passes_over_own_orders_that_it_cancels(book: OrderBook) -> None:
    mode = Prevention.CANCEL_OLDEST
    assert book.submit_market_by_amount(3, OWN, BUY, 202, self_trade_prevention=mode)[1:] == [
        cancelled(1, SELL, 5),
        Trade(3, OWN, BUY, 101, 2, 2, OTHER, maker_remaining=3, in_auction=False),
    ]


@pytest.mark.parametrize(
    ("mode", "quantity", "fills"),
    [
        (Prevention.NONE, 10, True),
        (Prevention.CANCEL_OLDEST, 5, True),
        (Prevention.CANCEL_OLDEST, 6, False),
        (Prevention.CANCEL_NEWEST, 1, False),
        (Prevention.CANCEL_BOTH, 1, False),
        (Prevention.DECREMENT, 1, False),
    ],
)
def test_fill_or_kill_counts_what_prevention_would_let_trade(
    book: OrderBook, mode: Prevention, quantity: int, *, fills: bool
) -> None:
    last = book.submit_limit(
        3, OWN, BUY, 101, quantity, TimeInForce.FOK, self_trade_prevention=mode
    )[-1]
    assert isinstance(last, Trade if fills else Cancelled)
    assert len(book) == (0 if fills else 2)


def test_orders_of_one_account_may_meet_in_an_uncross(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    book.submit_limit(3, OWN, BUY, 101, 5, self_trade_prevention=Prevention.CANCEL_BOTH)
    assert book.uncross()[1] == Trade(
        3, OWN, BUY, 101, 5, 1, OWN, maker_remaining=0, in_auction=True
    )
