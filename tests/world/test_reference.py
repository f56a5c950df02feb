"""Outside prices: exact at every known price, the same at every horizon, alive in between."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.quantities import DurationUs, Ppm
from sim.scenario.model import Reference
from sim.units import ASSETS, DAY_US, HOUR_US, INSTRUMENTS, MINUTE_US, PPM, to_us
from sim.world.prices import shipped_hong_kong_dollar, shipped_prices
from sim.world.reference import ReferenceDataError, ReferencePath, build_reference
from tests.real_data import real_data
from tests.world.card import autocorrelation, excess_kurtosis, hill, returns

START, END = to_us(date(2023, 6, 1)), to_us(date(2024, 6, 1))
HERE = Path()


def shipped(seed: int, start_us: int = START, end_us: int = END, **fields: Any) -> ReferencePath:
    return build_reference(Reference(**fields), start_us, end_us, seed, HERE)


def usd_per_tick(symbol: str) -> float:
    instrument = INSTRUMENTS[symbol]
    return instrument.tick_minor / ASSETS[instrument.quote].unit_minor


def test_the_path_covers_the_run_and_answers_for_any_instant() -> None:
    path = shipped(1)
    assert path.start_us == START
    assert path.index(START) == 0
    assert path.index(END) == len(path) - 1
    assert list(path.ticks) == list(INSTRUMENTS)
    for ticks in path.ticks.values():
        assert ticks.dtype == np.int64
        assert len(ticks) == len(path.hkd_per_usd_ppm) == len(path)
        assert ticks.min() >= 1


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("step_us", [MINUTE_US, 5 * MINUTE_US, HOUR_US, 6 * HOUR_US])
def test_the_path_hits_every_shipped_close(seed: int, step_us: int) -> None:
    path = shipped(seed, step=DurationUs(step_us))
    rate = shipped_hong_kong_dollar()
    hits = 0
    for symbol, instrument in INSTRUMENTS.items():
        known = shipped_prices([instrument.base])[instrument.base]
        for time_us, usd in zip(known.time_us, known.usd, strict=True):
            if path.start_us <= time_us <= END:
                hits += 1
                quoted = usd * rate.at(np.array([time_us]))[0] if instrument.quote == "HKD" else usd
                ticks = path.ticks[symbol][path.index(int(time_us))]
                # Half a tick of rounding, and half a millionth of the rate's.
                limit = 0.5 * usd_per_tick(symbol) + usd * 1e-6
                assert abs(ticks * usd_per_tick(symbol) - quoted) <= limit
    assert hits == 4 * 12


def test_a_longer_horizon_or_another_start_changes_no_price() -> None:
    whole = shipped(3, START, END)
    for start_us, end_us in (
        (START, START + 40 * DAY_US),
        (START + 100 * DAY_US, END - 90 * DAY_US),
        (START + 7 * HOUR_US + 123, START + 9 * HOUR_US + 77),
    ):
        part = shipped(3, start_us, end_us)
        first = whole.index(part.start_us)
        for symbol, ticks in part.ticks.items():
            np.testing.assert_array_equal(ticks, whole.ticks[symbol][first : first + len(part)])
        np.testing.assert_array_equal(
            part.hkd_per_usd_ppm, whole.hkd_per_usd_ppm[first : first + len(part)]
        )


def test_a_longer_horizon_changes_no_activity() -> None:
    short, long = shipped(3, START, START + 40 * DAY_US), shipped(3)
    np.testing.assert_array_equal(short.activity, long.activity[: len(short)])


def test_activity_is_the_past_days_motion_over_the_past_months() -> None:
    path = shipped(4)
    usd = path.ticks["BTC/USD"].astype(np.float64)
    moves = np.abs(np.diff(usd) / usd[:-1])
    day = DAY_US // path.step_us
    at = 60 * day
    month = 30 * day
    expected = moves[at - day : at].mean() / moves[at - month : at].mean()
    assert path.activity[at] == pytest.approx(expected, rel=0.02)


def test_activity_is_bounded_and_near_one_on_average() -> None:
    means = [shipped(seed).activity.mean() for seed in range(1, 6)]
    assert 0.9 < np.mean(means) < 1.1
    activity = shipped(1).activity
    assert activity.min() >= 0.3
    assert activity.max() <= 4.0
    assert activity.std() > 0.1


def test_seeds_differ_and_one_seed_is_the_same_in_another_process() -> None:
    assert not np.array_equal(shipped(1).ticks["BTC/HKD"], shipped(2).ticks["BTC/HKD"])
    program = (
        "from pathlib import Path\n"
        "from sim.scenario.model import Reference\n"
        "from sim.world.reference import build_reference\n"
        f"path = build_reference(Reference(), {START}, {START + 30 * DAY_US}, 5, Path())\n"
        "print([int(t.sum()) for t in path.ticks.values()], path.activity.sum().hex())"
    )
    output = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    here = shipped(5, START, START + 30 * DAY_US)
    sums = [int(ticks.sum()) for ticks in here.ticks.values()]
    assert output == f"{sums} {here.activity.sum().hex()}"


def test_hkd_prices_are_usd_prices_at_a_rate_within_the_band() -> None:
    path = shipped(6)
    assert path.hkd_per_usd_ppm.min() >= 7_750_000
    assert path.hkd_per_usd_ppm.max() <= 7_850_000
    rate = path.hkd_per_usd_ppm / PPM
    for coin in ("BTC", "ETH"):
        in_usd = path.ticks[f"{coin}/USD"] * usd_per_tick(f"{coin}/USD")
        in_hkd = path.ticks[f"{coin}/HKD"] * usd_per_tick(f"{coin}/HKD")
        half_ticks = 0.5 * usd_per_tick(f"{coin}/HKD") + 4.0 * usd_per_tick(f"{coin}/USD")
        assert np.max(np.abs(in_usd * rate - in_hkd)) <= half_ticks


def test_a_run_outside_the_shipped_table_is_refused_with_a_sentence() -> None:
    with pytest.raises(ReferenceDataError, match=r"reference\.toml: the run needs outside prices"):
        shipped(1, to_us(date(2020, 1, 1)), END)
    with pytest.raises(ReferenceDataError, match="2025-10-01"):
        shipped(1, START, to_us(date(2026, 1, 1)))
    shipped(1, to_us(datetime(2025, 9, 1, tzinfo=UTC)), to_us(datetime(2025, 10, 1, tzinfo=UTC)))


def test_a_coin_without_a_volatility_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match="no value for ETH"):
        shipped(1, annual_volatility={"BTC": Ppm(500_000)})


# Medians over seeds against the bands of the stylised facts, on the whole shipped table (4.75 years).
BANDS = {
    "kurtosis_5min": (8.0, 100.0),
    "kurtosis_1h": (8.0, 45.0),
    "kurtosis_1d": (2.0, 20.0),
    "acf_1h": (-0.06, 0.06),
    "abs_acf_1h_lag1": (0.2, 0.4),
    "abs_acf_1h_lag100": (0.05, 0.18),
    "abs_acf_5min_lag1": (0.2, 0.42),
    "abs_acf_5min_lag10": (0.08, 0.3),
    "abs_acf_5min_lag100": (0.02, 0.17),
    "hill_1h": (2.5, 4.2),
    "hill_5min": (2.5, 4.2),
}
VOLATILITY = {"BTC": (0.40, 0.75), "ETH": (0.60, 0.95)}
CORRELATION = (0.75, 0.90)


def facts(ticks: np.ndarray) -> dict[str, float]:
    five_minutes, hour, day = (returns(ticks, every) for every in (1, 12, 288))
    return {
        "kurtosis_5min": excess_kurtosis(five_minutes),
        "kurtosis_1h": excess_kurtosis(hour),
        "kurtosis_1d": excess_kurtosis(day),
        "acf_1h": autocorrelation(hour, 1),
        "abs_acf_1h_lag1": autocorrelation(np.abs(hour), 1),
        "abs_acf_1h_lag100": autocorrelation(np.abs(hour), 100),
        "abs_acf_5min_lag1": autocorrelation(np.abs(five_minutes), 1),
        "abs_acf_5min_lag10": autocorrelation(np.abs(five_minutes), 10),
        "abs_acf_5min_lag100": autocorrelation(np.abs(five_minutes), 100),
        "hill_1h": hill(hour),
        "hill_5min": hill(five_minutes),
        "volatility": float(hour.std() * np.sqrt(8760)),
    }


def test_the_bridge_has_the_stylised_facts_of_real_prices() -> None:
    start, end = datetime(2021, 1, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
    paths = [shipped(seed, to_us(start), to_us(end)) for seed in range(1, 8)]
    for coin in ("BTC", "ETH"):
        cards = [facts(path.ticks[f"{coin}/USD"]) for path in paths]
        median = {name: float(np.median([card[name] for card in cards])) for name in cards[0]}
        outside = {
            name: median[name]
            for name, (low, high) in (BANDS | {"volatility": VOLATILITY[coin]}).items()
            if not low <= median[name] <= high
        }
        assert not outside, f"{coin}: {outside}"
    correlations = [
        np.corrcoef(returns(path.ticks["BTC/USD"], 12), returns(path.ticks["ETH/USD"], 12))[0, 1]
        for path in paths
    ]
    assert CORRELATION[0] <= np.median(correlations) <= CORRELATION[1]


@pytest.mark.parametrize("annual", [0.3, 0.9])
def test_the_scenarios_volatility_sets_the_level(annual: float) -> None:
    share = Ppm(int(annual * PPM))
    volatilities = [
        returns(shipped(seed, annual_volatility={"BTC": share, "ETH": share}).ticks["BTC/USD"], 12)
        .std() * np.sqrt(8760)
        for seed in range(1, 8)
    ]  # fmt: skip
    # A year of a long-memory volatility scatters; the closes themselves also move the low one.
    assert 0.7 * annual < np.median(volatilities) < 1.3 * annual


@pytest.mark.parametrize("correlation", [0, 500_000, 990_000])
def test_the_scenarios_correlation_holds(correlation: int) -> None:
    path = shipped(7, correlation=Ppm(correlation))
    bitcoin, ether = (returns(path.ticks[f"{coin}/USD"], 12) for coin in ("BTC", "ETH"))
    assert np.corrcoef(bitcoin, ether)[0, 1] == pytest.approx(correlation / PPM, abs=0.05)


def write_csv(folder: Path, known_us: list[int], usd: list[float]) -> Path:
    lines = ["time,asset,price"]
    for time_us, price in zip(known_us, usd, strict=True):
        lines += [f"{time_us},BTC,{price!r}", f"{time_us},ETH,{price / 20!r}"]
    path = folder / "prices.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 30 * 24 * 60), min_size=1, max_size=30),
    st.integers(0, 2**31),
    st.sampled_from([MINUTE_US, 7 * MINUTE_US, HOUR_US]),
    st.data(),
)
def test_a_file_of_any_spacing_is_hit_exactly_wherever_the_grid_meets_it(
    tmp_path_factory: pytest.TempPathFactory,
    gaps_minutes: list[int],
    seed: int,
    step_us: int,
    data: st.DataObject,
) -> None:
    first = START - START % step_us
    known = [first + int(gap) * MINUTE_US for gap in np.cumsum([0, *gaps_minutes])]
    if known[-1] - first < step_us:
        known.append(first + step_us)
    price = st.floats(1e3, 2e5, allow_nan=False)
    usd = data.draw(st.lists(price, min_size=len(known), max_size=len(known)))
    file = write_csv(tmp_path_factory.mktemp("prices"), known, usd)
    end = known[-1] - known[-1] % step_us
    path = shipped(seed, first, end, file=str(file), step=DurationUs(step_us))
    assert len(path) == (end - first) // step_us + 1
    for time_us, value in zip(known, usd, strict=True):
        if time_us % step_us == 0:
            ticks = path.ticks["BTC/USD"][path.index(time_us)]
            assert abs(ticks * 0.1 - value) <= 0.05 + 1e-6


def test_the_bridge_adds_no_more_motion_than_the_bars_have(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    hours = 24 * 120
    known = [START + hour * HOUR_US for hour in range(hours + 1)]
    usd = 30_000 * np.exp(np.concatenate([[0], np.cumsum(rng.normal(0, 0.005, hours))]))
    file = write_csv(tmp_path, known, usd.tolist())
    path = shipped(1, START, known[-1], file=str(file))
    hourly, fine = returns(path.ticks["BTC/USD"], 12), returns(path.ticks["BTC/USD"], 1)
    # The squared motion on the fine grid equals that of the bars, no more and no less.
    assert np.sum(fine**2) == pytest.approx(np.sum(hourly**2), rel=0.1)


def test_what_a_file_says_of_the_future_changes_no_earlier_price(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    known = [START + hour * HOUR_US for hour in range(24 * 30 + 1)]
    usd = 30_000 * np.exp(np.cumsum(rng.normal(0, 0.005, len(known))))
    change = 24 * 20
    other = np.concatenate([usd[: change + 1], usd[change + 1 :] * 1.7])
    paths = []
    for name, prices in (("one", usd), ("other", other)):
        (tmp_path / name).mkdir()
        file = write_csv(tmp_path / name, known, prices.tolist())
        paths.append(shipped(1, START, known[-1], file=str(file)))
    upto = paths[0].index(known[change]) + 1
    for symbol in INSTRUMENTS:
        one, changed = (path.ticks[symbol] for path in paths)
        np.testing.assert_array_equal(one[:upto], changed[:upto])
        assert not np.array_equal(one[upto:], changed[upto:])
    np.testing.assert_array_equal(paths[0].activity[:upto], paths[1].activity[:upto])


def test_a_constant_file_stays_constant(tmp_path: Path) -> None:
    known = [START + hour * HOUR_US for hour in range(49)]
    file = write_csv(tmp_path, known, [30_000.0] * 49)
    path = shipped(1, START, known[-1], file=str(file))
    assert set(path.ticks["BTC/USD"].tolist()) == {300_000}
    assert set(path.activity.tolist()) == {1.0}


def test_a_short_file_takes_the_scenarios_volatility(tmp_path: Path) -> None:
    file = write_csv(tmp_path, [START, START + 30 * DAY_US], [30_000.0, 30_000.0])
    path = shipped(1, START, START + 30 * DAY_US, file=str(file))
    assert path.ticks["BTC/USD"][0] == path.ticks["BTC/USD"][-1] == 300_000
    assert returns(path.ticks["BTC/USD"], 12).std() * np.sqrt(8760) > 0.2


def test_the_real_hourly_file_is_followed_bar_by_bar() -> None:
    import polars as pl

    file = real_data("px_binance_1h_2020-09_2025-09.parquet")
    path = shipped(1, file=str(file))
    for coin in ("BTC", "ETH"):
        bars = pl.read_parquet(file).filter(pl.col("symbol") == f"{coin}USDT")
        starts = bars["date"].dt.timestamp("us").to_numpy()
        closes = bars["close"].to_numpy()
        inside = (starts + HOUR_US >= START) & (starts + HOUR_US <= END)
        assert inside.sum() > 8_700
        # A bar's close is known at its end: an hour after its label, and not before.
        at = (starts[inside] + HOUR_US - path.start_us) // path.step_us
        size = usd_per_tick(f"{coin}/USD")
        assert np.max(np.abs(path.ticks[f"{coin}/USD"][at] * size - closes[inside])) <= 0.51 * size
    fine = path.ticks["BTC/USD"]
    assert np.sum(returns(fine, 1) ** 2) == pytest.approx(np.sum(returns(fine, 12) ** 2), rel=0.15)
    assert 8.0 < excess_kurtosis(returns(fine, 1)) < 100.0
