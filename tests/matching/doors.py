"""The doors of the compiled core, so that each can be held against the oracle's rows and book."""

from typing import Any

import attrs
import numpy as np
import pytest

from sim.matching import batch
from sim.matching.book import OrderBook
from sim.matching.events import (
    Accepted,
    Amended,
    BandsSet,
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
from sim.matching.layout import EVENT
from sim.matching.rules import BookRules
from tests.matching.reference_matcher import ReferenceMatcher
from tests.matching.reference_rules import (
    ACCEPTED,
    AMEND,
    AMENDED,
    BANDS,
    BANDS_SET,
    BUY,
    CANCEL,
    CANCELLED,
    CLOCK,
    CLOCK_SET,
    IOC,
    KEEP,
    LEAST,
    LIMIT,
    MARKET,
    MARKET_BY_AMOUNT,
    MASS_CANCEL,
    MOST,
    NEW,
    PHASE_SET,
    REDUCE,
    REJECTED,
    SELL,
    SESSION,
    STOP,
    STOP_LIMIT,
    TRADE,
    TRIGGERED,
    UNCROSS,
    UNCROSSED,
    ReferenceRules,
    Row,
    Why,
    Words,
)

_EVERYTHING = 10**6
# The fields of a row, each word once: EVENT has two names for the last three.
_PLAIN = np.dtype(
    [(f"byte_{n}", np.uint8) for n in range(8)] + [(f"word_{n}", "<i8") for n in range(7)]
)


def rows_of(events: batch.Events) -> list[Row]:
    """Return the rows of the batch door as the oracle writes them."""
    rows: list[Row] = np.ascontiguousarray(events).view(_PLAIN).tolist()
    return rows


def joined(parts: list[batch.Events]) -> batch.Events:
    """Join event arrays; numpy's own way would give the words of two names twice the room."""
    return np.concatenate([part.view(np.int64) for part in parts]).view(EVENT)


def core_rules(rules: ReferenceRules) -> BookRules:
    """Return the rules of an oracle for a book of the core."""
    return BookRules(**attrs.asdict(rules))


def book_with(rules: ReferenceRules, order_capacity: int = 1) -> OrderBook:
    """Return an empty book with the rules of an oracle."""
    return OrderBook(core_rules(rules), order_capacity)


# -- one call a command ----------------------------------------------------------------------------


def as_called(words: Words) -> Words | None:
    """Return the command that a method of `OrderBook` sends for this one; None where none does.

    A method does not ask for what its command has no use for.
    """
    empty = Words(words.kind)
    kept = ["order", "account", "quantity", "side"]
    if words.kind == NEW and words.order_type == LIMIT:
        kept += ["price", "time_in_force", "post_only", "self_trade_prevention", "peak", "expires"]
    elif words.kind == NEW and words.order_type == MARKET:
        kept += ["order_type", "time_in_force", "self_trade_prevention"]
    elif words.kind == NEW and words.order_type == MARKET_BY_AMOUNT:
        kept += ["order_type", "self_trade_prevention"]
        empty = empty._replace(time_in_force=IOC)
    elif words.kind == NEW and words.order_type in {STOP, STOP_LIMIT}:
        kept += ["order_type", "stop_price", "time_in_force", "post_only", "expires"]
        kept += ["self_trade_prevention", *(["price"] if words.order_type == STOP_LIMIT else [])]
    elif words.kind in _KEPT:
        kept = _KEPT[words.kind]
    else:
        return None
    return empty._replace(**{name: getattr(words, name) for name in kept})


_KEPT = {
    CANCEL: ["order", "account"],
    AMEND: ["order", "account", "price", "quantity"],
    REDUCE: ["order", "account", "quantity"],
    MASS_CANCEL: ["account"],
    SESSION: ["detail"],
    UNCROSS: ["price"],
    BANDS: ["price", "stop_price", "quantity", "detail"],
    CLOCK: ["expires"],
}


def call(book: OrderBook, words: Words) -> list[Event]:
    """Send a command, as `as_called` returns it, through the method made for it."""
    if words.kind == NEW:
        return _call_new(book, words)
    order, account = words.order, words.account
    price = None if words.price == KEEP else words.price
    quantity = None if words.quantity == KEEP else words.quantity
    calls = {
        CANCEL: lambda: book.cancel(order, account),
        AMEND: lambda: book.amend(order, price=price, quantity=quantity, account=account),
        REDUCE: lambda: book.reduce(order, words.quantity, account),
        MASS_CANCEL: lambda: book.mass_cancel(account),
        SESSION: lambda: book.set_phase(words.detail),
        UNCROSS: lambda: book.uncross(words.price or None),
        BANDS: lambda: book.set_bands(
            None if words.price == LEAST else words.price,
            None if words.stop_price == MOST else words.stop_price,
            words.quantity,
            words.detail,
        ),
        CLOCK: lambda: book.set_clock(words.expires),
    }
    return calls[words.kind]()


def _call_new(book: OrderBook, words: Words) -> list[Event]:
    about = (words.order, words.account, words.side)
    prevention: Any = {"self_trade_prevention": words.self_trade_prevention}
    if words.order_type == MARKET:
        return book.submit_market(*about, words.quantity, words.time_in_force, **prevention)
    if words.order_type == MARKET_BY_AMOUNT:
        return book.submit_market_by_amount(*about, words.quantity, **prevention)
    terms: Any = {**prevention, "post_only": words.post_only, "expires": words.expires}
    if words.order_type == LIMIT:
        return book.submit_limit(
            *about,
            words.price,
            words.quantity,
            words.time_in_force,
            # The core knows no peak but 0 that means none; what it refuses is sent as it is.
            peak=words.peak or None,
            **terms,
        )
    price = words.price if words.order_type == STOP_LIMIT else None
    return book.submit_stop(
        *about, words.stop_price, words.quantity, words.time_in_force, price=price, **terms
    )


def row_of(event: Event) -> Row:
    """Return a typed event as a row; what the type does not say is 0 (see `as_typed`)."""
    match event:
        case Accepted(order, account, side, price, quantity, terms) | Triggered(
            order, account, side, price, quantity, terms
        ):
            kind = ACCEPTED if isinstance(event, Accepted) else TRIGGERED
            about = (order, account, price, quantity)
            return (kind, side, *_first_words(terms), 0, 0, *about, *_last_words(terms))
        case Trade():
            about = (event.taker_order, event.taker_account, event.price, event.quantity)
            maker = (event.maker_order, event.maker_account, event.maker_remaining)
            return (TRADE, event.taker_side, 0, 0, 0, 0, 0, int(event.in_auction), *about, *maker)
        case Cancelled(order, account, side, price, quantity, reason, order_type):
            kinds = (CANCELLED, side, order_type, 0, 0, 0, reason, 0)
            return (*kinds, order, account, price, quantity, 0, 0, 0)
        case Rejected(order, account, side, price, quantity, reason):
            return (REJECTED, side, 0, 0, 0, 0, reason, 0, order, account, price, quantity, 0, 0, 0)
        case Amended(order, account, side, price, quantity, kept_place, self_trade):
            cause = Why.SELF_TRADE * self_trade
            marks = (AMENDED, side, 0, 0, 0, 0, cause, int(kept_place))
            return (*marks, order, account, price, quantity, 0, 0, 0)
        case _:
            return _market_row(event)


def _market_row(event: Event) -> Row:
    match event:
        case SessionChanged(phase, breach):
            return (PHASE_SET, 0, 0, 0, 0, 0, Why.PRICE_BAND * breach, phase, *[0] * 7)
        case Uncrossed(price, quantity, surplus):
            return (UNCROSSED, *[0] * 9, price, quantity, surplus, 0, 0)
        case BandsSet(low, high, dynamic_ticks, on_breach):
            return (BANDS_SET, *[0] * 6, on_breach, 0, 0, low, dynamic_ticks, high, 0, 0)
        case ClockSet(now):
            return (CLOCK_SET, *[0] * 13, now)
        case _:
            pytest.fail(f"{event} is no known event")


def _first_words(terms: Terms) -> tuple[int, int, int, int]:
    post_only = int(terms.post_only)
    return terms.order_type, terms.time_in_force, post_only, terms.self_trade_prevention


def _last_words(terms: Terms) -> tuple[int, int, int]:
    return terms.stop_price, terms.peak, terms.expires


def as_typed(row: Row) -> Row:
    """Return a row without what the typed event of its kind does not say."""
    if row[0] == REJECTED:
        return (*row[:2], 0, 0, 0, 0, row[6], 0, *row[8:12], 0, 0, 0)
    if row[0] == AMENDED:
        return (*row[:2], 0, *row[3:])
    return row


# -- what a book shows -----------------------------------------------------------------------------


def assert_same_book(book: OrderBook, oracle: ReferenceMatcher, price: int = 100) -> None:
    """Assert that every view of a book shows what the oracle's book has.

    Parameters
    ----------
    price
        Ticks: the limit price of `available` and the reference of `indicative`.
    """
    expected = oracle.book
    assert tuple(book.depth(_EVERYTHING)) == (
        tuple(expected.levels(BUY)),
        tuple(expected.levels(SELL)),
    )
    assert [tuple(order) for order in book.orders()] == [
        (order.side, order.price, order.order, order.account, order.open, order.shown)
        for order in expected.in_priority()
    ]
    assert [
        (stop.side, stop.stop_price, stop.price, stop.order, stop.account, stop.quantity)
        for stop in book.waiting_stops()
    ] == [
        (stop.side, stop.stop_price, stop.price, stop.order, stop.account, stop.open)
        for stop in expected.waiting_in_order()
    ]
    assert [(s.order_type, s.time_in_force, s.expires) for s in book.waiting_stops()] == [
        (s.order_type, s.time_in_force, s.expires) for s in expected.waiting_in_order()
    ]
    assert len(book) == len(expected.resting)
    assert (book.best_bid, book.best_ask) == (expected.best(BUY), expected.best(SELL))
    assert (book.last_price, book.phase, book.clock) == (
        expected.last,
        expected.phase,
        expected.clock,
    )
    for side in (BUY, SELL):
        assert book.available(side, price) == expected.available(side, price)
    for reference in (None, price or None):
        assert book.indicative(reference) == expected.indicative(reference)
    for number, order in expected.resting.items():
        assert book.resting_quantity(number) == order.open
    for number in expected.waiting:
        assert book.resting_quantity(number) == 0
