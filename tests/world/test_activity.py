"""Business time: a week in a typical week, monotone, and invertible."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.units import DAY_US, HOUR_US, MINUTE_US
from sim.world.activity import (
    HOUR_SHARE,
    WEEK_RATES,
    WEEKDAY_RATE,
    business_to_wall,
    cumulative,
    wall_to_business,
)

MONDAY = int(datetime(2023, 6, 5, tzinfo=UTC).timestamp()) * 1_000_000
STEP = 5 * MINUTE_US
WEEK = 7 * DAY_US // STEP
CALM = cumulative(MONDAY, STEP, np.ones(2 * WEEK + 1))
LIVELY = cumulative(MONDAY, STEP, np.random.default_rng(0).uniform(0.3, 4.0, 2 * WEEK + 1))


def test_a_typical_week_takes_a_week() -> None:
    assert CALM[0] == 0.0
    assert CALM[WEEK] == pytest.approx(7 * DAY_US, rel=1e-12)
    assert CALM[2 * WEEK] == pytest.approx(14 * DAY_US, rel=1e-12)


def test_volatility_drives_the_clock_from_its_step_on() -> None:
    activity = np.ones(WEEK + 1)
    activity[100] = 3.0
    steps, calm = np.diff(cumulative(MONDAY, STEP, activity)), np.diff(CALM[: WEEK + 1])
    assert steps[100] == pytest.approx(3.0 * calm[100])
    np.testing.assert_allclose(np.delete(steps, 100), np.delete(calm, 100), rtol=1e-9)


def test_the_day_and_the_week_have_the_measured_shape() -> None:
    assert HOUR_SHARE.sum() == pytest.approx(1.0, abs=0.001)
    assert WEEKDAY_RATE.mean() == pytest.approx(1.0, abs=0.01)
    rates = WEEK_RATES.reshape(7, 24)
    assert WEEK_RATES.mean() == pytest.approx(1.0)
    np.testing.assert_allclose(rates[:, 3] / rates[0, 3], WEEKDAY_RATE / WEEKDAY_RATE[0])
    # 09-12 and 20-23 in Hong Kong are busier than the hours beside them.
    monday = rates[0]
    for first in (1, 12):
        assert monday[first : first + 3].min() > 1.1 * monday[[first - 1, first + 3]].min()
    busiest = datetime.fromtimestamp(MONDAY / 1e6, UTC).replace(hour=int(monday.argmax()))
    assert busiest.hour == 14


def test_the_grid_may_be_coarser_or_finer_than_an_hour() -> None:
    for step in (MINUTE_US, HOUR_US, 3 * HOUR_US, 7 * MINUTE_US):
        count = int(7 * DAY_US // step)
        passed = cumulative(MONDAY, step, np.ones(count + 1))
        instant = MONDAY + count * step
        expected = wall_to_business(CALM, MONDAY, STEP, instant)
        assert passed[count] == pytest.approx(expected, rel=1e-9)


def test_the_start_may_lie_anywhere_in_the_week() -> None:
    start = MONDAY + 3 * DAY_US + 17 * MINUTE_US
    shifted = cumulative(start, STEP, np.ones(50))
    begin = wall_to_business(CALM, MONDAY, STEP, start)
    for index in (1, 20, 49):
        whole = wall_to_business(CALM, MONDAY, STEP, start + index * STEP) - begin
        assert shifted[index] == pytest.approx(whole, rel=1e-9)


@settings(deadline=None)
@given(st.integers(MONDAY - DAY_US, MONDAY + 20 * DAY_US))
def test_business_time_and_wall_time_are_inverse(time_us: int) -> None:
    for clock in (CALM, LIVELY):
        passed = wall_to_business(clock, MONDAY, STEP, time_us)
        assert business_to_wall(clock, MONDAY, STEP, passed) == time_us


@settings(deadline=None)
@given(st.floats(-1e11, 2e12), st.floats(0, 1e11))
def test_later_in_business_time_is_later_in_wall_time(business_us: float, more_us: float) -> None:
    earlier = business_to_wall(LIVELY, MONDAY, STEP, business_us)
    later = business_to_wall(LIVELY, MONDAY, STEP, business_us + more_us)
    assert earlier <= later
