"""The audit finds what is out of place: every word that another one vouches for, and a wrong order."""

from collections.abc import Iterator

import pytest

from sim.matching import arena as layout
from sim.matching.arena import Arena
from sim.matching.book import OrderBook
from sim.matching.codes import Phase, SelfTradePrevention, Side, TimeInForce
from sim.matching.rules import BookRules
from tests.matching.arena_audit import audit

BUY, SELL, GTD = Side.BUY, Side.SELL, TimeInForce.GTD
_HANDLE = (1 << 32) - 1
_FLIPS = (1, 1 << 20, 1 << 40)
_UNDATED, _DATED, _STOP, _FREE, _UNUSED = range(10, 15)
"""Kinds of records that the table does not know: terms, free ones, and those never used."""


@pytest.fixture(scope="module")
def arena() -> Arena:
    """Every kind of record: orders, icebergs, stops, dates, far prices, ids in use for ever, free ones."""
    book = OrderBook(BookRules(unique_ids=True), order_capacity=1)
    book.set_clock(10)
    for order in range(6):
        book.submit_limit(order, 1 + order % 3, order % 2, 100 + 10 * (order % 2) + order // 2, 10)
    mode = SelfTradePrevention.CANCEL_OLDEST
    book.submit_limit(10, 1, SELL, 111, 30, peak=7, self_trade_prevention=mode)
    book.submit_limit(11, 1, BUY, 100, 30, GTD, peak=7, expires=50, post_only=True)
    book.submit_limit(12, 1, BUY, 70, 30, GTD, expires=50)
    book.submit_limit(13, 1, SELL, 2**40, 3)
    book.submit_stop(20, 2, BUY, 300, 5)
    book.submit_stop(21, 2, BUY, 300, 5, GTD, price=310, expires=60)
    book.submit_stop(22, 2, SELL, 50, 5, price=40)
    for order in range(30, 34):
        book.submit_limit(order, 1, BUY, order, 3)
    for order in range(30, 34):
        book.cancel(order)
    book.submit_market(40, 3, BUY, 9)
    return book.snapshot()


def records(arena: Arena) -> dict[int, list[int]]:
    """Handles of all records by kind."""
    words: list[int] = arena.tolist()
    found: dict[int, list[int]] = {kind: [] for kind in (*range(8), *range(10, 15))}
    known = set[int]()
    for entry in filter(None, words[words[layout.TABLE] :]):
        handle = entry & _HANDLE
        kind = (entry >> 32 ^ words[handle]) & 7
        found[kind].append(handle)
        known.add(handle)
    for order in found[layout.ORDER_KIND]:
        if terms := words[order + layout.LEVEL] >> 32:
            stop = words[order + layout.FLAGS] & 7 in (2, 3)
            found[_DATED if words[terms + layout.LEVEL] else _STOP if stop else _UNDATED] += [terms]
            known.add(terms)
    for handle in range(layout.HEADER_WORDS, words[layout.TABLE], layout.RECORD_WORDS):
        if handle not in known:
            found[_FREE if handle < words[layout.TOP] else _UNUSED].append(handle)
    return found


def spoilt(arena: Arena, places: list[int]) -> Iterator[Arena]:
    """Yield copies of the arena with one bit changed in one of the places."""
    for place in places:
        for flip in _FLIPS:
            copy = arena.copy()
            copy[place] ^= flip
            yield copy


def test_the_audit_passes_a_book_with_every_kind_of_record(arena: Arena) -> None:
    found = records(arena)
    assert all(found[kind] for kind in range(8) if kind != layout.NODE_KIND)
    assert all(found[kind] for kind in (_UNDATED, _DATED, _STOP, _FREE, _UNUSED))
    audit(arena)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((layout.ORDER_KIND,), (0, 1, 2, 3, 4, 7)),  # all but account and lots entered
        (range(2, 7), range(8)),
        ((layout.NODE_KIND,), range(4)),
        ((_UNDATED,), (0, 3, 4, 5, 6, 7)),
        ((_DATED,), (0, 1, 2, 3, 4, 7)),
        ((_STOP,), (0, 3, 4, 5, 7)),
        ((layout.RETIRED_KIND, _FREE), (0,)),
        ((_UNUSED,), range(8)),
    ],
    ids=["orders", "levels", "nodes", "icebergs", "dates", "stops", "keys", "unused"],
)
def test_the_audit_finds_one_wrong_bit_in_a_record(
    arena: Arena, kinds: tuple[int, ...], words: tuple[int, ...]
) -> None:
    found = records(arena)
    # A peak may be larger, where it leaves as many slices as before.
    places = [handle + word for kind in kinds for handle in found[kind][:25] for word in words]
    for copy in spoilt(arena, places):
        with pytest.raises(AssertionError):
            audit(copy)


def test_the_audit_finds_one_wrong_bit_in_the_counts_of_the_header(arena: Arena) -> None:
    free_words = {layout.ARRIVALS, layout.CUT, *range(layout.STATE, layout.RULES_END)}
    places = [place for place in range(layout.HEADER_WORDS) if place not in free_words]
    for copy in spoilt(arena, places):
        with pytest.raises(AssertionError):
            audit(copy)


def test_the_audit_finds_an_entry_of_the_table_that_is_missing_or_too_many(arena: Arena) -> None:
    for place in range(int(arena[layout.TABLE]), len(arena)):
        copy = arena.copy()
        copy[place] = 0 if copy[place] else copy[layout.HEADER_WORDS]
        if copy[place] != arena[place]:
            with pytest.raises(AssertionError):
                audit(copy)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (layout.ARRIVALS, 3),
        (layout.CUT, -1),
        (layout.PHASE, 4),
        (layout.CLOCK, 50),
        (layout.LAST_PRICE, 300),
        (layout.LAST_PRICE, 50),
        (layout.HAS_LAST, 0),
        (layout.BAND_TICKS, -1),
        (layout.BREACH_ACTION, 3),
        (layout.TICK, 0),
        (layout.TICK, 3),
        (layout.LOT, 4),
        (layout.MIN_QUANTITY, 0),
        (layout.MAX_QUANTITY, 9),
        (layout.COLLAR_TICKS, -2),
        (layout.UNIQUE_IDS, 0),
        (layout.NONPOSITIVE_PRICES, 2),
        (layout.MARKET_PRESSURE, 2),
    ],
)
def test_the_audit_finds_a_state_that_cannot_be(arena: Arena, word: int, value: int) -> None:
    copy = arena.copy()
    copy[word] = value
    with pytest.raises(AssertionError):
        audit(copy)


def test_the_audit_finds_two_orders_that_have_changed_places_in_their_queue(arena: Arena) -> None:
    copy = arena.copy()
    level = next(
        level
        for level in records(arena)[layout.LEVEL_KIND + layout.BUY_STOPS]
        if arena[level + layout.COUNT] == 2
    )
    older, younger = int(copy[level + layout.NEXT]), int(copy[level + layout.PREVIOUS])
    for record, before, after in ((level, older, younger), (younger, level, older)):
        copy[record + layout.NEXT], copy[record + layout.PREVIOUS] = after, before
    copy[older + layout.NEXT], copy[older + layout.PREVIOUS] = level, younger
    with pytest.raises(AssertionError):
        audit(copy)


def test_the_audit_finds_a_crossed_book_in_continuous_trading() -> None:
    book = OrderBook()
    book.set_phase(Phase.AUCTION)
    book.submit_limit(1, 7, BUY, 101, 5)
    book.submit_limit(2, 7, SELL, 100, 5)
    arena = book.snapshot()
    audit(arena)
    arena[layout.PHASE] = arena[layout.GATES] = 0
    with pytest.raises(AssertionError):
        audit(arena)
