"""The order plane over time: agents, slices of time, memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.flow.layout import (
    AVAILABLE,
    BUSINESS_US,
    HELD,
    KIND_ACCEPTED,
    KIND_REFUSED,
    KIND_SAMPLED,
    KIND_TRADE,
    NOW,
    ROW_KIND,
    ROW_PAYLOAD,
    ROW_SEQ,
    ROW_TIME,
    TRADER,
    WAKES,
)
from sim.units import DAY_US, SYMBOLS
from tests.flow.small_plane import FIRST_CLIENT, HKD, START_US, SmallPlane


def lively(log_level: str = "full", seed: int = 1) -> SmallPlane:
    plane = SmallPlane(clients=40, days=3, makers=2, arbitrageurs=1, log_level=log_level, seed=seed)
    plane.activate_all(limit_minor=25_000 * HKD)
    return plane


@settings(max_examples=10)
@given(st.lists(st.integers(1, 3 * DAY_US), max_size=12))
def test_cutting_time_into_slices_changes_no_event(cuts: list[int]) -> None:
    whole, sliced = lively(), lively()
    whole.plane.advance(whole.end_us)
    for cut in [*sorted(cuts), 3 * DAY_US]:
        sliced.plane.advance(START_US + cut)
    assert np.array_equal(whole.journal.all_rows(), sliced.journal.all_rows())


def test_every_type_of_agent_trades_and_money_is_conserved() -> None:
    small = lively()
    before = small.plane.totals()
    small.plane.advance(small.end_us)
    rows = small.journal.all_rows()
    after, fees = small.plane.totals(), small.plane.fees_collected()
    assert {asset: after[asset] + fees[asset] for asset in after} == before
    assert (small.plane.arena.table(AVAILABLE) >= 0).all()
    assert (small.plane.arena.table(HELD) >= 0).all()
    trades = rows[rows[:, ROW_KIND] == KIND_TRADE]
    parties = set(trades[:, ROW_PAYLOAD + 6]) | set(trades[:, ROW_PAYLOAD + 7])
    assert {1, 2, 3} <= parties, "both makers and the arbitrageur"
    types = {(client - FIRST_CLIENT) % 4 for client in parties if client >= FIRST_CLIENT}
    assert types == {0, 1, 2, 3}, "savers, trend followers, contrarians, random traders"
    assert small.plane.trades == len(trades)


def test_rows_are_numbered_without_a_gap_and_in_order_of_time() -> None:
    small = lively()
    small.plane.advance(small.end_us)
    rows = small.journal.all_rows()
    assert rows[:, ROW_SEQ].tolist() == list(range(1, len(rows) + 1))
    assert (np.diff(rows[:, ROW_TIME]) >= 0).all()


def test_the_log_level_leaves_out_rows_but_changes_no_balance() -> None:
    planes = {level: lively(level) for level in ("full", "trades", "control")}
    rows = {}
    for level, small in planes.items():
        small.plane.advance(small.end_us)
        rows[level] = small.journal.all_rows()
    full, trades = rows["full"], rows["trades"]
    assert len(rows["control"]) == 0
    for kind in (KIND_TRADE, KIND_SAMPLED, KIND_REFUSED):
        some = full[full[:, ROW_KIND] == kind][:, ROW_PAYLOAD:]
        assert np.array_equal(some, trades[trades[:, ROW_KIND] == kind][:, ROW_PAYLOAD:])
    clients = trades[trades[:, ROW_KIND] == KIND_ACCEPTED][:, ROW_PAYLOAD + 1]
    assert len(clients)
    assert (clients >= FIRST_CLIENT).all()
    balances = [small.plane.arena.table(AVAILABLE) for small in planes.values()]
    assert np.array_equal(balances[0], balances[1])
    assert np.array_equal(balances[0], balances[2])


def test_market_makers_keep_both_sides_quoted_around_the_reference() -> None:
    small = lively()
    small.plane.advance(small.end_us)
    rows = small.journal.all_rows()
    samples = rows[rows[:, ROW_KIND] == KIND_SAMPLED][len(SYMBOLS) :, ROW_PAYLOAD:]
    bid, ask, reference = samples[:, 1], samples[:, 2], samples[:, 5]
    two_sided = (bid > 0) & (ask > 0)
    assert two_sided.mean() > 0.95
    assert (bid[two_sided] < ask[two_sided]).all()
    middle = (bid[two_sided] + ask[two_sided]) / 2
    assert np.abs(middle / reference[two_sided] - 1).mean() < 0.004


@pytest.mark.parametrize("seed", [1, 2])
def test_small_buffers_grow_without_changing_an_event(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = lively(seed=seed)
    plain.plane.advance(plain.end_us)
    monkeypatch.setattr("sim.flow.build.ORDERS_CAPACITY", 1)
    monkeypatch.setattr("sim.flow.build.ROWS_CAPACITY", 2_000)
    tight = lively(seed=seed)
    before = [book.size for book in tight.plane.arena.books]
    tight.plane.advance(tight.end_us)
    assert [book.size for book in tight.plane.arena.books] > before
    assert len(tight.journal.rows) > 1
    assert np.array_equal(plain.journal.all_rows(), tight.journal.all_rows())


def test_a_client_looks_at_the_market_at_the_same_instants_whenever_it_was_admitted() -> None:
    early, late = (SmallPlane(clients=4, days=10, volatile=False) for _ in range(2))
    early.activate_all()
    early.plane.advance(early.end_us)
    late.plane.advance(START_US + 5 * DAY_US)
    for row in range(4):
        late.pay_in(FIRST_CLIENT + row, "HKD", 20_000 * HKD)
    late.plane.arena.words[NOW] = START_US + 5 * DAY_US
    late.activate(FIRST_CLIENT + 3)
    late.plane.advance(late.end_us)
    clocks = [
        small.plane.arena.table(TRADER)[FIRST_CLIENT + 3, [WAKES, BUSINESS_US]].tolist()
        for small in (early, late)
    ]
    assert clocks[0] == clocks[1], "the clock of a person does not depend on the policy"
