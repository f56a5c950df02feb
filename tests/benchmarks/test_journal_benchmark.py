"""How fast a run's log is written, verified and read. Every benchmark asserts the work it did."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.events import KINDS
from sim.journal import Journal, RunLog, coded, verify
from sim.journal.digest import table_digest
from sim.units import SYMBOLS
from tests.journal.journal_samples import Frames, control_events, order_flow

ORDERS = 1 << 20
BATCH = 1 << 17
CONTROLS = 100_000

Fresh = Callable[[], tuple[tuple[Path], dict[str, object]]]


@pytest.fixture(scope="module")
def batches() -> list[Frames]:
    """A million order events of a realistic flow, in the batches of an order plane."""
    flow = order_flow(ORDERS)
    bounds = range(1, ORDERS + 1, BATCH)
    seq = pl.col("seq")
    return [
        {kind: rows.filter(seq.is_between(first, first + BATCH - 1)) for kind, rows in flow.items()}
        for first in bounds
    ]


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    """Give every round a run folder of its own and remove the one before."""
    count = iter(range(1000))

    def setup() -> tuple[tuple[Path], dict[str, object]]:
        number = next(count)
        shutil.rmtree(tmp_path / str(number - 1), ignore_errors=True)
        return (tmp_path / str(number),), {}

    return setup


def write_orders(run_dir: Path, batches: list[Frames]) -> RunLog:
    with Journal.create(run_dir, {"seed": 1}) as journal:
        for batch in batches:
            journal.append_rows(batch, journal.next_seq + BATCH)
        journal.complete({})
    return RunLog.open(run_dir)


def timed(
    benchmark: BenchmarkFixture, rows: int, work: Callable[..., Any], *args: Any, **options: Any
) -> Any:
    """Run the work three times; note rows a second and, for a shared machine, processor time a row."""
    spent_s = []

    def counted(*inner: Any) -> Any:
        begun_s = time.process_time()
        result = work(*inner)
        spent_s.append(time.process_time() - begun_s)
        return result

    result = benchmark.pedantic(counted, args, rounds=3, **options)  # type: ignore[no-untyped-call]
    benchmark.extra_info["cpu_us_per_row"] = round(min(spent_s) / rows * 1e6, 3)
    if benchmark.stats:
        benchmark.extra_info["rows_per_s"] = round(rows / benchmark.stats.stats.min)
    return result


@pytest.mark.benchmark(group="journal write")
def test_order_rows_are_written(
    benchmark: BenchmarkFixture, fresh: Fresh, batches: list[Frames]
) -> None:
    log = timed(benchmark, ORDERS, write_orders, setup=lambda: ((*fresh()[0], batches), {}))
    assert log.events == ORDERS
    for kind in batches[0]:
        assert log.scan(kind).select(pl.len()).collect().item() == sum(
            batch[kind].height for batch in batches
        )
    size = sum(path.stat().st_size for path in log.run_dir.rglob("*") if path.is_file())
    benchmark.extra_info["bytes_per_event"] = round(size / ORDERS, 2)
    assert size / ORDERS < 16


@pytest.mark.benchmark(group="journal write")
def test_control_events_are_written(benchmark: BenchmarkFixture, fresh: Fresh) -> None:
    events = control_events(CONTROLS)

    def write(run_dir: Path) -> RunLog:
        with Journal.create(run_dir, {"seed": 1}) as journal:
            for event in events:
                journal.append(event)
            journal.complete({})
        return RunLog.open(run_dir)

    log = timed(benchmark, CONTROLS, write, setup=fresh)
    assert log.events == CONTROLS
    assert sum(log.scan(kind).select(pl.len()).collect().item() for kind in log.kinds) == CONTROLS


@pytest.mark.benchmark(group="journal write")
def test_a_million_rows_are_digested(benchmark: BenchmarkFixture, batches: list[Frames]) -> None:
    tables = {kind: pl.concat([batch[kind] for batch in batches]) for kind in batches[0]}
    found = timed(
        benchmark, ORDERS, lambda: [table_digest(kind, 1, table) for kind, table in tables.items()]
    )
    leaves = sum(len(digest.leaves) for digest in found)
    assert leaves == sum(-(-table.height // 8192) for table in tables.values())


@pytest.mark.benchmark(group="journal write")
@pytest.mark.parametrize("dtype", ["string", SYMBOLS], ids=["string", "enum"])
def test_a_million_codes_become_names(
    benchmark: BenchmarkFixture, dtype: "str | tuple[str, ...]"
) -> None:
    codes = np.arange(ORDERS) % len(SYMBOLS)
    column = benchmark(coded, codes, SYMBOLS, dtype)
    assert column.len() == ORDERS
    assert column[-1] == SYMBOLS[(ORDERS - 1) % len(SYMBOLS)]


@pytest.mark.benchmark(group="journal read")
def test_a_million_events_are_verified(
    benchmark: BenchmarkFixture, tmp_path: Path, batches: list[Frames]
) -> None:
    log = write_orders(tmp_path / "run", batches)
    found = timed(benchmark, ORDERS, verify, tmp_path / "run", log.head)
    assert found.problems == ()
    assert found.valid_events == ORDERS


@pytest.mark.benchmark(group="journal read")
def test_control_events_are_read_back(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    events = control_events(CONTROLS)
    with Journal.create(tmp_path / "run", {"seed": 1}) as journal:
        for event in events:
            journal.append(event)
        journal.complete({})
    log = RunLog.open(tmp_path / "run")
    count = timed(benchmark, CONTROLS, lambda: sum(1 for _ in log.control_events()))
    assert count == CONTROLS
    assert [event for _, event in log.events_of(KINDS)] == events
