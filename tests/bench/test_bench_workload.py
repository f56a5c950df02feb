"""The streams: pinned to the last fill, the same in any length, and agreed with by a plain book."""

import attrs
import numpy as np
import pytest

from sim.bench.errors import BenchError
from sim.bench.outcome import BOOK_FIGURES, FILL_FIGURES, Outcome
from sim.bench.streams import ABOUT, DEFAULT_SEED, STREAMS, Flow
from sim.bench.workload import Operation, flow_workload, make_workload
from sim.matching.codes import CommandKind, OrderType, TimeInForce
from tests.bench.small_streams import play, small_flow

# Each stream with the default seed: the figures of its outcome in order, and how many commands are limit
# orders, cancels, replaces, immediate orders, market orders and reductions.
# fmt: off
GOLDEN: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "mixed": (
        (213_917, 9_316_756, 465_157_942_188, 17_368_959_165_225_270_604,
         14_129, 296, 302, 49_801, 49_809),
        (533_344, 358_298, 49_129, 39_513, 19_716, 0),
    ),
    "amend": (
        (65_626, 2_801_826, 140_160_004_377, 13_932_250_806_033_477_793,
         18_967, 362, 301, 50_072, 50_078),
        (144_157, 72_357, 34_876, 8_348, 5_736, 34_526),
    ),
    "deep": (
        (0, 0, 0, 0,
         200_000, 100_000, 100_000, 100_999, 101_001),
        (200_000, 0, 0, 0, 0, 0),
    ),
    "cancel": (
        (79_212, 3_547_722, 177_364_347_489, 14_691_289_180_497_297_207,
         17_118, 311, 308, 50_054, 50_055),
        (294_496, 200_426, 2_294, 1_883, 901, 0),
    ),
    "sweep": (
        (192_152, 7_903_125, 395_375_287_801, 13_322_979_578_656_273_152,
         20_794, 401, 358, 50_056, 50_063),
        (244_237, 43_085, 0, 1_358, 11_320, 0),
    ),
    "sparse": (
        (74_423, 3_256_055, 1_766_875_654_345, 17_175_817_938_520_048_751,
         1_219, 599, 615, 299_153, 299_905),
        (163_910, 103_428, 14_823, 11_806, 6_033, 0),
    ),
}
# fmt: on
FLOWS = [name for name, stream in STREAMS.items() if isinstance(stream, Flow)]


def test_every_stream_is_pinned_and_described() -> None:
    assert list(GOLDEN) == list(STREAMS) == list(ABOUT)


def test_the_figures_of_an_outcome_are_those_of_its_fills_and_those_of_its_book() -> None:
    assert tuple(attrs.fields_dict(Outcome)) == FILL_FIGURES + BOOK_FIGURES


@pytest.mark.parametrize("name", GOLDEN)
def test_a_stream_is_the_same_to_the_last_fill_on_every_machine(name: str) -> None:
    figures, operations = GOLDEN[name]
    workload = make_workload(name, DEFAULT_SEED)
    assert attrs.astuple(workload.outcome) == figures
    assert tuple(np.bincount(workload.operations, minlength=len(Operation))) == operations
    assert len(workload) == sum(operations) == STREAMS[name].commands
    assert workload.uses() == {kind for kind in Operation if operations[kind]}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_plain_book_comes_to_the_same_outcome(name: str) -> None:
    workload = make_workload(name, DEFAULT_SEED, 60_000)
    assert workload.outcome.differences(play(workload)) == ()


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_plain_book_agrees_on_small_flows_of_any_seed(name: str, seed: int) -> None:
    stream = STREAMS[name]
    assert isinstance(stream, Flow)
    flow = attrs.evolve(stream, commands=4_000, wanted_orders=60, filling_commands=80)
    workload = flow_workload(name, seed, flow, flow.commands)
    assert workload.outcome.differences(play(workload)) == ()
    assert workload.outcome.fills > 50


@pytest.mark.parametrize("name", STREAMS)
def test_a_shorter_stream_is_the_beginning_of_the_longer_one(name: str) -> None:
    short, long = (make_workload(name, 5, count) for count in (7_000, 25_000))
    assert len(short) == 7_000
    assert (short.commands == long.commands[:7_000]).all()
    assert short.rows() == long.rows()[:7_000]


def test_a_stream_is_never_longer_than_it_is() -> None:
    assert len(make_workload("deep", 1, 10**9)) == STREAMS["deep"].commands


def test_another_seed_is_another_stream() -> None:
    first, second = (make_workload("mixed", seed, 1_000) for seed in (1, 2))
    assert (first.commands != second.commands).any()


def test_commands_of_the_core_say_what_the_rows_say() -> None:
    workload = small_flow("amend")
    commands = workload.commands
    executed = workload.executed_lots
    assert executed.max() > 0
    before: dict[int, int] = {}
    for row, command, done in zip(workload.rows(), commands, executed, strict=True):
        operation, order, side, price, lots = row
        assert (command["order"], command["side"], command["price"]) == (order, side, price)
        match Operation(operation):
            case Operation.LIMIT | Operation.IMMEDIATE | Operation.MARKET:
                assert command["kind"] == CommandKind.NEW
                assert command["account"] > 0
                assert command["quantity"] == lots > 0
                is_market = operation == Operation.MARKET
                assert command["order_type"] == (OrderType.MARKET if is_market else OrderType.LIMIT)
                rests = operation == Operation.LIMIT
                assert command["time_in_force"] == (TimeInForce.GTC if rests else TimeInForce.IOC)
            case Operation.CANCEL:
                assert command["kind"] == CommandKind.CANCEL
                assert command["account"] == command["quantity"] == 0
            case Operation.REPLACE:
                assert command["kind"] == CommandKind.AMEND
                assert command["quantity"] == lots + done
                assert price != before[order], "a replace that keeps the price may keep the place"
            case Operation.REDUCE:
                assert command["kind"] == CommandKind.REDUCE
                assert command["quantity"] > 0
                assert lots > 0
        if price:
            before[order] = price


def test_a_stream_that_does_not_exist_is_refused_with_the_ones_that_do() -> None:
    with pytest.raises(BenchError, match="no stream 'mixt'; expected one of mixed, amend"):
        make_workload("mixt", 1)
    with pytest.raises(BenchError, match="a stream of 0 commands; expected at least 1"):
        make_workload("mixed", 1, 0)
