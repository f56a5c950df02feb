"""The compiled core against the plain-Python oracle, through every door."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.matching import batch, core
from sim.matching.book import OrderBook
from sim.matching.layout import BUFFER_HEADER, EVENT, EVENT_WIDTH
from tests.matching.arena_audit import audit
from tests.matching.doors import (
    as_called,
    as_typed,
    assert_same_book,
    book_with,
    call,
    core_rules,
    joined,
    row_of,
    rows_of,
)
from tests.matching.reference_book import State
from tests.matching.reference_matcher import ReferenceMatcher
from tests.matching.reference_rules import (
    ACCEPTED,
    CANCEL,
    CANCELLED,
    CLOCK_SET,
    IOC,
    LIMIT,
    MARKET,
    NEW,
    REJECTED,
    STOP,
    TRADE,
    UNCROSSED,
    Command,
    ReferenceRules,
    Refusal,
    Row,
    Why,
    Words,
)
from tests.matching.streams import (
    as_batch,
    auction_stream,
    auctions,
    dense_stream,
    extreme_streams,
    full_stream,
    mixed_stream,
    prices,
    random_rules,
    rules,
    streams,
)

any_stream = st.one_of(streams, streams, extreme_streams)


def answers(oracle: ReferenceMatcher, commands: list[Command]) -> list[Row]:
    return [row for command in commands for row in oracle.execute(command)]


@settings(max_examples=250, deadline=None)
@given(book_rules=rules, commands=any_stream, price=prices)
def test_one_call_a_command_gives_the_events_and_the_book_of_the_oracle(
    book_rules: ReferenceRules, commands: list[Command], price: int
) -> None:
    book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
    for command in commands:
        called = as_called(Words._make(command))
        if called is None:
            continue
        before = book.state_hash()
        events = [row_of(event) for event in call(book, called)]
        rows = oracle.execute(called)
        assert events == [as_typed(row) for row in rows]
        if rows and rows[0][0] == REJECTED:
            assert book.state_hash() == before
    assert_same_book(book, oracle, price)
    audit(book.snapshot())


@settings(max_examples=250, deadline=None)
@given(book_rules=rules, commands=any_stream, price=prices, data=st.data())
def test_batches_cut_anywhere_give_the_events_and_the_book_of_the_oracle(
    book_rules: ReferenceRules, commands: list[Command], price: int, data: st.DataObject
) -> None:
    book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(commands)), max_size=3)))
    for start, end in zip([0, *cuts], [*cuts, len(commands)], strict=True):
        part = commands[start:end]
        assert rows_of(book.process(as_batch(part))) == answers(oracle, part)
        assert_same_book(book, oracle, price)
        audit(book.snapshot())


@settings(max_examples=400, deadline=None)
@given(market_pressure=st.booleans(), commands=auctions)
def test_a_call_auction_gives_the_events_and_the_book_of_the_oracle(
    market_pressure: bool, commands: list[Command]
) -> None:
    book_rules = ReferenceRules(market_pressure=market_pressure)
    book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
    collecting, uncross = commands[:-1], Words._make(commands[-1])
    assert rows_of(book.process(as_batch(collecting))) == answers(oracle, collecting)
    assert book.indicative(uncross.price or None) == oracle.book.indicative(uncross.price or None)
    assert rows_of(book.process(as_batch([uncross]))) == oracle.execute(uncross)
    assert_same_book(book, oracle)


@pytest.mark.parametrize("market_pressure", [True, False])
def test_thousands_of_call_auctions_give_the_events_of_the_oracle(market_pressure: bool) -> None:
    book_rules = ReferenceRules(market_pressure=market_pressure)
    commands = auction_stream(4_000, seed=1)
    expected = answers(ReferenceMatcher(book_rules), commands.tolist())
    assert rows_of(book_with(book_rules).process(commands)) == expected
    surplus = Counter(np.sign(row[12]) for row in expected if row[0] == UNCROSSED and row[11])
    assert min(surplus[sign] for sign in (-1, 0, 1)) > 500


@settings(max_examples=150, deadline=None)
@given(book_rules=rules, commands=any_stream, data=st.data())
def test_a_snapshot_restored_in_mid_flow_changes_nothing(
    book_rules: ReferenceRules, commands: list[Command], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(commands)))
    original, copy = book_with(book_rules), OrderBook(order_capacity=3)
    original.process(as_batch(commands[:cut]))
    snapshot = original.snapshot()
    kept = snapshot.copy()
    copy.restore(snapshot)
    assert copy.state_hash() == original.state_hash()
    later = as_batch(commands[cut:])
    assert rows_of(copy.process(later)) == rows_of(original.process(later))
    assert copy.state_hash() == original.state_hash()
    assert np.array_equal(snapshot, kept)
    audit(copy.snapshot())


@settings(max_examples=150, deadline=None)
@given(book_rules=rules, commands=any_stream, data=st.data())
def test_a_book_replayed_from_its_events_goes_on_like_the_oracle(
    book_rules: ReferenceRules, commands: list[Command], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(commands)))
    book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
    events = book.process(as_batch(commands[:cut]))
    answers(oracle, commands[:cut])
    replayed = OrderBook.replay(events, core_rules(book_rules))
    assert replayed.state_hash() == book.state_hash()
    assert_same_book(replayed, oracle)
    audit(replayed.snapshot())
    later = commands[cut:]
    assert rows_of(replayed.process(as_batch(later))) == answers(oracle, later)


@pytest.mark.parametrize("seed", range(60))
def test_a_dense_stream_gives_the_events_and_the_book_of_the_oracle(seed: int) -> None:
    commands, book_rules = dense_stream(2_000, seed), random_rules(seed)
    book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
    written = []
    for part in np.array_split(commands, 10):
        events = book.process(part)
        assert rows_of(events) == answers(oracle, part.tolist())
        assert_same_book(book, oracle)
        audit(book.snapshot())
        written.append(events)
    replayed = OrderBook.replay(joined(written), core_rules(book_rules))
    assert replayed.state_hash() == book.state_hash()
    assert_same_book(replayed, oracle)


def test_dense_streams_show_every_kind_of_event_and_every_reason_that_small_words_can_give() -> (
    None
):
    kinds, cancelled, refused = Counter[int](), Counter[Why](), Counter[Refusal]()
    for seed in range(60):
        for row in answers(
            ReferenceMatcher(random_rules(seed)), dense_stream(2_000, seed).tolist()
        ):
            kinds[row[0]] += 1
            if row[0] == CANCELLED:
                cancelled[Why(row[6])] += 1
            if row[0] == REJECTED:
                refused[Refusal(row[6])] += 1
    assert set(kinds) == set(range(ACCEPTED, CLOCK_SET + 1))
    assert set(cancelled) == set(Why)
    assert set(Refusal) - set(refused) == {Refusal.NONE, Refusal.QUANTITY_TOO_LARGE}
    assert min(kinds.values()) > 500


def test_equal_states_and_only_they_have_equal_hashes() -> None:
    hash_of: dict[State, str] = {}
    state_of: dict[str, State] = {}
    visits = 0
    for seed in range(24):
        book_rules = random_rules(seed % 8)
        book, oracle = book_with(book_rules), ReferenceMatcher(book_rules)
        for command in dense_stream(250, seed).tolist():
            book.process(as_batch([command]))
            oracle.execute(command)
            state, digest = oracle.state(), book.state_hash()
            assert hash_of.setdefault(state, digest) == digest
            assert state_of.setdefault(digest, state) == state
            visits += 1
    assert 1_000 < len(hash_of) < visits - 500  # many states, and many of them seen again


@given(order=st.permutations(range(6)), other=st.permutations(range(6)))
def test_the_hash_tells_which_order_came_first_even_across_prices_and_sides(
    order: list[int], other: list[int]
) -> None:
    resting = [Words(NEW, side, order=8 + side, price=99 + 2 * side, quantity=1) for side in (0, 1)]
    resting += [Words(NEW, 0, order=n, price=97 - n % 2, quantity=1) for n in (1, 2)]
    waiting = [Words(NEW, 0, STOP, order=n, stop_price=n, quantity=1) for n in (101, 102)]
    commands = [*resting, *waiting]
    states, hashes = set(), set()
    for arrival in (order, other):
        book, oracle = OrderBook(), ReferenceMatcher()
        for index in arrival:
            book.process(as_batch([commands[index]]))
            oracle.execute(commands[index])
        states.add(oracle.state())
        hashes.add(book.state_hash())
    assert len(hashes) == len(states) == (1 if order == other else 2)


def test_the_hash_does_not_tell_how_the_book_came_to_be() -> None:
    """Orders that trade nothing and leave nothing take numbers of arrival, no more."""
    book_rules = ReferenceRules()
    quiet, noisy = book_with(book_rules), book_with(book_rules, 500)
    oracle = ReferenceMatcher(book_rules)
    noise = as_batch([Words(NEW, time_in_force=IOC, order=10**9, price=1, quantity=1)])
    added = 0
    for command in dense_stream(1_500, 5).tolist():
        quiet.process(as_batch([command]))
        noisy.process(as_batch([command]))
        oracle.execute(command)
        if oracle.book.phase == 0 and oracle.book.bands.low <= 1:
            assert len(noisy.process(noise)) == 2
            added += 1
        assert quiet.state_hash() == noisy.state_hash()
    assert added > 200


@pytest.mark.parametrize("order_capacity", [1, 7, 5_000])
def test_room_for_orders_changes_no_event(order_capacity: int) -> None:
    commands, book_rules = dense_stream(3_000, 3), random_rules(3)
    book = OrderBook(core_rules(book_rules), order_capacity)
    expected = answers(ReferenceMatcher(book_rules), commands.tolist())
    assert rows_of(book.process(commands)) == expected


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_a_buffer_of_any_size_gives_the_same_events(rows: int) -> None:
    commands, book_rules = dense_stream(3_000, 4), random_rules(4)
    expected = answers(ReferenceMatcher(book_rules), commands.tolist())
    arena = core.new_book(1, core_rules(book_rules))
    arena, events = batch.process(arena, commands, core.new_buffer(rows))
    assert rows_of(events) == expected
    audit(arena)


@settings(max_examples=150, deadline=None)
@given(commands=streams)
def test_the_compiled_interface_gives_the_rows_and_statuses_of_the_oracle(
    commands: list[Command],
) -> None:
    book, out, oracle = core.new_book(1), core.new_buffer(500), ReferenceMatcher()
    for command in commands:
        words = Words._make(command)
        plain = Words(words.kind, order=words.order)
        if words.kind == NEW:
            plain = plain._replace(
                side=words.side,
                order_type=words.order_type if words.order_type != STOP else MARKET,
                time_in_force=words.time_in_force,
                account=words.account,
                price=words.price,
                quantity=words.quantity,
            )
        if plain.kind not in {NEW, CANCEL} or plain.order_type not in {LIMIT, MARKET}:
            continue
        while not core.room_for_command(book):
            book = core.grow(book)
        out[0] = 0
        bound = core.events_bound(book)
        if plain.kind == CANCEL:
            status = core.cancel(book, out, plain.order)
        else:
            kinds = (plain.side, plain.order_type, plain.time_in_force)
            status = core.submit(
                book, out, plain.order, plain.account, *kinds, plain.price, plain.quantity
            )
        expected = oracle.execute(plain)
        refused = expected[0][0] == REJECTED
        used = int(out[0])
        rows = out[BUFFER_HEADER : BUFFER_HEADER + used * EVENT_WIDTH].view(EVENT)
        # A refused cancel has no row here: the caller has the reason.
        assert rows_of(rows) == ([] if refused and plain.kind == CANCEL else expected)
        assert status == (expected[0][6] if refused else 0)
        assert used <= bound
    audit(book)


@pytest.mark.parametrize(("seed", "spread"), [(1, 20), (2, 3), (3, 400)])
def test_a_long_plain_stream_gives_the_events_and_the_book_of_the_oracle(
    seed: int, spread: int
) -> None:
    count = 200_000 if seed == 1 else 30_000
    commands = mixed_stream(count, seed, spread)
    book, oracle = OrderBook(order_capacity=1), ReferenceMatcher()
    expected = answers(oracle, commands.tolist())
    assert rows_of(book.process(commands)) == expected
    assert sum(row[0] == TRADE for row in expected) > count // 20
    assert len(book) > 50
    assert_same_book(book, oracle, 10_000)
    audit(book.snapshot())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_long_full_stream_gives_the_events_and_the_book_of_the_oracle(seed: int) -> None:
    commands = full_stream(60_000, seed)
    book, oracle = OrderBook(order_capacity=1), ReferenceMatcher()
    events = book.process(commands)
    assert rows_of(events) == answers(oracle, commands.tolist())
    assert_same_book(book, oracle, 10_000)
    assert OrderBook.replay(events).state_hash() == book.state_hash()
    assert len(book) > 50
    audit(book.snapshot())
