"""Timing: who runs when, what is compared, and what a contender that errs looks like."""

from collections.abc import Sequence
from typing import Any

import pytest

from sim.bench.contender import Contender, Keep, Kind, Runner
from sim.bench.doors import PlainRunner
from sim.bench.outcome import Reported
from sim.bench.roster import OURS
from sim.bench.suite import Results, Settings, StreamResult
from sim.bench.timing import Ratio, ratio_of, time_stream
from sim.bench.workload import Workload
from tests.bench.small_streams import small_flow

BATCH, _, ORDERS, PLAIN = OURS


@pytest.fixture(scope="module")
def workload() -> Workload:
    """A small flow with every operation."""
    return small_flow("amend")


class Careless(PlainRunner):
    """A plain book that forgets the last command."""

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        self._rows = self._rows[:-40]


class Broken(Runner):
    """A book that falls over."""

    def __init__(self, workload: Workload) -> None:
        pass

    def fresh(self) -> None:
        pass

    def run(self, keep: Keep) -> None:  # noqa: ARG002 - it never comes to that
        raise OverflowError("32 bits are\nnot enough")

    def report(self, kept: Sequence[Any] | None) -> Reported:  # noqa: ARG002 - as above
        raise AssertionError("it never ran")


class Changing(PlainRunner):
    """A book that is right when it is looked at closely and wrong on the clock."""

    runs = 0

    def report(self, kept: Sequence[Any] | None) -> Reported:
        figures = dict(super().report(kept))
        if kept is None:
            figures["best_bid"] = 1
        return figures


def peer(name: str, make: Any) -> Contender:
    return Contender(name, Kind.PEER, make, "list a call", package="numpy")


def test_everyone_is_timed_as_often_as_asked_and_the_doors_once_more_for_each_other(
    workload: Workload,
) -> None:
    remarks: list[tuple[float, str]] = []
    batch, orders, plain, other = time_stream(
        workload,
        [BATCH, ORDERS, PLAIN, peer("other", PlainRunner)],
        3,
        lambda done, remark: remarks.append((done, remark)),
    )
    assert [len(timing.seconds) for timing in (batch, orders, plain, other)] == [6, 6, 3, 3]
    assert set(orders.ratios) == {"batch"}
    assert set(plain.ratios) == set(other.ratios) == {"batch", "orders"}
    assert batch.ratios == {}
    for timing in (batch, orders, plain, other):
        assert timing.work == "every fill"
        assert min(timing.seconds) > 0
        assert not timing.is_wrong
    shares = [done for done, _ in remarks]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
    names = [remark.removeprefix("small amend: ") for _, remark in remarks]
    pairs = ["batch", "orders", "plain", "plain", "orders", "batch", "batch", "orders", "plain"]
    assert names[:12] == ["batch", "orders", "plain", *pairs]


def test_our_doors_are_timed_when_nobody_else_takes_part(workload: Workload) -> None:
    batch, orders = time_stream(workload, [BATCH, ORDERS], 2)
    assert len(batch.seconds) == len(orders.seconds) == 2


def test_a_stream_without_a_door_of_ours_has_nothing_to_compare_with(workload: Workload) -> None:
    with pytest.raises(ValueError, match="expected one of batch, orders"):
        time_stream(workload, [PLAIN], 1)


def test_a_book_that_does_not_do_the_work_is_found_out(workload: Workload) -> None:
    _, careless = time_stream(workload, [BATCH, peer("careless", Careless)], 1)
    assert careless.is_wrong
    assert "checksum" in careless.differences
    assert careless.work.startswith("differs: resting orders ")


def test_a_book_that_is_wrong_on_the_clock_only_is_found_out_too(workload: Workload) -> None:
    _, changing = time_stream(workload, [BATCH, peer("changing", Changing)], 1)
    expected = workload.outcome.best_bid
    assert changing.differences == (f"best bid 1, expected {expected:,}",)


def test_a_peer_that_falls_over_leaves_the_others_running(workload: Workload) -> None:
    contenders = [BATCH, peer("broken", Broken), PLAIN]
    batch, broken, plain = time_stream(workload, contenders, 2)
    assert broken.failure == "OverflowError: 32 bits are not enough"
    assert broken.work == f"failed: {broken.failure}"
    assert broken.median_s is None
    assert len(batch.seconds) == len(plain.seconds) == 2


def test_the_doors_have_times_even_if_every_other_book_falls_over(workload: Workload) -> None:
    batch, _ = time_stream(workload, [BATCH, peer("broken", Broken)], 2)
    assert len(batch.seconds) == 2


def test_a_book_of_our_own_that_falls_over_is_a_defect(workload: Workload) -> None:
    ours = Contender("broken", Kind.PLAIN, Broken, "never")
    with pytest.raises(OverflowError):
        time_stream(workload, [BATCH, ours], 1)


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratio_of([1.0, 2.0, 4.0], [3.0, 4.0, 20.0]) == Ratio(median=3.0, least=2.0, most=5.0)
    with pytest.raises(ValueError, match="zip"):
        ratio_of([1.0], [1.0, 2.0])


def test_only_what_is_our_own_can_make_a_measurement_fail(workload: Workload) -> None:
    from sim.bench.machine import this_machine

    own = Contender("careless-own", Kind.PLAIN, Careless, "list a call")
    timings = time_stream(workload, [BATCH, own, peer("careless", Careless)], 1)
    results = Results(
        this_machine(), Settings(), (StreamResult(workload, timings, {}),), (), {}, "on"
    )
    (defect,) = results.defects
    assert defect.startswith("small amend: careless-own: differs: resting orders ")
