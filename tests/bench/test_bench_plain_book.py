"""The plain book, worked out by hand."""

import pytest

from sim.bench.plain import PlainBook

BUY, SELL = 0, 1


@pytest.fixture
def book() -> PlainBook:
    """A book with two bids at 99, one at 98, and asks at 101 and 103."""
    book = PlainBook()
    for order, side, price, lots in [
        (1, BUY, 99, 5),
        (2, BUY, 99, 7),
        (3, BUY, 98, 2),
        (4, SELL, 101, 4),
        (5, SELL, 103, 6),
    ]:
        assert book.limit(order, side, price, lots) == []
    return book


def test_the_best_price_trades_first_then_the_older_order_at_the_makers_price(
    book: PlainBook,
) -> None:
    assert book.limit(6, SELL, 98, 13) == [(1, 6, 99, 5), (2, 6, 99, 7), (3, 6, 98, 1)]
    assert (book.best(BUY), book.best(SELL), len(book)) == (98, 101, 3)


def test_what_does_not_trade_rests_unless_it_is_immediate(book: PlainBook) -> None:
    assert book.immediate(6, BUY, 102, 10) == [(4, 6, 101, 4)]
    assert (book.best(BUY), book.best(SELL)) == (99, 103)
    assert book.limit(7, BUY, 103, 10) == [(5, 7, 103, 6)]
    assert (book.best(BUY), book.best(SELL)) == (103, None)


def test_a_market_order_takes_any_price_and_never_rests(book: PlainBook) -> None:
    assert book.immediate(6, BUY, None, 100) == [(4, 6, 101, 4), (5, 6, 103, 6)]
    assert book.best(SELL) is None
    assert book.immediate(7, BUY, None, 1) == []
    assert len(book) == 3


def test_a_cancelled_order_is_gone_and_its_price_with_the_last_of_it(book: PlainBook) -> None:
    assert book.cancel(1) == 5
    assert (book.best(BUY), book.level_count(BUY)) == (99, 2)
    assert book.cancel(2) == 7
    assert (book.best(BUY), book.level_count(BUY)) == (98, 1)
    with pytest.raises(KeyError):
        book.cancel(1)


def test_a_price_that_comes_back_is_found_again(book: PlainBook) -> None:
    for order in (1, 2):
        book.cancel(order)
    book.limit(6, BUY, 99, 1)
    assert book.best(BUY) == 99


def test_a_reduced_order_keeps_its_place_and_a_replaced_one_goes_to_the_back(
    book: PlainBook,
) -> None:
    book.reduce(1, 3)
    assert book.immediate(6, SELL, 99, 1) == [(1, 6, 99, 1)]
    assert book.replace(1, 98, 8) == []
    assert book.immediate(7, SELL, 98, 10) == [(2, 7, 99, 7), (3, 7, 98, 2), (1, 7, 98, 1)]


def test_a_replaced_order_trades_if_its_new_price_crosses(book: PlainBook) -> None:
    assert book.replace(1, 101, 6) == [(4, 1, 101, 4)]
    assert (book.best(BUY), book.best(SELL)) == (101, 103)
