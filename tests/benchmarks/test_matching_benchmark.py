"""How fast the matching core is: single operations, and whole streams through either door.

Every benchmark checks that it did the work: single operations by the book and the events they leave behind,
streams by the outcome that a book of its own has computed for them (`tests/bench` holds that against a third
one). `vatp bench` compares with other books.
"""

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.bench.contender import Runner, dropping
from sim.bench.doors import BatchRunner, OrdersRunner
from sim.bench.streams import DEFAULT_SEED, STREAMS
from sim.bench.workload import Workload, make_workload
from sim.matching.book import OrderBook
from sim.matching.codes import CancelReason, Side
from sim.matching.events import Accepted, Amended, Cancelled, Trade

LEVELS = 500
ORDERS_A_LEVEL = 20
RESTING = 2 * LEVELS * ORDERS_A_LEVEL
MIDDLE = 10_000
LOTS = 10
REPEATS = 5_000
ROUNDS = 10

Operation = Callable[[OrderBook, int], Any]


def full_book() -> OrderBook:
    """Return a book of twenty thousand orders on a thousand prices; ids from 1 on, level by level."""
    book = OrderBook(order_capacity=2 * RESTING)
    order = count(1)
    for distance in range(1, LEVELS + 1):
        for side, price in ((Side.BUY, MIDDLE - distance), (Side.SELL, MIDDLE + distance)):
            for _ in range(ORDERS_A_LEVEL):
                book.submit_limit(next(order), 1, side, price, LOTS)
    return book


def repeated(
    benchmark: BenchmarkFixture, operation: Operation
) -> tuple[OrderBook, list[list[Any]]]:
    """Time an operation on numbers 0 to `REPEATS`, each round on a fresh book; return the last round's."""
    done: list[tuple[OrderBook, list[list[Any]]]] = []
    snapshot = full_book().snapshot()

    def setup() -> tuple[tuple[OrderBook, list[list[Any]]], dict[str, object]]:
        book = OrderBook()
        book.restore(snapshot)
        done[:] = [(book, [])]
        return done[0], {}

    def run(book: OrderBook, answers: list[list[Any]]) -> None:
        keep = answers.append
        for number in range(REPEATS):
            keep(operation(book, number))

    benchmark.pedantic(run, setup=setup, rounds=ROUNDS)  # type: ignore[no-untyped-call]
    if benchmark.stats:
        benchmark.extra_info["ns_per_operation"] = round(
            benchmark.stats.stats.median / REPEATS * 1e9
        )
    return done[0]


@pytest.mark.benchmark(group="micro")
def test_an_order_that_rests(benchmark: BenchmarkFixture) -> None:
    def insert(book: OrderBook, number: int) -> Any:
        return book.submit_limit(RESTING + 1 + number, 2, 0, MIDDLE - 1 - number % LEVELS, LOTS)

    book, answers = repeated(benchmark, insert)
    assert len(book) == RESTING + REPEATS
    assert all([type(event) for event in events] == [Accepted] for events in answers)


@pytest.mark.benchmark(group="micro")
def test_a_cancel(benchmark: BenchmarkFixture) -> None:
    # A step without a common divisor visits every order once, far from the one before.
    def cancel(book: OrderBook, number: int) -> Any:
        return book.cancel(1 + number * 7_919 % RESTING)

    book, answers = repeated(benchmark, cancel)
    assert len(book) == RESTING - REPEATS
    for ((event,),) in zip(answers, strict=True):
        assert isinstance(event, Cancelled)
        assert (event.quantity, event.reason) == (LOTS, CancelReason.REQUESTED)


@pytest.mark.benchmark(group="micro")
def test_an_amendment_to_fewer_lots(benchmark: BenchmarkFixture) -> None:
    def amend(book: OrderBook, number: int) -> Any:
        return book.amend(1 + number * 7_919 % RESTING, quantity=LOTS - 1)

    book, answers = repeated(benchmark, amend)
    assert len(book) == RESTING
    for ((event,),) in zip(answers, strict=True):
        assert isinstance(event, Amended)
        assert (event.quantity, event.kept_place) == (LOTS - 1, True)


@pytest.mark.benchmark(group="micro")
def test_an_amendment_to_another_price(benchmark: BenchmarkFixture) -> None:
    # Bids to other prices below the middle: nothing trades, every order goes to the back of a queue.
    def amend(book: OrderBook, number: int) -> Any:
        place = number * 7_919 % (RESTING // 2)
        level, order = divmod(place, ORDERS_A_LEVEL)
        return book.amend(
            1 + 2 * ORDERS_A_LEVEL * level + order, price=MIDDLE - 1 - (level + 7) % LEVELS
        )

    book, answers = repeated(benchmark, amend)
    assert len(book) == RESTING
    for ((event,),) in zip(answers, strict=True):
        assert isinstance(event, Amended)
        assert (event.side, event.quantity, event.kept_place) == (Side.BUY, LOTS, False)


@pytest.mark.benchmark(group="micro")
def test_an_order_that_takes_one(benchmark: BenchmarkFixture) -> None:
    def take(book: OrderBook, number: int) -> Any:
        return book.submit_market(RESTING + 1 + number, 2, number % 2, LOTS)

    book, answers = repeated(benchmark, take)
    assert len(book) == RESTING - REPEATS
    for accepted, trade in answers:
        assert isinstance(accepted, Accepted)
        assert (type(trade), trade.quantity, trade.maker_remaining) == (Trade, LOTS, 0)


@cache
def stream(name: str) -> Workload:
    """Make a stream once for all benchmarks."""
    return make_workload(name, DEFAULT_SEED)


def timed(benchmark: BenchmarkFixture, workload: Workload, runner: Runner, rounds: int) -> None:
    """Time a whole stream from an empty book; each round must come to the stream's outcome."""

    def setup() -> None:
        runner.fresh()

    benchmark.pedantic(  # type: ignore[no-untyped-call]
        runner.run, (dropping(),), setup=setup, rounds=rounds, warmup_rounds=1
    )
    assert workload.outcome.differences(runner.report(None)) == ()
    if benchmark.stats:
        benchmark.extra_info["commands_per_s"] = round(len(workload) / benchmark.stats.stats.median)


@pytest.mark.benchmark(group="book")
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_through_the_batch_door(benchmark: BenchmarkFixture, name: str) -> None:
    workload = stream(name)
    runner = BatchRunner(workload.commands, reuse=True)
    timed(benchmark, workload, runner, rounds=5)
    assert "checksum" in runner.report(None)


@pytest.mark.benchmark(group="book")
def test_the_mixed_stream_with_one_call_a_command(benchmark: BenchmarkFixture) -> None:
    workload = make_workload("mixed", DEFAULT_SEED, 200_000)
    runner = OrdersRunner(workload)
    timed(benchmark, workload, runner, rounds=3)
    kept: list[Any] = []
    runner.fresh()
    runner.run(kept.append)
    assert workload.outcome.differences(runner.report(kept)) == ()
