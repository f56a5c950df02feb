"""People: born alike whatever the policy and the crowd, in the shares the survey found."""

from datetime import date
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.events.codes import ClientClass
from sim.quantities import DurationUs, InstantUs, Ppm
from sim.scenario.model import Horizon, Population
from sim.units import DAY_US, PPM, Money, to_us
from sim.world.people import (
    AMOUNT_EDGES_HKD,
    AMOUNT_WEIGHTS,
    ARRIVAL_FLOOR,
    FIRST_PROSPECT,
    RICHEST,
    SAVER,
    SHARE_EDGES,
    SHARE_WEIGHTS,
    People,
    build_people,
)

HORIZON = Horizon(start=InstantUs(to_us(date(2023, 6, 1))), end=InstantUs(to_us(date(2024, 6, 1))))
HKD = 1_000_000
MANY = 100_000


def people(count: int = MANY, seed: int = 1, horizon: Horizon = HORIZON, **fields: Any) -> People:
    return build_people(Population(prospects=count, **fields), horizon, seed)


@pytest.fixture(scope="module")
def crowd() -> People:
    return people()


def retail(crowd: People) -> np.ndarray:
    return np.asarray(crowd.client_class == ClientClass.RETAIL)


def columns(crowd: People) -> dict[str, np.ndarray]:
    return {field.name: getattr(crowd, field.name) for field in attrs.fields(People)}


def test_every_column_has_a_row_a_prospect_and_its_type(crowd: People) -> None:
    kinds = dict.fromkeys(("usd", "needs_review", "acceptable", "returns"), "bool")
    kinds["knowledge_u"] = "float64"
    for name, column in columns(crowd).items():
        assert column.dtype == kinds.get(name, "int64"), name
        assert len(column) == len(crowd) == MANY
    assert crowd.client_id(0) == FIRST_PROSPECT == 101


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2_000), st.integers(0, 2**62))
def test_a_person_is_the_same_in_any_crowd(count: int, seed: int) -> None:
    few, many = columns(people(count, seed)), columns(people(2_000, seed))
    for name, column in few.items():
        np.testing.assert_array_equal(column, many[name][:count])


def test_another_seed_is_another_crowd() -> None:
    one, other = columns(people(500, 1)), columns(people(500, 2))
    assert [name for name in one if np.array_equal(one[name], other[name])] == []


@pytest.mark.parametrize(
    ("field", "value", "moved"),
    [
        ("professional_share", Ppm(100_000), {"client_class", "net_worth_minor", "ticket_minor"}),
        ("net_worth_median", Money("HKD", 900_000 * HKD), {"net_worth_minor", "ticket_minor"}),
        ("net_worth_sigma", Ppm(500_000), {"net_worth_minor", "ticket_minor"}),
        ("usd_share", Ppm(500_000), {"usd"}),
        ("saver_share", Ppm(100_000), {"trader_type", "interval_us"}),
        ("trade_interval", DurationUs(DAY_US), {"interval_us"}),
        ("saving_interval", DurationUs(DAY_US), {"interval_us"}),
        ("manual_review_share", Ppm(900_000), {"needs_review"}),
        ("unacceptable_share", Ppm(300_000), {"acceptable"}),
        ("patience_median", DurationUs(DAY_US), {"patience_us"}),
        ("return_share", Ppm(100_000), {"returns"}),
        ("arrival_half_life", DurationUs(20 * DAY_US), {"arrival_us"}),
        ("withdrawal_interval", DurationUs(DAY_US), set()),
        ("knowledge_pass", Ppm(100_000), set()),
    ],
)
def test_one_assumption_moves_only_its_own_traits(field: str, value: Any, moved: set[str]) -> None:
    base, other = columns(people(2_000)), columns(people(2_000, **{field: value}))
    assert {name for name in base if not np.array_equal(base[name], other[name])} == moved


def test_a_larger_share_keeps_everybody_it_had() -> None:
    small = people(5_000, usd_share=Ppm(100_000)).usd
    large = people(5_000, usd_share=Ppm(300_000)).usd
    assert (large | ~small).all()
    assert not people(1_000, usd_share=Ppm(0)).usd.any()
    assert people(1_000, usd_share=Ppm(PPM)).usd.all()


def test_shares_are_those_of_the_scenario(crowd: People) -> None:
    def near(measured: float, share: float) -> bool:
        return bool(abs(measured - share) < 4 * np.sqrt(share * (1 - share) / MANY))

    assert near((crowd.client_class == ClientClass.INDIVIDUAL_PI).mean(), 0.03)
    assert near(crowd.usd.mean(), 0.15)
    assert near(crowd.needs_review.mean(), 0.30)
    assert near(crowd.acceptable.mean(), 0.92)
    assert near(crowd.returns.mean(), 0.60)
    types = np.bincount(crowd.trader_type, minlength=4) / MANY
    assert all(near(*pair) for pair in zip(types, (0.35, 0.25, 0.15, 0.25), strict=True))
    assert stats.kstest(crowd.knowledge_u, "uniform").pvalue > 1e-3


def test_traits_are_independent_where_they_should_be(crowd: People) -> None:
    chosen = (
        crowd.arrival_us, crowd.net_worth_minor > np.median(crowd.net_worth_minor), crowd.usd,
        crowd.trader_type, crowd.target_share_ppm > np.median(crowd.target_share_ppm),
        crowd.btc_weight_ppm, crowd.needs_review, crowd.acceptable, crowd.knowledge_u,
        np.log(crowd.patience_us), crowd.returns,
    )  # fmt: skip
    correlation = np.corrcoef(np.array([column.astype(np.float64) for column in chosen]))
    assert np.abs(correlation - np.eye(len(chosen))).max() < 0.02


def test_arrivals_decay_to_the_floor_within_the_horizon(crowd: People) -> None:
    assert crowd.arrival_us.min() >= HORIZON.start
    assert crowd.arrival_us.max() < HORIZON.end
    days = (crowd.arrival_us - HORIZON.start) / DAY_US
    edges = np.linspace(0, 366, 13)
    half_life = 120.0

    def passed(day: np.ndarray) -> np.ndarray:
        wave = half_life / np.log(2) * (1 - 2 ** (-day / half_life))
        return np.asarray(ARRIVAL_FLOOR * day + (1 - ARRIVAL_FLOOR) * wave)

    expected = np.diff(passed(edges)) / passed(np.array([366.0])) * MANY
    assert stats.chisquare(np.histogram(days, edges)[0], expected).pvalue > 1e-3
    order = crowd.by_arrival()
    assert (np.diff(crowd.arrival_us[order]) >= 0).all()
    assert sorted(order.tolist()) == list(range(MANY))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20 * 365 * DAY_US), st.integers(1, 20 * 365 * DAY_US), st.integers(0, 2**40))
def test_arrivals_stay_inside_any_horizon(span_us: int, half_life_us: int, seed: int) -> None:
    horizon = Horizon(start=HORIZON.start, end=InstantUs(HORIZON.start + span_us))
    crowd = people(200, seed, horizon, arrival_half_life=DurationUs(half_life_us))
    assert crowd.arrival_us.min() >= horizon.start
    assert crowd.arrival_us.max() < horizon.end


def test_retail_net_worth_is_lognormal(crowd: People) -> None:
    worth = crowd.net_worth_minor[retail(crowd)] / HKD
    assert stats.kstest(np.log(worth / 600_000), "norm").pvalue > 1e-3


def test_professionals_have_at_least_eight_million_and_a_pareto_tail(crowd: People) -> None:
    worth = crowd.net_worth_minor[~retail(crowd)] / HKD
    assert worth.min() >= 8_000_000
    assert stats.kstest(worth / 8_000_000, "pareto", args=(1.5,)).pvalue > 1e-3


def test_net_worth_never_leaves_int64() -> None:
    wild = people(5_000, net_worth_sigma=Ppm(10 * PPM))
    assert wild.net_worth_minor.min() >= 1_000 * HKD
    assert wild.net_worth_minor.max() == RICHEST
    assert (wild.ticket_minor >= 0).all()
    assert people(100, net_worth_sigma=Ppm(0)).net_worth_minor.min() == 600_000 * HKD


def test_retail_amounts_and_shares_follow_the_survey(crowd: People) -> None:
    chosen = retail(crowd)
    amounts = crowd.ticket_minor[chosen] / HKD
    weights = np.array(AMOUNT_WEIGHTS) / sum(AMOUNT_WEIGHTS)
    found = np.histogram(amounts, (0, *AMOUNT_EDGES_HKD[1:]))[0] / chosen.sum()
    # Net worth limits a few of the largest amounts.
    np.testing.assert_allclose(found, weights, atol=0.005)
    assert np.median(amounts) < 10_000
    assert 45_000 < amounts.mean() < 60_000
    shares = crowd.target_share_ppm / PPM
    found = np.histogram(shares, (0, 0.05, 0.1, 0.25, 0.5, 0.999_999, 1.0))[0] / MANY
    np.testing.assert_allclose(found, np.array(SHARE_WEIGHTS) / sum(SHARE_WEIGHTS), atol=0.005)
    assert shares.min() >= SHARE_EDGES[0]
    # The survey's own reading: only about 4 % would ever meet a cap of 25 to 30 %.
    assert 0.025 < (shares > 0.25).mean() < 0.05


def test_first_amounts_are_round_limited_by_net_worth_and_follow_it(crowd: People) -> None:
    assert (crowd.ticket_minor % (100 * HKD) == 0).all()
    assert (crowd.ticket_minor <= crowd.net_worth_minor).all()
    chosen = retail(crowd)
    wanted = np.log(crowd.net_worth_minor / HKD * crowd.target_share_ppm / PPM)
    amounts = np.log(crowd.ticket_minor / HKD + 1.0)
    assert 0.8 < np.corrcoef(wanted[chosen], amounts[chosen])[0, 1] < 0.95
    professional = np.median(crowd.ticket_minor[~chosen])
    assert professional > 20 * np.median(crowd.ticket_minor[chosen])


def test_coins_follow_the_survey(crowd: People) -> None:
    weights = crowd.btc_weight_ppm
    one = 0.807 * 0.769 + 0.193 * 0.231
    both = 0.807 * 0.231
    assert (weights == PPM).mean() == pytest.approx(0.807 * 0.769 / (one + both), abs=0.01)
    assert (weights == 0).mean() == pytest.approx(0.193 * 0.231 / (one + both), abs=0.01)
    mixed = weights[(weights > 0) & (weights < PPM)]
    assert mixed.min() >= PPM // 2
    assert mixed.mean() == pytest.approx(0.75 * PPM, rel=0.02)


def test_savers_save_on_their_schedule_and_the_others_look_at_the_scenarios_rate(
    crowd: People,
) -> None:
    saver = crowd.trader_type == SAVER
    assert set(crowd.interval_us[saver].tolist()) == {30 * DAY_US}
    rates = 7 * DAY_US / crowd.interval_us[~saver]
    assert rates.mean() == pytest.approx(1.0, rel=0.02)
    assert np.median(crowd.patience_us) == pytest.approx(7 * DAY_US, rel=0.02)


def test_impossible_populations_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 100 %"):
        people(1, saver_share=Ppm(900_000), trend_share=Ppm(200_000))
    with pytest.raises(ValueError, match="must be in HKD"):
        people(1, net_worth_median=Money("USD", HKD))
    with pytest.raises(ValueError, match="ends before"):
        people(1, horizon=Horizon(start=HORIZON.end, end=HORIZON.start))
    assert len(people(0)) == 0
