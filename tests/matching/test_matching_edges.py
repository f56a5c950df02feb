"""The core where little shows from outside: which way a command takes, how much room it is given, one-sided books."""

import numpy as np
import pytest

from sim.matching import batch, core
from sim.matching.book import OrderBook
from sim.matching.codes import EventKind, Phase, Side
from sim.matching.events import Accepted, Cancelled, SessionChanged, Trade, Uncrossed
from sim.matching.rules import BookRules
from sim.matching.views import ORDER_COLUMNS
from tests.matching.doors import core_rules, rows_of
from tests.matching.streams import dense_stream, random_rules

BUY, SELL = Side.BUY, Side.SELL


def test_plain_orders_and_cancellations_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The long way answers the same, only slower: a short way that fails would be missed by nobody."""
    book = OrderBook()

    def long_way(*_: object, **__: object) -> None:
        raise AssertionError("this went the long way")

    monkeypatch.setattr(OrderBook, "_new", long_way)
    monkeypatch.setattr(OrderBook, "_command", long_way)
    assert [type(event) for event in book.submit_limit(1, 7, SELL, 101, 5)] == [Accepted]
    assert [type(event) for event in book.submit_limit(2, 8, BUY, 101, 2)] == [Accepted, Trade]
    assert [type(event) for event in book.submit_market(3, 8, BUY, 1)] == [Accepted, Trade]
    assert [type(event) for event in book.submit_market(4, 8, SELL, 1)] == [Accepted, Cancelled]
    (cancelled,) = book.cancel(1)
    assert isinstance(cancelled, Cancelled)
    assert (cancelled.order, cancelled.account, cancelled.quantity) == (1, 7, 2)
    assert len(book) == 0


@pytest.mark.parametrize("seed", range(8))
def test_no_step_writes_more_rows_than_it_is_given_room_for(seed: int) -> None:
    commands = dense_stream(700, seed)
    arena = core.new_book(4_000, core_rules(random_rules(seed)))
    out = core.new_buffer(100_000)
    words = batch.words_of(commands, commands.dtype)
    shown = set()
    for index in range(len(commands)):
        while not core.room_for_command(arena):
            arena = core.grow(arena)
        bound = int(batch.most_rows(arena, words, index))
        out[0] = 0
        # One command and the turns of the stops that it sets off, of which each is a step of its own.
        arena, events = batch.process(arena, commands[index : index + 1], out)
        own = _rows_of_the_command(rows_of(events))
        assert own <= bound, f"command {index}"
        shown.add(int(commands["kind"][index]))
    assert len(shown) >= 8, "the stream shows every kind of command"


def _rows_of_the_command(rows: list[tuple[int, ...]]) -> int:
    """Rows up to the first stop order that is triggered."""
    triggered = int(EventKind.TRIGGERED)
    kinds = [row[0] for row in rows]
    return kinds.index(triggered) if triggered in kinds else len(kinds)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_a_buffer_that_is_too_small_grows_and_keeps_what_is_in_it(rows: int) -> None:
    commands, rules = dense_stream(400, 3), core_rules(random_rules(3))
    _, expected = batch.process(core.new_book(500, rules), commands)
    _, events = batch.process(core.new_book(1, rules), commands, core.new_buffer(rows))
    assert rows_of(events) == rows_of(expected)
    small = core.new_buffer(rows)
    small[:] = np.arange(len(small))
    small[0] = rows
    bigger = batch.bigger_buffer(small, 5 * rows)
    assert bigger[: len(small)].tolist() == small.tolist()
    assert len(bigger) >= len(core.new_buffer(5 * rows))
    assert len(batch.bigger_buffer(small, 0)) == len(core.new_buffer(2 * rows))


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("price", [1, 10**15])
def test_a_book_of_one_side_is_not_crossed(side: Side, price: int) -> None:
    book = OrderBook()
    book.submit_limit(1, 7, side, price, 5)
    book.set_phase(Phase.HALTED)
    assert book.set_phase(Phase.CONTINUOUS) == [SessionChanged(Phase.CONTINUOUS, breach=False)]
    book.set_phase(Phase.AUCTION)
    uncrossed = book.uncross()[0]
    assert isinstance(uncrossed, Uncrossed)
    assert uncrossed.quantity == 0


def test_no_reference_is_not_a_reference_of_one() -> None:
    def crossed() -> OrderBook:
        book = OrderBook(BookRules(nonpositive_prices=True))
        book.set_phase(Phase.AUCTION)
        book.submit_limit(1, 7, BUY, 5, 5)
        book.submit_limit(2, 8, SELL, -5, 5)
        return book

    for reference, price in ((None, -5), (0, -5), (1, 5), (-1, -5)):
        uncrossed = crossed().uncross(reference)[0]
        assert isinstance(uncrossed, Uncrossed)
        assert (uncrossed.price, uncrossed.quantity) == (price, 5), reference


def test_the_row_of_a_plain_order_has_no_terms() -> None:
    book, out = core.new_book(10), core.new_buffer(10)
    out[0] = 0
    assert core.submit(book, out, 4, 7, int(SELL), 0, 0, 101, 5) == 0
    (row,) = core.order_rows(book)
    assert len(row) == ORDER_COLUMNS
    assert row[:6].tolist() == [int(SELL), 101, 4, 7, 5, 0]
    assert row[9] == 0


def test_the_compiled_interface_asks_for_room_command_by_command() -> None:
    book = core.new_book(1)
    out = core.new_buffer(100)
    commands = 0
    while core.room_for_commands(book, 1):
        assert core.room_for_command(book)
        out[0] = 0
        assert core.submit(book, out, commands + 1, 7, int(BUY), 0, 0, 1_000 * commands + 1, 1) == 0
        commands += 1
        assert commands < 10_000
    assert not core.room_for_command(book)
    bigger = core.grow(book)
    assert core.room_for_commands(bigger, 1)
    assert core.live_orders(bigger) == commands
    assert core.settle(bigger, out)
