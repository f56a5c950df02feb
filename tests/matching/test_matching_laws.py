"""The laws of `laws.py`, one test each, for the core; and that each can tell a market that breaks it."""

from collections.abc import Callable
from unittest import mock

import pytest

from sim.matching.book import OrderBook
from tests.matching import laws, reference_matcher, reference_reach, reference_refusals
from tests.matching.doors import book_with, rows_of
from tests.matching.laws import View, Witness
from tests.matching.reference_book import Order, ReferenceBook
from tests.matching.reference_matcher import ReferenceMatcher
from tests.matching.reference_reach import End
from tests.matching.reference_rules import BUY, SELL, Refusal, Words
from tests.matching.streams import as_batch, dense_stream, random_rules

SEEDS = range(100, 124)
COMMANDS = 1_200


def view_of(book: OrderBook) -> View:
    return View(
        book.best_bid,
        book.best_ask,
        {order.order: (order.quantity, order.shown) for order in book.orders()},
        {stop.order: stop.quantity for stop in book.waiting_stops()},
    )


def oracle_view(book: ReferenceBook) -> View:
    return View(
        book.best(BUY),
        book.best(SELL),
        {order.order: (order.open, order.shown) for order in book.resting.values()},
        {stop.order: stop.open for stop in book.waiting.values()},
    )


def watch_core(seed: int) -> Witness:
    book, witness = book_with(random_rules(seed)), Witness()
    for command in dense_stream(COMMANDS, seed).tolist():
        rows = rows_of(book.process(as_batch([command])))
        witness.follow(Words._make(command), rows, view_of(book))
    return witness


def watch_oracle(seed: int) -> Witness:
    oracle, witness = ReferenceMatcher(random_rules(seed)), Witness()
    for command in dense_stream(COMMANDS, seed).tolist():
        witness.follow(Words._make(command), oracle.execute(command), oracle_view(oracle.book))
        if witness.broken:
            break  # a broken market may break down altogether
    return witness


@pytest.fixture(scope="module")
def witnesses() -> list[Witness]:
    return [watch_core(seed) for seed in SEEDS]


def test_the_witnesses_saw_a_market(witnesses: list[Witness]) -> None:
    assert sum(witness.trades for witness in witnesses) > 3_000


@pytest.mark.parametrize("law", laws.LAWS)
def test_the_core_keeps_the_law_that(law: str, witnesses: list[Witness]) -> None:
    assert [what for witness in witnesses for what in witness.broken[law]] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracle_keeps_every_law(seed: int) -> None:
    assert dict(watch_oracle(seed).broken) == {}


# -- a fault for every law -------------------------------------------------------------------------

_rest, _fill, _shrink = ReferenceBook.rest, ReferenceBook.fill, ReferenceBook.shrink
_obstacle, _indicative = reference_reach.obstacle, ReferenceBook.indicative
_refusal_of_new = reference_refusals.refusal_of_new


def _trades_only_inside_its_limit(
    book: ReferenceBook, taker: Order, reach: reference_reach.Reach, price: int | None
) -> End | None:
    at_limit = price == taker.price and price is not None
    return End.NO_COUNTERPARTY if at_limit else _obstacle(book, taker, reach, price)


def _ignores_bands(
    book: ReferenceBook, taker: Order, reach: reference_reach.Reach, price: int | None
) -> End | None:
    end = _obstacle(book, taker, reach, price)
    return None if end in {End.BREACH, End.STATIC_BAND} else end


def _ignores_limits(
    book: ReferenceBook, taker: Order, reach: reference_reach.Reach, price: int | None
) -> End | None:
    end = _obstacle(book, taker, reach, price)
    return None if end is End.NO_COUNTERPARTY and price is not None else end


def _rests_in_front(book: ReferenceBook, order: Order) -> None:
    _rest(book, order)
    queue = book.sides[order.side][order.price]
    queue.insert(0, queue.pop())


def _shows_all(book: ReferenceBook, order: Order) -> None:
    _rest(book, order)
    order.shown = order.open


def _loses_a_lot(book: ReferenceBook, order: Order, lots: int) -> None:
    _fill(book, order, lots)
    if order.shown > 1:
        book.shrink(order, 1)


def _forgets_to_shrink(book: ReferenceBook, order: Order, lots: int) -> None:
    _shrink(book, order, lots // 2)


def _fires_the_wrong_way(oracle: ReferenceMatcher) -> list[Order]:
    last = oracle.book.last
    if last is None or oracle.book.phase != 0:
        return []
    return [stop for stop in oracle.book.waiting.values() if stop.stop_price == last + 1]


def _never_fires(_: ReferenceMatcher) -> list[Order]:
    return []


def _uncrosses_less(
    book: ReferenceBook, reference: int | None = None
) -> tuple[int, int, int] | None:
    found = _indicative(book, reference)
    return found and (found[0], max(1, found[1] - 1), found[2])


def _uncrosses_at_the_best_bid(
    book: ReferenceBook, reference: int | None = None
) -> tuple[int, int, int] | None:
    found, bid = _indicative(book, reference), book.best(BUY)
    if not found or bid is None:
        return found
    volume = min(book.open_lots(BUY, bid), book.open_lots(SELL, bid))
    return bid, volume, found[2]


def _lets_post_only_in(words: Words, book: ReferenceBook) -> Refusal:
    found = _refusal_of_new(words, book)
    return Refusal.NONE if found is Refusal.POST_ONLY else found


def _always(*_: object) -> bool:
    return True


def _never(*_: object) -> bool:
    return False


FAULTS: list[tuple[str, object, str, Callable[..., object]]] = [
    (laws.NOT_CROSSED, reference_matcher, "obstacle", _trades_only_inside_its_limit),
    (laws.CONSERVED, ReferenceBook, "fill", _loses_a_lot),
    (laws.CONSERVED, ReferenceBook, "shrink", _forgets_to_shrink),
    (laws.PRIORITY, ReferenceBook, "rest", _rests_in_front),
    (laws.FOK_LAW, reference_matcher, "fillable", _always),
    (laws.POST_ONLY, reference_refusals, "refusal_of_new", _lets_post_only_in),
    (laws.ICEBERG, ReferenceBook, "rest", _shows_all),
    (laws.STOPS, ReferenceMatcher, "_generation", _fires_the_wrong_way),
    (laws.STOPS, ReferenceMatcher, "_generation", _never_fires),
    (laws.BAND, reference_matcher, "obstacle", _ignores_bands),
    (laws.VOLUME, ReferenceBook, "indicative", _uncrosses_less),
    (laws.VOLUME, ReferenceBook, "indicative", _uncrosses_at_the_best_bid),
    (laws.OWN_LIMIT, reference_matcher, "obstacle", _ignores_limits),
    (laws.SELF_TRADE, reference_matcher, "is_own", _never),
]


@pytest.mark.parametrize(
    ("law", "owner", "name", "fault"), FAULTS, ids=[fault[3].__name__ for fault in FAULTS]
)
def test_a_market_with_this_fault_breaks_its_law(
    law: str, owner: object, name: str, fault: Callable[..., object]
) -> None:
    with mock.patch.object(owner, name, fault):
        broken = {each for seed in SEEDS for each in watch_oracle(seed).broken}
    assert law in broken


def test_every_law_has_a_fault_that_breaks_it() -> None:
    assert {law for law, *_ in FAULTS} == set(laws.LAWS)
