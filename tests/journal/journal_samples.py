"""Small runs for the tests of the journal: events of every kind, order flows, and ways to write them."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import numpy as np
import polars as pl
from hypothesis import strategies as st

from sim.events import KINDS, Event, schema_of
from sim.events.codes import ClientClass, Code, Rail
from sim.journal import Journal, coded, table_schema
from sim.units import SYMBOLS

HEADER = {"name": "sample", "seed": 7}
START_US = 1_700_000_000_000_000

Frames = dict[str, pl.DataFrame]

_INT64 = st.integers(-(2**63), 2**63 - 1)
_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def values(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw payloads of a kind: any value its columns can hold."""
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for field in attrs.fields(KINDS[kind]):
        expected: Any = field.type
        if field.name in {"time_us", "cause"}:
            continue
        if issubclass(expected, Code):
            drawn[field.name] = st.sampled_from(list(expected))
        else:
            drawn[field.name] = {int: _INT64, str: _TEXT, bool: st.booleans()}[expected]
    return st.fixed_dictionaries(drawn)


@st.composite
def histories(
    draw: st.DrawFn, kinds: Sequence[str] = tuple(KINDS), max_size: int = 30
) -> list[Event]:
    """Draw events in the order of time, with causes in the past."""
    events: list[Event] = []
    time_us = draw(st.integers(-(2**40), 2**50))
    for _ in range(draw(st.integers(0, max_size))):
        kind = draw(st.sampled_from(kinds))
        time_us += draw(st.integers(0, 2**20))
        cause = draw(st.integers(0, len(events)))
        events.append(KINDS[kind](time_us=time_us, cause=cause, **draw(values(kind))))
    return events


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Make a folder in memory where the system has such, so that a hundred small runs need not wait for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def happened(kind: str, time_us: int, **payload: Any) -> Event:
    """Build an event by the name of its kind."""
    return KINDS[kind](time_us=time_us, **payload)


def control_events(count: int) -> list[Event]:
    """Build a plain history of control events of five kinds."""
    return [_control_event(number) for number in range(count)]


def _control_event(number: int) -> Event:
    time_us, client = START_US + number * 1000, 101 + number % 17
    if number == 0:
        return happened("run_started", time_us, seed=7)
    if number % 4 == 0:
        wealth = number * 10**6
        return happened(
            "prospect_arrived",
            time_us,
            client=client,
            client_class=ClientClass.RETAIL,
            net_worth_minor=wealth,
        )
    if number % 4 == 1:
        return happened(
            "knowledge_tested",
            time_us,
            cause=number,
            client=client,
            attempt=1,
            passed=bool(number % 3),
        )
    if number % 4 == 2:
        return happened(
            "rule_changed", time_us, rule="onb.kyc", value="10 %", unit="share", status="è"
        )
    return happened(
        "deposit_credited",
        time_us,
        cause=number - 1,
        deposit=number,
        client=client,
        rail=Rail.FPS,
        asset="HKD",
        amount_minor=10**10,
        elapsed_us=number,
    )


def order_flow(events: int, seed: int = 1, first_seq: int = 1, start_us: int = START_US) -> Frames:
    """Build an order flow as a venue logs it: half new orders, two fifths cancels, a tenth trades.

    Prices walk, sizes are lognormal, four in five orders come from eight market makers.
    """
    draws = np.random.default_rng(seed)
    seq = np.arange(first_seq, first_seq + events)
    kind = draws.choice(3, events, p=[0.5, 0.4, 0.1])
    symbol = draws.choice(len(SYMBOLS), events, p=[0.6, 0.1, 0.2, 0.1])
    walk = np.exp(np.cumsum(draws.normal(0, 1e-5, events)))
    price = (np.array([200_000, 260_000, 15_000, 19_000])[symbol] * walk).astype(np.int64)
    is_maker = draws.random(events) < 0.8
    lots = 1 + draws.lognormal(6, 1.5, events).astype(np.int64)
    order = np.cumsum(kind == 0)
    columns: dict[str, np.ndarray[Any, Any]] = {
        "seq": seq,
        "time_us": start_us + np.cumsum(draws.exponential(200_000, events).astype(np.int64)),
        "cause": np.where(kind == 2, seq - 1, 0),
        "rule": np.zeros(events, np.int64),
        "order": np.where(kind == 0, order, np.maximum(order - draws.geometric(1 / 40, events), 1)),
        "client": np.where(
            is_maker, draws.integers(1, 9, events), draws.integers(101, 20_101, events)
        ),
        "instrument": symbol,
        "side": draws.integers(0, 2, events),
        "order_type": (draws.random(events) < 0.05).astype(np.int64),
        "time_in_force": (draws.random(events) < 0.1).astype(np.int64),
        "price_ticks": price + 5 * draws.geometric(0.2, events),
        "quantity_lots": lots,
        "remaining_lots": lots,
        "reason": np.zeros(events, np.int64),
        "taker_side": draws.integers(0, 2, events),
        "taker_order": order,
        "maker_order": np.maximum(order - draws.geometric(1 / 40, events), 1),
        "taker": draws.integers(101, 20_101, events),
        "maker": draws.integers(1, 9, events),
        "taker_fee_minor": price * lots * 3 // 2,
        "maker_fee_minor": price * lots,
    }
    names = ("order_accepted", "order_cancelled", "trade")
    return {name: _table(name, columns, kind == code) for code, name in enumerate(names)}


def _table(
    kind: str, columns: Mapping[str, np.ndarray[Any, Any]], chosen: np.ndarray[Any, Any]
) -> pl.DataFrame:
    made = []
    for column in schema_of(kind).columns:
        cells = np.ascontiguousarray(columns[column.name][chosen])
        names = {"rule": ("",), "instrument": SYMBOLS}.get(column.name) or column.type
        if isinstance(names, tuple):
            made.append(coded(cells, names, column.type).alias(column.name))
        else:
            made.append(pl.Series(column.name, cells))
    return pl.DataFrame(made, schema=table_schema(kind))


BATCH = 500


def order_batch(number: int) -> Frames:
    """Build batch 0, 1, 2… of an endless order flow."""
    return order_flow(
        BATCH, number, first_seq=number * BATCH + 1, start_us=START_US + number * 10**9
    )


def order_batches(events: int) -> Frames:
    """Build the first events of the endless order flow."""
    batches = [order_batch(number) for number in range(-(-events // BATCH))]
    joined = {kind: pl.concat([batch[kind] for batch in batches]) for kind in batches[0]}
    return rows_between(joined, 1, events + 1)


def rows_between(frames: Frames, first_seq: int, next_seq: int) -> Frames:
    """Cut the rows with first_seq <= seq < next_seq out of every kind."""
    inside = pl.col("seq").is_between(first_seq, next_seq, closed="left")
    return {kind: frame.filter(inside) for kind, frame in frames.items()}


def write_controls(run_dir: Path, events: Iterable[Event], segment_events: int = 10) -> str:
    """Write a complete run of control events; returns its head."""
    with Journal.create(run_dir, HEADER, segment_events) as journal:
        for event in events:
            journal.append(event)
        return journal.complete({"wall_s": 1.5})


def lived_again(run_dir: Path, events: Iterable[Event]) -> str:
    """Resume a stopped run of control events to its end; returns the head."""
    with Journal.resume(run_dir, HEADER) as journal:
        for event in events:
            journal.append(event)
        return journal.complete({})


def write_mixed(run_dir: Path, orders: int = 60, segment_events: int = 25) -> str:
    """Write a complete run of both planes, with an attachment; returns its head."""
    controls = control_events(12)
    attachments = {"scenario.toml": b'name = "sample"\n'}
    with Journal.create(run_dir, HEADER, segment_events, attachments) as journal:
        for event in controls:
            journal.append(event)
        journal.append_rows(order_flow(orders, first_seq=13), 13 + orders)
        last_us = START_US + orders * 10**9
        journal.append(happened("run_ended", last_us, reason="horizon"))
        return journal.complete({"wall_s": 1.5})


ROOT = Path(__file__).parents[2]


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this folder's process script to its end and return what it printed."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def command(*arguments: str) -> list[str]:
    """Command line of this folder's process script, to be started in ROOT."""
    return [sys.executable, "-m", "tests.journal.journal_process", *arguments]
