"""Quantities as people write them: parsed exactly or refused with what was expected."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.quantities import (
    DURATION_UNITS,
    SHARE_UNITS,
    QuantityError,
    format_duration,
    format_share,
    parse_day_time,
    parse_duration,
    parse_instant,
    parse_money,
    parse_share,
)
from sim.units import ASSETS, DAY_US, HOUR_US, MINUTE_US, Money, to_us


@given(st.integers(0, 2 * 10**5), st.sampled_from(sorted(DURATION_UNITS)))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str) -> None:
    expected = number * DURATION_UNITS[unit]
    for text in (f"{number} {unit}", f"{number}{unit}", f" {number:,} {unit} "):
        assert parse_duration(text) == expected


@given(st.integers(-(10**15), 10**15))
def test_a_written_duration_reads_back(duration_us: int) -> None:
    assert parse_duration(format_duration(duration_us)) == duration_us


def test_a_duration_is_written_in_its_largest_whole_unit() -> None:
    written = [format_duration(span) for span in (0, 1, 7_200_000_000, 90 * MINUTE_US, 14 * DAY_US)]
    assert written == ["0 us", "1 us", "2 h", "90 min", "2 w"]


@given(st.integers(-(10**9), 10**9))
def test_a_written_share_reads_back(share_ppm: int) -> None:
    assert parse_share(format_share(share_ppm)) == share_ppm


@given(st.integers(0, 10**6), st.sampled_from(sorted(SHARE_UNITS)))
def test_a_share_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert parse_share(f"{number} {unit}") == number * SHARE_UNITS[unit]


def test_shares_read_as_people_write_them() -> None:
    assert parse_share("98 %") == 980_000
    assert parse_share("30 bps") == 3_000
    assert parse_share("0.0001 %") == 1
    assert (format_share(980_000), format_share(3_000), format_share(1)) == (
        "98 %",
        "0.3 %",
        "0.0001 %",
    )


@given(st.sampled_from(sorted(ASSETS)), st.integers(-(2**62), 2**62))
def test_written_money_reads_back(asset: str, amount_minor: int) -> None:
    money = Money(asset, amount_minor)
    assert parse_money(str(money)) == money


def test_money_reads_as_people_write_it() -> None:
    assert parse_money("HKD 8,000,000") == Money("HKD", 8_000_000_000_000)
    assert parse_money("HKD 8000000.50") == Money("HKD", 8_000_000_500_000)
    assert parse_money("  BTC   0.5 ") == Money("BTC", 50_000_000)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_a_date_is_its_midnight_in_hong_kong_as_a_value_or_as_text(day: date) -> None:
    assert parse_instant(day) == parse_instant(day.isoformat()) == to_us(day)


def test_a_date_time_needs_a_zone() -> None:
    moment = datetime(2023, 6, 1, 12, 30, tzinfo=UTC)
    assert parse_instant(moment) == parse_instant(moment.isoformat()) == to_us(moment)
    for naive in (moment.replace(tzinfo=None), "2023-06-01T12:30:00"):
        with pytest.raises(QuantityError, match="time zone"):
            parse_instant(naive)


@given(st.integers(0, 24 * 60))
def test_every_minute_of_the_day_reads_back(minute: int) -> None:
    assert parse_day_time(f"{minute // 60:02}:{minute % 60:02}") == minute * MINUTE_US


def test_times_of_day_read_as_people_write_them() -> None:
    assert parse_day_time("09:30") == 9 * HOUR_US + 30 * MINUTE_US
    assert parse_day_time("24:00") == DAY_US


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "2 hours",
        "h",
        "",
        "2 h 30 min",
        "1e3 s",
        "1,00 s",
        "1.5.2 s",
        "2 %",
        "nan s",
        2,
        None,
        2.5,
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(QuantityError, match=r"expected a duration .*'2 h'"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["30", "30 h", "30 BPS", "", "% 30", 0.3, None])
def test_what_is_no_share_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(QuantityError, match=r"expected a share .*'98 %'"):
        parse_share(text)


@pytest.mark.parametrize("text", ["8,000,000", "hkd 5", "HKD", "HKD5", "HKD 5 m", "5 HKD", 5, None])
def test_what_is_no_money_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(QuantityError, match="expected an amount such as 'HKD 8,000,000'"):
        parse_money(text)


def test_an_unknown_asset_is_named_with_the_known_ones() -> None:
    with pytest.raises(QuantityError, match=r"unknown asset 'DOGE' .*HKD, USD, BTC"):
        parse_money("DOGE 5")


@pytest.mark.parametrize(
    "value", ["yesterday", "2023-13-01", "2023-06-31", "01/06/2023", 20230601, None, True, time(9)]
)
def test_what_is_no_instant_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(QuantityError, match="2023-06-01"):
        parse_instant(value)


@pytest.mark.parametrize(
    "text", ["9:30", "24:01", "09:60", "25:00", "09:30:00", "0930", "", 930, None]
)
def test_what_is_no_time_of_day_is_refused(text: object) -> None:
    with pytest.raises(QuantityError, match="time of day"):
        parse_day_time(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_duration, "0.5 us"),
        (parse_duration, "1.0000001 s"),
        (parse_share, "0.5 ppm"),
        (parse_share, "0.00001 %"),
        (parse_money, "HKD 0.0000001"),
        (parse_money, "BTC 0.000000001"),
        (parse_share, "1.0000000000000000000000000000001 %"),
        (parse_duration, "1.0000000000000000000000000000001 s"),
        (parse_money, "HKD 1.0000000000000000000000000000001"),
    ],
)
def test_a_quantity_finer_than_its_grid_is_refused_never_rounded(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(QuantityError):
        parse(text)


@pytest.mark.parametrize("text", ["HKD 100,000,000,000,000", "USD -9,300,000,000,000"])
def test_an_amount_that_does_not_fit_64_bits_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="more than the ledger can count"):
        parse_money(text)
