"""A run on real hourly prices: the local market follows them."""

from pathlib import Path

import polars as pl

from sim.journal import RunLog
from tests.real_data import real_data
from tests.run.small_run import short_run


def test_the_local_mid_tracks_real_hourly_prices(tmp_path: Path) -> None:
    file = real_data("px_binance_1h_2020-09_2025-09.parquet")
    result = short_run(tmp_path / "real", f"world.reference.file={file}")
    samples = (
        RunLog.open(result.run_dir)
        .scan("book_sampled")
        .filter((pl.col("bid_ticks") > 0) & (pl.col("ask_ticks") > 0))
        .with_columns(mid=(pl.col("bid_ticks") + pl.col("ask_ticks")) / 2)
        .collect()
    )
    assert len(samples) > 5_000
    error_bps = ((samples["mid"] / samples["reference_ticks"] - 1) * 10_000).abs()
    assert (error_bps < 20).sum() > len(samples) / 2
    # The reference itself is the file's price: bitcoin closed the hour before 1 September at about 25,940.
    first = samples.filter(
        (pl.col("instrument") == "BTC/USD") & (pl.col("time_us") >= 1_693_526_400_000_000)
    )
    hourly = pl.read_parquet(file).filter(pl.col("symbol") == "BTCUSDT")
    close = hourly.filter(pl.col("date").dt.epoch("us") == 1_693_522_800_000_000)["close"].item()
    assert first["time_us"][0] == 1_693_526_400_000_000
    assert abs(first["reference_ticks"][0] / 10 - close) <= 0.1
