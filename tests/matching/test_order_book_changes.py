"""The friendly door: amending, reducing and cancelling what is in the book."""

from collections.abc import Iterator

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import KEEP, CancelReason, OrderType, Phase, Reject, Side, TimeInForce
from sim.matching.events import Accepted, Amended, Cancelled, Event, Rejected, Terms, Trade
from sim.matching.reading import RestingOrder, WaitingStop
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
LIMIT = OrderType.LIMIT
CLOSED_PHASES = (Phase.HALTED, Phase.CLOSED)
MOST = 2**63 - 1


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Asks 101 (orders 1 and 2, 5 lots each); bid 99 (order 4, 6 lots)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, SELL, 101, 5)
    book.submit_limit(4, 14, BUY, 99, 6)
    yield book
    audit(book.snapshot())


def queue(book: OrderBook, price: int) -> list[int]:
    return [order.order for order in book.orders() if order.price == price]


def amended(order: int, price: int, quantity: int, *, kept: bool) -> list[Event]:
    """The event of an amendment that the owner of an ask of the fixture asked for."""
    return [Amended(order, 10 + order, SELL, price, quantity, kept_place=kept, self_trade=False)]


# -- amending --------------------------------------------------------------------------------------


def test_fewer_lots_keep_the_place(book: OrderBook) -> None:
    assert book.amend(1, quantity=3) == amended(1, 101, 3, kept=True)
    assert queue(book, 101) == [1, 2]
    assert book.resting_quantity(1) == 3


def test_more_lots_lose_the_place(book: OrderBook) -> None:
    assert book.amend(1, quantity=8) == amended(1, 101, 8, kept=False)
    assert queue(book, 101) == [2, 1]


def test_another_price_loses_the_place(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 102, 1)
    assert book.amend(1, price=102) == amended(1, 102, 5, kept=False)
    assert queue(book, 102) == [5, 1]


@pytest.mark.parametrize("price", [None, 101])
@pytest.mark.parametrize("quantity", [None, 5])
def test_an_amendment_that_changes_nothing_keeps_the_place(
    book: OrderBook, price: int | None, quantity: int | None
) -> None:
    before = book.state_hash()
    assert book.amend(1, price=price, quantity=quantity) == amended(1, 101, 5, kept=True)
    assert book.state_hash() == before


def test_the_new_quantity_is_a_total_with_what_has_traded(book: OrderBook) -> None:
    book.submit_market(5, 15, BUY, 2)
    assert book.amend(1, quantity=4) == amended(1, 101, 2, kept=True)
    assert book.amend(1, quantity=6) == amended(1, 101, 4, kept=False)
    assert queue(book, 101) == [2, 1]


@pytest.mark.parametrize("total", [1, 2])
def test_a_total_that_has_traded_already_cancels_the_order(book: OrderBook, total: int) -> None:
    book.submit_market(5, 15, BUY, 2)
    assert book.amend(1, quantity=total) == [
        Cancelled(1, 11, SELL, 101, 3, CancelReason.AMENDED_AWAY, LIMIT)
    ]
    assert queue(book, 101) == [2]


def test_an_order_amended_through_the_other_side_trades_and_the_rest_stays(
    book: OrderBook,
) -> None:
    assert book.amend(4, price=101, quantity=11) == [
        Amended(4, 14, BUY, 101, 11, kept_place=False, self_trade=False),
        Trade(4, 14, BUY, 101, 5, 1, 11, maker_remaining=0, in_auction=False),
        Trade(4, 14, BUY, 101, 5, 2, 12, maker_remaining=0, in_auction=False),
    ]
    assert book.orders() == [RestingOrder(BUY, 101, 4, 14, quantity=1, shown=1)]
    # Of its 11 lots 10 have traded.
    assert book.amend(4, quantity=10)[0] == Cancelled(
        4, 14, BUY, 101, 1, CancelReason.AMENDED_AWAY, LIMIT
    )


def test_an_iceberg_amended_down_gives_up_its_reserve_first(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 103, 10, peak=3)
    assert book.amend(5, quantity=5) == amended(5, 103, 5, kept=True)
    assert book.orders()[-1] == RestingOrder(SELL, 103, 5, 15, quantity=5, shown=3)
    assert book.amend(5, quantity=2) == amended(5, 103, 2, kept=True)
    assert book.orders()[-1] == RestingOrder(SELL, 103, 5, 15, quantity=2, shown=2)


def test_an_iceberg_amended_up_shows_its_peak_again(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 100, 10, peak=3)
    book.submit_market(6, 16, BUY, 2)
    assert book.amend(5, quantity=12) == amended(5, 100, 10, kept=False)
    assert book.orders()[1] == RestingOrder(SELL, 100, 5, 15, quantity=10, shown=3)


def test_a_post_only_order_is_not_amended_through_the_other_side(book: OrderBook) -> None:
    book.submit_limit(5, 15, BUY, 98, 2, post_only=True)
    before = book.state_hash()
    assert book.amend(5, price=101) == [Rejected(5, 0, 0, 101, KEEP, Reject.POST_ONLY)]
    assert book.state_hash() == before


@pytest.mark.parametrize(
    ("order", "account", "price", "quantity", "reason"),
    [
        (9, 0, None, 3, Reject.UNKNOWN_ORDER),
        (1, 12, None, 3, Reject.NOT_OWNER),
        (1, 11, None, 0, Reject.QUANTITY_NOT_POSITIVE),
        (1, 11, None, -2, Reject.QUANTITY_NOT_POSITIVE),
        (1, 11, 0, 3, Reject.PRICE_NOT_POSITIVE),
        (1, 11, None, MOST, Reject.QUANTITY_TOO_LARGE),
    ],
)
def test_a_refused_amendment_says_why_and_changes_nothing(
    book: OrderBook,
    order: int,
    account: int,
    price: int | None,
    quantity: int,
    reason: Reject,
) -> None:
    before = book.state_hash()
    # What was left as it is says so in the event.
    assert book.amend(order, price=price, quantity=quantity, account=account) == [
        Rejected(order, account, 0, KEEP if price is None else price, quantity, reason)
    ]
    assert book.state_hash() == before


def test_an_order_may_be_amended_to_fill_its_side(book: OrderBook) -> None:
    assert book.amend(1, quantity=MOST - 5) == amended(1, 101, MOST - 5, kept=False)


@pytest.mark.parametrize("phase", CLOSED_PHASES)
def test_nothing_is_amended_while_trading_is_closed(book: OrderBook, phase: Phase) -> None:
    book.set_phase(phase)
    reason = Reject.HALTED if phase == Phase.HALTED else Reject.CLOSED
    assert book.amend(1, quantity=3) == [Rejected(1, 0, 0, KEEP, 3, reason)]


def test_an_order_amended_in_an_auction_may_cross_and_does_not_trade(book: OrderBook) -> None:
    book.set_phase(Phase.AUCTION)
    assert book.amend(4, price=103) == [
        Amended(4, 14, BUY, 103, 6, kept_place=False, self_trade=False)
    ]
    assert (book.best_bid, book.best_ask) == (103, 101)


# -- amending waiting stops ------------------------------------------------------------------------


def test_a_waiting_stop_keeps_its_place_with_fewer_lots_and_loses_it_with_more(
    book: OrderBook,
) -> None:
    book.submit_stop(5, 15, SELL, 90, 4)
    book.submit_stop(6, 16, SELL, 90, 4)
    assert book.amend(5, quantity=3) == amended(5, 0, 3, kept=True)
    assert [stop.order for stop in book.waiting_stops()] == [5, 6]
    assert book.amend(5, quantity=4) == amended(5, 0, 4, kept=False)
    assert [stop.order for stop in book.waiting_stops()] == [6, 5]


def test_a_waiting_stop_limit_order_may_get_another_limit(book: OrderBook) -> None:
    book.submit_stop(5, 15, SELL, 90, 4, price=88)
    assert book.amend(5, price=87) == amended(5, 87, 4, kept=False)
    assert book.waiting_stops() == [
        WaitingStop(SELL, 90, 87, 5, 15, 4, OrderType.STOP_LIMIT, TimeInForce.GTC, expires=0)
    ]


def test_a_stop_order_without_a_limit_gets_none(book: OrderBook) -> None:
    book.submit_stop(5, 15, SELL, 90, 4)
    assert book.amend(5, price=87) == [Rejected(5, 0, 0, 87, KEEP, Reject.BAD_COMBINATION)]


# -- reducing --------------------------------------------------------------------------------------


def test_a_reduction_takes_lots_off_and_keeps_the_place(book: OrderBook) -> None:
    assert book.reduce(1, 2) == amended(1, 101, 3, kept=True)
    assert queue(book, 101) == [1, 2]


@pytest.mark.parametrize("quantity", [5, 6, MOST])
def test_a_reduction_by_all_there_is_cancels_the_order(book: OrderBook, quantity: int) -> None:
    assert book.reduce(1, quantity) == [
        Cancelled(1, 11, SELL, 101, 5, CancelReason.REQUESTED, LIMIT)
    ]


def test_a_reduction_comes_off_the_reserve_of_an_iceberg(book: OrderBook) -> None:
    book.submit_limit(5, 15, SELL, 103, 10, peak=3)
    assert book.reduce(5, 6) == amended(5, 103, 4, kept=True)
    assert book.orders()[-1].shown == 3


def test_a_reduction_of_a_waiting_stop_is_one_too(book: OrderBook) -> None:
    book.submit_stop(5, 15, SELL, 90, 4)
    assert book.reduce(5, 1) == amended(5, 0, 3, kept=True)


@pytest.mark.parametrize(
    ("order", "quantity", "account", "reason"),
    [
        (9, 1, 0, Reject.UNKNOWN_ORDER),
        (1, 1, 12, Reject.NOT_OWNER),
        (1, 0, 0, Reject.QUANTITY_NOT_POSITIVE),
        (1, -1, 0, Reject.QUANTITY_NOT_POSITIVE),
    ],
)
def test_a_refused_reduction_says_why_and_changes_nothing(
    book: OrderBook, order: int, quantity: int, account: int, reason: Reject
) -> None:
    before = book.state_hash()
    assert book.reduce(order, quantity, account) == [
        Rejected(order, account, 0, 0, quantity, reason)
    ]
    assert book.state_hash() == before


def test_a_reduction_may_be_larger_than_an_order_may_be() -> None:
    book = OrderBook(BookRules(max_quantity=10))
    book.submit_limit(1, 11, SELL, 101, 5)
    assert book.reduce(1, 11) == [Cancelled(1, 11, SELL, 101, 5, CancelReason.REQUESTED, LIMIT)]


# -- cancelling ------------------------------------------------------------------------------------


def test_an_account_that_asks_must_own_the_order(book: OrderBook) -> None:
    assert book.cancel(1, account=12) == [Rejected(1, 12, 0, 0, 0, Reject.NOT_OWNER)]
    assert len(book.cancel(1, account=11)) == 1


@pytest.mark.parametrize("phase", CLOSED_PHASES)
def test_orders_may_leave_while_trading_is_closed(book: OrderBook, phase: Phase) -> None:
    book.set_phase(phase)
    assert book.reduce(1, 2) == amended(1, 101, 3, kept=True)
    assert book.cancel(1) == [Cancelled(1, 11, SELL, 101, 3, CancelReason.REQUESTED, LIMIT)]
    assert [type(event) for event in book.mass_cancel(0)] == [Cancelled, Cancelled]


def test_a_mass_cancel_goes_through_bids_asks_and_stops_best_first() -> None:
    book = OrderBook()
    for order, side, price in ((1, SELL, 105), (2, BUY, 95), (3, SELL, 104), (4, BUY, 96)):
        book.submit_limit(order, 7, side, price, 2)
    book.submit_limit(5, 7, BUY, 96, 2)
    stops = ((6, BUY, 120), (7, SELL, 80), (8, BUY, 110), (9, SELL, 90), (10, SELL, 90))
    for order, side, stop_price in stops:
        book.submit_stop(order, 7, side, stop_price, 2)
    events = book.mass_cancel(7)
    assert [event.order for event in events if isinstance(event, Cancelled)] == [
        *(4, 5, 2),
        *(3, 1),
        *(9, 10, 7),
        *(8, 6),
    ]
    assert events[0] == Cancelled(4, 7, BUY, 96, 2, CancelReason.MASS_CANCEL, LIMIT)
    assert len(book) == len(book.waiting_stops()) == 0


def test_a_mass_cancel_leaves_the_orders_of_others(book: OrderBook) -> None:
    book.submit_limit(5, 11, BUY, 98, 1)
    events = book.mass_cancel(11)
    assert [event.order for event in events if isinstance(event, Cancelled)] == [5, 1]
    assert [order.account for order in book.orders()] == [14, 12]


def test_a_mass_cancel_of_account_0_cancels_everything(book: OrderBook) -> None:
    assert len(book.mass_cancel(0)) == 3
    assert len(book) == 0


def test_a_mass_cancel_that_finds_nothing_says_nothing(book: OrderBook) -> None:
    before = book.state_hash()
    assert book.mass_cancel(99) == []
    assert book.state_hash() == before


def test_a_book_is_as_new_after_everything_has_left(book: OrderBook) -> None:
    book.mass_cancel(0)
    assert book.state_hash() == OrderBook().state_hash()
    assert book.submit_limit(1, 11, SELL, 101, 5) == [Accepted(1, 11, SELL, 101, 5, Terms())]
