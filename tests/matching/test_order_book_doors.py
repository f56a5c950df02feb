"""The friendly door: batches, replay, snapshots, and several books at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim.matching import layout
from sim.matching.batch import Events
from sim.matching.book import OrderBook
from sim.matching.codes import (
    BreachAction,
    CommandKind,
    EventKind,
    OrderType,
    Phase,
    Reject,
    Side,
    TimeInForce,
)
from sim.matching.events import Rejected
from sim.matching.layout import COMMAND, EVENT
from sim.matching.reading import RestingOrder
from sim.matching.rebuild import ReplayError
from sim.matching.rules import BookRules
from sim.matching.snapshots import SnapshotError
from tests.matching.arena_audit import audit

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
def book() -> Iterator[OrderBook]:
    """Asks 101 (orders 1 and 2, 5 lots each) and 103 (order 3, 4 lots); bid 99 (order 4, 6 lots)."""
    book = OrderBook()
    book.submit_limit(1, 11, SELL, 101, 5)
    book.submit_limit(2, 12, SELL, 101, 5)
    book.submit_limit(3, 13, SELL, 103, 4)
    book.submit_limit(4, 14, BUY, 99, 6)
    yield book
    audit(book.snapshot())


def commands(*rows: dict[str, int]) -> Any:
    """Commands of these fields; the others are 0."""
    batch = np.zeros(len(rows), COMMAND)
    for place, row in enumerate(rows):
        for field, value in row.items():
            batch[field][place] = value
    return batch


def happened(*rows: dict[str, int]) -> Events:
    """Events of these fields; the others are 0."""
    events = np.zeros(len(rows), EVENT)
    for place, row in enumerate(rows):
        for field, value in row.items():
            events[field][place] = value
    return events


# -- batches ---------------------------------------------------------------------------------------


def test_a_batch_answers_in_rows_with_named_columns(book: OrderBook) -> None:
    events = book.process(
        commands(
            {"order": 5, "account": 15, "price": 102, "quantity": 7},
            {"kind": CommandKind.CANCEL, "order": 9},
            {"kind": CommandKind.AMEND, "order": 3, "price": 104, "quantity": 4},
        )
    )
    assert events["kind"].tolist() == [
        EventKind.ACCEPTED,
        EventKind.TRADE,
        EventKind.TRADE,
        EventKind.REJECTED,
        EventKind.AMENDED,
    ]
    trades = events[events["kind"] == EventKind.TRADE]
    assert trades[["order", "price", "quantity", "maker_order"]].tolist() == [
        (5, 101, 5, 1),
        (5, 101, 2, 2),
    ]
    assert trades["maker_account"].tolist() == [11, 12]
    assert trades["maker_remaining"].tolist() == [0, 3]


def test_a_refused_row_repeats_the_command_as_it_came(book: OrderBook) -> None:
    words = {"order": 5, "account": 6, "price": -7, "quantity": 8, "stop_price": 9, "peak": 1}
    small = {"side": 1, "order_type": 2, "time_in_force": 3, "post_only": 1}
    asked = small | words | {"self_trade_prevention": 4, "expires": -(2**63), "reserved": 99}
    (row,) = book.process(commands(asked))
    assert (row["kind"], row["reason"]) == (EventKind.REJECTED, Reject.BAD_COMBINATION)
    assert row["detail"] == CommandKind.NEW
    for field in ("side", "order_type", "time_in_force", "post_only", "self_trade_prevention"):
        assert row[field] == asked[field]
    for field in ("order", "account", "price", "quantity", "stop_price", "peak", "expires"):
        assert row[field] == asked[field]


@pytest.mark.parametrize("kind", [9, 255])
def test_an_unknown_command_is_refused(book: OrderBook, kind: int) -> None:
    before = book.state_hash()
    (row,) = book.process(commands({"kind": kind, "order": 1}))
    assert (row["reason"], row["detail"], row["order"]) == (Reject.UNKNOWN_COMMAND, kind, 1)
    assert book.state_hash() == before


@pytest.mark.parametrize("order_type", [5, 255])
def test_an_unknown_order_type_is_refused(book: OrderBook, order_type: int) -> None:
    (row,) = book.process(commands({"order": 9, "order_type": order_type, "quantity": 1}))
    assert row["reason"] == Reject.UNKNOWN_ORDER_TYPE


def test_a_batch_may_be_read_only_or_every_other_row(book: OrderBook) -> None:
    batch = commands(*({"order": order, "price": 50, "quantity": 1} for order in range(10, 18)))
    batch.flags.writeable = False
    assert book.process(batch[::2])["order"].tolist() == [10, 12, 14, 16]


def test_a_batch_of_another_type_is_refused(book: OrderBook) -> None:
    with pytest.raises(TypeError, match="2-dimensional of dtype int64; expected one dimension"):
        book.process(np.zeros((4, 8), np.int64))


def test_events_are_no_commands(book: OrderBook) -> None:
    with pytest.raises(
        TypeError, match=r"expected one dimension of sim\.matching\.layout\.COMMAND"
    ):
        book.process(np.zeros(1, EVENT))


def test_an_empty_batch_does_nothing(book: OrderBook) -> None:
    before = book.state_hash()
    assert len(book.process(np.zeros(0, COMMAND))) == 0
    assert book.state_hash() == before


def test_a_command_without_effect_leaves_no_row(book: OrderBook) -> None:
    mass_cancel = {"kind": CommandKind.MASS_CANCEL, "account": 99}
    assert len(book.process(commands(mass_cancel, mass_cancel))) == 0


def test_both_doors_may_be_used_by_turns(book: OrderBook) -> None:
    book.process(commands({"order": 5, "price": 100, "quantity": 1}))
    assert book.best_bid == 100
    book.cancel(5)
    assert book.process(commands({"kind": 1, "order": 5}))["reason"].tolist() == [
        Reject.UNKNOWN_ORDER
    ]


def test_no_buffer_of_no_rows_is_made() -> None:
    with pytest.raises(ValueError, match="a buffer of 0 rows holds nothing"):
        layout.new_buffer(0)


# -- replay ----------------------------------------------------------------------------------------


def everything() -> Any:
    """Commands of every kind, with every kind of event to follow."""
    clock, bands = {"kind": CommandKind.CLOCK}, {"kind": CommandKind.BANDS}
    stop = {"order_type": OrderType.STOP, "side": BUY, "quantity": 2}
    return commands(
        clock | {"expires": 5},
        {"order": 1, "account": 1, "side": SELL, "price": 105, "quantity": 9, "peak": 2},
        {"order": 2, "account": 2, "side": SELL, "price": 110, "quantity": 4},
        {"order": 3, "account": 3, "price": 95, "quantity": 6, "time_in_force": 3, "expires": 9},
        stop | {"order": 4, "stop_price": 105},
        stop | {"order": 5, "stop_price": 200},
        {"order": 6, "account": 1, "price": 105, "quantity": 4, "self_trade_prevention": 4},
        {"order": 7, "account": 7, "price": 105, "quantity": 3},
        {"order": 8, "account": 8, "price": 90, "quantity": 0},
        {"kind": CommandKind.AMEND, "order": 2, "price": 109, "quantity": 6},
        {"kind": CommandKind.REDUCE, "order": 2, "quantity": 1},
        bands | {"price": 50, "stop_price": 150, "quantity": 2, "detail": BreachAction.AUCTION},
        {"order": 9, "account": 9, "price": 112, "quantity": 3},
        {"order": 10, "account": 9, "side": SELL, "price": 105, "quantity": 1, "peak": 1},
        {"kind": CommandKind.UNCROSS},
        clock | {"expires": 9},
        {"order": 11, "account": 11, "price": 100, "quantity": 5, "peak": 2},
        {"kind": CommandKind.MASS_CANCEL, "account": 9},
    )


@pytest.mark.parametrize("rules", [BookRules(), BookRules(unique_ids=True, collar_ticks=50)])
def test_a_book_is_rebuilt_from_its_events(rules: BookRules) -> None:
    book = OrderBook(rules)
    events = book.process(everything())
    assert set(events["kind"].tolist()) == set(EventKind)
    twin = OrderBook.replay(events, rules)
    assert twin.state_hash() == book.state_hash()
    assert twin.orders() == book.orders()
    assert twin.waiting_stops() == book.waiting_stops()
    later = commands({"order": 20, "side": SELL, "price": 1, "quantity": 99})
    assert np.array_equal(twin.process(later), book.process(later))
    audit(twin.snapshot())


def test_events_of_several_batches_are_one_story() -> None:
    book, batch = OrderBook(), everything()
    parts = [book.process(batch[:7]), book.process(batch[7:])]
    assert OrderBook.replay(np.concatenate(parts, dtype=EVENT)).state_hash() == book.state_hash()


def test_a_book_of_no_events_is_new() -> None:
    assert OrderBook.replay(np.zeros(0, EVENT)).state_hash() == OrderBook().state_hash()


_ACCEPTED = {"kind": EventKind.ACCEPTED, "order": 1, "side": SELL, "price": 101, "quantity": 5}
_TRADE = {"kind": EventKind.TRADE, "order": 2, "price": 101, "quantity": 5, "maker_order": 1}


@pytest.mark.parametrize(
    ("story", "message"),
    [
        ([_TRADE], r"event 0 \(TRADE of order 2\) cannot have followed"),
        ([_ACCEPTED, _TRADE, _TRADE], r"event 2 \(TRADE of order 2\)"),
        ([_ACCEPTED, _TRADE | {"quantity": 6}], r"event 1 \(TRADE of order 2\)"),
        ([_ACCEPTED, _TRADE | {"detail": 1}], r"event 1 \(TRADE of order 2\)"),
        ([_ACCEPTED, _ACCEPTED], r"event 1 \(ACCEPTED of order 1\)"),
        ([{"kind": EventKind.TRIGGERED, "order": 3}], r"event 0 \(TRIGGERED of order 3\)"),
        ([_ACCEPTED, _ACCEPTED | {"kind": EventKind.TRIGGERED}], r"event 1 \(TRIGGERED of order 1"),
    ],
)
def test_events_that_do_not_follow_from_each_other_are_no_story(
    story: list[dict[str, int]], message: str
) -> None:
    with pytest.raises(ReplayError, match=message):
        OrderBook.replay(happened(*story))


@pytest.mark.parametrize(
    "event",
    [
        {"kind": 0},
        {"kind": 99},
        _ACCEPTED | {"side": 2},
        _ACCEPTED | {"quantity": -3},
        {"kind": EventKind.SESSION, "detail": 4},
    ],
)
def test_what_no_book_writes_is_no_event(event: dict[str, int]) -> None:
    with pytest.raises(ReplayError, match="event 0"):
        OrderBook.replay(happened(event))


def test_commands_are_no_events() -> None:
    with pytest.raises(TypeError, match=r"expected one dimension of sim\.matching\.layout\.EVENT"):
        OrderBook.replay(np.zeros(3, COMMAND))


# -- snapshots -------------------------------------------------------------------------------------


def test_a_snapshot_outlives_the_book_it_was_taken_from(book: OrderBook) -> None:
    snapshot, before = book.snapshot(), book.state_hash()
    book.submit_market(5, 15, BUY, 20)
    book.restore(snapshot)
    assert book.state_hash() == before


def test_a_restored_book_leaves_its_snapshot_as_it_was(book: OrderBook) -> None:
    snapshot = book.snapshot()
    copy = snapshot.copy()
    book.restore(snapshot)
    book.submit_market(5, 15, BUY, 20)
    assert np.array_equal(snapshot, copy)


def test_restoring_brings_rules_session_bands_and_clock_with_it(book: OrderBook) -> None:
    strict = OrderBook(BookRules(tick=5, lot=2))
    strict.set_clock(77)
    strict.set_bands(50, 150)
    strict.set_phase(Phase.AUCTION)
    book.restore(strict.snapshot())
    assert (book.clock, book.phase, len(book)) == (77, Phase.AUCTION, 0)
    refused = [
        book.submit_limit(1, 7, BUY, 101, 2),
        book.submit_limit(1, 7, BUY, 100, 3),
        book.submit_limit(1, 7, BUY, 155, 2),
        book.submit_limit(1, 7, BUY, 100, 2, TimeInForce.GTD, expires=77),
        book.submit_market(1, 7, BUY, 2),
    ]
    assert [event.reason for (event,) in refused if isinstance(event, Rejected)] == [
        Reject.PRICE_OFF_TICK,
        Reject.QUANTITY_OFF_LOT,
        Reject.PRICE_BAND,
        Reject.EXPIRED,
        Reject.NOT_IN_AUCTION,
    ]


@pytest.mark.parametrize(
    ("snapshot", "message"),
    [
        (np.zeros(500, np.int64), "has layout 0x0; expected"),
        (np.zeros(500), "this has dtype float64 and shape"),
        (np.zeros(3, np.int64), r"shape \(3,\)"),
        (np.zeros((2, 300), np.int64), r"shape \(2, 300\)"),
        (OrderBook().snapshot()[:-1], "words; its header says"),
    ],
)
def test_what_is_no_snapshot_is_not_restored(book: OrderBook, snapshot: Any, message: str) -> None:
    before = book.state_hash()
    with pytest.raises(SnapshotError, match=message):
        book.restore(snapshot)
    assert book.state_hash() == before


# -- several books ---------------------------------------------------------------------------------


def test_several_books_know_nothing_of_each_other(book: OrderBook) -> None:
    other = OrderBook(BookRules(unique_ids=True))
    before = book.state_hash()
    other.set_bands(90, 110, 1, BreachAction.HALT)
    other.set_clock(99)
    other.submit_limit(1, 7, BUY, 101, 50)
    other.submit_stop(2, 7, BUY, 101, 1)
    other.submit_market(3, 8, SELL, 1)
    other.set_phase(Phase.CLOSED)
    assert book.state_hash() == before
    assert other.orders() == [RestingOrder(BUY, 101, 1, 7, quantity=49, shown=49)]


def test_books_that_take_turns_do_as_if_each_were_alone() -> None:
    batch = everything()
    alone = [OrderBook(rules) for rules in (BookRules(), BookRules(collar_ticks=3))]
    together = [OrderBook(rules) for rules in (BookRules(), BookRules(collar_ticks=3))]
    expected = [book.process(batch).tobytes() for book in alone]
    rows = [b"", b""]
    for row in range(len(batch)):
        for place, book in enumerate(together):
            rows[place] += book.process(batch[row : row + 1]).tobytes()
    assert rows == expected
    assert [book.state_hash() for book in together] == [book.state_hash() for book in alone]
