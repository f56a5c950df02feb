"""Integers for time, assets and instruments: exact both ways, off-grid refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.units import (
    ASSET_CODES,
    ASSET_INDEX,
    ASSETS,
    DAY_US,
    HKT,
    INSTRUMENT_INDEX,
    INSTRUMENTS,
    SYMBOLS,
    Asset,
    Instrument,
    Money,
    OffGridError,
    format_us,
    from_us,
    to_us,
)

assets = st.sampled_from(list(ASSETS.values()))
instruments = st.sampled_from(list(INSTRUMENTS.values()))
amounts = st.integers(-(2**62), 2**62)
whole = st.integers(0, 10**9)
moments = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, HKT, timezone(timedelta(hours=-5, minutes=-30))]),
)


@given(moments)
def test_an_instant_goes_to_microseconds_and_back_exactly(moment: datetime) -> None:
    time_us = to_us(moment)
    assert from_us(time_us) == moment
    assert from_us(time_us, UTC).utcoffset() == timedelta(0)
    assert time_us == round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


@given(st.integers(0, 7 * 10**15))
def test_microseconds_go_to_an_instant_and_back_exactly(time_us: int) -> None:
    assert to_us(from_us(time_us)) == time_us
    assert to_us(datetime.fromisoformat(format_us(time_us))) == time_us


def test_a_bare_date_is_its_midnight_in_hong_kong() -> None:
    assert to_us(date(1970, 1, 2)) == DAY_US - 8 * 3_600_000_000
    assert to_us(date(2023, 6, 1)) == to_us(datetime(2023, 5, 31, 16, tzinfo=UTC))
    assert format_us(to_us(date(2023, 6, 1))) == "2023-06-01 00:00:00+08:00"
    assert format_us(to_us(date(2023, 6, 1)) + 1) == "2023-06-01 00:00:00.000001+08:00"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_us(datetime(2023, 6, 1))  # noqa: DTZ001 - the mistake under test


@given(assets, amounts)
def test_minor_units_go_to_a_decimal_and_back_exactly(asset: Asset, amount_minor: int) -> None:
    assert asset.minor(asset.decimal(amount_minor)) == amount_minor
    assert asset.minor(str(asset.decimal(amount_minor))) == amount_minor


@given(assets, amounts, st.integers(1, 9))
def test_an_amount_finer_than_the_ledger_is_refused(
    asset: Asset, amount_minor: int, digit: int
) -> None:
    finer = f"{abs(amount_minor) // asset.unit_minor}.{'0' * asset.decimals}{digit}"
    with pytest.raises(OffGridError, match=asset.code):
        asset.minor(finer)


@given(assets, st.integers(0, 2**62))
def test_banks_move_the_largest_amount_on_their_grid(asset: Asset, amount_minor: int) -> None:
    moved = asset.to_bank_grid(amount_minor)
    assert moved % asset.bank_minor == 0
    assert 0 <= amount_minor - moved < asset.bank_minor


@given(instruments, whole, whole)
def test_prices_and_quantities_go_to_the_grid_and_back_exactly(
    instrument: Instrument, ticks: int, lots: int
) -> None:
    assert instrument.price_ticks(instrument.price(ticks)) == ticks
    assert instrument.quantity_lots(instrument.quantity(lots)) == lots


@given(instruments, st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_notional_is_price_times_quantity_to_the_last_minor_unit(
    instrument: Instrument, ticks: int, lots: int
) -> None:
    exact = instrument.price(ticks) * instrument.quantity(lots)
    assert ASSETS[instrument.quote].decimal(instrument.notional_minor(ticks, lots)) == exact


@given(instruments, whole, st.integers(1, 10**6))
def test_a_price_or_quantity_between_two_steps_is_refused(
    instrument: Instrument, count: int, offset: int
) -> None:
    quote, base = ASSETS[instrument.quote], ASSETS[instrument.base]
    price = quote.decimal(count * instrument.tick_minor + offset)
    quantity = base.decimal(count * instrument.lot_minor + offset)
    if offset % instrument.tick_minor:
        with pytest.raises(OffGridError, match="tick"):
            instrument.price_ticks(price)
    if offset % instrument.lot_minor:
        with pytest.raises(OffGridError, match="lot"):
            instrument.quantity_lots(quantity)


@given(st.integers(-5, 10**7), st.integers(-5, 10**7))
def test_an_instrument_exists_only_on_a_grid_of_exact_notionals(tick: int, lot: int) -> None:
    exact = tick > 0 and lot > 0 and tick * lot % ASSETS["BTC"].unit_minor == 0
    if exact:
        assert Instrument("X", "BTC", "HKD", tick, lot).tick_lot_minor > 0
    else:
        with pytest.raises(ValueError, match="X"):
            Instrument("X", "BTC", "HKD", tick, lot)


def test_indices_are_places_in_the_lists() -> None:
    assert [ASSET_INDEX[code] for code in ASSET_CODES] == list(range(len(ASSETS)))
    assert [INSTRUMENT_INDEX[symbol] for symbol in SYMBOLS] == list(range(len(INSTRUMENTS)))
    for symbol, instrument in INSTRUMENTS.items():
        assert symbol == instrument.symbol == f"{instrument.base}/{instrument.quote}"
        assert ASSETS[instrument.base].kind == "coin"
        assert ASSETS[instrument.quote].kind == "fiat"


def test_the_largest_sensible_trade_fits_into_int64() -> None:
    for instrument in INSTRUMENTS.values():
        price = instrument.price_ticks(Decimal(10_000_000))
        lots = instrument.quantity_lots(Decimal(10_000))
        assert instrument.notional_minor(price, lots) < 2**63


def test_money_reads_as_people_write_it() -> None:
    assert str(Money("HKD", 8_000_000_000_000)) == "HKD 8,000,000"
    assert str(Money("HKD", -1_500_000)) == "HKD -1.5"
    assert str(Money("BTC", 1)) == "BTC 0.00000001"


@pytest.mark.parametrize(
    "amount", ["1.0000000000000000000000000000001", "1000000000000000000000.0000001"]
)
def test_no_number_of_digits_slips_through_rounding(amount: str) -> None:
    with pytest.raises(OffGridError):
        ASSETS["HKD"].minor(amount)
