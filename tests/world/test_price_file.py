"""Files of outside prices in the forms people have them, and sentences for those that will not do."""

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sim.units import DAY_US, HOUR_US
from sim.world.price_file import load_prices
from sim.world.prices import ReferenceDataError

COINS = ("BTC", "ETH")
FIRST = datetime(2023, 6, 1, tzinfo=UTC)
FIRST_US = int(FIRST.timestamp()) * 1_000_000
BTC, ETH = [27_000.5, 27_100.0, 26_900.25], [1_800.0, 1_810.5, 1_790.0]


def table(times: Sequence[object], symbols: tuple[str, str] = COINS, **names: Any) -> pl.DataFrame:
    return pl.DataFrame(
        {
            names.get("time", "time"): [*times, *times],
            names.get("asset", "asset"): [symbols[0]] * len(times) + [symbols[1]] * len(times),
            names.get("price", "price"): [*BTC[: len(times)], *ETH[: len(times)]],
        }
    )


def hours(count: int = 3) -> list[datetime]:
    return [FIRST + timedelta(hours=hour) for hour in range(count)]


def write(folder: Path, frame: pl.DataFrame, name: str = "prices.parquet") -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        frame.write_parquet(path)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        frame.write_csv(path)
    return path


def check(path: Path, first_us: int = FIRST_US, step_us: int = HOUR_US) -> None:
    known = load_prices(path, COINS)
    assert list(known) == ["BTC", "ETH"]
    for coin, usd in (("BTC", BTC), ("ETH", ETH)):
        assert known[coin].time_us.tolist() == [first_us + n * step_us for n in range(3)]
        assert known[coin].usd.tolist() == usd


@pytest.mark.parametrize("name", ["prices.parquet", "prices.csv", "prices.csv.gz"])
def test_prices_are_read_from_parquet_and_csv(tmp_path: Path, name: str) -> None:
    check(write(tmp_path, table(hours()), name))


@pytest.mark.parametrize(
    ("time", "asset"),
    [("time", "asset"), ("date", "symbol"), ("timestamp", "symbol"), ("Date", "Asset")],
)
def test_the_usual_column_names_are_known_in_any_case(
    tmp_path: Path, time: str, asset: str
) -> None:
    check(write(tmp_path, table(hours(), time=time, asset=asset)))


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Hong_Kong"])
def test_date_times_of_any_unit_and_zone_are_instants(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    frame = table(hours()).with_columns(pl.col("time").cast(pl.Datetime(unit, "UTC")))  # type: ignore[arg-type]
    column = pl.col("time").dt
    frame = frame.with_columns(
        column.replace_time_zone(None) if zone is None else column.convert_time_zone(zone)
    )
    check(write(tmp_path, frame))


@pytest.mark.parametrize("per_second", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("kind", [pl.Int64, pl.Float64])
def test_numbers_are_seconds_to_nanoseconds_since_the_epoch_by_their_size(
    tmp_path: Path, per_second: int, kind: type[pl.DataType]
) -> None:
    times = [int(moment.timestamp()) * per_second for moment in hours()]
    frame = table(times).with_columns(pl.col("time").cast(kind))
    check(write(tmp_path, frame))
    check(write(tmp_path, frame, "prices.csv"))


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M"]
)
def test_iso_text_is_read_as_utc_unless_it_names_a_zone(tmp_path: Path, form: str) -> None:
    check(write(tmp_path, table([moment.strftime(form) for moment in hours()]), "prices.csv"))
    eight = [moment.strftime("%Y-%m-%dT%H:%M:%S+08:00") for moment in hours()]
    check(write(tmp_path, table(list(eight)), "prices.csv"), FIRST_US - 8 * HOUR_US)


@pytest.mark.parametrize(
    "symbols",
    [("BTCUSDT", "ETHUSDT"), ("BTC/USD", "ETH/USD"), ("btc-usd", "eth_usdc"), ("XBTUSD", "ETH")],
)
def test_symbols_of_pairs_with_the_dollar_are_coins(
    tmp_path: Path, symbols: tuple[str, str]
) -> None:
    check(write(tmp_path, table(hours(), symbols)))


def test_other_symbols_and_rows_without_a_price_are_left_out(tmp_path: Path) -> None:
    extra = pl.DataFrame(
        {
            "time": [FIRST, FIRST, FIRST + timedelta(minutes=30), FIRST + timedelta(minutes=40)],
            "asset": ["BTCEUR", "DOGEUSDT", "BTC", "BTC"],
            "price": [1.0, 0.1, None, float("nan")],
        }
    )
    check(write(tmp_path, pl.concat([extra, table(hours())])))
    check(write(tmp_path, pl.concat([extra.head(3), table(hours())]), "prices.csv"))


def test_a_close_is_known_at_the_end_of_its_bar(tmp_path: Path) -> None:
    check(write(tmp_path, table(hours(), price="close")), FIRST_US + HOUR_US)
    days = [FIRST + timedelta(days=day) for day in range(3)]
    frame = table([day.date() for day in days], price="Close")
    check(write(tmp_path, frame), FIRST_US + DAY_US, DAY_US)
    check(write(tmp_path, frame, "prices.csv"), FIRST_US + DAY_US, DAY_US)


def test_a_bar_before_a_gap_ends_in_time_and_a_monthly_bar_with_its_month(tmp_path: Path) -> None:
    gap = [FIRST + timedelta(hours=hour) for hour in (0, 1, 2, 9)]
    frame = pl.DataFrame({"time": gap * 2, "asset": ["BTC"] * 4 + ["ETH"] * 4, "close": [1.5] * 8})
    known = load_prices(write(tmp_path, frame), COINS)["BTC"]
    assert ((known.time_us - FIRST_US) // HOUR_US).tolist() == [1, 2, 3, 10]
    months = [datetime(2023, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
    known = load_prices(write(tmp_path, table(list(months), price="close")), COINS)["BTC"]
    ends = [datetime(2023, 2, 1, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=UTC)]
    assert known.time_us[:2].tolist() == [int(end.timestamp()) * 1_000_000 for end in ends]


def test_a_price_column_wins_over_a_close_column(tmp_path: Path) -> None:
    check(write(tmp_path, table(hours()).with_columns(close=pl.lit(1.0))))


def test_the_rows_may_come_in_any_order_and_twice(tmp_path: Path) -> None:
    frame = table(hours())
    check(write(tmp_path, pl.concat([frame.reverse(), frame])))


def refused(path: Path, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=message) as caught:
        load_prices(path, COINS)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.parquet", "there is no such file")
    refused(tmp_path / "nowhere.csv", "there is no such file")


def test_a_file_of_another_kind_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    path.write_bytes(b"x")
    refused(path, r"expected a \.parquet, \.csv or \.csv\.gz file")
    broken = tmp_path / "prices.parquet"
    broken.write_bytes(b"this is no parquet file")
    refused(broken, "cannot be read")
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    refused(empty, "cannot be read")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"time": "when"}, "expected a column time or timestamp or date or datetime, found when"),
        ({"asset": "coin"}, "expected a column asset or symbol, found time, coin, price"),
        ({"price": "value"}, "expected a column price or close"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, names: dict[str, Any], expected: str) -> None:
    refused(write(tmp_path, table(hours(), **names)), expected)


def test_a_missing_coin_is_named(tmp_path: Path) -> None:
    refused(write(tmp_path, table(hours(), ("BTC", "SOL"))), "no price of ETH")


def test_text_that_is_no_time_is_shown_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, table(["2023-06-01T00:00:00Z", "soon"]), "prices.csv")
    refused(path, r"prices\.csv:3: expected a time .* got 'soon'")
    frame = table([True, False])
    refused(write(tmp_path, frame), "holds Boolean, expected times")


@pytest.mark.parametrize("bad", [0.0, -5.0, float("inf"), 2e9])
def test_a_price_that_cannot_be_is_shown_with_its_row(tmp_path: Path, bad: float) -> None:
    frame = pl.concat([table(hours()), table(hours(1)).with_columns(price=pl.lit(bad))])
    refused(write(tmp_path, frame), r"row 7: expected a price in USD")
    refused(write(tmp_path, frame, "prices.csv"), r"prices\.csv:8: expected a price in USD")


def test_a_price_that_is_text_is_shown(tmp_path: Path) -> None:
    frame = table(hours()).with_columns(price=pl.lit("much"))
    refused(write(tmp_path, frame, "prices.csv"), r":2: expected a price in USD.* got 'much'")


def test_two_prices_for_one_instant_are_refused(tmp_path: Path) -> None:
    frame = pl.concat([table(hours()), table(hours(1)).with_columns(price=pl.lit(5.0))])
    refused(write(tmp_path, frame), "BTC has two prices, .* at 2023-06-01 08:00:00")
