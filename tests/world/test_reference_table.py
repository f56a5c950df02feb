"""The shipped table is what the markets recorded, figure by figure."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from sim.units import DAY_US, from_us
from sim.world.prices import _shipped_document, shipped_hong_kong_dollar, shipped_prices
from tests.real_data import real_data

if TYPE_CHECKING:
    import polars as pl

COINS = ("BTC", "ETH", "SOL", "XRP")


def bars(name: str) -> "pl.DataFrame":
    import polars as pl

    return pl.read_parquet(real_data(name)).select(
        "symbol", pl.col("date").dt.timestamp("us").alias("start_us"), "close"
    )


def test_every_figure_names_a_source_that_the_file_describes() -> None:
    document = _shipped_document()
    rows = [*document["coins"]["closes"], *document["hkd_per_usd"]["fixings"]]
    rows.append(document["hkd_per_usd"]["band"])
    assert {row["source"] for row in rows} == set(document["sources"])
    assert all({"document", "figure"} <= set(source) for source in document["sources"].values())


def test_there_is_a_close_for_every_month_end_from_2020_12_to_2025_09() -> None:
    expected = [
        datetime(year, month, 1, tzinfo=UTC) for year in range(2021, 2026) for month in range(1, 13)
    ][:58]
    for prices in shipped_prices(COINS).values():
        assert [from_us(int(time_us)) for time_us in prices.time_us] == expected
        assert (prices.usd > 0).all()


def test_closes_equal_the_recorded_bars() -> None:
    import polars as pl

    sources = {
        "binance_1h": (bars("px_binance_1h_2020-09_2025-09.parquet"), timedelta(hours=1)),
        "binance_5m": (bars("px_binance_5m_2025-01_2025-09.parquet"), timedelta(minutes=5)),
    }
    for row in _shipped_document()["coins"]["closes"]:
        for name, (table, length) in sources.items():
            start_us = int((row["at"] - length).timestamp() * 1_000_000)
            found = table.filter(pl.col("start_us") == start_us)
            for coin in COINS:
                closes = found.filter(pl.col("symbol") == f"{coin}USDT")["close"].to_list()
                assert closes == [row[coin]] or (not closes and row["source"] != name)


def test_bitcoin_closes_agree_with_another_market() -> None:
    import polars as pl

    daily = pl.read_csv(real_data("px_coinbase_btcusd_1d_2019-01_2025-09.csv.gz"))
    closes = dict(zip(daily["timestamp"].str.head(10), daily["close"], strict=True))
    compared = 0
    bitcoin = shipped_prices(["BTC"])["BTC"]
    for time_us, usd in zip(bitcoin.time_us, bitcoin.usd, strict=True):
        last_day = from_us(int(time_us) - DAY_US).astimezone(UTC).date().isoformat()
        if last_day in closes:
            compared += 1
            assert abs(usd / closes[last_day] - 1.0) < 0.0025
    assert compared == 57


def test_fixings_are_the_central_banks() -> None:
    import polars as pl

    daily = pl.read_csv(real_data("fx_ecb_hkd_daily_2019-01_2026-10.csv"))
    recorded = dict(zip(daily["Date"], daily["HKD_per_USD"], strict=True))
    months = sorted({day[:7] for day in recorded if "2020-11" <= day[:7] <= "2026-09"})
    fixings = _shipped_document()["hkd_per_usd"]["fixings"]
    assert [row["at"].date().isoformat()[:7] for row in fixings] == months
    for row in fixings:
        day = row["at"].date().isoformat()
        assert day == max(other for other in recorded if other[:7] == day[:7])
        assert abs(row["HKD"] - recorded[day]) <= 0.5001e-4


def test_monthly_means_of_the_fixings_agree_with_the_federal_reserve() -> None:
    import polars as pl

    daily = pl.read_csv(real_data("fx_ecb_hkd_daily_2019-01_2026-10.csv"))
    means = daily.group_by(pl.col("Date").str.head(7).alias("month")).agg(pl.mean("HKD_per_USD"))
    reserve = pl.read_csv(real_data("fx_fred_hkd_monthly_2019-01_2026-06.csv")).select(
        pl.col("Date").str.head(7).alias("month"), "Exchange rate"
    )
    both = means.join(reserve, on="month").filter(pl.col("month") >= "2020-11")
    assert len(both) == 68
    assert (both["HKD_per_USD"] - both["Exchange rate"]).abs().max() < 0.004  # type: ignore[operator]


def test_the_dollar_moves_in_straight_lines_and_holds_its_last_rate_outside_the_table() -> None:
    rate = shipped_hong_kong_dollar()
    first, last = int(rate.time_us[0]), int(rate.time_us[-1])
    outside = rate.at(np.array([first - DAY_US, first, last, last + 400 * DAY_US]))
    assert outside.tolist() == [rate.rate[0], rate.rate[0], rate.rate[-1], rate.rate[-1]]
    middle = (int(rate.time_us[5]) + int(rate.time_us[6])) // 2
    expected = (rate.rate[5] + rate.rate[6]) / 2
    np.testing.assert_allclose(rate.at(np.array([middle])), expected, rtol=1e-9)
    assert rate.rate.min() >= rate.low
    assert rate.rate.max() <= rate.high
