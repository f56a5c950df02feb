"""The friendly door: phases of the session, the call auction, the clock."""

from collections.abc import Iterator

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import CancelReason, OrderType, Phase, Reject, Side
from sim.matching.codes import TimeInForce as Time
from sim.matching.events import (
    Accepted,
    Cancelled,
    ClockSet,
    Event,
    Rejected,
    SessionChanged,
    Terms,
    Trade,
    Triggered,
    Uncrossed,
)
from sim.matching.reading import Indication
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
LIMIT, GTD = OrderType.LIMIT, Time.GTD
OPENED = SessionChanged(Phase.CONTINUOUS, breach=False)


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Ask 101 (order 1, 5 lots); bid 99 (order 2, 6 lots)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, BUY, 99, 6)
    yield book
    audit(book.snapshot())


def auction(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], *, market_pressure: bool = True
) -> OrderBook:
    """A call auction with bids 1, 2, ... and asks 101, 102, ... of these prices and lots."""
    book = OrderBook(BookRules(market_pressure=market_pressure))
    book.set_phase(Phase.AUCTION)
    for side, first, orders in ((BUY, 1, bids), (SELL, 101, asks)):
        for order, (price, quantity) in enumerate(orders, first):
            book.submit_limit(order, order, side, price, quantity)
    return book


def auctioned(taker: int, side: Side, price: int, quantity: int, maker: int, left: int) -> Trade:
    return Trade(taker, taker, side, price, quantity, maker, maker, left, in_auction=True)


# -- phases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", list(Phase))
def test_a_phase_begins_and_is_told_even_if_it_goes_on(book: OrderBook, phase: Phase) -> None:
    for _ in range(2):
        assert book.set_phase(phase) == [SessionChanged(phase, breach=False)]
        assert book.phase == phase


@pytest.mark.parametrize(
    ("phase", "reason"), [(Phase.HALTED, Reject.HALTED), (Phase.CLOSED, Reject.CLOSED)]
)
def test_no_order_enters_while_trading_is_closed(
    book: OrderBook, phase: Phase, reason: Reject
) -> None:
    book.set_phase(phase)
    assert book.submit_limit(5, 15, BUY, 98, 1) == [Rejected(5, 15, BUY, 98, 1, reason)]
    assert book.submit_market(5, 15, BUY, 1) == [Rejected(5, 15, BUY, 0, 1, reason)]
    assert book.submit_stop(5, 15, BUY, 98, 1) == [Rejected(5, 15, BUY, 0, 1, reason)]
    book.set_phase(Phase.CONTINUOUS)
    assert len(book.submit_market(5, 15, BUY, 1)) == 2


@pytest.mark.parametrize("phase", [4, 255])
def test_an_unknown_phase_is_refused(book: OrderBook, phase: int) -> None:
    before = book.state_hash()
    assert book.set_phase(phase) == [Rejected(0, 0, 0, 0, 0, Reject.UNKNOWN_PHASE)]
    assert book.state_hash() == before


def test_an_auction_collects_orders_that_cross_without_trading(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    assert book.submit_limit(5, 15, BUY, 105, 9) == [Accepted(5, 15, BUY, 105, 9, Terms())]
    assert (book.best_bid, book.best_ask, book.last_price) == (105, 101, None)


def test_what_cannot_wait_for_the_uncross_is_refused_in_an_auction(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    refused = [
        book.submit_market(5, 15, BUY, 1),
        book.submit_market_by_amount(5, 15, BUY, 200),
        book.submit_limit(5, 15, BUY, 98, 1, Time.IOC),
        book.submit_limit(5, 15, BUY, 98, 1, Time.FOK),
        book.submit_limit(5, 15, BUY, 98, 1, post_only=True),
    ]
    reasons = [event.reason for (event,) in refused if isinstance(event, Rejected)]
    assert reasons == [Reject.NOT_IN_AUCTION] * 5


def test_stops_icebergs_and_dated_orders_enter_an_auction(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    assert len(book.submit_stop(5, 15, BUY, 105, 1, Time.FOK)) == 1
    assert len(book.submit_limit(6, 15, BUY, 98, 5, peak=1)) == 1
    assert len(book.submit_limit(7, 15, BUY, 98, 5, GTD, expires=1)) == 1
    assert [len(book), len(book.waiting_stops())] == [4, 1]


@pytest.mark.parametrize("phase", [Phase.AUCTION, Phase.HALTED, Phase.CLOSED])
def test_a_crossed_book_does_not_go_on_to_continuous_trading(phase: Phase) -> None:
    book = auction([(101, 1)], [(101, 1)])
    book.set_phase(phase)
    assert book.set_phase(Phase.CONTINUOUS) == [Rejected(0, 0, 0, 0, 0, Reject.CROSSED_BOOK)]
    assert book.phase == phase


# -- the uncross -----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED])
def test_only_an_auction_is_uncrossed(book: OrderBook, phase: Phase) -> None:
    book.set_phase(phase)
    assert book.uncross(100) == [Rejected(0, 0, 0, 100, 0, Reject.NOT_IN_AUCTION)]


def test_an_auction_in_which_nothing_crosses_ends_without_a_price(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    assert book.uncross() == [Uncrossed(0, 0, 0), OPENED]
    assert (book.last_price, len(book)) == (None, 2)


def test_the_uncross_trades_the_most_lots_at_one_price_by_price_then_time() -> None:
    book = auction(bids=[(102, 5), (101, 5)], asks=[(100, 4), (101, 4)])
    assert book.uncross() == [
        Uncrossed(101, 8, surplus=2),
        auctioned(101, SELL, 101, 4, 1, left=1),
        auctioned(102, SELL, 101, 1, 1, left=0),
        auctioned(102, SELL, 101, 3, 2, left=2),
        OPENED,
    ]
    assert (book.phase, book.last_price, len(book)) == (Phase.CONTINUOUS, 101, 1)
    audit(book.snapshot())


def test_the_later_order_is_the_taker_in_an_uncross() -> None:
    book = OrderBook()
    book.submit_limit(1, 1, SELL, 101, 5)
    book.set_phase(Phase.AUCTION)
    book.submit_limit(2, 2, BUY, 101, 5)
    assert book.uncross()[1] == auctioned(2, BUY, 101, 5, 1, left=0)


def test_an_order_that_lost_its_place_came_later_for_the_uncross_too() -> None:
    book = auction(bids=[(101, 5)], asks=[(101, 5)])
    book.amend(1, quantity=6)
    assert book.uncross()[1] == auctioned(1, BUY, 101, 5, 101, left=0)


def test_the_uncross_counts_reserves_and_serves_icebergs_slice_by_slice() -> None:
    book = OrderBook()
    book.set_phase(Phase.AUCTION)
    book.submit_limit(1, 1, BUY, 101, 5, peak=2)
    book.submit_limit(2, 2, BUY, 101, 2)
    book.submit_limit(3, 3, SELL, 101, 6)
    assert book.uncross()[:-1] == [
        Uncrossed(101, 6, surplus=1),
        auctioned(3, SELL, 101, 2, 1, left=3),
        auctioned(3, SELL, 101, 2, 2, left=0),
        auctioned(3, SELL, 101, 2, 1, left=1),
    ]
    audit(book.snapshot())


@pytest.mark.parametrize(
    ("bids", "asks", "price", "surplus"),
    [
        ([(102, 5), (101, 5)], [(100, 5)], 102, 0),  # of equal volume, the least surplus
        ([(102, 5)], [(101, 5), (100, 5)], 100, 0),
        ([(103, 8)], [(100, 5)], 103, 3),  # buyers left over at all of them: the highest
        ([(103, 5)], [(100, 8)], 100, -3),  # sellers: the lowest
        ([(103, 5)], [(100, 5)], 100, 0),  # nobody: the lowest
    ],
)
def test_between_prices_of_equal_volume_surplus_and_pressure_decide(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], price: int, surplus: int
) -> None:
    assert auction(bids, asks).uncross()[0] == Uncrossed(price, 5, surplus)


@pytest.mark.parametrize(
    ("reference", "price"),
    [(None, 100), (99, 100), (101, 100), (102, 104), (103, 104), (200, 104)],
)
def test_a_reference_price_decides_where_pressure_does_not(
    reference: int | None, price: int
) -> None:
    book = auction([(104, 5)], [(100, 5)])
    # 102 is as near to 100 as to 104: the lower is taken.
    expected = 100 if reference == 102 else price
    assert book.indicative(reference) == Indication(expected, 5, 0)
    assert book.uncross(reference)[0] == Uncrossed(expected, 5, 0)


def test_market_pressure_comes_before_the_reference_price() -> None:
    assert auction([(103, 8)], [(100, 5)]).uncross(100)[0] == Uncrossed(103, 5, 3)
    assert auction([(103, 5)], [(100, 8)]).uncross(103)[0] == Uncrossed(100, 5, -3)


@pytest.mark.parametrize(("reference", "price"), [(None, 100), (103, 103)])
def test_a_book_may_do_without_market_pressure(reference: int | None, price: int) -> None:
    book = auction([(103, 8)], [(100, 5)], market_pressure=False)
    assert book.uncross(reference)[0] == Uncrossed(price, 5, 3)


def test_stops_that_the_uncross_reaches_act_when_it_is_over() -> None:
    book = auction([(101, 5)], [(101, 5)])
    book.submit_stop(7, 17, BUY, 101, 1)
    assert book.uncross()[2:] == [
        OPENED,
        Triggered(7, 17, BUY, 0, 1, Terms(OrderType.STOP, stop_price=101)),
        Cancelled(7, 17, BUY, 0, 1, CancelReason.NO_LIQUIDITY, OrderType.STOP),
    ]
    audit(book.snapshot())


def test_the_indication_says_what_an_uncross_would_do_and_does_not_do_it() -> None:
    book = auction(bids=[(102, 5), (101, 5)], asks=[(100, 4), (101, 4)])
    before = book.state_hash()
    assert book.indicative() == Indication(101, quantity=8, surplus=2)
    assert book.state_hash() == before


# -- the clock -------------------------------------------------------------------------------------


def gone(events: list[Event]) -> list[int]:
    return [event.order for event in events if isinstance(event, Cancelled)]


def test_the_clock_moves_on_and_may_stand_still(book: OrderBook) -> None:
    assert book.set_clock(-5) == [ClockSet(-5)]
    assert book.set_clock(-5) == [ClockSet(-5)]
    assert book.clock == -5


def test_the_clock_does_not_go_back(book: OrderBook) -> None:
    book.set_clock(10)
    assert book.set_clock(9) == [Rejected(0, 0, 0, 0, 0, Reject.CLOCK_BACKWARDS)]
    assert book.clock == 10


def test_a_dated_order_leaves_when_its_time_has_come(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 98, 2, GTD, expires=20) == [
        Accepted(5, 15, BUY, 98, 2, Terms(time_in_force=GTD, expires=20))
    ]
    assert book.set_clock(19) == [ClockSet(19)]
    assert book.set_clock(20) == [
        ClockSet(20),
        Cancelled(5, 15, BUY, 98, 2, CancelReason.EXPIRED, LIMIT),
    ]


@pytest.mark.parametrize("expires", [9, 10])
def test_an_order_that_has_expired_already_is_refused(book: OrderBook, expires: int) -> None:
    book.set_clock(10)
    assert book.submit_limit(5, 15, BUY, 98, 2, GTD, expires=expires) == [
        Rejected(5, 15, BUY, 98, 2, Reject.EXPIRED)
    ]


def test_the_expiry_of_an_order_without_a_date_means_nothing(book: OrderBook) -> None:
    assert book.submit_limit(5, 15, BUY, 98, 2, expires=20, post_only=True) == [
        Accepted(5, 15, BUY, 98, 2, Terms(post_only=True))
    ]
    assert gone(book.set_clock(20)) == []


def test_orders_leave_by_date_then_by_entry_waiting_stops_among_them(book: OrderBook) -> None:
    for order, expires in ((5, 30), (6, 20), (7, 20)):
        book.submit_limit(order, 15, BUY, 90 + order, 2, GTD, expires=expires)
    book.submit_stop(8, 15, BUY, 120, 2, GTD, expires=20)
    book.submit_limit(9, 15, SELL, 130, 2, GTD, expires=10)
    assert gone(book.set_clock(30)) == [9, 6, 7, 8, 5]


def test_an_order_that_has_traded_or_left_does_not_expire(book: OrderBook) -> None:
    book.submit_limit(5, 15, BUY, 100, 2, GTD, expires=20)
    book.submit_limit(6, 15, BUY, 98, 2, GTD, expires=20)
    book.submit_market(7, 17, SELL, 2)
    book.cancel(6)
    assert book.set_clock(20) == [ClockSet(20)]


def test_an_iceberg_may_have_a_date(book: OrderBook) -> None:
    book.submit_limit(5, 15, BUY, 98, 9, GTD, peak=2, expires=20)
    assert book.set_clock(20)[1] == Cancelled(5, 15, BUY, 98, 9, CancelReason.EXPIRED, LIMIT)


def test_a_triggered_stop_limit_order_keeps_its_date(book: OrderBook) -> None:
    book.submit_stop(5, 15, BUY, 101, 9, GTD, price=100, expires=20)
    book.submit_market(6, 16, BUY, 1)
    assert book.best_bid == 100
    assert gone(book.set_clock(20)) == [5]


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.AUCTION, Phase.CLOSED])
def test_orders_expire_in_every_phase(book: OrderBook, phase: Phase) -> None:
    book.submit_limit(5, 15, BUY, 98, 2, GTD, expires=20)
    book.set_phase(phase)
    assert gone(book.set_clock(20)) == [5]
