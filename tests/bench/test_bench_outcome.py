"""Outcomes: the checksum is what its definition says, and a difference is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.bench.outcome import Outcome, fill_figures, fill_figures_of_rows

fills = st.lists(
    st.tuples(
        st.integers(0, 2**62),
        st.integers(0, 2**62),
        st.integers(-100, 2**40),
        st.integers(1, 2**10),
    ),
    max_size=12,
)
TRUTH = Outcome(
    fills=1_234,
    traded_lots=10,
    notional=100,
    checksum=7,
    resting_orders=3,
    bid_levels=1,
    ask_levels=0,
    best_bid=99,
    best_ask=None,
)


@given(fills)
def test_the_figures_of_fills_are_those_of_a_loop_over_them(
    rows: list[tuple[int, int, int, int]],
) -> None:
    checksum = 0
    for maker, taker, price, lots in rows:
        term = maker * 8191 + taker * 127 + price * 31 + lots
        checksum = (checksum * 1_000_003 + term) % 2**64
    assert fill_figures_of_rows(rows) == {
        "fills": len(rows),
        "traded_lots": sum(lots for *_, lots in rows),
        "notional": sum(price * lots for *_, price, lots in rows),
        "checksum": checksum,
    }


@given(fills.filter(lambda rows: len(set(rows)) > 1))
def test_the_checksum_sees_the_order_of_the_fills(rows: list[tuple[int, int, int, int]]) -> None:
    turned = rows[::-1]
    if turned != rows:
        assert fill_figures_of_rows(rows)["checksum"] != fill_figures_of_rows(turned)["checksum"]


def test_columns_and_rows_give_the_same_figures() -> None:
    columns = np.arange(1, 13).reshape(4, 3)
    rows = [(maker, taker, price, lots) for maker, taker, price, lots in columns.T.tolist()]
    assert fill_figures(*columns) == fill_figures_of_rows(rows)


def test_only_what_is_reported_is_compared_and_every_difference_is_said() -> None:
    assert TRUTH.differences({}) == ()
    assert TRUTH.differences({"fills": 1_234, "best_ask": None}) == ()
    reported = {"fills": 1_235, "checksum": 8, "best_bid": None, "best_ask": 5}
    assert TRUTH.differences(reported) == (
        "fills 1,235, expected 1,234",
        "checksum",
        "best bid none, expected 99",
        "best ask 5, expected none",
    )


def test_a_figure_that_no_outcome_has_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        TRUTH.differences({"fils": 1})
