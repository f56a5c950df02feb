"""The friendly door: what a venue fixes for a book once and for all."""

from typing import Any

import pytest

from sim.matching.book import OrderBook
from sim.matching.codes import CancelReason, OrderType, Reject, Side
from sim.matching.events import Accepted, Amended, Cancelled, Event, Rejected, Terms, Trade
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL
MARKET, STOP = OrderType.MARKET, OrderType.STOP


def trades(events: list[Event]) -> list[tuple[int, int]]:
    return [(event.price, event.quantity) for event in events if isinstance(event, Trade)]


def stepped(**rules: Any) -> OrderBook:
    """Asks 101 (orders 1 and 2, 5 lots each) and 103 (order 3, 4 lots) under these rules."""
    book = OrderBook(BookRules(**rules))
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, SELL, 101, 5)
    book.submit_limit(3, 13, SELL, 103, 4)
    return book


# -- ticks, lots, sizes ----------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "good"), [(100, True), (102, False), (99, False), (105, True)])
def test_prices_are_multiples_of_the_tick(price: int, *, good: bool) -> None:
    book = OrderBook(BookRules(tick=5))
    assert isinstance(book.submit_limit(1, 7, BUY, price, 1)[0], Accepted if good else Rejected)
    assert isinstance(book.submit_stop(2, 7, BUY, price, 1)[0], Accepted if good else Rejected)


def test_a_limit_off_the_tick_is_refused_wherever_it_comes_from() -> None:
    book = OrderBook(BookRules(tick=5))
    book.submit_limit(1, 7, BUY, 100, 1)
    answers = [
        book.submit_limit(2, 7, BUY, 101, 1),
        book.submit_stop(2, 7, BUY, 100, 1, price=101),
        book.submit_stop(2, 7, BUY, 101, 1, price=100),
        book.amend(1, price=101),
    ]
    reasons = [event.reason for (event,) in answers if isinstance(event, Rejected)]
    assert reasons == [Reject.PRICE_OFF_TICK] * 4


def test_quantities_peaks_and_reductions_are_multiples_of_the_lot() -> None:
    book = OrderBook(BookRules(lot=5))
    book.submit_limit(1, 7, BUY, 100, 20)
    answers = [
        book.submit_limit(2, 7, BUY, 100, 12),
        book.submit_market(2, 7, SELL, 12),
        book.submit_stop(2, 7, SELL, 90, 12),
        book.amend(1, quantity=12),
        book.reduce(1, 12),
        book.submit_limit(2, 7, BUY, 100, 15, peak=7),
    ]
    reasons = [event.reason for (event,) in answers if isinstance(event, Rejected)]
    assert reasons == [Reject.QUANTITY_OFF_LOT] * 5 + [Reject.BAD_PEAK]
    audit(book.snapshot())


def test_new_orders_have_a_minimum_and_a_maximum() -> None:
    book = OrderBook(BookRules(min_quantity=3, max_quantity=9))
    assert book.submit_limit(1, 7, BUY, 100, 2)[0] == Rejected(
        1, 7, BUY, 100, 2, Reject.QUANTITY_BELOW_MINIMUM
    )
    assert book.submit_market(1, 7, BUY, 10)[0] == Rejected(
        1, 7, BUY, 0, 10, Reject.QUANTITY_ABOVE_MAXIMUM
    )
    assert len(book.submit_limit(1, 7, BUY, 100, 3)) == 1
    assert len(book.submit_limit(2, 7, BUY, 100, 9)) == 1


def test_an_amount_has_neither_minimum_nor_maximum() -> None:
    book = OrderBook(BookRules(min_quantity=3, max_quantity=9))
    book.submit_limit(1, 7, SELL, 100, 9)
    assert trades(book.submit_market_by_amount(2, 8, BUY, 200)) == [(100, 2)]


def test_an_amendment_may_go_below_the_minimum_and_not_above_the_maximum() -> None:
    book = OrderBook(BookRules(min_quantity=3, max_quantity=9))
    book.submit_limit(1, 7, BUY, 100, 5)
    assert book.amend(1, price=100, quantity=10) == [
        Rejected(1, 0, 0, 100, 10, Reject.QUANTITY_ABOVE_MAXIMUM)
    ]
    assert book.amend(1, quantity=1) == [
        Amended(1, 7, BUY, 100, 1, kept_place=True, self_trade=False)
    ]


# -- prices of zero and below ----------------------------------------------------------------------


def test_a_book_may_allow_prices_of_zero_and_below() -> None:
    book = OrderBook(BookRules(nonpositive_prices=True))
    assert book.submit_limit(1, 7, BUY, -5, 2) == [Accepted(1, 7, BUY, -5, 2, Terms())]
    assert book.submit_limit(2, 7, BUY, 0, 2) == [Accepted(2, 7, BUY, 0, 2, Terms())]
    assert trades(book.submit_market(3, 8, SELL, 3)) == [(0, 2), (-5, 1)]
    assert book.last_price == -5


def test_a_limit_of_zero_is_a_limit() -> None:
    book = OrderBook(BookRules(nonpositive_prices=True))
    assert book.submit_stop(1, 7, SELL, 0, 1, price=0)[0] == Accepted(
        1, 7, SELL, 0, 1, Terms(OrderType.STOP_LIMIT, stop_price=0)
    )
    book.submit_limit(2, 8, BUY, -1, 1)
    book.submit_limit(3, 8, BUY, 0, 1)
    assert trades(book.submit_market(4, 9, SELL, 1)) == [(0, 1)]
    assert (book.best_bid, book.best_ask) == (-1, 0)


def test_an_amount_buys_nothing_at_prices_of_zero_and_below() -> None:
    book = OrderBook(BookRules(nonpositive_prices=True))
    book.submit_limit(1, 7, SELL, 0, 2)
    assert book.submit_market_by_amount(2, 8, BUY, 100)[1:] == [
        Cancelled(2, 8, BUY, 0, 100, CancelReason.AMOUNT_SPENT, OrderType.MARKET_BY_AMOUNT)
    ]


@pytest.mark.parametrize("price", [-(2**63), 2**63 - 1])
def test_the_ends_of_64_bits_are_prices(price: int) -> None:
    book = OrderBook(BookRules(nonpositive_prices=True))
    book.submit_limit(1, 7, BUY, price, 2)
    assert trades(book.submit_limit(2, 8, SELL, price, 1)) == [(price, 1)]
    assert book.orders()[0].price == price
    audit(book.snapshot())


# -- the collar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ticks", "lots"), [(0, 10), (1, 10), (2, 14)])
def test_a_market_order_reaches_as_far_as_its_collar(ticks: int, lots: int) -> None:
    book = stepped(collar_ticks=ticks)
    events = book.submit_market(4, 14, BUY, 20)
    assert sum(quantity for _, quantity in trades(events)) == lots
    reason = CancelReason.COLLAR if lots < 14 else CancelReason.IOC_REMAINDER
    assert events[-1] == Cancelled(4, 14, BUY, 0, 20 - lots, reason, MARKET)


def test_the_collar_is_measured_from_the_best_price_at_the_orders_arrival() -> None:
    book = stepped(collar_ticks=2)
    book.submit_limit(4, 14, SELL, 105, 1)
    assert trades(book.submit_market(5, 15, BUY, 20)) == [(101, 5), (101, 5), (103, 4)]
    assert trades(book.submit_market(6, 16, BUY, 20)) == [(105, 1)]


def test_the_collar_holds_triggered_stops_and_amounts_too() -> None:
    book = stepped(collar_ticks=1)
    assert book.submit_market_by_amount(4, 14, BUY, 2_000)[-1] == Cancelled(
        4, 14, BUY, 0, 2_000 - 1_010, CancelReason.COLLAR, OrderType.MARKET_BY_AMOUNT
    )
    book.submit_limit(5, 15, SELL, 101, 1)
    assert book.submit_stop(6, 16, BUY, 101, 2)[-1] == Cancelled(
        6, 16, BUY, 0, 1, CancelReason.COLLAR, STOP
    )


def test_the_collar_does_not_hold_limit_orders() -> None:
    events = stepped(collar_ticks=0).submit_limit(4, 14, BUY, 103, 14)
    assert trades(events) == [(101, 5), (101, 5), (103, 4)]


def test_a_band_is_named_before_a_collar_that_ends_at_the_same_price() -> None:
    book = stepped(collar_ticks=1)
    book.set_bands(high=102)
    assert book.submit_market(4, 14, BUY, 20)[-1] == Cancelled(
        4, 14, BUY, 0, 10, CancelReason.PRICE_BAND, MARKET
    )


def test_a_fill_or_kill_market_order_counts_what_its_collar_lets_it_reach() -> None:
    book = stepped(collar_ticks=1)
    assert book.submit_market(4, 14, BUY, 11, 2)[1:] == [
        Cancelled(4, 14, BUY, 0, 11, CancelReason.FOK_UNFILLABLE, MARKET)
    ]


# -- unique ids ------------------------------------------------------------------------------------


def test_where_ids_are_unique_none_is_used_again() -> None:
    book = stepped(unique_ids=True)
    book.cancel(1)
    book.submit_market(4, 14, BUY, 5)
    for order in (1, 2, 4):
        assert book.submit_limit(order, 7, BUY, 90, 1) == [
            Rejected(order, 7, BUY, 90, 1, Reject.DUPLICATE_ORDER)
        ]
    audit(book.snapshot())


def test_an_id_whose_order_was_refused_is_still_free() -> None:
    book = stepped(unique_ids=True)
    book.submit_limit(4, 14, BUY, 0, 1)
    assert len(book.submit_market(4, 14, BUY, 1)) == 2


def test_where_ids_are_unique_a_triggered_stop_acts_under_its_own() -> None:
    book = stepped(unique_ids=True)
    book.submit_stop(4, 14, BUY, 101, 6, price=101)
    assert trades(book.submit_market(5, 15, BUY, 5)) == [(101, 5), (101, 5)]
    assert book.orders()[0].order == 4
    audit(book.snapshot())


# -- the rules themselves --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"tick": 0}, "tick is 0; expected 1 to 9,223,372,036,854,775,807"),
        ({"lot": -1}, "lot is -1; expected 1 to"),
        ({"min_quantity": 0}, "min_quantity is 0; expected 1 to"),
        ({"tick": 2**63}, "tick is 9223372036854775808; expected 1 to"),
        ({"max_quantity": 0}, "max_quantity is 0; expected 1 to"),
        ({"min_quantity": 5, "max_quantity": 4}, "max_quantity is 4; expected at least min_quan"),
        ({"collar_ticks": -1}, "collar_ticks is -1; expected 0 to .*, or None"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BookRules(**rules)  # type: ignore[arg-type]  # integers, as the parameters say


@pytest.mark.parametrize("name", ["tick", "lot", "min_quantity", "max_quantity", "collar_ticks"])
def test_rules_are_whole_numbers(name: str) -> None:
    rules: Any = {name: 1.5}
    with pytest.raises((TypeError, ValueError), match=name):
        BookRules(**rules)
