"""The friendly door: static and dynamic price bands, and what a breach leads to."""

from collections.abc import Iterator

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import BreachAction, CancelReason, OrderType, Phase, Reject, Side
from sim.matching.codes import TimeInForce as Time
from sim.matching.events import (
    Accepted,
    Amended,
    BandsSet,
    Cancelled,
    Event,
    Rejected,
    SessionChanged,
    Terms,
    Trade,
)
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
LEAST, MOST = -(2**63), 2**63 - 1


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Last trade at 101; asks 101 (order 1, 4 lots) and 104 (order 2, 5 lots); bid 99 (order 3)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, SELL, 104, 5)
    book.submit_limit(3, 13, BUY, 99, 6)
    book.submit_market(4, 14, BUY, 1)
    yield book
    audit(book.snapshot())


def trades(events: list[Event]) -> list[tuple[int, int]]:
    return [(event.price, event.quantity) for event in events if isinstance(event, Trade)]


def banded(order: int, price: int, quantity: int, order_type: OrderType = LIMIT) -> Cancelled:
    """The rest of a buy order of account 15 that the bands hold back."""
    return Cancelled(order, 15, BUY, price, quantity, CancelReason.PRICE_BAND, order_type)


# -- setting them ----------------------------------------------------------------------------------


def test_bands_are_told_as_they_are_set(book: OrderBook) -> None:
    assert book.set_bands(90, 110, 5, BreachAction.AUCTION) == [
        BandsSet(90, 110, 5, BreachAction.AUCTION)
    ]


def test_bands_that_are_left_out_are_none(book: OrderBook) -> None:
    assert book.set_bands() == [BandsSet(LEAST, MOST, 0, BreachAction.CANCEL)]


@pytest.mark.parametrize(
    ("low", "high", "ticks", "action"),
    [(101, 100, 0, 0), (90, 110, -1, 0), (90, 110, LEAST, 0), (90, 110, 0, 3)],
)
def test_bands_that_make_no_sense_are_refused(
    book: OrderBook, low: int, high: int, ticks: int, action: int
) -> None:
    before = book.state_hash()
    assert book.set_bands(low, high, ticks, action) == [
        Rejected(0, 0, 0, low, ticks, Reject.BAD_BANDS)
    ]
    assert book.state_hash() == before


# -- the static band -------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "good"), [(94, False), (95, True), (105, True), (106, False)])
def test_limit_prices_outside_the_static_band_are_refused(
    book: OrderBook, price: int, *, good: bool
) -> None:
    book.set_bands(95, 105)
    side = BUY if price < 100 else SELL
    answer = book.submit_limit(5, 15, side, price, 1)
    if good:
        assert answer == [Accepted(5, 15, side, price, 1, Terms())]
    else:
        assert answer == [Rejected(5, 15, side, price, 1, Reject.PRICE_BAND)]


def test_an_order_is_not_amended_out_of_the_static_band(book: OrderBook) -> None:
    book.set_bands(95, 105)
    assert book.amend(3, price=94, quantity=6) == [Rejected(3, 0, 0, 94, 6, Reject.PRICE_BAND)]


def test_an_order_that_a_new_band_leaves_outside_may_stay_and_lose_lots(book: OrderBook) -> None:
    book.set_bands(100, 105)
    assert book.amend(3, quantity=2) == [
        Amended(3, 13, BUY, 99, 2, kept_place=True, self_trade=False)
    ]


def test_stop_prices_may_be_outside_the_static_band(book: OrderBook) -> None:
    book.set_bands(95, 105)
    assert len(book.submit_stop(5, 15, BUY, 200, 1)) == 1
    assert book.submit_stop(6, 15, BUY, 200, 1, price=201) == [
        Rejected(6, 15, BUY, 201, 1, Reject.PRICE_BAND)
    ]


def test_a_market_order_stops_at_the_static_band_which_is_no_breach(book: OrderBook) -> None:
    book.set_bands(high=103, on_breach=BreachAction.HALT)
    events = book.submit_market(5, 15, BUY, 6)
    assert trades(events) == [(101, 4)]
    assert events[-1] == banded(5, 0, 2, MARKET)
    assert book.phase == Phase.CONTINUOUS


def test_a_triggered_stop_stops_at_the_static_band_too(book: OrderBook) -> None:
    book.set_bands(high=103)
    assert book.submit_stop(5, 15, BUY, 101, 6)[-1] == banded(5, 0, 2, OrderType.STOP)


# -- the dynamic band ------------------------------------------------------------------------------


@pytest.mark.parametrize("ticks", [3, 4])
def test_an_order_trades_as_far_as_the_dynamic_band_reaches(book: OrderBook, ticks: int) -> None:
    book.set_bands(dynamic_ticks=ticks)
    assert trades(book.submit_limit(5, 15, BUY, 104, 6)) == [(101, 4), (104, 2)]


def test_a_breach_cancels_the_rest_of_the_order(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=2)
    assert book.submit_limit(5, 15, BUY, 104, 6) == [
        Accepted(5, 15, BUY, 104, 6, Terms()),
        Trade(5, 15, BUY, 101, 4, 1, 11, maker_remaining=0, in_auction=False),
        banded(5, 104, 2),
    ]
    assert (book.phase, book.best_bid) == (Phase.CONTINUOUS, 99)


def test_a_breach_may_halt_trading(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.HALT)
    assert book.submit_limit(5, 15, BUY, 104, 6)[-2:] == [
        banded(5, 104, 2),
        SessionChanged(Phase.HALTED, breach=True),
    ]
    assert book.phase == Phase.HALTED


def test_a_breach_may_begin_an_auction_which_the_rest_joins(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.AUCTION)
    assert book.submit_limit(5, 15, BUY, 104, 6)[-1] == SessionChanged(Phase.AUCTION, breach=True)
    assert (book.phase, book.best_bid, book.best_ask) == (Phase.AUCTION, 104, 104)
    assert book.resting_quantity(5) == 2
    assert trades(book.uncross()) == [(104, 2)]


@pytest.mark.parametrize("market", [False, True])
def test_what_cannot_rest_does_not_join_the_auction_that_it_begins(
    book: OrderBook, *, market: bool
) -> None:
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.AUCTION)
    if market:
        events = book.submit_market(5, 15, BUY, 6)
        rest = banded(5, 0, 2, MARKET)
    else:
        events = book.submit_limit(5, 15, BUY, 104, 6, Time.IOC)
        rest = banded(5, 104, 2)
    assert events[-2:] == [SessionChanged(Phase.AUCTION, breach=True), rest]


def test_an_order_whose_own_limit_ends_within_the_band_breaches_nothing(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.HALT)
    assert trades(book.submit_limit(5, 15, BUY, 103, 6)) == [(101, 4)]
    assert (book.phase, book.best_bid) == (Phase.CONTINUOUS, 103)


def test_the_band_is_measured_from_the_last_trade_before_the_order(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 102, 1)
    book.set_bands(dynamic_ticks=2)
    # The trade at 102 does not bring 104 into reach, but the next order sees it.
    assert trades(book.submit_limit(6, 15, BUY, 104, 6)) == [(101, 4), (102, 1)]
    assert trades(book.submit_limit(7, 15, BUY, 104, 1)) == [(104, 1)]


def test_before_the_first_trade_there_is_no_dynamic_band() -> None:
    book = OrderBook()
    book.set_bands(dynamic_ticks=1)
    book.submit_limit(1, 11, SELL, 101, 1)
    book.submit_limit(2, 11, SELL, 500, 1)
    assert trades(book.submit_market(3, 12, BUY, 2)) == [(101, 1), (500, 1)]


def test_the_dynamic_band_holds_downwards_too(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=1)
    assert book.submit_limit(5, 15, SELL, 99, 2)[1:] == [
        Cancelled(5, 15, SELL, 99, 2, CancelReason.PRICE_BAND, LIMIT)
    ]


def test_the_static_band_is_named_where_both_hold_a_market_order_back(book: OrderBook) -> None:
    book.set_bands(high=103, dynamic_ticks=2, on_breach=BreachAction.HALT)
    assert book.submit_market(5, 15, BUY, 6)[-1] == banded(5, 0, 2, MARKET)
    assert book.phase == Phase.CONTINUOUS


def test_a_fill_or_kill_order_counts_only_what_the_band_lets_it_reach(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.HALT)
    assert book.submit_limit(5, 15, BUY, 104, 6, Time.FOK)[1:] == [
        Cancelled(5, 15, BUY, 104, 6, CancelReason.FOK_UNFILLABLE, LIMIT)
    ]
    assert book.phase == Phase.CONTINUOUS


def test_an_amended_order_may_breach_the_band(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=2, on_breach=BreachAction.HALT)
    assert book.amend(3, price=104)[1:] == [
        Trade(3, 13, BUY, 101, 4, 1, 11, maker_remaining=0, in_auction=False),
        Cancelled(3, 13, BUY, 104, 2, CancelReason.PRICE_BAND, LIMIT),
        SessionChanged(Phase.HALTED, breach=True),
    ]


def test_a_band_as_wide_as_64_bits_holds_nobody_back(book: OrderBook) -> None:
    book.set_bands(dynamic_ticks=MOST)
    assert trades(book.submit_market(5, 15, BUY, 9)) == [(101, 4), (104, 5)]
    assert trades(book.submit_market(6, 15, SELL, 6)) == [(99, 6)]


def test_the_bands_do_not_act_on_an_uncross(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    book.submit_limit(5, 15, BUY, 104, 9)
    book.set_bands(high=103, dynamic_ticks=1)
    assert trades(book.uncross()) == [(104, 4), (104, 5)]
