"""The full set of rules: both doors and the oracle agree, and every rule has something to do."""

import numpy as np
import pytest

from sim.bench.contender import dropping
from sim.bench.full_rules import FullBatchRunner, FullOrdersRunner, happened, with_full_rules
from sim.bench.rules_suite import run_rules_suite
from sim.bench.streams import DEFAULT_SEED
from sim.bench.suite import Settings
from sim.bench.workload import Workload, make_workload
from sim.matching.codes import CommandKind, OrderType, Reject
from tests.bench.small_streams import small_flow
from tests.matching.doors import rows_of
from tests.matching.reference_matcher import ReferenceMatcher, ReferenceRules


@pytest.fixture(scope="module")
def workload() -> Workload:
    """A flow with wide prices and jumps, on which the stops of either side go off."""
    return small_flow("sparse", commands=4_000, orders=400)


def test_the_full_stream_holds_every_command_of_the_plain_one_in_its_order(
    workload: Workload,
) -> None:
    stream = with_full_rules(workload)
    commands = stream.commands
    assert commands[0]["kind"] == CommandKind.BANDS
    stops = np.isin(commands["order_type"], (OrderType.STOP, OrderType.STOP_LIMIT))
    assert stops.sum() == (len(workload) - 1) // 50
    rest = commands[1:][~stops[1:]]
    for field in ("kind", "order", "side", "price", "quantity", "order_type", "time_in_force"):
        assert (rest[field] == workload.commands[field]).all()


def test_the_oracle_writes_the_same_events(workload: Workload) -> None:
    stream = with_full_rules(workload)
    runner = FullBatchRunner(stream)
    runner.run(dropping())
    rules = ReferenceRules(
        max_quantity=stream.rules.max_quantity, collar_ticks=stream.rules.collar_ticks
    )
    oracle = ReferenceMatcher(rules)
    expected = [row for command in stream.commands.tolist() for row in oracle.execute(command)]
    assert rows_of(runner.events) == expected


def test_both_doors_come_to_the_same_fills_and_the_same_book(workload: Workload) -> None:
    stream = with_full_rules(workload)
    batch, orders = FullBatchRunner(stream), FullOrdersRunner(stream)
    kept: list[object] = []
    batch.run(dropping())
    orders.run(kept.append)
    assert batch.report(None) == orders.report(kept)
    assert batch.state_hash() == orders.state_hash()


def test_every_rule_has_something_to_do_on_the_mixed_stream() -> None:
    stream = with_full_rules(make_workload("mixed", DEFAULT_SEED, 150_000))
    runner = FullBatchRunner(stream)
    runner.run(dropping())
    counts = happened(runner.events)
    assert min(counts[name] for name in counts if name != "stopped_by_band_or_collar") > 20
    refusals = runner.events[runner.events["kind"] == 4]
    # Commands that come too late for an order that a rule has removed.
    assert set(refusals["reason"].tolist()) == {Reject.UNKNOWN_ORDER}
    assert len(refusals) < 0.01 * len(stream.commands)


def test_bands_and_collars_stop_somebody_where_prices_jump(workload: Workload) -> None:
    runner = FullBatchRunner(with_full_rules(workload))
    runner.run(dropping())
    assert happened(runner.events)["stopped_by_band_or_collar"] > 0


def test_the_suite_times_both_doors_and_finds_no_defect() -> None:
    settings = Settings(streams=("amend",), rounds=2, commands=3_000, seed=3)
    results = run_rules_suite(settings)
    assert results.defects == ()
    document = results.as_json()
    (stream,) = document["streams"]
    assert stream["commands"] == {"plain": 3_000, "full": 3_060}
    assert [door["door"] for door in stream["doors"]] == ["batch", "orders"]
    for door in stream["doors"]:
        ratio = door["times_as_long"]
        assert 0 < ratio["least"] <= ratio["median"] <= ratio["most"]
        assert min(door["plain_commands_per_s"], door["full_commands_per_s"]) > 0
