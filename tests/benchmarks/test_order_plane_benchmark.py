"""Order plane with full logging to sealed segments on disk; each benchmark asserts the work it did."""

from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.journal import Journal, RunLog
from tests.flow.small_plane import FIRST_CLIENT, HKD, SmallPlane

DAYS = 40
CLIENTS = 500


def lively(log_level: str) -> SmallPlane:
    small = SmallPlane(
        clients=CLIENTS, days=DAYS, makers=2, arbitrageurs=1, log_level=log_level, seed=7
    )
    small.activate_all(limit_minor=25_000 * HKD)
    return small


@pytest.fixture(scope="module", autouse=True)
def _warm_kernels() -> None:
    """Compile outside the measured time."""
    small = lively("full")
    small.plane.advance(small.end_us)


@pytest.mark.benchmark(group="order plane")
def test_kernel_without_a_log(benchmark: BenchmarkFixture) -> None:
    def fresh() -> tuple[tuple[SmallPlane], dict[str, object]]:
        return (lively("control"),), {}

    done: list[SmallPlane] = []

    def advance(small: SmallPlane) -> None:
        small.plane.advance(small.end_us)
        done.append(small)

    benchmark.pedantic(advance, setup=fresh, rounds=5)  # type: ignore[no-untyped-call]
    events = {small.plane.order_events for small in done}
    assert len(events) == 1
    assert events.pop() > 500_000
    assert done[0].journal.next_seq == 1


@pytest.mark.benchmark(group="order plane")
def test_kernel_with_every_event_sealed_on_disk(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    folders = (tmp_path / str(number) for number in count())

    def fresh() -> tuple[tuple[SmallPlane, Journal, Path], dict[str, object]]:
        small, folder = lively("full"), next(folders)
        journal = Journal.create(folder, {"benchmark": "order plane"})
        small.plane._journal = journal
        journal.attach_source(small.plane.drain)
        return (small, journal, folder), {}

    heads: list[str] = []
    done: list[tuple[SmallPlane, Path]] = []

    def advance(small: SmallPlane, journal: Journal, folder: Path) -> None:
        small.plane.advance(small.end_us)
        heads.append(journal.complete({}))
        done.append((small, folder))

    benchmark.pedantic(advance, setup=fresh, rounds=5)  # type: ignore[no-untyped-call]
    assert len(set(heads)) == 1
    small, folder = done[0]
    log = RunLog.open(folder)
    kinds = ("order_accepted", "order_refused", "trade", "order_cancelled")
    logged = sum(log.scan(kind).collect().height for kind in kinds)
    assert logged == small.plane.order_events > 500_000
    clients = log.scan("order_accepted").collect()["client"]
    assert clients.max() == FIRST_CLIENT + CLIENTS - 1
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    benchmark.extra_info["events"] = logged
    benchmark.extra_info["bytes_per_event"] = round(size / logged, 2)
    assert size / logged < 16
